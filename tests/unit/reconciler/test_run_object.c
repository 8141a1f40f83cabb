/* An ArkRun as a projection of the run's state (SPEC 9). */
#include "tests/unit/workers/world.h"
#include "reconciler/run_object.h"

enum { STEPS = 300 };

static struct run small_run(struct step_state *steps, size_t count)
{
	return (struct run){
		.namespace = STR("demo"),
		.name = STR("r1"),
		.team = STR("blog"),
		.trigger = STR("hook"),
		.labels = STR("{\"arkonis.dev/team\":\"blog\"}"),
		.trace = STR("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
		.phase = RUN_SUCCEEDED,
		.attempt = 1,
		.start_ms = 1764000000000,
		.again_ms = 1764000000000,
		.end_ms = 1764000002000,
		.usage = {10, 20, false},
		.steps = steps,
		.step_count = count,
	};
}

static struct step_state step(struct arena *a, size_t number, enum step_phase phase)
{
	return (struct step_state){
		.name = arena_printf(a, "step-%03zu", number),
		.role = STR("writer"),
		.phase = phase,
		.agent = STR("blog-writer"),
		.model = STR("claude-haiku-4-5"),
		.start_ms = 1764000000000,
		.end_ms = phase == STEP_SUCCEEDED ? 1764000001000 : 0,
		.usage = {5, 10, false},
	};
}

static struct str text_of(struct arena *a, char c, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	memset(p, c, n);
	return str_n(p, n);
}

/* The status, parsed; it is valid JSON and not too long, whatever it is made of. */
static struct value status_of(struct arena *a, const struct run_status *s)
{
	AUTO_BUF b = BUF(SIZE_MAX);
	struct value v;
	struct why why;

