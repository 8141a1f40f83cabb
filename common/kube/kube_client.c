#include "kube/kube_client.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/memo.h"
#include "http/retry.h"
#include "http/uri.h"
#include "process/clock.h"
#include "process/metrics.h"

enum {
	HEADERS_MAX = 8 + 16, /* ours, and one for each group that we act as */
	WARNINGS_MAX = 256,
	STATUS_MAX_BYTES = 64 << 10, /* of an error that is read for its words */
	TOKEN_HEADER_BYTES = KUBE_TOKEN_MAX_BYTES + 16,
};

struct kube_client {
	struct event_base *base;
	struct kube_client_plan plan;
	struct http_client *http;
	struct http_tls tls;
	struct str origin;	/* of request URLs: TLS checks the host in it */
	const char *connect_to; /* "host:port" of the server when that is another name */
	struct arena arena;	/* of both */
	struct buf authorization;
	int64_t token_mono_ms; /* when the token file was read */
	struct memo *warnings;
	struct kube_call *calls;
	struct metric *requests, *seconds;
};

struct kube_call {
	struct kube_client *client;
	struct kube_call *next, **at;
	struct http_call *http;
	struct event *late; /* it could not be queued */
	struct arena arena; /* of the request, kept for one repetition */
	struct kube_request request;
	struct buf error; /* the body of an answer that is not 2xx, with chunk */
	int status;
	bool repeated;
	int64_t since_mono_ms;
};

static enum fail send_call(struct kube_call *call, struct why *why);

const char *kube_outcome_name(enum kube_outcome o)
{
	switch (o) {
	case KUBE_FINE: return "fine";
	case KUBE_NOT_FOUND: return "not found";
	case KUBE_CONFLICT: return "conflict";
	case KUBE_EXPIRED: return "expired";
	case KUBE_DENIED: return "denied";
	case KUBE_REFUSED: return "refused";
	case KUBE_LATER: return "later";
	}
	return "?";
}

static enum kube_outcome outcome_of(int status)
{
	if (status >= 200 && status < 300)
		return KUBE_FINE;
	switch (status) {
	case 404: return KUBE_NOT_FOUND;
	case 409: return KUBE_CONFLICT;
	case 410: return KUBE_EXPIRED;
	case 401:
	case 403: return KUBE_DENIED;
	case 408:
	case 429: return KUBE_LATER;
	default: return status >= 400 && status < 500 ? KUBE_REFUSED : KUBE_LATER;
	}
}

/* --- who we are (19.2, 19.5) -------------------------------------------------------------------------- */

static void set_bearer(struct kube_client *c, struct str token)
{
	buf_wipe(&c->authorization);
	buf_clear(&c->authorization);
	buf_adds(&c->authorization, "Bearer ");
	buf_add(&c->authorization, str_trim(token));
}

static void set_basic(struct kube_client *c)
{
	const struct kube_config *k = c->plan.config;
	AUTO_BUF pair = BUF(KUBE_TOKEN_MAX_BYTES);

	buf_addf(&pair, "%.*s:%.*s", STR_ARG(k->user), STR_ARG(k->password));
	buf_adds(&c->authorization, "Basic ");
	base64_add(&c->authorization, buf_str(&pair));
	buf_wipe(&pair);
}

/* A file that cannot be read now leaves the old token in use. */
static enum fail read_token(struct kube_client *c, struct why *why)
{
	AUTO_BUF text = BUF(KUBE_TOKEN_MAX_BYTES);
	enum fail f;

	c->token_mono_ms = process_mono_ms();
	f = file_read(c->plan.config->token_file, &text, why);
	if (!f && !str_trim(buf_str(&text)).len)
		f = failf(why, FAIL_INPUT, "%.*s is empty",
			  STR_ARG(c->plan.config->token_file));
	if (!f)
		set_bearer(c, buf_str(&text));
	buf_wipe(&text);
	return f;
}

