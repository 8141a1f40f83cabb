#include "agent/task_machine.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "http/retry.h"
#include "lang/regex.h"

enum {
	RETRY_FIRST_MS = 1000,		/* SPEC 7.8, 7.17 */
	RETRY_MAX_MS = 60000,		/* SPEC 7.8 */
	RETRY_AFTER_OBEYED_MS = 120000, /* SPEC 7.17 */
	SCARCE_ATTEMPTS = 3,		/* INTERFACES 12.14: few tries, long waits */
	SCARCE_WAIT_MS = 20000,
};

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

/* --- actions ---------------------------------------------------------------------------- */

static struct task_action *act(struct task_actions *out, enum task_action_kind kind)
{
	struct task_action *a;

	out->items =
		arena_grow(out->arena, out->items, out->count, &out->cap, sizeof(*out->items));
	a = &out->items[out->count++];
	*a = (struct task_action){.kind = kind};
	return a;
}

static struct task_action *act_call(struct task *t, struct task_actions *out,
				    enum task_action_kind kind)
{
	struct task_action *a = act(out, kind);

	a->call = t->call;
	a->attempt = t->attempt;
	a->cap = t->cap;
	a->quirks = t->quirks;
	a->tools_closed = t->tools_closed;
	a->settles = t->reserved || t->phase == PHASE_RESERVING;
	a->usage = t->call_usage;
	return a;
}

/* What was published is withdrawn (SPEC 13.15). */
static void withdraw(struct task *t, struct task_actions *out)
{
	if (t->published)
		act(out, TASK_RESET);
	t->published = false;
}

/* --- ending ----------------------------------------------------------------------------- */

static void abort_call(struct task *t, struct task_actions *out)
{
	if (t->event && t->event->answer)
		usage_add(&t->call_usage,
			  model_usage_so_far(t->event->answer, t->event->request_bytes));
	act_call(t, out, TASK_ABORT_CALL);
}

static void abort_tools(struct task *t, struct task_actions *out)
{
	for (size_t i = 0; i < t->run_count; i++)
		if (t->runs[i].state == TOOL_RUNNING)
			act(out, TASK_ABORT_TOOL)->index = i;
}

/* Whether the open call's usage stands in the conversation already. */
static bool is_recorded(const struct task *t)
{
	return t->phase == PHASE_RECORDING || t->phase == PHASE_TOOLS;
}

static void finish(struct task *t, struct task_actions *out, struct task_outcome outcome)
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
	a = act_call(t, out, TASK_FINISH);
	a->outcome = outcome;
	t->phase = PHASE_DONE;
}

static void fail_task(struct task *t, struct task_actions *out, const char *reason,
		      bool retryable, struct str words)
{
	finish(t, out,
	       (struct task_outcome){
		       .kind = OUTCOME_FAILURE,
		       .reason = reason,
		       .retryable = retryable,
		       .text = words,
	       });
}

/* --- model calls ------------------------------------------------------------------------ */

static void reserve(struct task *t, struct task_actions *out)
{
	t->phase = PHASE_RESERVING;
	t->call = (unsigned)conversation_answers(&t->conversation) + 1;
	t->attempt = 0;
	t->call_usage = (struct usage){0};
	t->cap = t->spec.limits.max_output_tokens;
	/* SPEC 7.18: one last call without tools. */
	t->tools_closed =
		conversation_tool_turns(&t->conversation) >= t->spec.limits.max_tool_turns;
	if (t->tools_closed && !t->limit_noted) {
		t->limit_noted = true;
		act(out, TASK_TOOL_LIMIT);
	}
	act_call(t, out, TASK_RESERVE);
}

static void call(struct task *t, struct task_actions *out)
{
	t->phase = PHASE_CALLING;
	act_call(t, out, TASK_CALL);
}

static void granted(struct task *t, const struct task_event *e, struct task_actions *out)
{
	if (t->phase != PHASE_RESERVING)
		return;
	t->reserved = true;
	if (e->cap > 0 && e->cap < t->cap)
		t->cap = e->cap;
	t->attempt = 1;
	call(t, out);
}

