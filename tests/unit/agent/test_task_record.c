#include "agent_test.h"

#include "agent/task_record.h"

static void test_there_and_back(void **state)
{
	const struct task_record r = {
		.claims = 2,
		.tries = 1,
		.calls = 3,
		.since_ms = 1795367801941,
		.holder = STR("one#1"),
		.call = STR("default.r/s/1/2.2"),
		.call_model = STR("gpt \"x\""),
		.call_input = 12,
		.call_cap = 8000,
		.usage = {40, 10, true},
		.conversation = STR("text:default.r/s/1:turns-2-1"),
	};
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF text = BUF(TASK_RECORD_MAX_BYTES);
	struct task_record got;
	struct why why;

	(void)state;
	task_record_encode(&r, &text);
	must(task_record_decode(&a, buf_str(&text), &got, &why), &why);
	assert_int_equal(got.claims, 2);
	assert_int_equal(got.tries, 1);
	assert_int_equal(got.calls, 3);
	assert_int_equal(got.since_ms, r.since_ms);
	assert_str(got.holder, "one#1");
	assert_str(got.call, "default.r/s/1/2.2");
	assert_str(got.call_model, "gpt \"x\"");
	assert_int_equal(got.call_input, 12);
	assert_int_equal(got.call_cap, 8000);
	assert_int_equal(got.usage.input_tokens, 40);
	assert_int_equal(got.usage.output_tokens, 10);
	assert_true(got.usage.estimated);
	assert_str(got.conversation, "text:default.r/s/1:turns-2-1");
}

/* The longest names that messages allow fit. */
static void test_room(void **state)
{
	char name[500];
	struct task_record r = {.claims = 1};
	AUTO_BUF text = BUF(TASK_RECORD_MAX_BYTES);

	(void)state;
	memset(name, '"', sizeof(name)); /* twice as long when it is written */
	r.holder = r.call = r.call_model = r.conversation = str_n(name, sizeof(name));
	task_record_encode(&r, &text);
	assert_false(text.full);
}

static void test_nobody_claimed_it(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct task_record r = {.claims = 7};
	struct why why;

	(void)state;
	must(task_record_decode(&a, STR(""), &r, &why), &why);
	assert_int_equal(r.claims, 0);
	assert_int_equal(r.call.len, 0);
}

static void test_refused(void **state)
{
	static const char *const texts[] = {
		"{",
		"[]",
		"7",
		"{}",
		"{\"version\":2}",
		"{\"version\":1,\"claims\":-1}",
		"{\"version\":1,\"claims\":1,\"tries\":0,\"calls\":0,\"since\":0}",
		"{\"version\":1,\"claims\":1,\"tries\":0,\"calls\":0,\"since\":0,\"call\":"
		"\"x\","
		"\"input_tokens\":0,\"output_tokens\":0}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct task_record r = {.claims = 7};
		struct why why;

		assert_int_equal(task_record_decode(&a, str_of(texts[i]), &r, &why),
				 FAIL_INPUT);
		assert_int_equal(r.claims, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_nobody_claimed_it),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
