/* Cron (SPEC 12.3 to 12.6): against robfig/cron in UTC, against a minute by minute walk where clocks
 * change. */
#include "../vectors.h"

#include <time.h>

#include "lang/cron.h"

static struct zones *zones;

static bool check_vector(struct arena *a, const struct value *v)
{
	const struct value *slots = value_get(v, STR("slots")),
			   *from = value_get(v, STR("from"));
	const struct zone *z = zones_get(zones, vector_str(v, "zone"));
	struct why why = {""};
	struct cron c;
	int64_t at = from ? from->integer : 0, got = 0;
	size_t count = value_count(slots), i = 0;

	if (cron_parse(vector_str(v, "cron"), &c, &why))
		return value_get(v, STR("error")) != NULL && why.text[0];
	if (value_get(v, STR("error"))) {
		print_error("accepted: %s\n", json_text(a, v).ptr);
		return false;
	}
	if (!z)
		fail_msg("no zone %s", vector_str(v, "zone").ptr);
	for (; i < count && cron_next(&c, z, at, &got) && got == value_at(slots, i)->integer;
	     i++)
		at = got;
	if (i == count && (count || !cron_next(&c, z, at, &got)))
		return true;
	print_error("%s\n  here: slot %zu is %lld\n", json_text(a, v).ptr, i, (long long)got);
	return false;
}

static void test_vectors(void **state)
{
	const char *other = getenv("CRON_VECTORS");

	(void)state;
	zones = zones_new("tests/vectors/data/zoneinfo");
	assert_int_equal(vectors_each(other ? other : "tests/vectors/data/cron.jsonl", 1000,
				      check_vector),
			 0);
	zones = zones_free(zones);
}

static void test_words(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"* * * *",
		 "too few fields: minute, hour, day of month, month and day of week are "
		 "needed"},
		{"0 * * * * *",
		 "too many fields: minute, hour, day of month, month and day of week "
		 "are needed"},
		{"60 * * * *", "minute '60': beyond 0-59"},
		{"* 5,25-26 * * *", "hour '25-26': beyond 0-23"},
		{"* * L * *", "day of month 'L': not a value, a range or '*'"},
		{"* * * * FRI-MON", "day of week 'FRI-MON': a range that runs backwards"},
		{"* * * 1,,2 *", "month '': an empty item"},
		{"*/0 * * * *", "minute '*/0': a step is a number above 0"},
		{"* * * * *\n", "day of week '*\n': not a value, a range or '*'"},
		{"@every 5m", "unknown macro '@every 5m'"},
	};
	struct cron c;
	struct why why;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(cron_parse(str_of(cases[i].text), &c, &why), FAIL_INPUT);
		assert_string_equal(why.text, cases[i].why);
	}
}

static void test_check(void **state)
{
	static const struct {
		const char *text;
		int64_t after;
		bool ok;
	} cases[] = {
		{"* * * * *", 0, true},
		{"0 0 29 2 *", 951782400, true}, /* 2000-02-29: the next in four years */
		{"0 0 29 2 *", INT64_C(3981484800), false}, /* 2096-03-02: the next in 2104 */
		{"0 0 30 2 *", 0, false},
		{"0 0 1 1 *", INT64_C(253402300799), false}, /* the end of the year 9999 */
	};
	struct why why;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cron c;

		assert_int_equal(cron_parse(str_of(cases[i].text), &c, NULL), FAIL_NONE);
		assert_int_equal(cron_check(&c, zone_utc(), cases[i].after, &why),
				 cases[i].ok ? FAIL_NONE : FAIL_INPUT);
	}
	assert_string_equal(why.text, "no slot in the 5 years after 9999-12-31T23:59:59Z");
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Microseconds, also for what is decades away and for what never comes. The bound leaves room for
 * sanitizers and busy machines. */
static void test_fast(void **state)
{
	static const char *const texts[] = {"0 0 29 2 */7", "0 * 29 2 */7", "* * 30 2 *",
					    "0 0 31 2 *", "59 23 31 12 */6"};
	struct zones *zs = zones_new("tests/vectors/data/zoneinfo");
	const struct zone *z = zones_get(zs, STR("Europe/Berlin"));

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct cron c;
		int64_t slot, start;

		assert_int_equal(cron_parse(str_of(texts[i]), &c, NULL), FAIL_NONE);
		start = now_us();
		for (int k = 0; k < 100; k++)
			(void)cron_next(&c, z, 1767225600 + k * 86400, &slot);
		assert_in_range(now_us() - start, 0, 100 * 2000);
	}
	zones_free(zs);
}

/* Each midnight of this day is in a gap: no slot for ever, found out in bounded time. */
static void test_hidden(void **state)
{
	struct zones *zs = zones_new("tests/vectors/data/zoneinfo");
	int64_t slot, start = now_us();
	struct cron c;

	(void)state;
	assert_int_equal(cron_parse(STR("0 */40 1 1 *"), &c, NULL), FAIL_NONE);
	assert_false(cron_next(&c, zones_get(zs, STR("Test/Late")), 968567517, &slot));
	assert_in_range(now_us() - start, 0, 500000);
	zones_free(zs);
}

/* Any instant may be asked about; slots only go forward. */
static void test_anywhere(void **state)
{
	static const int64_t instants[] = {INT64_MIN, -INT64_C(62167219201), 0, INT64_MAX,
					   INT64_C(253402300800)};
	struct cron c;
	int64_t slot;

	(void)state;
	assert_int_equal(cron_parse(STR("* 3 * * *"), &c, NULL), FAIL_NONE);
	for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++)
		if (cron_next(&c, zone_utc(), instants[i], &slot))
			assert_true(slot > instants[i]);
	assert_false(cron_next(&c, zone_utc(), INT64_MAX, &slot));
	assert_true(cron_next(&c, zone_utc(), INT64_MIN, &slot));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),	 cmocka_unit_test(test_words),
		cmocka_unit_test(test_check),	 cmocka_unit_test(test_fast),
		cmocka_unit_test(test_anywhere), cmocka_unit_test(test_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
