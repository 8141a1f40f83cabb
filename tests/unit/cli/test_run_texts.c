/* What `ark run` reads and prints: inputs, watch lines, tables, log lines (SPEC 21.2 to 21.28). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"
#include "cli/environment.h"
#include "cli/inputs.h"
#include "cli/local_redis.h"
#include "cli/log_tail.h"
#include "cli/out.h"
#include "cli/run_watch.h"

/* --- inputs: SPEC 21.4, 21.10 */

static void test_inputs(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	char path[] = "/tmp/ark-test-input-XXXXXX";
	const int fd = mkstemp(path);
	struct str file = arena_printf(&a, "@%s", path);
	const struct str given[] = {STR("{\"a\":1,\"b\":[2]}"), STR("a=x=y"), STR("c="), file};
	struct value v;
	struct why why;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(dprintf(fd, "{\"b\":null}"), 10);
	assert_int_equal(inputs_read(&a, (struct str_list){given, 4}, &v, &why), FAIL_NONE);
	assert_true(str_is(json_text(&a, &v), "{\"a\":\"x=y\",\"b\":null,\"c\":\"\"}"));
	assert_int_equal(inputs_read(&a, (struct str_list){NULL, 0}, &v, &why), FAIL_NONE);
	assert_true(str_is(json_text(&a, &v), "{}"));
	remove(path);
}

static void test_bad_inputs(void **state)
{
	static const char *const bad[] = {"plain",	 "=x", "{", "{\"a\":1,\"a\":2}",
					  "@/nowhere/x", "@"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		const struct str one = str_of(bad[i]);
		struct value v;
		struct why why;

		assert_int_equal(inputs_read(&a, (struct str_list){&one, 1}, &v, &why),
				 FAIL_INPUT);
		assert_int_equal(strncmp(why.text, "--input", 7), 0);
	}
}

static void test_text_input(void **state)
{
	static const struct input one[] = {{.name = STR_INIT("topic"), .required = true},
					   {.name = STR_INIT("task")}};
	static const struct input two[] = {{.name = STR_INIT("a"), .required = true},
					   {.name = STR_INIT("message")},
					   {.name = STR_INIT("prompt"), .required = true}};
	static const struct input none[] = {{.name = STR_INIT("a")}};

	(void)state;
	assert_true(str_is(input_for_text(one, 2), "topic"));
	assert_true(str_is(input_for_text(two, 3), "message"));
	assert_true(str_is(input_for_text(none, 1), "prompt"));
	assert_true(str_is(input_for_text(NULL, 0), "prompt"));
}

/* --- watch lines: SPEC 21.25 */

