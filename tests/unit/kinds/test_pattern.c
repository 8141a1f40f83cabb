#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "kinds/pattern.h"
#include "lang/regex.h"

static const struct pattern *const patterns[] = {
	&pattern_label,	   &pattern_header,	     &pattern_server,
	&pattern_tool,	   &pattern_tool_policy,     &pattern_variable,
	&pattern_artifact, &pattern_artifact_source, &pattern_currency,
	&pattern_quantity, &pattern_header_value,    &pattern_absolute,
	&pattern_model,	   &pattern_relative,	     &pattern_url,
	&pattern_host_port, &pattern_duration,	     &pattern_money,
};
enum { PATTERNS = sizeof(patterns) / sizeof(patterns[0]) };

static bool by_regex(const struct regex *re, struct str s)
{
	bool matched = false;

	assert_int_equal(regex_match(re, s, NULL, &matched, NULL), FAIL_NONE);
	return matched;
}

static void compile_all(struct regex **re)
{
	for (size_t i = 0; i < PATTERNS; i++)
		assert_int_equal(regex_new(str_of(patterns[i]->regex), &re[i], NULL),
				 FAIL_NONE);
}

static void agree(struct regex **re, struct str s)
{
	for (size_t i = 0; i < PATTERNS; i++) {
		if (patterns[i]->fits(s) != by_regex(re[i], s))
			fail_msg("'%s' and its function differ on '%.*s'", patterns[i]->regex,
				 STR_ARG(s));
	}
}

/* The expression for the CRDs and the function say the same. */
static void test_agree_on_words(void **state)
{
	static const char *const words[] = {
		"",
		"a",
		"-",
		"a-",
		"-a",
		"a-b",
		"A",
		"a.b",
		"a_b",
		"1",
		"1.5",
		"1.",
		".5",
		"1e3",
		"1e",
		"1E+3",
		"1e-",
		"1Ki",
		"1ki",
		"1K",
		"100m",
		"+1",
		"-1Gi",
		"1.5Gi",
		"1ei",
		"1Ei",
		"1E",
		"USD",
		"usd",
		"USDD",
		"/",
		"/a",
		"a/b",
		"a/*",
		"a/b*",
		"a/b/c",
		"/b",
		"a/",
		"*/*",
		"A_B",
		"_",
		"9A",
		"A9",
		"X-Y",
		"X Y",
		"x:y",
		"a.b.c",
		"a..b",
		"a._b",
		"step.f",
		"Step.f",
		"st-ep.f-1.txt",
		".f",
		"s.",
		"tools/x",
		"http://h",
		"HTTPS://h/p?q#f",
		"http://:80",
		"http://?",
		"http:///p",
		"https://u@h",
		"https://h h",
		"ftp://h",
		"h:0",
		"h:1",
		"h:0080",
		"h:65535",
		"h:65536",
		"h:99999",
		"a/b:80",
		"[::1]:80",
		":80",
		"90s",
		"1m30s",
		"1.5h",
		".5h",
		"5.h",
		".h",
		"0s",
		"0h0.0s",
		"0h1s",
		"1s0h",
		"1ms1us1ns",
		"1\xC2\xB5s",
		"1\xCE\xBCs",
		"-1s",
		"1 s",
		"12.50",
		"12.1234567",
		"..",
		"../a",
		"a/../b",
		"a/..",
		"a/..b/...",
		"./a//b/.",
		".a",
		"srv/*",
		"-s/*",
		"a\nb",
		"a\n",
		"s/a\nb",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.f",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/f",
	};
	struct regex *re[PATTERNS];

	(void)state;
	compile_all(re);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		agree(re, str_of(words[i]));
	for (size_t i = 0; i < PATTERNS; i++)
		regex_free(re[i]);
}

/* And on every text of up to four of the characters that matter. */
static void test_agree_on_all_short_texts(void **state)
{
	static const char some[] = "aZ0-._/*+eiK\n m:";
	struct regex *re[PATTERNS];
	char text[4];
	size_t n = sizeof(some) - 1;

	(void)state;
	compile_all(re);
	for (size_t len = 1; len <= 4; len++) {
		size_t all = 1;

		for (size_t i = 0; i < len; i++)
			all *= n;
		for (size_t x = 0; x < all; x++) {
			size_t rest = x;

			for (size_t i = 0; i < len; i++, rest /= n)
				text[i] = some[rest % n];
			agree(re, str_n(text, len));
		}
	}
	for (size_t i = 0; i < PATTERNS; i++)
		regex_free(re[i]);
}

static void test_relative(void **state)
{
	(void)state;
	assert_true(pattern_relative.fits(STR("a/b")));
	assert_true(pattern_relative.fits(STR("a..b")));
	assert_false(pattern_relative.fits(STR("/a")));
	assert_false(pattern_relative.fits(STR("")));
	assert_false(pattern_relative.fits(STR("..")));
	assert_false(pattern_relative.fits(STR("a/../b")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agree_on_words),
		cmocka_unit_test(test_agree_on_all_short_texts),
		cmocka_unit_test(test_relative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
