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

	assert_int_equal(regex_match(re, text, NULL, &matched, &why), FAIL_NONE);
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
	assert_int_equal(regex_find(re, text, 0, g, 4, NULL, &found, &why), FAIL_NONE);
	assert_true(found);
	assert_ptr_equal(g[1].ptr, text.ptr);
	assert_null(g[2].ptr);
	assert_null(g[3].ptr);
	/* the first b is inside a word also when the search begins at it */
	assert_int_equal(regex_find(re, text, 1, g, 3, NULL, &found, &why), FAIL_NONE);
	assert_ptr_equal(g[0].ptr, text.ptr + 3);
	assert_ptr_equal(g[2].ptr, text.ptr + 3);
	assert_int_equal(regex_find(re, text, 4, g, 1, NULL, &found, &why), FAIL_NONE);
	assert_int_equal(g[0].len, 2);
	assert_int_equal(regex_find(re, text, 7, g, 1, NULL, &found, &why), FAIL_NONE);
	assert_false(found);
	assert_int_equal(regex_find(re, text, 8, g, 1, NULL, &found, &why), FAIL_INPUT);
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
					       NULL, &out, &why),
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
	assert_int_equal(regex_replace(re, STR("aaaa"), STR("$0$0$0"), NULL, &out, &why),
			 FAIL_NONE);
	assert_true(out.full);
	assert_true(out.len <= 8);
	regex_free(re);
}

/* --- looking far, and what it costs --------------------------------------------------------- */

/* regex_replace by the $0 in brackets, with nothing but regex_find. */
static void replace_simply(const struct regex *re, struct str text, struct buf *out)
{
	size_t at = 0, done = 0;
	struct str g[1];
	bool found;

	while (at <= text.len) {
		size_t start, end;

		assert_int_equal(regex_find(re, text, at, g, 1, NULL, &found, NULL), FAIL_NONE);
		if (!found)
			break;
		start = text.len ? (size_t)(g[0].ptr - text.ptr) : 0;
		end = start + g[0].len;
		buf_add(out, str_sub(text, done, start));
		if (end > done || start == 0)
			buf_addf(out, "[%.*s]", STR_ARG(g[0]));
		done = end;
		for (at++; at < end ||
			   (at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80);
		     at++)
			;
	}
	buf_add(out, str_from(text, done));
}

/* Matches that depend on text far behind them are found as by looking at all of it. */
static void test_windows(void **state)
{
	static const char *const patterns[] = {
		"a+b|a",
		"(?:a+b)?a?",
		"(a|b)*?c|b",
		"(?:ab?)*c|a",
		"(?s)a.*c|.",
		"a.*\\bc|b\\b",
		"(?i)A{3,}b|(?:a|b){9}",
		"a[^c]{20,200}c|[ab]",
		"^a.*c|b",
		"(?m)^a*$|a",
		"(?:a|b)*$|a",
		"\\B(a*b)*c|\\Ba",
		"\xc3\xa9+c|\xc3\xa9",
		"(?:\\pL+ )+c|\\pL+",
		"a*|b",
		"(?:)|a*b",
		"(a*)*b|a",
		"[[:alpha:]]*c|[]a]",
		"\\x61+c|\\x{61}",
		"(?:a{1,30}b){2,}c|a",
		"(?U)a+b|a",
		"(?:a|(?i)b+c)|a+c|b",
	};
	static const char *const pieces[] = {
		"a", "aaaaaaaa", "b",  "ab", "c",
		" ", "\xc3\xa9", "\n", "A",  "aaaaaaaaaaaaaaaaaaaaaaaa"};
	uint64_t seed = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		struct regex *re = compile(str_of(patterns[i]));

		for (int k = 0; k < 60; k++) {
			AUTO_BUF text = BUF(4096), want = BUF(1 << 16), got = BUF(1 << 16);

			for (int n = k; n >= 0; n--) {
				seed = seed * UINT64_C(6364136223846793005) +
				       1442695040888963407U;
				/* few pieces make long runs */
				buf_adds(&text, pieces[(seed >> 33) % (k % 2 ? 10 : 4)]);
			}
			replace_simply(re, buf_str(&text), &want);
			assert_int_equal(regex_replace(re, buf_str(&text), STR("[$0]"), NULL,
						       &got, NULL),
					 0);
			if (!str_eq(buf_str(&got), buf_str(&want)))
				fail_msg("%s on '%s': '%s', not '%s'", patterns[i],
					 buf_cstr(&text), buf_cstr(&got), buf_cstr(&want));
		}
		regex_free(re);
	}
}

