#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lang/civil.h"

/* Counts 800 years day by day, the slow way, from a date that everybody knows. */
static void test_every_day(void **state)
{
	struct civil c = {.year = 1600, .month = 1, .day = 1};
	int64_t days = civil_days(1600, 1, 1);
	int weekday = 6, yearday = 1; /* a Saturday */

	(void)state;
	assert_int_equal(civil_days(1970, 1, 1), 0);
	for (; c.year < 2400; days++, weekday = (weekday + 1) % 7) {
		struct civil got = civil_of(days * SECONDS_PER_DAY);

		assert_int_equal(civil_days(c.year, c.month, c.day), days);
		assert_int_equal(got.year, c.year);
		assert_int_equal(got.month, c.month);
		assert_int_equal(got.day, c.day);
		assert_int_equal(civil_weekday(days), weekday);
		assert_int_equal(civil_yearday(c.year, c.month, c.day), yearday);
		c.day++;
		yearday++;
		if (c.day > civil_month_days(c.year, c.month)) {
			c.day = 1;
			c.month++;
		}
		if (c.month > 12) {
			c.month = 1;
			c.year++;
			yearday = 1;
		}
	}
}

static void test_leap_years(void **state)
{
	(void)state;
	assert_true(civil_leap(2024));
	assert_false(civil_leap(2023));
	assert_false(civil_leap(1900));
	assert_true(civil_leap(2000));
	assert_true(civil_leap(0));
	assert_false(civil_leap(-1));
	assert_true(civil_leap(-4));
	assert_int_equal(civil_month_days(2024, 2), 29);
	assert_int_equal(civil_month_days(2100, 2), 28);
}

/* Both directions agree at the ends, before 1970 too, to the second. */
static void test_there_and_back(void **state)
{
	static const int64_t instants[] = {0,
					   -1,
					   1,
					   86399,
					   86400,
					   -86400,
					   -86401,
					   INT64_C(-62167219201),
					   INT64_C(253402300799),
					   INT64_C(9000000000000000),
					   INT64_C(-9000000000000000)};

	(void)state;
	for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++) {
		struct civil c = civil_of(instants[i]);

		assert_int_equal(civil_seconds(&c), instants[i]);
		assert_in_range(c.hour, 0, 23);
		assert_in_range(c.minute, 0, 59);
		assert_in_range(c.second, 0, 59);
	}
	assert_int_equal(civil_of(-1).second, 59);
	assert_int_equal(civil_of(-1).year, 1969);
	/* A day outside its month counts on. */
	assert_int_equal(civil_days(2026, 2, 29), civil_days(2026, 3, 1));
	assert_int_equal(civil_days(2026, 1, 0), civil_days(2025, 12, 31));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_day),
		cmocka_unit_test(test_leap_years),
		cmocka_unit_test(test_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
