#include "base/value.h"

#include <stdlib.h>
#include <string.h>

const struct value value_nil = {.kind = VALUE_NIL};

struct value value_bool(bool b)
{
	return (struct value){.kind = VALUE_BOOL, .boolean = b};
}

struct value value_int(int64_t i)
{
	return (struct value){.kind = VALUE_INT, .integer = i};
}

struct value value_float(double d)
{
	return (struct value){.kind = VALUE_FLOAT, .real = {.number = d}};
}

struct value value_str(struct str s)
{
	return (struct value){.kind = VALUE_STR, .string = {.text = s}};
}

struct value value_time(int64_t seconds, int32_t nanos)
{
	return (struct value){.kind = VALUE_TIME, .time = {seconds, nanos}};
}

struct value value_list(const struct value *items, size_t count)
{
	return (struct value){.kind = VALUE_LIST, .list = {items, count}};
}

void value_map_begin(struct value_builder *b, struct arena *a)
{
	*b = (struct value_builder){.arena = a};
}

void value_map_add(struct value_builder *b, struct str key, struct value v)
{
	b->entries = arena_grow(b->arena, b->entries, b->count, &b->cap, sizeof(*b->entries));
	b->entries[b->count++] = (struct value_entry){.key = key, .value = v};
}

struct value_entry *value_map_last(struct value_builder *b)
{
	return &b->entries[b->count - 1];
}

static int by_key(const void *a, const void *b, void *arg)
{
	const struct value_entry *entries = arg;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	int c = str_cmp(entries[i].key, entries[j].key);

	return c ? c : (i < j ? -1 : i > j);
}

bool value_map_end(struct value_builder *b, struct value *ret_map, size_t *ret_duplicate)
{
	uint32_t *sorted;
	bool in_order = true;

	PROMISE(b->count <= UINT32_MAX);
	sorted = ARENA_ARRAY(b->arena, b->count, uint32_t);
	for (size_t i = 0; i < b->count; i++) {
		sorted[i] = (uint32_t)i;
		in_order = in_order &&
			   (i == 0 || str_cmp(b->entries[i - 1].key, b->entries[i].key) < 0);
	}
	if (!in_order) {
		qsort_r(sorted, b->count, sizeof(*sorted), by_key, b->entries);
		for (size_t i = 1; i < b->count; i++)
			if (str_eq(b->entries[sorted[i - 1]].key, b->entries[sorted[i]].key)) {
				if (ret_duplicate)
					*ret_duplicate = sorted[i];
				return false;
			}
	}
	*ret_map = (struct value){
		.kind = VALUE_MAP,
		.map = {.entries = b->entries, .sorted = sorted, .count = b->count},
	};
	return true;
}

struct value value_map_done(struct value_builder *b)
{
	struct value map;

	if (!value_map_end(b, &map, NULL))
		BROKEN("a map with a key twice");
	return map;
}

/* Of equal keys one counts: the first or the last one. by_key keeps the order of the source among
 * equal keys. */
static struct value map_without_doubles(struct value_builder *b, bool first_wins)
{
	uint32_t *sorted = ARENA_ARRAY(b->arena, b->count, uint32_t);
	bool *dropped = ARENA_ARRAY(b->arena, b->count, bool);
	size_t kept = 0;

	for (size_t i = 0; i < b->count; i++)
		sorted[i] = (uint32_t)i;
	qsort_r(sorted, b->count, sizeof(*sorted), by_key, b->entries);
	for (size_t i = 1; i < b->count; i++)
		if (str_eq(b->entries[sorted[i - 1]].key, b->entries[sorted[i]].key))
			dropped[sorted[first_wins ? i : i - 1]] = true;
	for (size_t i = 0; i < b->count; i++)
		if (!dropped[i])
			b->entries[kept++] = b->entries[i];
	b->count = kept;
	return value_map_done(b);
}

struct value value_map_last_wins(struct value_builder *b)
{
	return map_without_doubles(b, false);
}

struct value value_map_first_wins(struct value_builder *b)
{
	return map_without_doubles(b, true);
}

