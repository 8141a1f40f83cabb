/* The life of a run as tables and permutations: no Redis, no clock, no sockets. */
#include "sim.h"

static const char diamond[] =
	"{" ROLES
	",\"pipeline\":[" STEP("a", "") "," STEP("b", ",\"dependsOn\":[\"a\"]") "," STEP(
		"c", ",\"dependsOn\":[\"a\"]") "," STEP("d",
							",\"dependsOn\":[\"b\",\"c\"]") "]}";
static const char three_at_once[] = "{" ROLES ",\"pipeline\":[" STEP("a", "") "," STEP(
	"b", "") "," STEP("c", "") "],\"output\":\"{{.steps.a.output}}{{.steps.b.output}}{{."
				   "steps.c.output}}\"}";

/* --- tests ------------------------------------------------------------------------------------- */

static void test_dependencies(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, diamond);
	r = request(&s, "{}");
	assert_int_equal(r.phase, RUN_RUNNING);
	assert_int_equal(s.task_count, 1);
	finish(&s, s.tasks[0], "A");
	assert_int_equal(s.task_count, 3);
	finish(&s, s.tasks[2], "C");
	assert_int_equal(s.task_count, 3);
	finish(&s, s.tasks[1], "B");
	assert_int_equal(s.task_count, 4);
	r = finish(&s, s.tasks[3], "D");
	assert_int_equal(r.phase, RUN_SUCCEEDED);
	assert_true(str_is(r.output.text, "D"));
	assert_int_equal(r.usage.input_tokens, 8);
	assert_int_equal(times_said(&s, "events run.succeeded"), 1);
	sim_release(&s);
}

/* Whatever order the answers come in, and however often, the run ends once and the same. */
static void test_all_orders_and_doubles(void **state)
{
	static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					 {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	static const char *const outputs[] = {"A", "B", "C"};

	(void)state;
	for (size_t o = 0; o < 6; o++) {
		struct sim s;
		struct run r = {.phase = RUN_LOOKING};

		sim_init(&s, three_at_once);
		request(&s, "{}");
		request(&s, "{}"); /* told twice: one run */
		assert_int_equal(s.task_count, 3);
		for (size_t i = 0; i < 3; i++) {
			finish(&s, s.tasks[orders[o][i]], outputs[orders[o][i]]);
			r = tell(&s,
				 (struct message){.type = MSG_RUN_REQUESTED, .team = STR("t")});
		}
		assert_int_equal(r.phase, RUN_SUCCEEDED);
		assert_true(str_is(r.output.text, "ABC"));
		assert_int_equal(times_said(&s, "run flow.completed"), 1);
		assert_int_equal(times_said(&s, "events run.succeeded"), 1);
		assert_int_equal(r.usage.output_tokens, 3);
		sim_release(&s);
	}
}

/* A second outcome of one task adds its usage and changes nothing else (SPEC 9.12). */
static void test_a_late_outcome(void **state)
{
	struct sim s;
	struct run r;
	size_t said;

	(void)state;
	sim_init(&s, diamond);
	request(&s, "{}");
	finish(&s, s.tasks[0], "A");
	said = s.said_count;
	r = finish(&s, s.tasks[0], "other");
	assert_int_equal(s.said_count, said);
	assert_true(str_is(r.steps[0].output.text, "A"));
	assert_int_equal(r.usage.input_tokens, 4);
	sim_release(&s);
}

static void test_failure_stops_the_rest(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, three_at_once);
	request(&s, "{}");
	r = finish(&s, s.tasks[1], NULL);
	assert_int_equal(r.phase, RUN_FAILED);
	assert_true(str_is(r.reason, "StepFailed"));
	assert_true(str_is(r.failed_step, "b"));
	assert_true(str_is(r.steps[1].reason, "AgentError"));
	assert_true(str_is(r.steps[0].reason, "Cancelled"));
	assert_int_equal(times_said(&s, "events run.failed"), 1);
	/* Retry: only what failed runs again. */
	r = tell(&s, (struct message){.type = MSG_RUN_RETRIED});
	assert_int_equal(r.phase, RUN_RUNNING);
	assert_int_equal(r.attempt, 2);
	assert_int_equal(s.task_count, 6);
	for (size_t i = 3; i < 6; i++)
		r = finish(&s, s.tasks[i], "x");
	assert_int_equal(r.phase, RUN_SUCCEEDED);
	assert_false(str_eq(s.tasks[0], s.tasks[3]));
	sim_release(&s);
}

