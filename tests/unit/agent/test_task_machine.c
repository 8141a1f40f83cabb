/*
 * The life of a task as tables: what happens, what the machine does. Actions are compared as
 * text, so that a table reads like a protocol.
 */
#include "agent_test.h"

#include "agent/task_machine.h"
#include "lang/regex.h"

/* --- the bench -------------------------------------------------------------------------- */

struct bench {
	struct task_spec spec;
	struct tool_set tools;
	struct arena arena, out_arena;
	struct task *task;
	struct task_actions out;
	struct buf log;
	int64_t now_ms;
	struct regex *regex;
	const struct regex *reject[1];
	struct buf checkpoint; /* the last one */
};

static const char *outcome_text(const struct task_outcome *o, char text[256])
{
	static const char *const kinds[] = {"result", "failure", "cancelled", "handed-back"};

	snprintf(text, 256, "%s%s%s%s%.*s in=%lld out=%lld%s", kinds[o->kind],
		 o->reason ? " " : "", o->reason ? o->reason : "",
		 o->retryable ? " again: " : ": ", STR_ARG(o->text),
		 (long long)o->usage.input_tokens, (long long)o->usage.output_tokens,
		 o->usage.estimated ? " est" : "");
	return text;
}

static void log_action(struct bench *b, const struct task_action *a)
{
	char text[256];

	buf_adds(&b->log, b->log.len ? " | " : "");
	switch (a->kind) {
	case TASK_RESERVE:
		buf_addf(&b->log, "reserve %u cap=%lld", a->call, (long long)a->cap);
		break;
	case TASK_CALL:
		buf_addf(&b->log, "call %u/%u cap=%lld%s", a->call, a->attempt,
			 (long long)a->cap, a->tools_closed ? " closed" : "");
		if (a->quirks)
			buf_addf(&b->log, " quirks=%u", a->quirks);
		break;
	case TASK_ABORT_CALL: buf_adds(&b->log, "abort-call"); break;
	case TASK_RUN_TOOL:
		buf_addf(&b->log, "tool %zu %.*s %.*s %lld", a->index, STR_ARG(a->tool->name),
			 STR_ARG(a->key), (long long)a->timeout_ms);
		break;
	case TASK_ABORT_TOOL: buf_addf(&b->log, "abort-tool %zu", a->index); break;
	case TASK_PUBLISH: buf_addf(&b->log, "publish '%.*s'", STR_ARG(a->text)); break;
	case TASK_RESET: buf_adds(&b->log, "reset"); break;
	case TASK_CHECKPOINT:
		buf_addf(&b->log, "checkpoint %u in=%lld%s", a->call,
			 (long long)a->usage.input_tokens, a->settles ? " settle" : "");
		buf_clear(&b->checkpoint);
		conversation_encode(task_conversation(b->task), &b->checkpoint);
		break;
	case TASK_FREE_PLACE: buf_adds(&b->log, "free-place"); break;
	case TASK_TAKE_PLACE: buf_adds(&b->log, "take-place"); break;
	case TASK_TOOL_LIMIT: buf_adds(&b->log, "tool-limit"); break;
	case TASK_FINISH:
		buf_addf(&b->log, "finish %s%s", outcome_text(&a->outcome, text),
			 a->settles ? " settle" : "");
		break;
	}
}

static void check(struct bench *b, const char *want, const char *file, int line)
{
	buf_clear(&b->log);
	for (size_t i = 0; i < b->out.count; i++)
		log_action(b, &b->out.items[i]);
	b->out.count = 0;
	assert_str_at(buf_str(&b->log), want, file, line);
}

