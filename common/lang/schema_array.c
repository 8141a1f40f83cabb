/* Keywords that look at lists. */
#include "lang/schema_node.h"

#include <stdlib.h>

static bool run_items(struct run *r, const struct array_rules *rules, const struct place *p,
		      const struct scope *scope, struct marks *marks)
{
	const struct value_list *l = &p->value->list;
	bool ok = true;

	for (size_t i = 0; i < l->count && (ok || run_go_on(r)); i++) {
		const struct place inner = {.up = p, .value = &l->items[i], .index = i};
		const struct node *n =
			i < rules->prefix.count ? rules->prefix.nodes[i] : rules->rest;

		if (!n)
			break;
		if (n->kind == NODE_FALSE && i >= rules->prefix.count)
			ok = run_wrong(r, &inner, "is not allowed here: at most %zu items",
				       rules->prefix.count);
		else
			ok = run_node(r, n, &inner, scope, NULL) && ok;
		marks_set(r, marks, i);
	}
	return ok;
}

static bool run_contains(struct run *r, const struct array_rules *rules, const struct place *p,
			 const struct scope *scope, struct marks *marks)
{
	const struct value_list *l = &p->value->list;
	bool count_all = marks || rules->max_contains != SIZE_MAX;
	size_t hits = 0;

	for (size_t i = 0; i < l->count && r->work >= 0; i++) {
		const struct place inner = {.up = p, .value = &l->items[i], .index = i};

		if (hits >= rules->min_contains && !count_all)
			break;
		if (!run_quietly(r, rules->contains, &inner, scope, NULL))
			continue;
		marks_set(r, marks, i);
		hits++;
	}
	if (hits < rules->min_contains)
		return run_wrong(r, p,
				 "must contain at least %zu item%s that satisfy %s, has %zu",
				 rules->min_contains, rules->min_contains == 1 ? "" : "s",
				 run_show(r, rules->contains->at), hits);
	if (hits > rules->max_contains)
		return run_wrong(r, p,
				 "must contain at most %zu item%s that satisfy %s, has %zu",
				 rules->max_contains, rules->max_contains == 1 ? "" : "s",
				 run_show(r, rules->contains->at), hits);
	return true;
}

/* Sorted, equal items stand side by side. */
static bool run_unique(struct run *r, const struct place *p)
{
	const struct value_list *l = &p->value->list;
	const struct value **sorted;
	bool ok = true;

	if (l->count < 2)
		return true;
	sorted = schema_sorted(&r->work, p->value);
	for (size_t i = 1; i < l->count && ok && r->work >= 0; i++)
		if (schema_compare(&r->work, sorted[i - 1], sorted[i]) == 0)
			ok = run_wrong(r, p, "items %zu and %zu are equal, but must be unique",
				       (size_t)(sorted[i - 1] - l->items),
				       (size_t)(sorted[i] - l->items));
	free(sorted);
	return ok && r->work >= 0;
}

bool run_array(struct run *r, const struct array_rules *rules, const struct place *p,
	       const struct scope *scope, struct marks *marks)
{
	size_t count = p->value->list.count;
	bool ok = run_count(r, p, count, rules->min, rules->max, "item", "items");

	if ((rules->rest || rules->prefix.count) && (ok || run_go_on(r)))
		ok = run_items(r, rules, p, scope, marks) && ok;
	if (rules->contains && (ok || run_go_on(r)))
		ok = run_contains(r, rules, p, scope, marks) && ok;
	if (rules->unique && (ok || run_go_on(r)))
		ok = run_unique(r, p) && ok;
	return ok;
}
