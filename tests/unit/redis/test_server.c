#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "redis/server.h"

static void test_read(void **state)
{
	struct server_info i = server_info_read(
		STR("# "
		    "Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0."
		    "1\r\n"
		    "run_id:0123\r\n\r\n# Memory\r\nmaxmemory_policy:allkeys-lru\r\n"
		    "# Persistence\r\nloading:1\r\naof_enabled:1\r\n# Replication\r\n"
		    "role:slave\r\nmaster_replid:4567\r\n# Cluster\r\ncluster_enabled:1"));

	(void)state;
	assert_true(i.server.is_valkey);
	assert_true(str_is(i.server.version, "8.0.1"));
	assert_true(str_is(i.server.run_id, "0123"));
	assert_true(str_is(i.server.master_replid, "4567"));
	assert_true(str_is(i.server.maxmemory_policy, "allkeys-lru"));
	assert_true(i.server.aof_on);
	assert_true(i.loading);
	assert_true(i.cluster);
	assert_int_equal(i.role, SERVER_REPLICA);

	i = server_info_read(STR(""));
	assert_int_equal(i.role, SERVER_UNKNOWN_ROLE);
	assert_false(i.server.aof_on);
	assert_int_equal(i.server.version.len, 0);
}

struct version {
	const char *text;
	bool valkey, fits;
};

/* SPEC 2.7: Redis 7.0 or Valkey 7.2 or newer. */
static void test_versions(void **state)
{
	static const struct version cases[] = {
		{"7.0.0", false, true},	  {"7.0.0-rc1", false, true},
		{"7.2.4", false, true},	  {"8.6.1", false, true},
		{"10.0.0", false, true},  {"7.0", false, true},
		{"6.2.14", false, false}, {"6.9.9", false, false},
		{"", false, false},	  {"7", false, false},
		{"x.y.z", false, false},  {"255.255.255", false, true},
		{"7.2.5", true, true},	  {"7.1.0", true, false},
		{"8.0.0", true, true},	  {"9.1", true, true},
		{"7.0.15", true, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct server_info info = {
			.server = {.version = str_of(cases[i].text),
				   .is_valkey = cases[i].valkey},
			.role = SERVER_PRIMARY,
		};
		struct why why = {""};
		enum fail f = server_info_judge(&info, &why);

		if (f != (cases[i].fits ? FAIL_NONE : FAIL_INPUT))
			fail_msg("%s: %s", cases[i].text, why.text);
		if (f) {
			assert_non_null(strstr(why.text, cases[i].text));
			assert_non_null(strstr(why.text, "Redis 7.0 or Valkey 7.2 or newer"));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
