/*
 * The state of a run: what the runner remembers between two messages, and nothing else.
 *
 * It is kept as JSON in run-state:<namespace>.<run> (STREAMS 8). The plan (the team's snapshot) and
 * the input are keys of their own, and so is every text over RUN_INLINE_BYTES, so that a commit
 * rewrites little. Texts are borrowed from the arena of the batch.
 */
#ifndef ARK_RUNS_RUN_H
#define ARK_RUNS_RUN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"

enum { RUN_INLINE_BYTES = 1024, RUN_STATE_VERSION = 1 };
#define RUN_MAX_TOKENS INT64_C(1000000000000) /* that are counted */

/* SPEC 9.4 */
enum run_phase {
	RUN_LOOKING, /* its team or agent is not there or not valid yet: looked for again soon */
	RUN_WAITING, /* for a place among the active runs (SPEC 2.10) */
	RUN_RUNNING,
	RUN_SUCCEEDED,
	RUN_FAILED,
};

/* SPEC 9.9 */
enum step_phase {
	STEP_PENDING,
	STEP_WARMING_UP, /* its task is queued; nobody has said that it works on it */
	STEP_RUNNING,
	STEP_VALIDATING, /* a semantic check is under way */
	STEP_SUCCEEDED,
	STEP_FAILED,
	STEP_SKIPPED,
};

/* What the step's task is for. */
enum task_kind { TASK_STEP, TASK_REPAIR, TASK_VALIDATE };

/* A text of the run: in the state when it is short, else under a key. Neither: it is not there. In
 * the decision that keeps it, a text under a key is here too. */
struct kept_text {
	struct str text, key;
	int64_t bytes;
};

struct run_usage {
	int64_t input_tokens, output_tokens;
	bool estimated;
};

struct step_state {
	struct str name, role;
	enum step_phase phase;
	struct str reason, message;
	struct str agent;  /* ArkAgent that runs it; of the run's namespace */
	struct str model;  /* that answered last */
	struct str task;   /* the one task whose outcome is waited for; empty = none */
	struct str worker; /* that said it works on it */
	enum task_kind kind;
	bool stranded; /* nobody works for its agent; a timer limits how long (SPEC 10.2) */
	int64_t executions; /* tasks queued so far: makes task ids unique */
	int64_t iterations; /* executions of the loop, from 1 */
	int64_t reruns;
	bool repaired; /* this execution has used its repair turn (SPEC 10.9) */
	int64_t validation_attempts;
	struct str validation_message;
	struct kept_text prompt;    /* of this execution, when it may be needed again */
	struct kept_text candidate; /* answer under judgement */
	struct kept_text output;    /* last accepted answer */
	int64_t start_ms, end_ms;
	struct run_usage usage;
};

struct run {
	struct str namespace, name, uid;
	struct str team, agent; /* exactly one */
	struct str trigger, parent, by, labels, trace;
	int64_t depth;
	bool stream_tokens;
	enum run_phase phase;
	struct str reason, message;
	int64_t attempt;
	int64_t created_ms; /* asked for */
	int64_t start_ms;   /* first start */
	int64_t again_ms;   /* start of this attempt */
	int64_t end_ms;
	struct str plan_key;
	struct kept_text input; /* merged, as JSON; of an agent run its prompt */
	struct kept_text output;
	struct str failed_step;
	struct run_usage usage;
	int64_t max_tokens, timeout_seconds; /* 0 = none */
	struct step_state *steps;
	size_t step_count;
};

const char *run_phase_name(enum run_phase p);	/* Pending, Running, ... as in status */
const char *step_phase_name(enum step_phase p); /* SPEC 9.9 */
const char *task_kind_name(enum task_kind k);	/* step, repair, validate */
bool run_is_terminal(const struct run *r);
bool step_is_terminal(const struct step_state *s);
/* A task of it is queued or under way. */
bool step_is_active(const struct step_state *s);
/* NULL when there is no such step. */
struct step_state *run_step(struct run *r, struct str name);
bool kept_is_there(const struct kept_text *t);
/* Usage of one outcome, added to step and run; at most RUN_MAX_TOKENS. */
void usage_count(struct run_usage *sum, int64_t input, int64_t output, bool estimated);

/* The state as JSON, in the arena. */
struct str run_encode(struct arena *a, const struct run *r);
/* FAIL_INPUT when it is no state of this or the last release. */
enum fail run_decode(struct arena *a, struct str text, struct run *ret,
		     struct why *why) MUST_CHECK;

#endif
