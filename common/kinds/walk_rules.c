/* Rules over the members of one object: unions, dependencies, order. */
#include "kinds/walk.h"

/* Its text, else that of its default; empty when there is neither. Defaults of texts are JSON
 * strings without escapes wherever a rule looks at them. */
static struct str member_text(const struct table *t, const struct value *object,
			      const char *name)
{
	const struct value *v = value_get(object, str_of(name));
	const struct field *row = table_field(t, str_of(name));
	struct str fallback;

	if (!value_is_nil(v))
		return value_text(v);
	fallback = str_of(row ? row->fallback : NULL);
	return fallback.len < 2 ? STR("") : str_sub(fallback, 1, fallback.len - 1);
}

static bool member_integer(const struct table *t, const struct value *object, const char *name,
			   int64_t *ret)
{
	const struct value *v = value_get(object, str_of(name));
	const struct field *row = table_field(t, str_of(name));

	if (!value_is_nil(v))
		return value_to_integer(v, ret);
	return row && str_to_i64(str_of(row->fallback), ret);
}

static void names_text(struct buf *b, const struct rule *r)
{
	for (size_t i = 0; r->names[i]; i++)
		buf_addf(b, "%s%s", i ? ", " : "", r->names[i]);
}

/* Too many of a union: said of the second one. */
static void not_together(struct walk *w, const struct value *v, const struct rule *r)
{
	const char *first = NULL;

	for (size_t i = 0; r->names[i]; i++) {
		size_t before;

		if (!member_given(v, r->names[i]))
			continue;
		if (!first) {
			first = r->names[i];
			continue;
		}
		before = walk_down(w, str_of(r->names[i]));
		walk_error(w, value_get(v, str_of(r->names[i])), w->reason,
			   "not together with %s", first);
		walk_up(w, before);
	}
}

static void check_union(struct walk *w, const struct value *v, const struct rule *r)
{
	AUTO_BUF names = BUF(256);
	size_t given = 0;

	for (size_t i = 0; r->names[i]; i++)
		given += member_given(v, r->names[i]);
	names_text(&names, r);
	if (given == 0 && r->kind != RULE_AT_MOST_ONE)
		walk_error(w, v, w->reason, "needs %s: %s",
			   r->kind == RULE_EXACTLY_ONE ? "exactly one of" : "at least one of",
			   buf_cstr(&names));
	if (given > 1 && r->kind != RULE_AT_LEAST_ONE)
		not_together(w, v, r);
}

static void check_dependent(struct walk *w, const struct table *t, const struct value *v,
			    const struct rule *r)
{
	if (r->is ? !str_is(member_text(t, v, r->when), r->is) : !member_given(v, r->when))
		return;
	for (size_t i = 0; r->names[i]; i++) {
		bool given = member_given(v, r->names[i]);
		size_t before;

		if (given == (r->kind == RULE_NEEDS))
			continue;
		before = walk_down(w, str_of(r->names[i]));
		walk_error(w, given ? value_get(v, str_of(r->names[i])) : v, w->reason,
			   given ? "not together with %s%s%s" : "is required with %s%s%s",
			   r->when, r->is ? ": " : "", r->is ? r->is : "");
		walk_up(w, before);
	}
}

static void check_order(struct walk *w, const struct table *t, const struct value *v,
			const struct rule *r)
{
	int64_t high, low;
	size_t before;

	if (!member_integer(t, v, r->names[0], &high) ||
	    !member_integer(t, v, r->names[1], &low) || high >= low)
		return;
	before = walk_down(w, str_of(r->names[0]));
	walk_error(w, v, w->reason, "must not be below %s", r->names[1]);
	walk_up(w, before);
}

void walk_rules(struct walk *w, const struct table *t, const struct value *v)
{
	for (const struct table *part = t; part; part = part->base) {
		for (size_t i = 0; i < part->rule_count; i++) {
			const struct rule *r = &part->rules[i];

			switch (r->kind) {
			case RULE_EXACTLY_ONE:
			case RULE_AT_MOST_ONE:
			case RULE_AT_LEAST_ONE: check_union(w, v, r); break;
			case RULE_NEEDS:
			case RULE_FORBIDS: check_dependent(w, t, v, r); break;
			case RULE_NOT_BELOW: check_order(w, t, v, r); break;
			case RULE_FIXED: break; /* one object says nothing of what it was */
			}
		}
	}
}
