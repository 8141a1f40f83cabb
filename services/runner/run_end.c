/* How runs and steps end (SPEC 9.11, 9.12, 9.15, 9.18). */
#include "runner/deciding.h"

#include "base/utf8.h"
#include "stream/keys.h"

static void keep_on_text(struct deciding *d, const struct kept_text *t)
{
	if (t->key.len)
		commit_ttl(d->c, t->key, d->w->limits->output_retention_ms);
}

/* What a reader or a retry needs is kept as long from now as the record is (SPEC 8.14, 9.19). */
static void keep_on(struct deciding *d)
{
	const struct run *r = d->run;

	if (r->plan_key.len)
		commit_ttl(d->c, r->plan_key, d->w->limits->output_retention_ms);
	keep_on_text(d, &r->input);
	keep_on_text(d, &r->output);
	for (size_t i = 0; i < r->step_count; i++)
		keep_on_text(d, &r->steps[i].output);
}

/* The run gives its place away. Its events expire, the sweep takes the rest (SPEC 8.14). */
static void leave(struct deciding *d)
{
	struct run *r = d->run;
	struct str id = key_run(d->a, r->namespace, r->name);

	r->end_ms = d->now_ms;
	if (r->timeout_seconds)
		commit_untimer(d->c, TIMERS_RUNS,
			       timer_name(d, "timeout", STR(""), r->attempt));
	commit_leave(d->c, id, d->w->limits->active_runs);
	if (r->trigger.len)
		commit_unindex(d->c, key_event_runs(d->a, r->namespace, r->trigger), id);
	keep_on(d);
	d->changed = true;
}

static struct message end_message(struct deciding *d, enum message_type type)
{
	struct message m = about_run(d, type);
	const struct run *r = d->run;

	if (r->trigger.len)
		m.trigger = r->trigger;
	if (r->parent.len)
		m.parent = r->parent;
	m.depth = r->depth;
	m.attempt = r->attempt;
	m.input_tokens = r->usage.input_tokens;
	m.output_tokens = r->usage.output_tokens;
	m.estimated = r->usage.estimated;
	m.duration_ms = r->again_ms && d->now_ms > r->again_ms ? d->now_ms - r->again_ms : 0;
	return m;
}

static void tell_end(struct deciding *d, struct message *event, struct message *flow)
{
	flow->input_tokens = event->input_tokens;
	flow->output_tokens = event->output_tokens;
	flow->estimated = event->estimated;
	flow->duration_ms = event->duration_ms;
	tell_readers(d, flow);
	/* After the event: it may be the first, and a stream that is not there cannot expire. */
	commit_ttl(d->c, key_run_stream(d->a, d->run->namespace, d->run->name),
		   d->w->limits->run_event_retention_ms);
	tell_events(d, event);
}

void run_fail(struct deciding *d, const char *reason, struct str message)
{
	struct run *r = d->run;
	struct message event, flow;

	if (r->phase == RUN_LOOKING || r->phase == RUN_WAITING)
		commit_count(d->c, STR(KEY_COUNTERS), STR(COUNTER_PENDING), -1);
	r->phase = RUN_FAILED;
	r->reason = str_of(reason);
	r->message = short_message(d, message);
	event = end_message(d, MSG_RUN_FAILED);
	flow = about_run(d, MSG_FLOW_FAILED);
	event.reason = flow.reason = r->reason;
	if (r->message.len)
		event.message = flow.message = r->message;
	if (r->failed_step.len)
		event.failed_step = r->failed_step;
	leave(d);
	tell_end(d, &event, &flow);
}

/* SPEC 8.8 */
static struct kept_text default_output(struct deciding *d)
{
	const struct step_state *last = NULL;
	size_t lasts = 0;

	for (size_t i = 0; i < d->run->step_count; i++)
		if (plan_step_of(d, &d->run->steps[i])->is_last) {
			last = &d->run->steps[i];
			lasts++;
		}
	return lasts == 1 && kept_is_there(&last->output) ? last->output
							  : (struct kept_text){.text = STR("")};
}

