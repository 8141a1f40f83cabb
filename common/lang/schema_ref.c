/* Names inside schemas: which schemas a document holds, what they are called, and where a
 * reference leads (SPEC 5.11). */
#include "lang/schema_node.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/json.h"
#include "lang/reference.h"

/* --- places ------------------------------------------------------------------------------ */

static bool locate(struct buf *b, const struct value *at, const struct value *place)
{
	size_t len = b->len;

	if (at == place)
		return true;
	for (size_t i = 0; at->kind == VALUE_LIST && i < at->list.count; i++) {
		buf_addf(b, "/%zu", i);
		if (locate(b, &at->list.items[i], place))
			return true;
		buf_cut(b, len);
	}
	for (size_t i = 0; at->kind == VALUE_MAP && i < at->map.count; i++) {
		schema_pointer_add(b, at->map.entries[i].key);
		if (locate(b, &at->map.entries[i].value, place))
			return true;
		buf_cut(b, len);
	}
	return false;
}

struct str schema_locate(struct compiler *c, const struct value *place)
{
	AUTO_BUF b = BUF(SCHEMA_ERROR_MAX_BYTES);

	buf_addc(&b, '#');
	if (!c->document || !locate(&b, c->document, place))
		return STR("built-in schema");
	return arena_str(c->arena, buf_str(&b));
}

void schema_refuse_write(struct compiler *c, const struct value *place, struct why *why,
			 const char *fmt, ...)
{
	va_list args;
	char text[WHY_MAX_BYTES];
	struct str at;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	at = schema_locate(c, place);
	why_write(why, "%.*s: %s", STR_ARG(at), text);
}

/* --- finding the schemas of a document --------------------------------------------------- */

struct node *schema_node_at(const struct schema *s, const struct value *v)
{
	return table_get(&s->nodes, str_n((const char *)&v, sizeof(v)));
}

static struct node *node_new(struct compiler *c, const struct value *v)
{
	struct node *n = ARENA_NEW(c->arena, struct node);

	n->at = v;
	n->vertex = c->queued;
	table_put(&c->schema->nodes, str_n((const char *)&n->at, sizeof(n->at)), n);
	c->queue = arena_grow(c->arena, c->queue, c->queued, &c->queue_cap, sizeof(*c->queue));
	c->queue[c->queued++] = n;
	return n;
}

static struct resource *resource_new(struct compiler *c, const struct value *root,
				     struct str uri, enum draft draft)
{
	struct resource *r = ARENA_NEW(c->arena, struct resource);

	*r = (struct resource){uri, root, draft, c->schema->resource_count++};
	return r;
}

/* What $schema says; none: as `otherwise`. */
static enum fail draft_of(struct compiler *c, const struct value *v, enum draft otherwise,
			  enum draft *ret, struct why *why)
{
	const struct value *name = value_get(v, STR("$schema"));
	struct str uri = value_text(name), rest;

	*ret = otherwise;
	if (!name)
		return FAIL_NONE;
	str_cut(uri, '#', &uri, &rest);
	if (rest.len == 0 && str_is(uri, META_2020_URI))
		*ret = DRAFT_2020;
	else if (rest.len == 0 && str_is(uri, META_7_URI))
		*ret = DRAFT_7;
	else
		return schema_refuse(c, name, why,
				     "unknown draft; known are \"" META_2020_URI
				     "\" and \"" META_7_URI "#\"");
	return FAIL_NONE;
}

static enum fail anchor_add(struct compiler *c, struct node *n, struct str name,
			    struct why *why)
{
	struct str key = ARENA_JOIN(c->arena, n->resource->uri, STR("#"), name);

	if (table_put(&c->anchors, key, n))
		return schema_refuse(c, n->at, why, "a second anchor \"%.*s\"", STR_ARG(name));
	return FAIL_NONE;
}

static enum fail dynamic_anchor_add(struct compiler *c, struct node *n, struct str name,
				    struct why *why)
{
	struct dynamic_anchor *d = table_get(&c->dynamics, name);

	if (!d) {
		d = ARENA_NEW(c->arena, struct dynamic_anchor);
		d->next = c->first_dynamic;
		c->first_dynamic = d;
		table_put(&c->dynamics, name, d);
	}
	d->targets = arena_grow(c->arena, d->targets, d->count, &d->cap, sizeof(*d->targets));
	d->targets[d->count++] = (struct dynamic_target){n->resource->id, n};
	return anchor_add(c, n, name, why);
}

