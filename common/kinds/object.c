#include "kinds/object.h"

#include "base/hash.h"
#include "base/json.h"
#include "kinds/fields.h"

/* Kinds of others, from KIND_CONFIG_MAP on, in the order of the enum. */
static const struct {
	const char *name, *api_version, *plural;
} others[] = {
	{"ConfigMap", "v1", "configmaps"},
	{"Secret", "v1", "secrets"},
	{"Service", "v1", "services"},
	{"Deployment", "apps/v1", "deployments"},
	{"NetworkPolicy", "networking.k8s.io/v1", "networkpolicies"},
	{"PodDisruptionBudget", "policy/v1", "poddisruptionbudgets"},
	{"ServiceAccount", "v1", "serviceaccounts"},
	{"RoleBinding", "rbac.authorization.k8s.io/v1", "rolebindings"},
	{"ScaledObject", "keda.sh/v1alpha1", "scaledobjects"},
	{"TriggerAuthentication", "keda.sh/v1alpha1", "triggerauthentications"},
};
_Static_assert(sizeof(others) / sizeof(others[0]) == KIND_COUNT - KIND_CONFIG_MAP,
	       "a row for each kind");

const char *kind_name(enum kind k)
{
	const struct kind_info *info = kind_info(k);

	return info ? info->name : k >= KIND_CONFIG_MAP ? others[k - KIND_CONFIG_MAP].name : "";
}

const char *kind_api_version(enum kind k)
{
	if (kind_is_ark(k))
		return ARK_API_VERSION;
	return k >= KIND_CONFIG_MAP ? others[k - KIND_CONFIG_MAP].api_version : "";
}

const char *kind_plural(enum kind k)
{
	const struct kind_info *info = kind_info(k);

	return info		      ? info->plural
	       : k >= KIND_CONFIG_MAP ? others[k - KIND_CONFIG_MAP].plural
				      : "";
}

bool kind_is_ark(enum kind k)
{
	return kind_info(k) != NULL;
}

bool kind_is_of_files(enum kind k)
{
	return kind_is_ark(k) || k == KIND_CONFIG_MAP || k == KIND_PLAIN_SECRET;
}

enum kind kind_of(struct str api_version, struct str kind)
{
	for (int k = KIND_OTHER + 1; k < KIND_COUNT; k++)
		if (str_is(kind, kind_name((enum kind)k)) &&
		    str_is(api_version, kind_api_version((enum kind)k)))
			return (enum kind)k;
	return KIND_OTHER;
}

enum kind kind_by_word(struct str word)
{
	for (int k = KIND_OTHER + 1; k < KIND_COUNT; k++) {
		const struct kind_info *info = kind_info((enum kind)k);

		if (info && (str_eq_nocase(word, str_of(info->singular)) ||
			     str_eq_nocase(word, str_of(info->plural)) ||
			     str_eq_nocase(word, str_of(info->short_name))))
			return (enum kind)k;
	}
	return KIND_OTHER;
}

/* A member that is there must be of that kind; nil is as good as absent. */
static enum fail opt_map(const struct value *object, const char *key, const struct value **ret,
			 struct why *why)
{
	*ret = NULL;
	return json_opt_map(object, key, ret, why);
}

static enum fail load_metadata(struct object *o, struct why *why)
{
	const struct value *m;
	enum fail f;

	f = opt_map(o->value, "metadata", &o->metadata, why);
	if (f)
		return f;
	m = o->metadata;
	if (!m)
		return failf(why, FAIL_INPUT, "metadata.name is required");
	f = json_need_str(m, "name", &o->name, why);
	if (!f)
		f = json_opt_str(m, "namespace", &o->namespace, why);
	if (!f)
		f = json_opt_str(m, "uid", &o->uid, why);
	if (!f)
		f = json_opt_str(m, "resourceVersion", &o->resource_version, why);
	if (!f)
		f = json_opt_str(m, "creationTimestamp", &o->created, why);
	if (!f)
		f = json_opt_int(m, "generation", 0, INT64_MAX, &o->generation, why);
	if (f)
		return fail_in(why, f, "metadata");
	if (o->name.len == 0)
		return failf(why, FAIL_INPUT, "metadata.name is required");
	if (o->namespace.len == 0)
		o->namespace = STR("default");
	o->deleting = !value_is_nil(value_get(m, STR("deletionTimestamp")));
	return FAIL_NONE;
}

enum fail object_load(const struct value *v, struct object *ret, struct why *why)
{
	struct object o = {.value = v};
	enum fail f;

	if (!value_is(v, VALUE_MAP))
		return failf(why, FAIL_INPUT, "an object is needed, not %s",
			     value_kind_name(v ? v->kind : VALUE_NIL));
	f = json_need_str(v, "apiVersion", &o.api_version, why);
	if (!f)
		f = json_need_str(v, "kind", &o.kind_text, why);
	if (!f)
		f = load_metadata(&o, why);
	if (f)
		return f;
	o.kind = kind_of(o.api_version, o.kind_text);
	o.spec = value_get(v, STR("spec"));
	if (value_is_nil(o.spec))
		o.spec = NULL;
	o.status = value_get(v, STR("status"));
	if (value_is_nil(o.status))
		o.status = NULL;
	*ret = o;
	return FAIL_NONE;
}

static const struct value *note(const struct object *o, const char *map, struct str key)
{
	return value_get(value_get(o->metadata, str_of(map)), key);
}

struct str object_label(const struct object *o, struct str key)
{
	return value_text(note(o, "labels", key));
}

struct str object_annotation(const struct object *o, struct str key)
{
	return value_text(note(o, "annotations", key));
}

bool object_has_annotation(const struct object *o, struct str key)
{
	return note(o, "annotations", key) != NULL;
}

bool object_data(struct arena *a, const struct object *o, struct str key, struct str *ret_text)
{
	const struct value *plain = value_get(value_get(o->value, STR("stringData")), key);
	const struct value *data = value_get(value_get(o->value, STR("data")), key);

	if (value_is(plain, VALUE_STR)) {
		*ret_text = plain->string.text;
		return true;
	}
	if (!value_is(data, VALUE_STR))
		return false;
	if (o->kind == KIND_PLAIN_SECRET) {
		AUTO_BUF clear = BUF(data->string.text.len + 1);
		bool good = base64_decode(&clear, str_trim(data->string.text));

		if (good)
			*ret_text = arena_str(a, buf_str(&clear));
		buf_wipe(&clear);
		return good;
	}
	*ret_text = data->string.text;
	return true;
}

bool object_same(const struct object *a, const struct object *b)
{
	return a->kind == b->kind && str_eq(a->kind_text, b->kind_text) &&
	       str_eq(a->namespace, b->namespace) && str_eq(a->name, b->name);
}
