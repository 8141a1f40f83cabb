/*
 * Inside of the YAML reader: surrogate pairs (SPEC 21.33).
 *
 * libyaml refuses "\ud83d\ude00", which is JSON's way to write what is above U+FFFF. Only a scanner
 * knows whether a backslash stands in double quotes. So before parsing, the backslash of each
 * escaped surrogate is replaced by a code point that the text does not have (columns stay right),
 * and afterwards it becomes the escape it was in double quotes, and a backslash anywhere else.
 */
#ifndef ARK_LANG_YAML_SURROGATE_H
#define ARK_LANG_YAML_SURROGATE_H

#include "base/arena.h"

/* In place of the backslash, as UTF-8; "" when the text has nothing to hide. */
struct yaml_stand_in {
	char bytes[4];
};

/* The text to parse: the same one, or a copy in the arena. */
struct str yaml_hide_surrogates(struct arena *a, struct str text, struct yaml_stand_in *ret);
/* A scalar as it was meant, the same text or one in the arena. escapes: it stood in double quotes.
 * Half a pair becomes U+FFFD. */
struct str yaml_show_surrogates(struct arena *a, struct str scalar, struct yaml_stand_in mark,
				bool escapes);

#endif
