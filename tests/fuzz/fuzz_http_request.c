/* Requests: the end of a head does not hang on how the bytes come; what a head says lies within
 * it; a chunked body is the same byte by byte and stays within its limit. */
#include <stdlib.h>

#include "http/http_chunked.h"
#include "http/http_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 64 };

static void inside(struct str part, struct str whole)
{
	if (part.len && (part.ptr < whole.ptr || part.ptr + part.len > whole.ptr + whole.len))
		abort();
}

static void check_head(struct str text, size_t *ret_end)
{
	size_t at_once = 0, scanned = 0, end = 0;
	size_t want = http_head_end(text, &at_once);
	AUTO_ARENA a = ARENA_INIT;
	const char *words = NULL;
	struct http_head h;

	for (size_t n = 0; n <= text.len && end == 0; n++)
		end = http_head_end(str_sub(text, 0, n), &scanned);
	if (end != want)
		abort();
	*ret_end = end == STR_NONE ? 0 : end;
	if (end == 0 || end == STR_NONE)
		return;
	text = str_sub(text, 0, end);
	if (http_head_parse(&a, text, &h, &words)) {
		if (!words)
			abort();
		return;
	}
	if (!http_is_token(h.method) || (h.chunked && h.length))
		abort();
	inside(h.method, text);
	inside(h.query, text);
	for (size_t i = 0; i < h.fields.count; i++) {
		inside(h.fields.items[i].name, text);
		inside(h.fields.items[i].value, text);
		if (!http_is_value(h.fields.items[i].value))
			abort();
	}
}

static enum http_chunked_result decode(struct str text, size_t step, struct buf *body,
				       size_t *ret_used)
{
	enum http_chunked_result r = HTTP_CHUNKED_MORE;
	struct http_chunked c = {0};
	size_t used;

	*ret_used = 0;
	while (*ret_used < text.len && r == HTTP_CHUNKED_MORE) {
		r = http_chunked_feed(&c, str_sub(text, *ret_used, *ret_used + step), body,
				      &used);
		if (r == HTTP_CHUNKED_MORE || r == HTTP_CHUNKED_DONE)
			*ret_used += used;
	}
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n((const char *)data, size);
	AUTO_BUF whole = BUF(BODY_MAX), bytes = BUF(BODY_MAX);
	size_t end, used, used_bytes;
	enum http_chunked_result r;

	check_head(text, &end);
	text = str_from(text, end);
	r = decode(text, text.len + 1, &whole, &used);
	if (r != decode(text, 1, &bytes, &used_bytes) ||
	    !str_eq(buf_str(&whole), buf_str(&bytes)) || whole.full)
		abort();
	if (r == HTTP_CHUNKED_DONE && used != used_bytes)
		abort();
	return 0;
}
