#include "kinds/generate.h"

#include "base/json.h"
#include "kinds/check.h"
#include "kinds/shared.h"
#include "kinds/team_read.h"

static void add_text(struct value_builder *b, const char *key, struct str text)
{
	value_map_add(b, str_of(key), value_str(text));
}

static struct value one_entry(struct arena *a, const char *key, struct value v)
{
	struct value_builder b;

	value_map_begin(&b, a);
	value_map_add(&b, str_of(key), v);
	return value_map_done(&b);
}

/* The object of its parts. A value of ours always is one. */
static struct object make_object(struct arena *a, enum kind kind, struct value metadata,
				 struct value spec)
{
	struct value *v = ARENA_NEW(a, struct value);
	struct value_builder b;
	struct object o = {0};

	value_map_begin(&b, a);
	add_text(&b, "apiVersion", STR(ARK_API_VERSION));
	add_text(&b, "kind", str_of(kind_name(kind)));
	value_map_add(&b, STR("metadata"), metadata);
	value_map_add(&b, STR("spec"), spec);
	*v = value_map_done(&b);
	if (object_load(v, &o, NULL))
		BROKEN("a generated object does not load");
	return o;
}

/* ---- ArkAgents of inline roles ---- */

static struct value owner_reference(struct arena *a, const struct object *team)
{
	struct value *list = ARENA_NEW(a, struct value);
	struct value_builder b;

	value_map_begin(&b, a);
	add_text(&b, "apiVersion", STR(ARK_API_VERSION));
	add_text(&b, "kind", STR("ArkTeam"));
	add_text(&b, "name", team->name);
	add_text(&b, "uid", team->uid);
	value_map_add(&b, STR("controller"), value_bool(true));
	value_map_add(&b, STR("blockOwnerDeletion"), value_bool(true));
	*list = value_map_done(&b);
	return value_list(list, 1);
}

/* SPEC 3.8: copies for people of what the team decided. */
static struct value agent_annotations(struct arena *a, const struct team *team,
				      const struct role *role)
{
	struct str *names = ARENA_ARRAY(a, role->can_delegate_count, struct str);
	struct value *routes = ARENA_ARRAY(a, role->can_delegate_count, struct value);
	struct str url = team_artifact_url(a, &team->artifacts);
	struct value_builder b;

	value_map_begin(&b, a);
	add_text(&b, ARK_LABEL "team-role", role->name);
	for (size_t i = 0; i < role->can_delegate_count; i++) {
		names[i] = role->can_delegate[i].name;
		routes[i] = value_str(names[i]);
	}
	if (role->can_delegate_count) {
		struct value list = value_list(routes, role->can_delegate_count);

		add_text(&b, ARK_LABEL "team-routes", json_text(a, &list));
	}
	if (url.len)
		add_text(&b, ARK_LABEL "team-artifact-store-url", url);
	if (team->artifacts.claim.len)
		add_text(&b, ARK_LABEL "team-artifact-claim", team->artifacts.claim);
	return value_map_done(&b);
}

static struct value agent_metadata(struct arena *a, const struct object *object,
				   const struct team *team, const struct role *role)
{
	struct value_builder labels, b;

	value_map_begin(&labels, a);
	add_text(&labels, ARK_LABEL "team", object->name);
	add_text(&labels, ARK_LABEL "role", role->name);
	value_map_begin(&b, a);
	add_text(&b, "name", team_agent_name(a, object->name, role->name));
	add_text(&b, "namespace", object->namespace);
	value_map_add(&b, STR("labels"), value_map_done(&labels));
	value_map_add(&b, STR("annotations"), agent_annotations(a, team, role));
	value_map_add(&b, STR("ownerReferences"), owner_reference(a, object));
	return value_map_done(&b);
}

/* A reference that the team writes, for an agent: always as {name}. */
static void inherit(struct value_builder *b, const struct object *team, const char *name)
{
	const struct value *ref = value_get(team->spec, str_of(name));

	if (value_is(ref, VALUE_STR))
		value_map_add(b, str_of(name), one_entry(b->arena, "name", *ref));
	else if (!value_is_nil(ref))
		value_map_add(b, str_of(name), *ref);
}

/* SPEC 8.4: the role's own fields but for those that make it a role; systemPromptRef wins. */
static struct value agent_spec(struct arena *a, const struct object *team,
			       const struct role *role)
{
	bool by_ref = !value_is_nil(value_get(role->source, STR("systemPromptRef")));
	struct value_builder b;
	struct value spec;

	value_map_begin(&b, a);
	for (size_t i = 0; i < role->source->map.count; i++) {
		const struct value_entry *e = &role->source->map.entries[i];

		if (e->value.kind == VALUE_NIL || str_is(e->key, "name") ||
		    str_is(e->key, "canDelegate") ||
		    (by_ref && str_is(e->key, "systemPrompt")) ||
		    !table_field(&table_agent, e->key))
			continue;
		value_map_add(&b, e->key, e->value);
		value_map_last(&b)->line = e->line;
		value_map_last(&b)->column = e->column;
	}
	inherit(&b, team, "notifyRef");
	inherit(&b, team, "budgetRef");
	inherit(&b, team, "registryRef");
	spec = value_map_last_wins(&b);
	spec.line = role->source->line;
	spec.column = role->source->column;
	return spec;
}

const struct object *generate_agents(struct arena *a, const struct object *object,
				     size_t *ret_count)
{
	struct view v = {a, &table_team, object->spec};
	struct object *agents;
	struct team team;

	*ret_count = 0;
	if (check_structure(a, &table_team, object->spec, "spec", NULL))
		return NULL;
	team_read(&v, &team);
	agents = ARENA_ARRAY(a, team.role_count, struct object);
	for (size_t i = 0; i < team.role_count; i++) {
		const struct role *role = &team.roles[i];

		if (role->kind != ROLE_INLINE)
			continue;
		agents[*ret_count] =
			make_object(a, KIND_AGENT, agent_metadata(a, object, &team, role),
				    agent_spec(a, object, role));
		agents[*ret_count].file = object->file;
		++*ret_count;
	}
	return agents;
}

/* ---- ArkRegistry `default` ---- */

struct object generate_registry(struct arena *a, struct str namespace)
{
	struct value_builder b, nothing;

	value_map_begin(&b, a);
	add_text(&b, "name", STR("default"));
	add_text(&b, "namespace", namespace);
	value_map_add(&b, STR("annotations"),
		      one_entry(a, ARK_LABEL "managed", value_str(STR("true"))));
	value_map_begin(&nothing, a);
	return make_object(a, KIND_REGISTRY, value_map_done(&b), value_map_done(&nothing));
}