static void bench_init(struct bench *b)
{
	*b = (struct bench){.log = BUF(1 << 20), .checkpoint = BUF(1 << 20)};
	tool_set_init(&b->tools, &b->arena);
	tool_set_add(&b->tools, &(struct tool){.kind = TOOL_MCP, .name = STR("f")});
	tool_set_add(&b->tools,
		     &(struct tool){.kind = TOOL_DELEGATE, .name = STR("ask"), .waits = true});
	b->spec = (struct task_spec){
		.id = STR("t1"),
		.system_prompt = STR("system"),
		.prompt = STR("do it"),
		.tools = &b->tools,
		.limits = task_limits_default,
	};
	b->spec.limits.max_output_tokens = 100;
	b->out.arena = &b->out_arena;
}

static void start_at(struct bench *b, const char *want, const char *file, int line)
{
	b->task = task_new(&b->spec, b->now_ms, &b->out);
	check(b, want, file, line);
}

static void step_at(struct bench *b, struct task_event e, const char *want, const char *file,
		    int line)
{
	e.now_ms = b->now_ms;
	task_step(b->task, &e, &b->out);
	check(b, want, file, line);
}

#define START(b, want) start_at(b, want, __FILE__, __LINE__)
#define STEP(b, event_kind, want)                                                              \
	step_at(b, (struct task_event){.kind = (event_kind)}, want, __FILE__, __LINE__)
#define STEP_WITH(b, want, ...)                                                                \
	step_at(b, (struct task_event){__VA_ARGS__}, want, __FILE__, __LINE__)

static void bench_end(struct bench *b)
{
	task_free(b->task);
	regex_free(b->regex);
	buf_release(&b->log);
	buf_release(&b->checkpoint);
	tool_set_release(&b->tools);
	arena_release(&b->arena);
	arena_release(&b->out_arena);
}

/* --- answers ---------------------------------------------------------------------------- */

static struct model_answer says(const char *text)
{
	return (struct model_answer){.text = str_of(text),
				     .accepted = true,
				     .usage = {10, 5, false},
				     .usage_known = true};
}

static struct model_answer asks(const struct tool_call *calls, size_t count)
{
	struct model_answer a = says("");

	a.calls = calls;
	a.call_count = count;
	a.stop = STOP_TOOLS;
	return a;
}

static struct model_answer fails(enum model_error_kind kind, int64_t after_ms)
{
	struct model_answer a = {.error = {.kind = kind, .retry_after_ms = after_ms}};

	why_write(&a.error.message, "words");
	return a;
}

#define ANSWERED(b, what, want)                                                                \
	do {                                                                                   \
		struct model_answer answer_ = (what);                                          \
		STEP_WITH(b, want, .kind = TASK_ANSWERED, .answer = &answer_,                  \
			  .request_bytes = 40);                                                \
	} while (0)

static const struct tool_call one_f[] = {{STR_INIT("c1"), STR_INIT("f"), STR_INIT("{}")}};
static const struct tool_call one_ask[] = {{STR_INIT("c1"), STR_INIT("ask"), STR_INIT("{}")}};

/* --- tests ------------------------------------------------------------------------------ */

static void test_answer(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	b.spec.memory = STR("<memory>");
	START(&b, "reserve 1 cap=100");
	assert_str(conversation_last_user(task_conversation(b.task)), "<memory>\n\ndo it");
	/* The reservation lowers the cap (SPEC 15.8). */
	STEP_WITH(&b, "call 1/1 cap=70", .kind = TASK_GRANTED, .cap = 70);
	STEP(&b, TASK_GRANTED, "");
	STEP_WITH(&b, "", .kind = TASK_TEXT, .text = STR("x"));
	ANSWERED(&b, says("done"), "finish result: done in=10 out=5 settle");
	assert_true(task_finished(b.task));
	ANSWERED(&b, says("again"), "");
	STEP(&b, TASK_CANCEL, "");
	assert_true(task_wake_ms(b.task) == INT64_MAX);
	bench_end(&b);
}

static void test_denied(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	START(&b, "reserve 1 cap=100");
	STEP_WITH(&b, "finish failure BudgetExceeded: no money in=0 out=0", .kind = TASK_DENIED,
		  .reason = "BudgetExceeded", .text = STR("no money"));
	bench_end(&b);
}

