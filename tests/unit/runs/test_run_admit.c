/* Names of runs and the commit that lets them in: SPEC 9.3, 1.8, 12.14. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "runs/run_admit.h"

static const unsigned char zeros[8], ones[8] = {1, 1, 1, 1, 1, 1, 1, 1};

enum { FIRED = 1774861200 }; /* 2026-03-30T09:00:00Z */

static void names_follow_spec_9_3(void **state)
{
	AUTO_ARENA a = ARENA_INIT;

	(void)state;
	assert_true(str_is(run_name_by_hand(&a, STR("report"), FIRED, zeros),
			   "report-20260330090000-aaaaaaaa"));
	assert_true(str_is(run_name_of_fire(&a, STR("nightly"), STR("report"), FIRED, NULL, 1),
			   "nightly-report-20260330-090000"));
	assert_true(str_is(run_name_of_fire(&a, STR("hook"), STR("report"), FIRED, zeros, 1),
			   "hook-report-20260330-090000-aaaaaaaa"));
	assert_true(str_is(run_name_of_fire(&a, STR("hook"), STR("report"), FIRED, zeros, 2),
			   "hook-report-20260330-090000-aaaaaaaa-2"));
}

static void other_random_bytes_give_another_name(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str x = run_name_by_hand(&a, STR("t"), FIRED, zeros);
	struct str y = run_name_by_hand(&a, STR("t"), FIRED, ones);

	(void)state;
	assert_false(str_eq(x, y));
	for (size_t i = x.len - 8; i < y.len; i++)
		assert_non_null(strchr("abcdefghijklmnopqrstuvwxyz0123456789", y.ptr[i]));
}

static void long_names_are_shortened_and_stay_apart(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str event = STR("a-quite-long-name-of-an-event-here");
	struct str x = run_name_of_fire(&a, event, STR("and-of-a-team"), FIRED, zeros, 1);
	struct str y = run_name_of_fire(&a, event, STR("and-of-a-team"), FIRED, ones, 1);

	(void)state;
	assert_int_equal(x.len, 63);
	assert_false(str_eq(x, y));
}

static void labels_say_where_it_came_from(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct run_admission fired = {.team = STR("report"), .trigger = STR("hook")};
	const struct run_admission child = {.agent = STR("w"), .parent = STR("up")};

	(void)state;
	assert_true(str_is(run_labels(&a, &fired),
			   "{\"arkonis.dev/team\":\"report\",\"arkonis.dev/trigger\":\"hook\","
			   "\"arkonis.dev/trigger-template\":\"report\"}"));
	assert_true(str_is(run_labels(&a, &child),
			   "{\"arkonis.dev/agent\":\"w\",\"arkonis.dev/parent-run\":\"up\"}"));
}

/* The operations of a commit, one text behind the other. */
static struct str said(struct arena *a, const struct commit *c)
{
	AUTO_BUF b = BUF(65536);

	for (size_t i = 7; i < c->command.argc; i++) { /* after FCALL, name, 0, claim */
		buf_add(&b, c->command.argv[i]);
		buf_addc(&b, ' ');
	}
	return arena_str(a, buf_str(&b));
}

static void marks_come_before_all_that_may_refuse(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct run_admission runs[] = {
		{.namespace = STR("n"), .name = STR("r1"), .team = STR("t"), .token = STR("x")},
		{.namespace = STR("n"), .name = STR("r2"), .team = STR("t"), .token = STR("x")},
	};
	struct commit c;
	struct str text;
	size_t second_mark, state_free, below, append;

	(void)state;
	commit_begin(&c, &a, ADMIT, NULL);
	run_admit(&c, runs, 2, 10);
	text = said(&a, &c);
	second_mark = str_find(text, STR("once admitted:n.r2"), 0);
	state_free = str_find(text, STR("free run-state:n.r1"), 0);
	below = str_find(text, STR("below counters pending 10"), 0);
	append = str_find(text, STR("append runs"), 0);
	assert_true(second_mark < state_free && state_free < below && below < append);
	assert_true(append != STR_NONE);
	assert_int_not_equal(str_find(text, STR("count counters pending 2"), 0), STR_NONE);
	assert_int_equal(str_find(text, STR("event-runs"), 0), STR_NONE);
}

static void runs_of_an_event_are_indexed(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct run_admission r = {.namespace = STR("n"),
					.name = STR("r"),
					.agent = STR("g"),
					.prompt = STR("do"),
					.trigger = STR("e"),
					.token = STR("x"),
					.now_ms = 7};
	struct commit c;

	(void)state;
	commit_begin(&c, &a, ADMIT, NULL);
	run_admit(&c, &r, 1, 0);
	assert_int_not_equal(str_find(said(&a, &c), STR("index event-runs:n.e n.r 7"), 0),
			     STR_NONE);
	assert_int_equal(str_find(said(&a, &c), STR("below"), 0), STR_NONE);
}

static void a_mark_tells_whose_it_is(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct run_admission mine = {.namespace = STR("n"),
					   .name = STR("r"),
					   .team = STR("t"),
					   .trigger = STR("e"),
					   .token = STR("x"),
					   .now_ms = 7};
	struct run_admission other = mine;
	struct run_mark mark;
	struct commit c;
	struct str text = {NULL, 0};

	(void)state;
	commit_begin(&c, &a, ADMIT, NULL);
	run_admit(&c, &mine, 1, 0);
	for (size_t i = 0; i + 3 < c.command.argc; i++)
		if (str_is(c.command.argv[i], "once"))
			text = c.command.argv[i + 3];
	assert_true(text.len);
	assert_true(run_mark_is_ours(&a, text, &mine, 1));
	other.token = STR("y");
	assert_false(run_mark_is_ours(&a, text, &other, 1));
	assert_int_equal(run_mark_decode(&a, text, &mark, NULL), FAIL_NONE);
	assert_true(str_is(mark.team, "t") && str_is(mark.trigger, "e"));
	assert_int_equal(mark.created_ms, 7);
	assert_int_equal(run_mark_decode(&a, STR("{}"), &mark, NULL), FAIL_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_follow_spec_9_3),
		cmocka_unit_test(other_random_bytes_give_another_name),
		cmocka_unit_test(long_names_are_shortened_and_stay_apart),
		cmocka_unit_test(labels_say_where_it_came_from),
		cmocka_unit_test(marks_come_before_all_that_may_refuse),
		cmocka_unit_test(runs_of_an_event_are_indexed),
		cmocka_unit_test(a_mark_tells_whose_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
