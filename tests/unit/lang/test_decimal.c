#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/json.h"
#include "lang/decimal.h"

static struct value number(struct arena *a, const char *text)
{
	struct value v;

	if (json_parse(a, str_of(text), JSON_STRICT, 1, &v, NULL))
		fail_msg("%s", text);
	return v;
}

/* In ascending order; equal ones side by side with "=". */
static void test_order(void **state)
{
	static const char *const order[] = {
		"-1e400",
		"-9223372036854775809",
		"-9223372036854775808",
		"=-9223372036854775808.0",
		"-10",
		"=-1e1",
		"-9.9",
		"-1",
		"-0.1",
		"-1e-400",
		"0",
		"=-0",
		"=0.000",
		"=0e99",
		"1e-400",
		"0.09",
		"0.1",
		"=1e-1",
		"=0.10",
		"=0.01e1",
		"0.10000000000000001",
		"0.2",
		"1",
		"=1.0",
		"=100e-2",
		"1.01",
		"9007199254740992",
		"9007199254740993",
		"=9007199254740993.0",
		"9223372036854775807",
		"9223372036854775808",
		"=9.223372036854775808e18",
		"1e400",
		"1.1e400",
		"1e401",
	};
	enum { COUNT = sizeof(order) / sizeof(order[0]) };
	AUTO_ARENA a = ARENA_INIT;
	struct value values[COUNT];
	int ranks[COUNT], rank = 0;

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		bool same = order[i][0] == '=';

		rank += !same;
		ranks[i] = rank;
		values[i] = number(&a, order[i] + same);
	}
	for (size_t i = 0; i < COUNT; i++)
		for (size_t j = 0; j < COUNT; j++) {
			int want = (ranks[i] > ranks[j]) - (ranks[i] < ranks[j]);

			if (decimal_cmp_values(&values[i], &values[j]) != want)
				fail_msg("%s and %s", order[i], order[j]);
		}
}

static void test_computed(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct value third = value_float(0.1), same = number(&a, "0.1");

	(void)state;
	/* a computed float is what its shortest digits say */
	assert_int_equal(decimal_cmp_values(&third, &same), 0);
	third = value_float(-1.5e300);
	same = number(&a, "-15e299");
	assert_int_equal(decimal_cmp_values(&third, &same), 0);
	third = value_float(-0.0);
	same = value_int(0);
	assert_int_equal(decimal_cmp_values(&third, &same), 0);
}

static void test_multiple(void **state)
{
	static const struct {
		const char *a, *b;
		bool want;
	} cases[] = {
		{"0", "7", true},
		{"21", "7", true},
		{"22", "7", false},
		{"-21", "7", true},
		{"21", "-7", true},
		{"0.3", "0.1", true},
		{"0.35", "0.1", false},
		{"1", "0.1", true},
		{"1", "0.3", false},
		{"1", "3", false},
		{"5", "10", false},
		{"1e18", "999999999999999999", false},
		{"999999999999999999e5", "999999999999999999", true},
		{"1e9999999", "7", false},
		{"1e9999999", "1024", true},
		{"7e9999999", "7", true},
		{"1e99", "1267650600228229401496703205376", false}, /* 2^100 */
		{"1e100", "1267650600228229401496703205376", true},
		{"1e1000000", "1267650600228229401496703205377", false},
		{"15241578753238836750495351562536198787501905199875019052100",
		 "123456789012345678901234567890", true},
		{"15241578753238836750495351562536198787501905199875019052101",
		 "123456789012345678901234567890", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA arena = ARENA_INIT;
		struct value x = number(&arena, cases[i].a), y = number(&arena, cases[i].b);
		struct decimal a, b;

		decimal_of(&x, &a);
		decimal_of(&y, &b);
		if (decimal_is_multiple(&a, &b) != cases[i].want)
			fail_msg("%s of %s", cases[i].a, cases[i].b);
		assert_true(decimal_multiple_cost(&a, &b) < 100000);
	}
}

static void test_size(void **state)
{
	static const struct {
		const char *text;
		size_t want;
	} cases[] = {
		{"0", 0},
		{"-5", 0},
		{"7", 7},
		{"7.0", 7},
		{"7.9", 7},
		{"1.25e1", 12},
		{"1.25e2", 125},
		{"1e3", 1000},
		{"18446744073709551615", SIZE_MAX},
		{"18446744073709551616", SIZE_MAX},
		{"1e1000000000", SIZE_MAX},
		{"1e-1000000000", 0},
		{"0e1000000000", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct value v = number(&a, cases[i].text);
		struct decimal d;

		decimal_of(&v, &d);
		if (decimal_to_size(&d) != cases[i].want)
			fail_msg("%s: %zu", cases[i].text, decimal_to_size(&d));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_computed),
		cmocka_unit_test(test_multiple),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
