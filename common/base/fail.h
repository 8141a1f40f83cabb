/*
 * How things fail: five answers, because there are five reactions.
 *
 * A function that can fail returns enum fail and is MUST_CHECK. It writes its results on
 * success only, and the words in *why on failure only. Library code never logs: who reacts,
 * logs, once.
 */
#ifndef ARK_BASE_FAIL_H
#define ARK_BASE_FAIL_H

#include "base/str.h"

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

enum fail {
	FAIL_NONE = 0, /* fine: go on */
	FAIL_INPUT,    /* the input is wrong and will stay wrong: refuse it, park it */
	FAIL_BUSY,     /* a peer is away or overloaded: wait and try again */
	FAIL_FENCED,   /* somebody else holds what we thought was ours: stop working on it */
	FAIL_BROKEN,   /* our own promise is broken (version skew, corrupt state): stop the
			  process */
};

const char *fail_name(enum fail f);

/* Words for people. Cut at its size; always ended by a NUL. */
enum { WHY_MAX_BYTES = 1024 };
struct why {
	char text[WHY_MAX_BYTES];
};

/* failf(why, f, format, ...) writes the words and is f, so that a guard clause is one line. why
 * may be NULL. fail_in(why, f, format, ...) puts words in front of what *why already says:
 * "<words>: <what was there>". Macros, so that the compiler knows the answer of failf(why,
 * FAIL_INPUT, ...) to be FAIL_INPUT. */
#define failf(why, f, ...) (why_write((why), __VA_ARGS__), (f))
#define fail_in(why, f, ...) (why_prepend((why), __VA_ARGS__), (f))
void why_write(struct why *why, const char *fmt, ...) PRINTF_LIKE(2, 3);
void why_prepend(struct why *why, const char *fmt, ...) PRINTF_LIKE(2, 3);
struct str why_str(const struct why *why);

/* A state that cannot happen did happen, or memory is out: says where and aborts. The restart
 * loses nothing. */
__attribute__((noreturn)) void broken(const char *file, int line, const char *what);
#define BROKEN(what) broken(__FILE__, __LINE__, what)
#define PROMISE(condition) ((condition) ? (void)0 : BROKEN(#condition))

/* malloc, realloc and strdup that end the process instead of returning NULL. Zeroed where not
 * re-sized. */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *ptr, size_t count, size_t size);
/* A copy ended by a NUL. */
char *xstrndup(struct str s);

#endif
