/* Sums of usage as they are read back from Redis. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runs/usage.h"

static struct reply text(const char *s)
{
	return (struct reply){.kind = REPLY_STRING, .text = str_of(s)};
}

static void fields_become_rows(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct reply items[] = {
		text("model/acme/one:8b/calls"),    text("2"), text("all/micros"), text("3500"),
		text("agent/w/inputTokens"),	    text("7"), text("all/calls"),  text("3"),
		text("model/acme/one:8b/unpriced"), text("2"),
	};
	struct reply r = {.kind = REPLY_ARRAY, .items = items, .count = 10};
	struct usage_row *rows;
	struct why why;
	size_t n;

	(void)state;
	assert_int_equal(usage_read(&a, &r, &rows, &n, &why), FAIL_NONE);
	assert_int_equal(n, 3);
	assert_true(str_is(rows[0].scope, "all"));
	assert_int_equal(rows[0].sum.micros, 3500);
	assert_int_equal(rows[0].sum.calls, 3);
	assert_true(str_is(rows[1].scope, "agent"));
	assert_int_equal(rows[1].sum.input_tokens, 7);
	assert_true(str_is(rows[2].name, "acme/one:8b"));
	assert_int_equal(rows[2].sum.calls, 2);
	assert_int_equal(rows[2].sum.unpriced, 2);
}

static void no_hash_no_rows_and_foreign_fields_are_refused(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct reply none = {.kind = REPLY_ARRAY};
	struct reply bad[][2] = {{text("calls"), text("1")},
				 {text("all/dollars"), text("1")},
				 {text("all/calls"), text("x")}};
	struct usage_row *rows;
	struct why why;
	size_t n = 9;

	(void)state;
	assert_int_equal(usage_read(&a, &none, &rows, &n, &why), FAIL_NONE);
	assert_int_equal(n, 0);
	for (size_t i = 0; i < 3; i++) {
		struct reply r = {.kind = REPLY_ARRAY, .items = bad[i], .count = 2};

		assert_int_equal(usage_read(&a, &r, &rows, &n, &why), FAIL_INPUT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_become_rows),
		cmocka_unit_test(no_hash_no_rows_and_foreign_fields_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
