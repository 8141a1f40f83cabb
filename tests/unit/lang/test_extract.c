#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"
#include "lang/extract.h"

/* SPEC 5.9; NULL = not JSON */
static void test_cases(void **state)
{
	static const struct {
		const char *answer, *want;
	} cases[] = {
		{"{\"a\":1}", "{\"a\":1}"},
		{" \n 42 \n", "42"},
		{"\"text\"", "\"text\""},
		{"", NULL},
		{"no json here", NULL},
		{"{\"a\":1", NULL},
		{"{\"a\":1,\"a\":2}", NULL},
		/* reasoning */
		{"<think>{\"a\":0}</think>\n{\"a\":1}", "{\"a\":1}"},
		{"  <think>\n[1]\n</think>  Answer:\n[2]", "[2]"},
		{"<think>{\"a\":0}", NULL},
		{"<think>\n{\"a\":0}", "{\"a\":0}"},
		{"x <think>\n[1]\n</think>\n[2]", "[1]"},
		/* fences */
		{"Here:\n```json\n{\"a\":1}\n```\nDone.", "{\"a\":1}"},
		{"Here:\n~~~\n[1]\n~~~", "[1]"},
		{"```\nnot\n```\n```\n[2]\n```", "[2]"},
		{"```json\n{\"a\":1}\n", "{\"a\":1}"},
		{"````\n```\n[1]\n```\n````", "[1]"},
		{"~~~\n```\n~~~\n```\n[3]\n```", "[3]"},
		{"  ```json\r\n  {\"a\":\r\n 1}\r\n  ```\r\n", "{\"a\":1}"},
		{"a ```[1]``` b", NULL},
		{"```[1]```", NULL},
		/* a fence goes before a bracket that stands earlier */
		{"[1]\n```\n[2]\n```", "[2]"},
		/* brackets at the start of a line */
		{"Sure!\n{\"a\":1}\nBye", "{\"a\":1}"},
		{"Sure: {\"a\":1}", NULL},
		{"x\n {\"a\":1}", NULL},
		{"x\n{\"a\":1} trailing", "{\"a\":1}"},
		{"x\n[Note]\n{\"a\":[1,\n{\"b\":\"}\"}\n]}\n", "{\"a\":[1,{\"b\":\"}\"}]}"},
		{"x\n{\"a\":\"\\\"}\"}", "{\"a\":\"\\\"}\"}"},
		{"x\n[unclosed \"quote\n{\"a\":1}", "{\"a\":1}"},
		{"x\n{ broken ]\n[1]", "[1]"},
		{"x\n{\n[1]\n", "[1]"},
		{"x\n[\n{\"a\":1}\n{\"a\":2}\n]", "{\"a\":1}"},
		{"5\" wide\n[7]", "[7]"},
		{"x\n[\"a\\\n[8]", "[8]"},
		{"x\n}\n]\n[9]", "[9]"},
		{"x\n[1]\n[2]", "[1]"},
		/* half a pair becomes U+FFFD (SPEC 1.7) */
		{"[\"\\ud800\"]", "[\"\xef\xbf\xbd\"]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct value v;
		struct str text = STR("none"), got = STR("none");

		if (extract_json(&a, str_of(cases[i].answer), &v, &text))
			got = json_text(&a, &v);
		if (!str_is(got, cases[i].want ? cases[i].want : "none"))
			fail_msg("%s: %.*s", cases[i].answer, STR_ARG(got));
	}
}

static void repeat(struct buf *b, const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buf_adds(b, text);
}

static bool finds(struct buf *b)
{
	AUTO_ARENA a = ARENA_INIT;
	struct value v;

	assert_false(b->full);
	return extract_json(&a, buf_str(b), &v, NULL);
}

/* The whole text is the first candidate, so 63 others are tried. */
static void test_candidates(void **state)
{
	AUTO_BUF b = BUF(4 << 20);

	(void)state;
	buf_adds(&b, "x\n");
	repeat(&b, "[x]\n", EXTRACT_MAX_CANDIDATES - 2);
	buf_adds(&b, "[1]\n");
	assert_true(finds(&b));
	buf_clear(&b);
	buf_adds(&b, "x\n");
	repeat(&b, "[x]\n", EXTRACT_MAX_CANDIDATES - 1);
	buf_adds(&b, "[1]\n");
	assert_false(finds(&b));
}

static void test_size(void **state)
{
	AUTO_BUF b = BUF(4 << 20);

	(void)state;
	repeat(&b, " ", 100);
	buf_addc(&b, '"');
	repeat(&b, "x", EXTRACT_MAX_BYTES - 2);
	buf_addc(&b, '"');
	assert_true(finds(&b));
	buf_clear(&b);
	buf_addc(&b, '"');
	repeat(&b, "x", EXTRACT_MAX_BYTES - 1);
	buf_addc(&b, '"');
	assert_false(finds(&b));
	/* what is too large does not stop what comes after it */
	buf_adds(&b, "\n[1]\n");
	assert_true(finds(&b));
}

/* Nested candidates that all fail at the same place are tried up to a sum. */
static void test_sum(void **state)
{
	AUTO_BUF b = BUF(8 << 20);

	(void)state;
	for (size_t lists = 1; lists <= 4; lists++) {
		buf_clear(&b);
		buf_adds(&b, "x\n");
		repeat(&b, "[\n", lists);
		repeat(&b, " ", (EXTRACT_MAX_SUM - 512) / 4);
		repeat(&b, "x]", lists);
		buf_adds(&b, "\n[");
		repeat(&b, " ", (EXTRACT_MAX_SUM - 512) / 4);
		buf_adds(&b, "]"); /* the whole text is too large to be tried */
		assert_int_equal(finds(&b), lists < 4);
	}
}

/* Deeper than any JSON that is accepted, and still found below. */
static void test_depth(void **state)
{
	AUTO_BUF b = BUF(4 << 20);

	(void)state;
	buf_adds(&b, "x\n");
	repeat(&b, "[\n", 100000);
	buf_adds(&b, "{\"a\":1}\n");
	assert_true(finds(&b));
	repeat(&b, "]\n", 10);
	assert_true(finds(&b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases), cmocka_unit_test(test_candidates),
		cmocka_unit_test(test_size),  cmocka_unit_test(test_sum),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
