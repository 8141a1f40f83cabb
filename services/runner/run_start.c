/*
 * From run.requested to the first step (SPEC 9.2, 9.4 to 9.6), in this order:
 *
 *	1. team or agent exists, else it is looked for again for 15 s
 *	2. it is valid, else for 60 s
 *	3. the input satisfies its declarations
 *	4. there is a place among the active runs, else the run waits for one
 *	5. input and snapshot are fixed, once
 */
#include "runner/deciding.h"

#include "base/json.h"
#include "kinds/agent.h"
#include "kinds/run_input.h"
#include "runs/run_admit.h"
#include "stream/keys.h"

/* A text that came with the request: it stays under the key that it has. */
static struct kept_text given_text(struct deciding *d, const char *what, struct str text,
				   struct str key)
{
	return key.len ? keep_key(key, text) : keep_text(d, what, STR("-"), text);
}

/* The state of a run that was just asked for. */
static void run_new(struct deciding *d)
{
	const struct message *m = d->m;

	*d->run = (struct run){
		.namespace = m->namespace,
		.name = m->run,
		.uid = m->uid,
		.team = m->team,
		.agent = m->agent,
		.trigger = m->trigger,
		.parent = m->parent,
		.by = m->by,
		.labels = m->labels,
		.trace = m->trace,
		.depth = m->depth,
		.stream_tokens = m->stream_tokens,
		.phase = RUN_LOOKING,
		.attempt = 1,
		.created_ms = m->at_ms,
	};
	if (m->agent.len)
		d->run->input = given_text(d, "prompt", m->prompt, m->prompt_key);
	else
		d->run->input = given_text(d, "input", m->input.len ? m->input : STR("{}"),
					   m->input_key);
	/* From here on the state stands for the run. */
	commit_ttl(d->c, key_run_mark(d->a, m->namespace, m->run), RUN_MARK_STARTED_TTL_MS);
	d->changed = true;
}

/* 1. and 2.: not now, perhaps soon. */
static void look_again(struct deciding *d, int64_t patience_ms, const char *reason,
		       struct str message)
{
	/* A retry of a run that never started looks again as long (SPEC 9.19). */
	int64_t since_ms = d->run->again_ms ? d->run->again_ms : d->run->created_ms;
	int64_t waited = d->now_ms - since_ms;

	if (waited >= patience_ms) {
		run_fail(d, reason, message);
		return;
	}
	d->run->phase = RUN_LOOKING;
	d->changed = true;
	commit_after(d->c, TIMERS_RUNS, timer_name(d, "look", STR(""), 1), RUN_LOOK_AGAIN_MS);
}

/* 4. True: the run may start with this commit. */
static bool take_place(struct deciding *d)
{
	struct run *r = d->run;
	struct str id = key_run(d->a, r->namespace, r->name);

	/* Child runs, whose parent holds a place, and retries never wait (SPEC 2.10). */
	if (r->parent.len || r->attempt > 1) {
		commit_index(d->c, STR(KEY_RUNS_ACTIVE), id, d->now_ms);
		return true;
	}
	if (!d->w->full) {
		commit_enter(d->c, id, d->w->limits->active_runs);
		return true;
	}
	r->phase = RUN_WAITING;
	commit_wait(d->c, id, d->w->limits->active_runs);
	d->changed = true;
	return false;
}

static void begin(struct deciding *d)
{
	struct run *r = d->run;
	struct message m;

	commit_count(d->c, STR(KEY_COUNTERS), STR(COUNTER_PENDING), -1);
	r->phase = RUN_RUNNING;
	r->start_ms = r->again_ms = d->now_ms;
	d->changed = true;
	if (r->max_tokens)
		commit_account(d->c, account_run(d->a, r->namespace, r->name), r->max_tokens);
	if (r->timeout_seconds)
		commit_after(d->c, TIMERS_RUNS, timer_name(d, "timeout", STR(""), r->attempt),
			     r->timeout_seconds * 1000);
	m = about_run(d, MSG_RUN_STARTED);
	m.attempt = r->attempt;
	if (r->trigger.len)
		m.trigger = r->trigger;
	if (r->parent.len)
		m.parent = r->parent;
	tell_events(d, &m);
	run_advance(d);
}

static enum fail start_agent_run(struct deciding *d, struct why *why)
{
	struct run *r = d->run;
	const struct object *o = d->w->object(d->w->arg, KIND_AGENT, r->namespace, r->agent);
	struct agent agent;
	struct str fault;

