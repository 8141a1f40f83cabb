/*
 * Vectors: one JSON object per line, made by the reference implementations (tests/vectors/).
 * Paths are relative to the project's root, where the tests run.
 */
#ifndef ARK_TESTS_VECTORS_H
#define ARK_TESTS_VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"

/* Calls check for each line; what it allocates in the arena is gone with the line. Fails when the
 * file is not there or has fewer than least lines: a test without its data tests nothing. Answers
 * how many lines check was not content with. */
static inline size_t vectors_each(const char *path, size_t least,
				  bool (*check)(struct arena *, const struct value *))
{
	AUTO_ARENA a = ARENA_INIT;
	FILE *file = fopen(path, "re");
	size_t cap = 0, lines = 0, wrong = 0;
	char *line = NULL;
	ssize_t len;

	if (!file)
		fail_msg("%s: not there; tests run in the project's root", path);
	while ((len = getline(&line, &cap, file)) > 0) {
		struct value v;
		struct why why;

		arena_reset(&a);
		lines++;
		if (json_parse(&a, str_n(line, (size_t)len), JSON_STRICT, JSON_MAX_DEPTH, &v,
			       &why))
			fail_msg("%s:%zu: %s", path, lines, why.text);
		if (!check(&a, &v)) {
			print_error("%s:%zu\n", path, lines);
			wrong++;
		}
	}
	free(line);
	fclose(file);
	if (lines < least)
		fail_msg("%s: only %zu lines", path, lines);
	return wrong;
}

/* The text of a member; the empty text when it is absent. */
static inline struct str vector_str(const struct value *v, const char *key)
{
	return value_text(value_get(v, str_of(key)));
}

#endif
