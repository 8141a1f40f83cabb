#include "watcher/references.h"

/* Members whose value names a Secret, or has a member `name` that does (SPEC 1.2, 6, 12, 16, 19). */
static bool names_secret(struct str member)
{
	return str_find_nocase(member, STR("secret"), 0) != STR_NONE ||
	       str_ends(member, STR("From")) || str_is(member, "apiKeyRef") ||
	       str_is(member, "valueFrom");
}

static bool names_config_map(struct str member)
{
	return str_is(member, "configMapKeyRef") || str_is(member, "configMapRef");
}

static void add(struct arena *a, struct names *n, enum kind kind, struct str namespace,
		struct str name)
{
	n->items = arena_grow(a, n->items, n->count, &n->cap, sizeof(*n->items));
	n->items[n->count++] = arena_printf(a, "%s/%.*s/%.*s", kind_name(kind),
					    STR_ARG(namespace), STR_ARG(name));
}

/* below: the kind that a member `name` here is one of. Depth is bounded by that of the readers. */
static void walk(struct arena *a, struct names *n, struct str namespace, const struct value *v,
		 enum kind below)
{
	if (value_is(v, VALUE_LIST))
		for (size_t i = 0; i < v->list.count; i++)
			walk(a, n, namespace, &v->list.items[i], below);
	if (!value_is(v, VALUE_MAP))
		return;
	for (size_t i = 0; i < v->map.count; i++) {
		const struct value_entry *e = &v->map.entries[i];

		if (below != KIND_OTHER && str_is(e->key, "name") && e->value.kind == VALUE_STR)
			add(a, n, below, namespace, e->value.string.text);
		walk(a, n, namespace, &e->value,
		     names_config_map(e->key) ? KIND_CONFIG_MAP
		     : names_secret(e->key)   ? KIND_PLAIN_SECRET
					      : KIND_OTHER);
	}
}

void references_add(struct arena *a, const struct object *o, struct names *ret)
{
	if (!kind_is_ark(o->kind))
		return;
	walk(a, ret, o->namespace, o->spec, KIND_OTHER);
	add(a, ret, KIND_PLAIN_SECRET, o->namespace, STR("ark-api-keys"));
	add(a, ret, KIND_PLAIN_SECRET, o->namespace, STR("ark-mcp-token"));
	if (o->kind == KIND_EVENT)
		add(a, ret, KIND_PLAIN_SECRET, o->namespace,
		    arena_printf(a, "%.*s-webhook-token", STR_ARG(o->name)));
}
