#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "http/egress.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct ip ip_of(const char *text)
{
	struct ip ip;

	if (!ip_parse(str_of(text), &ip))
		fail_msg("no address: %s", text);
	return ip;
}

static void test_text(void **state)
{
	static const char *const cases[][2] = {
		{"192.0.2.1", "192.0.2.1"},
		{"::ffff:192.0.2.1", "192.0.2.1"},
		{"::FFFF:c000:201", "192.0.2.1"},
		{"2001:DB8::0:1", "2001:db8::1"},
		{"::", "::"},
	};
	static const char *const bad[] = {"",	       "1.2.3",	   "1.2.3.4.5",
					  "256.1.1.1", "1.2.3.04", "fe80::1%eth0",
					  "[::1]",     "::1 ",	   "1.2.3.4/8"};
	char out[IP_TEXT_BYTES];
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		ip = ip_of(cases[i][0]);
		assert_string_equal(ip_text(&ip, out), cases[i][1]);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		if (ip_parse(str_of(bad[i]), &ip))
			fail_msg("taken: %s", bad[i]);
	assert_false(ip_parse(str_n("1.2.3.4\0", 8), &ip));
}

static void test_cidr(void **state)
{
	static const struct {
		const char *cidr, *ip;
		bool in;
	} cases[] = {
		{"10.0.0.0/8", "10.255.255.255", true},
		{"10.0.0.0/8", "11.0.0.0", false},
		{"10.0.0.0/8", "::ffff:10.1.2.3", true},
		{"10.9.9.9/8", "10.1.2.3", true}, /* bits behind the prefix do not count */
		{"192.0.2.128/25", "192.0.2.127", false},
		{"192.0.2.128/25", "192.0.2.128", true},
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"0.0.0.0/0", "8.8.8.8", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"::/0", "8.8.8.8", true},
		{"fe80::/10", "febf::1", true},
		{"fe80::/10", "fec0::1", false},
		{"fd00:ec2::254/128", "fd00:ec2::254", true},
		{"fd00:ec2::254/128", "fd00:ec2::255", false},
	};
	static const char *const bad[] = {
		"",	  "10.0.0.0/33", "10.0.0.0/",	 "10.0.0.0/-1",
		"::/129", "x/8",	 "10.0.0.0/8/8", "10.0.0.0/ 8"};
	struct cidr c;
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(cidr_parse(str_of(cases[i].cidr), &c));
		ip = ip_of(cases[i].ip);
		if (cidr_has(&c, &ip) != cases[i].in)
			fail_msg("%s %s", cases[i].cidr, cases[i].ip);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		if (cidr_parse(str_of(bad[i]), &c))
			fail_msg("taken: %s", bad[i]);
}

static void test_cidr_set(void **state)
{
	struct cidr_set set;
	struct why why;
	struct ip ip = ip_of("fe80::5");

	(void)state;
	assert_int_equal(cidr_set_parse(STR(" 10.0.0.0/8,, fe80::/10 "), &set, &why), 0);
	assert_int_equal(set.count, 2);
	assert_true(cidr_set_has(&set, &ip));
	cidr_set_release(&set);
	assert_int_equal(cidr_set_parse(STR(""), &set, &why), 0);
	assert_false(cidr_set_has(&set, &ip));
	cidr_set_release(&set);
	assert_int_equal(cidr_set_parse(STR("10.0.0.0/8,nonsense"), &set, &why), FAIL_INPUT);
	assert_non_null(strstr(why.text, "'nonsense'"));
}

static void test_listen(void **state)
{
	static const struct {
		const char *text, *ip;
		uint16_t port;
	} cases[] = {
		{":8092", "::", 8092},	     {"127.0.0.1:0", "127.0.0.1", 0},
		{"[::1]:80", "::1", 80},     {"localhost:65535", "127.0.0.1", 65535},
		{"0.0.0.0:1", "0.0.0.0", 1},
	};
	static const char *const bad[] = {"",	    "8092",  ":",      ":65536",
					  "::1:80", "h:80",  ":-1",    "[127.0.0.1]:80",
					  ":80 ",   "[]:80", "[::1:80"};
	struct ip ip, want;
	uint16_t port;
	bool any;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (!ip_listen_parse(str_of(cases[i].text), &ip, &port, &any))
			fail_msg("refused: %s", cases[i].text);
		want = ip_of(cases[i].ip);
		assert_true(ip_eq(&ip, &want));
		assert_int_equal(port, cases[i].port);
		assert_int_equal(any, i == 0);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		if (ip_listen_parse(str_of(bad[i]), &ip, &port, &any))
			fail_msg("taken: %s", bad[i]);
}

