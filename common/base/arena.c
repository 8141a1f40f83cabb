#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ARENA_FIRST_BYTES = 1024,
	ARENA_BLOCK_MAX_BYTES =
		1 << 20, /* blocks double up to this; a larger request gets its own */
	PRINTF_ROOM_BYTES = 256,
};

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	alignas(max_align_t) char data[];
};

void arena_release(struct arena *a)
{
	struct arena_block *b = a->block;

	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
	*a = ARENA_INIT;
}

void arena_reset(struct arena *a)
{
	struct arena_block *keep = a->block;

	if (!keep)
		return;
	a->block = keep->next;
	arena_release(a);
	if (keep->size > ARENA_BLOCK_MAX_BYTES) {
		free(keep);
		return;
	}
	memset(keep->data, 0, keep->used);
	keep->next = NULL;
	keep->used = 0;
	a->block = keep;
}

struct arena_mark arena_mark(const struct arena *a)
{
	return (struct arena_mark){a->block, a->block ? a->block->used : 0, a->used};
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
	struct arena_block *b = a->block;

	/* A mark of the empty arena goes back to its first block, so that marking and rewinding
	 * in a loop does not allocate each time. */
	while (b && b != mark.block && (mark.block || b->next)) {
		a->block = b->next;
		free(b);
		b = a->block;
	}
	if (b) {
		memset(b->data + mark.block_used, 0, b->used - mark.block_used);
		b->used = mark.block_used;
	}
	a->used = mark.used;
}

static struct arena_block *block_new(struct arena *a, size_t need)
{
	size_t size = a->block ? a->block->size * 2 : ARENA_FIRST_BYTES;
	struct arena_block *b;

	if (size > ARENA_BLOCK_MAX_BYTES)
		size = ARENA_BLOCK_MAX_BYTES;
	if (size < need)
		size = need;
	PROMISE(size < SIZE_MAX - sizeof(*b));
	b = xmalloc(sizeof(*b) + size);
	b->size = size;
	b->next = a->block;
	a->block = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct arena_block *b = a->block;
	void *p;

	PROMISE(size < SIZE_MAX - align);
	size = (size + align - 1) & ~(align - 1);
	if (!b || b->size - b->used < size)
		b = block_new(a, size);
	p = b->data + b->used;
	b->used += size;
	a->used += size;
	return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		BROKEN("array too large");
	return arena_alloc(a, bytes);
}

struct str arena_str(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.len + 1);

	if (s.len)
		memcpy(p, s.ptr, s.len);
	return str_n(p, s.len);
}

struct str arena_i64(struct arena *a, int64_t v)
{
	char room[I64_TEXT_BYTES];

	return arena_str(a, i64_text(v, room));
}

struct str arena_join(struct arena *a, const struct str *parts, size_t count)
{
	size_t len = 0;
	char *text, *p;

	for (size_t i = 0; i < count; i++)
		len += parts[i].len;
	text = p = arena_alloc(a, len + 1);
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len)
			memcpy(p, parts[i].ptr, parts[i].len);
		p += parts[i].len;
	}
	return str_n(text, len);
}

/* Most texts are short: they are written once, and copied, not measured first. */
struct str arena_printf(struct arena *a, const char *fmt, ...)
{
	char room[PRINTF_ROOM_BYTES], *p;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(room, sizeof(room), fmt, args);
	va_end(args);
	PROMISE(n >= 0);
	if ((size_t)n < sizeof(room))
		return arena_str(a, str_n(room, (size_t)n));
	p = arena_alloc(a, (size_t)n + 1);
	va_start(args, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, args);
	va_end(args);
	return str_n(p, (size_t)n);
}

void *arena_grow(struct arena *a, void *array, size_t items, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 8;
	void *p;

	if (items < *cap)
		return array;
	p = arena_array(a, more, size);
	if (items)
		memcpy(p, array, items * size);
	*cap = more;
	return p;
}
