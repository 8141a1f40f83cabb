/*
 * Between the files of the worker, and only there:
 *
 *	worker.c     takes jobs, ends them, drains
 *	work_load.c  reads a task's state from Redis and starts its machine
 *	work_drive.c feeds the machine and does what it says
 *	work_commit.c  makes durable what must be
 *	work_finish.c  the last commit of a task
 *	model_run.c  one model call
 *	tool_run.c   the tool calls of a turn
 *	tokens.c     text for the readers of the run
 *
 * What must be durable is a set of wishes. One commit at a time is under way; it takes all wishes
 * of that moment, and they are dropped when it came through. So a commit that was lost on the way
 * is simply sent again (job_commit says AWAY), and nothing depends on the order in which answers
 * of the world and of Redis arrive.
 */
#ifndef ARK_AGENT_WORKER_INNER_H
#define ARK_AGENT_WORKER_INNER_H

#include <event2/event.h>

#include "agent/task_machine.h"
#include "agent/task_record.h"
#include "agent/worker.h"
#include "agent/worker_metrics.h"
#include "base/memo.h"
#include "http/http_client.h"

enum {
	WORK_NOTICED_MS = 1000, /* task.started is said of a task that runs for longer */
	WORK_RETRY_MS = 200,	/* what Redis refused is tried again */
	WORK_TEXT_MS = 2,	/* texts within this time share an event (SPEC 13.12) */
	WORK_RENEW_MS = 20000,	/* reservations are renewed (SPEC 15.10) */
	WORK_TURNS_TTL_MS = 7 * 86400 * 1000, /* of recorded turns that nobody came back for */
	WORK_MESSAGE_BYTES = 1000,	      /* words of a failure */
};

enum wish {
	WISH_CLAIM = 1,
	WISH_NOTICE = 2, /* task.started */
	WISH_RESERVE = 4,
	WISH_CHECKPOINT = 8,
	WISH_TOOL_LIMIT = 16, /* run.noted ToolLoopLimit */
	WISH_FINISH = 32,
};

/* How a task leaves this worker. */
enum ending {
	ENDING_SUCCEEDED,
	ENDING_FAILED,
	ENDING_DEAD,	  /* failed, its retries used up: a dead letter (SPEC 7.9) */
	ENDING_RETRIED,	  /* queued again after a while (SPEC 7.8) */
	ENDING_BACK,	  /* queued again at once (SPEC 7.10) */
	ENDING_CANCELLED, /* nobody waits for it */
};

/* A model call that the next commit settles; no call = none. */
struct settlement {
	struct str call, model;
	struct usage usage;
};

struct model_run;
struct tool_run;
struct tokens;

struct work {
	struct worker *worker;
	struct work *next, *prev;
	unsigned refs;	 /* answers of Redis that are due, and one for being in hand */
	struct job *job; /* NULL: it is over */
	const struct message *m;
	struct agent_setup *setup; /* NULL: `fault` says why */
	struct str fault;
	struct str model_name; /* that is asked */
	struct event *timer;   /* the machine wants to be woken, or task.started is due */
	int64_t begun_mono_ms;

	/* What Redis has, or will have when the commit that is under way came through. */
	struct str state_key;
	uint64_t version;
	struct task_record record;
	struct str turns_old;	/* a text that the next commit drops */
	struct buf turns;	/* encoded, for the next commit */
	bool reading, read_due; /* the state is being read; that must be done again */
	bool conflicted;	/* the commit was refused: what is in Redis decides */
	bool guessed;		/* the claim takes it that there is no state yet */
	bool first_claim;	/* step.started is to be said */
	bool counted;
	unsigned wishes, sent; /* of enum wish; sent: in the commit under way */
	unsigned refused;      /* wishes of the commit that conflicted */
	struct buf written;    /* the state in the commit under way */
	struct settlement lapsed, settlement;

	/* The end. */
	enum ending ending;
	const char *reason;
	struct str text; /* answer, or words */
	struct usage total;

