/* Names of objects (SPEC 1.8). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lang/name.h"

/* The digests come from sha256sum(1). */
static void test_shorten(void **state)
{
	static const struct {
		const char *full, *want;
	} cases[] = {
		{"", ""},
		{"team", "team"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-ffe054fe"},
		/* bytes 52 to 54 are ".--": they go */
		{"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.--cccccccccc",
		 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb-cf9caeb5"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct str got = name_shorten(&a, str_of(cases[i].full));

		assert_string_equal(arena_str(&a, got).ptr, cases[i].want);
		assert_true(got.len <= NAME_MAX_BYTES);
	}
}

static void test_checks(void **state)
{
	static const struct {
		const char *name;
		bool label, subdomain;
	} cases[] = {
		{"a", true, true},
		{"a-b-0", true, true},
		{"0", true, true},
		{"", false, false},
		{"-a", false, false},
		{"a-", false, false},
		{"A", false, false},
		{"a_b", false, false},
		{"a b", false, false},
		{"\xC3\xA9", false, false},
		{"a.b", false, true},
		{"a..b", false, false},
		{".a", false, false},
		{"a.", false, false},
		{"a.-b", false, false},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true, true},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false,
		 true},
	};
	char longest[NAME_SUBDOMAIN_MAX_BYTES + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(name_is_label(str_of(cases[i].name)), cases[i].label);
		assert_int_equal(name_is_subdomain(str_of(cases[i].name)), cases[i].subdomain);
	}
	memset(longest, 'a', sizeof(longest));
	assert_true(name_is_subdomain(str_n(longest, NAME_SUBDOMAIN_MAX_BYTES)));
	assert_false(name_is_subdomain(str_n(longest, NAME_SUBDOMAIN_MAX_BYTES + 1)));
	assert_false(name_is_label(STR("a\0b")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shorten),
		cmocka_unit_test(test_checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
