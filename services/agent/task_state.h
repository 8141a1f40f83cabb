/*
 * Inside the task machine: its state, and what its three files ask of each other. task_machine.c
 * starts, ends and takes events; task_call.c calls the model; task_tools.c runs a turn's tools.
 */
#ifndef ARK_AGENT_TASK_STATE_H
#define ARK_AGENT_TASK_STATE_H

#include "agent/task_machine.h"

enum phase {
	PHASE_RESERVING,   /* asked for a reservation */
	PHASE_CALLING,	   /* the model is at work */
	PHASE_BACKING_OFF, /* until the next attempt */
	PHASE_RECORDING,   /* the turn is on its way to Redis */
	PHASE_TOOLS,	   /* tools are at work, or wait for their turn */
	PHASE_DONE,
};

enum tool_state {
	TOOL_QUEUED,
	TOOL_RUNNING,
	TOOL_ENDED,
};

/* One call of the open turn. */
struct tool_run {
	enum tool_state state;
	const struct tool *tool; /* NULL: it had failed before it could start */
	struct value arguments;
	struct tool_result result;
};

struct task {
	struct task_spec spec;
	struct conversation conversation;
	struct arena turn_arena; /* tools and results of the open turn */
	enum phase phase;
	int64_t now_ms;
	const struct task_event *event; /* that is being taken */

	/* Place and working time (SPEC 6.5, 7.4). */
	bool has_place, asked_for_place;
	int64_t worked_ms, since_ms; /* before, and since when a place was held */

	/* The model call. */
	unsigned call, attempt;
	int64_t cap;
	unsigned quirks;
	bool tools_closed, limit_noted;
	bool reserved; /* granted and not settled */
	int64_t resume_ms;
	struct usage call_usage;
	bool published; /* tokens that a reset would have to withdraw */

	/* The open turn. */
	struct tool_run *runs;
	size_t run_count, running;
};

/* --- task_machine.c ---------------------------------------------------------------------- */

/* Adds an action; of a call, with all that is known of it. */
struct task_action *task_act(struct task_actions *out, enum task_action_kind kind);
struct task_action *task_act_call(struct task *t, struct task_actions *out,
				  enum task_action_kind kind);
/* What was published is withdrawn (SPEC 13.15). */
void task_withdraw(struct task *t, struct task_actions *out);
/* Aborts what runs, and finishes. Set PHASE_DONE before when there is nothing to abort. */
void task_end(struct task *t, struct task_actions *out, struct task_outcome outcome);
void task_fail(struct task *t, struct task_actions *out, const char *reason, bool retryable,
	       struct str words);

/* --- task_call.c ------------------------------------------------------------------------- */

/* Asks for the reservation of the next model call. */
void task_reserve(struct task *t, struct task_actions *out);
void task_take_grant(struct task *t, const struct task_event *e, struct task_actions *out);
void task_take_denial(struct task *t, const struct task_event *e, struct task_actions *out);
void task_take_text(struct task *t, const struct task_event *e, struct task_actions *out);
void task_take_answer(struct task *t, const struct task_event *e, struct task_actions *out);
void task_take_wake(struct task *t, struct task_actions *out);

/* --- task_tools.c ------------------------------------------------------------------------ */

/* After a turn is recorded, or read back: its tools, or the next call of a paused model. */
void task_go_on(struct task *t, struct task_actions *out);
void task_take_tool(struct task *t, const struct task_event *e, struct task_actions *out);
void task_take_place(struct task *t, struct task_actions *out);

#endif