static void denied(struct task *t, const struct task_event *e, struct task_actions *out)
{
	if (t->phase != PHASE_RESERVING)
		return;
	t->phase = PHASE_DONE; /* nothing to settle */
	fail_task(t, out, e->reason, false, e->text);
}

static void text(struct task *t, const struct task_event *e, struct task_actions *out)
{
	/* With rejectPatterns nothing is published before they have passed (SPEC 10.10). */
	if (t->phase != PHASE_CALLING || !t->spec.stream || t->spec.reject_count ||
	    !e->text.len)
		return;
	act(out, TASK_PUBLISH)->text = arena_str(out->arena, e->text);
	t->published = true;
}

/* --- failed calls: SPEC 7.15, 7.17 ------------------------------------------------------- */

int64_t task_jitter_ms(struct str task_id, unsigned number, unsigned attempt, int64_t max_ms)
{
	unsigned char digest[SHA256_BYTES];
	AUTO_ARENA a = ARENA_INIT;
	uint64_t random = 0;

	sha256(arena_printf(&a, "%.*s/%u/%u", STR_ARG(task_id), number, attempt), digest);
	for (size_t i = 0; i < sizeof(random); i++)
		random = random << 8 | digest[i];
	return retry_backoff_ms(attempt - 1, RETRY_FIRST_MS, max_ms, random);
}

static int64_t wait_ms(const struct task *t, const struct model_error *e)
{
	int64_t wait = task_jitter_ms(t->spec.id, t->call, t->attempt,
				      t->spec.limits.llm_max_backoff_ms);

	if (e->scarce)
		return SCARCE_WAIT_MS + wait;
	if (e->retry_after_ms < 0)
		return wait;
	return e->retry_after_ms < RETRY_AFTER_OBEYED_MS ? e->retry_after_ms
							 : RETRY_AFTER_OBEYED_MS;
}

static unsigned attempts(const struct task *t, const struct model_error *e)
{
	unsigned most = t->spec.limits.llm_attempts;

	return e->scarce && most > SCARCE_ATTEMPTS ? SCARCE_ATTEMPTS : most;
}

static void call_failed(struct task *t, const struct model_error *e, struct task_actions *out)
{
	switch (e->kind) {
	case MODEL_FINE: break;
	case MODEL_REPEAT:
		if (t->quirks & e->quirk)
			break; /* once: it was left out already */
		t->quirks |= e->quirk;
		withdraw(t, out);
		call(t, out);
		return;
	case MODEL_RETRY:
		if (t->attempt >= attempts(t, e))
			break;
		withdraw(t, out);
		t->phase = PHASE_BACKING_OFF;
		t->resume_ms = t->now_ms + wait_ms(t, e);
		return;
	case MODEL_PERMANENT: break;
	case MODEL_TOO_LONG:
		t->phase = PHASE_DONE; /* nothing is left to abort */
		fail_task(t, out, "AgentError", false, why_str(&e->message));
		return;
	}
	t->phase = PHASE_DONE;
	fail_task(t, out, "ProviderError", e->kind == MODEL_RETRY && !e->scarce,
		  why_str(&e->message));
}

/* --- answers ---------------------------------------------------------------------------- */

/* The index of the first pattern that matches; reject_count when none does. A match that ends in
 * an error counts (SPEC 5.13). */
static size_t rejecting(const struct task *t, struct str answer)
{
	size_t i = 0;
	struct why why;

	for (; i < t->spec.reject_count; i++) {
		bool matched;

		if (regex_match(t->spec.reject[i], answer, &matched, &why) || matched)
			break;
	}
	return i;
}

static void final_answer(struct task *t, struct str answer, struct task_actions *out)
{
	size_t pattern = rejecting(t, answer);

	t->phase = PHASE_DONE;
	if (pattern < t->spec.reject_count) {
		fail_task(t, out, "OutputRejected", false,
			  arena_printf(out->arena, "the answer matches rejectPatterns[%zu]",
				       pattern));
		return;
	}
	if (t->spec.stream && t->spec.reject_count && answer.len)
		act(out, TASK_PUBLISH)->text = arena_str(out->arena, answer);
	finish(t, out, (struct task_outcome){.kind = OUTCOME_RESULT, .text = answer});
}

