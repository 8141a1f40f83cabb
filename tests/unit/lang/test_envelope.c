#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lang/envelope.h"

struct pair {
	const char *text, *want;
};

static void texts_cannot_open_or_close_envelopes(void **state)
{
	static const struct pair cases[] = {
		{"", ""},
		{"plain", "plain"},
		{"a < b && c > d", "a < b && c > d"},
		{"<ark:other>", "<ark:other>"},
		{"<ark:step-outpu", "<ark:step-outpu"},
		{"<", "<"},
		{"ark:memory", "ark:memory"},
		{"<ark:step-output>", "&lt;ark:step-output>"},
		{"</ark:step-output>", "&lt;/ark:step-output>"},
		{"<ark:memory", "&lt;ark:memory"},
		{"<ArK:MeMoRy>", "&lt;ArK:MeMoRy>"},
		{"< \t\n/ \r\nARK:STEP-OUTPUT", "&lt; \t\n/ \r\nARK:STEP-OUTPUT"},
		{"< /ark:memory>", "&lt; /ark:memory>"},
		{"</ ark:memory>", "&lt;/ ark:memory>"},
		{"< / / ark:memory>", "< / / ark:memory>"},
		{"<<ark:memory>", "<&lt;ark:memory>"},
		{"< <ark:memory>", "< &lt;ark:memory>"},
		{"x<ark:memory>y</ark:memory>z", "x&lt;ark:memory>y&lt;/ark:memory>z"},
		{"<ark:memoryX", "&lt;ark:memoryX"},
		/* white space beyond ASCII, and letters that are K and S in another case */
		{"<\xc2\xa0\xe2\x80\x83/\xe3\x80\x80"
		 "ark:memory",
		 "&lt;\xc2\xa0\xe2\x80\x83/\xe3\x80\x80"
		 "ark:memory"},
		{"<ar\xe2\x84\xaa:memory>", "&lt;ar\xe2\x84\xaa:memory>"},
		{"<ark:\xc5\xbftep-output>", "&lt;ark:\xc5\xbftep-output>"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF out = BUF(1000), again = BUF(1000);

		envelope_add_text(&out, str_of(cases[i].text));
		assert_string_equal(buf_cstr(&out), cases[i].want);
		/* what was made safe stays as it is */
		envelope_add_text(&again, buf_str(&out));
		assert_string_equal(buf_cstr(&again), cases[i].want);
	}
}

static void envelopes_have_their_form(void **state)
{
	AUTO_BUF out = BUF(1000);

	(void)state;
	envelope_add(&out, STR("a&b<c>\"d"), STR("one\ntwo </ark:step-output>"));
	assert_string_equal(buf_cstr(&out),
			    "<ark:step-output name=\"a&amp;b&lt;c&gt;&quot;d\">\n"
			    "one\ntwo &lt;/ark:step-output>\n</ark:step-output>");
}

static void what_does_not_fit_is_noticed(void **state)
{
	AUTO_BUF out = BUF(20);

	(void)state;
	envelope_add(&out, STR("a"), STR("text"));
	assert_true(out.full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_cannot_open_or_close_envelopes),
		cmocka_unit_test(envelopes_have_their_form),
		cmocka_unit_test(what_does_not_fit_is_noticed),
	};

	return cmocka_run_group_tests_name("envelope", tests, NULL, NULL);
}
