#include "watcher/api_object.h"

#include "base/json.h"
#include "watcher/sealing.h"

static bool is_one_of(struct str s, const char *const *texts)
{
	for (; *texts; texts++)
		if (str_is(s, *texts))
			return true;
	return false;
}

/* A map without some of its members; nil when nothing is left. */
static struct value without(struct arena *a, const struct value *map, const char *const *names)
{
	struct value_builder b;

	if (!value_is(map, VALUE_MAP))
		return value_nil;
	value_map_begin(&b, a);
	for (size_t i = 0; i < map->map.count; i++)
		if (!is_one_of(map->map.entries[i].key, names))
			value_map_add(&b, map->map.entries[i].key, map->map.entries[i].value);
	return b.count ? value_map_done(&b) : value_nil;
}

/* managedFields is as large as the rest, and kubectl's copy of the object as large again. */
static struct value clean_metadata(struct arena *a, const struct value *m)
{
	static const char *const dropped[] = {"managedFields", "annotations", "selfLink", NULL};
	static const char *const noise[] = {"kubectl.kubernetes.io/last-applied-configuration",
					    NULL};
	struct value clean = without(a, m, dropped), annotations;
	struct value_builder b;

	annotations = without(a, value_get(m, STR("annotations")), noise);
	if (annotations.kind == VALUE_NIL)
		return clean;
	value_map_begin(&b, a);
	for (size_t i = 0; clean.kind == VALUE_MAP && i < clean.map.count; i++)
		value_map_add(&b, clean.map.entries[i].key, clean.map.entries[i].value);
	value_map_add(&b, STR("annotations"), annotations);
	return value_map_done(&b);
}

static struct value clean(struct arena *a, enum kind kind, const struct value *v)
{
	static const char *const replaced[] = {"apiVersion", "kind", "metadata", NULL};
	/* Of a Service only where it leads to. */
	static const char *const of_service[] = {"apiVersion", "kind", "metadata", "status",
						 NULL};
	struct value rest = without(a, v, kind == KIND_SERVICE ? of_service : replaced);
	struct value_builder b;

	value_map_begin(&b, a);
	value_map_add(&b, STR("apiVersion"), value_str(str_of(kind_api_version(kind))));
	value_map_add(&b, STR("kind"), value_str(str_of(kind_name(kind))));
	value_map_add(&b, STR("metadata"), clean_metadata(a, value_get(v, STR("metadata"))));
	for (size_t i = 0; rest.kind == VALUE_MAP && i < rest.map.count; i++)
		value_map_add(&b, rest.map.entries[i].key, rest.map.entries[i].value);
	return value_map_done(&b);
}

/* Did somebody but us write into the status? */
static bool status_is_foreign(const struct value *metadata)
{
	const struct value *list = value_get(metadata, STR("managedFields"));

	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *e = value_at(list, i);

		if (str_is(value_text(value_get(e, STR("subresource"))), "status") &&
		    !str_is(value_text(value_get(e, STR("manager"))), STATUS_MANAGER))
			return true;
	}
	return false;
}

/* What its version is made of: all of it, but for what the server counts up by itself. */
static struct str content_of(struct arena *a, const struct value *clean_object,
			     bool with_status)
{
	static const char *const counted[] = {"resourceVersion", NULL};
	struct value metadata = without(a, value_get(clean_object, STR("metadata")), counted);
	struct value_builder b;
	struct value v;

	value_map_begin(&b, a);
	for (size_t i = 0; i < clean_object->map.count; i++) {
		const struct value_entry *e = &clean_object->map.entries[i];

		if (str_is(e->key, "metadata"))
			value_map_add(&b, e->key, metadata);
		else if (with_status || !str_is(e->key, "status"))
			value_map_add(&b, e->key, e->value);
	}
	v = value_map_done(&b);
	return json_text(a, &v);
}

enum fail api_object_load(struct arena *a, enum kind kind, const struct seal_keys *keys,
			  const struct value *v, struct api_object *ret, struct why *why)
{
	struct value *cleaned = ARENA_NEW(a, struct value);
	struct value sealed;
	struct str codes;
	enum fail f;

	*cleaned = clean(a, kind, v);
	f = object_load(cleaned, &ret->object, why);
	if (f)
		return f;
	if (kind == KIND_PLAIN_SECRET) {
		secret_seal(a, keys, &ret->object, &sealed, &codes);
		ret->json = json_text(a, &sealed);
		ret->content = codes;
		return FAIL_NONE;
	}
	ret->json = json_text(a, cleaned);
	ret->content = content_of(a, cleaned,
				  !kind_is_ark(kind) ||
					  status_is_foreign(value_get(v, STR("metadata"))));
	return FAIL_NONE;
}
