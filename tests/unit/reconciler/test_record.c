/* Records and the facts that change them: SPEC 3.7, 8.11, 12.2, 16.3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reconciler/facts.h"

static struct message fact(enum message_type type, const char *run, int64_t attempt)
{
	return (struct message){.type = type,
				.at_ms = 5000,
				.namespace = STR("ns"),
				.run = str_of(run),
				.team = STR("t"),
				.attempt = attempt};
}

static void a_record_reads_back(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct record r = {.uid = STR("u"),
			   .status = STR("{\"phase\":\"Ready\"}"),
			   .was_ready = true,
			   .run = STR("r"),
			   .run_phase = STR("Failed"),
			   .run_created_ms = 7,
			   .run_attempt = 2,
			   .run_ended = true,
			   .fired = 3},
		      back;
	struct str text;
	struct why why;

	(void)state;
	record_note(&r, STR("RunFailed"), STR("\"no\"\n"), 9);
	*record_dispatch(&r, 1) =
		(struct record_dispatch){.channel = 1, .at_ms = 4, .event = STR("TeamFailed")};
	text = record_encode(&a, &r);
	assert_int_equal(record_decode(&a, text, &back, &why), FAIL_NONE);
	assert_true(str_eq(record_encode(&a, &back), text));
	assert_true(str_is(back.events[0].note, "\"no\"\n"));
	assert_int_equal(record_decode(&a, STR("{\"fired\":-1}"), &back, &why), FAIL_INPUT);
	assert_int_equal(record_decode(&a, STR("[]"), &back, &why), FAIL_INPUT);
}

static void events_are_bounded_and_the_same_counts(void **state)
{
	struct record r = {.event_count = 0};
	char names[RECORD_EVENTS + 5][16];

	(void)state;
	for (int i = 0; i < RECORD_EVENTS + 5; i++) {
		snprintf(names[i], sizeof(names[i]), "Reason%d", i);
		record_note(&r, str_of(names[i]), STR("x"), i);
	}
	assert_int_equal(r.event_count, RECORD_EVENTS);
	assert_true(str_is(r.events[0].reason, "Reason5"));
	record_note(&r, STR("Reason9"), STR("x"), 99999); /* the same words */
	assert_int_equal(r.event_count, RECORD_EVENTS);
	assert_true(str_is(r.events[RECORD_EVENTS - 1].reason, "Reason9"));
	assert_int_equal(r.events[RECORD_EVENTS - 1].count, 2);
	assert_int_equal(r.events[RECORD_EVENTS - 1].first_ms, 9);
	record_note(&r, STR("Reason9"), STR("other"), 100998); /* within a second */
	assert_int_equal(r.events[RECORD_EVENTS - 1].count, 3);
	record_note(&r, STR("Reason9"), STR("third"), 101998); /* a second later */
	assert_int_equal(r.events[RECORD_EVENTS - 1].count, 1);
}

static void types_of_events_follow_their_words(void **state)
{
	(void)state;
	assert_string_equal(record_event_type(STR("RunStarted")), "Normal");
	assert_string_equal(record_event_type(STR("NotificationSent")), "Normal");
	assert_string_equal(record_event_type(STR("NotificationDeadLettered")), "Warning");
	assert_string_equal(record_event_type(STR("LoopLimitReached")), "Warning");
	assert_string_equal(record_event_type(STR("UnknownModelPrice")), "Warning");
}

/* Two runs and a retry, in every order, leave the same phase (DESIGN 3: replicas may be late). */
static void a_team_shows_its_newest_run_in_every_order(void **state)
{
	const struct {
		struct message m;
		int64_t created;
	} facts[] = {
		{fact(MSG_RUN_STARTED, "old", 1), 10}, {fact(MSG_RUN_FAILED, "old", 1), 10},
		{fact(MSG_RUN_STARTED, "new", 1), 20}, {fact(MSG_RUN_FAILED, "new", 1), 20},
		{fact(MSG_RUN_RETRIED, "new", 2), 20}, {fact(MSG_RUN_SUCCEEDED, "new", 2), 20},
	};
	enum { FACTS = sizeof(facts) / sizeof(facts[0]), ORDERS = 720 };

	(void)state;
	for (int order = 0; order < ORDERS; order++) {
		struct record r = {.event_count = 0};
		bool taken[FACTS] = {false};

		for (int i = 0, rest = order; i < FACTS; i++) {
			int skip = rest % (FACTS - i), at = 0;

			rest /= FACTS - i;
			while (taken[at] || skip-- > 0)
				at++;
			taken[at] = true;
			fact_take(&r, KIND_TEAM, &facts[at].m, facts[at].created);
		}
		assert_true(str_is(r.run, "new"));
		assert_true(str_is(r.run_phase, "Succeeded"));
		assert_int_equal(r.run_attempt, 2);
	}
}

static void child_runs_and_forgotten_runs_change_no_team(void **state)
{
	struct message m = fact(MSG_RUN_FAILED, "child", 1);
	struct fact_subject of[FACT_SUBJECTS];
	struct record r = {.event_count = 0};

	(void)state;
	assert_int_equal(fact_subjects(&m, of), 2);
	m.parent = STR("up");
	assert_int_equal(fact_subjects(&m, of), 1);
	assert_int_equal(of[0].kind, KIND_RUN);
	m.parent = STR("");
	fact_take(&r, KIND_TEAM, &m, 0);
	assert_int_equal(r.run.len, 0);
	assert_int_equal(r.active_ms, 5000);
}

static void failures_have_events_of_their_own(void **state)
{
	static const struct {
		const char *reason, *event;
	} cases[] = {{"TimedOut", "RunTimedOut"},
		     {"Cancelled", "RunCancelled"},
		     {"InvalidInput", "InvalidInput"},
		     {"StepFailed", "RunFailed"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record r = {.event_count = 0};
		struct message m = fact(MSG_RUN_FAILED, "r", 1);

		m.reason = str_of(cases[i].reason);
		fact_take(&r, KIND_RUN, &m, 0);
		assert_true(str_is(r.events[0].reason, cases[i].event));
	}
}

static void a_late_delivery_does_not_hide_a_newer_one(void **state)
{
	struct message m = {.type = MSG_DELIVERY_ENDED,
			    .at_ms = 200,
			    .policy = STR("p"),
			    .outcome = STR("delivered"),
			    .event_type = STR("TeamFailed")};
	struct record r = {.event_count = 0};

	(void)state;
	fact_take(&r, KIND_NOTIFY, &m, 0);
	m.at_ms = 100;
	m.outcome = STR("dead-lettered");
	fact_take(&r, KIND_NOTIFY, &m, 0);
	assert_int_equal(r.dispatch_count, 1);
	assert_true(r.dispatches[0].succeeded);
	assert_int_equal(r.dead_letters, 1);
	m.channel = 1;
	fact_take(&r, KIND_NOTIFY, &m, 0);
	assert_int_equal(r.dispatch_count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_reads_back),
		cmocka_unit_test(events_are_bounded_and_the_same_counts),
		cmocka_unit_test(types_of_events_follow_their_words),
		cmocka_unit_test(a_team_shows_its_newest_run_in_every_order),
		cmocka_unit_test(child_runs_and_forgotten_runs_change_no_team),
		cmocka_unit_test(failures_have_events_of_their_own),
		cmocka_unit_test(a_late_delivery_does_not_hide_a_newer_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
