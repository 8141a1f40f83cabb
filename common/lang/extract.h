/*
 * The JSON in a model's answer (SPEC 5.9).
 *
 * First that parses wins: the whole trimmed text; the body of each fenced block, in order; each part
 * that starts with a '{' or '[' at the start of a line and ends at its balanced partner, in order.
 * Reasoning in <think>...</think> at the very start is no part of the answer.
 */
#ifndef ARK_LANG_EXTRACT_H
#define ARK_LANG_EXTRACT_H

#include "base/arena.h"
#include "base/value.h"

enum {
	EXTRACT_MAX_CANDIDATES = 64,
	EXTRACT_MAX_BYTES = 1 << 20, /* of one candidate; a larger one is passed over */
	EXTRACT_MAX_SUM = 4 << 20,   /* bytes of all that are tried: nested ones count again */
};

/* True when the answer holds JSON: its value, made in the arena, and the part of the answer that
 * it was read from (ret_text may be NULL); both borrow from answer. Time is linear in the answer,
 * plus that of parsing EXTRACT_MAX_SUM. */
bool extract_json(struct arena *a, struct str answer, struct value *ret, struct str *ret_text);

#endif
