/* Helpers on lists and maps (SPEC 4.9). */
#include "lang/template_exec.h"

#include <math.h>
#include <stdlib.h>

#include "lang/go_float.h"

enum { SORT_READS = 16, SORT_WORK = 200 }; /* of one item, while sorting */

HELPER(func_list)
{
	struct value *items;
	enum fail f = exec_array(x, count, sizeof(*items), &items);

	if (f)
		return f;
	for (size_t i = 0; i < count; i++)
		items[i] = args[i];
	*ret = value_list(items, count);
	return FAIL_NONE;
}

HELPER(func_dict)
{
	struct value_builder map;
	struct str key, origin = {NULL, 0}, *kept;
	enum fail f;

	if (count % 2)
		return call_failf(x, "the last key has no value");
	/* Building it moves the entries at most twice. */
	f = exec_room(x, 2 * count * sizeof(struct value_entry));
	if (!f)
		f = exec_work(x, count * EXEC_ENTRY_WORK);
	if (f)
		return f;
	value_map_begin(&map, x->arena);
	for (size_t i = 0; i < count; i += 2) {
		f = arg_text(x, &args[i], &key);
		if (f)
			return f;
		value_map_add(&map, key, args[i + 1]);
		if (!origin.len)
			origin = value_origin(&args[i]);
	}
	*ret = value_map_last_wins(&map);
	if (origin.len) {
		kept = ARENA_NEW(x->arena, struct str);
		*kept = origin;
		ret->map.origin = kept;
	}
	return FAIL_NONE;
}

HELPER(func_get)
{
	const struct value *v;
	struct value map;
	struct str key;
	enum fail f = arg_map(x, &args[0], &map);

	(void)count;
	if (!f)
		f = arg_text(x, &args[1], &key);
	if (f)
		return f;
	v = value_get(&map, key);
	*ret = v ? *v : value_str(STR(""));
	return FAIL_NONE;
}

HELPER(func_has_key)
{
	struct value map;
	struct str key;
	enum fail f = arg_map(x, &args[0], &map);

	(void)count;
	if (!f)
		f = arg_text(x, &args[1], &key);
	if (!f)
		*ret = value_bool(value_get(&map, key) != NULL);
	return f;
}

static enum fail list_map(struct exec *x, const struct value *arg, bool keys, struct value *ret)
{
	struct value map, *items;
	enum fail f = arg_map(x, arg, &map);

	if (!f)
		f = exec_array(x, map.map.count, sizeof(*items), &items);
	if (f)
		return f;
	for (size_t i = 0; i < map.map.count; i++) {
		const struct value_entry *e = &map.map.entries[map.map.sorted[i]];

		items[i] = keys ? value_str(e->key) : e->value;
		if (keys && map.map.origin)
			items[i].string.origin = *map.map.origin;
	}
	*ret = value_list(items, map.map.count);
	return FAIL_NONE;
}

HELPER(func_keys)
{
	(void)count;
	return list_map(x, &args[0], true, ret);
}

HELPER(func_values)
{
	(void)count;
	return list_map(x, &args[0], false, ret);
}

HELPER(func_first)
{
	struct value_list list;
	enum fail f = arg_list(x, &args[0], &list);

	(void)count;
	if (!f)
		*ret = list.count ? list.items[0] : value_nil;
	return f;
}

HELPER(func_last)
{
	struct value_list list;
	enum fail f = arg_list(x, &args[0], &list);

	(void)count;
	if (!f)
		*ret = list.count ? list.items[list.count - 1] : value_nil;
	return f;
}

HELPER(func_rest)
{
	struct value_list list;
	enum fail f = arg_list(x, &args[0], &list);

	(void)count;
	if (!f)
		*ret = list.count ? value_list(list.items + 1, list.count - 1)
				  : value_list(NULL, 0);
	return f;
}

/* ---- uniq: items with equal kind and text are equal */

struct key {
	enum value_kind kind; /* INT for all numbers, LIST for lists and maps */
	struct str text;
	size_t index; /* in the list */
};