/* The model wants something before it goes on. */
static void record_turn(struct task *t, const struct model_answer *answer,
			struct task_actions *out)
{
	struct turn turn = {
		.text = answer->text,
		.calls = answer->calls,
		.call_count = answer->call_count,
		.native = answer->native,
		.usage = t->call_usage,
	};
	struct why why;

	withdraw(t, out);
	if (conversation_add_assistant(&t->conversation, &turn, &why)) {
		t->phase = PHASE_DONE;
		fail_task(t, out, "AgentError", false, why_str(&why));
		return;
	}
	t->phase = PHASE_RECORDING;
	act_call(t, out, TASK_CHECKPOINT);
	t->reserved = false;
}

static void answered(struct task *t, const struct task_event *e, struct task_actions *out)
{
	const struct model_answer *answer = e->answer;

	if (t->phase != PHASE_CALLING)
		return;
	usage_add(&t->call_usage, model_usage(answer, e->request_bytes));
	if (answer->error.kind != MODEL_FINE)
		call_failed(t, &answer->error, out);
	else if (answer->call_count && !t->tools_closed)
		record_turn(t, answer, out);
	else if (answer->stop == STOP_PAUSE && !t->tools_closed &&
		 t->call <= t->spec.limits.max_tool_turns)
		record_turn(t, answer, out);
	else
		final_answer(t, answer->text, out);
}

/* --- tools ------------------------------------------------------------------------------ */

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
	struct task_action *a = act(out, TASK_RUN_TOOL);

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
	act(out, TASK_FREE_PLACE);
}

/* True when the task has a place; asks for one when it has none. */
static bool need_place(struct task *t, struct task_actions *out)
{
	if (!t->has_place && !t->asked_for_place) {
		t->asked_for_place = true;
		act(out, TASK_TAKE_PLACE);
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
		fail_task(t, out, "AgentError", false, why_str(&why));
	else
		reserve(t, out);
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

/* After a turn is recorded, or read back: its tools, or the next call of a paused model. */
static void go_on(struct task *t, struct task_actions *out)
{
	if (!conversation_open_calls(&t->conversation)) {
		reserve(t, out);
		return;
	}
	t->phase = PHASE_TOOLS;
	open_turn(t);
	drive_tools(t, out);
}

static void tool_done(struct task *t, const struct task_event *e, struct task_actions *out)
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

static void got_place(struct task *t, struct task_actions *out)
{
	if (t->has_place || !t->asked_for_place)
		return;
	t->has_place = true;
	t->asked_for_place = false;
	t->since_ms = t->now_ms;
	drive_tools(t, out);
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

static void wake(struct task *t, struct task_actions *out)
{
	if (t->phase != PHASE_BACKING_OFF || t->now_ms < t->resume_ms)
		return;
	t->attempt++;
	call(t, out);
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
		finish(t, out, (struct task_outcome){.kind = OUTCOME_CANCELLED});
		break;
	case TASK_HAND_BACK:
		finish(t, out, (struct task_outcome){.kind = OUTCOME_HANDED_BACK});
		break;
	case TASK_GRANTED: granted(t, e, out); break;
	case TASK_DENIED: denied(t, e, out); break;
	case TASK_TEXT: text(t, e, out); break;
	case TASK_ANSWERED: answered(t, e, out); break;
	case TASK_RECORDED:
		if (t->phase == PHASE_RECORDING)
			go_on(t, out);
		break;
	case TASK_TOOL_DONE: tool_done(t, e, out); break;
	case TASK_PLACE: got_place(t, out); break;
	case TASK_WAKE: wake(t, out); break;
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
		fail_task(t, out, "TaskTimeout", false,
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
	withdraw(t, out);
	t->phase = PHASE_DONE; /* until there is something to abort or settle */
	if (begin(t, &why))
		fail_task(t, out, "AgentError", false, why_str(&why));
	else
		go_on(t, out);
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