static void test_tools(void **state)
{
	static const struct tool_call calls[] = {
		{STR_INIT("c1"), STR_INIT("f"), STR_INIT("{}")},
		{STR_INIT("c2"), STR_INIT("nobody"), STR_INIT("{}")},
		{STR_INIT("c3"), STR_INIT("f"), STR_INIT("{")},
		{STR_INIT("c4"), STR_INIT("f"), STR_INIT("")},
	};
	struct bench b;
	const struct turn *results;

	(void)state;
	bench_init(&b);
	START(&b, "reserve 1 cap=100");
	STEP(&b, TASK_GRANTED, "call 1/1 cap=100");
	/* Tools start when the turn is recorded. */
	ANSWERED(&b, asks(calls, 4), "checkpoint 1 in=10 settle");
	STEP_WITH(&b, "", .kind = TASK_TOOL_DONE, .text = STR("early"));
	STEP(&b, TASK_RECORDED, "tool 0 f t1.1.0 30000 | tool 3 f t1.1.3 30000");
	STEP(&b, TASK_RECORDED, "");
	STEP_WITH(&b, "", .kind = TASK_TOOL_DONE, .index = 3, .text = STR("last"));
	STEP_WITH(&b, "", .kind = TASK_TOOL_DONE, .index = 3, .text = STR("twice"));
	STEP_WITH(&b, "", .kind = TASK_TOOL_DONE, .index = 1, .text = STR("never ran"));
	STEP_WITH(&b, "", .kind = TASK_TOOL_DONE, .index = 9);
	STEP_WITH(&b, "reserve 2 cap=100", .kind = TASK_TOOL_DONE, .index = 0,
		  .text = STR("Error: down"), .is_error = true);
	results = &task_conversation(b.task)->turns[3];
	assert_int_equal(results->result_count, 4);
	assert_str(results->results[0].text, "Error: down");
	assert_true(results->results[0].is_error);
	assert_str(results->results[1].text, "Error: unknown tool 'nobody'");
	assert_true(
		str_starts(results->results[2].text, STR("Error: the arguments are no JSON")));
	assert_str(results->results[3].text, "last");
	assert_false(results->results[3].is_error);
	STEP(&b, TASK_GRANTED, "call 2/1 cap=100");
	ANSWERED(&b, says("done"), "finish result: done in=20 out=10 settle");
	bench_end(&b);
}

/* SPEC 7.18: eight at once, and whatever order they end in, results stand in the order asked. */
static void end_in_order(const size_t *order, size_t count)
{
	struct tool_call calls[4];
	struct bench b;
	const struct turn *results;
	char text[4][8];

	for (size_t i = 0; i < count; i++)
		calls[i] = one_f[0];
	bench_init(&b);
	b.spec.limits.parallel_tools = 2;
	START(&b, "reserve 1 cap=100");
	STEP(&b, TASK_GRANTED, "call 1/1 cap=100");
	ANSWERED(&b, asks(calls, count), "checkpoint 1 in=10 settle");
	STEP(&b, TASK_RECORDED, "tool 0 f t1.1.0 30000 | tool 1 f t1.1.1 30000");
	/* Feeds the ends round by round until each was taken; those not started are ignored. */
	for (size_t round = 0; round < count; round++)
		for (size_t i = 0; i < count; i++) {
			struct task_event e = {.kind = TASK_TOOL_DONE, .index = order[i]};

			snprintf(text[order[i]], sizeof(text[0]), "r%zu", order[i]);
			e.text = str_of(text[order[i]]);
			task_step(b.task, &e, &b.out);
		}
	assert_int_equal(b.out.items[b.out.count - 1].kind, TASK_RESERVE);
	results = &task_conversation(b.task)->turns[3];
	for (size_t i = 0; i < count; i++) {
		snprintf(text[0], sizeof(text[0]), "r%zu", i);
		assert_str(results->results[i].text, text[0]);
	}
	bench_end(&b);
}

