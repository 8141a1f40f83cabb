/* What facts are to policies, and their payloads: SPEC 16.4 to 16.11. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "notifier/notice.h"
#include "notifier/rate_limit.h"

static struct message ended(enum message_type type, const char *reason)
{
	return (struct message){.type = type,
				.at_ms = 1774861200000,
				.namespace = STR("ns"),
				.run = STR("r"),
				.team = STR("t"),
				.attempt = 1,
				.input_tokens = 10,
				.output_tokens = 5,
				.duration_ms = 1500,
				.reason = str_of(reason)};
}

static void types_follow_spec_16_4(void **state)
{
	static const struct {
		enum message_type type;
		const char *reason, *want;
	} cases[] = {
		{MSG_RUN_SUCCEEDED, NULL, "TeamSucceeded"},
		{MSG_RUN_FAILED, "StepFailed", "TeamFailed"},
		{MSG_RUN_FAILED, "TimedOut", "TeamTimedOut"},
		{MSG_RUN_FAILED, "Cancelled", ""},
		{MSG_RUN_STARTED, NULL, ""},
	};
	struct message m = ended(MSG_RUN_FAILED, "StepFailed");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message one = ended(cases[i].type, cases[i].reason);

		assert_true(str_is(notice_type(&one), cases[i].want));
	}
	m.parent = STR("up");
	assert_int_equal(notice_type(&m).len, 0);
	m.parent = m.team = STR("");
	assert_int_equal(notice_type(&m).len, 0);
}

static void policies_want_what_they_name(void **state)
{
	struct notify_event rows[] = {{.type = STR("TeamFailed")},
				      {.type = STR("BudgetExceeded")}};
	struct notify some = {.events = rows, .event_count = 2}, all = {.all_events = true};

	(void)state;
	assert_ptr_equal(notice_wanted(&some, STR("TeamFailed")), &rows[0]);
	assert_ptr_equal(notice_wanted(&some, STR("TeamTimedOut")), &rows[0]);
	assert_ptr_equal(notice_wanted(&some, STR("DailyLimitReached")), &rows[1]);
	assert_null(notice_wanted(&some, STR("TeamSucceeded")));
	assert_non_null(notice_wanted(&all, STR("TeamSucceeded")));
	assert_false(notice_wanted(&all, STR("TeamSucceeded"))->has_template);
}

static void a_payload_has_every_key(void **state)
{
	static const char *const paths[] = {
		"Event",
		"Team",
		"Namespace",
		"Phase",
		"RunName",
		"FailedStep",
		"TotalTokens",
		"DurationMs",
		"Output",
		"Message",
		"DashboardURL",
		"Suppressed",
		"team.labels",
		"team.status.phase",
		"run.dashboardUrl",
		"run.spec.input",
		"run.status.reason",
		"run.status.output",
		"run.status.startTime",
		"run.status.completionTime",
		"run.status.totalTokenUsage.totalTokens",
		"run.status.totalCostUSD",
		"run.status.attempt",
		"agent.spec.limits.maxRetries",
		"agent.status.budgetResetsInMinutes",
		"budget.spec.hardStop",
		"budget.status.periodEnd",
	};
	AUTO_ARENA a = ARENA_INIT;
	struct message m = ended(MSG_RUN_FAILED, "StepFailed");
	struct notice n = {.type = STR("TeamFailed"), .fact = &m};
	struct value v;
	struct why why;

	(void)state;
	assert_int_equal(
		json_parse(&a, notice_payload(&a, &n), JSON_STRICT, JSON_MAX_DEPTH, &v, &why),
		FAIL_NONE);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (!value_path(&v, paths[i]))
			fail_msg("%s", paths[i]);
	assert_true(str_is(notice_json(&a, &v, STR("")),
			   "{\"event\":\"TeamFailed\",\"team\":\"t\",\"namespace\":\"ns\","
			   "\"phase\":\"Failed\",\"runName\":\"r\",\"totalTokens\":15,"
			   "\"durationMs\":1500,"
			   "\"message\":\"run r of team t failed: StepFailed\"}"));
	assert_true(
		str_ends(notice_json(&a, &v, STR("bad")), STR(",\"templateError\":\"bad\"}")));
}

static void outputs_are_cut_by_characters(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF text = BUF(4096);
	struct message m = ended(MSG_RUN_SUCCEEDED, NULL);
	struct notice n = {.type = STR("TeamSucceeded"), .fact = &m};
	struct value v;

	(void)state;
	for (int i = 0; i < 500; i++)
		buf_adds(&text, "\xe2\x82\xac");
	for (int more = 0; more < 2; more++) {
		struct str shown;

		n.output = buf_str(&text);
		assert_int_equal(json_parse(&a, notice_payload(&a, &n), JSON_STRICT,
					    JSON_MAX_DEPTH, &v, NULL),
				 FAIL_NONE);
		shown = value_text(value_get(&v, STR("Output")));
		assert_int_equal(shown.len, more ? 1503 : 1500);
		assert_true(str_ends(shown, STR("...")) == (more == 1));
		buf_addc(&text, 'x');
	}
}

static void identities_differ_by_all_that_counts(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct message m = ended(MSG_RUN_FAILED, "StepFailed"), again = m;
	struct str id[6];

	(void)state;
	again.attempt = 2;
	id[0] = notice_identity(&a, &m, STR("TeamFailed"), STR("p"), STR("r|1"), 0);
	id[1] = notice_identity(&a, &m, STR("TeamFailed"), STR("p"), STR("r|1"), 1);
	id[2] = notice_identity(&a, &m, STR("TeamTimedOut"), STR("p"), STR("r|1"), 0);
	id[3] = notice_identity(&a, &m, STR("TeamFailed"), STR("q"), STR("r|1"), 0);
	id[4] = notice_identity(&a, &m, STR("TeamFailed"), STR("p"), STR("r|2"), 0);
	id[5] = notice_identity(&a, &again, STR("TeamFailed"), STR("p"), STR("r|1"), 0);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(str_chr(id[i], '.', 0), STR_NONE);
		for (size_t j = 0; j < i; j++)
			assert_false(str_eq(id[i], id[j]));
	}
	assert_true(str_eq(
		id[0], notice_identity(&a, &m, STR("TeamFailed"), STR("p"), STR("r|1"), 0)));
}

static void a_window_slides(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct rate_limit r, back;
	struct why why;
	int64_t suppressed = -1;

	(void)state;
	assert_int_equal(rate_limit_decode(&a, STR(""), &r, &why), FAIL_NONE);
	assert_true(rate_limit_take(&r, 1000, 2, 5000, &suppressed));
	assert_int_equal(suppressed, 0);
	assert_true(rate_limit_take(&r, 1000, 2, 5400, &suppressed));
	assert_false(rate_limit_take(&r, 1000, 2, 5900, &suppressed));
	assert_false(rate_limit_take(&r, 1000, 2, 5999, &suppressed));
	assert_int_equal(rate_limit_decode(&a, rate_limit_encode(&a, &r), &back, &why),
			 FAIL_NONE);
	assert_true(rate_limit_take(&back, 1000, 2, 6000, &suppressed)); /* the first is over */
	assert_int_equal(suppressed, 2);
	assert_false(rate_limit_take(&back, 1000, 2, 6399, &suppressed));
	assert_true(rate_limit_take(&back, 1000, 2, 6400, &suppressed));
	assert_int_equal(suppressed, 1);
	assert_int_equal(
		rate_limit_decode(&a, STR("{\"times\":[\"x\"],\"suppressed\":0}"), &back, &why),
		FAIL_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_follow_spec_16_4),
		cmocka_unit_test(policies_want_what_they_name),
		cmocka_unit_test(a_payload_has_every_key),
		cmocka_unit_test(outputs_are_cut_by_characters),
		cmocka_unit_test(identities_differ_by_all_that_counts),
		cmocka_unit_test(a_window_slides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
