/*
 * What a team can do but hardly means: warnings of SPEC 3.4, 8.9, 10.16, 11.15. And the one error
 * that needs to know which steps end before which (SPEC 10.18).
 */
#include "kinds/check_kind.h"
#include "kinds/generate.h"
#include "kinds/shared.h"
#include "kinds/team_check.h"
#include "kinds/team_read.h"
#include "kinds/walk.h"
#include "lang/template.h"

struct warn {
	struct findings *found;
	const struct object *object;
	const struct check_world *world;
	const struct limits *limits;
	struct arena *scratch;
	struct team team;
	uint64_t *reach; /* of each step a row of bits: the steps that ended before it */
	size_t words;	 /* of a row */
};

static void warn_at(struct warn *w, const struct value *where, const char *reason,
		    struct str field, const char *fmt, ...) PRINTF_LIKE(5, 6);
static void warn_at(struct warn *w, const struct value *where, const char *reason,
		    struct str field, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	findings_vadd(w->found, SEVERITY_WARNING, field, where, reason, fmt, args);
	va_end(args);
}
#define FIELD(w, ...) arena_printf((w)->scratch, __VA_ARGS__)

/* ---- which steps end before which ---- */

static uint64_t *row_of(const struct warn *w, size_t step)
{
	return w->reach + step * w->words;
}

static bool reaches(const struct warn *w, size_t step, size_t other)
{
	return row_of(w, step)[other / 64] >> (other % 64) & 1;
}

/* Turn by turn, each step whose own dependencies are known; steps on a circle stay out, and their
 * rows short. A pipeline has 100 steps: the turns do not matter. */
static void find_reach(struct warn *w)
{
	const struct team *t = &w->team;
	bool *ready = ARENA_ARRAY(w->scratch, t->step_count, bool);
	bool moved = true;

	w->words = t->step_count / 64 + 1;
	w->reach = ARENA_ARRAY(w->scratch, t->step_count * w->words, uint64_t);
	while (moved) {
		moved = false;
		for (size_t i = 0; i < t->step_count; i++) {
			const struct step *s = &t->steps[i];
			bool all = !ready[i];

			for (size_t j = 0; j < s->depends_on_count && all; j++)
				all = s->depends_on[j].at == TEAM_NONE ||
				      ready[s->depends_on[j].at];
			if (!all)
				continue;
			for (size_t j = 0; j < s->depends_on_count; j++) {
				size_t on = s->depends_on[j].at;

				if (on == TEAM_NONE)
					continue;
				for (size_t k = 0; k < w->words; k++)
					row_of(w, i)[k] |= row_of(w, on)[k];
				row_of(w, i)[on / 64] |= UINT64_C(1) << (on % 64);
			}
			ready[i] = moved = true;
		}
	}
}

/* ---- templates ---- */

/* The text of a template that reads steps; step is TEAM_NONE for the team's output. */
static void warn_template(struct warn *w, size_t step, const struct value *text,
			  struct str field)
{
	AUTO_ARENA a = ARENA_INIT;
	struct template_steps names;
	struct template *t;

	if (!value_is(text, VALUE_STR) ||
	    template_parse(&a, text->string.text, NULL, &t, NULL) != FAIL_NONE)
		return;
	names = template_steps(t, &a);
	for (size_t i = 0; i < names.count; i++) {
		size_t at = team_step(&w->team, names.names[i]);

		if (at == TEAM_NONE)
			warn_at(w, text, "InvalidTemplate", field, "there is no step '%.*s'",
				STR_ARG(names.names[i]));
		else if (step != TEAM_NONE && at != step && !reaches(w, step, at))
			warn_at(w, text, "InvalidTemplate", field,
				"names step '%.*s', on which step '%.*s' does not depend",
				STR_ARG(names.names[i]), STR_ARG(w->team.steps[step].name));
	}
}

/* The field of a key, which may hold any character, written as the walk writes it. */
static struct str key_field(struct warn *w, const char *map, size_t step, struct str key)
{
	struct str base = FIELD(w, "spec.pipeline[%zu].%s", step, map), field;
	struct walk path;

	walk_init(&path, w->found, 0, NULL, w->limits, base.ptr);
	walk_down(&path, key);
	field = arena_str(w->scratch, buf_str(&path.path));
	walk_release(&path);
	return field;
}

