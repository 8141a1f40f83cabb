/* The rules of SPEC 8 to 11 that decide how runs begin, go on, and end, one by one. */
#include "sim.h"

#include <time.h>

#define PIPELINE(steps) "{" ROLES ",\"pipeline\":[" steps "]}"
#define A_THEN_B STEP("a", "") "," STEP("b", ",\"dependsOn\":[\"a\"]")

static struct run fire(struct sim *s, const char *timer)
{
	return tell(s, (struct message){.type = MSG_TIMER_FIRED, .timer = str_of(timer)});
}

static struct run cancel(struct sim *s)
{
	return tell(s, (struct message){.type = MSG_RUN_CANCELLED});
}

static struct run retry(struct sim *s, const char *step)
{
	return tell(s, (struct message){.type = MSG_RUN_RETRIED, .step = str_of(step)});
}

static struct run request_agent(struct sim *s)
{
	return tell(s, (struct message){.type = MSG_RUN_REQUESTED,
					.agent = STR("x"),
					.prompt = STR("Hi")});
}

/* The outcome of a task of the step that its id names. */
static struct run fail_task(struct sim *s, struct str task, const char *reason,
			    struct str message)
{
	struct str rest = task, step;

	str_next(&rest, '/', &step);
	str_next(&rest, '/', &step);
	return tell(s, (struct message){.type = MSG_TASK_FINISHED,
					.step = step,
					.task = task,
					.outcome = STR("failed"),
					.reason = str_of(reason),
					.message = message});
}

static struct str prompt_of(struct sim *s, size_t task)
{
	struct str ret = s->prompts[task];

	if (s->prompt_keys[task].len)
		text(s, s->prompt_keys[task], &ret);
	return ret;
}

#define assert_str(s, want)                                                                    \
	do {                                                                                   \
		struct str got_ = (s);                                                         \
		if (!str_is(got_, want))                                                       \
			fail_msg("got '%.*s', want '%s'", STR_ARG(got_), want);                \
	} while (0)

/* --- before the start (SPEC 9.4 to 9.6) -------------------------------------------------------- */

/* SPEC 2.10: whichever way a run leaves the pending ones, it is counted once. */
static void test_pending_is_exact(void **state)
{
	enum way {
		MISSING = 1,
		INVALID = 2,
		FULL = 4,
		CANCEL = 8,
		BAD_INPUT = 16,
		LATER = 32,
		AGENT = 64,
		ALL = 128
	};

	(void)state;
	for (int way = 0; way < ALL; way++) {
		struct sim s;
		struct run r;

		sim_init(&s,
			 "{" ROLES ",\"pipeline\":[" A_THEN_B "],\"inputs\":[{\"name\":\"n\","
			 "\"type\":\"number\"}]}");
		s.no_team = s.no_agent = way & MISSING;
		s.fault = way & INVALID ? STR("spec.model: bad") : STR("");
		s.full = way & FULL;
		r = way & AGENT ? request_agent(&s)
				: request(&s, way & BAD_INPUT ? "{\"n\":\"x\"}" : "{}");
		assert_int_equal(s.pending, r.phase == RUN_LOOKING || r.phase == RUN_WAITING);
		if (way & CANCEL)
			r = cancel(&s);
		if (way & LATER) {
			s.no_team = s.no_agent = s.full = false;
			s.fault = STR("");
		}
		for (int i = 0; i < 4 && !run_is_terminal(&r); i++) {
			s.now_ms += 20000;
			fire(&s, "look|default.r||1");
			r = tell(&s, (struct message){.type = MSG_RUN_ADMITTED});
			assert_int_equal(s.pending,
					 r.phase == RUN_LOOKING || r.phase == RUN_WAITING);
		}
		r = cancel(&s);
		assert_true(run_is_terminal(&r));
		assert_int_equal(s.pending, 0);
		cancel(&s);
		fire(&s, "look|default.r||1");
		tell(&s, (struct message){.type = MSG_RUN_ADMITTED});
		assert_int_equal(s.pending, 0);
		retry(&s, "");
		cancel(&s);
		assert_int_equal(s.pending, 0);
		assert_int_equal(times_said(&s, "events run.failed"), 2);
		sim_release(&s);
	}
}

