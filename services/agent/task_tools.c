#include "agent/task_state.h"

/* --- results ---------------------------------------------------------------------------- */

static void end_tool(struct task *t, struct tool_run *run, struct str result, bool is_error)
{
	run->state = TOOL_ENDED;
	run->result = (struct tool_result){
		.text = tool_result_text(&t->turn_arena, result,
					 t->spec.limits.tool_result_bytes),
		.is_error = is_error,
	};
}

/* Looks at each call of the turn; those that cannot be made have failed already (SPEC 7.23). */
static void open_turn(struct task *t)
{
	const struct turn *turn = conversation_open_calls(&t->conversation);

	arena_reset(&t->turn_arena);
	t->run_count = turn->call_count;
	t->running = 0;
	t->runs = ARENA_ARRAY(&t->turn_arena, t->run_count, struct tool_run);
	for (size_t i = 0; i < t->run_count; i++) {
		const struct tool_call *c = &turn->calls[i];
		struct tool_run *run = &t->runs[i];
		struct why why;

		if (tool_check(t->spec.tools, &t->turn_arena, c->name, c->arguments, &run->tool,
			       &run->arguments, &why))
			end_tool(t, run, tool_error_text(&t->turn_arena, why_str(&why)), true);
	}
}

static void run_tool(struct task *t, size_t index, struct task_actions *out)
{
	struct tool_run *run = &t->runs[index];
	struct task_action *a = task_act(out, TASK_RUN_TOOL);

	run->state = TOOL_RUNNING;
	t->running++;
	a->call = (unsigned)conversation_answers(&t->conversation);
	a->index = index;
	a->tool = run->tool;
	a->arguments = &run->arguments;
	a->timeout_ms = run->tool->waits ? 0 : t->spec.limits.tool_timeout_ms;
	/* The same for the same call of the same turn, whoever makes it (SPEC 7.26). */
	a->key = arena_printf(&t->turn_arena, "%.*s.%u.%zu", STR_ARG(t->spec.id), a->call,
			      index);
}

static void free_place(struct task *t, struct task_actions *out)
{
	t->has_place = false;
	t->worked_ms += t->now_ms - t->since_ms;
	task_act(out, TASK_FREE_PLACE);
}

/* True when the task has a place; asks for one when it has none. */
static bool need_place(struct task *t, struct task_actions *out)
{
	if (!t->has_place && !t->asked_for_place) {
		t->asked_for_place = true;
		task_act(out, TASK_TAKE_PLACE);
	}
	return t->has_place;
}

/* Only tools that wait for other tasks are at work, and nothing else could be started. */
static bool only_waits(const struct task *t)
{
	bool waits = false;

	for (size_t i = 0; i < t->run_count; i++) {
		const struct tool_run *run = &t->runs[i];

		if (run->state == TOOL_RUNNING && !run->tool->waits)
			return false;
		if (run->state == TOOL_QUEUED && t->running < t->spec.limits.parallel_tools)
			return false;
		waits |= run->state == TOOL_RUNNING;
	}
	return waits;
}

static void close_turn(struct task *t, struct task_actions *out)
{
	struct tool_result *results =
		ARENA_ARRAY(&t->turn_arena, t->run_count, struct tool_result);
	struct why why;

	for (size_t i = 0; i < t->run_count; i++)
		results[i] = t->runs[i].result;
	if (conversation_add_results(&t->conversation, results, t->run_count, &why))
		task_fail(t, out, "AgentError", false, why_str(&why));
	else
		task_reserve(t, out);
}

/* Starts what may start, in the order asked (SPEC 7.18); goes on when all have ended. */
static void drive_tools(struct task *t, struct task_actions *out)
{
	size_t ended = 0;

	for (size_t i = 0; i < t->run_count; i++) {
		struct tool_run *run = &t->runs[i];

		if (run->state == TOOL_QUEUED && t->running < t->spec.limits.parallel_tools &&
		    (run->tool->waits || need_place(t, out)))
			run_tool(t, i, out);
		ended += run->state == TOOL_ENDED;
	}
	if (ended == t->run_count) {
		if (need_place(t, out))
			close_turn(t, out);
	} else if (t->has_place && only_waits(t)) {
		free_place(t, out);
	}
}

void task_go_on(struct task *t, struct task_actions *out)
{
	if (!conversation_open_calls(&t->conversation)) {
		task_reserve(t, out);
		return;
	}
	t->phase = PHASE_TOOLS;
	open_turn(t);
	drive_tools(t, out);
}

void task_take_tool(struct task *t, const struct task_event *e, struct task_actions *out)
{
	struct tool_run *run;

	if (t->phase != PHASE_TOOLS || e->index >= t->run_count)
		return;
	run = &t->runs[e->index];
	if (run->state != TOOL_RUNNING)
		return;
	t->running--;
	end_tool(t, run, e->text, e->is_error);
	drive_tools(t, out);
}

void task_take_place(struct task *t, struct task_actions *out)
{
	if (t->has_place || !t->asked_for_place)
		return;
	t->has_place = true;
	t->asked_for_place = false;
	t->since_ms = t->now_ms;
	drive_tools(t, out);
}
