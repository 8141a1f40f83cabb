/* UTF-8 by RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF. SPEC 1.7. */
#ifndef ARK_BASE_UTF8_H
#define ARK_BASE_UTF8_H

#include "base/buf.h"

#define UTF8_REPLACEMENT 0xFFFDu

/* The code point that starts at s[0] and its length in bytes (1 to 4). An invalid byte gives
 * U+FFFD, length 1, and *ret_valid false (ret_valid may be NULL). s must not be empty. */
uint32_t utf8_decode(struct str s, size_t *ret_len, bool *ret_valid);
/* Writes the 1 to 4 bytes of a code point; what is no scalar value is written as U+FFFD.
 * Returns the length. */
size_t utf8_encode(uint32_t point, char out[4]);
void utf8_add(struct buf *b, uint32_t point);

/* How many bytes from s[from] on are ASCII. */
size_t utf8_ascii(struct str s, size_t from);

bool utf8_valid(struct str s);
/* Appends s with each invalid byte replaced by U+FFFD. */
void utf8_clean(struct buf *b, struct str s);
/* Number of code points; an invalid byte counts as one. */
size_t utf8_count(struct str s);
/* The longest prefix of at most max_bytes that does not split a code point. */
struct str utf8_cut(struct str s, size_t max_bytes);
/* The first n code points. */
struct str utf8_first(struct str s, size_t n);

#endif
