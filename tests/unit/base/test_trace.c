#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/trace.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"

/* INTERFACES 4.1 to 4.4 and its table */
static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int flags; /* -1: invalid */
	} cases[] = {
		{"00-" ID "-" SPAN "-01", 1},
		{"00-" ID "-" SPAN "-00", 0},
		{"00-" ID "-" SPAN "-03", 3},
		{"00-" ID "-" SPAN "-ff", 3}, /* bits we do not know are cleared */
		{"cc-" ID "-" SPAN "-01-what-the-future-will-be-like", 1},
		{"cc-" ID "-" SPAN "-01", 1},
		{"cc-" ID "-" SPAN "-01-", 1},
		{"cc-" ID "-" SPAN "-01.what", -1},
		{"ff-" ID "-" SPAN "-01", -1},
		{"00-" ID "-" SPAN "-01.", -1},
		{"00-" ID "-" SPAN "-01-extra", -1},
		{"00-" ID "-" SPAN "-1", -1},
		{"00-" ID "-" SPAN "-0", -1},
		{"00-" ID "-" SPAN "-0g", -1},
		{"00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN "-01", -1},
		{"00-" ID "-00F067AA0BA902B7-01", -1},
		{"00-00000000000000000000000000000000-" SPAN "-01", -1},
		{"00-" ID "-0000000000000000-01", -1},
		{".0-" ID "-" SPAN "-01", -1},
		{"0-" ID "-" SPAN "-01", -1},
		{"000-" ID "-" SPAN "-01", -1},
		{"00_" ID "-" SPAN "-01", -1},
		{" 00-" ID "-" SPAN "-01", -1},
		{"", -1},
	};
	char text[TRACE_TEXT_BYTES];
	struct trace t;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (trace_parse(str_of(cases[i].text), &t) != (cases[i].flags >= 0))
			fail_msg("%s", cases[i].text);
		if (cases[i].flags < 0)
			continue;
		assert_int_equal(t.flags, cases[i].flags);
		trace_text(&t, text);
		assert_true(str_starts(str_of(text), STR("00-" ID "-" SPAN "-0")));
		assert_int_equal(strlen(text), 55);
	}
}

static void test_make(void **state)
{
	const uint8_t zeros[24] = {0}, random[24] = {1, [15] = 2, [16] = 3, [23] = 4};
	struct trace t = trace_make(random, true), c, back;
	char text[TRACE_TEXT_BYTES];

	(void)state;
	assert_string_equal(trace_text(&t, text),
			    "00-01000000000000000000000000000002-0300000000000004-03");
	assert_int_equal(trace_make(random, false).flags, TRACE_RANDOM);
	c = trace_child(&t, random);
	assert_memory_equal(c.id, t.id, sizeof(t.id));
	assert_memory_equal(c.span, random, sizeof(c.span));
	assert_int_equal(c.flags, t.flags);
	/* The one random value that is no id. */
	t = trace_make(zeros, false);
	assert_true(trace_parse(str_of(trace_text(&t, text)), &back));
	c = trace_child(&t, zeros);
	assert_true(trace_parse(str_of(trace_text(&c, text)), &back));
}

/* INTERFACES 4.6 */
static void test_state(void **state)
{
	static const char *const good[][2] = {
		{"", ""},
		{"a=1", "a=1"},
		{"a=1,b=2", "a=1,b=2"},
		{" a=1 ,, \tb=2,", "a=1,b=2"},
		{"0a_-*/@z=x y", "0a_-*/@z=x y"},
		{"a=!~", "a=!~"},
	};
	static const char *const bad[] = {"a",		"=1",	 "a=",	    "A=1",
					  "-a=1",	"a=1=2", "a=1,a=2", "a=\x7f",
					  "a=\xc3\xa9", "a b=1", "a=1,b"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		AUTO_BUF out = BUF(1000);

		if (!trace_state(&out, str_of(good[i][0])))
			fail_msg("refused: %s", good[i][0]);
		assert_string_equal(buf_cstr(&out), good[i][1]);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		AUTO_BUF out = BUF(1000);

		if (trace_state(&out, str_of(bad[i])) || out.len)
			fail_msg("taken: %s", bad[i]);
	}
}

static void add_entry(struct buf *b, char key, size_t len)
{
	if (b->len)
		buf_addc(b, ',');
	buf_addc(b, key);
	buf_addc(b, '=');
	for (size_t i = 2; i < len; i++)
		buf_addc(b, 'v');
}

static void test_state_limits(void **state)
{
	AUTO_BUF in = BUF(100000), out = BUF(1000);

	(void)state;
	/* 32 entries, not 33. */
	for (int i = 0; i < 32; i++)
		buf_addf(&in, "k%d=v,", i);
	assert_true(trace_state(&out, buf_str(&in)));
	buf_adds(&in, "last=v");
	assert_false(trace_state(&out, buf_str(&in)));
	/* Exactly 512 stay. */
	buf_clear(&in);
	buf_clear(&out);
	for (char k = 'a'; k < 'e'; k++)
		add_entry(&in, k, 127);
	buf_adds(&in, "v"); /* d has 128 */
	assert_int_equal(in.len, 512);
	assert_true(trace_state(&out, buf_str(&in)));
	assert_int_equal(out.len, 512);
	/* Over it: the long ones go first, the last of them first. */
	buf_clear(&in);
	buf_clear(&out);
	add_entry(&in, 'a', 200);
	add_entry(&in, 'b', 100);
	add_entry(&in, 'c', 200);
	add_entry(&in, 'd', 100);
	assert_true(trace_state(&out, buf_str(&in)));
	assert_int_equal(out.len, 200 + 1 + 100 + 1 + 100);
	assert_int_equal(str_find(buf_str(&out), STR("c="), 0), STR_NONE);
	/* Then the last. */
	buf_clear(&in);
	buf_clear(&out);
	for (char k = 'a'; k < 'g'; k++)
		add_entry(&in, k, 100);
	assert_true(trace_state(&out, buf_str(&in)));
	assert_int_equal(out.len, 504);
	assert_int_equal(str_find(buf_str(&out), STR("f="), 0), STR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_state_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
