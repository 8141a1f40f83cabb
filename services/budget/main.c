/*
 * Welcome to ark-budget: what model calls cost.
 *
 * Callers of models settle each call themselves (the ledger functions of common/stream/library.lua)
 * and say so in the inbox `spend`; so this daemon being away stops nobody. It adds up usage and
 * cost of each run, and of each team, agent and model by day (ledger.c), a whole batch in one
 * commit. It also fires the timers of reservations that nobody renewed: they are charged whole
 * (SPEC 15.10).
 *
 * Any number of ark-budgets may work on one inbox.
 */
#include "budget/ledger.h"
#include "process/process.h"
#include "stream/decider.h"
#include "stream/keys.h"
#include "stream/link.h"

struct budget {
	struct process *process;
	struct link *link;
	struct decider *decider;
	struct condition *has_inbox;
	struct series *expired;
	int64_t trim_mono_ms; /* when records were trimmed last */
};

enum {
	TRIM_EVERY_MS = 1000,
	REST_MS = 100, /* sums are for people: calls of that time are added up together */
};

/* The call of a timer `expire|<call>`, as the library sets it. */
static bool expired_call(const struct message *m, struct str *ret_call)
{
	struct str what;

	return m->type == MSG_TIMER_FIRED && str_cut(m->timer, '|', &what, ret_call) &&
	       str_is(what, "expire");
}

static enum fail decide(void *arg, struct decision *d, struct why *why)
{
	const struct budget *b = arg;
	struct ledger ledger = LEDGER(d->arena);
	struct str call;

	for (size_t i = 0; i < d->count; i++) {
		const struct message *m = &d->messages[i];

		if (m->type == MSG_CALL_SETTLED)
			ledger_add(&ledger, m);
		else if (expired_call(m, &call))
			commit_lapse(d->commit, call);
		else
			return failf(why, FAIL_INPUT, "%s: not a matter of spend",
				     message_name(m->type));
	}
	ledger_write(&ledger, &b->process->limits, d->commit);
	ledger_tell(&ledger, &b->process->limits, d->bag, d->commit);
	return FAIL_NONE;
}

/* SPEC 15.13: records go by age and number. */
static void trim_records(struct budget *b, struct arena *a)
{
	const struct limits *limits = &b->process->limits;
	struct command c = command_begin(a, "FCALL");

	if (process_mono_ms() - b->trim_mono_ms < TRIM_EVERY_MS)
		return;
	b->trim_mono_ms = process_mono_ms();
	command_adds(&c, "ark_1_trim_facts");
	command_addi(&c, 0);
	command_adds(&c, STREAM_LEDGER);
	command_addi(&c, limits->spend_retention_ms);
	command_addi(&c, limits->spend_records);
	redis_send(link_commands(b->link), &c, NULL, NULL);
}

static void committed(void *arg, const struct decision *d)
{
	struct budget *b = arg;
	struct str call;

	for (size_t i = 0; i < d->count; i++)
		if (expired_call(&d->messages[i], &call))
			metric_add(b->expired, 1);
	trim_records(b, d->arena);
}

static void inbox_state(void *arg, bool working, struct str reason)
{
	const struct budget *b = arg;

	if (working)
		condition_met(b->has_inbox);
	else
		condition_missing(b->has_inbox, reason);
}

static void on_up(void *arg, bool changed)
{
	const struct budget *b = arg;

	if (changed)
		decider_forget(b->decider);
	decider_up(b->decider);
}

static void on_down(void *arg)
{
	const struct budget *b = arg;

	decider_down(b->decider);
}

static enum fail start(struct process *p, void *arg, struct why *why)
{
	struct budget *b = arg;
	struct link_plan link = {
		.readers = 1, .loads_library = true, .up = on_up, .down = on_down, .arg = b};
	struct decider_plan decider = {.stream = STREAM_SPEND,
				       .group = GROUP_BUDGET,
				       .timers = {TIMERS_SPEND},
				       .all_at_once = true,
				       .rest_ms = REST_MS,
				       .decide = decide,
				       .committed = committed,
				       .state = inbox_state,
				       .arg = b};
	enum fail f;

	b->process = p;
	b->has_inbox = process_condition(p, "inbox");
	b->expired =
		metric_at(metrics_counter(p->metrics, "ark_budget_reservations_total",
					  "Reservations, by how they ended here.", "outcome"),
			  LABELS(STR("expired")));
	f = link_new(p, &link, &b->link, why);
	if (f)
		return f;
	decider.commands = link_commands(b->link);
	decider.reads = link_reader(b->link, 0);
	decider.me = link_name(b->link);
	b->decider = decider_new(p->base, &decider, p->metrics);
	return FAIL_NONE;
}

static void on_drained(void *arg)
{
	const struct budget *b = arg;

	process_drained(b->process);
}

static void drain(struct process *p, void *arg)
{
	struct budget *b = arg;

	(void)p;
	decider_drain(b->decider, on_drained, b);
}

static void stop(struct process *p, void *arg)
{
	const struct budget *b = arg;

	(void)p;
	link_free(b->link);
	decider_free(b->decider);
}

int main(int argc, char **argv)
{
	struct budget b = {.process = NULL};
	const struct process_plan plan = {
		.name = "ark-budget",
		.about = "Adds up what model calls use and cost.",
		.start = start,
		.drain = drain,
		.stop = stop,
		.arg = &b,
	};

	return process_main(&plan, argc, argv);
}
