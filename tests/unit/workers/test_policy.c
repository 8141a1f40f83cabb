#include "tests/unit/workers/world.h"
#include "workers/policy.h"

struct allow_case {
	const char *entry, *url;
	bool allowed;
};

/* SPEC 18.6 */
static void test_allows(void **state)
{
	static const struct allow_case cases[] = {
		{"https://h/mcp", "https://h/mcp", true},
		{"https://h/mcp", "https://h/mcp/x", true},
		{"https://h/mcp/", "https://h/mcp", true},
		{"https://h/mcp", "https://h/mcpx", false},
		{"https://h/mcp", "https://h/", false},
		{"https://h", "https://H:443/any", true},
		{"https://h", "HTTPS://h?q", true},
		{"https://h", "http://h/", false},
		{"https://h", "https://h:444/", false},
		{"https://h", "https://h.evil/", false},
		{"https://h/a", "https://h/a/../b", false},
		{"https://h/a", "https://h/a/%2e%2E/b", false},
		{"nonsense", "https://h/", false},
		{"https://h", "https://u@evil/", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (policy_allows(str_of(cases[i].entry), str_of(cases[i].url)) !=
		    cases[i].allowed)
			fail_msg("%s %s", cases[i].entry, cases[i].url);
}

static void test_check(void **state)
{
	const struct str listed[] = {STR("https://a/"), STR("https://b/x")};
	const struct ark_settings free_for_all = {0};
	const struct ark_settings strict = {.mcp_allowlist = {listed, 2},
					    .require_mcp_auth = true};
	const struct mcp_server open = {.auth = MCP_AUTH_NONE};
	const struct mcp_server bearer = {.auth = MCP_AUTH_BEARER};
	const struct mcp_server own = {.agent = STR("other")};
	struct why why;

	(void)state;
	assert_int_equal(policy_check(&free_for_all, &open, STR("http://x/"), &why), FAIL_NONE);
	assert_int_equal(policy_check(&strict, &bearer, STR("https://b/x/y"), &why), FAIL_NONE);
	assert_int_equal(policy_check(&strict, &own, STR("http://x/"), &why), FAIL_NONE);
	assert_int_equal(policy_check(&strict, &open, STR("https://a/"), &why), FAIL_INPUT);
	assert_true(str_starts(why_str(&why), STR("auth: ")));
	assert_int_equal(policy_check(&strict, &bearer, STR("https://b/y"), &why), FAIL_INPUT);
	assert_true(str_starts(why_str(&why), STR("url: ")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_allows),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
