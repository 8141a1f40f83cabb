#include "agent/task_state.h"

#include <stdlib.h>

#include "base/limits.h"

enum { RETRY_FIRST_MS = 1000, RETRY_MAX_MS = 60000 }; /* SPEC 7.8 */

const struct task_limits task_limits_default = {
	.max_output_tokens = 8000,
	.timeout_ms = 120000,
	.tool_timeout_ms = 30000,
	.max_tool_turns = 25,
	.llm_attempts = LIMIT_LLM_ATTEMPTS,
	.llm_max_backoff_ms = LIMIT_LLM_BACKOFF_MS,
	.parallel_tools = LIMIT_PARALLEL_TOOLS,
	.tool_result_bytes = LIMIT_TOOL_RESULT_BYTES,
	.conversation_bytes = LIMIT_CONVERSATION_BYTES,
};

/* --- actions ---------------------------------------------------------------------------- */

struct task_action *task_act(struct task_actions *out, enum task_action_kind kind)
{
	struct task_action *a;

	out->items =
		arena_grow(out->arena, out->items, out->count, &out->cap, sizeof(*out->items));
	a = &out->items[out->count++];
	*a = (struct task_action){.kind = kind};
	return a;
}

struct task_action *task_act_call(struct task *t, struct task_actions *out,
				  enum task_action_kind kind)
{
	struct task_action *a = task_act(out, kind);

	a->call = t->call;
	a->attempt = t->attempt;
	a->cap = t->cap;
	a->quirks = t->quirks;
	a->tools_closed = t->tools_closed;
	a->settles = t->reserved || t->phase == PHASE_RESERVING;
	a->usage = t->call_usage;
	return a;
}

void task_withdraw(struct task *t, struct task_actions *out)
{
	if (t->published)
		task_act(out, TASK_RESET);
	t->published = false;
}

/* --- ending ----------------------------------------------------------------------------- */

static void abort_call(struct task *t, struct task_actions *out)
{
	if (t->event && t->event->answer)
		usage_add(&t->call_usage,
			  model_usage_so_far(t->event->answer, t->event->request_bytes));
	task_act_call(t, out, TASK_ABORT_CALL);
}

static void abort_tools(struct task *t, struct task_actions *out)
{
	for (size_t i = 0; i < t->run_count; i++)
		if (t->runs[i].state == TOOL_RUNNING)
			task_act(out, TASK_ABORT_TOOL)->index = i;
}

/* Whether the open call's usage stands in the conversation already. */
static bool is_recorded(const struct task *t)
{
	return t->phase == PHASE_RECORDING || t->phase == PHASE_TOOLS;
}

void task_end(struct task *t, struct task_actions *out, struct task_outcome outcome)
{
	struct task_action *a;

	if (t->phase == PHASE_CALLING)
		abort_call(t, out);
	if (t->phase == PHASE_TOOLS)
		abort_tools(t, out);
	outcome.usage = conversation_usage(&t->conversation);
	if (!is_recorded(t))
		usage_add(&outcome.usage, t->call_usage);
	outcome.text = arena_str(out->arena, outcome.text);
	a = task_act_call(t, out, TASK_FINISH);
	a->outcome = outcome;
	t->phase = PHASE_DONE;
}

void task_fail(struct task *t, struct task_actions *out, const char *reason, bool retryable,
	       struct str words)
{
	task_end(t, out,
		 (struct task_outcome){
			 .kind = OUTCOME_FAILURE,
			 .reason = reason,
			 .retryable = retryable,
			 .text = words,
		 });
}

/* --- time ------------------------------------------------------------------------------- */

static int64_t deadline_ms(const struct task *t)
{
	return t->since_ms + t->spec.limits.timeout_ms - t->worked_ms;
}

int64_t task_wake_ms(const struct task *t)
{
	int64_t at;

	if (t->phase == PHASE_DONE || !t->has_place)
		return INT64_MAX;
	at = deadline_ms(t);
	return t->phase == PHASE_BACKING_OFF && t->resume_ms < at ? t->resume_ms : at;
}

/* --- the machine ------------------------------------------------------------------------ */