static enum fail key_of(struct exec *x, const struct value *v, struct key *ret)
{
	struct buf *b = text_begin(x);
	struct value text;
	bool fine = true;
	enum fail f = exec_weigh(x, v);

	if (f)
		return f;
	ret->kind = v->kind;
	ret->text = str_n(NULL, 0);
	switch (v->kind) {
	case VALUE_STR: ret->text = v->string.text; return FAIL_NONE;
	case VALUE_NIL: return FAIL_NONE;
	case VALUE_FLOAT: {
		double d = v->real.number;

		ret->kind = VALUE_INT;
		if (d == trunc(d) && d >= -0x1p63 && d < 0x1p63)
			buf_addi(b, (int64_t)d);
		else
			go_float_add(b, d, 'g', -1);
		break;
	}
	case VALUE_BOOL:
	case VALUE_INT: fine = print_value(b, v); break;
	case VALUE_TIME:
		buf_addf(b, "%lld.%d", (long long)v->time.seconds, v->time.nanos);
		break;
	case VALUE_LIST:
	case VALUE_MAP:
		ret->kind = VALUE_LIST;
		fine = template_json(b, v);
		break;
	}
	if (!fine)
		return exec_limit(x, "depth");
	f = text_end(x, &text);
	if (!f)
		ret->text = text.string.text;
	return f;
}

static int by_key(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int c = (int)x->kind - (int)y->kind;

	if (c == 0)
		c = str_cmp(x->text, y->text);
	return c ? c : (x->index > y->index) - (x->index < y->index);
}

/* Sorted, so that no choice of items makes it slow. */
HELPER(func_uniq)
{
	struct value_list list;
	struct value *items;
	struct key *keys;
	bool *again;
	size_t kept = 0;
	enum fail f = arg_list(x, &args[0], &list);

	(void)count;
	if (f)
		return f;
	f = exec_array(x, list.count, sizeof(*items), &items);
	if (!f)
		f = exec_array(x, list.count, sizeof(*keys), &keys);
	if (!f)
		f = exec_array(x, list.count, sizeof(*again), &again);
	for (size_t i = 0; i < list.count && !f; i++) {
		keys[i].index = i;
		f = key_of(x, &list.items[i], &keys[i]);
		if (!f)
			f = exec_work(x, SORT_WORK + SORT_READS * keys[i].text.len /
							     EXEC_READS_PER_WORK);
	}
	if (f)
		return f;
	qsort(keys, list.count, sizeof(*keys), by_key);
	for (size_t i = 1; i < list.count; i++)
		if (keys[i].kind == keys[i - 1].kind && str_eq(keys[i].text, keys[i - 1].text))
			again[keys[i].index] = true;
	for (size_t i = 0; i < list.count; i++)
		if (!again[i])
			items[kept++] = list.items[i];
	*ret = value_list(items, kept);
	return FAIL_NONE;
}

static int by_text(const void *a, const void *b)
{
	const struct value *x = a, *y = b;

	return str_cmp(x->string.text, y->string.text);
}

HELPER(func_sort_alpha)
{
	struct value_list list;
	struct value *items;
	size_t n = 0;
	enum fail f = arg_list(x, &args[0], &list);

	(void)count;
	if (!f)
		f = exec_array(x, list.count, sizeof(*items), &items);
	for (size_t i = 0; i < list.count && !f; i++) {
		const struct value *v = &list.items[i];

		if (v->kind == VALUE_NIL)
			continue;
		items[n] = *v;
		if (v->kind != VALUE_STR) {
			f = exec_print(x, text_begin(x), v);
			if (!f)
				f = text_end(x, &items[n]);
			items[n].string.origin = value_origin(v);
		}
		if (!f)
			f = exec_work(x, SORT_WORK + SORT_READS * value_text(&items[n]).len /
							     EXEC_READS_PER_WORK);
		n++;
	}
	if (f)
		return f;
	qsort(items, n, sizeof(*items), by_text);
	*ret = value_list(items, n);
	return FAIL_NONE;
}
