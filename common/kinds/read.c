#include "kinds/read.h"

#include "base/json.h"
#include "kinds/walk.h"

static const struct field *row_of(const struct view *v, const char *name)
{
	const struct field *row = table_field(v->table, str_of(name));

	PROMISE(row);
	return row;
}

const struct value *read_value(const struct view *v, const char *name)
{
	const struct field *row = row_of(v, name);
	const struct value *given = value_get(v->value, str_of(name));
	struct value *fallback;

	if (!value_is_nil(given))
		return given;
	if (!row->fallback)
		return NULL;
	fallback = ARENA_NEW(v->arena, struct value);
	if (json_parse(v->arena, str_of(row->fallback), JSON_STRICT, JSON_MAX_DEPTH, fallback,
		       NULL))
		BROKEN(name);
	return fallback;
}

bool read_given(const struct view *v, const char *name)
{
	PROMISE(table_field(v->table, str_of(name)));
	return member_given(v->value, name);
}

struct str read_text(const struct view *v, const char *name)
{
	return value_text(read_value(v, name));
}

int64_t read_int(const struct view *v, const char *name)
{
	const struct value *x = read_value(v, name);
	int64_t i = 0;

	PROMISE(!x || value_to_integer(x, &i));
	return i;
}

double read_number(const struct view *v, const char *name)
{
	const struct value *x = read_value(v, name);

	if (value_is(x, VALUE_INT))
		return (double)x->integer;
	return value_is(x, VALUE_FLOAT) ? x->real.number : 0;
}

bool read_bool(const struct view *v, const char *name)
{
	const struct value *x = read_value(v, name);

	return value_is(x, VALUE_BOOL) && x->boolean;
}

unsigned read_choice(const struct view *v, const char *name)
{
	const struct field *row = row_of(v, name);
	const struct value *x = read_value(v, name);

	for (unsigned i = 0; x && row->choices[i]; i++) {
		if (str_is(value_text(x), row->choices[i]))
			return i;
	}
	return 0;
}

struct str read_schema(const struct view *v, const char *name)
{
	const struct value *x = read_value(v, name);

	if (!x)
		return STR("");
	return x->kind == VALUE_STR ? x->string.text : json_text(v->arena, x);
}

struct view read_object(const struct view *v, const char *name)
{
	const struct value *x = value_get(v->value, str_of(name));

	return (struct view){v->arena, row_of(v, name)->object,
			     value_is(x, VALUE_MAP) ? x : NULL};
}

size_t read_count(const struct view *v, const char *name)
{
	const struct value *x = value_get(v->value, str_of(name));

	PROMISE(row_of(v, name)->items);
	return value_is(x, VALUE_LIST) ? x->list.count : 0;
}

struct view read_item(const struct view *v, const char *name, size_t index)
{
	return (struct view){v->arena, row_of(v, name)->items->object,
			     value_at(value_get(v->value, str_of(name)), index)};
}

struct str read_ref(const struct view *v, const char *name)
{
	const struct value *x = read_value(v, name);

	return value_is(x, VALUE_MAP) ? value_text(value_get(x, STR("name"))) : value_text(x);
}

struct key_ref read_key(const struct view *v, const char *name)
{
	const struct value *x = read_value(v, name);
	const struct value *optional = value_get(x, STR("optional"));

	return (struct key_ref){
		.name = value_text(value_get(x, STR("name"))),
		.key = value_text(value_get(x, STR("key"))),
		.optional = value_is(optional, VALUE_BOOL) && optional->boolean,
	};
}

struct str_list read_texts(const struct view *v, const char *name)
{
	size_t n = read_count(v, name);
	const struct value *list = value_get(v->value, str_of(name));
	struct str *items = ARENA_ARRAY(v->arena, n, struct str);

	for (size_t i = 0; i < n; i++)
		items[i] = value_text(value_at(list, i));
	return (struct str_list){items, n};
}

struct pair_list read_pairs(const struct view *v, const char *name)
{
	const struct value *x = read_value(v, name);
	size_t n = value_is(x, VALUE_MAP) ? x->map.count : 0, kept = 0;
	struct pair *items = ARENA_ARRAY(v->arena, n, struct pair);

	for (size_t i = 0; i < n; i++) {
		const struct value_entry *e = &x->map.entries[x->map.sorted[i]];

		if (e->value.kind != VALUE_NIL)
			items[kept++] = (struct pair){e->key, value_text(&e->value)};
	}
	return (struct pair_list){items, kept};
}

/* {value}, {secretKeyRef} or, in lists, {valueFrom: {secretKeyRef} or {name, key}}. */
static struct header header_of(struct str name, const struct value *x)
{
	const struct value *from = value_get(x, STR("valueFrom"));
	const struct value *key = value_get(from ? from : x, STR("secretKeyRef"));
	const struct value *optional;

	if (!key)
		key = from;
	optional = value_get(key, STR("optional"));
	return (struct header){
		.name = name,
		.value = value_text(value_get(x, STR("value"))),
		.secret = {.name = value_text(value_get(key, STR("name"))),
			   .key = value_text(value_get(key, STR("key"))),
			   .optional = value_is(optional, VALUE_BOOL) && optional->boolean},
	};
}

struct header_list read_headers(const struct view *v, const char *name)
{
	const struct value *x = read_value(v, name);
	size_t n = value_count(x), kept = 0;
	struct header *items = ARENA_ARRAY(v->arena, n, struct header);

	for (size_t i = 0; i < n; i++) {
		if (x->kind == VALUE_LIST) {
			const struct value *item = &x->list.items[i];

			items[kept++] =
				header_of(value_text(value_get(item, STR("name"))), item);
		} else {
			const struct value_entry *e = &x->map.entries[x->map.sorted[i]];

			if (e->value.kind != VALUE_NIL)
				items[kept++] = header_of(e->key, &e->value);
		}
	}
	return (struct header_list){items, kept};
}
