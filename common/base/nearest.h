/*
 * The known word that is nearest to a misspelt one: "unknown flag --wacht; did you mean --watch?"
 *
 *	struct nearest n = nearest_to(word);
 *	for (...)
 *		nearest_try(&n, rows[i].name);
 *	if (n.found) ...
 */
#ifndef ARK_BASE_NEAREST_H
#define ARK_BASE_NEAREST_H

#include "base/str.h"

struct nearest {
	struct str word;
	const char *
		found; /* of those tried, the nearest and of these the first; NULL: none is near */
	size_t edits; /* that make it of the word */
};

/* The word is borrowed. */
struct nearest nearest_to(struct str word);
/* A word is near when a few letters were left out, added, replaced or swapped, the fewer the shorter
 * it is. Letter case is free, so that `MaxTokens` finds `maxTokens`. known is kept; true when it is
 * the nearest so far. */
bool nearest_try(struct nearest *n, const char *known);

#endif