static void permute(size_t *order, size_t at, size_t count)
{
	if (at == count) {
		end_in_order(order, count);
		return;
	}
	for (size_t i = at; i < count; i++) {
		size_t swap = order[at];

		order[at] = order[i];
		order[i] = swap;
		permute(order, at + 1, count);
		order[i] = order[at];
		order[at] = swap;
	}
}

static void test_every_order_of_tools(void **state)
{
	size_t order[] = {0, 1, 2, 3};

	(void)state;
	permute(order, 0, COUNT(order));
}

static void test_tool_limit(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	b.spec.limits.max_tool_turns = 1;
	START(&b, "reserve 1 cap=100");
	STEP(&b, TASK_GRANTED, "call 1/1 cap=100");
	ANSWERED(&b, asks(one_f, 1), "checkpoint 1 in=10 settle");
	STEP(&b, TASK_RECORDED, "tool 0 f t1.1.0 30000");
	STEP_WITH(&b, "tool-limit | reserve 2 cap=100", .kind = TASK_TOOL_DONE,
		  .text = STR("x"));
	STEP(&b, TASK_GRANTED, "call 2/1 cap=100 closed");
	/* A model that asks all the same: its text is the answer. */
	ANSWERED(&b, asks(one_f, 1), "finish result:  in=20 out=10 settle");
	bench_end(&b);
}

/* SPEC 7.4, 6.5: waiting for other tasks takes no place and no time. */
static void test_waiting(void **state)
{
	static const struct tool_call calls[] = {
		{STR_INIT("c1"), STR_INIT("ask"), STR_INIT("{}")},
		{STR_INIT("c2"), STR_INIT("f"), STR_INIT("{}")},
	};
	struct bench b;

	(void)state;
	bench_init(&b);
	START(&b, "reserve 1 cap=100");
	assert_int_equal(task_wake_ms(b.task), 120000);
	STEP(&b, TASK_GRANTED, "call 1/1 cap=100");
	b.now_ms = 1000;
	ANSWERED(&b, asks(calls, 2), "checkpoint 1 in=10 settle");
	STEP(&b, TASK_RECORDED, "tool 0 ask t1.1.0 0 | tool 1 f t1.1.1 30000");
	assert_false(task_waits(b.task));
	STEP_WITH(&b, "free-place", .kind = TASK_TOOL_DONE, .index = 1, .text = STR("x"));
	assert_true(task_waits(b.task));
	assert_true(task_wake_ms(b.task) == INT64_MAX);
	b.now_ms = 1000000;
	STEP(&b, TASK_WAKE, "");
	STEP_WITH(&b, "take-place", .kind = TASK_TOOL_DONE, .index = 0, .text = STR("y"));
	b.now_ms = 2000000;
	STEP(&b, TASK_PLACE, "reserve 2 cap=100");
	STEP(&b, TASK_PLACE, "");
	assert_int_equal(task_wake_ms(b.task), 2000000 + 119000);
	b.now_ms += 118999;
	STEP(&b, TASK_GRANTED, "call 2/1 cap=100");
	b.now_ms++;
	STEP(&b, TASK_WAKE,
	     "abort-call | finish failure TaskTimeout: over 120 s of working time in=10 out=5 "
	     "settle");
	bench_end(&b);
}

