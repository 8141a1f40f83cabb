#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/json.h"

struct accepted {
	const char *text, *want;
};

static void test_accepted(void **state)
{
	static const struct accepted cases[] = {
		{"1", "1"},
		{" [ ] ", "[]"},
		{"{}", "{}"},
		{"[1,2,[3,{\"a\":[]}],{}]", "[1,2,[3,{\"a\":[]}],{}]"},
		{"{\"b\":1,\"a\":{\"c\":null}}", "{\"b\":1,\"a\":{\"c\":null}}"},
		{"9223372036854775807", "9223372036854775807"},
		{"-9223372036854775808", "-9223372036854775808"},
		{"12345678901234567890123", "12345678901234567890123"},
		{"1e400", "1e400"},
		{"-0", "-0"},
		{"1.50", "1.50"},
		{"\"\\u0041\\n\\ud83d\\ude00\\/\"", "\"A\\n\xf0\x9f\x98\x80/\""},
		{"\"a\\u0000b\"", "\"a\\u0000b\""},
		{"\"\xc3\xa9\"", "\"\xc3\xa9\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		AUTO_BUF out = BUF(1024);
		struct value v;
		struct why why = {""};

		if (json_parse(&a, str_of(cases[i].text), JSON_STRICT, JSON_MAX_DEPTH, &v,
			       &why))
			fail_msg("%s: %s", cases[i].text, why.text);
		json_add(&out, &v);
		assert_string_equal(buf_cstr(&out), cases[i].want);
	}
}

static void test_refused(void **state)
{
	static const char *const cases[] = {
		"",
		" ",
		"{",
		"[",
		"[1",
		"[1,",
		"[1,]",
		"{\"a\"",
		"{\"a\":",
		"{\"a\":1",
		"{\"a\":1,",
		"{\"a\":1,}",
		"[1}",
		"{]",
		"]",
		"1 2",
		"01",
		"+1",
		"1.",
		".5",
		"1e",
		"1e+",
		"-",
		"nul",
		"truex",
		"tru",
		"'a'",
		"\"",
		"\"\\\"",
		"\"\\x\"",
		"\"\\u12\"",
		"\"\\ud800\"",
		"\"\\udc00x\"",
		"\"\n\"",
		"\"\xff\"",
		"\"\xc0\x80\"",
		"\"\xed\xa0\x80\"",
		"{\"a\":1,\"a\":2}",
		"{1:2}",
		"{a:1}",
		"[1 2]",
		"NaN",
		"Infinity",
		"\xef\xbb\xbf[]",
		"[1]]",
		"{\"a\" 1}",
		"// x\n1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct value v;
		struct why why = {""};

		if (!json_parse(&a, str_of(cases[i]), JSON_STRICT, JSON_MAX_DEPTH, &v, &why))
			fail_msg("accepted: %s", cases[i]);
		assert_string_not_equal(why.text, "");
	}
}

static void test_positions(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct value v;
	struct why why;

	(void)state;
	assert_int_equal(json_parse(&a, STR("{\n  \"a\": 1,\n  \"a\": 2\n}"), 0, 64, &v, &why),
			 FAIL_INPUT);
	assert_string_equal(why.text, "line 3 column 3: key \"a\" is there twice");
	assert_int_equal(json_parse(&a, STR("{\n  \"a\": [1]}"), 0, 64, &v, &why), FAIL_NONE);
	assert_int_equal(value_get(&v, STR("a"))->line, 2);
	assert_int_equal(value_get(&v, STR("a"))->column, 8);
}

static void test_depth(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	char text[129];
	struct value v;

	(void)state;
	for (int i = 0; i < 64; i++) {
		text[i] = '[';
		text[64 + i] = ']';
	}
	text[128] = '\0';
	assert_int_equal(json_parse(&a, str_of(text), 0, 64, &v, NULL), FAIL_NONE);
	assert_int_equal(json_parse(&a, str_of(text), 0, 63, &v, NULL), FAIL_INPUT);
}

static void test_lenient(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF out = BUF(100);
	struct value v;

	(void)state;
	assert_int_equal(json_parse(&a, STR("{\"a\":1,\"b\":\"\xff\\ud800\",\"a\":3}"),
				    JSON_LENIENT | JSON_LAST_KEY, 64, &v, NULL),
			 FAIL_NONE);
	json_add(&out, &v);
	assert_string_equal(buf_cstr(&out), "{\"b\":\"\xef\xbf\xbd\xef\xbf\xbd\",\"a\":3}");
}

static void test_doubles(void **state)
{
	static const struct {
		double d;
		const char *want;
	} cases[] = {
		{0, "0"},
		{3, "3"},
		{1.5, "1.5"},
		{0.1, "0.1"},
		{1e21, "1e+21"},
		{1e20, "100000000000000000000"},
		{1e-6, "0.000001"},
		{1e-7, "1e-7"},
		{123456789.125, "123456789.125"},
		{-2.5, "-2.5"},
		{5e-324, "5e-324"},
		{1.7976931348623157e308, "1.7976931348623157e+308"},
		{0.30000000000000004, "0.30000000000000004"},
		/* powers of two: the shortest is not the nearest of its length */
		{0x1p-24, "5.960464477539063e-8"},
		{6.150157786156811e+259, "6.150157786156811e+259"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF out = BUF(100);

		json_add_double(&out, cases[i].d);
		assert_string_equal(buf_cstr(&out), cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),  cmocka_unit_test(test_refused),
		cmocka_unit_test(test_positions), cmocka_unit_test(test_depth),
		cmocka_unit_test(test_lenient),	  cmocka_unit_test(test_doubles),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
