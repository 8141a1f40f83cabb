/*
 * SPEC 8.9. A team whose structure is sound is looked at in this order; check_object compiles its
 * texts between 3 and the warnings.
 *
 *  1. roles: references exist; inline roles have a prompt and prompts have a size that fits
 *  2. InvalidTopology: entry and canDelegate name roles, nobody delegates to himself or in a
 *     circle, child teams stand in pipelines only and nobody delegates to them
 *  3. InvalidDAG: steps have roles, dependsOn names steps, there are not too many steps, no
 *     circle of steps, no circle of teams
 *  4. defaults of inputs have their types; the snapshot of a run has a size that fits
 */
#include "kinds/team_check.h"

#include "base/json.h"
#include "kinds/check_kind.h"
#include "kinds/graph.h"
#include "kinds/run_input.h"
#include "kinds/shared.h"
#include "kinds/team_read.h"
#include "kinds/team_refs.h"
#include "kinds/walk.h"

enum { SNAPSHOT_MAX_BYTES = 512 << 10 };

struct check {
	struct findings *found;
	const struct object *object;
	const struct check_world *world;
	const struct limits *limits;
	struct team team;
};

static void error_at(struct check *c, const struct value *where, const char *reason,
		     struct str field, const char *fmt, ...) PRINTF_LIKE(5, 6);
static void error_at(struct check *c, const struct value *where, const char *reason,
		     struct str field, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	findings_vadd(c->found, SEVERITY_ERROR, field, where, reason, fmt, args);
	va_end(args);
}
#define FIELD(c, ...) arena_printf((c)->found->arena, __VA_ARGS__)

/* ---- 1. roles ---- */

/* SPEC 8.12: an ArkAgent of that name that is not the team's is never taken over. */
static void check_agent_owner(struct check *c, size_t i)
{
	const struct role *r = &c->team.roles[i];
	struct str name = team_agent_name(c->found->arena, c->object->name, r->name);
	const struct object *agent = NULL;

	if (c->world->find)
		agent = c->world->find(c->world->context, KIND_AGENT, c->object->namespace,
				       name);
	if (agent && !str_eq(object_label(agent, STR(ARK_LABEL "team")), c->object->name))
		error_at(c, r->source, "RolesNotReady", FIELD(c, "spec.roles[%zu]", i),
			 "ArkAgent '%.*s' exists and is not this team's", STR_ARG(name));
}

static void check_inline(struct check *c, size_t i, size_t *total)
{
	const struct role *r = &c->team.roles[i];
	const struct value *prompt = value_get(r->source, STR("systemPrompt"));
	size_t size = value_text(prompt).len;

	if (!member_given(r->source, "systemPrompt") &&
	    !member_given(r->source, "systemPromptRef"))
		error_at(c, r->source, "InvalidSpec", FIELD(c, "spec.roles[%zu]", i),
			 "needs systemPrompt or systemPromptRef");
	check_agent_owner(c, i);
	*total += size;
	if (size > (size_t)c->limits->prompt_bytes)
		error_at(c, prompt, "InvalidSpec", FIELD(c, "spec.roles[%zu].systemPrompt", i),
			 "prompt-bytes: %zu bytes, at most %lld are allowed", size,
			 (long long)c->limits->prompt_bytes);
}

static void check_roles(struct check *c)
{
	const struct team *t = &c->team;
	size_t prompts = 0;

	for (size_t i = 0; i < t->role_count; i++) {
		const struct role *r = &t->roles[i];

		switch (r->kind) {
		case ROLE_AGENT:
			check_ref(c->found, c->world, SEVERITY_ERROR, KIND_AGENT,
				  c->object->namespace, r->target, "RolesNotReady",
				  value_get(r->source, STR("arkAgent")),
				  "spec.roles[%zu].arkAgent", i);
			break;
		case ROLE_TEAM:
			check_ref(c->found, c->world, SEVERITY_ERROR, KIND_TEAM,
				  c->object->namespace, r->target, "RolesNotReady",
				  value_get(r->source, STR("arkTeam")),
				  "spec.roles[%zu].arkTeam", i);
			break;
		case ROLE_INLINE: check_inline(c, i, &prompts); break;
		}
	}
	if (prompts > (size_t)c->limits->team_prompt_bytes)
		error_at(c, value_get(c->object->spec, STR("roles")), "InvalidSpec",
			 STR("spec.roles"),
			 "team-prompt-bytes: inline prompts have %zu bytes, at most %lld are "
			 "allowed",
			 prompts, (long long)c->limits->team_prompt_bytes);
}