static void warn_inputs(struct warn *w, size_t i)
{
	const struct value *in = value_get(w->team.steps[i].source, STR("inputs"));

	for (size_t j = 0; j < value_count(in); j++) {
		if (in->kind == VALUE_LIST)
			warn_template(w, i, value_get(&in->list.items[j], STR("value")),
				      FIELD(w, "spec.pipeline[%zu].inputs[%zu].value", i, j));
		else
			warn_template(w, i, &in->map.entries[j].value,
				      key_field(w, "inputs", i, in->map.entries[j].key));
	}
}

/* SPEC 10.18 */
static void check_artifact(struct warn *w, size_t i, const struct pair *p)
{
	const struct step *s = &w->team.steps[i];
	struct str from;
	size_t at;

	str_cut(p->text, '.', &from, NULL);
	at = team_step(&w->team, from);
	if (at != TEAM_NONE && reaches(w, i, at))
		return;
	findings_add(w->found, SEVERITY_ERROR, key_field(w, "inputArtifacts", i, p->name),
		     s->source, "InvalidDAG", "step '%.*s' does not depend on a step '%.*s'",
		     STR_ARG(s->name), STR_ARG(from));
}

static void warn_step(struct warn *w, size_t i)
{
	const struct step *s = &w->team.steps[i];

	warn_inputs(w, i);
	warn_template(w, i, value_get(s->source, STR("if")),
		      FIELD(w, "spec.pipeline[%zu].if", i));
	warn_template(w, i, value_path(s->source, "loop.condition"),
		      FIELD(w, "spec.pipeline[%zu].loop.condition", i));
	warn_template(w, i, value_path(s->source, "validate.semantic"),
		      FIELD(w, "spec.pipeline[%zu].validate.semantic", i));
	if (w->team.artifacts.type == ARTIFACTS_NONE &&
	    (s->output_artifact_count > 0 || s->input_artifacts.count > 0))
		warn_at(w, s->source, "InvalidSpec", FIELD(w, "spec.pipeline[%zu]", i),
			"artifacts are ignored: the team has no artifactStore");
	for (size_t j = 0; j < s->input_artifacts.count; j++)
		check_artifact(w, i, &s->input_artifacts.items[j]);
}

/* ---- roles and routing ---- */

static void warn_role(struct warn *w, size_t i)
{
	const struct role *r = &w->team.roles[i];
	const struct value *prompt = value_get(r->source, STR("systemPrompt"));
	const struct field *row;

	if (r->kind == ROLE_INLINE) {
		if (value_text(prompt).len > (size_t)w->limits->prompt_warn_bytes)
			warn_at(w, prompt, "InlinePromptTooLarge",
				FIELD(w, "spec.roles[%zu].systemPrompt", i),
				"%zu bytes; keep long prompts in a ConfigMap "
				"(systemPromptRef)",
				value_text(prompt).len);
		return;
	}
	for (size_t j = 0; (row = table_row(&table_agent_common, j)); j++) {
		const struct value *v = value_get(r->source, str_of(row->name));

		if (!value_is_nil(v))
			warn_at(w, v, "InvalidSpec",
				FIELD(w, "spec.roles[%zu].%s", i, row->name),
				"has no effect: the role is not an inline agent");
	}
}

/* SPEC 11.15: `.Input` as a field of the root, not as the start of a longer name. */
static bool names_input(struct str text)
{
	for (size_t at = 0; (at = str_find(text, STR(".Input"), at)) != STR_NONE; at++) {
		char next = at + 6 < text.len ? text.ptr[at + 6] : ' ';

		if (!((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') ||
		      (next >= '0' && next <= '9') || next == '_'))
			return true;
	}
	return false;
}

static void warn_routing(struct warn *w)
{
	const struct value *prompt = value_path(w->object->spec, "routing.systemPrompt");

	if (w->team.mode == TEAM_ROUTED && names_input(value_text(prompt)))
		warn_at(w, prompt, "InvalidTemplate", STR("spec.routing.systemPrompt"),
			".Input puts foreign text among the router's rules; it is sent as the "
			"message anyway");
}

void team_warn(struct findings *f, const struct object *o, const struct check_world *world)
{
	AUTO_ARENA scratch = ARENA_INIT;
	struct view v = {&scratch, &table_team, o->spec};
	struct warn w = {
		.found = f,
		.object = o,
		.world = world,
		.limits = world->limits ? world->limits : &limits_default,
		.scratch = &scratch,
	};

	team_read(&v, &w.team);
	find_reach(&w);
	for (size_t i = 0; i < w.team.step_count; i++)
		warn_step(&w, i);
	warn_template(&w, TEAM_NONE, value_get(o->spec, STR("output")), STR("spec.output"));
	for (size_t i = 0; i < w.team.role_count; i++)
		warn_role(&w, i);
	warn_routing(&w);
}
