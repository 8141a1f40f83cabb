/*
 * Go's quoted texts and characters: strconv.Quote, strconv.Unquote and their like.
 *
 * Texts are valid UTF-8. What an escape makes that is not UTF-8 ("\xff") becomes U+FFFD, so the
 * results are UTF-8 too (SPEC 4.8).
 */
#ifndef ARK_LANG_GO_QUOTE_H
#define ARK_LANG_GO_QUOTE_H

#include "base/arena.h"
#include "base/buf.h"

/* Appends text in double quotes; what is not printable is escaped, and with ascii all beyond
 * ASCII. */
void go_quote_add(struct buf *b, struct str text, bool ascii);
/* Appends one character in single quotes. What is no scalar value is U+FFFD. */
void go_quote_add_point(struct buf *b, uint32_t point, bool ascii);
/* Can it stand between backquotes: one line without control characters but tab, no backquote,
 * no byte order mark? */
bool go_quote_can_be_raw(struct str text);

/* The text of "..." or `...`, quotes included. False when it is not well formed. The result is
 * in the arena or cut from literal. */
bool go_unquote(struct arena *a, struct str literal, struct str *ret);
/* The character of '...', quotes included. */
bool go_unquote_point(struct str literal, uint32_t *ret);

#endif
