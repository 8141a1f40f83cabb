#include "cli/run_copy.h"

#include "lang/yaml.h"

/* The map with one more member, or with another value of it. */
static struct value with(struct arena *a, const struct value *map, const char *key,
			 struct value v)
{
	struct value_builder b;
	struct value one;

	value_map_begin(&b, a);
	value_map_add(&b, str_of(key), v);
	one = value_map_done(&b);
	return value_merge(a, map, &one);
}

/* What ArkAgents and inline roles have in common. */
static struct value agent_part(struct arena *a, const struct value *part,
			       const struct run_overrides *over)
{
	struct value v = *part;

	if (over->model.len && value_is(value_get(part, STR("model")), VALUE_STR))
		v = with(a, &v, "model", value_str(over->model));
	if (over->no_mcp && value_get(part, STR("mcpServers")))
		v = with(a, &v, "mcpServers", value_nil);
	return v;
}

static struct value agent_spec(struct arena *a, const struct value *spec,
			       const struct run_overrides *over)
{
	struct value v = agent_part(a, spec, over);

	if (over->max_tokens)
		v = with(a, &v, "limits",
			 with(a, value_get(spec, STR("limits")), "maxDailyTokens",
			      value_int(over->max_tokens)));
	return v;
}

static struct value team_spec(struct arena *a, const struct value *spec,
			      const struct run_overrides *over)
{
	const struct value *roles = value_get(spec, STR("roles"));
	const struct value *routing = value_get(spec, STR("routing"));
	struct value v = *spec;

	if (value_is(roles, VALUE_LIST)) {
		struct value *items = ARENA_ARRAY(a, roles->list.count, struct value);

		for (size_t i = 0; i < roles->list.count; i++)
			items[i] = agent_part(a, &roles->list.items[i], over);
		v = with(a, &v, "roles", value_list(items, roles->list.count));
	}
	if (over->model.len && value_is(routing, VALUE_MAP))
		v = with(a, &v, "routing", with(a, routing, "model", value_str(over->model)));
	if (over->max_tokens)
		v = with(a, &v, "maxTokens", value_int(over->max_tokens));
	return v;
}

static struct value copy_object(struct arena *a, const struct object *o,
				const struct run_overrides *over)
{
	if (o->kind == KIND_AGENT && value_is(o->spec, VALUE_MAP))
		return with(a, o->value, "spec", agent_spec(a, o->spec, over));
	if (o->kind == KIND_TEAM && value_is(o->spec, VALUE_MAP))
		return with(a, o->value, "spec", team_spec(a, o->spec, over));
	return *o->value;
}

struct files run_copy(struct arena *a, const struct files *f, const struct run_overrides *over)
{
	struct files copy = {.count = 0};

	copy.documents = ARENA_ARRAY(a, f->manifest.count, struct document);
	for (size_t i = 0; i < f->manifest.count; i++) {
		const struct object *o = &f->manifest.objects[i];

		if (o->kind != KIND_RUN)
			copy.documents[copy.count++] =
				(struct document){o->file, copy_object(a, o, over)};
	}
	manifest_load(a, copy.documents, copy.count, &copy.manifest, &copy.findings);
	return copy;
}

void run_copy_add(const struct files *f, struct buf *out)
{
	for (size_t i = 0; i < f->count; i++) {
		buf_adds(out, "---\n");
		yaml_add(out, &f->documents[i].value);
	}
}
