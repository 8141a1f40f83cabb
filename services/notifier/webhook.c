#include "notifier/webhook.h"

#include "base/hash.h"
#include "base/json.h"
#include "lang/template.h"
#include "notifier/notice.h"

enum { MAX_HEADERS = 128, SIGNATURES_MAX_BYTES = 4096, SECRET_MAX_BYTES = 1024 };

/* --- body: SPEC 16.2, 16.13, 16.15 ---------------------------------------------------------------- */

static enum fail render(struct arena *a, struct str source, const struct value *root,
			const struct webhook_world *w, struct str *ret, struct why *why)
{
	struct template_limits limits = {
		.source_bytes = (size_t)w->limits->template_source_bytes,
		.output_bytes = (size_t)w->limits->template_output_bytes,
		.value_bytes = TEMPLATE_VALUE_BYTES,
		.nodes = (unsigned)w->limits->template_nodes,
		.depth = (unsigned)w->limits->template_depth,
	};
	struct template_env env = {
		.now_seconds = w->now_seconds, .zones = w->zones, .limits = &limits};
	AUTO_BUF out = BUF(limits.output_bytes);
	struct template *t;
	enum fail f = template_parse(a, source, &limits, &t, why);

	if (!f)
		f = template_run(t, root, &env, a, &out, why);
	if (!f)
		*ret = arena_str(a, buf_str(&out));
	return f;
}

static enum fail body_of(struct arena *a, const struct message *m, const struct notify *policy,
			 const struct channel *c, const struct webhook_world *w,
			 struct str *ret, struct why *why)
{
	const struct notify_event *e = notice_wanted(policy, m->event_type);
	struct value root;
	struct why error;

	if (json_parse(a, m->data, JSON_STRICT, JSON_MAX_DEPTH, &root, why))
		return fail_in(why, FAIL_INPUT, "payload");
	*ret = notice_json(a, &root, STR(""));
	if (e && e->has_template && render(a, e->template, &root, w, ret, &error))
		*ret = notice_json(a, &root, why_str(&error));
	else if (!(e && e->has_template) && c->has_template &&
		 render(a, c->template, &root, w, ret, &error))
		*ret = notice_json(a, &root, why_str(&error));
	return FAIL_NONE;
}

/* --- signature: INTERFACES 17.2, 17.4 ------------------------------------------------------------- */

static enum fail sign_one(struct buf *b, struct str line, struct str signed_text,
			  struct why *why)
{
	unsigned char code[SHA256_BYTES];
	AUTO_BUF key = BUF(SECRET_MAX_BYTES);

	if (str_starts(line, STR("whsec_")))
		line = str_from(line, 6);
	(void)buf_room(&key, SECRET_MAX_BYTES);
	if (!base64_decode(&key, line) || !key.len)
		return failf(why, FAIL_INPUT, "the signing secret is not whsec_<base64>");
	hmac_sha256(buf_str(&key), signed_text, code);
	buf_wipe(&key);
	if (b->len)
		buf_addc(b, ' ');
	buf_adds(b, "v1,");
	base64_add(b, str_n((const char *)code, sizeof(code)));
	return FAIL_NONE;
}

enum fail webhook_sign(struct buf *b, struct str secrets, struct str id, int64_t timestamp,
		       struct str body, struct why *why)
{
	AUTO_BUF text = BUF(id.len + body.len + 32);
	struct str line;
	enum fail f = FAIL_NONE;

	buf_add(&text, id);
	buf_addf(&text, ".%lld.", (long long)timestamp);
	buf_add(&text, body);
	while (!f && str_next(&secrets, '\n', &line)) {
		line = str_trim(line);
		if (line.len)
			f = sign_one(b, line, buf_str(&text), why);
	}
	if (!f && !b->len)
		return failf(why, FAIL_INPUT, "the signing secret is empty");
	return f;
}

/* --- headers -------------------------------------------------------------------------------------- */

struct headers {
	struct http_field *items;
	size_t count;
};

static void add_header(struct headers *h, struct str name, struct str value)
{
	if (h->count < MAX_HEADERS)
		h->items[h->count++] = (struct http_field){name, value};
}

/* What the suite says of itself is not for users to change. */
static bool is_reserved(struct str name)
{
	return str_starts_nocase(name, STR("webhook-"));
}

