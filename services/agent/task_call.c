#include "agent/task_state.h"

#include "base/hash.h"
#include "http/retry.h"
#include "lang/regex.h"

enum {
	BACKOFF_FIRST_MS = 1000,	/* SPEC 7.17 */
	RETRY_AFTER_OBEYED_MS = 120000, /* SPEC 7.17 */
	SCARCE_ATTEMPTS = 3,		/* INTERFACES 12.14: few tries, long waits */
	SCARCE_WAIT_MS = 20000,
};

/* --- model calls ------------------------------------------------------------------------ */

void task_reserve(struct task *t, struct task_actions *out)
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
		task_act(out, TASK_TOOL_LIMIT);
	}
	task_act_call(t, out, TASK_RESERVE);
}

static void call(struct task *t, struct task_actions *out)
{
	t->phase = PHASE_CALLING;
	task_act_call(t, out, TASK_CALL);
}

void task_take_grant(struct task *t, const struct task_event *e, struct task_actions *out)
{
	if (t->phase != PHASE_RESERVING)
		return;
	t->reserved = true;
	if (e->cap > 0 && e->cap < t->cap)
		t->cap = e->cap;
	t->attempt = 1;
	call(t, out);
}

void task_take_denial(struct task *t, const struct task_event *e, struct task_actions *out)
{
	if (t->phase != PHASE_RESERVING)
		return;
	t->phase = PHASE_DONE; /* nothing to settle */
	task_fail(t, out, e->reason, false, e->text);
}

void task_take_text(struct task *t, const struct task_event *e, struct task_actions *out)
{
	/* With rejectPatterns nothing is published before they have passed (SPEC 10.10). */
	if (t->phase != PHASE_CALLING || !t->spec.stream || t->spec.reject_count ||
	    !e->text.len)
		return;
	task_act(out, TASK_PUBLISH)->text = arena_str(out->arena, e->text);
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
	return retry_backoff_ms(attempt - 1, BACKOFF_FIRST_MS, max_ms, random);
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
		task_withdraw(t, out);
		call(t, out);
		return;
	case MODEL_RETRY:
		if (t->attempt >= attempts(t, e))
			break;
		task_withdraw(t, out);
		t->phase = PHASE_BACKING_OFF;
		t->resume_ms = t->now_ms + wait_ms(t, e);
		return;
	case MODEL_PERMANENT: break;
	case MODEL_TOO_LONG:
		t->phase = PHASE_DONE; /* nothing is left to abort */
		task_fail(t, out, "AgentError", false, why_str(&e->message));
		return;
	}
	t->phase = PHASE_DONE;
	task_fail(t, out, "ProviderError", e->kind == MODEL_RETRY && !e->scarce,
		  why_str(&e->message));
}

void task_take_wake(struct task *t, struct task_actions *out)
{
	if (t->phase != PHASE_BACKING_OFF || t->now_ms < t->resume_ms)
		return;
	t->attempt++;
	call(t, out);
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

		if (regex_match(t->spec.reject[i], answer, NULL, &matched, &why) || matched)
			break;
	}
	return i;
}

static void final_answer(struct task *t, struct str answer, struct task_actions *out)
{
	size_t pattern = rejecting(t, answer);

	t->phase = PHASE_DONE;
	if (pattern < t->spec.reject_count) {
		task_fail(t, out, "OutputRejected", false,
			  arena_printf(out->arena, "the answer matches rejectPatterns[%zu]",
				       pattern));
		return;
	}
	if (t->spec.stream && t->spec.reject_count && answer.len)
		task_act(out, TASK_PUBLISH)->text = arena_str(out->arena, answer);
	task_end(t, out, (struct task_outcome){.kind = OUTCOME_RESULT, .text = answer});
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

	task_withdraw(t, out);
	if (conversation_add_assistant(&t->conversation, &turn, &why)) {
		t->phase = PHASE_DONE;
		task_fail(t, out, "AgentError", false, why_str(&why));
		return;
	}
	t->phase = PHASE_RECORDING;
	task_act_call(t, out, TASK_CHECKPOINT);
	t->reserved = false;
}

void task_take_answer(struct task *t, const struct task_event *e, struct task_actions *out)
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
