#include "reconciler/facts.h"

#include "runs/run.h"

static bool is_run_fact(const struct message *m)
{
	return m->type == MSG_RUN_STARTED || m->type == MSG_RUN_SUCCEEDED ||
	       m->type == MSG_RUN_FAILED || m->type == MSG_RUN_RETRIED ||
	       m->type == MSG_RUN_NOTED;
}

bool fact_needs_run(const struct message *m)
{
	return is_run_fact(m) && m->type != MSG_RUN_NOTED && m->team.len && !m->parent.len;
}

size_t fact_subjects(const struct message *m, struct fact_subject ret[FACT_SUBJECTS])
{
	size_t n = 0;

	if (is_run_fact(m))
		ret[n++] = (struct fact_subject){KIND_RUN, m->run};
	if (fact_needs_run(m))
		ret[n++] = (struct fact_subject){KIND_TEAM, m->team};
	if (m->type == MSG_TRIGGER_FIRED || m->type == MSG_FIRE_FAILED)
		ret[n++] = (struct fact_subject){KIND_EVENT, m->trigger};
	if (m->type == MSG_DELIVERY_ENDED)
		ret[n++] = (struct fact_subject){KIND_NOTIFY, m->policy};
	return n;
}

/* --- events of a run: SPEC 3.7 ----------------------------------------------------------------- */

/* Reasons of a failed run that are events by themselves; any other is RunFailed. */
static struct str failure_of(struct str reason)
{
	static const struct {
		const char *reason, *event;
	} events[] = {
		{"TimedOut", "RunTimedOut"},	    {"Cancelled", "RunCancelled"},
		{"InvalidInput", "InvalidInput"},   {"BudgetExceeded", "BudgetExceeded"},
		{"RoutingFailed", "RoutingFailed"}, {"DailyLimitReached", "DailyLimitReached"},
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (str_is(reason, events[i].reason))
			return str_of(events[i].event);
	return STR("RunFailed");
}

static void note_run(struct record *r, const struct message *m)
{
	struct str reason = m->reason;

	if (m->type == MSG_RUN_STARTED)
		reason = STR("RunStarted");
	else if (m->type == MSG_RUN_SUCCEEDED)
		reason = STR("RunSucceeded");
	else if (m->type == MSG_RUN_RETRIED)
		reason = STR("RunRetried");
	else if (m->type == MSG_RUN_FAILED)
		reason = failure_of(m->reason);
	record_note(r, reason, m->message, m->at_ms);
}

/* --- ArkTeam ------------------------------------------------------------------------------------ */

static void take_run(struct record *r, const struct message *m, int64_t created_ms)
{
	bool ended = m->type == MSG_RUN_SUCCEEDED || m->type == MSG_RUN_FAILED;
	bool same = str_eq(r->run, m->run);
	int64_t attempt = m->attempt ? m->attempt : 1;

	if (m->at_ms > r->active_ms)
		r->active_ms = m->at_ms;
	if (!created_ms || (!same && created_ms < r->run_created_ms))
		return;
	/* Of one run the later attempt is newer, and of one attempt its end. */
	if (same &&
	    (attempt < r->run_attempt || (attempt == r->run_attempt && r->run_ended && !ended)))
		return;
	r->run = m->run;
	r->run_created_ms = created_ms;
	r->run_attempt = attempt;
	r->run_ended = ended;
	r->run_phase = str_of(run_phase_name(m->type == MSG_RUN_SUCCEEDED ? RUN_SUCCEEDED
					     : m->type == MSG_RUN_FAILED  ? RUN_FAILED
									  : RUN_RUNNING));
}

/* --- ArkEvent ----------------------------------------------------------------------------------- */

static void take_fire(struct record *r, const struct message *m)
{
	if (m->type == MSG_TRIGGER_FIRED) {
		r->fired++;
		if (m->at_ms > r->fired_ms)
			r->fired_ms = m->at_ms;
		record_note(r, STR("PipelineFired"), m->runs, m->at_ms);
		return;
	}
	r->skipped++;
	record_note(r, str_is(m->reason, "ChainDepthExceeded") ? m->reason : STR("FireFailed"),
		    m->message, m->at_ms);
}

/* --- ArkNotify: outcomes are delivered, dead-lettered, suppressed and dropped -------------------- */

static void take_delivery(struct record *r, const struct message *m)
{
	struct record_dispatch *d;

	if (str_is(m->outcome, "suppressed")) { /* of an event, whatever its channels */
		r->suppressed++;
		return;
	}
	if (str_is(m->outcome, "dropped")) {
		record_note(r, STR("NotificationDropped"), m->message, m->at_ms);
		return;
	}
	d = record_dispatch(r, m->channel);
	if (d && m->at_ms >= d->at_ms) {
		d->at_ms = m->at_ms;
		d->event = m->event_type;
		d->attempts = m->attempt;
		d->succeeded = str_is(m->outcome, "delivered");
		d->error = d->succeeded ? STR("") : m->message;
	}
	if (str_is(m->outcome, "delivered")) {
		record_note(r, STR("NotificationSent"), m->event_type, m->at_ms);
		return;
	}
	r->dead_letters++;
	record_note(r, STR("NotificationDeadLettered"), m->message, m->at_ms);
}

void fact_take(struct record *r, enum kind kind, const struct message *m,
	       int64_t run_created_ms)
{
	if (kind == KIND_RUN)
		note_run(r, m);
	else if (kind == KIND_TEAM)
		take_run(r, m, run_created_ms);
	else if (kind == KIND_EVENT)
		take_fire(r, m);
	else if (kind == KIND_NOTIFY)
		take_delivery(r, m);
}