static enum fail add_given(struct headers *h, struct arena *a, const struct channel *c,
			   struct str namespace, const struct webhook_world *w, struct why *why)
{
	for (size_t i = 0; i < c->headers.count; i++) {
		const struct header *g = &c->headers.items[i];
		struct str value = g->value;

		if (is_reserved(g->name))
			continue;
		if (g->secret.name.len &&
		    w->secret(w->arg, a, namespace, &g->secret, &value, why)) {
			if (g->secret.optional)
				continue;
			return fail_in(why, FAIL_INPUT, "header %.*s", STR_ARG(g->name));
		}
		add_header(h, g->name, str_trim(value));
	}
	return FAIL_NONE;
}

static enum fail add_own(struct headers *h, struct arena *a, const struct message *m,
			 const struct channel *c, const struct webhook_world *w,
			 struct str body, struct why *why)
{
	struct http_fields given = {h->items, h->count};
	AUTO_BUF signatures = BUF(SIGNATURES_MAX_BYTES);
	struct str secret;
	enum fail f;

	if (!http_fields_get(given, STR("content-type")).ptr)
		add_header(h, STR("content-type"), STR("application/json"));
	if (m->trace.len && !http_fields_get(given, STR("traceparent")).ptr)
		add_header(h, STR("traceparent"), m->trace);
	add_header(h, STR("webhook-id"), m->identity);
	add_header(h, STR("webhook-timestamp"),
		   arena_printf(a, "%lld", (long long)w->now_seconds));
	if (!c->signing.name.len)
		return FAIL_NONE;
	f = w->secret(w->arg, a, m->namespace, &c->signing, &secret, why);
	if (!f)
		f = webhook_sign(&signatures, secret, m->identity, w->now_seconds, body, why);
	if (f)
		return c->signing.optional ? FAIL_NONE : f;
	add_header(h, STR("webhook-signature"), arena_str(a, buf_str(&signatures)));
	return FAIL_NONE;
}

enum fail webhook_url(struct arena *a, const struct message *m, const struct notify *policy,
		      const struct webhook_world *w, struct str *ret, struct why *why)
{
	const struct channel *c = &policy->channels[m->channel];
	struct str url = c->url;
	enum fail f = FAIL_NONE;

	if (c->url_from.name.len)
		f = w->secret(w->arg, a, m->namespace, &c->url_from, &url, why);
	if (!f)
		*ret = str_trim(url);
	return f;
}

enum fail webhook_make(struct arena *a, const struct message *m, const struct notify *policy,
		       const struct webhook_world *w, struct webhook *ret, struct why *why)
{
	const struct channel *c = &policy->channels[m->channel];
	struct headers h = {.items = ARENA_ARRAY(a, MAX_HEADERS, struct http_field)};
	struct webhook hook = {.method = http_method_name(c->method)};
	enum fail f = webhook_url(a, m, policy, w, &hook.url, why);

	if (!f)
		f = body_of(a, m, policy, c, w, &hook.body, why);
	if (!f && c->method == METHOD_GET)
		hook.body = str_n(NULL, 0);
	if (!f)
		f = add_given(&h, a, c, m->namespace, w, why);
	if (!f)
		f = add_own(&h, a, m, c, w, hook.body, why);
	if (f)
		return f;
	hook.headers = h.items;
	hook.header_count = h.count;
	*ret = hook;
	return FAIL_NONE;
}

/* --- answers: SPEC 16.8 --------------------------------------------------------------------------- */

enum webhook_verdict webhook_verdict_of(int status)
{
	if (status >= 200 && status < 300)
		return WEBHOOK_DELIVERED;
	if (status == 410)
		return WEBHOOK_GONE;
	if (status == 0 || status == 408 || status == 425 || status == 429 || status >= 500)
		return WEBHOOK_LATER;
	return WEBHOOK_NEVER;
}

int64_t webhook_wait_ms(struct str identity, int64_t attempt, int64_t retry_after_ms)
{
	static const int64_t waits_s[] = {1,	4,    16,   64,	   300,	 900,
					  1800, 3600, 7200, 14400, 28800};
	enum { WAITS = sizeof(waits_s) / sizeof(waits_s[0]) };
	AUTO_ARENA a = ARENA_INIT;
	unsigned char digest[SHA256_BYTES];
	int64_t wait;

	if (retry_after_ms >= 0)
		return retry_after_ms < HOUR_MS ? retry_after_ms : HOUR_MS;
	wait = waits_s[attempt < WAITS ? attempt - 1 : WAITS - 1] * SECOND_MS;
	sha256(arena_printf(&a, "%.*s/%lld", STR_ARG(identity), (long long)attempt), digest);
	/* evenly from 0.8 to 1.2 of it */
	return wait * 4 / 5 + wait * 2 / 5 * (digest[0] << 8 | digest[1]) / 0xffff;
}