/* SPEC 7.7. An answer that has come is not thrown away. */
static bool times_out(const struct task *t, const struct task_event *e)
{
	return e->kind != TASK_ANSWERED && t->has_place && t->now_ms >= deadline_ms(t);
}

static void take(struct task *t, const struct task_event *e, struct task_actions *out)
{
	switch (e->kind) {
	case TASK_CANCEL:
		task_end(t, out, (struct task_outcome){.kind = OUTCOME_CANCELLED});
		break;
	case TASK_HAND_BACK:
		task_end(t, out, (struct task_outcome){.kind = OUTCOME_HANDED_BACK});
		break;
	case TASK_GRANTED: task_take_grant(t, e, out); break;
	case TASK_DENIED: task_take_denial(t, e, out); break;
	case TASK_TEXT: task_take_text(t, e, out); break;
	case TASK_ANSWERED: task_take_answer(t, e, out); break;
	case TASK_RECORDED:
		if (t->phase == PHASE_RECORDING)
			task_go_on(t, out);
		break;
	case TASK_TOOL_DONE: task_take_tool(t, e, out); break;
	case TASK_PLACE: task_take_place(t, out); break;
	case TASK_WAKE: task_take_wake(t, out); break;
	}
}

void task_step(struct task *t, const struct task_event *e, struct task_actions *out)
{
	bool ends = e->kind == TASK_CANCEL || e->kind == TASK_HAND_BACK;

	if (t->phase == PHASE_DONE)
		return;
	if (e->now_ms > t->now_ms)
		t->now_ms = e->now_ms;
	t->event = e;
	if (!ends && times_out(t, e))
		task_fail(t, out, "TaskTimeout", false,
			  arena_printf(out->arena, "over %lld s of working time",
				       (long long)t->spec.limits.timeout_ms / 1000));
	else
		take(t, e, out);
	t->event = NULL;
}

/* SPEC 7.12. */
static enum fail begin(struct task *t, struct why *why)
{
	AUTO_BUF first = BUF(t->spec.limits.conversation_bytes);
	enum fail f;

	if (t->spec.checkpoint.len)
		return conversation_decode(&t->conversation, t->spec.checkpoint, why);
	buf_add(&first, t->spec.memory);
	if (first.len)
		buf_adds(&first, "\n\n");
	buf_add(&first, t->spec.prompt);
	if (first.full)
		return failf(why, FAIL_INPUT, "conversation-bytes: the prompt is too long");
	f = conversation_add_system(&t->conversation, t->spec.system_prompt, why);
	return f ? f : conversation_add_user(&t->conversation, buf_str(&first), why);
}

struct task *task_new(const struct task_spec *spec, int64_t now_ms, struct task_actions *out)
{
	struct task *t = xcalloc(1, sizeof(*t));
	struct why why;

	t->spec = *spec;
	t->now_ms = t->since_ms = now_ms;
	t->has_place = true;
	t->quirks = spec->quirks;
	conversation_init(&t->conversation, spec->limits.conversation_bytes);
	t->published = spec->taken_over && spec->stream;
	task_withdraw(t, out);
	t->phase = PHASE_DONE; /* until there is something to abort or settle */
	if (begin(t, &why))
		task_fail(t, out, "AgentError", false, why_str(&why));
	else
		task_go_on(t, out);
	return t;
}

void task_free(struct task *t)
{
	if (!t)
		return;
	arena_release(&t->turn_arena);
	conversation_release(&t->conversation);
	free(t);
}

bool task_waits(const struct task *t)
{
	return t->phase != PHASE_DONE && !t->has_place;
}

bool task_finished(const struct task *t)
{
	return t->phase == PHASE_DONE;
}

const struct conversation *task_conversation(const struct task *t)
{
	return &t->conversation;
}

unsigned task_quirks(const struct task *t)
{
	return t->quirks;
}

/* --- after a failure -------------------------------------------------------------------- */

int64_t task_retry_delay_ms(unsigned n)
{
	int64_t delay = RETRY_FIRST_MS;

	for (unsigned i = 1; i < n && delay < RETRY_MAX_MS; i++)
		delay *= 2;
	return delay < RETRY_MAX_MS ? delay : RETRY_MAX_MS;
}
