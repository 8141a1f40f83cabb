/* Starting a step (SPEC 10.2, 10.4): condition, prompt, agent, task. */
#include "runner/deciding.h"

#include "base/json.h"
#include "base/utf8.h"
#include "kinds/agent.h"
#include "kinds/prompt.h"
#include "kinds/run_input.h"
#include "stream/keys.h"

/* The ArkAgent that plays the step's role. */
static struct str agent_of(struct deciding *d, const struct plan_step *p)
{
	const struct role *r;
	size_t role;

	if (!d->plan)
		return d->run->agent;
	role = p->step ? p->step->role : d->plan->team.entry;
	if (role == TEAM_NONE)
		return STR("");
	r = &d->plan->team.roles[role];
	return r->kind == ROLE_AGENT ? r->target : STR("");
}

static void task_fill(struct deciding *d, const struct step_state *s, const struct plan_step *p,
		      enum task_kind kind, struct message *m)
{
	if (kind == TASK_VALIDATE) {
		m->max_output_tokens = d->w->limits->aux_tokens;
		m->timeout_ms = d->w->limits->aux_timeout_ms;
		if (p->step->validate.semantic_model.len)
			m->model = p->step->validate.semantic_model;
		return;
	}
	if (p->step && p->step->output_schema.len)
		m->schema = p->step->output_schema;
	if (p->reject_json.len)
		m->reject = p->reject_json;
	m->stream_tokens = d->run->stream_tokens;
	m->iteration = s->iterations > 1 ? s->iterations : 0;
	m->rerun = s->reruns;
}

static struct str warmup_timer(struct deciding *d, const struct step_state *s)
{
	return timer_name(d, "warmup", s->name, s->executions);
}

void step_strand(struct deciding *d, struct step_state *s)
{
	s->stranded = true;
	s->phase = STEP_WARMING_UP;
	s->worker = STR("");
	commit_after(d->c, TIMERS_RUNS, warmup_timer(d, s), d->w->limits->warmup_timeout_ms);
	d->changed = true;
}

void step_taken(struct deciding *d, struct step_state *s)
{
	if (!s->stranded)
		return;
	s->stranded = false;
	commit_untimer(d->c, TIMERS_RUNS, warmup_timer(d, s));
	d->changed = true;
}

void step_queue(struct deciding *d, struct step_state *s, const struct plan_step *p,
		enum task_kind kind, struct str prompt)
{
	struct message m = about_run(d, MSG_TASK_REQUESTED);

	s->kind = kind;
	s->executions++;
	s->task =
		arena_printf(d->a, "%.*s.%.*s/%.*s/%lld", STR_ARG(d->run->namespace),
			     STR_ARG(d->run->name), STR_ARG(s->name), (long long)s->executions);
	s->worker = STR("");
	s->stranded = false;
	s->phase = kind == TASK_VALIDATE ? STEP_VALIDATING
		   : s->start_ms	 ? STEP_RUNNING
					 : STEP_WARMING_UP;
	m.agent = s->agent;
	m.task = s->task;
	m.step = s->name;
	m.role = p->role;
	m.kind = str_of(task_kind_name(kind));
	m.prompt = prompt.len ? prompt : STR("");
	m.attempt = d->run->attempt;
	if (d->run->max_tokens)
		m.accounts = account_run(d->a, d->run->namespace, d->run->name);
	task_fill(d, s, p, kind, &m);
	commit_append(d->c, key_tasks(d->a, d->run->namespace, s->agent), &m);
	if (!d->w->lives(d->w->arg, d->run->namespace, s->agent))
		step_strand(d, s);
	d->changed = true;
}

/* --- the prompt (SPEC 5.5 to 5.8) ---------------------------------------------------------------- */

static enum fail prompt_from_templates(struct deciding *d, const struct plan_step *p,
				       struct buf *out, struct why *why)
{
	const struct pair_list *in = &p->step->inputs;
	struct pair *rendered = ARENA_ARRAY(d->a, in->count, struct pair);

	for (size_t i = 0; i < in->count; i++) {
		struct value root = run_root(d, &p->inputs[i], NULL, STR(""));
		enum fail f;

		rendered[i].name = in->items[i].name;
		if (d->missing)
			return FAIL_NONE;
		f = run_render(d, &p->inputs[i], &root, true, &rendered[i].text, why);
		if (f)
			return fail_in(why, f, "template: inputs.%.*s",
				       STR_ARG(in->items[i].name));
	}
	prompt_add_entries(out, &(struct pair_list){rendered, in->count});
	return FAIL_NONE;
}

static enum fail prompt_from_input(struct deciding *d, struct buf *out, struct why *why)
{
	struct str json = kept(d, &d->run->input);
	struct run_input input;
	struct value given;
	enum fail f;

	if (d->missing)
		return FAIL_NONE;
	f = json_parse(d->a, json, JSON_STRICT, JSON_MAX_DEPTH, &given, why);
	if (!f)
		f = run_input_resolve(d->a, d->plan->team.inputs, d->plan->team.input_count,
				      &given, &input, why);
	if (!f)
		prompt_add_input(out, &input.given);
	return f;
}