static void test_forwarded(void **state)
{
	static const struct {
		const char *peer, *forwarded, *want;
	} cases[] = {
		{"192.0.2.9", "1.1.1.1", "192.0.2.9"}, /* not trusted: not believed */
		{"10.0.0.1", "", "10.0.0.1"},
		{"10.0.0.1", "1.1.1.1", "1.1.1.1"},
		{"10.0.0.1", "6.6.6.6, 1.1.1.1", "1.1.1.1"}, /* what the client made up */
		{"10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"},
		{"10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3"},
		{"10.0.0.1", "1.1.1.1, junk, 10.0.0.2", "10.0.0.2"},
		{"10.0.0.1", "1.1.1.1:4711", "1.1.1.1"},
		{"10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"},
		{"10.0.0.1", "2001:db8::1", "2001:db8::1"},
		{"::ffff:10.0.0.1", "1.1.1.1", "1.1.1.1"},
		{"10.0.0.1", ",", "10.0.0.1"},
	};
	struct cidr_set trusted;

	(void)state;
	assert_int_equal(cidr_set_parse(STR("10.0.0.0/8"), &trusted, NULL), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ip got = ip_forwarded(ip_of(cases[i].peer), str_of(cases[i].forwarded),
					     &trusted);
		struct ip want = ip_of(cases[i].want);
		char text[IP_TEXT_BYTES];

		if (!ip_eq(&got, &want))
			fail_msg("%s, %s: %s", cases[i].peer, cases[i].forwarded,
				 ip_text(&got, text));
	}
	cidr_set_release(&trusted);
}

/* SPEC 2.5, INTERFACES 1.7 */
static void test_egress(void **state)
{
	static const char *const refused[] = {
		"169.254.169.254",
		"::ffff:169.254.169.254",
		"fe80::1",
		"fd00:ec2::254",
		"100.100.100.200",
		"168.63.129.16",
		"::ffff:a83f:8110",
		"127.0.0.1",
		"127.9.9.9",
		"::1",
		"::ffff:127.0.0.1",
		"0.0.0.0",
		"0.1.2.3",
		"::",
		"224.0.0.1",
		"255.255.255.255",
		"ff02::1",
		"64:ff9b::a9fe:a9fe", /* NAT64 of 169.254.169.254 */
		"64:ff9b::127.0.0.1",
		"::169.254.169.254", /* IPv4-compatible */
	};
	static const char *const fine[] = {"8.8.8.8",	  "10.0.0.1",	      "192.168.1.1",
					   "2001:db8::1", "64:ff9b::808:808", "100.100.100.201",
					   "fd00::1",	  "223.255.255.255"};
	struct egress e;
	struct ip ip;

	(void)state;
	assert_int_equal(egress_init(&e, STR(EGRESS_DENY_DEFAULT), false, NULL), 0);
	for (size_t i = 0; i < COUNT(refused); i++) {
		ip = ip_of(refused[i]);
		if (!egress_refusal(&e, &ip, 443))
			fail_msg("let through: %s", refused[i]);
	}
	for (size_t i = 0; i < COUNT(fine); i++) {
		ip = ip_of(fine[i]);
		if (egress_refusal(&e, &ip, 443))
			fail_msg("refused: %s", fine[i]);
	}
	ip = ip_of("10.0.0.1");
	egress_deny_host(&e, ip, 6379);
	assert_non_null(egress_refusal(&e, &ip, 6379));
	assert_null(egress_refusal(&e, &ip, 80));
	egress_deny_host(&e, ip, 0);
	assert_non_null(egress_refusal(&e, &ip, 80));
	assert_int_equal(e.host_count, 2);
	egress_deny_host(&e, ip, 0);
	assert_int_equal(e.host_count, 2);
	for (uint16_t p = 1; p <= 2 * EGRESS_MAX_HOSTS; p++)
		egress_deny_host(&e, ip_of("10.0.0.2"), p);
	assert_int_equal(e.host_count, EGRESS_MAX_HOSTS);
	ip = ip_of("10.0.0.2");
	assert_non_null(egress_refusal(&e, &ip, 2 * EGRESS_MAX_HOSTS));
	egress_release(&e);

	assert_int_equal(egress_init(&e, STR(""), true, NULL), 0); /* local mode */
	ip = ip_of("127.0.0.1");
	assert_null(egress_refusal(&e, &ip, 80));
	ip = ip_of("0.0.0.0"); /* which Linux takes for loopback */
	assert_non_null(egress_refusal(&e, &ip, 80));
	egress_release(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),	  cmocka_unit_test(test_cidr),
		cmocka_unit_test(test_cidr_set),  cmocka_unit_test(test_listen),
		cmocka_unit_test(test_forwarded), cmocka_unit_test(test_egress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
