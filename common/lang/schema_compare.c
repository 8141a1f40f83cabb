/* The order of JSON values, as uniqueItems, enum and const need it. */
#include "lang/schema_node.h"

#include "lang/decimal.h"

enum { BYTES_PER_STEP = 32 };

/* Integers and floats are numbers alike. */
static int rank(const struct value *v)
{
	return v->kind == VALUE_FLOAT ? VALUE_INT : (int)v->kind;
}

static int compare_sizes(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int compare_texts(struct run *r, struct str a, struct str b)
{
	if (a.len != b.len)
		return compare_sizes(a.len, b.len);
	run_spend(r, a.len / BYTES_PER_STEP);
	return str_cmp(a, b);
}

static int compare_numbers(struct run *r, const struct value *a, const struct value *b)
{
	if (a->kind == VALUE_FLOAT)
		run_spend(r, 1 + a->real.literal.len / BYTES_PER_STEP);
	if (b->kind == VALUE_FLOAT)
		run_spend(r, 1 + b->real.literal.len / BYTES_PER_STEP);
	return decimal_cmp_values(a, b);
}

static int compare_lists(struct run *r, const struct value_list *a, const struct value_list *b)
{
	int c = compare_sizes(a->count, b->count);

	for (size_t i = 0; c == 0 && i < a->count && r->work >= 0; i++)
		c = run_compare(r, &a->items[i], &b->items[i]);
	return c;
}

static int compare_maps(struct run *r, const struct value_map *a, const struct value_map *b)
{
	int c = compare_sizes(a->count, b->count);

	for (size_t i = 0; c == 0 && i < a->count && r->work >= 0; i++) {
		const struct value_entry *x = &a->entries[a->sorted[i]],
					 *y = &b->entries[b->sorted[i]];

		c = compare_texts(r, x->key, y->key);
		if (c == 0)
			c = run_compare(r, &x->value, &y->value);
	}
	return c;
}

/* Recursion is bounded by the depth of the values. */
int run_compare(struct run *r, const struct value *a, const struct value *b)
{
	if (!run_spend(r, WORK_COMPARE))
		return 0;
	if (rank(a) != rank(b))
		return rank(a) < rank(b) ? -1 : 1;
	switch (a->kind) {
	case VALUE_NIL: return 0;
	case VALUE_BOOL: return a->boolean - b->boolean;
	case VALUE_INT:
	case VALUE_FLOAT: return compare_numbers(r, a, b);
	case VALUE_STR: return compare_texts(r, a->string.text, b->string.text);
	case VALUE_TIME:
		return value_eq(a, b) ? 0 : (a->time.seconds < b->time.seconds ? -1 : 1);
	case VALUE_LIST: return compare_lists(r, &a->list, &b->list);
	case VALUE_MAP: return compare_maps(r, &a->map, &b->map);
	}
	return 0;
}
