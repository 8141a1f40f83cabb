#include "base/nearest.h"

#include <string.h>

enum {
	WORD_MAX_BYTES = 64, /* no known word is longer */
	LETTERS_PER_EDIT = 5,
};

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Edits (insert, remove, replace, swap of neighbours) that make b of a. */
static size_t edits(struct str a, struct str b)
{
	size_t rows[3][WORD_MAX_BYTES + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= b.len; j++)
		last[j] = j;
	memset(before, 0, sizeof(rows[0]));
	for (size_t i = 1; i <= a.len; i++) {
		size_t *spare = before;

		now[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			int x = lower(a.ptr[i - 1]), y = lower(b.ptr[j - 1]);
			size_t best = last[j - 1] + (x != y);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && x == lower(b.ptr[j - 2]) &&
			    lower(a.ptr[i - 2]) == y && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[b.len];
}

struct nearest nearest_to(struct str word)
{
	return (struct nearest){.word = word};
}

bool nearest_try(struct nearest *n, const char *known)
{
	struct str other = str_of(known);
	size_t d;

	if (n->word.len > WORD_MAX_BYTES || other.len > WORD_MAX_BYTES)
		return false;
	d = edits(n->word, other);
	if (d > other.len / LETTERS_PER_EDIT + 1 || d * 2 > other.len)
		return false;
	if (n->found && d >= n->edits)
		return false;
	n->found = known;
	n->edits = d;
	return true;
}
