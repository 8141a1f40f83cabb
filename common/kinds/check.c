#include "kinds/check.h"

#include "kinds/check_kind.h"
#include "kinds/shared.h"
#include "kinds/team_check.h"
#include "kinds/walk.h"
#include "lang/name.h"

/* ---- metadata ---- */

static const struct field metadata_fields[] = {
	{.name = "name", .types = T_STRING},
	{.name = "namespace", .types = T_STRING, .pattern = &pattern_label},
	{.name = "labels", .types = T_MAP, .values = &item_text},
	{.name = "annotations", .types = T_MAP, .values = &item_text},
	{.name = "uid", .types = T_STRING},
	{.name = "generation", .types = T_INTEGER},
	{.name = "resourceVersion", .types = T_STRING},
	{.name = "creationTimestamp", .types = T_STRING},
	{.name = "deletionTimestamp", .types = T_STRING},
	{.name = "deletionGracePeriodSeconds", .types = T_INTEGER},
	{.name = "generateName", .types = T_STRING},
	{.name = "selfLink", .types = T_STRING},
	{.name = "finalizers", .types = T_LIST, .items = &item_text},
	{.name = "ownerReferences", .types = T_LIST, .items = &item_any},
	{.name = "managedFields", .types = T_LIST, .items = &item_any},
};
static const struct table metadata_table = {FIELDS(metadata_fields)};

static void check_name(struct walk *w, const struct object *o)
{
	const struct value *name = value_get(o->metadata, STR("name"));
	size_t before = walk_down(w, STR("name"));

	if (kind_is_ark(o->kind) && !name_is_label(o->name))
		walk_error(w, name, w->reason, "must be %s", pattern_label.words);
	else if (!name_is_subdomain(o->name))
		walk_error(w, name, w->reason, "is no name of a Kubernetes object");
	walk_up(w, before);
}

static void check_metadata(struct findings *found, const struct object *o,
			   const struct limits *limits)
{
	struct walk w;

	walk_init(&w, found, WALK_STRUCTURE | WALK_UNKNOWN, kind_info(o->kind), limits,
		  "metadata");
	check_name(&w, o);
	walk_table(&w, &metadata_table, o->metadata);
	walk_release(&w);
}

/* apiVersion, kind, metadata, spec and status are all that an ark object has. */
static void check_members(struct findings *found, const struct object *o,
			  const struct kind_info *kind)
{
	static const struct field any[] = {
		{.name = "apiVersion", .types = T_ANY}, {.name = "kind", .types = T_ANY},
		{.name = "metadata", .types = T_ANY},	{.name = "spec", .types = T_ANY},
		{.name = "status", .types = T_ANY},
	};
	static const struct table table = {FIELDS(any)};
	struct walk w;

	walk_init(&w, found, WALK_UNKNOWN, kind, NULL, "");
	walk_table(&w, &table, o->value);
	walk_release(&w);
}

/* ---- the whole object ---- */

/* With flags the structure; without, the texts that are compiled: a team's own checks come
 * between the two (SPEC 8.9). */
static void walk_spec(struct findings *found, const struct object *o,
		      const struct kind_info *kind, unsigned flags, const struct limits *limits)
{
	struct walk w;

	walk_init(&w, found, flags, kind, limits, "spec");
	w.compile = flags ? NULL : text_compile;
	if (o->spec && o->spec->kind != VALUE_MAP) {
		if (flags & WALK_STRUCTURE)
			walk_error(&w, o->spec, w.reason, "expected object, got %s",
				   value_kind_name(o->spec->kind));
	} else {
		walk_table(&w, kind->spec, o->spec);
	}
	walk_release(&w);
}

void check_object(struct findings *f, const struct object *o, const struct check_world *world)
{
	static const struct check_world nothing;
	const struct kind_info *kind = kind_info(o->kind);
	const struct check_world *w = world ? world : &nothing;
	size_t before = f->errors;
	bool sound;

	check_metadata(f, o, w->limits);
	if (!kind)
		return;
	check_members(f, o, kind);
	walk_spec(f, o, kind, WALK_STRUCTURE | WALK_UNKNOWN, w->limits);
	/* Unknown fields do no harm to the views; what is wrong with known ones does. */
	sound = f->errors == before ||
		check_structure(f->arena, kind->spec, o->spec, "spec", NULL) == FAIL_NONE;
	if (sound && o->kind == KIND_TEAM)
		team_check(f, o, w);
	walk_spec(f, o, kind, 0, w->limits);
	if (sound && o->kind == KIND_TEAM)
		team_warn(f, o, w);
	if (sound)
		check_kind(f, o, w);
}