static enum fail step_prompt(struct deciding *d, const struct plan_step *p, struct str *ret,
			     struct why *why)
{
	AUTO_BUF out = BUF((size_t)d->w->limits->step_output_bytes);
	enum fail f = FAIL_NONE;

	if (!d->plan)
		buf_add(&out, kept(d, &d->run->input));
	else if (p->step && p->step->has_inputs)
		f = prompt_from_templates(d, p, &out, why);
	else
		f = prompt_from_input(d, &out, why);
	if (f || d->missing)
		return f;
	if (p->step && p->step->output_schema.len)
		prompt_add_schema(&out, p->step->output_schema);
	if (out.full)
		return failf(why, FAIL_INPUT, "the prompt is over step-output-bytes");
	*ret = arena_str(d->a, buf_str(&out));
	return FAIL_NONE;
}

/* A repair or a re-run will need the same prompt again. */
static bool may_ask_again(const struct plan_step *p)
{
	return p->step && (p->step->output_schema.len || p->step->validate.retry);
}

/* Why the agent cannot take a task, or NULL. */
static const char *agent_fault(struct deciding *d, struct str name, struct str *ret_message)
{
	const struct object *o;
	struct str fault;

	if (!name.len) {
		*ret_message = STR("the role has no agent; child teams need a later release");
		return "AgentNotFound";
	}
	o = d->w->object(d->w->arg, KIND_AGENT, d->run->namespace, name);
	if (!o) {
		*ret_message = arena_printf(d->a, "there is no ArkAgent '%.*s'", STR_ARG(name));
		return "AgentNotFound";
	}
	fault = d->w->fault(d->w->arg, o);
	if (!fault.len)
		return NULL;
	*ret_message =
		arena_printf(d->a, "ArkAgent '%.*s': %.*s", STR_ARG(name), STR_ARG(fault));
	return "AgentNotReady";
}

void step_start(struct deciding *d, struct step_state *s, const struct plan_step *p)
{
	struct why why = {""};
	struct str prompt, message;
	const char *fault;

	if (step_prompt(d, p, &prompt, &why)) {
		step_fail(d, s, "InputTemplateError", why_str(&why));
		return;
	}
	if (d->missing)
		return;
	s->agent = agent_of(d, p);
	s->role = p->role;
	fault = agent_fault(d, s->agent, &message);
	if (fault) {
		step_fail(d, s, fault, message);
		return;
	}
	s->iterations++;
	s->reruns = 0;
	s->repaired = false;
	keep_instead(d, &s->candidate, (struct kept_text){.bytes = 0});
	if (may_ask_again(p))
		keep_instead(d, &s->prompt, keep_text(d, "prompt", s->name, prompt));
	step_queue(d, s, p, TASK_STEP, prompt);
}

/* --- which steps may start (SPEC 10.1) ------------------------------------------------------------ */

static bool dependencies_done(struct deciding *d, const struct plan_step *p)
{
	for (size_t i = 0; p->step && i < p->step->depends_on_count; i++) {
		enum step_phase phase = d->run->steps[p->step->depends_on[i].at].phase;

		if (phase != STEP_SUCCEEDED && phase != STEP_SKIPPED)
			return false;
	}
	return true;
}

/* SPEC 10.4: an error counts as false and is told. */
static bool condition_holds(struct deciding *d, struct step_state *s, const struct plan_step *p)
{
	struct why why = {""};
	struct value root;
	struct str text;

	if (!p->condition.parsed)
		return true;
	root = run_root(d, &p->condition, NULL, STR(""));
	if (d->missing)
		return true;
	if (!run_render(d, &p->condition, &root, false, &text, &why))
		return template_condition(text);
	s->message = step_message(d, "ConditionFalse", why_str(&why));
	note(d, s->name, "ConditionError", why_str(&why));
	return false;
}

static void step_skip(struct deciding *d, struct step_state *s)
{
	struct message m = about_run(d, MSG_STEP_SKIPPED);

	s->phase = STEP_SKIPPED;
	s->reason = STR("ConditionFalse");
	s->start_ms = s->end_ms = d->now_ms;
	if (!s->message.len)
		s->message =
			step_message(d, "ConditionFalse", STR("the condition does not hold"));
	m.step = s->name;
	m.message = s->message;
	tell_readers(d, &m);
	d->changed = true;
}

void run_advance(struct deciding *d)
{
	bool again = true, all_over = true;

	/* A skipped step may free the next one, so go round until nothing moves. */
	while (again && d->run->phase == RUN_RUNNING && !d->missing) {
		again = false;
		for (size_t i = 0; i < d->run->step_count; i++) {
			struct step_state *s = &d->run->steps[i];
			const struct plan_step *p = plan_step_of(d, s);

			if (s->phase != STEP_PENDING || !dependencies_done(d, p))
				continue;
			if (condition_holds(d, s, p)) {
				step_start(d, s, p);
			} else {
				step_skip(d, s);
				again = true;
			}
			if (d->missing || d->run->phase != RUN_RUNNING)
				return;
		}
	}
	for (size_t i = 0; i < d->run->step_count; i++)
		all_over = all_over && (d->run->steps[i].phase == STEP_SUCCEEDED ||
					d->run->steps[i].phase == STEP_SKIPPED);
	if (all_over && d->run->phase == RUN_RUNNING && !d->missing)
		run_finish(d);
}
