/* The input of a run as it stands on the command line (SPEC 21.4, 21.10). */
#ifndef ARK_CLI_INPUTS_H
#define ARK_CLI_INPUTS_H

#include "base/fail.h"
#include "base/value.h"
#include "kinds/team.h"

enum { INPUT_MAX_BYTES = 1 << 20 };

/* Merges the values of --input in their order, later wins: a JSON object, `@file`, `@-` (stdin), or
 * `key=value`. A map, empty when there are none. FAIL_INPUT: something else, or a file that
 * cannot be read. Everything lives in the arena. */
enum fail inputs_read(struct arena *a, struct str_list given, struct value *ret,
		      struct why *why) MUST_CHECK;

/* The input that a plain text becomes (SPEC 21.10): the only required one, else the first declared
 * one named prompt, message or task, else `prompt`. */
struct str input_for_text(const struct input *declared, size_t count);
/* base with that text in it. */
struct value input_with_text(struct arena *a, const struct value *base, struct str name,
			     struct str text);

#endif
