/* What the tests of kinds share. */
#ifndef ARK_TESTS_KINDS_SUPPORT_H
#define ARK_TESTS_KINDS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"

/* JSON with ' for " so that it can be read in C. */
static inline struct value json(struct arena *a, const char *text)
{
	struct str copy = arena_str(a, str_of(text));
	char *c = arena_alloc(a, copy.len + 1);
	struct value v;
	struct why why = {""};

	for (size_t i = 0; i < copy.len; i++)
		c[i] = copy.ptr[i] == '\'' ? '"' : copy.ptr[i];
	if (json_parse(a, str_n(c, copy.len), JSON_STRICT, JSON_MAX_DEPTH, &v, &why))
		fail_msg("%s: %s", why.text, text);
	return v;
}

#define assert_text(have, want)                                                                \
	do {                                                                                   \
		struct str h_ = (have);                                                        \
		if (!str_is(h_, (want)))                                                       \
			fail_msg("'%.*s' is not '%s'", STR_ARG(h_), (want));                   \
	} while (0)

#endif