/* SPEC 9.4: what is not there is waited for 15 s, what is not valid 60 s; then each has its reason. */
static void test_patience(void **state)
{
	static const struct {
		bool agent, missing;
		int64_t patience_ms;
		const char *reason;
	} cases[] = {
		{false, true, 15000, "TeamNotFound"},
		{true, true, 15000, "AgentNotFound"},
		{false, false, 60000, "TeamNotReady"},
		{true, false, 60000, "TeamNotReady"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sim s;
		struct run r;

		sim_init(&s, PIPELINE(A_THEN_B));
		s.no_team = s.no_agent = cases[i].missing;
		s.fault = cases[i].missing ? STR("") : STR("spec: bad");
		if (cases[i].agent)
			request_agent(&s);
		else
			request(&s, "{}");
		s.now_ms += cases[i].patience_ms - 1;
		assert_int_equal(fire(&s, "look|default.r||1").phase, RUN_LOOKING);
		s.now_ms += 1;
		r = fire(&s, "look|default.r||1");
		assert_int_equal(r.phase, RUN_FAILED);
		assert_str(r.reason, cases[i].reason);
		assert_int_equal(s.task_count, 0);
		/* SPEC 9.19: the retry looks as long again, and starts when all is well. */
		r = retry(&s, "");
		assert_int_equal(r.phase, RUN_LOOKING);
		assert_int_equal(r.attempt, 2);
		assert_int_equal(s.pending, 1);
		s.no_team = s.no_agent = false;
		s.fault = STR("");
		s.full = true; /* a retry does not wait for a place (SPEC 2.10) */
		s.now_ms += 500;
		r = fire(&s, "look|default.r||1");
		assert_int_equal(r.phase, RUN_RUNNING);
		assert_int_equal(s.pending, 0);
		assert_int_equal(r.end_ms, 0);
		sim_release(&s);
	}
}

/* SPEC 9.5 and 9.6, as a run sees them. */
static void test_inputs(void **state)
{
	static const struct {
		const char *declared, *given, *message, *prompt;
	} cases[] = {
		{"number", "{\"n\":\"x\"}", "input \"n\": expected number", NULL},
		{"number", "{\"n\":\"7\"}", NULL, "7"},
		{"number", "{\"n\":null}", NULL, "5"}, /* null is absent */
		{"string", "{\"n\":[1, 2]}", NULL, "[1,2]"},
		{"object", "{\"n\":\"[]\"}", "input \"n\": expected object", NULL},
		{"boolean", "{\"n\":1}", "input \"n\": expected boolean", NULL},
		{"number", "{\"n\":", "", NULL},
		{"number", "[]", "input: expected object, got array", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct sim s;
		struct run r;

		sim_init(&s,
			 arena_printf(&a,
				      "{" ROLES ",\"pipeline\":[{\"role\":\"a\",\"inputs\":{"
				      "\"prompt\":\"{{ .input.n }}\"}}],\"inputs\":[{\"name\":"
				      "\"n\",\"type\":\"%s\",\"default\":%s}]}",
				      cases[i].declared, i == 2 ? "5" : "null")
				 .ptr);
		r = request(&s, cases[i].given);
		if (cases[i].message) {
			assert_str(r.reason, "InvalidInput");
			if (cases[i].message[0])
				assert_str(r.message, cases[i].message);
			assert_int_equal(s.task_count, 0);
		} else {
			assert_str(prompt_of(&s, 0), cases[i].prompt);
		}
		sim_release(&s);
	}
}

/* SPEC 8.2 and 9.2: the team's input lies under the run's own, as it is when the run starts. */
static void test_a_team_edited_while_the_run_waits(void **state)
{
	static const char before[] =
		"{" ROLES
		",\"input\":{\"x\":\"old\",\"y\":\"old\"},\"pipeline\":[{\"role\":\"a\","
		"\"inputs\":{\"prompt\":\"{{ .input.x }} {{ .input.y }}\"}}]}";
	static const char after[] =
		"{" ROLES
		",\"input\":{\"x\":\"new\",\"y\":\"new\"},\"pipeline\":[{\"role\":\"b\","
		"\"inputs\":{\"prompt\":\"edited {{ .input.x }} {{ .input.y }}\"}}]}";
	struct sim s, edited;
	struct run r;

	(void)state;
	sim_init(&s, before);
	sim_init(&edited, after);
	s.full = true;
	assert_int_equal(request(&s, "{\"y\":\"own\"}").phase, RUN_WAITING);
	plan_free((struct plan *)(uintptr_t)s.plan);
	s.plan = NULL;
	s.team = edited.team;
	s.full = false;
	r = tell(&s, (struct message){.type = MSG_RUN_ADMITTED});
	assert_int_equal(r.phase, RUN_RUNNING);
	assert_str(r.steps[0].name, "b");
	assert_str(prompt_of(&s, 0), "edited new own");
	sim_release(&s);
	sim_release(&edited);
}

/* A cancel that another runner reads before the request is decided is not lost (SPEC 9.18). */
static void test_cancel_before_the_request(void **state)
{
	struct sim s;

	(void)state;
	sim_init(&s, PIPELINE(A_THEN_B));
	s.mark = STR("{}");
	cancel(&s);
	assert_true(s.kept);
	s.mark = STR("");
	cancel(&s);
	assert_false(s.kept); /* such a run there is not any more */
	sim_release(&s);
}

/* --- agent runs and dynamic teams (SPEC 9.20, 9.2, 11.1) ------------------------------------------- */

static void test_agent_run(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, PIPELINE(A_THEN_B));
	r = request_agent(&s);
	assert_int_equal(r.step_count, 1);
	assert_str(r.steps[0].name, "agent");
	assert_int_equal(s.timer_count, 0); /* its worker has the clock */
	assert_str(prompt_of(&s, 0), "Hi");
	r = finish(&s, s.tasks[0], NULL);
	assert_str(r.reason, "AgentFailed");
	assert_str(r.message, "AgentError: no");
	retry(&s, "agent");
	r = fail_task(&s, s.tasks[1], "TaskTimeout", STR("over 120 s of working time"));
	assert_str(r.reason, "TimedOut");
	assert_str(r.message, "TimedOut: over 120 s of working time");
	assert_str(r.steps[0].reason, "TimedOut");
	retry(&s, "");
	r = finish(&s, s.tasks[2], "done");
	assert_int_equal(r.phase, RUN_SUCCEEDED);
	assert_str(r.output.text, "done");
	assert_int_equal(r.attempt, 3);
	sim_release(&s);
}

static void test_dynamic_team(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, "{" ROLES ",\"entry\":\"b\",\"inputs\":[{\"name\":\"topic\"}]}");
	r = request(&s, "{\"z\":[1],\"topic\":\"tea\"}");
	assert_int_equal(r.step_count, 1);
	assert_str(r.steps[0].name, "b");
	assert_str(prompt_of(&s, 0), "topic: tea\nz: [1]\n");
	r = finish(&s, s.tasks[0], "done");
	assert_str(r.output.text, "done");
	sim_release(&s);
}

