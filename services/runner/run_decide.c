#include "runner/run_decide.h"

#include "runner/deciding.h"
#include "runs/run_admit.h"

/* Agent runs have no plan: one step, nothing to check (SPEC 9.20). */
static const struct plan_step agent_step = {
	.name = STR_INIT("agent"), .role = STR_INIT("agent"), .is_last = true};

const struct plan_step *plan_step_of(const struct deciding *d, const struct step_state *s)
{
	size_t i = (size_t)(s - d->run->steps);

	return d->plan ? &d->plan->steps[i] : &agent_step;
}

static void on_task_started(struct deciding *d)
{
	struct step_state *s = run_step(d->run, d->m->step);

	if (!s || !str_eq(s->task, d->m->task) || d->run->phase != RUN_RUNNING)
		return;
	step_taken(d, s);
	s->worker = d->m->worker;
	if (s->phase == STEP_WARMING_UP)
		s->phase = s->kind == TASK_VALIDATE ? STEP_VALIDATING : STEP_RUNNING;
	if (!s->start_ms)
		s->start_ms = d->now_ms;
	d->changed = true;
}

/* Its worker died, or left it in the queue: what was under way is waited for again. */
static void on_task_waiting(struct deciding *d)
{
	struct step_state *s = run_step(d->run, d->m->step);

	if (s && d->run->phase == RUN_RUNNING && str_eq(s->task, d->m->task) && !s->stranded)
		step_strand(d, s);
}

/* Usage that comes after the end corrects the totals, without another event (SPEC 9.12). */
static void on_task_finished(struct deciding *d)
{
	const struct message *m = d->m;
	struct step_state *s = run_step(d->run, m->step);

	if (s && d->run->phase == RUN_RUNNING && str_eq(s->task, m->task)) {
		step_taken(d, s);
		step_answered(d, s, plan_step_of(d, s));
		return;
	}
	if (!s || (!m->input_tokens && !m->output_tokens))
		return;
	usage_count(&s->usage, m->input_tokens, m->output_tokens, m->estimated);
	usage_count(&d->run->usage, m->input_tokens, m->output_tokens, m->estimated);
	d->changed = true;
}

/* SPEC 10.2. With a worker alive the task only waits for its turn. */
static void on_warmup(struct deciding *d, struct step_state *s, int64_t execution)
{
	if (!s || !s->stranded || s->executions != execution)
		return;
	if (d->w->lives(d->w->arg, d->run->namespace, s->agent))
		step_taken(d, s);
	else
		step_fail(d, s, "AgentNotReady",
			  arena_printf(d->a, "no worker took the task within %llds",
				       (long long)d->w->limits->warmup_timeout_ms / 1000));
}

static enum fail on_timer(struct deciding *d, struct why *why)
{
	struct str rest = d->m->timer, what, run, step, number;
	int64_t n;

	if (!str_next(&rest, '|', &what) || !str_next(&rest, '|', &run) ||
	    !str_next(&rest, '|', &step) || !str_next(&rest, '|', &number) ||
	    !str_to_i64(number, &n))
		return failf(why, FAIL_INPUT, "timer: not <what>|<run>|<step>|<number>");
	if (str_is(what, "look") && d->run->phase == RUN_LOOKING)
		return run_try_start(d, why);
	if (str_is(what, "warmup") && d->run->phase == RUN_RUNNING)
		on_warmup(d, run_step(d->run, step), n);
	if (str_is(what, "timeout") && d->run->phase == RUN_RUNNING && n == d->run->attempt)
		run_time_out(d);
	return FAIL_NONE;
}

static void on_cancelled(struct deciding *d)
{
	struct str words = d->m->message.len ? d->m->message : STR("cancelled on request");

	if (run_is_terminal(d->run))
		return;
	run_stop_steps(d, words);
	run_fail(d, "Cancelled", words);
}

/*
 * A run that has no state was swept, or another runner is still busy with its run.requested: then
 * its mark is there, and a wish to cancel it must not get lost. It stays pending, and comes back.
 */