/* $id, $anchor and $dynamicAnchor. In draft-07 an $id that is only a fragment is an anchor, and
 * beside a $ref nothing counts. */
static enum fail name_node(struct compiler *c, struct node *n, struct why *why)
{
	const struct value *v = n->at, *id = value_get(v, STR("$id")), *anchor;
	struct str uri, fragment;
	enum draft draft = n->resource->draft;
	enum fail f;

	if (draft == DRAFT_7 && value_is(value_get(v, STR("$ref")), VALUE_STR))
		return FAIL_NONE;
	reference_split(value_text(id), &uri, &fragment);
	if (uri.len) {
		f = draft_of(c, v, draft, &draft, why);
		if (f)
			return f;
		reference_split(reference_resolve(c->arena, n->resource->uri, uri), &uri,
				&(struct str){0});
		if (n->resource->root == v)
			n->resource->uri = uri;
		else
			n->resource = resource_new(c, v, uri, draft);
		if (table_put(&c->resources, uri, n->resource))
			return schema_refuse(c, id, why, "a second schema with this $id");
		if (draft != c->draft) {
			f = schema_check_shape(c, v, draft, why);
			if (f)
				return f;
		}
	}
	if (draft == DRAFT_7)
		return fragment.len ? anchor_add(c, n, fragment, why) : FAIL_NONE;
	anchor = value_get(v, STR("$anchor"));
	if (value_is(anchor, VALUE_STR)) {
		f = anchor_add(c, n, value_text(anchor), why);
		if (f)
			return f;
	}
	anchor = value_get(v, STR("$dynamicAnchor"));
	return value_is(anchor, VALUE_STR) ? dynamic_anchor_add(c, n, value_text(anchor), why)
					   : FAIL_NONE;
}

static enum fail scan(struct compiler *c, const struct value *v, struct resource *resource,
		      struct why *why);

static enum fail scan_list(struct compiler *c, const struct value *v, struct resource *resource,
			   struct why *why)
{
	enum fail f = FAIL_NONE;

	for (size_t i = 0; !f && i < value_count(v); i++)
		f = scan(c, &v->list.items[i], resource, why);
	return f;
}

static enum fail scan_map(struct compiler *c, const struct value *v, struct resource *resource,
			  struct why *why)
{
	enum fail f = FAIL_NONE;

	for (size_t i = 0; !f && i < value_count(v); i++) {
		const struct value *item = &v->map.entries[i].value;

		if (item->kind != VALUE_LIST) /* the names of a dependency */
			f = scan(c, item, resource, why);
	}
	return f;
}

/* Recursion is bounded by the depth of the document. */
static enum fail scan(struct compiler *c, const struct value *v, struct resource *resource,
		      struct why *why)
{
	struct node *n;
	enum fail f;

	if (schema_node_at(c->schema, v))
		return FAIL_NONE;
	n = node_new(c, v);
	n->resource = resource;
	f = v->kind == VALUE_MAP ? name_node(c, n, why) : FAIL_NONE;
	for (size_t i = 0; !f && v->kind == VALUE_MAP && i < v->map.count; i++) {
		const struct value_entry *e = &v->map.entries[i];
		const struct keyword_info *k = schema_keyword(e->key, n->resource->draft);

		if (!k)
			continue;
		if (k->shape == SHAPE_SCHEMAS ||
		    (k->shape == SHAPE_ITEMS && e->value.kind == VALUE_LIST))
			f = scan_list(c, &e->value, n->resource, why);
		else if (k->shape == SHAPE_SCHEMA || k->shape == SHAPE_ITEMS)
			f = scan(c, &e->value, n->resource, why);
		else if (k->shape == SHAPE_MAP || k->shape == SHAPE_MAP_MIXED)
			f = scan_map(c, &e->value, n->resource, why);
	}
	return f;
}

enum fail schema_document(struct compiler *c, const struct value *v, struct str uri,
			  struct node **ret, struct why *why)
{
	struct resource *r;
	enum draft draft;
	enum fail f;

	f = draft_of(c, v, DRAFT_2020, &draft, why);
	if (f)
		return f;
	f = schema_check_shape(c, v, draft, why);
	if (f)
		return f;
	c->draft = draft;
	r = resource_new(c, v, uri, draft);
	f = scan(c, v, r, why);
	if (f)
		return f;
	table_put(&c->resources, r->uri, r);
	*ret = schema_node_at(c->schema, v);
	return FAIL_NONE;
}

/* --- references -------------------------------------------------------------------------- */