/* --- how steps and runs end (SPEC 9.10, 9.11, 9.15, 10.4, 8.8) --------------------------------------- */

static void test_messages_begin_with_the_reason(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, PIPELINE(STEP("a", "") "," STEP("b", "") "," STEP(
			     "c", ",\"dependsOn\":[\"a\"]")));
	request(&s, "{}");
	r = finish(&s, s.tasks[0], NULL);
	assert_str(r.message, "step a: AgentError: no");
	assert_str(r.steps[0].message, "AgentError: no");
	assert_str(r.steps[1].message, "Cancelled: step a failed");
	assert_int_equal(r.steps[2].phase, STEP_PENDING);
	retry(&s, "");
	r = cancel(&s);
	assert_str(r.steps[1].message, "Cancelled: cancelled on request");
	assert_int_equal(r.steps[2].phase, STEP_PENDING);
	sim_release(&s);

	/* SPEC 9.15: whatever is not over. */
	sim_init(&s, "{" ROLES ",\"timeoutSeconds\":5,\"pipeline\":[" A_THEN_B "]}");
	request(&s, "{}");
	r = fire(&s, "timeout|default.r||1");
	assert_str(r.failed_step, "a");
	for (size_t i = 0; i < 2; i++)
		assert_str(r.steps[i].message,
			   "TimedOut: not done after 5s (spec.timeoutSeconds)");
	sim_release(&s);

	/* SPEC 10.4 */
	sim_init(&s, PIPELINE(STEP("a", ",\"if\":\"no\"") "," STEP(
			     "b", ",\"if\":\"{{ index \\\"x\\\" 9 }}\"")));
	r = request(&s, "{}");
	assert_int_equal(r.phase, RUN_SUCCEEDED);
	assert_str(r.steps[0].message, "ConditionFalse: the condition does not hold");
	assert_true(str_starts(r.steps[1].message, STR("ConditionFalse: ")));
	assert_int_equal(times_said(&s, "events run.noted b"), 1);
	assert_str(r.output.text, ""); /* two last steps: no output (SPEC 8.8) */
	sim_release(&s);
}

/* A message is at most 1 KiB of valid UTF-8, wherever it was cut before (SPEC 9.13). */
static void test_long_messages(void **state)
{
	char long_text[3000];
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, PIPELINE(A_THEN_B));
	for (size_t i = 0; i < sizeof(long_text); i++)
		long_text[i] = "\xc3\xa4"[i % 2];
	request(&s, "{}");
	/* It begins and ends in the middle of a letter. */
	r = fail_task(&s, s.tasks[0], "AgentError", str_n(long_text + 1, 2001));
	assert_true(r.message.len <= 1024 && r.message.len > 1000);
	assert_true(utf8_valid(r.message));
	assert_true(utf8_valid(r.steps[0].message));
	sim_release(&s);
}