/* ---- 2. topology ---- */

static struct str role_name(const struct team *t, size_t at)
{
	return t->roles[at].name;
}

static struct str step_name(const struct team *t, size_t at)
{
	return t->steps[at].name;
}

/* "cycle: a -> b -> a" */
static struct str cycle_text(const struct check *c, const size_t *cycle, size_t length,
			     struct str (*name)(const struct team *t, size_t at))
{
	AUTO_BUF text = BUF(WHY_MAX_BYTES);

	buf_adds(&text, "cycle: ");
	for (size_t i = 0; i < length; i++) {
		if (i > 0)
			buf_adds(&text, " -> ");
		buf_add(&text, name(&c->team, cycle[i]));
	}
	return arena_str(c->found->arena, buf_str(&text));
}

static void check_entry(struct check *c)
{
	const struct value *entry = value_get(c->object->spec, STR("entry"));

	if (c->team.entry != TEAM_NONE)
		return;
	if (!value_is_nil(entry) && c->team.mode != TEAM_ROUTED)
		error_at(c, entry, "InvalidTopology", STR("spec.entry"), "no role '%.*s'",
			 STR_ARG(value_text(entry)));
	else if (c->team.mode == TEAM_DYNAMIC)
		error_at(c, c->object->spec, "InvalidTopology", STR("spec.entry"),
			 "is required: the team has several roles and no pipeline");
}

static void check_delegation(struct check *c, size_t i)
{
	const struct team *t = &c->team;
	const struct role *r = &t->roles[i];

	for (size_t j = 0; j < r->can_delegate_count; j++) {
		const struct team_link *to = &r->can_delegate[j];
		struct str field = FIELD(c, "spec.roles[%zu].canDelegate[%zu]", i, j);

		if (to->at == TEAM_NONE)
			error_at(c, to->source, "InvalidTopology", field, "no role '%.*s'",
				 STR_ARG(to->name));
		else if (to->at == i)
			error_at(c, to->source, "InvalidTopology", field,
				 "a role cannot delegate to itself");
		else if (t->roles[to->at].kind == ROLE_TEAM)
			error_at(c, to->source, "InvalidTopology", field,
				 "role '%.*s' is an ArkTeam, which only a pipeline can run",
				 STR_ARG(to->name));
	}
}

static void check_delegation_cycle(struct check *c)
{
	AUTO_ARENA scratch = ARENA_INIT;
	struct graph_builder b;
	struct graph g;
	const size_t *cycle;
	size_t length;

	graph_begin(&b, &scratch);
	for (size_t i = 0; i < c->team.role_count; i++) {
		const struct role *r = &c->team.roles[i];

		for (size_t j = 0; j < r->can_delegate_count; j++) {
			size_t to = r->can_delegate[j].at;

			if (to != TEAM_NONE && to != i) /* itself is reported already */
				graph_edge(&b, to);
		}
		graph_node(&b);
	}
	g = graph_end(&b);
	cycle = graph_cycle(&g, &scratch, &length);
	if (cycle)
		error_at(c, c->team.roles[cycle[0]].source, "InvalidTopology",
			 FIELD(c, "spec.roles[%zu].canDelegate", cycle[0]), "%.*s",
			 STR_ARG(cycle_text(c, cycle, length, role_name)));
}

static void check_topology(struct check *c)
{
	const struct team *t = &c->team;

	check_entry(c);
	for (size_t i = 0; i < t->role_count; i++) {
		check_delegation(c, i);
		if (t->roles[i].kind == ROLE_TEAM && t->mode != TEAM_PIPELINE)
			error_at(c, t->roles[i].source, "InvalidTopology",
				 FIELD(c, "spec.roles[%zu].arkTeam", i),
				 "only a pipeline can run an ArkTeam");
	}
	check_delegation_cycle(c);
}

