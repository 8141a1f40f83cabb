/*
 * A command in the making: an argv in an arena.
 *
 *	struct command c = command_begin(a, "XADD");
 *	command_add(&c, key);
 *	command_adds(&c, "*");
 *	redis_send(r, &c, on_added, me);
 *
 * Texts that are added are borrowed and must live until the command is sent; numbers and
 * formatted texts live in the arena.
 */
#ifndef ARK_REDIS_COMMAND_H
#define ARK_REDIS_COMMAND_H

#include "base/arena.h"

struct command {
	struct arena *arena;
	struct str *argv;
	size_t argc, cap;
};

struct command command_begin(struct arena *a, const char *name);
void command_add(struct command *c, struct str s);
void command_adds(struct command *c, const char *text);
void command_addi(struct command *c, int64_t v);
void command_addf(struct command *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A copy of s in the arena, for texts that do not live long enough. */
void command_add_copy(struct command *c, struct str s);

#endif
