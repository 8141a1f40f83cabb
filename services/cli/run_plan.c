#include "cli/run_plan.h"

#include <stdio.h>

#include "cli/out.h"
#include "cli/run_report.h"
#include "kinds/agent.h"
#include "kinds/team.h"
#include "lang/price.h"

enum { BYTES_PER_TOKEN = 4 }; /* SPEC 7.16 */

struct planning {
	struct arena *arena;
	const struct manifest *all;
	struct str namespace;
	struct value *steps;
	size_t count, cap;
	int64_t input, output;
	struct money cost;
};

static void add_step(struct planning *p, struct str name, struct str agent_name,
		     struct value after, size_t bytes)
{
	const struct object *o = manifest_find(p->all, KIND_AGENT, p->namespace, agent_name);
	struct agent agent = {.replicas = 0};
	bool known = o && !agent_load(p->arena, o->spec, &agent, NULL);
	int64_t input = (int64_t)((bytes + agent.system_prompt.len + BYTES_PER_TOKEN - 1) /
				  BYTES_PER_TOKEN);
	struct money cost = money_zero;
	struct value_builder b;
	struct price price;

	value_map_begin(&b, p->arena);
	value_map_add(&b, STR("step"), value_str(name));
	value_map_add(&b, STR("agent"), value_str(agent_name));
	value_map_add(&b, STR("model"), value_str(agent.model));
	value_map_add(&b, STR("after"), after);
	if (known) {
		if (price_static(agent.model, &price) &&
		    money_cost(price, input, agent.limits.max_tokens_per_call, &cost) &&
		    !money_add(p->cost, cost, &p->cost))
			p->cost = money_of_micros(INT64_MAX);
		p->input += input;
		p->output += agent.limits.max_tokens_per_call;
		value_map_add(&b, STR("inputTokens"), value_int(input));
		value_map_add(&b, STR("maxOutputTokens"),
			      value_int(agent.limits.max_tokens_per_call));
		value_map_add(&b, STR("maxCostUSD"), money_value(p->arena, cost));
	}
	p->steps = arena_grow(p->arena, p->steps, p->count, &p->cap, sizeof(*p->steps));
	p->steps[p->count++] = value_map_done(&b);
}

/* The ArkAgent of a role; empty for a team. */
static struct str role_agent(struct planning *p, struct str team, const struct role *r)
{
	switch (r->kind) {
	case ROLE_AGENT: return r->target;
	case ROLE_INLINE: return team_agent_name(p->arena, team, r->name);
	case ROLE_TEAM: break;
	}
	return STR("");
}

static void add_pipeline(struct planning *p, struct str name, const struct team *t)
{
	for (size_t i = 0; i < t->step_count; i++) {
		const struct step *s = &t->steps[i];
		struct value *after = ARENA_ARRAY(p->arena, s->depends_on_count, struct value);
		struct str agent = STR("");
		size_t bytes = 0;

		for (size_t j = 0; j < s->depends_on_count; j++)
			after[j] = value_str(s->depends_on[j].name);
		for (size_t j = 0; j < s->inputs.count; j++)
			bytes += s->inputs.items[j].text.len;
		if (s->role != TEAM_NONE)
			agent = role_agent(p, name, &t->roles[s->role]);
		add_step(p, s->name, agent, value_list(after, s->depends_on_count), bytes);
	}
}

static enum fail add_team(struct planning *p, const struct object *o, struct value *ret_mode,
			  struct why *why)
{
	struct team team;
	enum fail f = team_load(p->arena, o->spec, &team, why);

	if (f)
		return f;
	*ret_mode = value_str(str_of(team_mode_name(team.mode)));
	switch (team.mode) {
	case TEAM_PIPELINE: add_pipeline(p, o->name, &team); break;
	case TEAM_DYNAMIC:
		if (team.entry != TEAM_NONE)
			add_step(p, team.roles[team.entry].name,
				 role_agent(p, o->name, &team.roles[team.entry]),
				 value_list(NULL, 0), 0);
		break;
	case TEAM_ROUTED:
		add_step(p, STR("route"), team.routing.fallback, value_list(NULL, 0), 0);
		break;
	}
	return FAIL_NONE;
}

enum fail run_plan_make(struct arena *a, const struct manifest *all,
			const struct object *target, struct str prompt, struct value *ret,
			struct why *why)
{
	struct planning p = {.arena = a, .all = all, .namespace = target->namespace};
	struct value mode = value_str(STR("agent"));
	struct value_builder b;
	enum fail f = FAIL_NONE;

	if (target->kind == KIND_TEAM)
		f = add_team(&p, target, &mode, why);
	else
		add_step(&p, STR("agent"), target->name, value_list(NULL, 0), prompt.len);
	if (f)
		return f;
	value_map_begin(&b, a);
	value_map_add(&b, STR("target"), value_str(target->name));
	value_map_add(&b, STR("mode"), mode);
	value_map_add(&b, STR("steps"), value_list(p.steps, p.count));
	value_map_add(&b, STR("inputTokens"), value_int(p.input));
	value_map_add(&b, STR("maxOutputTokens"), value_int(p.output));
	value_map_add(&b, STR("maxCostUSD"), money_value(a, p.cost));
	*ret = value_map_done(&b);
	return FAIL_NONE;
}

void run_plan_print(const struct cli *c, const struct value *plan)
{
	static const struct out_column columns[] = {
		{"STEP", "step", SHOW_PLAIN},
		{"AGENT", "agent", SHOW_PLAIN},
		{"MODEL", "model", SHOW_PLAIN},
		{"AFTER", "after", SHOW_PLAIN},
		{"INPUT", "inputTokens", SHOW_PLAIN},
		{"OUTPUT<=", "maxOutputTokens", SHOW_PLAIN},
		{"COST($)<=", "maxCostUSD", SHOW_PLAIN},
	};

	if (c->common.output != OUTPUT_TEXT) {
		out_value(c, plan);
		return;
	}
	out_rows(c, columns, sizeof(columns) / sizeof(columns[0]),
		 value_get(plan, STR("steps")));
	printf("Estimate, one call per step: %lld input tokens, at most %lld output tokens, at "
	       "most $%.*s\n",
	       (long long)value_get(plan, STR("inputTokens"))->integer,
	       (long long)value_get(plan, STR("maxOutputTokens"))->integer,
	       STR_ARG(value_get(plan, STR("maxCostUSD"))->real.literal));
}