/* A queued tool that needs a place gets one while delegated work goes on. */
static void test_place_for_a_queued_tool(void **state)
{
	static const struct tool_call calls[] = {
		{STR_INIT("c1"), STR_INIT("ask"), STR_INIT("{}")},
		{STR_INIT("c2"), STR_INIT("ask"), STR_INIT("{}")},
		{STR_INIT("c3"), STR_INIT("f"), STR_INIT("{}")},
	};
	struct bench b;

	(void)state;
	bench_init(&b);
	b.spec.limits.parallel_tools = 2;
	START(&b, "reserve 1 cap=100");
	STEP(&b, TASK_GRANTED, "call 1/1 cap=100");
	ANSWERED(&b, asks(calls, 3), "checkpoint 1 in=10 settle");
	STEP(&b, TASK_RECORDED, "tool 0 ask t1.1.0 0 | tool 1 ask t1.1.1 0 | free-place");
	STEP_WITH(&b, "take-place", .kind = TASK_TOOL_DONE, .index = 1);
	STEP(&b, TASK_PLACE, "tool 2 f t1.1.2 30000");
	STEP_WITH(&b, "free-place", .kind = TASK_TOOL_DONE, .index = 2);
	STEP_WITH(&b, "take-place", .kind = TASK_TOOL_DONE, .index = 0);
	STEP(&b, TASK_CANCEL, "finish cancelled:  in=10 out=5");
	bench_end(&b);
}

/* --- failed calls ----------------------------------------------------------------------- */

static void test_retries(void **state)
{
	struct bench b;
	int64_t wait;

	(void)state;
	bench_init(&b);
	b.spec.limits.llm_attempts = 3;
	b.spec.stream = true;
	START(&b, "reserve 1 cap=100");
	STEP(&b, TASK_GRANTED, "call 1/1 cap=100");
	STEP_WITH(&b, "publish 'half'", .kind = TASK_TEXT, .text = STR("half"));
	/* SPEC 13.15: what was published is withdrawn. */
	ANSWERED(&b, fails(MODEL_RETRY, -1), "reset");
	wait = task_wake_ms(b.task);
	assert_int_equal(wait, task_jitter_ms(STR("t1"), 1, 1, 60000));
	b.now_ms = wait - 1;
	STEP(&b, TASK_WAKE, "");
	b.now_ms = wait;
	STEP(&b, TASK_WAKE, "call 1/2 cap=100");
	/* Retry-After is obeyed instead, up to 120 s. */
	ANSWERED(&b, fails(MODEL_RETRY, 7000), "");
	assert_int_equal(task_wake_ms(b.task), b.now_ms + 7000);
	b.now_ms += 7000;
	STEP(&b, TASK_WAKE, "call 1/3 cap=100");
	ANSWERED(&b, fails(MODEL_RETRY, -1),
		 "finish failure ProviderError again: words in=0 out=0 settle");
	bench_end(&b);
}

static void test_retry_after_is_bounded(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	b.spec.limits.timeout_ms = 500000;
	START(&b, "reserve 1 cap=100");
	STEP(&b, TASK_GRANTED, "call 1/1 cap=100");
	ANSWERED(&b, fails(MODEL_RETRY, 3600000), "");
	assert_int_equal(task_wake_ms(b.task), 120000);
	/* The deadline bounds it all. */
	b.now_ms = 500000;
	STEP(&b, TASK_WAKE,
	     "finish failure TaskTimeout: over 500 s of working time in=0 out=0 settle");
	bench_end(&b);
}

static void test_permanent(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	START(&b, "reserve 1 cap=100");
	STEP(&b, TASK_GRANTED, "call 1/1 cap=100");
	ANSWERED(&b, fails(MODEL_PERMANENT, -1),
		 "finish failure ProviderError: words in=0 out=0 settle");
	bench_end(&b);
}

static void test_too_long(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	START(&b, "reserve 1 cap=100");
	STEP(&b, TASK_GRANTED, "call 1/1 cap=100");
	ANSWERED(&b, fails(MODEL_TOO_LONG, -1),
		 "finish failure AgentError: words in=0 out=0 settle");
	bench_end(&b);
}

