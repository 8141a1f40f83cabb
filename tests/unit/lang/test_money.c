/* Money (SPEC 1.5) and prices (SPEC 15.4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json.h"
#include "lang/price.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int64_t micros; /* -1: refused */
	} cases[] = {
		{"0", 0},
		{"12", 12000000},
		{"0.80", 800000},
		{"0.000001", 1},
		{"12.500000", 12500000},
		{"007", 7000000},
		{"9223372036854.775807", INT64_MAX},
		{"9223372036854.775808", -1},
		{"9223372036855", -1},
		{"99999999999999999999", -1},
		{"0.0000001", -1},
		{"0.0000000", -1},
		{"", -1},
		{".", -1},
		{".5", -1},
		{"5.", -1},
		{"-1", -1},
		{"-0", -1},
		{"+1", -1},
		{"1e3", -1},
		{"1,5", -1},
		{" 1", -1},
		{"1 ", -1},
		{"1.2.3", -1},
		{"1.-2", -1},
		{"1. 2", -1},
		{"$1", -1},
		{"0x1", -1},
		{"1_000", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct money m = money_of_micros(-7);
		enum fail f = money_parse(str_of(cases[i].text), &m, NULL);

		assert_int_equal(f, cases[i].micros < 0 ? FAIL_INPUT : FAIL_NONE);
		assert_int_equal(money_micros(m), cases[i].micros < 0 ? -7 : cases[i].micros);
	}
}

