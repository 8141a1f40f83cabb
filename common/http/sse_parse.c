#include "http/sse_parse.h"

#include <string.h>

static const char bom[3] = "\xef\xbb\xbf";
enum { BOM_DONE = sizeof(bom) };

void sse_parse_init(struct sse_parse *p, size_t max_line, size_t max_event)
{
	*p = (struct sse_parse){
		.line = BUF(max_line),
		/* The LF after the last line is counted too, and dropped at dispatch. */
		.data = BUF(max_event + 1),
		.type = BUF(SSE_MAX_NAME),
		.id = BUF(SSE_MAX_NAME),
		.retry_ms = -1,
		.failed = SSE_MORE,
	};
}

void sse_parse_release(struct sse_parse *p)
{
	buf_release(&p->line);
	buf_release(&p->data);
	buf_release(&p->type);
	buf_release(&p->id);
}

static void set(struct buf *b, struct str value)
{
	buf_clear(b);
	buf_add(b, value);
}

/* Digits only; more than 64 bits are ignored, as is anything else (INTERFACES 2.4). */
static void set_retry(struct sse_parse *p, struct str value)
{
	int64_t ms;

	if (value.len && value.ptr[0] >= '0' && value.ptr[0] <= '9' && str_to_i64(value, &ms))
		p->retry_ms = ms;
}

/* One field line (INTERFACES 2.3, 2.4). False when a limit is passed. */
static bool field(struct sse_parse *p, struct str line)
{
	struct str name, value;

	if (str_cut(line, ':', &name, &value) && name.len == 0)
		return true;
	if (value.len && value.ptr[0] == ' ')
		value = str_from(value, 1);
	if (str_is(name, "data")) {
		buf_add(&p->data, value);
		buf_addc(&p->data, '\n');
		p->has_data = true;
		return !p->data.full;
	}
	if (str_is(name, "event")) {
		set(&p->type, value);
		return !p->type.full;
	}
	if (str_is(name, "id")) {
		if (str_chr(value, '\0', 0) != STR_NONE)
			return true;
		set(&p->id, value);
		return !p->id.full;
	}
	if (str_is(name, "retry"))
		set_retry(p, value);
	return true;
}

/* A whole line came. MORE: go on. */
static enum sse_result line_done(struct sse_parse *p, struct str line,
				 struct sse_event *ret_event)
{
	struct str data;

	if (line.len)
		return field(p, line) ? SSE_MORE : SSE_EVENT_TOO_LONG;
	if (!p->has_data) {
		buf_clear(&p->type);
		return SSE_MORE;
	}
	data = buf_str(&p->data);
	*ret_event = (struct sse_event){
		.type = p->type.len ? buf_str(&p->type) : STR("message"),
		.data = str_sub(data, 0, data.len - 1),
		.id = buf_str(&p->id),
	};
	p->delivered = true;
	return SSE_EVENT;
}

/* Drops one leading BOM, which may come in pieces. What turns out to be none is text: it goes
 * into the line, as if it had just come. */
static void skip_bom(struct sse_parse *p, struct str *chunk)
{
	while (p->bom < BOM_DONE && chunk->len) {
		if (chunk->ptr[0] != bom[p->bom]) {
			buf_add(&p->line, str_n(bom, p->bom));
			p->bom = BOM_DONE;
			return;
		}
		p->bom++;
		*chunk = str_from(*chunk, 1);
	}
}

static size_t line_end(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] == '\n' || s.ptr[i] == '\r')
			return i;
	return s.len;
}

enum sse_result sse_parse_next(struct sse_parse *p, struct str *chunk,
			       struct sse_event *ret_event)
{
	if (p->failed != SSE_MORE)
		return p->failed;
	if (p->delivered) {
		buf_clear(&p->data);
		buf_clear(&p->type);
		p->has_data = p->delivered = false;
	}
	skip_bom(p, chunk);
	while (chunk->len) {
		struct str line;
		enum sse_result r;
		size_t end;

		if (p->after_cr) {
			p->after_cr = false;
			if (chunk->ptr[0] == '\n') {
				*chunk = str_from(*chunk, 1);
				continue;
			}
		}
		end = line_end(*chunk);
		/* A line that lies whole in the chunk is not copied. */
		line = str_sub(*chunk, 0, end);
		if (p->line.len || end == chunk->len) {
			buf_add(&p->line, line);
			line = buf_str(&p->line);
		}
		if (p->line.full || line.len > p->line.max)
			return p->failed = SSE_LINE_TOO_LONG;
		if (end == chunk->len) {
			*chunk = str_from(*chunk, end);
			return SSE_MORE;
		}
		p->after_cr = chunk->ptr[end] == '\r';
		*chunk = str_from(*chunk, end + 1);
		r = line_done(p, line, ret_event);
		buf_clear(&p->line);
		if (r == SSE_EVENT)
			return r;
		if (r != SSE_MORE)
			return p->failed = r;
	}
	return SSE_MORE;
}
