#include "agent/webhook_tool.h"

#include "base/json.h"
#include "base/utf8.h"
#include "http/uri.h"

enum { FIXED_HEADERS = 4 };

/* GET: each top-level argument joins the query (SPEC 7.25). */
static void add_query(struct arena *a, struct buf *url, const struct value *arguments)
{
	bool has_query = str_chr(buf_str(url), '?', 0) != STR_NONE;

	for (size_t i = 0; i < arguments->map.count; i++) {
		const struct value_entry *e = &arguments->map.entries[i];

		buf_addc(url, has_query || i > 0 ? '&' : '?');
		uri_encode(url, e->key);
		buf_addc(url, '=');
		uri_encode(url, e->value.kind == VALUE_STR ? e->value.string.text
							   : json_text(a, &e->value));
	}
}

/* Headers of the tool come first and win: whoever wrote them meant them. */
static void add_header(struct webhook_request *r, const char *name, struct str value)
{
	struct http_fields so_far = {r->headers, r->header_count};

	if (!value.len || http_fields_get(so_far, str_of(name)).ptr)
		return;
	r->headers[r->header_count++] = (struct http_field){str_of(name), value};
}

enum fail webhook_request(struct arena *a, const struct webhook_tool *tool,
			  const struct value *arguments, struct str key, struct str traceparent,
			  struct str tracestate, struct webhook_request *ret, struct why *why)
{
	AUTO_BUF url = BUF(WEBHOOK_URL_MAX_BYTES);
	AUTO_BUF body = BUF(WEBHOOK_BODY_MAX_BYTES);
	struct webhook_request r = {.method = tool->method};
	bool get = str_is(tool->method, "GET");
	struct str without_fragment;

	PROMISE(arguments->kind == VALUE_MAP);
	str_cut(tool->url, '#', &without_fragment, NULL);
	buf_add(&url, without_fragment);
	if (get)
		add_query(a, &url, arguments);
	else
		json_add(&body, arguments);
	if (url.full || body.full)
		return failf(why, FAIL_INPUT, "the arguments are too long for a request");
	r.url = arena_str(a, buf_str(&url));
	r.body = arena_str(a, buf_str(&body));
	r.headers = ARENA_ARRAY(a, tool->header_count + FIXED_HEADERS, struct http_field);
	for (size_t i = 0; i < tool->header_count; i++)
		r.headers[r.header_count++] = tool->headers[i];
	if (!get)
		add_header(&r, "content-type", STR("application/json"));
	add_header(&r, "idempotency-key", key);
	add_header(&r, "traceparent", traceparent);
	add_header(&r, "tracestate", tracestate);
	*ret = r;
	return FAIL_NONE;
}

struct str webhook_result(struct arena *a, int status, struct str body, size_t max_bytes,
			  bool *ret_is_error)
{
	struct str words;

	*ret_is_error = status < 200 || status > 299;
	if (!*ret_is_error)
		return tool_result_text(a, body, max_bytes);
	words = tool_result_text(a, utf8_cut(body, WEBHOOK_ERROR_BODY_BYTES),
				 3 * WEBHOOK_ERROR_BODY_BYTES);
	return tool_error_text(a, arena_printf(a, "status %d%s%.*s", status,
					       words.len ? ": " : "", STR_ARG(words)));
}
