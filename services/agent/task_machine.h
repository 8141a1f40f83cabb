/*
 * The life of one task in a worker, as a pure state machine (SPEC 7.5 to 7.8, 7.12, 7.16 to
 * 7.18, 7.23).
 *
 * The shell says what happened (struct task_event); the machine answers with what to do next
 * (struct task_action, in that order) and when it wants to be woken. It does no I/O, reads no
 * clock and throws no dice: time is a field of each event, jitter comes from the task's id.
 *
 * One turn goes like this, failures left out:
 *
 *   RESERVE -> granted -> CALL -> text... answered -> CHECKPOINT -> recorded -> RUN_TOOL... ->
 *   tool done... -> RESERVE -> ... -> CALL -> answered -> FINISH
 *
 * Rules kept here:
 * 1. Nothing is sent to a provider before the reservation is granted (SPEC 15.9). A call keeps
 *    its reservation over its attempts.
 * 2. Tools start when the turn that asked for them is recorded: a task taken over makes the same
 *    calls with the same keys (SPEC 7.5, 7.26).
 * 3. A task that waits for other tasks only has given its place away, and asks for one before it
 *    goes on (SPEC 7.4). Such waiting is no working time (SPEC 6.5).
 * 4. Text is published as it comes, or, when there are rejectPatterns, once they passed; what is
 *    withdrawn is followed by a reset (SPEC 10.10, 13.15). A rejected answer leaves the machine
 *    nowhere.
 * 5. FINISH comes once and last, and everything still running was aborted before it.
 */
#ifndef ARK_AGENT_TASK_MACHINE_H
#define ARK_AGENT_TASK_MACHINE_H

#include "agent/provider.h"

struct regex;

struct task_limits {
	int64_t max_output_tokens; /* of one model call */
	int64_t timeout_ms;	   /* working time */
	int64_t tool_timeout_ms;
	unsigned max_tool_turns; /* maxToolIterations */
	unsigned llm_attempts;
	int64_t llm_max_backoff_ms;
	unsigned parallel_tools;
	size_t tool_result_bytes;
	size_t conversation_bytes;
};
/* The defaults of SPEC 23. */
extern const struct task_limits task_limits_default;

/* One task. Borrowed until task_release. */
struct task_spec {
	struct str id; /* unique; jitter and idempotency keys come from it */
	struct str system_prompt;
	struct str memory; /* block of SPEC 18.10; empty = none */
	struct str prompt;
	struct str checkpoint; /* encoded conversation of an earlier try; empty = none */
	bool taken_over;       /* an earlier try may have published tokens */
	bool stream;	       /* tokens are wanted (SPEC 13.16) */
	const struct regex *const *reject; /* rejectPatterns */
	size_t reject_count;
	const struct tool_set *tools; /* may be empty */
	unsigned quirks; /* of the model, as far as the worker knows them (SPEC 7.15) */
	struct task_limits limits;
};

/* --- what happened ---------------------------------------------------------------------- */

enum task_event_kind {
	TASK_GRANTED,	/* the reservation: cap */
	TASK_DENIED,	/* the reservation: reason, words */
	TASK_TEXT,	/* a piece of the answer: text */
	TASK_ANSWERED,	/* the model call has ended, well or not: answer, request_bytes */
	TASK_RECORDED,	/* the checkpoint is durable */
	TASK_TOOL_DONE, /* index, text, is_error */
	TASK_PLACE,	/* the place asked for */
	TASK_WAKE,	/* it is at least task_wake_ms() */
	TASK_CANCEL,	/* the run wants no more of it */
	TASK_HAND_BACK, /* the worker leaves, or has lost Redis: somebody else may go on */
};

struct task_event {
	enum task_event_kind kind;
	int64_t now_ms;	    /* monotonic; never less than that of the event before */
	int64_t cap;	    /* output tokens granted: at most what was asked for */
	const char *reason; /* "BudgetExceeded", "DailyLimitReached" */
	struct str text;    /* piece, result, or words */
	/* TASK_ANSWERED; with every other event while a call is running, how far it has come, so
	 * that a call that is aborted is paid for. */
	const struct model_answer *answer;
	size_t request_bytes;
	size_t index; /* of the tool call in its turn */
	bool is_error;
};

