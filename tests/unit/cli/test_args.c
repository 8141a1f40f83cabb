/* Flags by table: every form, every refusal (SPEC 21.2, 21.3). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/args.h"

struct options {
	bool watch, quiet;
	struct str name;
	struct str_list input;
	int64_t count, timeout_ms;
	int output;
};

#define AT(type_, member) .type = ARG_##type_, .at = ARG_AT_##type_(struct options, member)
static const struct arg rows[] = {
	{.name = "watch", AT(SWITCH, watch), .help = "w"},
	{.name = "quiet", .letter = 'q', AT(SWITCH, quiet), .help = "q"},
	{.name = "name",
	 .alias = "flow",
	 .letter = 'n',
	 AT(TEXT, name),
	 .env = "TEST_NAME",
	 .help = "n"},
	{.name = "input", AT(LIST, input), .help = "i"},
	{.name = "count", AT(NUMBER, count), .least = 1, .most = 10, .help = "c"},
	{.name = "timeout", AT(DURATION, timeout_ms), .help = "t"},
	{.name = "output",
	 .letter = 'o',
	 AT(CHOICE, output),
	 .choices = "text json yaml",
	 .help = "o"},
	{.name = "redis", AT(URL, name), .group = 1, .help = "r"},
	{.name = "wide",
	 .letter = 'w',
	 AT(SWITCH, watch),
	 .group = 2,
	 .env = "TEST_WIDE",
	 .help = "x"},
	{.name = "cluster", .type = ARG_LATER, .help = "use Redis"},
};

/* Up to eight words of a command line, split at blanks. */
static enum fail read_line(struct arena *a, const char *line, struct options *o,
			   struct str_list *rest, struct why *why)
{
	const struct arg_table table = {rows, sizeof(rows) / sizeof(rows[0]), o, 1};
	static char variable[] = "TEST_NAME=from-environment", wide[] = "TEST_WIDE=nonsense";
	char *env[] = {variable, wide, NULL};
	char *argv[8];
	struct str words = str_of(line), word;
	int argc = 0;

	*o = (struct options){.watch = false};
	while (line[0] && str_next(&words, ' ', &word)) {
		argv[argc] = arena_alloc(a, word.len + 1);
		for (size_t i = 0; i < word.len; i++)
			argv[argc][i] = word.ptr[i];
		argc++;
	}
	return args_read(a, &table, 1, argc, argv, env, rest, why);
}

static void test_forms(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str_list rest;
	struct options o;
	struct why why;

	(void)state;
	assert_int_equal(
		read_line(&a, "one --watch -n x --count=7 two -ojson", &o, &rest, &why),
		FAIL_NONE);
	assert_true(o.watch);
	assert_true(str_is(o.name, "x"));
	assert_int_equal(o.count, 7);
	assert_int_equal(o.output, 1);
	assert_int_equal(rest.count, 2);
	assert_true(str_is(rest.items[0], "one"));
	assert_true(str_is(rest.items[1], "two"));

	assert_int_equal(
		read_line(&a, "--flow=y --watch=false --timeout 1m30s", &o, &rest, &why),
		FAIL_NONE);
	assert_true(str_is(o.name, "y"));
	assert_false(o.watch);
	assert_int_equal(o.timeout_ms, 90000);

	assert_int_equal(read_line(&a, "--input a=1 --input b=2 -- --watch -", &o, &rest, &why),
			 FAIL_NONE);
	assert_int_equal(o.input.count, 2);
	assert_true(str_is(o.input.items[1], "b=2"));
	assert_false(o.watch);
	assert_int_equal(rest.count, 2);

	/* A flag wins over the environment; `-` alone is an argument; an empty value is one. */
	assert_int_equal(read_line(&a, "-", &o, &rest, &why), FAIL_NONE);
	assert_true(str_is(o.name, "from-environment"));
	assert_int_equal(rest.count, 1);
	assert_int_equal(read_line(&a, "--name=", &o, &rest, &why), FAIL_NONE);
	assert_int_equal(o.name.len, 0);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *line, *words;
	} cases[] = {
		{"--wide",
		 "--wide has no effect on this command; its --help lists those that do"},
		{"-w", "--wide has no effect on this command; its --help lists those that do"},
		{"--wdie", "there is no flag --wdie"},
		{"--cluster x", "--cluster: not in this release, use Redis"},
		{"--redis redis://:secret@h", "--redis: everyone on the machine can read a "
					      "password in a flag; use a password file"},
		{"--wacht", "there is no flag --wacht; did you mean --watch?"},
		{"--inptu x", "there is no flag --inptu; did you mean --input?"},
		{"--zzzzzzzz", "there is no flag --zzzzzzzz"},
		{"-z", "there is no flag -z"},
		{"-qx", "-q takes no value"},
		{"--name", "--name: a value is missing"},
		{"--count 0", "--count: a number from 1 to 10, not '0'"},
		{"--count 11", "--count: a number from 1 to 10, not '11'"},
		{"--count 1x", "--count: a number from 1 to 10, not '1x'"},
		{"--timeout 90", "--timeout: a duration such as 90s or 1m30s, not '90'"},
		{"--timeout 0s", "--timeout: a duration such as 90s or 1m30s, not '0s'"},
		{"-o xml", "--output: 'xml' is none of: text json yaml"},
		{"--watch=yes", "--watch: true or false, not 'yes'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct str_list rest;
		struct options o;
		struct why why = {""};

		assert_int_equal(read_line(&a, cases[i].line, &o, &rest, &why), FAIL_INPUT);
		assert_string_equal(why.text, cases[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