/* What a team may ask for and a worker may say can be carried by every message and commit. */
static void test_numbers_beyond_all_bounds(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, "{" ROLES ",\"timeoutSeconds\":9000000000000000000,\"maxTokens\":"
		     "9000000000000000000,\"pipeline\":[" A_THEN_B "]}");
	r = request(&s, "{}");
	assert_true(r.timeout_seconds * 1000 < INT64_C(1) << 53);
	assert_true(r.max_tokens < INT64_C(1) << 53);
	for (size_t i = 0; i < 2; i++)
		r = tell(&s, (struct message){.type = MSG_TASK_FINISHED,
					      .step = i ? STR("b") : STR("a"),
					      .task = s.tasks[i],
					      .outcome = STR("succeeded"),
					      .output = STR("x"),
					      .output_tokens = RUN_MAX_TOKENS});
	assert_int_equal(r.phase, RUN_SUCCEEDED);
	assert_int_equal(r.usage.output_tokens, RUN_MAX_TOKENS);
	sim_release(&s);
}

/* SPEC 9.19: a named step takes with it all that depend on it; what is kept stays. */
static void test_retry_of_a_named_step(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, PIPELINE(STEP("a", "") "," STEP("b", ",\"dependsOn\":[\"a\"]") "," STEP(
			     "c", ",\"dependsOn\":[\"b\"],\"validate\":{\"contains\":"
				  "\"x\"}") "," STEP("d", "")));
	request(&s, "{}");
	finish(&s, s.tasks[0], "A");
	finish(&s, s.tasks[1], "D");
	finish(&s, s.tasks[2], "B");
	r = finish(&s, s.tasks[3], "no");
	assert_str(r.steps[2].message, "ValidationFailed: the answer does not contain /x/");
	assert_int_equal(r.steps[2].validation_attempts, 1);
	r = retry(&s, "b");
	assert_int_equal(r.steps[0].phase, STEP_SUCCEEDED);
	assert_int_equal(r.steps[1].phase, STEP_WARMING_UP);
	assert_int_equal(r.steps[2].phase, STEP_PENDING);
	assert_int_equal(r.steps[2].validation_attempts, 0);
	assert_int_equal(r.steps[2].validation_message.len, 0);
	assert_false(kept_is_there(&r.steps[1].output));
	assert_int_equal(r.steps[1].usage.input_tokens, 2); /* tokens keep adding up */
	assert_int_equal(r.steps[3].phase, STEP_SUCCEEDED);
	assert_int_equal(s.task_count, 5);
	retry(&s, "b"); /* it has not failed */
	assert_int_equal(s.task_count, 5);
	finish(&s, s.tasks[4], "B2");
	r = finish(&s, s.tasks[5], "x");
	assert_int_equal(r.phase, RUN_SUCCEEDED);
	sim_release(&s);
}

/* Without its plan a run can only end: its tasks are stopped, what it has is kept, and a retry
 * changes nothing. */
static void test_a_plan_that_is_gone(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, PIPELINE(STEP("a", "") "," STEP("b", "")));
	request(&s, "{}");
	finish(&s, s.tasks[0], "A");
	s.no_plan = true;
	r = finish(&s, s.tasks[1], "B");
	assert_str(r.reason, "StateLost");
	assert_int_equal(r.step_count, 2);
	assert_str(r.steps[0].output.text, "A");
	assert_str(r.steps[1].reason, "Cancelled");
	r = retry(&s, "");
	assert_int_equal(r.phase, RUN_FAILED);
	/* Late usage still counts (SPEC 9.12). */
	r = finish(&s, s.tasks[1], "B");
	assert_int_equal(r.usage.input_tokens, 4);
	sim_release(&s);
}

/* --- answers (SPEC 10.5 to 10.15) --------------------------------------------------------------------- */

#define SCHEMA "\"outputSchema\":{\"type\":\"object\",\"required\":[\"n\"]}"