/* SPEC 7.15: at once, without counting as an attempt, each parameter once. */
static void test_repeat(void **state)
{
	struct model_answer unknown = fails(MODEL_REPEAT, -1);
	struct bench b;

	(void)state;
	unknown.error.quirk = QUIRK_NO_TEMPERATURE;
	bench_init(&b);
	START(&b, "reserve 1 cap=100");
	STEP(&b, TASK_GRANTED, "call 1/1 cap=100");
	ANSWERED(&b, unknown, "call 1/1 cap=100 quirks=2");
	assert_int_equal(task_quirks(b.task), QUIRK_NO_TEMPERATURE);
	ANSWERED(&b, unknown, "finish failure ProviderError: words in=0 out=0 settle");
	bench_end(&b);
}

/* INTERFACES 12.14: few tries, long waits, then permanent. */
static void test_scarce(void **state)
{
	struct model_answer scarce = fails(MODEL_RETRY, -1);
	struct bench b;

	(void)state;
	scarce.error.scarce = true;
	bench_init(&b);
	START(&b, "reserve 1 cap=100");
	STEP(&b, TASK_GRANTED, "call 1/1 cap=100");
	for (int i = 2; i <= 3; i++) {
		ANSWERED(&b, scarce, "");
		assert_true(task_wake_ms(b.task) >= b.now_ms + 20000);
		b.now_ms = task_wake_ms(b.task);
		STEP(&b, TASK_WAKE, i == 2 ? "call 1/2 cap=100" : "call 1/3 cap=100");
	}
	ANSWERED(&b, scarce, "finish failure ProviderError: words in=0 out=0 settle");
	bench_end(&b);
}

/* Attempts that were paid for count, estimated where nothing was reported (SPEC 7.16). */
static void test_usage_of_attempts(void **state)
{
	struct model_answer half = fails(MODEL_RETRY, 0);
	struct bench b;

	(void)state;
	half.accepted = true;
	half.bytes = 9;
	bench_init(&b);
	START(&b, "reserve 1 cap=100");
	STEP(&b, TASK_GRANTED, "call 1/1 cap=100");
	ANSWERED(&b, half, "");
	STEP(&b, TASK_WAKE, "call 1/2 cap=100");
	ANSWERED(&b, says("done"), "finish result: done in=20 out=8 est settle");
	bench_end(&b);
}

/* --- tokens and rejectPatterns ----------------------------------------------------------- */

static void test_tokens(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	b.spec.stream = true;
	START(&b, "reserve 1 cap=100");
	STEP(&b, TASK_GRANTED, "call 1/1 cap=100");
	STEP_WITH(&b, "publish 'let me'", .kind = TASK_TEXT, .text = STR("let me"));
	STEP_WITH(&b, "", .kind = TASK_TEXT);
	/* A turn that had text but asked for tools. */
	ANSWERED(&b, asks(one_f, 1), "reset | checkpoint 1 in=10 settle");
	STEP(&b, TASK_RECORDED, "tool 0 f t1.1.0 30000");
	STEP_WITH(&b, "reserve 2 cap=100", .kind = TASK_TOOL_DONE, .text = STR("x"));
	STEP(&b, TASK_GRANTED, "call 2/1 cap=100");
	STEP_WITH(&b, "publish 'do'", .kind = TASK_TEXT, .text = STR("do"));
	STEP_WITH(&b, "publish 'ne'", .kind = TASK_TEXT, .text = STR("ne"));
	ANSWERED(&b, says("done"), "finish result: done in=20 out=10 settle");
	bench_end(&b);
}

static void gate(struct bench *b)
{
	struct why why;

	must(regex_new(STR("s.cret"), &b->regex, &why), &why);
	b->reject[0] = b->regex;
	b->spec.reject = b->reject;
	b->spec.reject_count = 1;
	b->spec.stream = true;
}

