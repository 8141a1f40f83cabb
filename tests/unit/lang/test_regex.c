#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lang/regex.h"

static struct regex *compile(struct str pattern)
{
	struct regex *re = NULL;
	struct why why;

	if (regex_new(pattern, &re, &why))
		fail_msg("%.*s: %s", STR_ARG(pattern), why.text);
	return re;
}

static bool matches(struct str pattern, struct str text)
{
	struct regex *re = compile(pattern);
	struct why why;
	bool matched;

	assert_int_equal(regex_match(re, text, &matched, &why), FAIL_NONE);
	regex_free(re);
	return matched;
}

static void test_match(void **state)
{
	(void)state;
	assert_true(matches(STR("b"), STR("abc")));
	assert_false(matches(STR("^b"), STR("abc")));
	assert_true(matches(STR(""), STR("")));
	assert_true(matches(STR("^$"), (struct str){NULL, 0}));
	assert_true(matches(STR("a\0b"), STR("xa\0by")));
	assert_true(matches(STR("^.$"), STR("\xf0\x9f\x98\x80")));
	assert_true(matches(STR("(?i)ABC"), STR("xabc")));
	assert_true(matches(STR("\\p{Greek}"), STR("\xce\xb1")));
	assert_true(matches(STR("\\Q\\C\\E"), STR("\\C")));
	assert_true(matches(STR("\\\\C"), STR("\\C")));
	/* no place between the bytes of a character is one */
	assert_false(matches(STR("\\B"), STR("a\xc3\xa9"
					     "a")));
	assert_true(matches(STR("\\B"), STR("\xc3\xa9")));
	assert_true(matches(STR("\\Q\\C"), STR("\\C")));
}

static void test_refused(void **state)
{
	static const char *const cases[] = {
		"(",	   "a**",  "[b-a]",	 "\\1",	     "(?=a)",
		"(?<!a)",  "\\C",  "*a",	 "\\8",	     "[",
		"a{1001}", "\xff", "\\Qa\\E\\C", "a\\\\\\C", "((((\\pL{100}){100}){100}){100})",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct regex *re = NULL;
		struct why why = {""};

		if (!regex_new(str_of(cases[i]), &re, &why))
			fail_msg("accepted: %s", cases[i]);
		assert_null(re);
		assert_string_not_equal(why.text, "");
	}
	regex_free(NULL);
}

static void test_small(void **state)
{
	struct regex *re;
	struct why why;

	(void)state;
	assert_int_equal(regex_new_small(STR("\\pL{200}"), 64 << 10, &re, &why), FAIL_INPUT);
	assert_int_equal(regex_new(STR("\\pL{200}"), &re, &why), FAIL_NONE);
	regex_free(re);
}

static void test_find(void **state)
{
	struct regex *re = compile(STR("(?P<x>a+)|(\\bb)"));
	struct str text = STR("ab b aa"), g[4];
	struct why why;
	bool found;

	(void)state;
	assert_int_equal(regex_groups(re), 2);
	assert_int_equal(regex_group_named(re, STR("x")), 1);
	assert_int_equal(regex_group_named(re, STR("y")), 0);
	assert_int_equal(regex_find(re, text, 0, g, 4, &found, &why), FAIL_NONE);
	assert_true(found);
	assert_ptr_equal(g[1].ptr, text.ptr);
	assert_null(g[2].ptr);
	assert_null(g[3].ptr);
	/* the first b is inside a word also when the search begins at it */
	assert_int_equal(regex_find(re, text, 1, g, 3, &found, &why), FAIL_NONE);
	assert_ptr_equal(g[0].ptr, text.ptr + 3);
	assert_ptr_equal(g[2].ptr, text.ptr + 3);
	assert_int_equal(regex_find(re, text, 4, g, 1, &found, &why), FAIL_NONE);
	assert_int_equal(g[0].len, 2);
	assert_int_equal(regex_find(re, text, 7, g, 1, &found, &why), FAIL_NONE);
	assert_false(found);
	assert_int_equal(regex_find(re, text, 8, g, 1, &found, &why), FAIL_INPUT);
	regex_free(re);
}

