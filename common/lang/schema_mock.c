/*
 * The instance that a mock model answers to a schema (SPEC 7.20).
 *
 * A schema is first flattened: what $ref, allOf and the first branch of anyOf and oneOf lead to
 * stands side by side, and the rules are asked in that order.
 */
#include "lang/schema_node.h"

#include "base/json.h"
#include "lang/schema_mock_number.h"

enum {
	PARTS_MAX = 64,
	STRING_MAX = 1 << 20,
};

/* A value that is being made, to notice a schema inside itself. */
struct made {
	const struct made *up;
	const struct node *node;
	unsigned depth;
};

struct mock {
	struct arena *arena;
	size_t values_left;
	struct why *why;
};

struct parts {
	const struct node *nodes[PARTS_MAX];
	size_t count;
};

static void add_part(struct parts *p, const struct node *n)
{
	if (!n || p->count == PARTS_MAX)
		return;
	for (size_t i = 0; i < p->count; i++)
		if (p->nodes[i] == n)
			return;
	p->nodes[p->count++] = n;
}

/* Appends what the parts lead to until nothing new comes. */
static void flatten(struct parts *p)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct node *n = p->nodes[i];

		add_part(p, n->ref);
		add_part(p, n->dynamic_ref);
		if (!n->logic)
			continue;
		for (size_t k = 0; k < n->logic->all_of.count; k++)
			add_part(p, n->logic->all_of.nodes[k]);
		if (n->logic->any_of.count)
			add_part(p, n->logic->any_of.nodes[0]);
		if (n->logic->one_of.count)
			add_part(p, n->logic->one_of.nodes[0]);
	}
}

/* An annotation; beside $ref draft-07 has none. */
static const struct value *annotation(const struct node *n, const char *name)
{
	if (n->resource->draft == DRAFT_7 && n->ref)
		return NULL;
	return value_get(n->at, str_of(name));
}

/* const, else first enum, else default, else first of examples */
static const struct value *given(const struct parts *p)
{
	const struct value *v;

	for (size_t i = 0; i < p->count; i++)
		if (p->nodes[i]->constant)
			return p->nodes[i]->constant;
	for (size_t i = 0; i < p->count; i++)
		if (value_count(p->nodes[i]->choices) > 0)
			return value_at(p->nodes[i]->choices, 0);
	for (size_t i = 0; i < p->count; i++)
		if ((v = annotation(p->nodes[i], "default")))
			return v;
	for (size_t i = 0; i < p->count; i++)
		if ((v = value_at(annotation(p->nodes[i], "examples"), 0)))
			return v;
	return NULL;
}

/* The first type that all parts allow; without any, what the keywords are about. */
static unsigned type_of(const struct parts *p)
{
	unsigned allowed = ~0u, fallback = TYPE_STRING;
	const struct value *names = NULL;

	for (size_t i = p->count; i-- > 0;) {
		const struct node *n = p->nodes[i];

		if (n->types) {
			allowed &= n->types & TYPE_NUMBER ? n->types | TYPE_INTEGER : n->types;
			names = value_get(n->at, STR("type"));
		}
		if (n->object)
			fallback = TYPE_OBJECT;
		else if (n->array)
			fallback = TYPE_ARRAY;
		else if (n->number)
			fallback = TYPE_NUMBER;
		else if (n->string)
			fallback = TYPE_STRING;
	}
	if (!names)
		return fallback;
	for (size_t i = 0; i < value_count(names); i++) {
		unsigned bit = schema_type_bit(value_text(value_at(names, i)));

		if (bit & allowed)
			return bit;
	}
	return names->kind == VALUE_STR && schema_type_bit(names->string.text) & allowed
		       ? schema_type_bit(names->string.text)
		       : allowed & -allowed;
}

static enum fail make(struct mock *m, struct parts *p, const struct made *up,
		      struct value *ret);

/* --- strings and numbers ----------------------------------------------------------------- */

static enum fail make_string(struct mock *m, const struct parts *p, struct value *ret)
{
	const struct str start = STR("mock");
	size_t min = 0, max = SIZE_MAX, len = start.len;
	char *text;

	for (size_t i = 0; i < p->count; i++) {
		const struct string_rules *s = p->nodes[i]->string;

		min = s && s->min > min ? s->min : min;
		max = s && s->max < max ? s->max : max;
	}
	len = len < min ? min : len;
	len = len > max ? max : len;
	if (len > STRING_MAX)
		return failf(m->why, FAIL_INPUT, "a text of %zu characters is too long", len);
	text = arena_alloc(m->arena, len + 1);
	for (size_t i = 0; i < len; i++)
		text[i] = i < start.len ? start.ptr[i] : 'x';
	*ret = value_str(str_n(text, len));
	return FAIL_NONE;
}

