/*
 * Welcome to ark-runner: the life of runs.
 *
 * It reads the inbox `runs`, in which everybody says what may move a run, and decides what follows:
 * tasks for agents, events for the readers of a run, facts for those who tell the outside world.
 * The decisions are in run_decide.c and the files around it, and are pure; the loop that feeds them
 * and commits what they say is common/stream/decider.c. This file wires the two together.
 *
 * Any number of ark-runners may work on one inbox. They keep nothing that Redis does not have.
 */
#include "process/process.h"
#include "runner/sweep.h"
#include "runner/workers.h"
#include "runner/world_shell.h"
#include "stream/decider.h"
#include "stream/keys.h"
#include "stream/link.h"

enum { READER_INBOX, READER_OBJECTS, READERS };

struct runner {
	struct process *process;
	struct link *link;
	struct objects *objects;
	struct decider *decider;
	struct sweep *sweep;
	struct workers *workers;
	struct world_shell world;
	struct condition *has_objects, *has_inbox;
};

/* Namespace and name of the run that a message is about. A timer has them in its name. */
static bool run_of(const struct message *m, struct str *ret_namespace, struct str *ret_run)
{
	struct str rest = m->timer, run;

	*ret_namespace = m->namespace;
	*ret_run = m->run;
	if (m->type != MSG_TIMER_FIRED)
		return m->namespace.len && m->run.len;
	return str_next(&rest, '|', &run) && str_next(&rest, '|', &run) &&
	       str_cut(run, '.', ret_namespace, ret_run);
}

static enum fail decide(void *arg, struct decision *d, struct why *why)
{
	struct runner *r = arg;
	struct world world;
	const struct bag_state *state;
	struct str namespace, name, key;
	struct run run = {.attempt = 0};
	bool changed;
	enum fail f = FAIL_NONE;

	world = world_shell_for(&r->world, d->bag, d->arena, d->full);
	if (!run_of(d->message, &namespace, &name))
		return failf(why, FAIL_INPUT, "%s: which run?", message_name(d->message->type));
	key = key_run_state(d->arena, namespace, name);
	state = bag_state(d->bag, d->arena, key);
	if (!state)
		return FAIL_NONE;
	if (state->version)
		f = run_decode(d->arena, state->data, &run, why);
	if (!f)
		f = run_decide(d->arena, &run, d->message, &world, d->commit, &changed, why);
	if (f)
		return f;
	/* Also what changes nothing was decided on this version: a stale one must not drop it. */
	if (changed && run_is_terminal(&run))
		commit_state_last(d->commit, key, state->version, run_encode(d->arena, &run));
	else if (changed)
		commit_state(d->commit, key, state->version, run_encode(d->arena, &run));
	else
		commit_check(d->commit, key, state->version);
	return FAIL_NONE;
}

static void inbox_state(void *arg, bool working, struct str reason)
{
	struct runner *r = arg;

	if (working)
		condition_met(r->has_inbox);
	else
		condition_missing(r->has_inbox, reason);
}

/* Decisions need the objects: the inbox is read once they are here. */
static void on_objects(void *arg)
{
	struct runner *r = arg;

	condition_met(r->has_objects);
	if (link_is_up(r->link))
		decider_up(r->decider);
}

static void on_up(void *arg, bool changed)
{
	struct runner *r = arg;

	if (changed)
		decider_forget(r->decider);
	objects_up(r->objects);
	sweep_up(r->sweep);
	workers_up(r->workers);
}

static void on_down(void *arg)
{
	struct runner *r = arg;

	objects_down(r->objects);
	decider_down(r->decider);
	sweep_down(r->sweep);
	workers_down(r->workers);
}

static enum fail start(struct process *p, void *arg, struct why *why)
{
	struct runner *r = arg;
	struct link_plan link = {.readers = READERS,
				 .loads_library = true,
				 .up = on_up,
				 .down = on_down,
				 .arg = r};
	struct objects_plan objects = {.kinds = 1u << KIND_AGENT | 1u << KIND_TEAM |
						1u << KIND_REGISTRY | 1u << KIND_SETTINGS,
				       .ready = on_objects,
				       .arg = r};
	struct decider_plan decider = {.stream = STREAM_RUNS,
				       .group = GROUP_RUNNER,
				       .timers = {TIMERS_RUNS, TIMERS_TASKS},
				       .decide = decide,
				       .state = inbox_state,
				       .arg = r};
	enum fail f;

	r->process = p;
	r->has_objects = process_condition(p, "objects");
	r->has_inbox = process_condition(p, "inbox");
	world_shell_init(&r->world, &p->limits);
	f = link_new(p, &link, &r->link, why);
	if (f)
		return f;
	objects.commands = decider.commands = link_commands(r->link);
	objects.reads = link_reader(r->link, READER_OBJECTS);
	decider.reads = link_reader(r->link, READER_INBOX);
	decider.me = link_name(r->link);
	r->objects = objects_new(p->base, &objects, p->metrics);
	r->world.objects = r->objects;
	r->decider = decider_new(p->base, &decider, p->metrics);
	r->sweep = sweep_new(p->base, link_commands(r->link), &p->limits, p->metrics);
	r->workers = workers_new(p->base, link_commands(r->link), p->limits.worker_lease_ms,
				 p->metrics);
	r->world.workers = r->workers;
	return FAIL_NONE;
}

static void on_drained(void *arg)
{
	struct runner *r = arg;

	process_drained(r->process);
}

static void drain(struct process *p, void *arg)
{
	struct runner *r = arg;

	(void)p;
	decider_drain(r->decider, on_drained, r);
}

static void stop(struct process *p, void *arg)
{
	struct runner *r = arg;

	(void)p;
	link_free(r->link);
	decider_free(r->decider);
	objects_free(r->objects);
	sweep_free(r->sweep);
	workers_free(r->workers);
	world_shell_release(&r->world);
}

int main(int argc, char **argv)
{
	struct runner r = {.process = NULL};
	const struct process_plan plan = {
		.name = "ark-runner",
		.about = "Runs teams and agents: decides what each message means for a run.",
		.start = start,
		.drain = drain,
		.stop = stop,
		.arg = &r,
	};

	return process_main(&plan, argc, argv);
}
