/* From keywords to nodes. schema_check_shape was here before, so every keyword has the shape that its
 * draft wants. */
#include "lang/schema_node.h"

#include <stdlib.h>

#include "lang/decimal.h"

/* --- the parts of a node, made when a keyword needs them --------------------------------- */

static struct number_rules *number_of(struct compiler *c, struct node *n)
{
	if (!n->number)
		n->number = ARENA_NEW(c->arena, struct number_rules);
	return n->number;
}

static struct string_rules *string_of(struct compiler *c, struct node *n)
{
	if (!n->string) {
		n->string = ARENA_NEW(c->arena, struct string_rules);
		n->string->max = SIZE_MAX;
	}
	return n->string;
}

static struct array_rules *array_of(struct compiler *c, struct node *n)
{
	if (!n->array) {
		n->array = ARENA_NEW(c->arena, struct array_rules);
		n->array->max = n->array->max_contains = SIZE_MAX;
		n->array->min_contains = 1;
	}
	return n->array;
}

static struct object_rules *object_of(struct compiler *c, struct node *n)
{
	if (!n->object) {
		n->object = ARENA_NEW(c->arena, struct object_rules);
		n->object->max = SIZE_MAX;
	}
	return n->object;
}

static struct logic_rules *logic_of(struct compiler *c, struct node *n)
{
	if (!n->logic)
		n->logic = ARENA_NEW(c->arena, struct logic_rules);
	return n->logic;
}

/* --- values of keywords ------------------------------------------------------------------ */

static size_t count_of(const struct value *v)
{
	struct decimal d;

	decimal_of(v, &d);
	return decimal_to_size(&d);
}

