/* The order of JSON values, as uniqueItems, enum and const need it. */
#include "lang/schema_node.h"

#include <stdlib.h>

#include "lang/decimal.h"

enum { BYTES_PER_STEP = 32 };

static bool spend(int64_t *work, size_t steps)
{
	*work = *work < (int64_t)steps ? -1 : *work - (int64_t)steps;
	return *work >= 0;
}

/* Integers and floats are numbers alike. */
static int rank(const struct value *v)
{
	return v->kind == VALUE_FLOAT ? VALUE_INT : (int)v->kind;
}

static int compare_sizes(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int compare_texts(int64_t *work, struct str a, struct str b)
{
	if (a.len != b.len)
		return compare_sizes(a.len, b.len);
	spend(work, a.len / BYTES_PER_STEP);
	return str_cmp(a, b);
}

static int compare_numbers(int64_t *work, const struct value *a, const struct value *b)
{
	if (a->kind == VALUE_FLOAT)
		spend(work, 1 + a->real.literal.len / BYTES_PER_STEP);
	if (b->kind == VALUE_FLOAT)
		spend(work, 1 + b->real.literal.len / BYTES_PER_STEP);
	return decimal_cmp_values(a, b);
}

static int compare_lists(int64_t *work, const struct value_list *a, const struct value_list *b)
{
	int c = compare_sizes(a->count, b->count);

	for (size_t i = 0; c == 0 && i < a->count && *work >= 0; i++)
		c = schema_compare(work, &a->items[i], &b->items[i]);
	return c;
}

static int compare_maps(int64_t *work, const struct value_map *a, const struct value_map *b)
{
	int c = compare_sizes(a->count, b->count);

	for (size_t i = 0; c == 0 && i < a->count && *work >= 0; i++) {
		const struct value_entry *x = &a->entries[a->sorted[i]],
					 *y = &b->entries[b->sorted[i]];

		c = compare_texts(work, x->key, y->key);
		if (c == 0)
			c = schema_compare(work, &x->value, &y->value);
	}
	return c;
}

/* Recursion is bounded by the depth of the values. */
int schema_compare(int64_t *work, const struct value *a, const struct value *b)
{
	if (!spend(work, WORK_COMPARE))
		return 0;
	if (rank(a) != rank(b))
		return rank(a) < rank(b) ? -1 : 1;
	switch (a->kind) {
	case VALUE_NIL: return 0;
	case VALUE_BOOL: return a->boolean - b->boolean;
	case VALUE_INT:
	case VALUE_FLOAT: return compare_numbers(work, a, b);
	case VALUE_STR: return compare_texts(work, a->string.text, b->string.text);
	case VALUE_TIME:
		return value_eq(a, b) ? 0 : (a->time.seconds < b->time.seconds ? -1 : 1);
	case VALUE_LIST: return compare_lists(work, &a->list, &b->list);
	case VALUE_MAP: return compare_maps(work, &a->map, &b->map);
	}
	return 0;
}

static int by_value(const void *a, const void *b, void *arg)
{
	const struct value *const *x = a, *const *y = b;
	int c = schema_compare(arg, *x, *y);

	return c ? c : (*x < *y ? -1 : *x > *y);
}

const struct value **schema_sorted(int64_t *work, const struct value *list)
{
	size_t count = value_count(list);
	const struct value **sorted = xcalloc(count, sizeof(*sorted));

	for (size_t i = 0; i < count; i++)
		sorted[i] = value_at(list, i);
	qsort_r(sorted, count, sizeof(*sorted), by_value, work);
	return sorted;
}