static void test_watch(void **state)
{
	static const struct {
		struct message m;
		const char *want;
	} cases[] = {
		{{.type = MSG_STEP_STARTED, .step = STR_INIT("writer")},
		 "  writer               [running]\n"},
		{{.type = MSG_STEP_COMPLETED,
		  .step = STR_INIT("writer"),
		  .output = STR_INIT("one\ntwo"),
		  .input_tokens = 40,
		  .output_tokens = 2,
		  .duration_ms = 1299},
		 "  writer               [done]    42 tokens  1.2s\n    \u2514\u2500 one "
		 "two\n"},
		{{.type = MSG_STEP_SKIPPED, .step = STR_INIT("a-name-of-twenty-chr")},
		 "  a-name-of-twenty-chr [skipped]\n"},
		{{.type = MSG_STEP_FAILED,
		  .step = STR_INIT("longer-than-twenty-characters"),
		  .reason = STR_INIT("AgentError"),
		  .message = STR_INIT("AgentError: no")},
		 "  longer-than-twenty-characters [failed]  AgentError: no\n"},
		{{.type = MSG_FLOW_COMPLETED,
		  .input_tokens = 1,
		  .output_tokens = 2,
		  .duration_ms = 61999},
		 "Flow Succeeded in 61.9s \u2014 total: 3 tokens\n"},
		{{.type = MSG_FLOW_FAILED, .duration_ms = 99},
		 "Flow Failed in 0.0s \u2014 total: 0 tokens\n"},
		{{.type = MSG_TOKEN, .step = STR_INIT("writer"), .token = STR_INIT("x")}, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF b = BUF(4096);

		run_watch_add(&b, &cases[i].m);
		assert_string_equal(buf_cstr(&b), cases[i].want);
	}
}

/* 120 characters, not bytes, and no half of one. */
static void test_preview(void **state)
{
	AUTO_BUF text = BUF(4096), want = BUF(4096), b = BUF(4096);
	struct message m = {.type = MSG_STEP_COMPLETED, .step = STR("s")};

	(void)state;
	for (int i = 0; i < 121; i++)
		buf_adds(&text, "\u00e9");
	m.output = buf_str(&text);
	run_watch_add(&b, &m);
	buf_adds(&want, "  s                    [done]    0 tokens  0.0s\n    \u2514\u2500 ");
	buf_add(&want, str_sub(buf_str(&text), 0, 240));
	buf_addc(&want, '\n');
	assert_string_equal(buf_cstr(&b), buf_cstr(&want));
}

/* --- tables and escapes: SPEC 21.2 */

static void test_escape(void **state)
{
	AUTO_BUF cell = BUF(256), whole = BUF(256);
	const struct str text = STR("a\x1b[2J\tb\n\x7f\xc2\x9b\xff\u00e9");

	(void)state;
	out_escape(&cell, text, false);
	assert_string_equal(buf_cstr(&cell), "a\\x1b[2J\\x09b\\x0a\\x7f\\xc2\\x9b\\xff\u00e9");
	out_escape(&whole, text, true);
	assert_string_equal(buf_cstr(&whole), "a\\x1b[2J\tb\n\\x7f\\xc2\\x9b\\xff\u00e9");
}

static void test_table(void **state)
{
	static const struct out_column columns[] = {
		{"NAME", "name", SHOW_PLAIN},
		{"TAKES", "ms", SHOW_DURATION_MS},
		{"AGE", "at", SHOW_AGE},
		{"LAST", "list", SHOW_PLAIN},
	};
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF b = BUF(4096);
	struct value rows;
	struct why why;

	(void)state;
	assert_int_equal(json_parse(&a,
				    STR("[{\"name\":\"\u00e9t\u00e9\",\"ms\":125000,\"at\":"
					"\"2026-01-01T00:00:00Z\"},"
					"{\"name\":\"longer "
					"one\",\"ms\":50,\"list\":[\"a\",\"b\\u001b\",3]}]"),
				    JSON_STRICT, JSON_MAX_DEPTH, &rows, &why),
			 FAIL_NONE);
	out_table(&b, columns, 4, &rows, INT64_C(1767225600000) + 7200000);
	assert_string_equal(buf_cstr(&b), "NAME         TAKES   AGE   LAST\n"
					  "\u00e9t\u00e9          2m05s   2h    -\n"
					  "longer one   0.0s    -     a, b\\x1b, 3\n");
}

static void test_durations(void **state)
{
	static const struct {
		int64_t ms;
		const char *want;
	} cases[] = {{0, "0.0s"},	  {59999, "59.9s"},    {60000, "1m00s"},
		     {3599999, "59m59s"}, {3600000, "1h00m"},  {86399999, "23h59m"},
		     {86400000, "1d00h"}, {183600000, "2d03h"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF b = BUF(64);

		out_duration(&b, cases[i].ms);
		assert_string_equal(buf_cstr(&b), cases[i].want);
	}
}

/* --- logs of daemons */

static void test_log_line(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF b = BUF(4096);

	(void)state;
	assert_true(log_line_show(
		&a,
		STR("{\"time\":\"t\",\"level\":\"warn\",\"process\":\"ark-agent\","
		    "\"msg\":\"slow\",\"ms\":12,\"error\":\"a\\u001bb\"}"),
		LEVEL_WARN, &b));
	assert_string_equal(buf_cstr(&b), "ark-agent: warning: slow (ms=12, error=a\\x1bb)\n");
	assert_false(
		log_line_show(&a, STR("{\"level\":\"info\",\"msg\":\"x\"}"), LEVEL_WARN, &b));
	assert_false(
		log_line_show(&a, STR("{\"level\":\"loud\",\"msg\":\"x\"}"), LEVEL_WARN, &b));
	assert_false(log_line_show(&a, STR("Segmentation fault"), LEVEL_WARN, &b));
	buf_clear(&b);
	assert_true(log_line_show(&a,
				  STR("{\"level\":\"error\",\"process\":\"p\",\"msg\":\"m\"}"),
				  LEVEL_ERROR, &b));
	assert_string_equal(buf_cstr(&b), "p: error: m\n");
}

/* --- files of variables */

static void test_env_file(void **state)
{
	static char have[] = "HAVE=old";
	char *base[] = {have, NULL};
	AUTO_ARENA a = ARENA_INIT;
	struct environment e;
	struct why why;

	(void)state;
	environment_init(&e, &a, base);
	assert_int_equal(
		environment_read(&e,
				 STR("# comment\n\nexport A=1\nB = two words  # rest\r\n"
				     "C='$x \\n # kept' # rest\nD=\"a\\n\\\"b\\q\"\nHAVE=new\n"
				     "EMPTY=\nU=http://h/#f"),
				 &why),
		FAIL_NONE);
	assert_true(str_is(environment_get(&e, "A"), "1"));
	assert_int_equal(environment_read(&e, STR("X=1\nno name"), &why), FAIL_INPUT);
	assert_string_equal(why.text, "line 2: NAME=value is wanted");
	assert_int_equal(environment_read(&e, STR("X='open"), &why), FAIL_INPUT);
	assert_string_equal(why.text, "line 1: a quote is not closed");
	assert_true(str_is(environment_get(&e, "C"), "$x \\n # kept"));
	assert_true(str_is(environment_get(&e, "D"), "a\n\"b\\q"));
	assert_true(str_is(environment_get(&e, "HAVE"), "old"));
	assert_true(str_is(environment_get(&e, "EMPTY"), ""));
	assert_true(str_is(environment_get(&e, "U"), "http://h/#f"));
	environment_set(&e, "A", STR("2"));
	environment_unset(&e, "B");
	assert_true(str_is(environment_get(&e, "A"), "2"));
	assert_null(environment_get(&e, "B").ptr);
}

/* --- versions of Redis: SPEC 2.7 */

static void test_redis_version(void **state)
{
	int64_t major, minor;
	bool valkey;

	(void)state;
	assert_true(redis_version_read(STR("Redis server v=7.0.15 sha=0 malloc=jemalloc"),
				       &valkey, &major, &minor));
	assert_false(valkey);
	assert_int_equal(major, 7);
	assert_int_equal(minor, 0);
	assert_true(redis_version_read(STR("Valkey server v=8.1.0 sha=0"), &valkey, &major,
				       &minor));
	assert_true(valkey);
	assert_int_equal(major, 8);
	assert_int_equal(minor, 1);
	assert_false(redis_version_read(STR("Redis server v=x.1"), &valkey, &major, &minor));
	assert_false(redis_version_read(STR("KeyDB server v=6.3.4 "), &valkey, &major, &minor));
	assert_false(redis_version_read(STR(""), &valkey, &major, &minor));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inputs),	      cmocka_unit_test(test_bad_inputs),
		cmocka_unit_test(test_text_input),    cmocka_unit_test(test_watch),
		cmocka_unit_test(test_preview),	      cmocka_unit_test(test_escape),
		cmocka_unit_test(test_table),	      cmocka_unit_test(test_durations),
		cmocka_unit_test(test_log_line),      cmocka_unit_test(test_env_file),
		cmocka_unit_test(test_redis_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