static void refresh_token(struct kube_client *c, bool now)
{
	struct why why;

	if (!c->plan.config->token_file.len ||
	    (!now && process_mono_ms() - c->token_mono_ms < KUBE_TOKEN_MS))
		return;
	if (read_token(c, &why) && c->plan.warning)
		c->plan.warning(c->plan.arg, why_str(&why));
}

static enum fail set_credentials(struct kube_client *c, struct why *why)
{
	const struct kube_config *k = c->plan.config;

	c->authorization = BUF(TOKEN_HEADER_BYTES);
	buf_room(&c->authorization, TOKEN_HEADER_BYTES); /* so that no part is left behind */
	if (k->token_file.len)
		return read_token(c, why);
	if (k->token.len)
		set_bearer(c, k->token);
	else if (k->user.len)
		set_basic(c);
	return FAIL_NONE;
}

static size_t add_header(struct http_field *h, size_t n, const char *name, struct str value)
{
	if (!value.len || n == HEADERS_MAX)
		return n;
	h[n] = (struct http_field){str_of(name), value};
	return n + 1;
}

static size_t headers_of(const struct kube_client *c, const struct kube_request *r,
			 struct http_field h[HEADERS_MAX])
{
	const struct kube_config *k = c->plan.config;
	size_t n = 0;

	n = add_header(h, n, "Accept", STR("application/json"));
	n = add_header(h, n, "Authorization", buf_str(&c->authorization));
	if (r->body.ptr)
		n = add_header(h, n, "Content-Type",
			       r->content_type ? str_of(r->content_type)
					       : STR("application/json"));
	n = add_header(h, n, "Impersonate-User", k->as_user);
	n = add_header(h, n, "Impersonate-Uid", k->as_uid);
	for (size_t i = 0; i < k->as_groups.count; i++)
		n = add_header(h, n, "Impersonate-Group", k->as_groups.items[i]);
	return n;
}

/* --- answers --------------------------------------------------------------------------------------------- */

static void call_free(struct kube_call *call)
{
	*call->at = call->next;
	if (call->next)
		call->next->at = call->at;
	if (call->late)
		event_free(call->late);
	buf_release(&call->error);
	arena_release(&call->arena);
	free(call);
}

static void tell_warnings(struct kube_client *c, struct http_fields fields)
{
	for (size_t i = 0; i < fields.count && c->plan.warning; i++) {
		struct str text = fields.items[i].value;

		if (!str_eq_nocase(fields.items[i].name, STR("Warning")) ||
		    memo_get(c->warnings, text))
			continue;
		memo_put(c->warnings, text, xmalloc(1));
		c->plan.warning(c->plan.arg, text);
	}
}

static int64_t retry_after(struct http_fields fields)
{
	struct str value = http_fields_get(fields, STR("Retry-After"));
	int64_t ms;

	return value.ptr && retry_after_parse(value, process_now_ms() / 1000, &ms) ? ms : -1;
}

/* The words of a Status object; without one, what the status line said. */
static void read_status(struct kube_answer *answer, struct arena *a, struct str body)
{
	struct value v;

	answer->words = arena_printf(a, "HTTP %d", answer->status);
	if (json_parse(a, body, JSON_LENIENT | JSON_LAST_KEY, JSON_MAX_DEPTH, &v, NULL) ||
	    !str_is(value_text(value_get(&v, STR("kind"))), "Status"))
		return;
	answer->reason = value_text(value_get(&v, STR("reason")));
	if (value_text(value_get(&v, STR("message"))).len)
		answer->words = value_text(value_get(&v, STR("message")));
}

static void count(const struct kube_call *call, int status)
{
	const struct kube_client *c = call->client;
	struct str verb = str_of(call->request.method ? call->request.method : "GET");
	char code[16];

	snprintf(code, sizeof(code), "%d", status);
	metric_add(metric_at(c->requests, LABELS(verb, str_of(code))), 1);
	if (!call->request.chunk) /* a watch takes as long as it likes */
		metric_observe(metric_at(c->seconds, LABELS(verb)),
			       (double)(process_mono_ms() - call->since_mono_ms) / 1000.0);
}

static void on_headers(void *arg, int status, struct http_fields fields)
{
	struct kube_call *call = arg;

	(void)fields;
	call->status = status;
}

