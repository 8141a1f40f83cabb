#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT_ROOM_BYTES = 256 };

void buf_release(struct buf *b)
{
	free(b->ptr);
	*b = BUF(b->max);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->full = false;
	if (b->ptr)
		b->ptr[0] = '\0';
}

struct str buf_str(const struct buf *b)
{
	return str_n(b->ptr, b->len);
}

const char *buf_cstr(const struct buf *b)
{
	return b->ptr ? b->ptr : "";
}

char *buf_detach(struct buf *b)
{
	char *p = b->ptr ? b->ptr : xmalloc(1);

	*b = BUF(b->max);
	return p;
}

char *buf_room(struct buf *b, size_t n)
{
	size_t want, cap;

	if (n > b->max - b->len) {
		b->full = true;
		return NULL;
	}
	want = b->len + n + 1;
	if (want > b->cap) {
		cap = b->cap ? b->cap : 64;
		while (cap < want)
			cap *= 2;
		if (cap - 1 > b->max)
			cap = b->max + 1;
		b->ptr = xrealloc(b->ptr, cap, 1);
		b->cap = cap;
		b->ptr[b->len] = '\0'; /* also when the caller adds nothing */
	}
	return b->ptr + b->len;
}

void buf_added(struct buf *b, size_t n)
{
	b->len += n;
	b->ptr[b->len] = '\0';
}

void buf_add(struct buf *b, struct str s)
{
	char *to = buf_room(b, s.len);

	if (!to)
		return;
	if (s.len)
		memcpy(to, s.ptr, s.len);
	buf_added(b, s.len);
}

void buf_adds(struct buf *b, const char *c)
{
	buf_add(b, str_of(c));
}

void buf_addc(struct buf *b, char c)
{
	if (b->len + 1 < b->cap) { /* cap is never more than max + 1 */
		b->ptr[b->len++] = c;
		b->ptr[b->len] = '\0';
		return;
	}
	buf_add(b, str_n(&c, 1));
}

/* Most texts are short: they are written once, and copied, not measured first. */
void buf_vaddf(struct buf *b, const char *fmt, va_list args)
{
	char room[FORMAT_ROOM_BYTES], *to;
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(room, sizeof(room), fmt, again);
	va_end(again);
	PROMISE(n >= 0);
	if ((size_t)n < sizeof(room)) {
		buf_add(b, str_n(room, (size_t)n));
		return;
	}
	to = buf_room(b, (size_t)n);
	if (!to)
		return;
	vsnprintf(to, (size_t)n + 1, fmt, args);
	buf_added(b, (size_t)n);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	buf_vaddf(b, fmt, args);
	va_end(args);
}

void buf_addi(struct buf *b, int64_t v)
{
	char room[I64_TEXT_BYTES];

	buf_add(b, i64_text(v, room));
}

void buf_addx(struct buf *b, uint64_t v, unsigned digits, bool upper)
{
	const char *hex = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[16];

	PROMISE(digits <= sizeof(text));
	for (unsigned i = digits; i-- > 0; v >>= 4)
		text[i] = hex[v & 15];
	buf_add(b, str_n(text, digits));
}

void buf_drop(struct buf *b, size_t n)
{
	if (n > b->len)
		n = b->len;
	if (n == 0)
		return;
	memmove(b->ptr, b->ptr + n, b->len - n + 1);
	b->len -= n;
}

void buf_cut(struct buf *b, size_t n)
{
	if (n >= b->len)
		return;
	b->len = n;
	b->ptr[n] = '\0';
}