/* ---- 3. steps ---- */

static void check_step(struct check *c, size_t i)
{
	const struct step *s = &c->team.steps[i];

	if (s->role == TEAM_NONE && !s->lookup.present)
		error_at(c, value_get(s->source, STR("role")), "InvalidDAG",
			 FIELD(c, "spec.pipeline[%zu].role", i), "no role '%.*s'",
			 STR_ARG(s->name));
	for (size_t j = 0; j < s->depends_on_count; j++) {
		if (s->depends_on[j].at == TEAM_NONE)
			error_at(c, s->depends_on[j].source, "InvalidDAG",
				 FIELD(c, "spec.pipeline[%zu].dependsOn[%zu]", i, j),
				 "no step '%.*s'", STR_ARG(s->depends_on[j].name));
	}
}

static void check_step_cycle(struct check *c)
{
	AUTO_ARENA scratch = ARENA_INIT;
	struct graph_builder b;
	struct graph g;
	const size_t *cycle;
	size_t length;

	graph_begin(&b, &scratch);
	for (size_t i = 0; i < c->team.step_count; i++) {
		const struct step *s = &c->team.steps[i];

		for (size_t j = 0; j < s->depends_on_count; j++) {
			if (s->depends_on[j].at != TEAM_NONE)
				graph_edge(&b, s->depends_on[j].at);
		}
		graph_node(&b);
	}
	g = graph_end(&b);
	cycle = graph_cycle(&g, &scratch, &length);
	if (cycle)
		error_at(c, c->team.steps[cycle[0]].source, "InvalidDAG",
			 FIELD(c, "spec.pipeline[%zu].dependsOn", cycle[0]), "%.*s",
			 STR_ARG(cycle_text(c, cycle, length, step_name)));
}

static void check_steps(struct check *c)
{
	struct str cycle;

	if (c->team.step_count > (size_t)c->limits->pipeline_steps)
		error_at(c, value_get(c->object->spec, STR("pipeline")), "InvalidDAG",
			 STR("spec.pipeline"), "pipeline-steps: %zu, at most %lld are allowed",
			 c->team.step_count, (long long)c->limits->pipeline_steps);
	for (size_t i = 0; i < c->team.step_count; i++)
		check_step(c, i);
	check_step_cycle(c);
	cycle = team_refs_cycle(c->found->arena, c->object, c->world);
	if (cycle.len > 0)
		error_at(c, value_get(c->object->spec, STR("roles")), "InvalidDAG",
			 STR("spec.roles"), "%.*s", STR_ARG(cycle));
}

/* ---- 4. inputs and size ---- */

static void check_defaults(struct check *c)
{
	AUTO_ARENA scratch = ARENA_INIT;

	for (size_t i = 0; i < c->team.input_count; i++) {
		const struct input *in = &c->team.inputs[i];
		struct value typed;
		struct why why;

		if (in->fallback &&
		    run_input_type(&scratch, in->type, in->fallback, &typed, &why))
			error_at(c, in->fallback, "InvalidSpec",
				 FIELD(c, "spec.inputs[%zu].default", i), "%s", why.text);
	}
}

static void check_snapshot(struct check *c)
{
	AUTO_ARENA scratch = ARENA_INIT;
	AUTO_BUF text = BUF(SNAPSHOT_MAX_BYTES);
	struct value snapshot = team_snapshot(&scratch, c->object->name, c->object->generation,
					      c->object->spec);

	json_add(&text, &snapshot);
	if (text.full)
		error_at(c, c->object->spec, "InvalidSpec", STR("spec"),
			 "what a run fixes of the team is larger than %d bytes",
			 SNAPSHOT_MAX_BYTES);
}

void team_check(struct findings *f, const struct object *o, const struct check_world *world)
{
	AUTO_ARENA scratch = ARENA_INIT;
	struct view v = {&scratch, &table_team, o->spec};
	struct check c = {
		.found = f,
		.object = o,
		.world = world,
		.limits = world->limits ? world->limits : &limits_default,
	};

	team_read(&v, &c.team);
	check_roles(&c);
	check_topology(&c);
	check_steps(&c);
	check_defaults(&c);
	check_snapshot(&c);
}
