#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lang/reference.h"

/* The examples of RFC 3986, 5.4, and what schemas do with bases that are no URLs. */
static void test_resolve(void **state)
{
	static const char rfc[] = "http://a/b/c/d;p?q";
	static const struct {
		const char *base, *ref, *want;
	} cases[] = {
		{rfc, "g:h", "g:h"},
		{rfc, "g", "http://a/b/c/g"},
		{rfc, "./g", "http://a/b/c/g"},
		{rfc, "g/", "http://a/b/c/g/"},
		{rfc, "/g", "http://a/g"},
		{rfc, "//g", "http://g"},
		{rfc, "?y", "http://a/b/c/d;p?y"},
		{rfc, "g?y", "http://a/b/c/g?y"},
		{rfc, "#s", "http://a/b/c/d;p?q#s"},
		{rfc, "g#s", "http://a/b/c/g#s"},
		{rfc, "g?y#s", "http://a/b/c/g?y#s"},
		{rfc, ";x", "http://a/b/c/;x"},
		{rfc, "", "http://a/b/c/d;p?q"},
		{rfc, ".", "http://a/b/c/"},
		{rfc, "./", "http://a/b/c/"},
		{rfc, "..", "http://a/b/"},
		{rfc, "../", "http://a/b/"},
		{rfc, "../g", "http://a/b/g"},
		{rfc, "../..", "http://a/"},
		{rfc, "../../g", "http://a/g"},
		{rfc, "../../../g", "http://a/g"},
		{rfc, "../../../../g", "http://a/g"},
		{rfc, "/./g", "http://a/g"},
		{rfc, "/../g", "http://a/g"},
		{rfc, "g.", "http://a/b/c/g."},
		{rfc, "..g", "http://a/b/c/..g"},
		{rfc, "./../g", "http://a/b/g"},
		{rfc, "./g/.", "http://a/b/c/g/"},
		{rfc, "g/./h", "http://a/b/c/g/h"},
		{rfc, "g/../h", "http://a/b/c/h"},
		{rfc, "g;x=1/../y", "http://a/b/c/y"},
		{rfc, "g?y/../x", "http://a/b/c/g?y/../x"},
		{rfc, "g#s/../x", "http://a/b/c/g#s/../x"},
		{"", "a.json", "a.json"},
		{"", "#x", "#x"},
		{"a/b.json", "c.json#x", "a/c.json#x"},
		{"a/b.json", "../c.json", "c.json"},
		{"http://a", "b", "http://a/b"},
		{"http://a#f", "", "http://a"},
		{"urn:x:y", "#f", "urn:x:y#f"},
		{"urn:x:y", "urn:x:z", "urn:x:z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct str got =
			reference_resolve(&a, str_of(cases[i].base), str_of(cases[i].ref));

		if (!str_is(got, cases[i].want))
			fail_msg("%s from %s: %.*s, not %s", cases[i].ref, cases[i].base,
				 STR_ARG(got), cases[i].want);
	}
}

static void test_unescape(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str got;

	(void)state;
	assert_true(reference_unescape(&a, STR("%41%c3%A9/%25x"), &got));
	assert_true(str_is(got, "A\xc3\xa9/%x"));
	assert_false(reference_unescape(&a, STR("%4"), &got));
	assert_false(reference_unescape(&a, STR("%"), &got));
	assert_false(reference_unescape(&a, STR("%4g"), &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_unescape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
