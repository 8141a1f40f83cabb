#include "watcher/sealing.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/json.h"

/* Members whose value names a Secret, or has a member `name` that does (SPEC 1.2, 6, 12, 16, 19). */
static bool names_secret(struct str member)
{
	return str_find_nocase(member, STR("secret"), 0) != STR_NONE ||
	       str_ends(member, STR("From")) || str_is(member, "apiKeyRef") ||
	       str_is(member, "valueFrom");
}

static void add(struct arena *a, struct secret_names *n, struct str namespace, struct str name)
{
	n->items = arena_grow(a, n->items, n->count, &n->cap, sizeof(*n->items));
	n->items[n->count++] = arena_printf(a, "%.*s/%.*s", STR_ARG(namespace), STR_ARG(name));
}

/* Depth is bounded by that of the YAML reader. */
static void walk(struct arena *a, struct secret_names *n, struct str namespace,
		 const struct value *v, bool below_secret)
{
	if (value_is(v, VALUE_LIST))
		for (size_t i = 0; i < v->list.count; i++)
			walk(a, n, namespace, &v->list.items[i], below_secret);
	if (!value_is(v, VALUE_MAP))
		return;
	for (size_t i = 0; i < v->map.count; i++) {
		const struct value_entry *e = &v->map.entries[i];

		if (below_secret && str_is(e->key, "name") && e->value.kind == VALUE_STR)
			add(a, n, namespace, e->value.string.text);
		walk(a, n, namespace, &e->value, names_secret(e->key));
	}
}

static int by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void secret_names_of(struct arena *a, const struct manifest *m, struct secret_names *ret)
{
	*ret = (struct secret_names){.count = 0};
	for (size_t i = 0; i < m->count; i++) {
		const struct object *o = &m->objects[i];

		if (!kind_is_ark(o->kind))
			continue;
		walk(a, ret, o->namespace, o->spec, false);
		add(a, ret, o->namespace, STR("ark-api-keys"));
		add(a, ret, o->namespace, STR("ark-mcp-token"));
		if (o->kind == KIND_EVENT)
			add(a, ret, o->namespace,
			    arena_printf(a, "%.*s-webhook-token", STR_ARG(o->name)));
	}
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), by_text);
}

bool secret_is_named(const struct secret_names *names, const struct object *secret)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str key = arena_printf(&a, "%.*s/%.*s", STR_ARG(secret->namespace),
				      STR_ARG(secret->name));

	return names->count &&
	       bsearch(&key, names->items, names->count, sizeof(*names->items), by_text);
}

/* All keys of a Secret: those of stringData and data. */
static void add_keys(struct value_builder *b, struct value_builder *content, struct arena *a,
		     const struct seal_keys *keys, const struct object *o,
		     const struct value *map, const struct value *stronger)
{
	bool is_token = str_ends(o->name, STR("-webhook-token"));

	for (size_t i = 0; value_is(map, VALUE_MAP) && i < map->map.count; i++) {
		struct str key = map->map.entries[i].key, text;
		struct seal_place place = {o->namespace, o->name, key};
		AUTO_BUF sealed = BUF(LIMIT_SECRET_BYTES * 2);
		AUTO_BUF code = BUF(SEAL_MAC_MAX_BYTES + 1);

		if (value_get(stronger, key) || !object_data(a, o, key, &text) ||
		    text.len > LIMIT_SECRET_BYTES)
			continue;
		seal_mac_add(keys, &place, text, &code);
		if (!is_token)
			seal_add(keys, &place, text, &sealed);
		value_map_add(content, key, value_str(arena_str(a, buf_str(&code))));
		value_map_add(b, key,
			      value_str(arena_str(a, buf_str(is_token ? &code : &sealed))));
		buf_wipe(&sealed);
	}
}

void secret_seal(struct arena *a, const struct seal_keys *keys, const struct object *secret,
		 struct value *ret_object, struct str *ret_content)
{
	const struct value *texts = value_get(secret->value, STR("stringData"));
	const struct value *data = value_get(secret->value, STR("data"));
	struct value_builder object, sealed, content;
	struct value codes;

	value_map_begin(&sealed, a);
	value_map_begin(&content, a);
	add_keys(&sealed, &content, a, keys, secret, texts, NULL);
	add_keys(&sealed, &content, a, keys, secret, data, texts);
	value_map_begin(&object, a);
	for (size_t i = 0; i < secret->value->map.count; i++) {
		const struct value_entry *e = &secret->value->map.entries[i];

		if (str_is(e->key, "apiVersion") || str_is(e->key, "kind") ||
		    str_is(e->key, "metadata"))
			value_map_add(&object, e->key, e->value);
	}
	value_map_add(&object, STR("sealed"), value_map_done(&sealed));
	codes = value_map_done(&content);
	*ret_content = json_text(a, &codes);
	*ret_object = value_map_done(&object);
}