static void test_rejected(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	gate(&b);
	START(&b, "reserve 1 cap=100");
	STEP(&b, TASK_GRANTED, "call 1/1 cap=100");
	STEP_WITH(&b, "", .kind = TASK_TEXT, .text = STR("the secret"));
	ANSWERED(&b, says("the secret"),
		 "finish failure OutputRejected: the answer matches rejectPatterns[0] in=10 "
		 "out=5 "
		 "settle");
	/* It is in no checkpoint either. */
	conversation_encode(task_conversation(b.task), &b.checkpoint);
	assert_null(strstr(buf_cstr(&b.checkpoint), "secret"));
	bench_end(&b);
}

static void test_withheld(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	gate(&b);
	START(&b, "reserve 1 cap=100");
	STEP(&b, TASK_GRANTED, "call 1/1 cap=100");
	STEP_WITH(&b, "", .kind = TASK_TEXT, .text = STR("fine"));
	ANSWERED(&b, says("fine"), "publish 'fine' | finish result: fine in=10 out=5 settle");
	bench_end(&b);
}

/* --- taking over, ending ----------------------------------------------------------------- */

/* SPEC 7.5: after the last recorded turn, with the same calls and the same keys. */
static void test_take_over(void **state)
{
	struct bench a, b;

	(void)state;
	bench_init(&a);
	START(&a, "reserve 1 cap=100");
	STEP(&a, TASK_GRANTED, "call 1/1 cap=100");
	ANSWERED(&a, asks(one_f, 1), "checkpoint 1 in=10 settle");
	STEP(&a, TASK_RECORDED, "tool 0 f t1.1.0 30000");

	bench_init(&b);
	b.spec.checkpoint = buf_str(&a.checkpoint);
	b.spec.taken_over = true;
	b.spec.stream = true;
	START(&b, "reset | tool 0 f t1.1.0 30000");
	STEP_WITH(&b, "reserve 2 cap=100", .kind = TASK_TOOL_DONE, .text = STR("x"));
	STEP(&b, TASK_GRANTED, "call 2/1 cap=100");
	ANSWERED(&b, says("done"), "finish result: done in=20 out=10 settle");
	bench_end(&a);
	bench_end(&b);
}

static void test_bad_checkpoint(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	b.spec.checkpoint = STR("{}");
	START(&b, "finish failure AgentError: version: missing in=0 out=0");
	bench_end(&b);
}

static void test_conversation_limit(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	b.spec.limits.conversation_bytes = 150;
	START(&b, "reserve 1 cap=100");
	STEP(&b, TASK_GRANTED, "call 1/1 cap=100");
	ANSWERED(&b, asks(one_f, 1),
		 "finish failure AgentError: conversation-bytes: the conversation is over 150 "
		 "bytes in=10 out=5 settle");
	bench_end(&b);
}

static void test_ends(void **state)
{
	static const enum task_event_kind kinds[] = {TASK_CANCEL, TASK_HAND_BACK};
	static const char *const words[] = {"cancelled", "handed-back"};

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct model_answer so_far = {.accepted = true, .bytes = 8};
		char want[128];
		struct bench b;

		/* While a reservation is on its way. */
		bench_init(&b);
		START(&b, "reserve 1 cap=100");
		snprintf(want, sizeof(want), "finish %s:  in=0 out=0 settle", words[i]);
		STEP(&b, kinds[i], want);
		bench_end(&b);

		/* While a call runs: it is paid for as far as it came. */
		bench_init(&b);
		START(&b, "reserve 1 cap=100");
		STEP(&b, TASK_GRANTED, "call 1/1 cap=100");
		snprintf(want, sizeof(want), "abort-call | finish %s:  in=10 out=2 est settle",
			 words[i]);
		STEP_WITH(&b, want, .kind = kinds[i], .answer = &so_far, .request_bytes = 40);
		bench_end(&b);

		/* While tools run. */
		bench_init(&b);
		START(&b, "reserve 1 cap=100");
		STEP(&b, TASK_GRANTED, "call 1/1 cap=100");
		ANSWERED(&b, asks(one_ask, 1), "checkpoint 1 in=10 settle");
		STEP(&b, TASK_RECORDED, "tool 0 ask t1.1.0 0 | free-place");
		snprintf(want, sizeof(want), "abort-tool 0 | finish %s:  in=10 out=5",
			 words[i]);
		STEP(&b, kinds[i], want);
		bench_end(&b);
	}
}