/* SPEC 10.7, 10.9, 10.11, 10.12: one repair turn for each run of the step. */
static void test_repair_and_rerun(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s,
		 PIPELINE(STEP("a", "," SCHEMA
				    ",\"validate\":{\"onFailure\":\"retry\",\"maxRetries\":1,"
				    "\"contains\":\"z\"}")));
	request(&s, "{}");
	finish(&s, s.tasks[0], "x");		 /* not JSON: repair */
	r = finish(&s, s.tasks[1], "{\"n\":1}"); /* JSON, but no z: again */
	assert_int_equal(r.steps[0].reruns, 1);
	assert_true(str_ends(prompt_of(&s, 2),
			     STR("\n\nA previous answer was not accepted: the answer does not "
				 "contain /z/")));
	finish(&s, s.tasks[2], "x"); /* repair once more */
	assert_int_equal(s.task_count, 4);
	r = finish(&s, s.tasks[3], "y");
	assert_int_equal(r.steps[0].validation_attempts, 4);
	assert_str(r.steps[0].reason, "OutputSchemaMismatch");
	assert_str(r.steps[0].validation_message, "the answer is not JSON");
	assert_int_equal(times_said(&s, "tasks task.requested a"), 4);
	sim_release(&s);
}

/* SPEC 5.5, 10.7, 10.12: one blank line, also after a prompt whose last line is ended. */
static void test_what_follows_a_prompt(void **state)
{
	struct sim s;

	(void)state;
	sim_init(&s, "{" ROLES
		     ",\"pipeline\":[{\"role\":\"a\",\"inputs\":{\"x\":\"1\",\"y\":\"2\"},"
		     "\"validate\":{\"contains\":\"ok\",\"onFailure\":\"retry\"}}]}");
	request(&s, "{}");
	finish(&s, s.tasks[0], "bad");
	assert_str(
		prompt_of(&s, 1),
		"x: 1\ny: 2\n\nA previous answer was not accepted: the answer does not contain "
		"/ok/");
	sim_release(&s);
	sim_init(&s, PIPELINE(STEP("a", "," SCHEMA)));
	request(&s, "{}");
	finish(&s, s.tasks[0], "<bad");
	assert_str(
		prompt_of(&s, 1),
		"p\n\nAnswer with one JSON value and nothing else. It must satisfy this JSON "
		"Schema:\n{\"type\":\"object\",\"required\":[\"n\"]}\n\n<ark:step-output "
		"name=\"a\">\n<bad\n</ark:step-output>\n\nYour answer was not accepted:\nthe "
		"answer "
		"is not JSON");
	sim_release(&s);
}

/* SPEC 10.5: counters of an iteration begin anew; the inputs see the answer before. */
static void test_loops(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s,
		 "{" ROLES ",\"pipeline\":[{\"role\":\"a\",\"inputs\":{\"prompt\":\"[{{ "
		 ".steps.a.output }}]\"},\"loop\":{\"condition\":\"yes\",\"maxIterations\":2},"
		 "\"validate\":{\"contains\":\"ok\",\"onFailure\":\"retry\",\"maxRetries\":1}}]"
		 "}");
	request(&s, "{}");
	finish(&s, s.tasks[0], "bad");
	r = finish(&s, s.tasks[1], "ok 1");
	assert_int_equal(r.steps[0].iterations, 2);
	assert_int_equal(r.steps[0].reruns, 0);
	assert_non_null(memmem(prompt_of(&s, 2).ptr, prompt_of(&s, 2).len, "ok 1", 4));
	finish(&s, s.tasks[2], "bad");
	r = finish(&s, s.tasks[3], "ok 2");
	assert_int_equal(r.phase, RUN_SUCCEEDED);
	assert_str(r.output.text, "ok 2");
	assert_int_equal(r.steps[0].validation_attempts, 4);
	sim_release(&s);
}

/* SPEC 10.10, 10.11: the worker finds it before the runner could; it is told all the same. */
static void test_rejected_by_the_worker(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s,
		 PIPELINE(STEP("a", ",\"validate\":{\"rejectPatterns\":[\"key\"],\"onFailure\":"
				    "\"retry\"}")));
	request(&s, "{}");
	r = fail_task(&s, s.tasks[0], "OutputRejected",
		      STR("the answer matches rejectPatterns[0]"));
	assert_str(r.steps[0].reason, "OutputRejected");
	assert_int_equal(r.steps[0].reruns, 0);
	assert_int_equal(r.steps[0].validation_attempts, 1);
	assert_str(r.steps[0].validation_message, "the answer matches rejectPatterns[0]");
	assert_int_equal(times_said(&s, "events run.noted a"), 1);
	sim_release(&s);
}

/* SPEC 10.13: the check of a repaired answer; a call that fails uses up no re-run. */
static void test_a_validator_that_fails(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s,
		 PIPELINE(STEP("a",
			       "," SCHEMA
			       ",\"validate\":{\"semantic\":\"c\",\"onFailure\":\"retry\"}")));
	request(&s, "{}");
	finish(&s, s.tasks[0], "x");
	r = finish(&s, s.tasks[1], "{\"n\":1}");
	assert_int_equal(r.steps[0].phase, STEP_VALIDATING);
	r = finish(&s, s.tasks[2], NULL);
	assert_str(r.steps[0].message, "ValidatorError: no");
	assert_int_equal(r.steps[0].reruns, 0);
	sim_release(&s);
}

