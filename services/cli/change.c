/*
 * `ark cancel` and `ark retry`: SPEC 21.11, 9.18, 9.19. Both say to the runner that somebody wants
 * it, in the inbox that everything else about runs goes through.
 */
#include <stdio.h>

#include "cli/change.h"
#include "cli/follow.h"
#include "cli/verbs.h"
#include "process/clock.h"
#include "stream/keys.h"

struct change_options {
	struct str step;
	bool wait;
};

enum { TAKEN_MS = 30000, LOOK_MS = 100 };

#define WAIT_ROW                                                                               \
	{                                                                                      \
		.name = "wait", .type = ARG_SWITCH,                                            \
		.at = ARG_AT_SWITCH(struct change_options, wait),                              \
		.help = "wait until it has happened"                                           \
	}
static const struct arg cancel_flags[] = {WAIT_ROW};
static const struct arg retry_flags[] = {
	{.name = "step",
	 .type = ARG_TEXT,
	 .at = ARG_AT_TEXT(struct change_options, step),
	 .value = "STEP",
	 .help = "run this step again, too, and all that depend on it"},
	WAIT_ROW,
};

int change_say(struct cli *c, struct redis_sync *r, struct str stream, const struct message *m)
{
	struct commit_result result;
	struct commit commit;
	int code;

	commit_begin(&commit, &c->arena, COMMIT, NULL);
	commit_append(&commit, stream, m);
	/* A request that is replayed: it was taken out of the count when it was given up. */
	if (m->type == MSG_RUN_REQUESTED)
		commit_count(&commit, STR(KEY_COUNTERS), STR(COUNTER_PENDING), 1);
	code = store_commit(c, r, &commit, &result);
	if (!code && result.verdict != COMMITTED)
		code = cli_fail(c, EXIT_MISSING, "Redis: %s", result.why.text);
	return code;
}

/* Waits until the runner has taken the wish: the run ended, or a new attempt began. */
static int wait_taken(struct cli *c, struct redis_sync *r, const struct run *before,
		      bool cancel)
{
	int64_t until_ms = process_mono_ms() + TAKEN_MS;
	struct str stream =
		key_full(&c->arena, key_run_stream(&c->arena, before->namespace, before->name));

	for (;;) {
		struct command block = command_begin(&c->arena, "XREAD");
		struct run_record record;
		const struct reply *reply;
		int code = store_run(c, r, before->namespace, before->name, &record);

		if (code)
			return code;
		if (record.found != RUN_THERE ||
		    (cancel ? run_is_terminal(&record.run)
			    : record.run.attempt > before->attempt))
			return EXIT_GOOD;
		if (process_mono_ms() > until_ms)
			return cli_fail(c, EXIT_LATE,
					"nothing happened yet: is ark-runner up?");
		command_adds(&block, "BLOCK");
		command_addi(&block, LOOK_MS);
		command_adds(&block, "STREAMS");
		command_add(&block, stream);
		command_adds(&block, "$");
		code = redis_ask(c, r, &block, &reply);
		if (code)
			return code;
	}
}

static int cancel(struct cli *c, struct redis_sync *r, const struct run *run,
		  const struct change_options *o)
{
	const struct message m = {.type = MSG_RUN_CANCELLED,
				  .namespace = run->namespace,
				  .run = run->name,
				  .by = STR("cli")};
	int code;

	if (run_is_terminal(run))
		return cli_fail(c, EXIT_BAD, "run %.*s has ended already: %s",
				STR_ARG(run->name), run_phase_name(run->phase));
	code = change_say(c, r, STR(STREAM_RUNS), &m);
	if (!code && o->wait)
		code = wait_taken(c, r, run, true);
	if (!code)
		printf("%.*s cancelled\n", STR_ARG(run->name));
	return code;
}

static int retry(struct cli *c, struct redis_sync *r, struct run *run,
		 const struct change_options *o)
{
	const struct message m = {.type = MSG_RUN_RETRIED,
				  .namespace = run->namespace,
				  .run = run->name,
				  .by = STR("cli"),
				  .step = o->step};
	int code;

	if (run->phase != RUN_FAILED)
		return cli_fail(c, EXIT_BAD, "run %.*s is %s: only a failed run is retried",
				STR_ARG(run->name), run_phase_name(run->phase));
	if (!run->step_count)
		return cli_fail(c, EXIT_BAD,
				"run %.*s failed before its first step: start a "
				"new one",
				STR_ARG(run->name));
	if (o->step.len && !run_step(run, o->step))
		return cli_fail(c, EXIT_NOT_FOUND, "run %.*s has no step '%.*s'",
				STR_ARG(run->name), STR_ARG(o->step));
	code = change_say(c, r, STR(STREAM_RUNS), &m);
	if (!code && o->wait) {
		code = wait_taken(c, r, run, false);
		return code ? code : follow_run(c, r, run->namespace, run->name, FOLLOW_END, 0);
	}
	if (!code)
		printf("%.*s retried\n", STR_ARG(run->name));
	return code;
}

static int run_change(struct cli *c, const struct change_options *o, bool is_cancel)
{
	struct run_record record;
	struct redis_sync *r;
	int code;

	if (!cli_takes(c, 1, 1))
		return EXIT_USAGE;
	code = redis_at_open(c, &r);
	if (code)
		return code;
	code = store_find(c, r, c->arguments.items[0], &record);
	if (!code)
		code = is_cancel ? cancel(c, r, &record.run, o) : retry(c, r, &record.run, o);
	redis_sync_free(r);
	return code;
}

static int run_cancel(struct cli *c, void *arg)
{
	return run_change(c, arg, true);
}

static int run_retry(struct cli *c, void *arg)
{
	return run_change(c, arg, false);
}

const struct verb verb_cancel = {
	.name = "cancel",
	.arguments = "RUN | TEAM",
	.help = "Stops a run; the name of a team means its newest run",
	.details = "Queued tasks are dropped at once, running ones within 2 s. The run fails "
		   "with\n"
		   "reason Cancelled.\n\n  $ ark cancel blog --wait\n",
	VERB_FLAGS(cancel_flags),
	.option_bytes = sizeof(struct change_options),
	.takes = TAKES_NAMESPACE | TAKES_SUITE,
	.run = run_cancel,
};

const struct verb verb_retry = {
	.name = "retry",
	.arguments = "RUN | TEAM",
	.help = "Lets a failed run go on; the name of a team means its newest run",
	.details =
		"Failed steps run again, succeeded ones keep their results. With --wait the\n"
		"output is printed at the end.\n\n  $ ark retry blog --step writer --wait\n",
	VERB_FLAGS(retry_flags),
	.option_bytes = sizeof(struct change_options),
	.takes = TAKES_NAMESPACE | TAKES_OUTPUT | TAKES_SUITE,
	.run = run_retry,
};
