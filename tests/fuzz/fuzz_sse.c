/* Server-sent events: what is delivered does not hang on how the bytes come, and what we write is
 * read back as it was. */
#include <stdlib.h>

#include "http/sse_parse.h"
#include "http/sse_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINE_MAX_BYTES = 100, EVENT_MAX_BYTES = 200 };

static enum sse_result read_all(struct str text, size_t step, struct buf *out)
{
	struct sse_parse p;
	struct sse_event e;
	enum sse_result r = SSE_MORE;

	sse_parse_init(&p, LINE_MAX_BYTES, EVENT_MAX_BYTES);
	for (size_t i = 0; i < text.len && r == SSE_MORE; i += step) {
		struct str chunk = str_sub(text, i, i + step);

		while ((r = sse_parse_next(&p, &chunk, &e)) == SSE_EVENT) {
			if (e.data.len > EVENT_MAX_BYTES || e.type.len > SSE_MAX_NAME ||
			    e.id.len > SSE_MAX_NAME || str_chr(e.id, '\0', 0) != STR_NONE)
				abort();
			/* The lengths keep one field from passing for another. */
			buf_addf(out, "%zu %zu %zu ", e.type.len, e.id.len, e.data.len);
			buf_add(out, e.type);
			buf_add(out, e.id);
			buf_add(out, e.data);
		}
	}
	sse_parse_release(&p);
	return r;
}

/* Each event that was read is written and read again. */
static void write_back(struct str text)
{
	struct sse_parse p, q;
	struct sse_event e, f;

	sse_parse_init(&p, LINE_MAX_BYTES, EVENT_MAX_BYTES);
	while (sse_parse_next(&p, &text, &e) == SSE_EVENT) {
		AUTO_BUF out = BUF(100000);
		struct str rest;

		/* A type may hold a NUL when it is read, but we write none (INTERFACES 2.6). */
		if (str_chr(e.type, '\0', 0) != STR_NONE)
			continue;
		if (!sse_write_event(&out, e.id, e.type, e.data))
			abort();
		rest = buf_str(&out);
		sse_parse_init(&q, LINE_MAX_BYTES + 10, EVENT_MAX_BYTES);
		if (sse_parse_next(&q, &rest, &f) != SSE_EVENT || rest.len)
			abort();
		if (!str_eq(e.id, f.id) || !str_eq(e.type, f.type) || !str_eq(e.data, f.data))
			abort();
		sse_parse_release(&q);
	}
	sse_parse_release(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n((const char *)data, size);
	AUTO_BUF whole = BUF(64 * size + 1000);
	AUTO_BUF bytes = BUF(64 * size + 1000);

	if (read_all(text, size + 1, &whole) != read_all(text, 1, &bytes) ||
	    !str_eq(buf_str(&whole), buf_str(&bytes)))
		abort();
	write_back(text);
	return 0;
}