/* Texts over every bound of an entry come whole wherever they are asked for again. */
static void test_large_answers(void **state)
{
	static const size_t sizes[] = {1024, 1025, 8 << 10, (8 << 10) + 1, 48 << 10, 300 << 10};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *answer = xmalloc(sizes[i] + 1);
		struct sim s;
		struct run r;

		memset(answer, 'q', sizes[i]);
		sim_init(&s,
			 PIPELINE(STEP("a", "," SCHEMA ",\"validate\":{\"onFailure\":\"retry\","
					    "\"maxRetries\":1,\"semantic\":\"c\"}")));
		request(&s, "{}");
		finish(&s, s.tasks[0], answer);
		assert_non_null(
			memmem(prompt_of(&s, 1).ptr, prompt_of(&s, 1).len, answer, sizes[i]));
		memcpy(answer, "{\"n\":\"", 6);
		memcpy(answer + sizes[i] - 2, "\"}", 2);
		finish(&s, s.tasks[1], answer);
		assert_non_null(
			memmem(prompt_of(&s, 2).ptr, prompt_of(&s, 2).len, answer, sizes[i]));
		r = finish(&s, s.tasks[2], "VALID");
		assert_int_equal(r.phase, RUN_SUCCEEDED);
		assert_int_equal(r.output.bytes, sizes[i]);
		text(&s, r.output.key, &r.output.text);
		if (!r.output.key.len)
			r = finish(&s, s.tasks[2], "late");
		assert_str(r.output.text, answer);
		free(answer);
		sim_release(&s);
	}
}

/* Of a step that was run many times only its last texts stay. */
static void test_old_texts_go(void **state)
{
	AUTO_BUF answer = BUF(4096);
	size_t outputs = 0, prompts = 0;
	struct sim s;
	struct run r;

	(void)state;
	for (size_t i = 0; i < 2000; i++)
		buf_addc(&answer, 'q');
	sim_init(&s,
		 "{" ROLES ",\"pipeline\":[{\"role\":\"a\",\"inputs\":{\"prompt\":\"[{{ "
		 ".steps.a.output }}]\"},\"loop\":{\"condition\":\"yes\",\"maxIterations\":3},"
		 "\"validate\":{\"semantic\":\"c\",\"onFailure\":\"retry\",\"maxRetries\":1}}"
		 "," STEP("b", ",\"dependsOn\":[\"a\"]") "]}");
	request(&s, "{}");
	for (size_t i = 0; i < 3; i++) {
		finish(&s, s.tasks[4 * i], buf_cstr(&answer));
		finish(&s, s.tasks[4 * i + 1], "INVALID");
		finish(&s, s.tasks[4 * i + 2], buf_cstr(&answer));
		r = finish(&s, s.tasks[4 * i + 3], "VALID");
	}
	assert_int_equal(r.steps[0].phase, STEP_SUCCEEDED);
	for (size_t i = 0; i < s.text_count; i++) {
		outputs += memmem(s.keys[i].ptr, s.keys[i].len, ":output-a", 9) != NULL;
		prompts += memmem(s.keys[i].ptr, s.keys[i].len, ":prompt-a", 9) != NULL;
	}
	assert_int_equal(outputs, 1);
	assert_int_equal(prompts, 1);
	finish(&s, s.tasks[12], NULL);
	r = retry(&s, "a");
	assert_false(kept_is_there(&r.steps[0].output));
	for (size_t i = 0; i < s.text_count; i++)
		assert_null(memmem(s.keys[i].ptr, s.keys[i].len, ":output-a", 9));
	sim_release(&s);
}

/* --- every message in every phase ------------------------------------------------------------------- */

