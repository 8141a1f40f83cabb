#include "runner/plan.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/limits.h"
#include "kinds/run.h"

static enum fail compile_template(struct plan *p, struct str source, const char *field,
				  struct plan_template *ret, struct why *why)
{
	enum fail f = template_parse(&p->arena, source, &p->limits, &ret->parsed, why);

	if (f)
		return fail_in(why, f, "template: %s", field);
	ret->reads = template_steps(ret->parsed, &p->arena);
	return FAIL_NONE;
}

static enum fail compile_schema(struct plan *p, struct str text, const char *field,
				struct schema **ret, struct why *why)
{
	enum fail f;

	if (!text.len)
		return FAIL_NONE;
	f = schema_compile_text(&p->arena, text, NULL, ret, why);
	return f ? fail_in(why, f, "schema: %s", field) : FAIL_NONE;
}

static enum fail compile_patterns(struct plan *p, const struct step_validate *v,
				  struct plan_step *s, struct why *why)
{
	AUTO_BUF json = BUF(LIMIT_ENTRY_BYTES);
	enum fail f = FAIL_NONE;

	s->reject = ARENA_ARRAY(&p->arena, v->reject_patterns.count, struct regex *);
	json_open(&json, '[');
	for (size_t i = 0; !f && i < v->reject_patterns.count; i++) {
		json_next(&json);
		json_add_str(&json, v->reject_patterns.items[i]);
		f = regex_new(v->reject_patterns.items[i], &s->reject[s->reject_count], why);
		s->reject_count += !f;
	}
	json_close(&json, ']');
	if (!f && v->contains.len)
		f = regex_new(v->contains, &s->contains, why);
	if (f)
		return fail_in(why, f, "pattern");
	if (json.full)
		return failf(why, FAIL_INPUT, "rejectPatterns: longer than an entry");
	if (s->reject_count)
		s->reject_json = arena_str(&p->arena, buf_str(&json));
	return FAIL_NONE;
}

static enum fail compile_step(struct plan *p, const struct step *step, struct plan_step *s,
			      struct why *why)
{
	const struct step_validate *v = &step->validate;
	enum fail f = FAIL_NONE;

	s->step = step;
	s->name = step->name;
	s->role = step->name;
	s->inputs = ARENA_ARRAY(&p->arena, step->inputs.count, struct plan_template);
	for (size_t i = 0; !f && i < step->inputs.count; i++)
		f = compile_template(p, step->inputs.items[i].text, "inputs", &s->inputs[i],
				     why);
	if (!f && step->has_condition)
		f = compile_template(p, step->condition, "if", &s->condition, why);
	if (!f && step->loop.present)
		f = compile_template(p, step->loop.condition, "loop.condition", &s->loop, why);
	if (!f && v->semantic.len)
		f = compile_template(p, v->semantic, "validate.semantic", &s->semantic, why);
	if (!f)
		f = compile_schema(p, step->output_schema, "outputSchema", &s->output_schema,
				   why);
	if (!f)
		f = compile_schema(p, v->schema, "validate.schema", &s->valid_schema, why);
	if (!f)
		f = compile_patterns(p, v, s, why);
	return f ? fail_in(why, f, "step '%.*s'", STR_ARG(step->name)) : FAIL_NONE;
}

/* SPEC 11.1: a run of a dynamic team has one step, named after its entry. */
static enum fail plan_dynamic(struct plan *p, struct why *why)
{
	if (p->team.entry == TEAM_NONE)
		return failf(why, FAIL_INPUT, "spec.entry: missing");
	p->step_count = 1;
	p->steps = ARENA_NEW(&p->arena, struct plan_step);
	p->steps[0].name = p->steps[0].role = p->team.roles[p->team.entry].name;
	p->steps[0].is_last = true;
	return FAIL_NONE;
}

static enum fail plan_pipeline(struct plan *p, struct why *why)
{
	p->step_count = p->team.step_count;
	p->steps = ARENA_ARRAY(&p->arena, p->step_count, struct plan_step);
	for (size_t i = 0; i < p->step_count; i++) {
		enum fail f = compile_step(p, &p->team.steps[i], &p->steps[i], why);

		if (f)
			return f;
		p->steps[i].is_last = true;
	}
	for (size_t i = 0; i < p->step_count; i++)
		for (size_t d = 0; d < p->team.steps[i].depends_on_count; d++)
			p->steps[p->team.steps[i].depends_on[d].at].is_last = false;
	return FAIL_NONE;
}

/* A snapshot is the part of an ArkRun's spec that says what the team was (SPEC 9.1): it is read as
 * such, since an inline role has an agent and a model there. */
static enum fail load_snapshot(struct plan *p, const struct value *snapshot, struct why *why)
{
	struct run_spec run;
	struct value_builder b;
	struct value team, spec;
	enum fail f;

	value_map_begin(&b, &p->arena);
	value_map_add(&b, STR("teamRef"), value_str(STR("team")));
	team = value_map_done(&b);
	spec = value_merge(&p->arena, snapshot, &team);
	f = run_spec_load(&p->arena, &spec, &run, why);
	if (!f)
		p->team = run.snapshot;
	return f;
}

static enum fail compile(struct plan *p, struct str snapshot_json, struct why *why)
{
	struct str text = arena_str(&p->arena, snapshot_json);
	struct value *spec = ARENA_NEW(&p->arena, struct value);
	enum fail f = json_parse(&p->arena, text, JSON_STRICT, JSON_MAX_DEPTH, spec, why);

	if (!f)
		f = load_snapshot(p, spec, why);
	if (!f && p->team.has_output)
		f = compile_template(p, p->team.output, "spec.output", &p->output, why);
	if (f)
		return f;
	switch (p->team.mode) {
	case TEAM_PIPELINE: return plan_pipeline(p, why);
	case TEAM_DYNAMIC: return plan_dynamic(p, why);
	case TEAM_ROUTED: break;
	}
	return failf(why, FAIL_INPUT,
		     "spec.routing: this release runs pipeline and dynamic teams only");
}

struct template_limits plan_template_limits(const struct limits *limits)
{
	return (struct template_limits){
		.source_bytes = (size_t)limits->template_source_bytes,
		.output_bytes = (size_t)limits->template_output_bytes,
		.value_bytes = TEMPLATE_VALUE_BYTES,
		.nodes = (unsigned)limits->template_nodes,
		.depth = (unsigned)limits->template_depth,
	};
}

enum fail plan_new(struct str snapshot_json, const struct limits *limits, struct plan **ret,
		   struct why *why)
{
	struct plan *p = xmalloc(sizeof(*p));
	enum fail f;

	p->limits = plan_template_limits(limits);
	f = compile(p, snapshot_json, why);

	if (f) {
		plan_free(p);
		return f;
	}
	*ret = p;
	return FAIL_NONE;
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	for (size_t i = 0; p->steps && i < p->step_count; i++) {
		struct plan_step *s = &p->steps[i];

		schema_free(s->output_schema);
		schema_free(s->valid_schema);
		regex_free(s->contains);
		for (size_t j = 0; j < s->reject_count; j++)
			regex_free(s->reject[j]);
	}
	arena_release(&p->arena);
	free(p);
}
