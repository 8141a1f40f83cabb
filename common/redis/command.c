#include "redis/command.h"

#include <stdarg.h>
#include <stdio.h>

struct command command_begin(struct arena *a, const char *name)
{
	struct command c = {.arena = a};

	command_adds(&c, name);
	return c;
}

void command_add(struct command *c, struct str s)
{
	c->argv = arena_grow(c->arena, c->argv, c->argc, &c->cap, sizeof(*c->argv));
	c->argv[c->argc++] = s;
}

void command_adds(struct command *c, const char *text)
{
	command_add(c, str_of(text));
}

void command_addi(struct command *c, int64_t v)
{
	command_add(c, arena_i64(c->arena, v));
}

void command_addf(struct command *c, const char *fmt, ...)
{
	va_list args, again;
	char *text;
	int n;

	va_start(args, fmt);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	PROMISE(n >= 0);
	text = arena_alloc(c->arena, (size_t)n + 1);
	vsnprintf(text, (size_t)n + 1, fmt, args);
	va_end(args);
	command_add(c, str_n(text, (size_t)n));
}

void command_add_copy(struct command *c, struct str s)
{
	command_add(c, arena_str(c->arena, s));
}