static void on_body(void *arg, struct str bytes)
{
	struct kube_call *call = arg;

	if (call->status >= 200 && call->status < 300)
		call->request.chunk(call->request.arg, bytes);
	else
		buf_add(&call->error, bytes);
}

static void on_done(void *arg, const struct http_result *result)
{
	struct kube_call *call = arg;
	struct kube_client *c = call->client;
	struct kube_answer answer = {.status = result->status, .retry_after_ms = -1};
	struct str body = call->request.chunk ? buf_str(&call->error) : result->body;
	struct kube_request request = call->request;
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF error = BUF(0);

	call->http = NULL;
	count(call, result->status);
	tell_warnings(c, result->fields);
	if (result->status == 401 && !call->repeated && c->plan.config->token_file.len) {
		refresh_token(c, true);
		call->repeated = true;
		buf_clear(&call->error);
		if (!send_call(call, NULL))
			return;
	}
	answer.outcome = outcome_of(result->status);
	if (result->outcome != HTTP_DONE) {
		answer.outcome = KUBE_LATER;
		answer.words = str_of(result->words);
	} else if (answer.outcome != KUBE_FINE) {
		read_status(&answer, &a, body);
		answer.retry_after_ms = retry_after(result->fields);
	}
	answer.body = body;
	/* The call is gone when done is told. */
	error = call->error;
	call->error = BUF(0);
	call_free(call);
	request.done(request.arg, &answer);
}

/* --- requests ---------------------------------------------------------------------------------------------- */

static enum fail send_call(struct kube_call *call, struct why *why)
{
	struct kube_client *c = call->client;
	const struct kube_request *r = &call->request;
	struct http_field headers[HEADERS_MAX];
	struct http_request http = {
		.method = r->method,
		.url = arena_printf(&call->arena, "%.*s%.*s", STR_ARG(c->origin),
				    STR_ARG(r->path)),
		.headers = headers,
		.header_count = headers_of(c, r, headers),
		.body = r->body,
		.body_borrowed = true,
		.connect_ms = KUBE_CONNECT_MS,
		.total_ms = r->total_ms < 0 ? 0
			    : r->total_ms   ? r->total_ms
					    : KUBE_TOTAL_MS,
		.idle_ms = r->idle_ms,
		.max_body_bytes = r->max_body_bytes ? r->max_body_bytes
				  : r->chunk	    ? 0
						    : KUBE_BODY_MAX_BYTES,
		.tls = &c->tls,
		.connect_to = c->connect_to,
		.on_headers = on_headers,
		.on_body = r->chunk ? on_body : NULL,
		.on_done = on_done,
		.arg = call,
	};

	return http_client_send(c->http, &http, &call->http, why);
}

/* A request that could not even be queued is answered from the loop, as all are. */
static void on_not_sent(evutil_socket_t fd, short what, void *arg)
{
	struct kube_call *call = arg;
	struct kube_request request = call->request;
	const struct kube_answer answer = {.outcome = KUBE_LATER,
					   .words = STR("too many requests wait"),
					   .retry_after_ms = -1};

	(void)fd;
	(void)what;
	call_free(call);
	request.done(request.arg, &answer);
}

static const char *copy(struct arena *a, const char *text)
{
	return text ? arena_str(a, str_of(text)).ptr : NULL;
}

void kube_send(struct kube_client *c, const struct kube_request *r, struct kube_call **ret)
{
	struct kube_call *call = xcalloc(1, sizeof(*call));
	const struct timeval at_once = {0, 0};

	refresh_token(c, false);
	call->client = c;
	call->next = c->calls;
	call->at = &c->calls;
	if (call->next)
		call->next->at = &call->next;
	c->calls = call;
	call->request = *r;
	call->request.path = arena_str(&call->arena, r->path);
	call->request.method = copy(&call->arena, r->method);
	call->request.content_type = copy(&call->arena, r->content_type);
	if (r->body.ptr)
		call->request.body = arena_str(&call->arena, r->body);
	call->error = BUF(STATUS_MAX_BYTES);
	call->since_mono_ms = process_mono_ms();
	if (ret)
		*ret = call;
	if (!send_call(call, NULL))
		return;
	call->late = evtimer_new(c->base, on_not_sent, call);
	event_add(call->late, &at_once);
}

