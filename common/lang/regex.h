/*
 * Regular expressions in RE2 syntax (SPEC 5.13), by the RE2 library.
 *
 * A pattern is compiled once and matched many times, also from several threads. Matching is
 * unanchored, takes time linear in the text and memory bounded by REGEX_MAX_BYTES. There are no
 * back-references and no look-around; `\C`, which could split a character, is refused as in Go.
 * Patterns and texts are UTF-8 and may hold NULs.
 *
 * Work. "a.{900}c" may take ten microseconds for every byte, which is linear, too: a text of many different
 * beginnings fills the tables of the library, which then simulates the pattern. It does not tell, so what could
 * happen is counted, in units of about a nanosecond: REGEX_FAST_WORK for a byte, and for a pattern that fills
 * tables, with more than REGEX_WILD_FAST positions that are no certain character, REGEX_SLOW_WORK for
 * each of its positions. `work` is what is left and is taken from; NULL stands for REGEX_WORK_MAX for this one
 * call. When it does not do, it is below zero afterwards and the call fails: the library cannot tell (SPEC 5.13).
 */
#ifndef ARK_LANG_REGEX_H
#define ARK_LANG_REGEX_H

#include "base/buf.h"
#include "base/fail.h"
#include "base/str.h"

enum {
	REGEX_MAX_BYTES = 8 << 20, /* program and caches of one pattern */
	REGEX_GROUPS_MAX = 32, /* groups that regex_find reports, the whole match included */
};

#define REGEX_WORK_MAX INT64_C(4000000000)
enum {
	REGEX_CALL_WORK = 300,
	REGEX_GROUPS_WORK = 600, /* to set up a simulation */
	REGEX_SHORT_BYTES = 2048,
	REGEX_SHORT_WORK = 4, /* for a byte and position of a match that is short */
	REGEX_LONG_WORK = 20, /* and of a longer one */
	REGEX_FAST_WORK = 2,
	REGEX_SLOW_WORK = 10,
	REGEX_WILD_FAST = 8,
};

struct regex;

/* Compiles a pattern, which need not live on. FAIL_INPUT with the library's words when it is
 * no pattern or its program would be too large. The caller frees it with regex_free. */
enum fail regex_new(struct str pattern, struct regex **ret, struct why *why) MUST_CHECK;
/* The same with less memory (bytes) than REGEX_MAX_BYTES: for patterns that come in numbers. */
enum fail regex_new_small(struct str pattern, size_t max_bytes, struct regex **ret,
			  struct why *why) MUST_CHECK;
/* NULL is fine. */
void regex_free(struct regex *re);

/* Does the pattern match somewhere in text? FAIL_INPUT when the library cannot tell: there is not enough work left, or
 * the text has more than INT_MAX bytes. The caller decides what that means. */
enum fail regex_match(const struct regex *re, struct str text, int64_t *work, bool *ret_matched,
		      struct why *why) MUST_CHECK;

/* The text that it was made from; lives as long as re. */
struct str regex_pattern(const struct regex *re);
/* Steps in the compiled program: what compiling costs, a microsecond or so each. */
size_t regex_size(const struct regex *re);
/* Groups of the pattern, without the whole match. */
size_t regex_groups(const struct regex *re);
/* Index (from 1) of the group with that name, or 0. */
size_t regex_group_named(const struct regex *re, struct str name);

/* The leftmost match at or after byte `from`; what stands before `from` counts for `^` and
 * `\b`. On a match groups[0] is the whole match and groups[1..count-1] are the groups, cut from
 * text; a group that took no part has ptr NULL. count is at most REGEX_GROUPS_MAX; what the
 * pattern does not have is filled with such groups too. Fails as regex_match. */
enum fail regex_find(const struct regex *re, struct str text, size_t from, struct str *groups,
		     size_t count, int64_t *work, bool *ret_found, struct why *why) MUST_CHECK;

/* Appends text with every match replaced, by the rules of Go's ReplaceAllString: in repl $1,
 * ${1}, $name and ${name} are groups ($name takes letters, digits and _ as far as they go), an
 * unknown group is empty, $$ is a dollar, any other $ stands for itself; an empty match right
 * behind a match is left alone. Stops early when out is full (out->full). Groups from
 * REGEX_GROUPS_MAX on are empty. Fails as regex_match. */
enum fail regex_replace(const struct regex *re, struct str text, struct str repl, int64_t *work,
			struct buf *out, struct why *why) MUST_CHECK;

#endif
