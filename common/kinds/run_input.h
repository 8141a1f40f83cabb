/* The input of a run: declarations, defaults, types (SPEC 8.3, 9.5, 9.6). Pure. */
#ifndef ARK_KINDS_RUN_INPUT_H
#define ARK_KINDS_RUN_INPUT_H

#include "base/fail.h"
#include "kinds/team.h"

struct run_input {
	/* `.input` of templates: declared inputs in their order, then the others by bytes. */
	struct value typed;
	/* The same without inputs that were absent and have no default: what prompts are made of
	 * (SPEC 5.7). */
	struct value given;
};

/* given is a map or NULL. Fails with FAIL_INPUT and `input "n": expected number` or `input "n":
 * is required`. */
enum fail run_input_resolve(struct arena *a, const struct input *declared, size_t count,
			    const struct value *given, struct run_input *ret,
			    struct why *why) MUST_CHECK;

/* One value as the given type (SPEC 9.6). The words are without the input's name. */
enum fail run_input_type(struct arena *a, enum input_type type, const struct value *v,
			 struct value *ret, struct why *why) MUST_CHECK;

#endif