unsigned schema_type_bit(struct str name)
{
	static const struct {
		const char *name;
		unsigned bit;
	} types[] = {
		{"null", TYPE_NULL},	 {"boolean", TYPE_BOOLEAN}, {"integer", TYPE_INTEGER},
		{"number", TYPE_NUMBER}, {"string", TYPE_STRING},   {"array", TYPE_ARRAY},
		{"object", TYPE_OBJECT},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (str_is(name, types[i].name))
			return types[i].bit;
	return 0;
}

static unsigned types_of(const struct value *v)
{
	unsigned bits = 0;

	if (v->kind == VALUE_STR)
		return schema_type_bit(v->string.text);
	for (size_t i = 0; i < value_count(v); i++)
		bits |= schema_type_bit(value_text(value_at(v, i)));
	return bits;
}

static struct node *child(struct compiler *c, const struct value *v)
{
	return schema_node_at(c->schema, v);
}

static struct node_list children(struct compiler *c, const struct value *v)
{
	struct node_list l = {.count = value_count(v)};

	l.nodes = ARENA_ARRAY(c->arena, l.count, struct node *);
	for (size_t i = 0; i < l.count; i++)
		l.nodes[i] = child(c, &v->list.items[i]);
	return l;
}

static struct node_map named_children(struct compiler *c, const struct value *v)
{
	struct node_map m = {.map = &v->map};

	m.nodes = ARENA_ARRAY(c->arena, v->map.count, struct node *);
	for (size_t i = 0; i < v->map.count; i++)
		m.nodes[i] = child(c, &v->map.entries[i].value);
	return m;
}

static enum fail pattern_of(struct compiler *c, const struct value *at, struct str text,
			    const struct regex **ret, struct why *why)
{
	struct regex *re = table_get(&c->patterns, text);
	struct pattern *p;
	struct why inner;

	if (!re) {
		if (c->schema->pattern_count >= SCHEMA_PATTERNS_MAX)
			return schema_refuse(c, at, why, "more than %d patterns",
					     SCHEMA_PATTERNS_MAX);
		if (regex_new_small(text, SCHEMA_PATTERN_MAX_BYTES, &re, &inner))
			return schema_refuse(c, at, why, "not a regular expression: %s",
					     inner.text);
		c->pattern_size += regex_size(re);
		p = ARENA_NEW(c->arena, struct pattern);
		*p = (struct pattern){re, c->schema->patterns};
		c->schema->patterns = p;
		c->schema->pattern_count++;
		table_put(&c->patterns, text, re);
		if (c->pattern_size > SCHEMA_PATTERNS_MAX_SIZE)
			return schema_refuse(c, at, why, "the patterns together are too large");
	}
	*ret = re;
	return FAIL_NONE;
}

static enum fail patterns_of(struct compiler *c, struct object_rules *o, const struct value *v,
			     struct why *why)
{
	enum fail f = FAIL_NONE;

	o->patterns = named_children(c, v);
	o->regexes = ARENA_ARRAY(c->arena, v->map.count, const struct regex *);
	for (size_t i = 0; !f && i < v->map.count; i++)
		f = pattern_of(c, &v->map.entries[i].value, v->map.entries[i].key,
			       &o->regexes[i], why);
	return f;
}

/* --- keywords ---------------------------------------------------------------------------- */

static void add_dependencies(struct compiler *c, struct node *n, const struct value *v)
{
	struct object_rules *o = object_of(c, n);

	o->dependencies[o->dependency_count++] = named_children(c, v);
}

/* items of draft-07 may be a list: then additionalItems is what items is in 2020-12. */
static void add_items(struct compiler *c, struct node *n, const struct value *v)
{
	if (n->resource->draft == DRAFT_7 && v->kind == VALUE_LIST)
		array_of(c, n)->prefix = children(c, v);
	else
		array_of(c, n)->rest = child(c, v);
}

static void add_additional_items(struct compiler *c, struct node *n, const struct value *v)
{
	if (value_is(value_get(n->at, STR("items")), VALUE_LIST))
		array_of(c, n)->rest = child(c, v);
}

static void add_enum(struct compiler *c, struct node *n, const struct value *v)
{
	int64_t work = INT64_MAX; /* the size of a schema is limited */
	const struct value **sorted = schema_sorted(&work, v);

	n->choices = v;
	n->sorted_choices = ARENA_ARRAY(c->arena, value_count(v), const struct value *);
	for (size_t i = 0; i < value_count(v); i++)
		n->sorted_choices[i] = sorted[i];
	free(sorted);
}

static enum fail add_ref(struct compiler *c, struct node *n, const struct value *v,
			 struct why *why)
{
	struct dynamic_anchor *ignored;

	return schema_resolve(c, n, v, &n->ref, &ignored, why);
}

static enum fail add_keyword(struct compiler *c, struct node *n, enum keyword k,
			     const struct value *v, struct why *why)
{
	switch (k) {
	case KW_ANNOTATION:
	case KW_ANCHOR:
	case KW_DEFS:
	case KW_DYNAMIC_ANCHOR:
	case KW_ID:
	case KW_DEFINITIONS: break;

	case KW_REF: return add_ref(c, n, v, why);
	case KW_DYNAMIC_REF: return schema_resolve(c, n, v, &n->dynamic_ref, &n->dynamic, why);

	case KW_TYPE: n->types = types_of(v); break;
	case KW_CONST: n->constant = v; break;
	case KW_ENUM: add_enum(c, n, v); break;

	case KW_MULTIPLE_OF: number_of(c, n)->multiple_of = v; break;
	case KW_MAXIMUM: number_of(c, n)->maximum = v; break;
	case KW_MINIMUM: number_of(c, n)->minimum = v; break;
	case KW_EXCLUSIVE_MAXIMUM: number_of(c, n)->below = v; break;
	case KW_EXCLUSIVE_MINIMUM: number_of(c, n)->above = v; break;

	case KW_MAX_LENGTH: string_of(c, n)->max = count_of(v); break;
	case KW_MIN_LENGTH: string_of(c, n)->min = count_of(v); break;
	case KW_PATTERN:
		string_of(c, n)->pattern_text = value_text(v);
		return pattern_of(c, v, value_text(v), &n->string->pattern, why);

	case KW_MAX_ITEMS: array_of(c, n)->max = count_of(v); break;
	case KW_MIN_ITEMS: array_of(c, n)->min = count_of(v); break;
	case KW_UNIQUE_ITEMS: array_of(c, n)->unique = v->boolean; break;
	case KW_CONTAINS: array_of(c, n)->contains = child(c, v); break;
	case KW_MAX_CONTAINS: array_of(c, n)->max_contains = count_of(v); break;
	case KW_MIN_CONTAINS: array_of(c, n)->min_contains = count_of(v); break;
	case KW_PREFIX_ITEMS: array_of(c, n)->prefix = children(c, v); break;
	case KW_ITEMS: add_items(c, n, v); break;
	case KW_ADDITIONAL_ITEMS: add_additional_items(c, n, v); break;
	case KW_UNEVALUATED_ITEMS: n->unevaluated_items = child(c, v); break;

	case KW_MAX_PROPERTIES: object_of(c, n)->max = count_of(v); break;
	case KW_MIN_PROPERTIES: object_of(c, n)->min = count_of(v); break;
	case KW_REQUIRED: object_of(c, n)->required = v; break;
	case KW_PROPERTIES: object_of(c, n)->properties = named_children(c, v); break;
	case KW_PATTERN_PROPERTIES: return patterns_of(c, object_of(c, n), v, why);
	case KW_ADDITIONAL_PROPERTIES: object_of(c, n)->additional = child(c, v); break;
	case KW_PROPERTY_NAMES: object_of(c, n)->names = child(c, v); break;
	case KW_DEPENDENCIES:
	case KW_DEPENDENT_REQUIRED:
	case KW_DEPENDENT_SCHEMAS: add_dependencies(c, n, v); break;
	case KW_UNEVALUATED_PROPERTIES: n->unevaluated_properties = child(c, v); break;

	case KW_ALL_OF: logic_of(c, n)->all_of = children(c, v); break;
	case KW_ANY_OF: logic_of(c, n)->any_of = children(c, v); break;
	case KW_ONE_OF: logic_of(c, n)->one_of = children(c, v); break;
	case KW_NOT: logic_of(c, n)->not_ = child(c, v); break;
	case KW_IF: logic_of(c, n)->if_ = child(c, v); break;
	case KW_THEN: logic_of(c, n)->then_ = child(c, v); break;
	case KW_ELSE: logic_of(c, n)->else_ = child(c, v); break;
	}
	return FAIL_NONE;
}

static bool has_rules(const struct node *n)
{
	return n->types || n->ref || n->dynamic_ref || n->constant || n->choices || n->number ||
	       n->string || n->array || n->object || n->logic || n->unevaluated_items ||
	       n->unevaluated_properties;
}

enum fail schema_compile_node(struct compiler *c, struct node *n, struct why *why)
{
	const struct value *v = n->at, *ref = value_get(v, STR("$ref"));
	enum draft draft = n->resource->draft;
	enum fail f = FAIL_NONE;

	if (v->kind == VALUE_BOOL) {
		n->kind = v->boolean ? NODE_TRUE : NODE_FALSE;
		return FAIL_NONE;
	}
	if (draft == DRAFT_7 && ref) {
		f = add_ref(c, n, ref, why);
	} else {
		for (size_t i = 0; !f && i < v->map.count; i++) {
			const struct value_entry *e = &v->map.entries[i];
			const struct keyword_info *k = schema_keyword(e->key, draft);

			if (k)
				f = add_keyword(c, n, k->keyword, &e->value, why);
		}
	}
	if (n->logic && !n->logic->if_)
		n->logic->then_ = n->logic->else_ = NULL;
	n->kind = has_rules(n) ? NODE_RULES : NODE_TRUE;
	return f;
}
