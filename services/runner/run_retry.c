/* A failed run goes on (SPEC 9.19). */
#include "runner/deciding.h"

#include "stream/keys.h"

/* Marks the step and all that depend on it, directly or not. */
static void mark_dependents(const struct deciding *d, size_t step, bool *marked)
{
	bool again = true;

	marked[step] = true;
	while (again) {
		again = false;
		for (size_t i = 0; i < d->run->step_count; i++) {
			const struct step *s = plan_step_of(d, &d->run->steps[i])->step;

			for (size_t j = 0; s && !marked[i] && j < s->depends_on_count; j++)
				if (marked[s->depends_on[j].at])
					marked[i] = again = true;
		}
	}
}

static void reset(struct deciding *d, struct step_state *s)
{
	const struct kept_text none = {.bytes = 0};

	keep_instead(d, &s->prompt, none);
	keep_instead(d, &s->candidate, none);
	keep_instead(d, &s->output, none);
	/* Tokens keep adding up, and task ids stay unique. */
	*s = (struct step_state){
		.name = s->name,
		.role = s->role,
		.executions = s->executions,
		.usage = s->usage,
	};
}

/* SPEC 9.19. A run that failed before it started has no steps: it tries to start once more. */
enum fail run_retry(struct deciding *d, struct str step, struct why *why)
{
	struct run *r = d->run;
	bool *marked = ARENA_ARRAY(d->a, r->step_count, bool);
	struct message m = about_run(d, MSG_FLOW_RETRIED);
	bool started = r->step_count > 0;
	struct str id = key_run(d->a, r->namespace, r->name);

	if (r->phase != RUN_FAILED || (step.len && !run_step(r, step)))
		return FAIL_NONE;
	for (size_t i = 0; i < r->step_count; i++) {
		if (r->steps[i].phase == STEP_FAILED)
			marked[i] = true;
		if (step.len && str_eq(r->steps[i].name, step))
			mark_dependents(d, i, marked);
	}
	for (size_t i = 0; i < r->step_count; i++)
		if (marked[i])
			reset(d, &r->steps[i]);
	r->phase = started ? RUN_RUNNING : RUN_LOOKING;
	r->reason = r->message = r->failed_step = STR("");
	r->attempt++;
	r->again_ms = d->now_ms;
	r->end_ms = 0;
	d->changed = true;
	commit_unindex(d->c, STR(KEY_RUNS_ENDED), id);
	commit_index(d->c, STR(KEY_RUNS_ACTIVE), id, d->now_ms); /* never waits (SPEC 2.10) */
	if (r->trigger.len && !r->parent.len)
		commit_index(d->c, key_event_runs(d->a, r->namespace, r->trigger), id,
			     d->now_ms);
	commit_ttl(d->c, key_run_stream(d->a, r->namespace, r->name),
		   d->w->limits->output_retention_ms);
	if (!started)
		commit_count(d->c, STR(KEY_COUNTERS), STR(COUNTER_PENDING), 1);
	if (started && r->timeout_seconds)
		commit_after(d->c, TIMERS_RUNS, timer_name(d, "timeout", STR(""), r->attempt),
			     r->timeout_seconds * 1000);
	m.attempt = r->attempt;
	tell_readers(d, &m);
	m = about_run(d, MSG_RUN_RETRIED);
	m.attempt = r->attempt;
	tell_events(d, &m);
	if (!started)
		return run_try_start(d, why);
	run_advance(d);
	return FAIL_NONE;
}