void run_finish(struct deciding *d)
{
	struct run *r = d->run;
	struct message event, flow;
	struct why why = {""};
	struct str text, shown;

	if (d->plan && d->plan->output.parsed) {
		struct value root = run_root(d, &d->plan->output, NULL, STR(""));

		if (d->missing)
			return;
		if (run_render(d, &d->plan->output, &root, false, &text, &why)) {
			run_fail(d, "OutputTemplateError",
				 arena_printf(d->a, "template: spec.output: %s", why.text));
			return;
		}
		r->output = keep_text(d, "output", STR("-"), text);
	} else {
		r->output = default_output(d);
		text = kept(d, &r->output);
		if (d->missing)
			return;
	}
	r->phase = RUN_SUCCEEDED;
	r->reason = STR("Succeeded");
	r->message = STR("");
	event = end_message(d, MSG_RUN_SUCCEEDED);
	flow = about_run(d, MSG_FLOW_COMPLETED);
	shown = utf8_cut(text, ENTRY_SHOWN_BYTES);
	flow.output = shown.len ? shown : STR("");
	flow.truncated = shown.len < text.len;
	leave(d);
	tell_end(d, &event, &flow);
}

/* --- steps ------------------------------------------------------------------------------------------ */

/* A queued task is found marked by whoever claims it; a running one at its next commit, and at
 * once by mail (SPEC 7.11). */
static void stop_task(struct deciding *d, struct step_state *s)
{
	struct message m = about_run(d, MSG_TASK_CANCELLED);

	if (!s->task.len)
		return;
	step_taken(d, s);
	commit_mark(d->c, key_task(d->a, s->task), "cancelled");
	if (s->worker.len) {
		m.task = s->task;
		commit_wake(d->c, s->worker, &m);
	}
	s->task = STR("");
}

struct str step_message(struct deciding *d, const char *reason, struct str message)
{
	return short_message(d, arena_printf(d->a, "%s: %.*s", reason, STR_ARG(message)));
}

static void step_over(struct deciding *d, struct step_state *s, const char *reason,
		      struct str message)
{
	struct message m = about_run(d, MSG_STEP_FAILED);

	stop_task(d, s);
	s->phase = STEP_FAILED;
	s->reason = str_of(reason);
	s->message = step_message(d, reason, message); /* SPEC 9.10 */
	s->end_ms = d->now_ms;
	m.step = s->name;
	m.reason = s->reason;
	m.message = s->message;
	tell_readers(d, &m);
	d->changed = true;
}

void run_stop_steps(struct deciding *d, struct str why)
{
	for (size_t i = 0; i < d->run->step_count; i++)
		if (step_is_active(&d->run->steps[i]))
			step_over(d, &d->run->steps[i], "Cancelled", why);
}

/* SPEC 9.15: also steps that have not started are unfinished. */
void run_time_out(struct deciding *d)
{
	struct str words = arena_printf(d->a, "not done after %llds (spec.timeoutSeconds)",
					(long long)d->run->timeout_seconds);

	for (size_t i = 0; i < d->run->step_count; i++) {
		struct step_state *s = &d->run->steps[i];

		if (step_is_terminal(s))
			continue;
		if (!d->run->failed_step.len)
			d->run->failed_step = s->name;
		step_over(d, s, "TimedOut", words);
	}
	run_fail(d, "TimedOut", words);
}

/* Reasons of a step that the run takes over as they are (SPEC 9.11, 9.15). */
static bool is_reason_of_run(const char *reason)
{
	struct str r = str_of(reason);

	return str_is(r, "BudgetExceeded") || str_is(r, "DailyLimitReached") ||
	       str_is(r, "RoutingFailed") || str_is(r, "TimedOut");
}

/* SPEC 9.11: when a step fails no new one starts and running ones are cancelled. */
void step_fail(struct deciding *d, struct step_state *s, const char *reason, struct str message)
{
	struct str words;

	step_over(d, s, reason, message);
	if (!d->run->failed_step.len)
		d->run->failed_step = s->name;
	run_stop_steps(d, arena_printf(d->a, "step %.*s failed", STR_ARG(s->name)));
	words = d->plan ? arena_printf(d->a, "step %.*s: %.*s", STR_ARG(s->name),
				       STR_ARG(s->message))
			: s->message;
	run_fail(d,
		 is_reason_of_run(reason) ? reason
		 : d->plan		  ? "StepFailed"
					  : "AgentFailed",
		 words);
}