	/* The machine and what it has under way. */
	struct task *task;
	struct task_spec spec;
	struct regex **reject;
	bool driving, place_came;
	bool noticed; /* task.started is said, or wished for */
	int64_t cap;  /* asked for the call in hand */
	struct model_run *model;
	struct tool_run *tools;
	struct tokens *tokens; /* NULL: nobody wants them */
};

struct worker {
	struct process *process;
	struct worker_plan plan;
	struct effector *effector;
	struct http_client *http;
	struct worker_metrics metrics;
	struct work *first;
	struct memo *quirks; /* by provider, URL and model (SPEC 7.15) */
	struct event *retry, *renew, *deadline;
	bool up, draining, handing_back;
};

/* --- worker.c ----------------------------------------------------------------------------- */

/* Everything of it stops; the job is not touched. */
void work_end(struct work *w);
/* Somebody else has the task: stop and tell nobody (SPEC 7.3). */
void work_lost(struct work *w);
/* For answers of Redis that may come after the end. */
struct work *work_ref(struct work *w);
void work_unref(struct work *w);

/* --- work_load.c -------------------------------------------------------------------------- */

/* Reads the state; what comes of it depends on how far the work is. */
void work_read(struct work *w);
/* Claims a task that nobody had before without looking: as a rule it has no state yet, and if it
 * has one (it was cancelled or comes again), the claim is refused and it is read. */
void work_guess(struct work *w);
/* The machine starts: the claim is durable, or goes out with its first commit. */
void work_start(struct work *w);
/* What the machine is told about the task. FAIL_INPUT: the task cannot be understood. */
enum fail work_spec(struct work *w, struct str turns, struct why *why) MUST_CHECK;

/* --- work_drive.c ------------------------------------------------------------------------- */

void work_event(struct work *w, struct task_event event);
/* Does what a new machine said first. */
void work_do(struct work *w, const struct task_actions *actions);
void work_arm(struct work *w);
/* A model call as the machine wants it; conversation and tools are borrowed from the work. */
struct model_call work_call(struct work *w, int64_t cap, unsigned quirks, bool tools_closed);
/* Under which name the worker remembers what it learned about a model. */
struct str work_quirks_key(struct arena *a, const struct model_call *call);

/* --- work_commit.c ------------------------------------------------------------------------ */

void work_wish(struct work *w, enum wish wish);
/* Sends what is wished for, unless a commit is under way. */
void work_commit(struct work *w);
/* The state was read after a conflict. */
void work_conflict_read(struct work *w, struct str data);
/* What the claim of a task says, and the settlement of a call: into the commit. */
void claim_add(struct work *w, struct commit *c);
void settle_add(struct work *w, struct commit *c, const struct settlement *s);

/* --- work_finish.c ------------------------------------------------------------------------ */

/* Decides how the task leaves; the last commit is wished for. */
void work_finish(struct work *w, const struct task_outcome *outcome);
void work_fail(struct work *w, const char *reason, bool retryable, struct str words);
void work_cancelled(struct work *w);
/* Writes the last commit. */
void work_finish_add(struct work *w, struct commit *c);
void work_finish_count(struct work *w);

/* --- model_run.c -------------------------------------------------------------------------- */

void model_run_start(struct work *w, const struct task_action *a);
/* Aborts it; no event comes any more. */
void model_run_free(struct model_run *r);
const struct model_answer *model_run_answer(const struct model_run *r);
size_t model_run_request_bytes(const struct model_run *r);

/* --- tool_run.c --------------------------------------------------------------------------- */

void tool_run_start(struct work *w, const struct task_action *a);
void tool_run_abort(struct work *w, size_t index);
void tool_runs_free(struct work *w);

/* --- tokens.c ----------------------------------------------------------------------------- */

struct tokens *tokens_new(struct work *w);
void tokens_free(struct tokens *t);
void tokens_say(struct tokens *t, struct str text);
void tokens_reset(struct tokens *t);
/* Sends what was not sent yet. */
void tokens_flush(struct tokens *t);

#endif
