#include "kinds/shared.h"

#include <string.h>

const struct field *table_row(const struct table *t, size_t index)
{
	for (; t; t = t->base) {
		if (index < t->field_count)
			return &t->fields[index];
		index -= t->field_count;
	}
	return NULL;
}

const struct field *table_field(const struct table *t, struct str name)
{
	if (name.len == 0)
		return NULL;
	for (; t; t = t->base) {
		for (size_t i = 0; i < t->field_count; i++) {
			const char *known = t->fields[i].name;

			if (known[0] == name.ptr[0] && str_is(name, known))
				return &t->fields[i];
		}
	}
	return NULL;
}

/* ---- nearest name ---- */

enum {
	NEAR_NAME_MAX = 64, /* no field has a longer name */
	NEAR_EDITS_MAX = 2,
};

static int ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Edits (insert, remove, replace, swap of neighbours) that make b of a; letter case is free, so
 * that `MaxTokens` finds `maxTokens`. Both are at most NEAR_NAME_MAX long. */
static size_t edits(struct str a, struct str b)
{
	size_t rows[3][NEAR_NAME_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= b.len; j++)
		last[j] = j;
	memset(before, 0, sizeof(rows[0]));
	for (size_t i = 1; i <= a.len; i++) {
		size_t *spare = before;

		now[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			int x = ascii_lower(a.ptr[i - 1]), y = ascii_lower(b.ptr[j - 1]);
			size_t best = last[j - 1] + (x != y);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && x == ascii_lower(b.ptr[j - 2]) &&
			    ascii_lower(a.ptr[i - 2]) == y && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[b.len];
}

const struct field *table_nearest(const struct table *t, struct str name)
{
	const struct field *row, *best = NULL;
	size_t least = NEAR_EDITS_MAX + 1;

	if (name.len > NEAR_NAME_MAX)
		return NULL;
	for (size_t i = 0; (row = table_row(t, i)); i++) {
		struct str known = str_of(row->name);
		size_t d;

		if (known.len > NEAR_NAME_MAX)
			continue;
		d = edits(name, known);
		/* A short name is not near to everything else that is short. */
		if (d < least && d * 2 <= known.len) {
			least = d;
			best = row;
		}
	}
	return best;
}

/* ---- kinds ---- */

const struct kind_info *kind_info(enum kind k)
{
	switch (k) {
	case KIND_AGENT: return &kind_agent;
	case KIND_TEAM: return &kind_team;
	case KIND_RUN: return &kind_run;
	case KIND_EVENT: return &kind_event;
	case KIND_BUDGET: return &kind_budget;
	case KIND_NOTIFY: return &kind_notify;
	case KIND_REGISTRY: return &kind_registry;
	case KIND_SETTINGS: return &kind_settings;
	case KIND_MEMORY: return &kind_memory;
	case KIND_SECRET: return &kind_secret;
	case KIND_OTHER:
	case KIND_CONFIG_MAP:
	case KIND_PLAIN_SECRET: break;
	}
	return NULL;
}

bool kind_has_reason(const struct kind_info *k, const char *reason)
{
	for (size_t i = 0; i < k->condition_count; i++) {
		const struct condition *c = &k->conditions[i];

		if (strcmp(c->type, "Ready") != 0 || strcmp(c->status, "False") != 0)
			continue;
		for (size_t j = 0; c->reasons[j]; j++) {
			if (strcmp(c->reasons[j], reason) == 0)
				return true;
		}
	}
	return false;
}
