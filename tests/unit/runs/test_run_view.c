/* A run as people see it: SPEC 13.9, 1.5, 1.6, 15.4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runs/run_view.h"

enum { T0 = 1774861200 }; /* 2026-03-30T09:00:00Z */
#define MS(s) ((T0 + (int64_t)(s)) * 1000)

static void is_json(const struct run *r, struct str output, const char *want)
{
	AUTO_BUF b = BUF(4 << 20);

	run_view_json(&b, r, output, NULL);
	assert_string_equal(buf_cstr(&b), want);
}

static void a_pending_run_says_little(void **state)
{
	const struct run r = {.namespace = STR("demo"),
			      .name = STR("r1"),
			      .team = STR("report"),
			      .phase = RUN_WAITING,
			      .attempt = 1};

	(void)state;
	is_json(&r, str_n(NULL, 0),
		"{\"name\":\"r1\",\"namespace\":\"demo\",\"team\":\"report\",\"phase\":"
		"\"Pending\","
		"\"reason\":\"Pending\",\"attempt\":1,\"steps\":[]}");
}

static void a_finished_run_says_all(void **state)
{
	struct step_state steps[] = {
		{.name = STR("plan"),
		 .role = STR("planner"),
		 .phase = STEP_SUCCEEDED,
		 .agent = STR("report-planner"),
		 .model = STR("claude-sonnet-4-5"),
		 .start_ms = MS(1),
		 .end_ms = MS(3),
		 .usage = {.input_tokens = 1000, .output_tokens = 500}},
		{.name = STR("plan/writer-1"),
		 .role = STR("writer"),
		 .phase = STEP_FAILED,
		 .reason = STR("AgentError"),
		 .message = STR("AgentError: no")},
	};
	const struct run r = {.namespace = STR("demo"),
			      .name = STR("r1"),
			      .team = STR("report"),
			      .phase = RUN_SUCCEEDED,
			      .attempt = 2,
			      .start_ms = MS(0),
			      .again_ms = MS(1),
			      .end_ms = MS(4),
			      .usage = {.input_tokens = 1000, .output_tokens = 500},
			      .steps = steps,
			      .step_count = 2};

	(void)state;
	is_json(&r, STR("done"),
		"{\"name\":\"r1\",\"namespace\":\"demo\",\"team\":\"report\",\"phase\":"
		"\"Succeeded\","
		"\"reason\":\"Succeeded\",\"attempt\":2,\"startTime\":\"2026-03-30T09:00:00Z\","
		"\"completionTime\":\"2026-03-30T09:00:04Z\",\"durationMs\":3000,\"output\":"
		"\"done\","
		"\"tokenUsage\":{\"inputTokens\":1000,\"outputTokens\":500,\"totalTokens\":"
		"1500},"
		"\"costUSD\":\"0.010500\",\"steps\":[{\"name\":\"plan\",\"role\":\"planner\","
		"\"phase\":\"Succeeded\",\"startTime\":\"2026-03-30T09:00:01Z\","
		"\"completionTime\":\"2026-03-30T09:00:03Z\",\"tokenUsage\":{\"inputTokens\":"
		"1000,"
		"\"outputTokens\":500,\"totalTokens\":1500},\"costUSD\":\"0.010500\","
		"\"resolvedAgent\":\"report-planner\"},{\"name\":\"plan/writer-1\","
		"\"parent\":\"plan\",\"role\":\"writer\",\"phase\":\"Failed\","
		"\"reason\":\"AgentError\",\"message\":\"AgentError: no\"}]}");
}

static void a_long_output_is_cut_at_a_code_point(void **state)
{
	const struct run r = {.namespace = STR("n"), .name = STR("r"), .agent = STR("a")};
	size_t len = RUN_VIEW_OUTPUT_BYTES + 1;
	char *text = malloc(len);
	AUTO_BUF b = BUF(4 << 20);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', len);
	memcpy(text + len - 2, "\xc3\xa9", 2); /* the cut falls into it */
	run_view_json(&b, &r, str_n(text, len), NULL);
	assert_int_not_equal(str_find(buf_str(&b), STR("x\",\"outputTruncated\":true"), 0),
			     STR_NONE);
	buf_clear(&b);
	run_view_json(&b, &r, str_n(text, RUN_VIEW_OUTPUT_BYTES - 1), NULL);
	assert_int_equal(str_find(buf_str(&b), STR("outputTruncated"), 0), STR_NONE);
	free(text);
}

static void given_prices_win_and_unknown_models_cost_nothing(void **state)
{
	const struct price_entry entries[] = {
		{STR("house-"), {money_of_micros(1000000), money_of_micros(2000000)}}};
	const struct run_prices prices = {entries, 1};
	const struct step_state house = {.model = STR("house-7b"),
					 .usage = {.input_tokens = 1, .output_tokens = 1}};
	const struct step_state unknown = {.model = STR("nobody-knows"),
					   .usage = {.input_tokens = 1000000}};

	(void)state;
	assert_int_equal(money_micros(step_cost(&house, &prices)), 3);
	assert_int_equal(money_micros(step_cost(&house, NULL)), 0);
	assert_int_equal(money_micros(step_cost(&unknown, &prices)), 0);
}

static void a_sum_that_does_not_fit_stays_at_the_largest(void **state)
{
	struct step_state steps[] = {
		{.model = STR("o1"), .usage = {.output_tokens = INT64_MAX / 4}},
		{.model = STR("o1"), .usage = {.output_tokens = INT64_MAX / 4}},
	};
	const struct run r = {.steps = steps, .step_count = 2};

	(void)state;
	assert_int_equal(money_micros(run_cost(&r, NULL)), INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pending_run_says_little),
		cmocka_unit_test(a_finished_run_says_all),
		cmocka_unit_test(a_long_output_is_cut_at_a_code_point),
		cmocka_unit_test(given_prices_win_and_unknown_models_cost_nothing),
		cmocka_unit_test(a_sum_that_does_not_fit_stays_at_the_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
