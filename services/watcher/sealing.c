#include "watcher/sealing.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/json.h"

static int by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void secret_names_of(struct arena *a, const struct manifest *m, struct names *ret)
{
	*ret = (struct names){.count = 0};
	for (size_t i = 0; i < m->count; i++)
		references_add(a, &m->objects[i], ret);
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), by_text);
}

bool secret_is_named(const struct names *names, const struct object *secret)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str key = arena_printf(&a, "%s/%.*s/%.*s", kind_name(secret->kind),
				      STR_ARG(secret->namespace), STR_ARG(secret->name));

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