/* A number counts by its digits, never by its binary value. */
static void test_values(void **state)
{
	static const struct {
		const char *json;
		int64_t micros;
	} cases[] = {
		{"1", 1000000},
		{"\"1.5\"", 1500000},
		{"0.1", 100000},
		{"0.000001", 1},
		{"1.10", 1100000},
		{"4503599627.370497", INT64_C(4503599627370497)},
		{"9223372036854.775807", INT64_MAX},
		{"0.1000000", -1},
		{"1e2", -1},
		{"1E0", -1},
		{"-1", -1},
		{"-0", -1},
		{"-0.0", -1},
		{"true", -1},
		{"null", -1},
		{"[1]", -1},
		{"{}", -1},
		{"\"\"", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct value v;
		struct money m = money_of_micros(-1);

		assert_int_equal(
			json_parse(&a, str_of(cases[i].json), JSON_STRICT, 4, &v, NULL),
			FAIL_NONE);
		assert_int_equal(money_from_value(&v, &m, NULL),
				 cases[i].micros < 0 ? FAIL_INPUT : FAIL_NONE);
		assert_int_equal(money_micros(m), cases[i].micros);
	}
	assert_int_equal(money_from_value(NULL, &(struct money){0}, NULL), FAIL_INPUT);
}

static void test_print(void **state)
{
	static const struct {
		int64_t micros;
		const char *want;
	} cases[] = {
		{0, "0.000000"},
		{1, "0.000001"},
		{-1, "-0.000001"},
		{12500000, "12.500000"},
		{-12500000, "-12.500000"},
		{INT64_MAX, "9223372036854.775807"},
		{INT64_MIN, "-9223372036854.775808"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF b = BUF(64);
		struct money m;

		money_print(&b, money_of_micros(cases[i].micros));
		assert_string_equal(buf_cstr(&b), cases[i].want);
		assert_int_equal(money_parse_printed(buf_str(&b), &m, NULL), FAIL_NONE);
		assert_int_equal(money_micros(m), cases[i].micros);
	}
	assert_int_equal(money_parse_printed(STR("1.5"), &(struct money){0}, NULL), FAIL_INPUT);
	assert_int_equal(money_parse_printed(STR("1"), &(struct money){0}, NULL), FAIL_INPUT);
	assert_int_equal(money_parse_printed(STR("--1.000000"), &(struct money){0}, NULL),
			 FAIL_INPUT);
	assert_int_equal(money_parse_printed(STR(""), &(struct money){0}, NULL), FAIL_INPUT);
}

static void test_sums(void **state)
{
	struct money max = money_of_micros(INT64_MAX), min = money_of_micros(INT64_MIN);
	struct money one = money_of_micros(1), m = money_of_micros(5);

	(void)state;
	assert_false(money_add(max, one, &m));
	assert_false(money_sub(min, one, &m));
	assert_false(money_sub(one, min, &m));
	assert_int_equal(money_micros(m), 5);
	assert_true(money_add(max, min, &m));
	assert_int_equal(money_micros(m), -1);
	assert_true(money_sub(one, max, &m));
	assert_int_equal(money_micros(m), -(INT64_MAX - 1));
	assert_true(money_cmp(min, max) < 0);
	assert_true(money_cmp(max, min) > 0);
	assert_int_equal(money_cmp(one, one), 0);
}

/* SPEC 15.3: rounded down. */
static void test_percent(void **state)
{
	static const int64_t cases[][3] = {
		{0, 100, 0},
		{1, 100, 1},
		{99, 100, 99},
		{999999, 1000000, 99},
		{100, 100, 100},
		{250, 100, 250},
		{1, 3, 33},
		{5, 0, 0},
		{-5, 100, 0},
		{5, -1, 0},
		{INT64_MAX, 1, INT64_MAX},
		{INT64_MAX, INT64_MAX, 100},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(money_percent(money_of_micros(cases[i][0]),
					       money_of_micros(cases[i][1])),
				 cases[i][2]);
}

static void test_cost(void **state)
{
	static const struct {
		const char *price;
		int64_t input, output, micros; /* -1: does not fit */
	} cases[] = {
		{"3/15", 1000000, 0, 3000000},
		{"3/15", 1, 0, 3},
		{"3/15", 1000, 200, 6000},
		{"0.25/1.25", 1, 0, 1}, /* a quarter of a micro-unit */
		{"0.25/1.25", 4, 0, 1}, /* exactly one */
		{"0.25/1.25", 5, 0, 2}, /* and a bit more */
		{"0.25/1.25", 1, 1, 2}, /* 0.25 + 1.25: rounded once, not twice */
		{"0.000001/0", 1, 0, 1},
		{"0.000001/0", 1000000, 0, 1},
		{"0/0", INT64_MAX, INT64_MAX, 0},
		{"3/15", 0, 0, 0},
		{"1/0", INT64_MAX, 0, INT64_MAX},
		{"1/1", INT64_MAX, 1, -1},
		{"9223372036854.775807/9223372036854.775807", INT64_MAX, INT64_MAX, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct money m = money_of_micros(-1);
		struct price p;

		assert_int_equal(price_parse(str_of(cases[i].price), &p, NULL), FAIL_NONE);
		assert_int_equal(money_cost(p, cases[i].input, cases[i].output, &m),
				 cases[i].micros >= 0);
		assert_int_equal(money_micros(m), cases[i].micros);
	}
}

static void test_price_parse(void **state)
{
	static const char *const bad[] = {"",	 "/",	 "1",	  "1/",		 "/1",	"1/2/3",
					  "a/b", "-1/2", "1/1e3", "0.0000001/1", "1//2"};
	struct price p;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(price_parse(str_of(bad[i]), &p, NULL), FAIL_INPUT);
	assert_int_equal(price_parse(STR(" 0.80 / 4 "), &p, NULL), FAIL_NONE);
	assert_int_equal(money_micros(p.input), 800000);
	assert_int_equal(money_micros(p.output), 4000000);
}

/* What the answer of price_find is, as "in/out" in micro-units. */
static void assert_price(const struct price_entry *entries, size_t count, const char *model,
			 int64_t input, int64_t output)
{
	struct price p;

	assert_true(price_find(entries, count, str_of(model), &p));
	assert_int_equal(money_micros(p.input), input);
	assert_int_equal(money_micros(p.output), output);
}

static void test_price_find(void **state)
{
	struct price_entry own[3] = {{.prefix = STR("gpt-4o-mini-2024")},
				     {.prefix = STR("claude")},
				     {.prefix = STR("Qwen")}};
	struct price p;

	(void)state;
	assert_price(NULL, 0, "gpt-4o-mini-2024-07-18", 150000, 600000);
	assert_price(NULL, 0, "gpt-4o-2024-08-06", 2500000, 10000000);
	assert_price(NULL, 0, "gpt-4-turbo", 10000000, 30000000);
	assert_price(NULL, 0, "GPT-4", 30000000, 60000000);
	assert_price(NULL, 0, "Claude-Haiku-4-5", 800000, 4000000);
	assert_price(NULL, 0, "gemini-1.5-flash-8b", 75000, 300000);
	assert_price(NULL, 0, "llama3.1", 0, 0);
	assert_false(price_find(NULL, 0, STR("gpt-5"), &p));
	assert_false(price_find(NULL, 0, STR(""), &p));
	assert_false(price_find(NULL, 0, STR("my-gpt-4"), &p));

	assert_int_equal(price_parse(STR("1/2"), &own[0].price, NULL), FAIL_NONE);
	assert_int_equal(price_parse(STR("3/4"), &own[1].price, NULL), FAIL_NONE);
	assert_int_equal(price_parse(STR("5/6"), &own[2].price, NULL), FAIL_NONE);
	assert_price(own, 3, "gpt-4o-mini-2024-07-18", 1000000, 2000000);
	assert_price(own, 3, "gpt-4o-mini", 150000, 600000);
	/* A shorter prefix of one's own goes before a longer static one. */
	assert_price(own, 3, "claude-opus-4-1", 3000000, 4000000);
	assert_price(own, 3, "qwen2.5", 5000000, 6000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	    cmocka_unit_test(test_values),
		cmocka_unit_test(test_print),	    cmocka_unit_test(test_sums),
		cmocka_unit_test(test_percent),	    cmocka_unit_test(test_cost),
		cmocka_unit_test(test_price_parse), cmocka_unit_test(test_price_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