static void fill(struct buf *text, const char *piece)
{
	buf_clear(text);
	while (text->len < 1 << 20)
		buf_adds(text, piece);
}

/* A pattern may have as many matches as it finds, also one with alternatives; matches that each look at all
 * the text behind them are refused. */
static void test_replace_work(void **state)
{
	static const struct {
		const char *pattern, *piece;
		enum fail want;
	} cases[] = {
		{"a", "a ", FAIL_NONE},
		{"\\s+", "a ", FAIL_NONE},
		{"\\s+|,", "word, word ", FAIL_NONE},
		{"<[^>]*>|&[a-z]+;", "<b>text</b>&nbsp;", FAIL_NONE},
		{"(?:a+b)?a", "aab ", FAIL_NONE},
		{"^\\s+|\\s+$", "a  ", FAIL_NONE},
		{"a[ a]+b|a", "a ", FAIL_INPUT},
		{"a(?:[a ]{3,}b)?", "a ", FAIL_INPUT},
		{"(a|b)*?c|a", "ab", FAIL_INPUT},
		{"<[^>]*>|x", "x<", FAIL_INPUT},
		{"\\Qa\\E+b|a", "a", FAIL_INPUT},
	};
	AUTO_BUF text = BUF(2 << 20);
	AUTO_BUF out = BUF(2 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct regex *re = compile(str_of(cases[i].pattern));
		struct why why = {""};

		fill(&text, cases[i].piece);
		buf_clear(&out);
		if (regex_replace(re, buf_str(&text), STR("_"), NULL, &out, &why) !=
		    cases[i].want)
			fail_msg("%s: %s", cases[i].pattern, why.text);
		if (cases[i].want)
			assert_true(str_starts(why_str(&why),
					       STR("regex-work: takes too long on 10485")));
		regex_free(re);
	}
}

/* A text of many different beginnings, for which the library would simulate hundreds of steps for each byte. */
static void random_text(struct buf *text)
{
	uint64_t seed = 1;

	while (text->len < 1 << 20) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
		buf_addc(text, seed >> 40 & 1 ? 'a' : 'b');
	}
}

static void test_match_work(void **state)
{
	AUTO_BUF text = BUF(2 << 20);
	struct regex *re = compile(STR("a[ab]{500}c"));
	int64_t work = 10000000;
	struct str groups[2];
	struct why why;
	bool matched;

	(void)state;
	random_text(&text);
	assert_int_equal(regex_match(re, buf_str(&text), NULL, &matched, &why), FAIL_INPUT);
	assert_string_equal(why.text, "regex-work: takes too long on 1048576 bytes of text");
	assert_int_equal(regex_match(re, buf_str(&text), &work, &matched, NULL), FAIL_INPUT);
	assert_true(work < 0);
	/* a short text may take its time */
	assert_int_equal(
		regex_match(re, str_sub(buf_str(&text), 0, 20000), NULL, &matched, &why),
		FAIL_NONE);
	assert_false(matched);
	regex_free(re);
	/* and so may a simple pattern on a long one */
	re = compile(STR("[ab]*a[ab]{5}c"));
	work = 3 << 20;
	assert_int_equal(regex_match(re, buf_str(&text), &work, &matched, &why), FAIL_NONE);
	assert_true(work > 0);
	regex_free(re);
	/* groups of a long match are found by a simulation, too */
	re = compile(STR("(a|b)*"));
	work = 6 << 20;
	assert_int_equal(regex_find(re, buf_str(&text), 0, groups, 1, &work, &matched, &why),
			 FAIL_NONE);
	assert_int_equal(groups[0].len, text.len);
	assert_int_equal(regex_find(re, buf_str(&text), 0, groups, 2, &work, &matched, &why),
			 FAIL_INPUT);
	regex_free(re);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),	   cmocka_unit_test(test_refused),
		cmocka_unit_test(test_small),	   cmocka_unit_test(test_find),
		cmocka_unit_test(test_replace),	   cmocka_unit_test(test_replace_limit),
		cmocka_unit_test(test_windows),	   cmocka_unit_test(test_replace_work),
		cmocka_unit_test(test_match_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
