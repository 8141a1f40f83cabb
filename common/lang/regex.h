/*
 * Regular expressions in RE2 syntax (SPEC 5.13), by the RE2 library.
 *
 * A pattern is compiled once and matched many times, also from several threads. Matching is
 * unanchored, takes time linear in the text and memory bounded by REGEX_MAX_BYTES. There are no
 * back-references and no look-around; `\C`, which could split a character, is refused as in Go.
 * Patterns and texts are UTF-8 and may hold NULs.
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

/* With some patterns ("a+b|a") each match looks at all the text behind it, so that replacing many
 * of them takes time by the square of the text. This is the most that one call may look at then. */
#define REGEX_REPLACE_MAX_BYTES (UINT64_C(4) << 30)

struct regex;

/* Compiles a pattern, which need not live on. FAIL_INPUT with the library's words when it is
 * no pattern or its program would be too large. The caller frees it with regex_free. */
enum fail regex_new(struct str pattern, struct regex **ret, struct why *why) MUST_CHECK;
/* The same with less memory (bytes) than REGEX_MAX_BYTES: for patterns that come in numbers. */
enum fail regex_new_small(struct str pattern, size_t max_bytes, struct regex **ret,
			  struct why *why) MUST_CHECK;
/* NULL is fine. */
void regex_free(struct regex *re);

/* Does the pattern match somewhere in text? FAIL_INPUT when the library cannot tell, which
 * happens with texts over INT_MAX bytes only; the caller decides what that means. */
enum fail regex_match(const struct regex *re, struct str text, bool *ret_matched,
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
		     size_t count, bool *ret_found, struct why *why) MUST_CHECK;

/* Appends text with every match replaced, by the rules of Go's ReplaceAllString: in repl $1,
 * ${1}, $name and ${name} are groups ($name takes letters, digits and _ as far as they go), an
 * unknown group is empty, $$ is a dollar, any other $ stands for itself; an empty match right
 * behind a match is left alone. Stops early when out is full (out->full). Groups from
 * REGEX_GROUPS_MAX on are empty. Fails as regex_match, and beyond REGEX_REPLACE_MAX_BYTES. */
enum fail regex_replace(const struct regex *re, struct str text, struct str repl,
			struct buf *out, struct why *why) MUST_CHECK;

#endif