static void test_timers(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, "{" ROLES ",\"timeoutSeconds\":5,\"pipeline\":[" STEP("a", "") "]}");
	request(&s, "{}");
	r = tell(&s, (struct message){.type = MSG_TIMER_FIRED,
				      .timer = STR("timeout|default.r||2")});
	assert_int_equal(r.phase, RUN_RUNNING); /* of another attempt */
	r = tell(&s, (struct message){.type = MSG_TIMER_FIRED,
				      .timer = STR("timeout|default.r||1")});
	assert_true(str_is(r.reason, "TimedOut"));
	assert_true(str_is(r.steps[0].reason, "TimedOut"));
	r = tell(&s, (struct message){.type = MSG_RUN_CANCELLED});
	assert_true(str_is(r.reason, "TimedOut"));
	sim_release(&s);
}

static void test_waiting_for_a_place(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, three_at_once);
	s.full = true;
	r = request(&s, "{}");
	assert_int_equal(r.phase, RUN_WAITING);
	assert_int_equal(s.task_count, 0);
	s.full = false;
	r = tell(&s, (struct message){.type = MSG_RUN_ADMITTED});
	assert_int_equal(r.phase, RUN_RUNNING);
	assert_int_equal(s.task_count, 3);
	sim_release(&s);
}

static void test_verdicts(void **state)
{
	static const struct {
		const char *judgement;
		bool good;
		const char *message;
	} cases[] = {
		{"VALID", true, ""},
		{"valid.", true, ""},
		{"It is VALID indeed", true, ""},
		{"INVALID: too long\nmore", false, "too long"},
		{"invalid", false, "no reason given"},
		{"VALID? No: INVALID  rude", false, "rude"},
		{"Valido", false, "no verdict: Valido"},
		{"who knows", false, "no verdict: who knows"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sim s;
		struct run r;

		sim_init(&s, "{" ROLES ",\"pipeline\":[" STEP(
				     "a", ",\"validate\":{\"semantic\":\"c\"}") "]}");
		request(&s, "{}");
		r = finish(&s, s.tasks[0], "text");
		assert_int_equal(r.steps[0].phase, STEP_VALIDATING);
		r = finish(&s, s.tasks[1], cases[i].judgement);
		assert_int_equal(r.phase, cases[i].good ? RUN_SUCCEEDED : RUN_FAILED);
		assert_true(str_is(r.steps[0].validation_message, cases[i].message));
		sim_release(&s);
	}
}

static void test_loop_limit(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s,
		 "{" ROLES ",\"pipeline\":[" STEP(
			 "a", ",\"loop\":{\"condition\":\"yes\",\"maxIterations\":3}") "]}");
	r = request(&s, "{}");
	for (size_t i = 0; i < 3; i++)
		r = finish(&s, s.tasks[i], "x");
	assert_int_equal(r.phase, RUN_SUCCEEDED);
	assert_int_equal(r.steps[0].iterations, 3);
	assert_int_equal(s.task_count, 3);
	assert_int_equal(times_said(&s, "events run.noted a"), 1);
	sim_release(&s);
}

static void test_missing_agent(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s,
		 "{\"roles\":[{\"name\":\"a\",\"arkAgent\":\"missing\"}],\"pipeline\":[" STEP(
			 "a", "") "]}");
	r = request(&s, "{}");
	assert_int_equal(r.phase, RUN_FAILED);
	assert_true(str_is(r.steps[0].reason, "AgentNotFound"));
	sim_release(&s);
}

/* The state comes back from its JSON as it went. */
static void test_state_round_trip(void **state)
{
	struct sim s;
	struct run r, back;

	(void)state;
	sim_init(&s, diamond);
	request(&s, "{\"topic\":\"x\"}");
	r = finish(&s, s.tasks[0], "A");
	assert_int_equal(run_decode(&s.arena, s.state, &back, NULL), FAIL_NONE);
	assert_true(str_eq(run_encode(&s.arena, &back), s.state));
	assert_int_equal(back.step_count, r.step_count);
	assert_int_equal(
		run_decode(&s.arena, STR("{\"version\":99,\"steps\":[]}"), &back, NULL),
		FAIL_INPUT);
	assert_int_equal(run_decode(&s.arena, STR("[]"), &back, NULL), FAIL_INPUT);
	sim_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dependencies),
		cmocka_unit_test(test_all_orders_and_doubles),
		cmocka_unit_test(test_a_late_outcome),
		cmocka_unit_test(test_failure_stops_the_rest),
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_waiting_for_a_place),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_loop_limit),
		cmocka_unit_test(test_missing_agent),
		cmocka_unit_test(test_state_round_trip),
	};

	return cmocka_run_group_tests_name("run_decide", tests, NULL, NULL);
}