	if (!o) {
		look_again(d, RUN_AGENT_PATIENCE_MS, "AgentNotFound",
			   arena_printf(d->a, "there is no ArkAgent '%.*s' in namespace '%.*s'",
					STR_ARG(r->agent), STR_ARG(r->namespace)));
		return FAIL_NONE;
	}
	fault = d->w->fault(d->w->arg, o);
	if (!fault.len && agent_load(d->a, o->spec, &agent, why))
		fault = why_str(why);
	if (fault.len) {
		look_again(d, RUN_TEAM_PATIENCE_MS, "TeamNotReady",
			   arena_printf(d->a, "ArkAgent '%.*s': %.*s", STR_ARG(r->agent),
					STR_ARG(fault)));
		return FAIL_NONE;
	}
	if (!take_place(d))
		return FAIL_NONE;
	/* Its timeoutSeconds is the agent's (SPEC 9.2), of which waiting is no part (6.5): the
	 * worker has the clock, and the run no timer. */
	r->step_count = 1;
	r->steps = ARENA_NEW(d->a, struct step_state);
	r->steps[0].name = r->steps[0].role = STR("agent"); /* SPEC 9.20 */
	begin(d);
	return FAIL_NONE;
}

/* 3. *ret_merged: the team's input under the run's own (SPEC 8.2). */
static bool check_input(struct deciding *d, const struct object *o, struct value *ret_merged,
			struct why *why)
{
	const struct team *team = &d->plan->team;
	struct str given_json = kept(d, &d->run->input);
	struct run_input input;
	struct value given;

	if (d->missing)
		return false;
	if (json_parse(d->a, given_json, JSON_STRICT, JSON_MAX_DEPTH, &given, why))
		return false;
	if (given.kind != VALUE_MAP) {
		why_write(why, "input: expected object, got %s", value_kind_name(given.kind));
		return false;
	}
	*ret_merged = value_merge(d->a, value_get(o->spec, STR("input")), &given);
	return !run_input_resolve(d->a, team->inputs, team->input_count, ret_merged, &input,
				  why);
}

/* A bound that nothing reaches, and that a commit can carry. */
static int64_t at_most(int64_t n, int64_t max)
{
	return n < max ? n : max;
}

/* 5. Not before the run starts: until then the team may change. */
static void fix_plan(struct deciding *d, const struct object *o, struct str json,
		     const struct value *input)
{
	const struct plan *plan = d->plan;
	struct run *r = d->run;

	if (value_count(value_get(o->spec, STR("input"))))
		keep_instead(d, &r->input,
			     keep_text(d, "input-fixed", STR("-"), json_text(d->a, input)));
	r->plan_key = key_plan(d->a, json);
	commit_text(d->c, r->plan_key, d->w->limits->output_retention_ms, json);
	r->max_tokens = at_most(plan->team.max_tokens, RUN_MAX_TOKENS);
	r->timeout_seconds = at_most(plan->team.timeout_seconds, LIMIT_MAX_MS / 1000);
	r->step_count = plan->step_count;
	r->steps = ARENA_ARRAY(d->a, plan->step_count, struct step_state);
	for (size_t i = 0; i < plan->step_count; i++) {
		r->steps[i].name = plan->steps[i].name;
		r->steps[i].role = plan->steps[i].role;
	}
}

static enum fail start_team_run(struct deciding *d, struct why *why)
{
	struct run *r = d->run;
	const struct object *o = d->w->object(d->w->arg, KIND_TEAM, r->namespace, r->team);
	struct value snapshot, input;
	struct str fault, json;

	if (!o) {
		look_again(d, RUN_AGENT_PATIENCE_MS, "TeamNotFound",
			   arena_printf(d->a, "there is no ArkTeam '%.*s' in namespace '%.*s'",
					STR_ARG(r->team), STR_ARG(r->namespace)));
		return FAIL_NONE;
	}
	fault = d->w->fault(d->w->arg, o);
	if (!fault.len) {
		snapshot = team_snapshot(d->a, r->team, o->generation, o->spec);
		json = json_text(d->a, &snapshot);
		d->plan = d->w->plan_of(d->w->arg, json, why);
		fault = d->plan ? STR("") : why_str(why);
	}
	if (fault.len) {
		look_again(d, RUN_TEAM_PATIENCE_MS, "TeamNotReady",
			   arena_printf(d->a, "ArkTeam '%.*s': %.*s", STR_ARG(r->team),
					STR_ARG(fault)));
		return FAIL_NONE;
	}
	if (!check_input(d, o, &input, why)) {
		if (!d->missing)
			run_fail(d, "InvalidInput", why_str(why));
		return FAIL_NONE;
	}
	if (!take_place(d))
		return FAIL_NONE;
	fix_plan(d, o, json, &input);
	begin(d);
	return FAIL_NONE;
}

enum fail run_try_start(struct deciding *d, struct why *why)
{
	if (d->m->type == MSG_RUN_REQUESTED) {
		if (!!d->m->team.len == !!d->m->agent.len)
			return failf(why, FAIL_INPUT,
				     "run.requested: exactly one of team and agent");
		run_new(d);
	}
	return d->run->agent.len ? start_agent_run(d, why) : start_team_run(d, why);
}