static struct message message_of(const struct sim *s, size_t kind)
{
	struct str task = s->task_count ? s->tasks[s->task_count - 1] : STR("default.r/a/9");
	const struct message all[] = {
		{.type = MSG_RUN_REQUESTED, .team = STR("t")},
		{.type = MSG_RUN_REQUESTED, .agent = STR("x")},
		{.type = MSG_RUN_ADMITTED},
		{.type = MSG_RUN_CANCELLED},
		{.type = MSG_TASK_STARTED, .step = STR("a"), .task = task, .worker = STR("w")},
		{.type = MSG_TASK_STARTED, .step = STR("none"), .task = task},
		{.type = MSG_TASK_FINISHED,
		 .step = STR("a"),
		 .task = task,
		 .outcome = STR("succeeded"),
		 .output = STR("text"),
		 .input_tokens = 3},
		{.type = MSG_TASK_FINISHED,
		 .step = STR("b"),
		 .task = STR("default.r/b/77"),
		 .outcome = STR("failed")},
		{.type = MSG_TASK_FINISHED,
		 .step = STR("none"),
		 .task = task,
		 .input_tokens = 3},
		{.type = MSG_TIMER_FIRED, .timer = STR("look|default.r||1")},
		{.type = MSG_TIMER_FIRED, .timer = STR("timeout|default.r||1")},
		{.type = MSG_TIMER_FIRED, .timer = STR("warmup|default.r|a|1")},
		{.type = MSG_TIMER_FIRED, .timer = STR("warmup|default.r|none|1")},
		{.type = MSG_TIMER_FIRED, .timer = STR("other|default.r|a|1")},
	};

	return kind < sizeof(all) / sizeof(all[0]) ? all[kind]
						   : (struct message){.type = MSG_COUNT};
}

/* Each phase of a run and of its first step, and how to come there. */
static void go_to(struct sim *s, size_t phase)
{
	sim_init(s, "{" ROLES ",\"timeoutSeconds\":5,\"pipeline\":[" STEP(
			    "a", ",\"validate\":{\"semantic\":"
				 "\"c\"}") "," STEP("b", ",\"dependsOn\":[\"a\"]") "]}");
	s->no_team = phase == 1;
	s->full = phase == 2;
	if (phase)
		request(s, "{}");
	if (phase >= 4)
		tell(s, (struct message){.type = MSG_TASK_STARTED,
					 .step = STR("a"),
					 .task = s->tasks[0],
					 .worker = STR("w")});
	if (phase >= 5)
		finish(s, s->tasks[0], "text");
	if (phase == 6)
		finish(s, s->tasks[1], "VALID");
	if (phase == 7) {
		finish(s, s->tasks[1], "VALID");
		finish(s, s->tasks[2], "end");
	}
	if (phase == 8)
		finish(s, s->tasks[1], "INVALID");
	if (phase == 9)
		cancel(s);
}

enum { PHASES = 10 };

/* Late and doubled messages: nothing breaks, and an ended run changes by late usage only. */
static void test_every_message_in_every_phase(void **state)
{
	(void)state;
	for (size_t phase = 0; phase < PHASES; phase++)
		for (size_t kind = 0;
		     message_of(&(struct sim){.now_ms = 0}, kind).type != MSG_COUNT; kind++) {
			struct sim s;
			struct run before = {.attempt = 0}, after;
			struct message m;

			go_to(&s, phase);
			m = message_of(&s, kind);
			for (int twice = 0; twice < 2; twice++) {
				size_t said = s.said_count;
				bool over;

				if (s.state.len)
					assert_int_equal(
						run_decode(&s.arena, s.state, &before, NULL),
						FAIL_NONE);
				over = s.state.len && run_is_terminal(&before);
				after = tell(&s, m);
				if (!over)
					continue;
				assert_int_equal(s.said_count, said);
				after.usage = before.usage;
				for (size_t i = 0; i < after.step_count; i++)
					after.steps[i].usage = before.steps[i].usage;
				assert_true(str_eq(run_encode(&s.arena, &after),
						   run_encode(&s.arena, &before)));
			}
			assert_in_range(s.pending, 0, 1);
			sim_release(&s);
		}
}

/* --- the state ------------------------------------------------------------------------------------------ */

/* A rolling upgrade: what a newer release adds is passed over (and what no release writes refused). */
static void test_states_of_other_releases(void **state)
{
	static const struct {
		const char *json;
		enum fail want;
	} cases[] = {
		{"{\"version\":1,\"new\":{\"x\":[1]},\"name\":\"r\",\"steps\":[{\"name\":\"a\","
		 "\"new\":1,"
		 "\"usage\":{\"cached_tokens\":3}}]}",
		 FAIL_NONE},
		{"{\"version\":2,\"steps\":[]}", FAIL_INPUT},
		{"{\"version\":1,\"steps\":[1]}", FAIL_INPUT},
		{"{\"version\":1,\"steps\":{}}", FAIL_INPUT},
		{"{\"version\":1,\"phase\":\"dreaming\",\"steps\":[]}", FAIL_INPUT},
		{"{\"version\":1,\"attempt\":-1,\"steps\":[]}", FAIL_INPUT},
		{"{\"version\":1,\"steps\":[{\"phase\":7}]}", FAIL_INPUT},
		{"{\"version\":1,\"steps\":[{\"output\":\"x\"}]}", FAIL_INPUT},
		{"", FAIL_INPUT},
	};
	struct arena a = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run r;

		assert_int_equal(run_decode(&a, str_of(cases[i].json), &r, NULL),
				 cases[i].want);
	}
	arena_release(&a);
}

