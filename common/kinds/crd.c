/* The CustomResourceDefinition around the schemas: names, columns, subresources. */
#include "kinds/crd.h"

static struct value text(const char *s)
{
	return value_str(str_of(s));
}

/* One item, as a list. */
static struct value only(struct arena *a, struct value item)
{
	struct value *v = ARENA_NEW(a, struct value);

	*v = item;
	return value_list(v, 1);
}

static struct value names_of(struct arena *a, const struct kind_info *k)
{
	struct value_builder b;

	value_map_begin(&b, a);
	value_map_add(&b, STR("kind"), text(k->name));
	value_map_add(&b, STR("listKind"), value_str(arena_printf(a, "%sList", k->name)));
	value_map_add(&b, STR("plural"), text(k->plural));
	value_map_add(&b, STR("singular"), text(k->singular));
	value_map_add(&b, STR("shortNames"), only(a, text(k->short_name)));
	value_map_add(&b, STR("categories"), only(a, text("ark")));
	return value_map_done(&b);
}

static struct value columns_of(struct arena *a, const struct kind_info *k)
{
	struct value *items = ARENA_ARRAY(a, k->column_count, struct value);

	for (size_t i = 0; i < k->column_count; i++) {
		const struct column *c = &k->columns[i];
		struct value_builder b;

		value_map_begin(&b, a);
		value_map_add(&b, STR("name"), text(c->name));
		value_map_add(&b, STR("type"), text(c->type));
		value_map_add(&b, STR("jsonPath"), text(c->path));
		if (c->wide)
			value_map_add(&b, STR("priority"), value_int(1));
		items[i] = value_map_done(&b);
	}
	return value_list(items, k->column_count);
}

static struct value subresources_of(struct arena *a, const struct kind_info *k)
{
	struct value_builder b, status, scale;

	value_map_begin(&b, a);
	value_map_begin(&status, a);
	value_map_add(&b, STR("status"), value_map_done(&status));
	if (k->scale) {
		value_map_begin(&scale, a);
		value_map_add(&scale, STR("specReplicasPath"), text(".spec.replicas"));
		value_map_add(&scale, STR("statusReplicasPath"), text(".status.replicas"));
		value_map_add(&scale, STR("labelSelectorPath"), text(".status.selector"));
		value_map_add(&b, STR("scale"), value_map_done(&scale));
	}
	return value_map_done(&b);
}

static struct value plain_type(struct arena *a, const char *type, const char *about)
{
	struct value_builder b;

	value_map_begin(&b, a);
	if (about)
		value_map_add(&b, STR("description"), text(about));
	value_map_add(&b, STR("type"), text(type));
	return value_map_done(&b);
}

/* SPEC 3.2: a name is part of names of other objects and of keys. */
static struct value name_rules(struct arena *a)
{
	struct crd_rules r = {.arena = a};

	crd_rule_add(
		&r, arena_printf(a, "self.metadata.name.matches(r\"%s\")", pattern_label.regex),
		arena_printf(a, "metadata.name must be %s", pattern_label.words), NULL, false);
	return value_list(r.items, r.count);
}

/* Is the empty object refused? Then a missing one must be, too. */
static bool needs_spec(const struct table *t)
{
	const struct field *row;

	for (size_t i = 0; (row = table_row(t, i)); i++)
		if (row->required)
			return true;
	for (; t; t = t->base)
		for (size_t i = 0; i < t->rule_count; i++)
			if (t->rules[i].kind == RULE_EXACTLY_ONE ||
			    t->rules[i].kind == RULE_AT_LEAST_ONE)
				return true;
	return false;
}

static struct value schema_of(struct arena *a, const struct kind_info *k)
{
	struct crd_place at = {.arena = a, .times = 1};
	struct value_builder root, properties, holder;

	value_map_begin(&properties, a);
	value_map_add(&properties, STR("apiVersion"), plain_type(a, "string", NULL));
	value_map_add(&properties, STR("kind"), plain_type(a, "string", NULL));
	value_map_add(&properties, STR("metadata"), plain_type(a, "object", NULL));
	value_map_add(
		&properties, STR("spec"),
		crd_schema(at, k->spec, arena_printf(a, "What is wanted of the %s.", k->name)));
	value_map_add(&properties, STR("status"),
		      crd_schema(at, k->status,
				 arena_printf(a, "What is of the %s; written by ark alone.",
					      k->name)));
	value_map_begin(&root, a);
	value_map_add(&root, STR("description"), text(k->about));
	value_map_add(&root, STR("type"), text("object"));
	if (needs_spec(k->spec))
		value_map_add(&root, STR("required"), only(a, text("spec")));
	value_map_add(&root, STR("properties"), value_map_done(&properties));
	value_map_add(&root, STR("x-kubernetes-validations"), name_rules(a));
	value_map_begin(&holder, a);
	value_map_add(&holder, STR("openAPIV3Schema"), value_map_done(&root));
	return value_map_done(&holder);
}

static struct value version_of(struct arena *a, const struct kind_info *k)
{
	struct value_builder b;

	value_map_begin(&b, a);
	value_map_add(&b, STR("name"), text("v1alpha1"));
	value_map_add(&b, STR("served"), value_bool(true));
	value_map_add(&b, STR("storage"), value_bool(true));
	value_map_add(&b, STR("subresources"), subresources_of(a, k));
	value_map_add(&b, STR("additionalPrinterColumns"), columns_of(a, k));
	value_map_add(&b, STR("schema"), schema_of(a, k));
	return value_map_done(&b);
}

struct value crd_of(struct arena *a, const struct kind_info *k)
{
	struct value_builder b, metadata, labels, spec;

	value_map_begin(&labels, a);
	value_map_add(&labels, STR("app.kubernetes.io/part-of"), text("ark"));
	value_map_begin(&metadata, a);
	value_map_add(&metadata, STR("name"),
		      value_str(arena_printf(a, "%s.%s", k->plural, ARK_GROUP)));
	value_map_add(&metadata, STR("labels"), value_map_done(&labels));
	value_map_begin(&spec, a);
	value_map_add(&spec, STR("group"), text(ARK_GROUP));
	value_map_add(&spec, STR("names"), names_of(a, k));
	value_map_add(&spec, STR("scope"), text("Namespaced"));
	value_map_add(&spec, STR("versions"), only(a, version_of(a, k)));
	value_map_begin(&b, a);
	value_map_add(&b, STR("apiVersion"), text("apiextensions.k8s.io/v1"));
	value_map_add(&b, STR("kind"), text("CustomResourceDefinition"));
	value_map_add(&b, STR("metadata"), value_map_done(&metadata));
	value_map_add(&b, STR("spec"), value_map_done(&spec));
	return value_map_done(&b);
}
