/* Durations (SPEC 1.4) and RFC 3339 times (SPEC 1.3), against Go's package time. */
#include "../vectors.h"

#include "lang/duration.h"
#include "lang/rfc3339.h"

static int64_t vector_int(const struct value *v, const char *key)
{
	const struct value *i = value_get(v, str_of(key));

	return i ? i->integer : 0;
}

static bool check_vector(struct arena *a, const struct value *v)
{
	bool want_error = value_get(v, STR("error"));
	AUTO_BUF printed = BUF(64);
	int64_t got = -1;
	int32_t nanos = -1;

	(void)a;
	if (value_get(v, STR("parse"))) {
		if (duration_parse(vector_str(v, "parse"), &got, NULL))
			return want_error;
		return !want_error && got == vector_int(v, "nanos");
	}
	if (value_get(v, STR("print"))) {
		duration_add(&printed, vector_int(v, "print"));
		return str_eq(buf_str(&printed), vector_str(v, "text"));
	}
	if (rfc3339_parse(vector_str(v, "time"), &got, &nanos, NULL))
		return want_error;
	rfc3339_add_nanos(&printed, got, nanos, (int32_t)vector_int(v, "offset"));
	return !want_error && got == vector_int(v, "seconds") &&
	       nanos == vector_int(v, "nanos") &&
	       str_eq(buf_str(&printed), vector_str(v, "printed"));
}

static void test_vectors(void **state)
{
	const char *other = getenv("DURATION_VECTORS");

	(void)state;
	assert_int_equal(vectors_each(other ? other : "tests/vectors/data/duration.jsonl", 1000,
				      check_vector),
			 0);
}

static void test_positive(void **state)
{
	int64_t nanos = 7;
	struct why why;

	(void)state;
	assert_int_equal(duration_parse_positive(STR("0h0s"), &nanos, &why), FAIL_INPUT);
	assert_string_equal(why.text, "'0h0s' must be more than zero");
	assert_int_equal(duration_parse_positive(STR("0.4ns"), &nanos, &why), FAIL_INPUT);
	assert_int_equal(duration_parse_positive(STR("soon"), &nanos, &why), FAIL_INPUT);
	assert_string_equal(why.text, "'soon' is no duration such as 90s, 1m30s or 1.5h");
	assert_int_equal(nanos, 7);
	assert_int_equal(duration_parse_positive(STR("1ns"), &nanos, &why), FAIL_NONE);
	assert_int_equal(nanos, 1);
}

/* What cannot be written as four digits of a year is clamped, never garbage. */
static void test_years(void **state)
{
	static const struct {
		int64_t seconds;
		int32_t offset;
		const char *want;
	} cases[] = {
		{INT64_C(-62167219200), 0, "0000-01-01T00:00:00Z"},
		{INT64_C(-62167219201), 0, "0000-01-01T00:00:00Z"},
		{INT64_C(253402300799), 0, "9999-12-31T23:59:59Z"},
		{INT64_C(253402300800), 0, "9999-12-31T23:59:59Z"},
		{INT64_C(253402300799), 3600, "9999-12-31T23:59:59+01:00"},
		{INT64_MAX, -43200, "9999-12-31T11:59:59-12:00"},
		{INT64_MIN, 0, "0000-01-01T00:00:00Z"},
		{0, 5 * 3600 + 45 * 60, "1970-01-01T05:45:00+05:45"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF b = BUF(64);

		rfc3339_add_offset(&b, cases[i].seconds, cases[i].offset);
		assert_string_equal(buf_cstr(&b), cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_positive),
		cmocka_unit_test(test_years),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
