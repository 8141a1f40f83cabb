#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/rate.h"

static struct ip ip_n(unsigned n)
{
	struct ip ip = {{[10] = 0xff, [11] = 0xff, [12] = 10}};

	ip.b[13] = (uint8_t)(n >> 16);
	ip.b[14] = (uint8_t)(n >> 8);
	ip.b[15] = (uint8_t)n;
	return ip;
}

static unsigned taken(struct rate *r, const struct ip *ip, int64_t now_ms)
{
	unsigned n = 0;

	while (n < 100000 && rate_take(r, ip, now_ms, NULL))
		n++;
	return n;
}

/* SPEC 13.1: 100/s, burst 200 */
static void test_burst_and_rate(void **state)
{
	struct rate *r = rate_new(100, 200, 64, 1);
	struct ip a = ip_n(1), b = ip_n(2);
	int64_t wait = 0;

	(void)state;
	assert_int_equal(taken(r, &a, 1000), 200);
	assert_int_equal(taken(r, &b, 1000), 200); /* each on its own */
	assert_false(rate_take(r, &a, 1000, &wait));
	assert_int_equal(wait, 10);
	assert_false(rate_take(r, &a, 1009, &wait));
	assert_int_equal(wait, 1);
	assert_true(rate_take(r, &a, 1010, &wait));
	assert_int_equal(taken(r, &a, 2010), 100);
	assert_int_equal(taken(r, &a, 1000000000), 200); /* never more than the burst */
	assert_int_equal(taken(r, &a, 0), 0); /* a clock that goes back gives nothing */
	rate_free(r);
}

static void test_peek_takes_nothing(void **state)
{
	struct rate *r = rate_new(10, 1, 64, 1);
	struct ip a = ip_n(1);
	int64_t wait = 0;

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_true(rate_peek(r, &a, 0, NULL));
	assert_true(rate_take(r, &a, 0, NULL));
	assert_false(rate_peek(r, &a, 0, &wait));
	assert_int_equal(wait, 100);
	rate_free(r);
}

static void test_no_limit(void **state)
{
	struct rate *r = rate_new(0, 0, 64, 1);
	struct ip a = ip_n(1);

	(void)state;
	assert_int_equal(taken(r, &a, 0), 100000);
	rate_free(r);
}

/* A /64 is one client. */
static void test_ipv6(void **state)
{
	struct rate *r = rate_new(10, 5, 64, 1);
	struct ip a = {{0x20, 1, 0xd, 0xb8, [15] = 1}}, b = a, c = a;

	(void)state;
	b.b[8] = 9;
	c.b[7] = 9;
	assert_int_equal(taken(r, &a, 0), 5);
	assert_int_equal(taken(r, &b, 0), 0);
	assert_int_equal(taken(r, &c, 0), 5);
	rate_free(r);
}

/* The table is bounded: a flood of addresses pushes out those who lose least. One that is
 * being refused keeps its place while others still have tokens. */
static void test_flood(void **state)
{
	struct rate *r = rate_new(1, 10, 8, 1); /* one set of eight */
	struct ip bad = ip_n(0);

	(void)state;
	assert_int_equal(taken(r, &bad, 0), 10);
	for (unsigned n = 1; n < 1000; n++) {
		struct ip ip = ip_n(n);

		assert_true(rate_take(r, &ip, 0, NULL));
	}
	assert_false(rate_take(r, &bad, 0, NULL));
	rate_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst_and_rate),
		cmocka_unit_test(test_peek_takes_nothing),
		cmocka_unit_test(test_no_limit),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