/* --- what to do ------------------------------------------------------------------------- */

enum task_action_kind {
	TASK_RESERVE,	 /* for call number `call`: cap is the most it may ask for */
	TASK_CALL,	 /* call, attempt, cap, quirks, tools_closed; conversation is task's */
	TASK_ABORT_CALL, /* no TASK_ANSWERED will be taken any more */
	TASK_RUN_TOOL,	 /* index, tool, arguments, key, timeout_ms */
	TASK_ABORT_TOOL, /* index */
	TASK_PUBLISH,	 /* text: a token event */
	TASK_RESET,	 /* a token.reset event */
	TASK_CHECKPOINT, /* settle call `call` with usage and record the conversation: one commit */
	TASK_FREE_PLACE,
	TASK_TAKE_PLACE, /* answered by TASK_PLACE */
	TASK_TOOL_LIMIT, /* event ToolLoopLimit */
	TASK_FINISH,	 /* outcome; settle call `call` with usage when settles */
};

enum task_outcome_kind {
	OUTCOME_RESULT,	   /* text */
	OUTCOME_FAILURE,   /* reason, text: words without the reason; retryable */
	OUTCOME_CANCELLED, /* nobody waits for it */
	OUTCOME_HANDED_BACK,
};

struct task_outcome {
	enum task_outcome_kind kind;
	const char *reason; /* of SPEC 9.10 */
	bool retryable;	    /* SPEC 7.8 */
	struct str text;
	struct usage usage; /* of the whole task, earlier tries and failed calls included */
};

struct task_action {
	enum task_action_kind kind;
	unsigned call, attempt; /* both from 1; call counts on over a take-over */
	int64_t cap;
	unsigned quirks;
	bool tools_closed;
	size_t index;
	const struct tool *tool;
	const struct value *arguments;
	struct str key;	    /* Idempotency-Key: task, turn, call (SPEC 7.26) */
	int64_t timeout_ms; /* 0 = none */
	struct str text;
	bool settles;	    /* a reservation is open or on its way; settling ends it */
	struct usage usage; /* of call `call` */
	struct task_outcome outcome;
};

/* Actions live in the arena that the list was given, their texts until the machine's next step.
 */
struct task_actions {
	struct arena *arena;
	struct task_action *items;
	size_t count, cap;
};

/* --- the machine ------------------------------------------------------------------------ */

struct task;

/* Starts a task that has a place. Never fails: a checkpoint that cannot be read is a FINISH with
 * AgentError. */
struct task *task_new(const struct task_spec *spec, int64_t now_ms, struct task_actions *out);
void task_free(struct task *t);

/* Takes an event. Events that no longer matter (a late answer, a second wake) are ignored. */
void task_step(struct task *t, const struct task_event *event, struct task_actions *out);

/* When to send TASK_WAKE at the latest; INT64_MAX = not at all. */
int64_t task_wake_ms(const struct task *t);
/* Without a place, because it waits for other tasks only. */
bool task_waits(const struct task *t);
bool task_finished(const struct task *t);
/* What to send to the model in the next TASK_CALL, and to record in TASK_CHECKPOINT. */
const struct conversation *task_conversation(const struct task *t);
/* What was learned about the model. */
unsigned task_quirks(const struct task *t);

/* --- after a failure (SPEC 7.8) --------------------------------------------------------- */

/* Delay before retry number n (from 1) of a task: 1 s, 2 s, 4 s ... at most 60 s. */
int64_t task_retry_delay_ms(unsigned n);
/* Full jitter for attempt n (from 1) of a call: 0 to min(max_ms, 1 s * 2^(n-1)), the same for
 * the same arguments. */
int64_t task_jitter_ms(struct str task_id, unsigned call, unsigned attempt, int64_t max_ms);

#endif