	run_status_add(&b, a, s);
	if (buf_str(&b).len > RUN_STATUS_MAX_BYTES)
		fail_msg("%zu bytes", buf_str(&b).len);
	must(json_parse(a, arena_str(a, buf_str(&b)), JSON_STRICT, JSON_MAX_DEPTH, &v, &why),
	     &why);
	return v;
}

#define assert_json(a, v, want) assert_str(json_text((a), (v)), (want))

static void test_status(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct step_state steps[] = {step(&a, 1, STEP_SUCCEEDED)};
	const struct run run = small_run(steps, 1);
	const struct str outputs[] = {STR("hello")};
	const struct run_status s = {.run = &run,
				     .outputs = outputs,
				     .output = STR("done"),
				     .generation = 3,
				     .now_ms = 1764000003000};
	struct value v = status_of(&a, &s);

	(void)state;
	assert_str(value_text(value_get(&v, STR("phase"))), "Succeeded");
	assert_str(value_text(value_get(&v, STR("output"))), "done");
	assert_str(value_text(value_get(&v, STR("traceId"))),
		   "4bf92f3577b34da6a3ce929d0e0e4736");
	assert_json(&a, value_get(&v, STR("totalTokenUsage")),
		    "{\"inputTokens\":10,\"outputTokens\":20,\"totalTokens\":30}");
	assert_json(&a, value_at(value_get(&v, STR("conditions")), 1),
		    "{\"type\":\"Complete\",\"status\":\"True\",\"reason\":\"Succeeded\","
		    "\"message\":\"\",\"lastTransitionTime\":\"2025-11-24T16:00:03Z\","
		    "\"observedGeneration\":3}");
	assert_str(
		value_text(value_get(value_at(value_get(&v, STR("steps")), 0), STR("output"))),
		"hello");
	assert_null(value_get(&v, STR("outputRef")));
}

/* A condition keeps its time while its status is the same. */
static void test_times_of_conditions(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct run run = small_run(NULL, 0);
	struct run_status s = {.run = &run, .generation = 1, .now_ms = 1764000003000};
	struct value running, ended;

	(void)state;
	run.phase = RUN_RUNNING;
	running = status_of(&a, &s);
	run.phase = RUN_SUCCEEDED;
	s.old = &running;
	s.now_ms += 60000;
	ended = status_of(&a, &s);
	assert_str(value_text(value_get(value_at(value_get(&ended, STR("conditions")), 0),
					STR("lastTransitionTime"))),
		   "2025-11-24T16:00:03Z");
	assert_str(value_text(value_get(value_at(value_get(&ended, STR("conditions")), 1),
					STR("lastTransitionTime"))),
		   "2025-11-24T16:01:03Z");
}

static void test_waiting_has_no_ready(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct run run = small_run(NULL, 0);
	const struct run_status s = {.run = &run};
	struct value v;

	(void)state;
	run.phase = RUN_WAITING;
	v = status_of(&a, &s);
	assert_int_equal(value_count(value_get(&v, STR("conditions"))), 1);
	assert_str(value_text(value_get(&v, STR("phase"))), "Pending");
}

/* SPEC 9.13: long texts are cut, and refer to the whole. */
static void test_long_texts(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct step_state steps[] = {step(&a, 1, STEP_SUCCEEDED)};
	const struct run run = small_run(steps, 1);
	const struct str outputs[] = {text_of(&a, 'x', 5000)};
	const struct run_status s = {
		.run = &run, .outputs = outputs, .output = text_of(&a, '\x01', 1 << 20)};
	struct value v = status_of(&a, &s);
	const struct value *first = value_at(value_get(&v, STR("steps")), 0);
	struct str cut = value_text(value_get(first, STR("output")));

	(void)state;
	assert_int_equal(cut.len, RUN_STATUS_STEP_BYTES);
	assert_true(str_ends(cut, STR("x...")));
	assert_int_equal(value_path(first, "outputRef.bytes")->integer, 5000);
	assert_str(value_text(value_path(first, "outputRef.path")),
		   "/runs/demo/r1/steps/step-001/output");
	assert_str(value_text(value_path(&v, "outputRef.path")),
		   "/runs/demo/r1/steps/-/output");
}

/* The oldest lose their outputs first; what is not finished keeps its words. */
static void test_many_steps(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct step_state steps[STEPS];
	struct str outputs[STEPS];
	const struct run run = small_run(steps, STEPS);
	const struct run_status s = {.run = &run, .outputs = outputs};
	const struct value *list;
	struct value v;

	(void)state;
	for (size_t i = 0; i < STEPS; i++) {
		steps[i] = step(&a, i, i + 1 < STEPS ? STEP_SUCCEEDED : STEP_RUNNING);
		outputs[i] = text_of(&a, 'x', 4000);
	}
	v = status_of(&a, &s);
	list = value_get(&v, STR("steps"));
	assert_int_equal(value_count(list), STEPS);
	assert_null(value_get(value_at(list, 0), STR("output")));
	assert_null(value_get(value_at(list, 0), STR("role")));
	assert_json(&a, value_get(value_at(list, 0), STR("tokenUsage")),
		    "{\"inputTokens\":5,\"outputTokens\":10,\"totalTokens\":15}");
	assert_non_null(value_get(value_at(list, STEPS - 1), STR("role")));
}

static void test_object(void **state)
{
	struct world w = {.count = 0};
	const struct run run = small_run(NULL, 0);
	AUTO_BUF b = BUF(RUN_OBJECT_MAX_BYTES);

	(void)state;
	add(&w, ARK("ArkEvent", "hook", "{}"));
	w.objects[0].uid = STR("e-uid");
	const struct run_object o = {
		.run = &run,
		.input = STR("{\"topic\":\"tea\"}"),
		.plan = STR("{\"teamGeneration\":2,\"pipeline\":[{\"role\":\"a\"}],\"teamRef\":"
			    "\"other\"}"),
		.event = &w.objects[0],
	};
	assert_true(run_object_add(&b, &w.arena, &o));
	assert_str(buf_str(&b),
		   "{\"apiVersion\":\"arkonis.dev/v1alpha1\",\"kind\":\"ArkRun\",\"metadata\":{"
		   "\"name\":\"r1\",\"namespace\":\"demo\",\"labels\":{\"arkonis.dev/team\":"
		   "\"blog\"},\"annotations\":{\"arkonis.dev/traceparent\":"
		   "\"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\"},"
		   "\"ownerReferences\":[{\"apiVersion\":\"arkonis.dev/v1alpha1\",\"kind\":"
		   "\"ArkEvent\",\"name\":\"hook\",\"uid\":\"e-uid\",\"controller\":true}]},"
		   "\"spec\":{\"teamRef\":\"blog\",\"input\":{\"topic\":\"tea\"},"
		   "\"teamGeneration\":2,\"pipeline\":[{\"role\":\"a\"}]}}");
	arena_release(&w.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_times_of_conditions),
		cmocka_unit_test(test_waiting_has_no_ready),
		cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_many_steps),
		cmocka_unit_test(test_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
