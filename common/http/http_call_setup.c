/* Making a call: what curl is told about one request. */
#include "http/http_call.h"

#include <stdlib.h>
#include <string.h>

#include "http/uri.h"
#include "process/clock.h"

enum {
	CALL_MAX_URL = 64 * 1024,
	CALL_MAX_REQUEST_HEADERS = 1000,
	CURL_BUFFER_BYTES = 16 * 1024, /* per request in flight */
	KEEP_ALIVE_S = 30,
	CA_CACHE_S = 60,
	WATCH_UPLOAD_BYTES = 64 * 1024, /* larger bodies: their progress is a sign of life */
};

/* Every option we set is one that this curl must know: anything else is a wrong build. */
#define SET(call, option, value)                                                               \
	PROMISE(curl_easy_setopt((call)->easy, (option), (value)) == CURLE_OK)

static void set_blob(struct http_call *call, CURLoption option, struct str pem)
{
	struct curl_blob blob = {.len = pem.len, .flags = CURL_BLOB_COPY};

	/* curl's struct is not const-correct; it copies. */
	memcpy(&blob.data, &pem.ptr, sizeof(blob.data));
	PROMISE(curl_easy_setopt(call->easy, option, &blob) == CURLE_OK);
}

static void set_tls(struct http_call *call, const struct http_tls *tls)
{
	SET(call, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* A CA file that changes must be noticed (INTERFACES 19.2); curl's own is a day. */
	SET(call, CURLOPT_CA_CACHE_TIMEOUT, (long)CA_CACHE_S);
#endif
	if (call->client->ca_file)
		SET(call, CURLOPT_CAINFO, call->client->ca_file);
	if (!tls)
		return;
	if (tls->ca_pem.len)
		set_blob(call, CURLOPT_CAINFO_BLOB, tls->ca_pem);
	else if (tls->ca_file)
		SET(call, CURLOPT_CAINFO, tls->ca_file);
	if (tls->ca_pem.len || tls->ca_file) /* this CA and no other */
		SET(call, CURLOPT_CAPATH, NULL);
	if (tls->cert_pem.len)
		set_blob(call, CURLOPT_SSLCERT_BLOB, tls->cert_pem);
	else if (tls->cert_file)
		SET(call, CURLOPT_SSLCERT, tls->cert_file);
	if (tls->key_pem.len)
		set_blob(call, CURLOPT_SSLKEY_BLOB, tls->key_pem);
	else if (tls->key_file)
		SET(call, CURLOPT_SSLKEY, tls->key_file);
	if (tls->insecure) {
		SET(call, CURLOPT_SSL_VERIFYPEER, 0L);
		SET(call, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static void add_header(struct http_call *call, const char *line)
{
	struct curl_slist *l = curl_slist_append(call->headers, line);

	PROMISE(l);
	call->headers = l;
}

static enum fail set_headers(struct http_call *call, const struct http_request *req,
			     struct why *why)
{
	AUTO_BUF line = BUF(HTTP_MAX_HEADER_BYTES);
	struct http_fields given = {req->headers, req->header_count};

	if (req->header_count > CALL_MAX_REQUEST_HEADERS)
		return failf(why, FAIL_INPUT, "too many headers");
	for (size_t i = 0; i < req->header_count; i++) {
		struct http_field h = req->headers[i];

		if (!http_is_token(h.name) || !http_is_value(h.value) ||
		    str_eq_nocase(h.name, STR("Content-Length")) ||
		    str_eq_nocase(h.name, STR("Transfer-Encoding")))
			return failf(why, FAIL_INPUT, "header '%.*s' cannot be sent",
				     STR_ARG(h.name));
		buf_clear(&line);
		/* "Name;" is how curl is told of an empty value. */
		buf_add(&line, h.name);
		buf_adds(&line, h.value.len ? ": " : ";");
		buf_add(&line, h.value);
		if (line.full)
			return failf(why, FAIL_INPUT, "header '%.*s' is too long",
				     STR_ARG(h.name));
		add_header(call, buf_cstr(&line));
	}
	add_header(call, "Expect:"); /* INTERFACES 1.6 */
	if (!http_fields_get(given, STR("Content-Type")).ptr)
		add_header(call, "Content-Type:");
	if (!http_fields_get(given, STR("User-Agent")).ptr)
		SET(call, CURLOPT_USERAGENT, call->client->user_agent);
	SET(call, CURLOPT_HTTPHEADER, call->headers);
	return FAIL_NONE;
}

static void set_body(struct http_call *call, const struct http_request *req, const char *method)
{
	const char *ptr = req->body.ptr;
	bool has_body = ptr || !strcmp(method, "POST") || !strcmp(method, "PUT") ||
			!strcmp(method, "PATCH");

	call->gets = !has_body && (!strcmp(method, "GET") || !strcmp(method, "HEAD"));
	if (!strcmp(method, "HEAD"))
		SET(call, CURLOPT_NOBODY, 1L);
	if (has_body) {
		if (req->body.len && !req->body_borrowed)
			ptr = call->body = xstrndup(req->body);
		SET(call, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)req->body.len);
		SET(call, CURLOPT_POSTFIELDS, req->body.len ? ptr : "");
	}
	SET(call, CURLOPT_CUSTOMREQUEST, method);
	if (req->body.len >= WATCH_UPLOAD_BYTES && req->idle_ms) {
		SET(call, CURLOPT_NOPROGRESS, 0L);
		SET(call, CURLOPT_XFERINFOFUNCTION, call_progress);
		SET(call, CURLOPT_XFERINFODATA, call);
	}
}

static void set_connection(struct http_call *call, const struct http_request *req)
{
	const char *proxy = req->proxy ? req->proxy : call->client->proxy;

	/* The empty text also hides the variables http_proxy and the like. */
	SET(call, CURLOPT_PROXY, proxy ? proxy : "");
	SET(call, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(call, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)(req->connect_ms ? req->connect_ms : HTTP_CONNECT_MS));
	SET(call, CURLOPT_TCP_KEEPALIVE, 1L);
	SET(call, CURLOPT_TCP_KEEPIDLE, (long)KEEP_ALIVE_S);
	SET(call, CURLOPT_TCP_KEEPINTVL, (long)KEEP_ALIVE_S);
	SET(call, CURLOPT_OPENSOCKETFUNCTION, call_open_socket);
	SET(call, CURLOPT_OPENSOCKETDATA, call);
	SET(call, CURLOPT_PREREQFUNCTION, call_before_request);
	SET(call, CURLOPT_PREREQDATA, call);
	if (req->connect_to) {
		AUTO_BUF line = BUF(CALL_MAX_URL);

		buf_addf(&line, "::%s", req->connect_to);
		call->connect_to = curl_slist_append(NULL, buf_cstr(&line));
		PROMISE(call->connect_to);
		SET(call, CURLOPT_CONNECT_TO, call->connect_to);
	}
}

static void set_common(struct http_call *call)
{
	SET(call, CURLOPT_PRIVATE, call);
	SET(call, CURLOPT_ERRORBUFFER, call->curl_words);
	SET(call, CURLOPT_NOSIGNAL, 1L);
	SET(call, CURLOPT_PROTOCOLS_STR, "http,https");
	SET(call, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(call, CURLOPT_PATH_AS_IS, 1L);
	SET(call, CURLOPT_URL, call->url);
	SET(call, CURLOPT_BUFFERSIZE, (long)CURL_BUFFER_BYTES);
	SET(call, CURLOPT_UPLOAD_BUFFERSIZE, (long)CURL_BUFFER_BYTES);
	SET(call, CURLOPT_HEADERFUNCTION, call_header_line);
	SET(call, CURLOPT_HEADERDATA, call);
	SET(call, CURLOPT_WRITEFUNCTION, call_body_bytes);
	SET(call, CURLOPT_WRITEDATA, call);
}

static bool url_ok(const char *url)
{
	struct uri parts;
	CURLU *u = curl_url();
	bool ok;

	PROMISE(u);
	ok = uri_split(str_of(url), &parts) &&
	     curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK;
	curl_url_cleanup(u);
	return ok;
}

static size_t or_default(size_t given, size_t def)
{
	return given ? given : def;
}

enum fail call_new(struct http_client *c, const struct http_request *req,
		   struct http_call **ret_call, struct why *why)
{
	const char *method = req->method ? req->method : "GET";
	struct http_call *call;
	enum fail f;

	if (req->url.len == 0 || req->url.len > CALL_MAX_URL ||
	    memchr(req->url.ptr, '\0', req->url.len))
		return failf(why, FAIL_INPUT, "the URL is empty or too long");
	if (!http_is_token(str_of(method)))
		return failf(why, FAIL_INPUT, "'%s' is no method", method);
	call = xcalloc(1, sizeof(*call));
	call->client = c;
	call->url = xstrndup(req->url);
	call->easy = curl_easy_init();
	PROMISE(call->easy);
	if (!url_ok(call->url)) {
		call_free(call);
		return failf(why, FAIL_INPUT, "the URL is malformed");
	}
	call->egress = req->egress;
	call->follow = req->follow;
	call->max_body = or_default(req->max_body_bytes,
				    req->on_body ? SIZE_MAX : (size_t)HTTP_MAX_BODY_BYTES);
	call->head = BUF(or_default(req->max_header_bytes, HTTP_MAX_HEADER_BYTES));
	call->gathered = BUF(call->max_body);
	call->total_ms = req->total_ms;
	call->idle_ms = req->idle_ms;
	call->on_headers = req->on_headers;
	call->on_body = req->on_body;
	call->on_done = req->on_done;
	call->arg = req->arg;
	set_common(call);
	set_tls(call, req->tls);
	set_body(call, req, method);
	f = set_headers(call, req, why);
	if (f) {
		call_free(call);
		return f;
	}
	set_connection(call, req);
	call->sent_ms = call->byte_ms = process_mono_ms();
	*ret_call = call;
	return FAIL_NONE;
}

void call_free(struct http_call *call)
{
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	curl_slist_free_all(call->connect_to);
	buf_release(&call->head);
	buf_release(&call->gathered);
	free(call->fields);
	free(call->redirect);
	free(call->body);
	free(call->url);
	free(call);
}

void call_next_hop(struct http_call *call)
{
	free(call->url);
	call->url = call->redirect;
	call->redirect = NULL;
	call->redirects++;
	call->head_done = false;
	call->connected = false;
	call->status = 0;
	call->field_count = 0;
	call->body_bytes = 0;
	call->curl_words[0] = '\0';
	buf_clear(&call->head);
	SET(call, CURLOPT_URL, call->url);
}
