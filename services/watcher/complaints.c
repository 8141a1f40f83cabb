#include "watcher/complaints.h"

#include <stdlib.h>

#include "base/hash.h"

struct file_content {
	struct str file;
	uint64_t code;
};

void complaints_release(struct complaints *c)
{
	arena_release(&c->arena);
	free(c->told);
	free(c->before);
	*c = (struct complaints){.told_count = 0};
}

void complaints_content(struct complaints *c, struct str file, struct str content)
{
	c->contents = arena_grow(&c->arena, c->contents, c->content_count, &c->content_cap,
				 sizeof(*c->contents));
	c->contents[c->content_count++] =
		(struct file_content){arena_str(&c->arena, file), hash_fast(content, 0)};
}

static uint64_t content_of(const struct complaints *c, struct str file)
{
	for (size_t i = c->content_count; i; i--)
		if (str_eq(c->contents[i - 1].file, file))
			return c->contents[i - 1].code;
	return 0;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

bool complaint_is_new(struct complaints *c, struct str file, uint32_t line, struct str words)
{
	uint64_t code = hash_fast(words, hash_fast(file, content_of(c, file) + line));

	for (size_t i = 0; i < c->told_count; i++)
		if (c->told[i] == code)
			return false;
	if (c->told_count == c->told_cap) {
		c->told_cap = c->told_cap ? 2 * c->told_cap : 16;
		c->told = xrealloc(c->told, c->told_cap, sizeof(*c->told));
	}
	c->told[c->told_count++] = code;
	return !c->before_count ||
	       !bsearch(&code, c->before, c->before_count, sizeof(*c->before), by_value);
}

void complaints_done(struct complaints *c)
{
	free(c->before);
	c->before = c->told;
	c->before_count = c->told_count;
	if (c->before_count)
		qsort(c->before, c->before_count, sizeof(*c->before), by_value);
	c->told = NULL;
	c->told_count = c->told_cap = 0;
	arena_reset(&c->arena);
	c->contents = NULL;
	c->content_count = c->content_cap = 0;
}