void kube_cancel(struct kube_call *call)
{
	if (!call)
		return;
	http_call_cancel(call->http);
	call_free(call);
}

struct str kube_path(struct arena *a, struct str api_version, struct str namespace,
		     struct str plural, struct str name)
{
	bool core = str_find(api_version, STR("/"), 0) == STR_NONE;

	return arena_printf(a, "/%s/%.*s%s%.*s/%.*s%s%.*s", core ? "api" : "apis",
			    STR_ARG(api_version), namespace.len ? "/namespaces/" : "",
			    STR_ARG(namespace), STR_ARG(plural), name.len ? "/" : "",
			    STR_ARG(name));
}

/* --- life ---------------------------------------------------------------------------------------------------- */

static const char *file_of(struct str s)
{
	return s.len ? s.ptr : NULL;
}

/* TLS checks the name in the URL, so a tls-server-name stands there, and we connect elsewhere. */
static enum fail set_origin(struct kube_client *c, struct why *why)
{
	const struct kube_config *k = c->plan.config;
	struct str name = k->tls_server_name;
	struct uri u;

	c->origin = k->server;
	if (!name.len)
		return FAIL_NONE;
	if (!uri_split(k->server, &u))
		return failf(why, FAIL_INPUT, "cluster.server is no URL");
	bool v6 = str_find(u.host, STR(":"), 0) != STR_NONE;
	struct str port = u.port.len ? u.port : STR("443");

	c->connect_to = arena_printf(&c->arena, "%s%.*s%s:%.*s", v6 ? "[" : "", STR_ARG(u.host),
				     v6 ? "]" : "", STR_ARG(port))
				.ptr;
	c->origin = arena_printf(&c->arena, "%.*s://%.*s:%.*s%.*s", STR_ARG(u.scheme),
				 STR_ARG(name), STR_ARG(port), STR_ARG(u.path));
	return FAIL_NONE;
}

static void declare_metrics(struct kube_client *c, struct metrics *m)
{
	c->requests =
		metrics_counter(m, "ark_kube_requests_total",
				"Answers of the API server; code 0: none came.", "verb code");
	c->seconds = metrics_histogram(m, "ark_kube_request_seconds",
				       "Time of requests to the API server, watches excepted.",
				       "verb", METRIC_QUICK);
}

enum fail kube_client_new(struct event_base *base, const struct kube_client_plan *plan,
			  struct metrics *metrics, struct kube_client **ret, struct why *why)
{
	const struct kube_config *k = plan->config;
	const struct http_client_options options = {.max_in_flight = KUBE_IN_FLIGHT_MAX,
						    .user_agent = plan->user_agent,
						    .proxy = file_of(k->proxy)};
	struct kube_client *c = xcalloc(1, sizeof(*c));

	c->base = base;
	c->plan = *plan;
	c->tls = (struct http_tls){.ca_file = file_of(k->ca_file),
				   .cert_file = file_of(k->cert_file),
				   .key_file = file_of(k->key_file),
				   .ca_pem = k->ca_pem,
				   .cert_pem = k->cert_pem,
				   .key_pem = k->key_pem,
				   .insecure = k->insecure};
	c->warnings = memo_new(WARNINGS_MAX, free);
	c->http = http_client_new(base, &options);
	declare_metrics(c, metrics);
	if (set_origin(c, why) || set_credentials(c, why)) {
		kube_client_free(c);
		return FAIL_INPUT;
	}
	*ret = c;
	return FAIL_NONE;
}

void kube_client_free(struct kube_client *c)
{
	if (!c)
		return;
	while (c->calls)
		kube_cancel(c->calls);
	http_client_free(c->http);
	memo_free(c->warnings);
	buf_wipe(&c->authorization);
	buf_release(&c->authorization);
	arena_release(&c->arena);
	free(c);
}
