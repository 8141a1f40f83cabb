/* What a misspelt word was meant to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/nearest.h"

static const char *nearest_of(const char *word, const char *const *words)
{
	struct nearest n = nearest_to(str_of(word));

	for (; *words; words++) {
		bool nearer = nearest_try(&n, *words);

		assert_int_equal(nearer, n.found == *words);
	}
	return n.found ? n.found : "";
}

static void test_words(void **state)
{
	static const char *const words[] = {
		"validate", "trigger",	 "streams",	     "up", "run",
		"runs",	    "maxTokens", "max-pending-runs", NULL};
	static const struct {
		const char *word, *want;
	} cases[] = {
		{"validate", "validate"},
		{"validat", "validate"},
		{"vaildate", "validate"}, /* a swap is one edit */
		{"tirgger", "trigger"},
		{"rnu", "run"},
		{"runss", "runs"},/* the nearest of those that are near */
		{"RUNS", "runs"},
		{"MaxTokens", "maxTokens"},
		{"max-pendign-run", "max-pending-runs"},
		{"", ""},
		{"u", "up"},
		{"x", ""},
		{"ab", ""}, /* what is short is not like all else that is short */
		{"kubernetes", ""},
		{"a-word-that-is-longer-than-any-word-that-is-known-to-anybody-at-all", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(nearest_of(cases[i].word, words), cases[i].want);
}

static void test_the_first_of_equals(void **state)
{
	static const char *const words[] = {"cat", "car", NULL};

	(void)state;
	assert_string_equal(nearest_of("caz", words), "cat");
}

static void test_long_known_words(void **state)
{
	static const char *const words[] = {
		"a-word-that-is-longer-than-any-word-that-is-known-to-anybody-at-all", "near",
		NULL};

	(void)state;
	assert_string_equal(nearest_of("naer", words), "near");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_the_first_of_equals),
		cmocka_unit_test(test_long_known_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