/* One step of a JSON pointer; token still has its ~0 and ~1. */
static const struct value *step(struct compiler *c, const struct value *at, struct str token)
{
	AUTO_BUF key = BUF(token.len);
	uint64_t index;

	if (at->kind == VALUE_LIST) {
		if (token.len > 1 && token.ptr[0] == '0')
			return NULL;
		return str_to_u64(token, &index) ? value_at(at, index) : NULL;
	}
	for (size_t i = 0; i < token.len; i++) {
		char ch = token.ptr[i];

		if (ch == '~') {
			ch = i + 1 < token.len ? token.ptr[++i] : ' ';
			if (ch != '0' && ch != '1')
				return NULL;
			ch = ch == '0' ? '~' : '/';
		}
		buf_addc(&key, ch);
	}
	return value_get(at, arena_str(c->arena, buf_str(&key)));
}

/* The schema that a JSON pointer names. A place that no keyword makes a schema becomes one by
 * being pointed at. */
static enum fail by_pointer(struct compiler *c, const struct value *ref,
			    const struct resource *start, struct str pointer, struct node **ret,
			    struct why *why)
{
	struct node *n = schema_node_at(c->schema, start->root);
	struct resource *resource = n->resource;
	const struct value *at = start->root;
	struct str rest = str_from(pointer, 1), token;
	enum fail f;

	while (str_next(&rest, '/', &token)) {
		at = step(c, at, token);
		if (!at)
			return schema_refuse(c, ref, why, "there is nothing at this place");
		n = schema_node_at(c->schema, at);
		if (n)
			resource = n->resource;
	}
	if (!n || n->at != at) {
		if (at->kind != VALUE_MAP && at->kind != VALUE_BOOL)
			return schema_refuse(c, ref, why, "there is no schema at this place");
		f = schema_check_shape(c, at, resource->draft, why);
		if (f)
			return f;
		f = scan(c, at, resource, why);
		if (f)
			return f;
		n = schema_node_at(c->schema, at);
	}
	*ret = n;
	return FAIL_NONE;
}

/* The resource with that URI: in the document, or a built-in meta-schema, which is read when it is
 * first named. */
static enum fail by_uri(struct compiler *c, const struct value *ref, struct str uri,
			struct resource **ret, struct why *why)
{
	struct resource *r = table_get(&c->resources, uri);
	const char *text = schema_meta_text(uri);
	enum draft draft = c->draft;
	struct value *v;
	struct node *n;
	enum fail f;

	if (!r && text) {
		v = ARENA_NEW(c->arena, struct value);
		f = json_parse(c->arena, str_of(text), JSON_STRICT, JSON_MAX_DEPTH, v, why);
		if (f)
			return f;
		f = schema_document(c, v, uri, &n, why);
		c->draft = draft;
		if (f)
			return f;
		r = n->resource;
	}
	if (!r)
		return schema_refuse(c, ref, why,
				     "refers to a document outside the schema (%.*s)",
				     STR_ARG(uri));
	*ret = r;
	return FAIL_NONE;
}

enum fail schema_resolve(struct compiler *c, const struct node *from, const struct value *ref,
			 struct node **ret, struct dynamic_anchor **ret_dynamic,
			 struct why *why)
{
	struct str uri = value_text(ref), fragment, raw;
	struct resource *r;
	struct node *n;
	enum fail f;

	if (str_starts(uri, STR("#"))) {
		raw = str_from(uri, 1);
		uri = from->resource->uri;
	} else {
		reference_split(reference_resolve(c->arena, from->resource->uri, uri), &uri,
				&raw);
	}
	if (!reference_unescape(c->arena, raw, &fragment))
		return schema_refuse(c, ref, why, "not a URI reference");
	f = by_uri(c, ref, uri, &r, why);
	if (f)
		return f;
	*ret_dynamic = NULL;
	if (fragment.len == 0) {
		*ret = schema_node_at(c->schema, r->root);
		return FAIL_NONE;
	}
	if (fragment.ptr[0] == '/')
		return by_pointer(c, ref, r, fragment, ret, why);
	n = table_get(&c->anchors, ARENA_JOIN(c->arena, uri, STR("#"), fragment));
	if (!n)
		return schema_refuse(c, ref, why, "there is no anchor \"%.*s\"",
				     STR_ARG(fragment));
	if (n->resource->draft == DRAFT_2020 &&
	    str_eq(value_text(value_get(n->at, STR("$dynamicAnchor"))), fragment))
		*ret_dynamic = table_get(&c->dynamics, fragment);
	*ret = n;
	return FAIL_NONE;
}
