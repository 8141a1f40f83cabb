#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "http/http_date.h"
#include "http/retry.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NOW INT64_C(1800000000) /* 2027-01-15T08:00:00Z */

static void test_date(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} cases[] = {
		{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
		{"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
		{"Sun Nov  6 08:49:37 1994", 784111777},
		{"Sun Nov 16 08:49:37 1994", 784111777 + 864000},
		{"Thu, 01 Jan 1970 00:00:00 GMT", 0},
		{"Wed, 31 Dec 1969 23:59:59 GMT", -1},
		{"Thu, 29 Feb 2024 12:00:00 GMT", 1709208000},
		{"Tue, 29 Feb 2000 00:00:00 GMT", 951782400},
		{"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
		{"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800},
		{"Monday, 01-Jan-76 00:00:00 GMT", 3345062400}, /* 2076: within 50 years */
		{"Monday, 01-Jan-78 00:00:00 GMT", 252460800},	/* 1978 */
	};
	static const char *const bad[] = {
		"",
		"Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun, 06 nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:00:00 GMT",
		"Sun, 06 Nov 1994 08:60:37 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT",
		"Wed, 29 Feb 2023 12:00:00 GMT",
		"Thu, 29 Feb 1900 12:00:00 GMT",
		"Sun, 06 Nov 1600 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Xyz, 06 Nov 1994 08:49:37 GMT",
		"Sun",
	};
	char text[HTTP_DATE_BYTES];
	int64_t s;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (!http_date_parse(str_of(cases[i].text), NOW, &s) || s != cases[i].want)
			fail_msg("%s", cases[i].text);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		if (http_date_parse(str_of(bad[i]), NOW, &s))
			fail_msg("taken: %s", bad[i]);
	assert_string_equal(http_date_text(784111777, text), "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_string_equal(http_date_text(-1, text), "Wed, 31 Dec 1969 23:59:59 GMT");
	/* Every day of 800 years and back. */
	for (int64_t day = -134000; day < 160000; day++) {
		http_date_text(day * 86400 + 43199, text);
		if (!http_date_parse(str_of(text), NOW, &s) || s != day * 86400 + 43199)
			fail_msg("%s", text);
	}
}

static void test_classes(void **state)
{
	static const int later[] = {0, 408, 429, 500, 502, 503, 504};
	size_t n = 0;

	(void)state;
	for (int status = 0; status < 1000; status++) {
		enum retry_class want = status / 100 == 2 ? RETRY_FINE : RETRY_NEVER;

		if (n < COUNT(later) && later[n] == status) {
			want = RETRY_LATER;
			n++;
		}
		assert_int_equal(retry_class_of(status), want);
	}
}

static void test_backoff(void **state)
{
	(void)state;
	/* Full jitter: the ceiling doubles to the limit, random picks from 0 to it. */
	assert_int_equal(retry_backoff_ms(0, 1000, 60000, 0), 0);
	assert_int_equal(retry_backoff_ms(0, 1000, 60000, 1000), 1000);
	assert_int_equal(retry_backoff_ms(0, 1000, 60000, 1001), 0);
	assert_int_equal(retry_backoff_ms(3, 1000, 60000, 8000), 8000);
	assert_int_equal(retry_backoff_ms(3, 1000, 60000, 8001), 0);
	assert_int_equal(retry_backoff_ms(6, 1000, 60000, 60000), 60000);
	assert_int_equal(retry_backoff_ms(4000000000u, 1000, 60000, 60001), 0);
	assert_int_equal(retry_backoff_ms(0, 90000, 60000, 60000), 60000);
	assert_int_equal(retry_backoff_ms(100, 1, INT64_MAX, INT64_MAX), INT64_MAX);
	for (uint64_t r = 1; r; r <<= 1)
		assert_in_range(retry_backoff_ms(2, 100, 1000, r), 0, 400);
}

static void test_retry_after(void **state)
{
	static const struct {
		const char *text;
		int64_t want; /* -1: refused */
	} cases[] = {
		{"0", 0},
		{"120", 120000},
		{" 120\t", 120000},
		{"007", 7000},
		{"99999999999999999999999", RETRY_AFTER_MAX_MS},
		{"9223372036854775807", RETRY_AFTER_MAX_MS},
		{"Fri, 15 Jan 2027 08:00:30 GMT", 30000},
		{"Fri, 15 Jan 2027 07:00:00 GMT", 0},
		{"Fri, 31 Dec 9999 23:59:59 GMT", RETRY_AFTER_MAX_MS},
		{"", -1},
		{" ", -1},
		{"-1", -1},
		{"1.5", -1},
		{"+1", -1},
		{"1 s", -1},
		{"soon", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t ms = -1;
		bool ok = retry_after_parse(str_of(cases[i].text), NOW, &ms);

		if (ok != (cases[i].want >= 0) || ms != cases[i].want)
			fail_msg("'%s': %lld", cases[i].text, (long long)ms);
	}
	/* Jitter only upward; the clamp wins over the wish. */
	assert_int_equal(retry_after_wait_ms(30000, 60000, 0), 30000);
	assert_int_equal(retry_after_wait_ms(30000, 60000, 3000), 33000);
	assert_int_equal(retry_after_wait_ms(30000, 60000, 3001), 30000);
	assert_int_equal(retry_after_wait_ms(0, 60000, 100), 100);
	assert_int_equal(retry_after_wait_ms(90000, 60000, 0), 60000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_date),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_backoff),
		cmocka_unit_test(test_retry_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
