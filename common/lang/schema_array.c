/* Keywords that look at lists. */
#include "lang/schema_node.h"

#include <stdlib.h>

static bool judge_items(struct judge *j, const struct array_rules *rules, const struct place *p,
			const struct scope *scope, struct marks *marks)
{
	const struct value_list *l = &p->value->list;
	bool ok = true;

	for (size_t i = 0; i < l->count && (ok || judge_go_on(j)); i++) {
		const struct place inner = {.up = p, .value = &l->items[i], .index = i};
		const struct node *n =
			i < rules->prefix.count ? rules->prefix.nodes[i] : rules->rest;

		if (!n)
			break;
		if (n->kind == NODE_FALSE && i >= rules->prefix.count)
			ok = judge_wrong(j, &inner, "is not allowed here: at most %zu items",
					 rules->prefix.count);
		else
			ok = judge_node(j, n, &inner, scope, NULL) && ok;
		marks_set(j, marks, i);
	}
	return ok;
}

static bool judge_contains(struct judge *j, const struct array_rules *rules,
			   const struct place *p, const struct scope *scope,
			   struct marks *marks)
{
	const struct value_list *l = &p->value->list;
	bool count_all = marks || rules->max_contains != SIZE_MAX;
	size_t hits = 0;

	for (size_t i = 0; i < l->count && j->work >= 0; i++) {
		const struct place inner = {.up = p, .value = &l->items[i], .index = i};

		if (hits >= rules->min_contains && !count_all)
			break;
		if (!judge_quietly(j, rules->contains, &inner, scope, NULL))
			continue;
		marks_set(j, marks, i);
		hits++;
	}
	if (hits < rules->min_contains)
		return judge_wrong(j, p,
				   "must contain at least %zu item%s that satisfy %s, has %zu",
				   rules->min_contains, rules->min_contains == 1 ? "" : "s",
				   judge_show(j, rules->contains->at), hits);
	if (hits > rules->max_contains)
		return judge_wrong(j, p,
				   "must contain at most %zu item%s that satisfy %s, has %zu",
				   rules->max_contains, rules->max_contains == 1 ? "" : "s",
				   judge_show(j, rules->contains->at), hits);
	return true;
}

/* Sorted, equal items stand side by side. */
static bool judge_unique(struct judge *j, const struct place *p)
{
	const struct value_list *l = &p->value->list;
	const struct value **sorted;
	bool ok = true;

	if (l->count < 2)
		return true;
	sorted = schema_sorted(&j->work, p->value);
	for (size_t i = 1; i < l->count && ok && j->work >= 0; i++)
		if (schema_compare(&j->work, sorted[i - 1], sorted[i]) == 0)
			ok = judge_wrong(j, p,
					 "items %zu and %zu are equal, but must be unique",
					 (size_t)(sorted[i - 1] - l->items),
					 (size_t)(sorted[i] - l->items));
	free(sorted);
	return ok && j->work >= 0;
}

bool judge_array(struct judge *j, const struct array_rules *rules, const struct place *p,
		 const struct scope *scope, struct marks *marks)
{
	size_t count = p->value->list.count;
	bool ok = judge_count(j, p, count, rules->min, rules->max, "item", "items");

	if ((rules->rest || rules->prefix.count) && (ok || judge_go_on(j)))
		ok = judge_items(j, rules, p, scope, marks) && ok;
	if (rules->contains && (ok || judge_go_on(j)))
		ok = judge_contains(j, rules, p, scope, marks) && ok;
	if (rules->unique && (ok || judge_go_on(j)))
		ok = judge_unique(j, p) && ok;
	return ok;
}