/* A state that does not fit its plan is refused, so that its entry is parked. */
static void test_a_state_that_is_not_of_its_plan(void **state)
{
	struct sim s;

	(void)state;
	sim_init(&s, PIPELINE(A_THEN_B));
	request(&s, "{}");
	s.state = STR("{\"version\":1,\"namespace\":\"default\",\"name\":\"r\",\"team\":\"t\","
		      "\"phase\":\"running\",\"plan_key\":\"k\",\"steps\":[{\"name\":\"a\"}]}");
	s.refuses = true;
	cancel(&s);
	assert_int_equal(s.refused, FAIL_INPUT);
	sim_release(&s);
}

/* --- size (SPEC 8.9: at most 100 steps) ----------------------------------------------------------------- */

static int64_t micros(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* n steps, one after the other or all at once, with a large input that each of them reads. */
static int64_t run_of_size(size_t n, bool deep)
{
	struct sim *s = xmalloc(sizeof(*s));
	AUTO_BUF spec = BUF(1 << 20);
	AUTO_BUF input = BUF(1 << 20);
	struct run r = {.phase = RUN_LOOKING};
	int64_t start, took;

	buf_adds(&spec, "{\"roles\":[");
	for (size_t i = 0; i < n; i++)
		buf_addf(&spec, "%s{\"name\":\"s%zu\",\"arkAgent\":\"x\"}", i ? "," : "", i);
	buf_adds(&spec, "],\"pipeline\":[");
	for (size_t i = 0; i < n; i++) {
		buf_addf(&spec,
			 "%s{\"role\":\"s%zu\",\"if\":\"{{ .input.k1 }}\",\"inputs\":{\"x\":"
			 "\"{{ .input.k1 }}\",\"y\":\"{{ .input.k2 }}\"}",
			 i ? "," : "", i);
		if (deep && i)
			buf_addf(&spec, ",\"dependsOn\":[\"s%zu\"]", i - 1);
		buf_adds(&spec, "}");
	}
	buf_adds(&spec, "]}");
	buf_adds(&input, "{\"k0\":0");
	for (size_t i = 1; i < 10000; i++)
		buf_addf(&input, ",\"k%zu\":\"some text\"", i);
	buf_adds(&input, "}");
	sim_init(s, buf_cstr(&spec));
	start = micros();
	request(s, buf_cstr(&input));
	for (size_t i = 0; i < n; i++)
		r = finish(s, s->tasks[i], "an answer");
	took = micros() - start;
	assert_int_equal(r.phase, RUN_SUCCEEDED);
	assert_int_equal(s->task_count, n);
	sim_release(s);
	free(s);
	return took;
}

static void test_huge_pipelines(void **state)
{
	(void)state;
	for (int deep = 0; deep < 2; deep++) {
		int64_t small = run_of_size(10, deep), large = run_of_size(100, deep);

		print_message("%s: 10 steps %lld us, 100 steps %lld us\n",
			      deep ? "deep" : "wide", (long long)small, (long long)large);
		/* Ten times the steps, each with a state ten times as long: far below cubic. */
		assert_true(large < 300 * (small + 1000));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pending_is_exact),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_inputs),
		cmocka_unit_test(test_a_team_edited_while_the_run_waits),
		cmocka_unit_test(test_cancel_before_the_request),
		cmocka_unit_test(test_agent_run),
		cmocka_unit_test(test_dynamic_team),
		cmocka_unit_test(test_messages_begin_with_the_reason),
		cmocka_unit_test(test_long_messages),
		cmocka_unit_test(test_numbers_beyond_all_bounds),
		cmocka_unit_test(test_retry_of_a_named_step),
		cmocka_unit_test(test_a_plan_that_is_gone),
		cmocka_unit_test(test_repair_and_rerun),
		cmocka_unit_test(test_what_follows_a_prompt),
		cmocka_unit_test(test_loops),
		cmocka_unit_test(test_rejected_by_the_worker),
		cmocka_unit_test(test_a_validator_that_fails),
		cmocka_unit_test(test_large_answers),
		cmocka_unit_test(test_old_texts_go),
		cmocka_unit_test(test_every_message_in_every_phase),
		cmocka_unit_test(test_states_of_other_releases),
		cmocka_unit_test(test_a_state_that_is_not_of_its_plan),
		cmocka_unit_test(test_huge_pipelines),
	};

	return cmocka_run_group_tests_name("run_rules", tests, NULL, NULL);
}
