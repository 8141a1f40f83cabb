/* A complaint about a file that is still the same is told once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "watcher/complaints.h"

static bool told(struct complaints *c, const char *file, uint32_t line, const char *words)
{
	return complaint_is_new(c, str_of(file), line, str_of(words));
}

static void test_once_for_each_content(void **state)
{
	struct complaints c = {.told_count = 0};

	(void)state;
	for (int reading = 0; reading < 3; reading++) {
		complaints_content(&c, STR("a"), STR("x"));
		complaints_content(&c, STR("b"), STR("x"));
		assert_int_equal(told(&c, "a", 1, "wrong"), reading == 0);
		assert_int_equal(told(&c, "b", 1, "wrong"), reading == 0);
		assert_int_equal(told(&c, "a", 2, "wrong"), reading == 0);
		assert_false(told(&c, "a", 1, "wrong")); /* twice in one reading */
		complaints_done(&c);
	}
	complaints_content(&c, STR("a"), STR("y"));
	assert_true(told(&c, "a", 1, "wrong"));
	complaints_release(&c);
}

static void test_what_was_right_in_between_is_told_again(void **state)
{
	struct complaints c = {.told_count = 0};

	(void)state;
	assert_true(told(&c, "no such file", 0, "not there"));
	complaints_done(&c);
	complaints_done(&c);
	assert_true(told(&c, "no such file", 0, "not there"));
	complaints_release(&c);
}

static void test_many(void **state)
{
	struct complaints c = {.told_count = 0};

	(void)state;
	for (int reading = 0; reading < 2; reading++) {
		for (uint32_t line = 1; line <= 1000; line++)
			assert_int_equal(told(&c, "a", line, "wrong"), reading == 0);
		complaints_done(&c);
	}
	complaints_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once_for_each_content),
		cmocka_unit_test(test_what_was_right_in_between_is_told_again),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
