/* Schemas as a whole: limits, compiling a document, releasing it. */
#include "lang/schema_node.h"

#include <limits.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/limits.h"

const struct schema_limits schema_limits_default = {
	.max_bytes = LIMIT_SCHEMA_BYTES,
	.max_depth = LIMIT_SCHEMA_DEPTH,
	.evaluations_min = 1000000,
	.evaluations_per_64kib = 100000,
	.max_nesting = 2000,
};

static int by_resource(const void *a, const void *b)
{
	const struct dynamic_target *x = a, *y = b;

	return x->resource < y->resource ? -1 : x->resource > y->resource;
}

static enum fail compile(struct compiler *c, const struct value *v, struct schema **ret,
			 struct why *why)
{
	struct schema *s = c->schema = ARENA_NEW(c->arena, struct schema);
	enum fail f;

	c->resources = c->anchors = c->dynamics = c->patterns = s->nodes = TABLE(c->arena);
	c->document = v;
	s->limits = schema_limits_default;
	f = schema_document(c, v, STR(""), &s->root, why);
	while (!f && c->done < c->queued)
		f = schema_compile_node(c, c->queue[c->done++], why);
	if (!f)
		f = schema_check_cycles(c, why);
	for (struct dynamic_anchor *d = c->first_dynamic; d; d = d->next)
		qsort(d->targets, d->count, sizeof(*d->targets), by_resource);
	if (f)
		schema_free(s);
	else
		*ret = s;
	return f;
}

static bool deeper_than(const struct value *v, unsigned levels)
{
	if (v->kind != VALUE_LIST && v->kind != VALUE_MAP)
		return false;
	if (levels == 0)
		return true;
	for (size_t i = 0; i < value_count(v); i++)
		if (deeper_than(v->kind == VALUE_LIST ? &v->list.items[i]
						      : &v->map.entries[i].value,
				levels - 1))
			return true;
	return false;
}

static bool larger_than(const struct value *v, size_t bytes)
{
	AUTO_BUF text = BUF(bytes);

	json_add(&text, v);
	return text.full;
}

enum fail schema_compile(struct arena *a, const struct value *schema,
			 const struct schema_limits *limits, struct schema **ret,
			 struct why *why)
{
	struct compiler c = {.arena = a};
	enum fail f;

	if (!limits)
		limits = &schema_limits_default;
	if (deeper_than(schema, limits->max_depth))
		return failf(why, FAIL_INPUT,
			     "#: schema-depth: a schema may have at most %u levels",
			     limits->max_depth);
	if (larger_than(schema, limits->max_bytes))
		return failf(why, FAIL_INPUT,
			     "#: schema-bytes: a schema may have at most %zu bytes",
			     limits->max_bytes);
	f = compile(&c, schema, ret, why);
	if (!f)
		(*ret)->limits = *limits;
	return f;
}

enum fail schema_compile_text(struct arena *a, struct str text,
			      const struct schema_limits *limits, struct schema **ret,
			      struct why *why)
{
	struct value *v = ARENA_NEW(a, struct value);
	enum fail f;

	if (!limits)
		limits = &schema_limits_default;
	if (text.len > limits->max_bytes)
		return failf(why, FAIL_INPUT,
			     "#: schema-bytes: a schema may have at most %zu bytes",
			     limits->max_bytes);
	/* how deep it may be, schema_compile says */
	f = json_parse(a, arena_str(a, text), JSON_STRICT, UINT_MAX, v, why);
	if (f)
		return fail_in(why, f, "#: not JSON");
	return schema_compile(a, v, limits, ret, why);
}

void schema_free(struct schema *s)
{
	if (!s)
		return;
	for (struct pattern *p = s->patterns; p; p = p->next)
		regex_free(p->regex);
	s->patterns = NULL;
}