static void test_replace(void **state)
{
	static const struct {
		const char *pattern, *text, *repl, *want;
	} cases[] = {
		{"a", "banana", "o", "bonono"},
		{"a*", "baac", "x", "xbxcx"},
		{"a*", "", "x", "x"},
		{"", "ab", "-", "-a-b-"},
		{"", "\xc3\xa9", "-", "-\xc3\xa9-"},
		{"(\\w+) (\\w+)", "hello big world", "$2 $1", "big hello world"},
		{"(a)(b)?", "ac", "[$2]", "[]c"},
		{"(?P<first>a)", "ab", "<${first}>", "<a>b"},
		{"(?P<first>a)", "ab", "<$first>", "<a>b"},
		{"(a)", "a", "$1x", ""},
		{"(a)", "a", "${1}x", "ax"},
		{"(a)", "a", "$$1", "$1"},
		{"(a)", "a", "$", "$"},
		{"(a)", "a", "${", "${"},
		{"(a)", "a", "${}", "${}"},
		{"(a)", "a", "${1", "${1"},
		{"(a)", "a", "$-$1", "$-a"},
		{"(a)", "a", "$9", ""},
		{"(a)", "a", "$01", ""},
		{"(a)", "a", "$0$0", "aa"},
		{"(a)", "a", "$1\xc3\xa9", ""},
		{"(a)", "a", "$1\xe2\x82\xac", "a\xe2\x82\xac"},
		{"(a)", "a", "$99999999999999999999", ""},
		{"^", "ab", "> ", "> ab"},
		{"$", "ab", "!", "ab!"},
		{"x", "ab", "y", "ab"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct regex *re = compile(str_of(cases[i].pattern));
		AUTO_BUF out = BUF(1024);
		struct why why;

		assert_int_equal(regex_replace(re, str_of(cases[i].text), str_of(cases[i].repl),
					       &out, &why),
				 FAIL_NONE);
		if (strcmp(buf_cstr(&out), cases[i].want) != 0)
			fail_msg("%s on '%s' with '%s': '%s', not '%s'", cases[i].pattern,
				 cases[i].text, cases[i].repl, buf_cstr(&out), cases[i].want);
		regex_free(re);
	}
}

static void test_replace_limit(void **state)
{
	struct regex *re = compile(STR("a"));
	AUTO_BUF out = BUF(8);
	struct why why;

	(void)state;
	assert_int_equal(regex_replace(re, STR("aaaa"), STR("$0$0$0"), &out, &why), FAIL_NONE);
	assert_true(out.full);
	assert_true(out.len <= 8);
	regex_free(re);
}

/* Many matches that each look at all that follows: refused. A simple pattern may have as many as
 * it finds. */
static void test_replace_work(void **state)
{
	static const struct {
		const char *pattern;
		enum fail want;
	} cases[] = {
		{"a", FAIL_NONE},
		{"\\s+", FAIL_NONE},
		{"(?i)<[^|*]*>|", FAIL_INPUT},
		{"a[^|)*+]?x*", FAIL_NONE},
		{"a|b|c", FAIL_NONE},
		{"(a)(b{0,3})?", FAIL_NONE},
		{"a[a ]+b|a", FAIL_INPUT},
		{"a(?:[a ]{3,}b)?", FAIL_INPUT},
	};
	AUTO_BUF text = BUF(1 << 20);
	AUTO_BUF out = BUF(1 << 20);

	(void)state;
	while (text.len < 1 << 20)
		buf_adds(&text, "a ");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct regex *re = compile(str_of(cases[i].pattern));
		struct why why = {""};

		buf_clear(&out);
		if (regex_replace(re, buf_str(&text), STR("_"), &out, &why) != cases[i].want)
			fail_msg("%s: %s", cases[i].pattern, why.text);
		if (cases[i].want)
			assert_string_equal(why.text,
					    "too many matches in 1048576 bytes of text");
		regex_free(re);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),	     cmocka_unit_test(test_refused),
		cmocka_unit_test(test_small),	     cmocka_unit_test(test_find),
		cmocka_unit_test(test_replace),	     cmocka_unit_test(test_replace_limit),
		cmocka_unit_test(test_replace_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