static void make_number(struct mock *m, const struct parts *p, bool whole, struct value *ret)
{
	struct mock_bounds b = {.whole = whole};

	for (size_t i = 0; i < p->count; i++)
		if (p->nodes[i]->number)
			mock_bounds_add(&b, p->nodes[i]->number);
	*ret = mock_number(m->arena, &b);
}

/* --- lists and maps ---------------------------------------------------------------------- */

static enum fail make_list(struct mock *m, const struct parts *p, const struct made *up,
			   struct value *ret)
{
	size_t count = 1;
	struct value *items;
	enum fail f = FAIL_NONE;

	for (size_t i = 0; i < p->count; i++)
		if (p->nodes[i]->array && p->nodes[i]->array->min > count)
			count = p->nodes[i]->array->min;
	if (count > m->values_left)
		return failf(m->why, FAIL_INPUT, "a list of %zu items is too long", count);
	items = ARENA_ARRAY(m->arena, count, struct value);
	for (size_t k = 0; !f && k < count; k++) {
		struct parts item = {.count = 0};

		for (size_t i = 0; i < p->count; i++) {
			const struct array_rules *a = p->nodes[i]->array;

			if (a)
				add_part(&item,
					 k < a->prefix.count ? a->prefix.nodes[k] : a->rest);
		}
		f = make(m, &item, up, &items[k]);
	}
	*ret = value_list(items, count);
	return f;
}

static bool is_required(const struct parts *p, struct str key)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct object_rules *o = p->nodes[i]->object;

		for (size_t k = 0; o && k < value_count(o->required); k++)
			if (str_eq(value_text(value_at(o->required, k)), key))
				return true;
	}
	return false;
}

static bool is_being_made(const struct made *up, const struct parts *p)
{
	for (; up; up = up->up)
		for (size_t i = 0; i < p->count; i++)
			if (up->node == p->nodes[i])
				return true;
	return false;
}

static enum fail make_map(struct mock *m, const struct parts *p, const struct made *up,
			  struct value *ret)
{
	struct value_builder b;
	enum fail f = FAIL_NONE;

	value_map_begin(&b, m->arena);
	for (size_t i = 0; i < p->count; i++) {
		const struct object_rules *o = p->nodes[i]->object;

		for (size_t k = 0; !f && o && o->properties.map && k < o->properties.map->count;
		     k++) {
			struct str key = o->properties.map->entries[k].key;
			struct parts property = {.count = 0};
			struct value v;
			bool seen = false;

			for (size_t j = 0; j < i; j++)
				seen = seen || schema_property(p->nodes[j], key);
			if (seen)
				continue;
			for (size_t j = i; j < p->count; j++)
				add_part(&property, schema_property(p->nodes[j], key));
			flatten(&property);
			if ((is_being_made(up, &property) ||
			     up->depth >= SCHEMA_MOCK_MAX_DEPTH) &&
			    !is_required(p, key))
				continue;
			f = make(m, &property, up, &v);
			value_map_add(&b, key, v);
		}
	}
	if (!f)
		*ret = value_map_done(&b);
	return f;
}

/* --- the whole --------------------------------------------------------------------------- */

static enum fail make(struct mock *m, struct parts *p, const struct made *up, struct value *ret)
{
	struct made here = {.up = up, .depth = up ? up->depth + 1 : 0};
	const struct value *v;

	*ret = value_nil;
	if (m->values_left == 0)
		return failf(m->why, FAIL_INPUT, "the instance would have more than %d values",
			     SCHEMA_MOCK_MAX_VALUES);
	m->values_left--;
	if (here.depth >= JSON_MAX_DEPTH)
		return FAIL_NONE; /* only a schema that nothing satisfies gets here */
	here.node = p->count ? p->nodes[0] : NULL;
	flatten(p);
	v = given(p);
	if (v) {
		*ret = *v;
		return FAIL_NONE;
	}
	switch (type_of(p)) {
	case TYPE_BOOLEAN: *ret = value_bool(true); break;
	case TYPE_INTEGER: make_number(m, p, true, ret); break;
	case TYPE_NUMBER: make_number(m, p, false, ret); break;
	case TYPE_STRING: return make_string(m, p, ret);
	case TYPE_ARRAY: return make_list(m, p, &here, ret);
	case TYPE_OBJECT: return make_map(m, p, &here, ret);
	case TYPE_NULL:
	default: break;
	}
	return FAIL_NONE;
}

enum fail schema_mock(const struct schema *s, struct arena *a, struct value *ret,
		      struct why *why)
{
	struct mock m = {.arena = a, .values_left = SCHEMA_MOCK_MAX_VALUES, .why = why};
	struct parts root = {.count = 0};

	add_part(&root, s->root);
	return make(&m, &root, NULL, ret);
}