static const struct value_entry *entry_find(const struct value_map *m, struct str key)
{
	size_t from = 0, to = m->count;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		const struct value_entry *e = &m->entries[m->sorted[mid]];
		int c = str_cmp(key, e->key);

		if (c == 0)
			return e;
		if (c < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return NULL;
}

struct value value_copy(struct arena *a, const struct value *v)
{
	struct value copy = *v;

	switch (v->kind) {
	case VALUE_NIL:
	case VALUE_BOOL:
	case VALUE_INT:
	case VALUE_TIME: break;
	case VALUE_FLOAT: copy.real.literal = arena_str(a, v->real.literal); break;
	case VALUE_STR:
		copy.string.text = arena_str(a, v->string.text);
		copy.string.origin = arena_str(a, v->string.origin);
		break;
	case VALUE_LIST: {
		struct value *items = ARENA_ARRAY(a, v->list.count, struct value);

		for (size_t i = 0; i < v->list.count; i++)
			items[i] = value_copy(a, &v->list.items[i]);
		copy.list.items = items;
		break;
	}
	case VALUE_MAP: {
		struct value_entry *entries = ARENA_ARRAY(a, v->map.count, struct value_entry);
		uint32_t *sorted = ARENA_ARRAY(a, v->map.count, uint32_t);

		for (size_t i = 0; i < v->map.count; i++) {
			entries[i] = v->map.entries[i];
			entries[i].key = arena_str(a, v->map.entries[i].key);
			entries[i].value = value_copy(a, &v->map.entries[i].value);
			sorted[i] = v->map.sorted[i];
		}
		copy.map.entries = entries;
		copy.map.sorted = sorted;
		break;
	}
	}
	return copy;
}

struct value value_merge(struct arena *a, const struct value *base, const struct value *over)
{
	struct value_builder b;

	value_map_begin(&b, a);
	for (size_t i = 0; value_is(base, VALUE_MAP) && i < base->map.count; i++) {
		const struct value_entry *e = &base->map.entries[i];
		const struct value *o = value_get(over, e->key);

		value_map_add(&b, e->key, o ? *o : e->value);
	}
	for (size_t i = 0; value_is(over, VALUE_MAP) && i < over->map.count; i++) {
		const struct value_entry *e = &over->map.entries[i];

		if (!value_get(base, e->key))
			value_map_add(&b, e->key, e->value);
	}
	return value_map_done(&b);
}

const struct value *value_get(const struct value *v, struct str key)
{
	const struct value_entry *e;

	if (!value_is(v, VALUE_MAP))
		return NULL;
	e = entry_find(&v->map, key);
	return e ? &e->value : NULL;
}

const struct value *value_path(const struct value *v, const char *path)
{
	struct str rest = str_of(path), key;

	while (v && str_next(&rest, '.', &key))
		v = value_get(v, key);
	return v;
}

const struct value *value_at(const struct value *v, size_t index)
{
	return value_is(v, VALUE_LIST) && index < v->list.count ? &v->list.items[index] : NULL;
}

size_t value_count(const struct value *v)
{
	if (value_is(v, VALUE_LIST))
		return v->list.count;
	return value_is(v, VALUE_MAP) ? v->map.count : 0;
}

bool value_is_nil(const struct value *v)
{
	return !v || v->kind == VALUE_NIL;
}

bool value_is(const struct value *v, enum value_kind kind)
{
	return v && v->kind == kind;
}

struct str value_text(const struct value *v)
{
	return value_is(v, VALUE_STR) ? v->string.text : str_n(NULL, 0);
}

const char *value_kind_name(enum value_kind kind)
{
	switch (kind) {
	case VALUE_NIL: return "null";
	case VALUE_BOOL: return "boolean";
	case VALUE_INT: return "integer";
	case VALUE_FLOAT: return "number";
	case VALUE_STR: return "string";
	case VALUE_TIME: return "time";
	case VALUE_LIST: return "array";
	case VALUE_MAP: return "object";
	}
	return "?";
}

static bool map_eq(const struct value_map *a, const struct value_map *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct value_entry *x = &a->entries[a->sorted[i]],
					 *y = &b->entries[b->sorted[i]];

		if (!str_eq(x->key, y->key) || !value_eq(&x->value, &y->value))
			return false;
	}
	return true;
}

bool value_eq(const struct value *a, const struct value *b)
{
	if (a->kind == VALUE_INT && b->kind == VALUE_FLOAT)
		return (double)a->integer == b->real.number &&
		       (int64_t)b->real.number == a->integer;
	if (a->kind == VALUE_FLOAT && b->kind == VALUE_INT)
		return value_eq(b, a);
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case VALUE_NIL: return true;
	case VALUE_BOOL: return a->boolean == b->boolean;
	case VALUE_INT: return a->integer == b->integer;
	case VALUE_FLOAT: return a->real.number == b->real.number;
	case VALUE_STR: return str_eq(a->string.text, b->string.text);
	case VALUE_TIME:
		return a->time.seconds == b->time.seconds && a->time.nanos == b->time.nanos;
	case VALUE_LIST:
		if (a->list.count != b->list.count)
			return false;
		for (size_t i = 0; i < a->list.count; i++)
			if (!value_eq(&a->list.items[i], &b->list.items[i]))
				return false;
		return true;
	case VALUE_MAP: return map_eq(&a->map, &b->map);
	}
	return false;
}