static enum fail on_unknown(struct deciding *d)
{
	struct str mark = {NULL, 0};

	if (d->m->type == MSG_RUN_CANCELLED &&
	    d->w->text(d->w->arg, key_run_mark(d->a, d->m->namespace, d->m->run), &mark) &&
	    mark.len)
		commit_keep(d->c);
	return FAIL_NONE;
}

static enum fail dispatch(struct deciding *d, bool exists, struct why *why)
{
	if (d->m->type != MSG_RUN_REQUESTED && !exists)
		return on_unknown(d);
	switch (d->m->type) {
	case MSG_RUN_REQUESTED: return exists ? FAIL_NONE : run_try_start(d, why);
	case MSG_RUN_ADMITTED:
		return d->run->phase == RUN_WAITING ? run_try_start(d, why) : FAIL_NONE;
	case MSG_RUN_CANCELLED: on_cancelled(d); return FAIL_NONE;
	case MSG_RUN_RETRIED: return run_retry(d, d->m->step, why);
	case MSG_TASK_WAITING: on_task_waiting(d); return FAIL_NONE;
	case MSG_TASK_STARTED: on_task_started(d); return FAIL_NONE;
	case MSG_TASK_FINISHED: on_task_finished(d); return FAIL_NONE;
	case MSG_TIMER_FIRED: return on_timer(d, why);
	case MSG_TASK_REQUESTED:
	case MSG_STEP_STARTED:
	case MSG_TOKEN:
	case MSG_TOKEN_RESET:
	case MSG_STEP_COMPLETED:
	case MSG_STEP_SKIPPED:
	case MSG_STEP_FAILED:
	case MSG_FLOW_COMPLETED:
	case MSG_FLOW_FAILED:
	case MSG_FLOW_RETRIED:
	case MSG_RUN_STARTED:
	case MSG_RUN_SUCCEEDED:
	case MSG_RUN_FAILED:
	case MSG_RUN_NOTED:
	case MSG_TRIGGER_FIRED:
	case MSG_FIRE_FAILED:
	case MSG_DELIVERY_ENDED:
	case MSG_CALL_SETTLED:
	case MSG_CALL_PRICED:
	case MSG_DELIVERY_REQUESTED:
	case MSG_OBJECT_CHANGED:
	case MSG_OBJECT_DELETED:
	case MSG_TASK_CANCELLED:
	case MSG_ENTRY_PARKED:
	case MSG_COUNT: break;
	}
	return failf(why, FAIL_INPUT, "%s does not belong into runs", message_name(d->m->type));
}

/* Finds the plan of a run that goes on; one that is over needs none. False: there
 * is nothing else to decide. */
static bool find_plan(struct deciding *d)
{
	struct run *r = d->run;
	struct why gone = {""};

	if (!r->plan_key.len || (r->phase != RUN_RUNNING && d->m->type != MSG_RUN_RETRIED))
		return true;
	if (!d->w->plan(d->w->arg, r->plan_key, &d->plan, &gone))
		return false; /* not here yet */
	if (d->plan)
		return true;
	/* Without its plan a run can only end. */
	if (!run_is_terminal(r)) {
		run_stop_steps(d, why_str(&gone));
		run_fail(d, "StateLost", why_str(&gone));
	}
	return false;
}

enum fail run_decide(struct arena *a, struct run *run, const struct message *m,
		     const struct world *w, struct commit *c, bool *ret_changed,
		     struct why *why)
{
	struct deciding d = {.a = a, .run = run, .m = m, .w = w, .c = c, .now_ms = m->at_ms};
	bool exists = run->name.len > 0;
	enum fail f = FAIL_NONE;

	if (find_plan(&d)) {
		if (d.plan && d.plan->step_count != run->step_count)
			return failf(why, FAIL_INPUT,
				     "state of a run: %zu steps, but its plan has %zu",
				     run->step_count, d.plan->step_count);
		f = dispatch(&d, exists, why);
	}
	*ret_changed = d.changed && !d.missing;
	return f;
}