/* Whatever comes in whatever order: one FINISH, last, and no call before its reservation. */
static void test_any_order(void **state)
{
	static const enum task_event_kind kinds[] = {
		TASK_GRANTED, TASK_TEXT, TASK_ANSWERED, TASK_RECORDED, TASK_TOOL_DONE,
		TASK_PLACE,   TASK_WAKE, TASK_DENIED,	TASK_CANCEL,   TASK_HAND_BACK,
	};
	uint32_t random = 1;

	(void)state;
	for (int run = 0; run < 3000; run++) {
		struct bench b;
		size_t finishes = 0, reserved = 0, calls = 0;

		bench_init(&b);
		b.spec.stream = run & 1;
		b.task = task_new(&b.spec, 0, &b.out);
		for (int i = 0; i < 40; i++) {
			struct model_answer answers[] = {says("x"), asks(one_f, 1),
							 asks(one_ask, 1),
							 fails(MODEL_RETRY, 0)};
			struct task_event e = {.text = STR("y"), .request_bytes = 4};

			random = random * 1664525 + 1013904223;
			/* The ends are rare, or nothing else would be seen. */
			e.kind = kinds[(random >> 16) % (i % 8 ? 7 : COUNT(kinds))];
			e.reason = "BudgetExceeded";
			e.answer = &answers[(random >> 8) % COUNT(answers)];
			b.now_ms += (random >> 24) * 20;
			e.now_ms = b.now_ms;
			assert_false(finishes && b.out.count);
			task_step(b.task, &e, &b.out);
			for (size_t k = 0; k < b.out.count; k++) {
				enum task_action_kind kind = b.out.items[k].kind;

				assert_int_equal(finishes, 0);
				finishes += kind == TASK_FINISH;
				if (kind == TASK_CALL && b.out.items[k].attempt == 1)
					calls++;
				reserved += kind == TASK_RESERVE;
				assert_true(calls <= reserved);
			}
			b.out.count = 0;
			assert_int_equal(finishes, task_finished(b.task));
		}
		bench_end(&b);
	}
}

static void test_delays(void **state)
{
	(void)state;
	assert_int_equal(task_retry_delay_ms(1), 1000);
	assert_int_equal(task_retry_delay_ms(2), 2000);
	assert_int_equal(task_retry_delay_ms(6), 32000);
	assert_int_equal(task_retry_delay_ms(7), 60000);
	assert_int_equal(task_retry_delay_ms(4000000000u), 60000);
	for (unsigned n = 1; n < 20; n++) {
		int64_t d = task_jitter_ms(STR("t"), 1, n, 60000);

		assert_true(d >= 0 && d <= 60000 && (n > 6 || d <= 1000 << (n - 1)));
		assert_int_equal(d, task_jitter_ms(STR("t"), 1, n, 60000));
	}
	assert_true(task_jitter_ms(STR("t"), 1, 9, 60000) !=
		    task_jitter_ms(STR("u"), 1, 9, 60000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_tools),
		cmocka_unit_test(test_every_order_of_tools),
		cmocka_unit_test(test_tool_limit),
		cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_place_for_a_queued_tool),
		cmocka_unit_test(test_retries),
		cmocka_unit_test(test_retry_after_is_bounded),
		cmocka_unit_test(test_permanent),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_repeat),
		cmocka_unit_test(test_scarce),
		cmocka_unit_test(test_usage_of_attempts),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_rejected),
		cmocka_unit_test(test_withheld),
		cmocka_unit_test(test_take_over),
		cmocka_unit_test(test_bad_checkpoint),
		cmocka_unit_test(test_conversation_limit),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_delays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
