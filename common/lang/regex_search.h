/*
 * Searching with an end: private to common/lang/regex*.
 *
 * A search goes on behind a match while something that is preferred to it may still come: in "aaaa" the
 * pattern a+b|a looks for a 'b' to the end before it settles for one 'a', and so does the next search from the
 * next 'a'. So replacing looks at a window of the text first. Whether text behind the window could change what was
 * found there tells a second pattern: it matches whatever a match of the first one can begin with.
 */
#ifndef ARK_LANG_REGEX_SEARCH_H
#define ARK_LANG_REGEX_SEARCH_H

#include "lang/regex.h"

/* regex_find in the bytes [from, to). What stands behind them counts for `$` and `\b`, but is no part of a
 * match. to is text.len or the beginning of a character. */
enum fail regex_find_in(const struct regex *re, struct str text, size_t from, size_t to,
			struct str *groups, size_t count, int64_t *work, bool *ret_found,
			struct why *why) MUST_CHECK;

enum regex_look {
	LOOK_NEAR = 0, /* a search looks at little behind its match */
	LOOK_FAR,      /* it may look at much */
	LOOK_UNKNOWN,  /* the same, and nobody can say when it does */
};
enum regex_look regex_look(const struct regex *re);
/* For LOOK_FAR. Where the first match of text[from, ...) can begin that is not complete at the end of the bytes
 * [from, to); `to` when none can. Early rather than late. */
enum fail regex_begun_at(const struct regex *re, struct str text, size_t from, size_t to,
			 int64_t *work, size_t *ret_at, struct why *why) MUST_CHECK;

/* regex_shape.c: what the text of a pattern, which is right, tells about its cost. */
struct regex_shape {
	enum regex_look look;
	/* characters and classes, each as often as it may be repeated: how many threads a simulation has */
	size_t positions;
	size_t wild; /* those that are no certain character */
};
/* begun, when not NULL, gets the pattern of beginnings, of use for LOOK_FAR. It knows no assertions, and matches at
 * the end of any text, if only the empty text. */
struct regex_shape regex_shape_of(struct str pattern, struct buf *begun);

#endif
