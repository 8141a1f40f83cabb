/*
 * What the languages need to know about code points: classes and simple case mapping, as Go's
 * unicode package has them (Unicode 15.0). The tables are made by tests/vectors/unicode.
 */
#ifndef ARK_LANG_UNICODE_H
#define ARK_LANG_UNICODE_H

#include <stdbool.h>
#include <stdint.h>

bool unicode_is_letter(uint32_t point); /* category L */
bool unicode_is_digit(uint32_t point);	/* category Nd */
bool unicode_is_space(uint32_t point);	/* property White_Space */
bool unicode_is_print(uint32_t point);	/* categories L, M, N, P, S, and U+0020 */
/* A letter, digit or '_': what identifiers are made of. */
bool unicode_is_word(uint32_t point);

/* Simple mapping to one code point; a point without one is itself. */
uint32_t unicode_upper(uint32_t point);
uint32_t unicode_lower(uint32_t point);

#endif
