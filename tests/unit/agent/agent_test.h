/* What the tests of the agent share: cmocka with its order of includes, and short makers. */
#ifndef ARK_TESTS_AGENT_TEST_H
#define ARK_TESTS_AGENT_TEST_H

/* Before cmocka, whose macro fail() would stand in the way of functions that return enum fail. */
#include "agent/agent_config.h"
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define assert_str(got, want) assert_str_at((got), (want), __FILE__, __LINE__)
static inline void assert_str_at(struct str got, const char *want, const char *file, int line)
{
	if (str_is(got, want))
		return;
	print_error("got:  %.*s\nwant: %s\n", STR_ARG(got), want);
	_fail(file, line);
}

#define must(f, why) must_at((f), (why), __FILE__, __LINE__)
static inline void must_at(enum fail f, const struct why *why, const char *file, int line)
{
	if (!f)
		return;
	print_error("%s\n", why->text);
	_fail(file, line);
}

/* What a stream said piece by piece. */
static inline void gather(void *self, struct str piece)
{
	buf_add(self, piece);
}

/* Runs a whole body through a stream, `step` bytes at a time. */
static inline struct model_stream *play_body(const struct model_call *call, struct buf *pieces,
					     int status, const char *body, size_t step)
{
	struct model_stream *s = model_stream_new(call, 1 << 20, gather, pieces);
	struct str rest = str_of(body);

	model_reply(s, &(struct model_reply){.status = status});
	while (rest.len && model_feed(s, str_sub(rest, 0, step)))
		rest = str_from(rest, step);
	model_finish(s);
	return s;
}

/* The calls of an answer as one text: id:name(arguments); */
static inline void calls_text(const struct model_answer *a, struct buf *out)
{
	for (size_t i = 0; i < a->call_count; i++)
		buf_addf(out, "%.*s:%.*s(%.*s);", STR_ARG(a->calls[i].id),
			 STR_ARG(a->calls[i].name), STR_ARG(a->calls[i].arguments));
}

#endif
