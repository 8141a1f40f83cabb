#include "agent_test.h"

#include "agent/webhook_tool.h"
#include "lang/schema.h"

/* --- names: SPEC 7.21 ------------------------------------------------------------------- */

struct name_case {
	const char *server, *tool, *want;
};

#define TEN "0123456789"

static void test_names(void **state)
{
	static const struct name_case cases[] = {
		{"", "search", "search"},
		{"git", "search", "git__search"},
		{"git", "se.arch it", "git__se_arch_it"},
		{"git", "caf\xc3\xa9", "git__caf_"},
		{"", TEN TEN TEN TEN TEN TEN "1234", TEN TEN TEN TEN TEN TEN "1234"},
	};
	AUTO_ARENA a = ARENA_INIT;
	struct str one, two;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_str(
			tool_visible_name(&a, str_of(cases[i].server), str_of(cases[i].tool)),
			cases[i].want);
	/* Long ones stay apart by a part of their digest. */
	one = tool_visible_name(&a, STR("s"), STR(TEN TEN TEN TEN TEN TEN TEN "a"));
	two = tool_visible_name(&a, STR("s"), STR(TEN TEN TEN TEN TEN TEN TEN "b"));
	assert_int_equal(one.len, 64);
	assert_true(str_starts(one, STR("s__" TEN TEN TEN TEN TEN "01_")));
	assert_false(str_eq(one, two));
}

/* --- policy: SPEC 6.1 ------------------------------------------------------------------- */

struct policy_case {
	const char *server, *tool;
	bool open, listed; /* without and with `allow` */
};

static void test_policy(void **state)
{
	static const struct str deny[] = {STR_INIT("git/push"), STR_INIT("evil/*"),
					  STR_INIT("tools/rm")};
	static const struct str allow[] = {STR_INIT("git/*"), STR_INIT("evil/*"),
					   STR_INIT("tools/ls")};
	static const struct policy_case cases[] = {
		{"git", "pull", true, true},  {"git", "push", false, false},
		{"evil", "x", false, false},  {"", "rm", false, false},
		{"", "ls", true, true},	      {"", "cat", true, false},
		{"other", "x", true, false},  {"gi", "t/pull", true, false},
		{"git", "push2", true, true},
	};
	struct tool_policy p = {.deny = deny, .deny_count = COUNT(deny)};
	struct tool_policy q = {.deny = deny,
				.deny_count = COUNT(deny),
				.allow = allow,
				.allow_count = COUNT(allow),
				.allow_set = true};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str server = str_of(cases[i].server), tool = str_of(cases[i].tool);

		assert_int_equal(tool_policy_allows(&p, server, tool), cases[i].open);
		assert_int_equal(tool_policy_allows(&q, server, tool), cases[i].listed);
	}
	assert_false(tool_policy_allows(&(struct tool_policy){.allow_set = true}, STR("a"),
					STR("b")));
	assert_true(tool_pattern_valid(STR("a/*")));
	assert_false(tool_pattern_valid(STR("a")));
	assert_false(tool_pattern_valid(STR("/b")));
	assert_false(tool_pattern_valid(STR("a/")));
}

/* --- built-ins and checks --------------------------------------------------------------- */

static void test_builtins(void **state)
{
	static const struct str roles[] = {STR_INIT("writer"), STR_INIT("critic")};
	AUTO_ARENA a = ARENA_INIT;
	struct tool_set set;
	const struct tool *t;

	(void)state;
	tool_set_init(&set, &a);
	assert_true(tool_set_add_builtin(&set, TOOL_SUBMIT_SUBTASK, NULL, 0));
	assert_true(tool_set_add_builtin(&set, TOOL_DELEGATE, roles, 2));
	assert_true(tool_set_add_builtin(&set, TOOL_WRITE_ARTIFACT, NULL, 0));
	assert_true(tool_set_add_builtin(&set, TOOL_READ_ARTIFACT, NULL, 0));
	assert_false(tool_set_add_builtin(&set, TOOL_DELEGATE, NULL, 0));
	assert_false(tool_set_add(&set, &(struct tool){.name = STR("delegate")}));
	t = tool_set_find(&set, STR("delegate"));
	assert_true(t->waits);
	assert_true(str_ends(t->description, STR(" Roles: writer, critic.")));
	assert_false(tool_set_find(&set, STR("write_artifact"))->waits);
	assert_null(tool_set_find(&set, STR("Delegate")));
	assert_true(tool_is_builtin_name(STR("read_artifact")));
	assert_false(tool_is_builtin_name(STR("search")));
	tool_set_release(&set);
}

struct check_case {
	const char *name, *arguments, *words; /* NULL = fine */
};

static void test_check(void **state)
{
	static const struct check_case cases[] = {
		{"delegate", "{\"role\":\"a\",\"prompt\":\"b\"}", NULL},
		{"delegate", "{\"role\":\"a\"}", "do not satisfy the tool's schema"},
		{"delegate", "", "do not satisfy the tool's schema"},
		{"delegate", "{\"role\":\"a\",\"prompt\":1}", "/prompt"},
		{"delegate", "{\"role\":\"a\",\"prompt\":\"b\",\"x\":1}", "schema"},
		{"delegate", "[]", "no JSON object"},
		{"delegate", "{", "no JSON"},
		{"nobody", "{}", "unknown tool 'nobody'"},
		{"unchecked", "{\"any\":1}", NULL},
		{"unchecked", " ", NULL},
	};
	AUTO_ARENA a = ARENA_INIT;
	struct tool_set set;

	(void)state;
	tool_set_init(&set, &a);
	tool_set_add_builtin(&set, TOOL_DELEGATE, NULL, 0);
	tool_set_add(&set, &(struct tool){.kind = TOOL_MCP, .name = STR("unchecked")});
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct tool *t = NULL;
		struct value v;
		struct why why = {""};
		enum fail f = tool_check(&set, &a, str_of(cases[i].name),
					 str_of(cases[i].arguments), &t, &v, &why);

		assert_int_equal(f, cases[i].words ? FAIL_INPUT : FAIL_NONE);
		if (!f)
			assert_str(t->name, cases[i].name);
		else if (!strstr(why.text, cases[i].words))
			fail_msg("%s: %s", cases[i].arguments, why.text);
	}
	tool_set_release(&set);
}

/* SPEC 7.24, 1.7 */
static void test_results(void **state)
{
	AUTO_ARENA a = ARENA_INIT;

	(void)state;
	assert_str(tool_result_text(&a, STR("abc"), 3), "abc");
	assert_str(tool_result_text(&a, STR("abcd"), 3), "abc[cut: 1 bytes]");
	assert_str(tool_result_text(&a, STR("ab\xc3\xa9"), 3), "ab[cut: 2 bytes]");
	assert_str(tool_result_text(&a, STR("a\xff"), 9), "a\xef\xbf\xbd");
	assert_str(tool_result_text(&a, STR("a\xff"), 3), "a[cut: 3 bytes]");
	assert_str(tool_result_text(&a, STR(""), 3), "");
	assert_str(tool_error_text(&a, STR("no")), "Error: no");
}

/* --- tools[]: SPEC 7.25, 7.26 ------------------------------------------------------------ */

static struct value parse(struct arena *a, const char *text)
{
	struct value v;
	struct why why;

	must(json_parse(a, str_of(text), JSON_STRICT, JSON_MAX_DEPTH, &v, &why), &why);
	return v;
}

static void headers_text(const struct webhook_request *r, struct buf *out)
{
	for (size_t i = 0; i < r->header_count; i++)
		buf_addf(out, "%.*s=%.*s;", STR_ARG(r->headers[i].name),
			 STR_ARG(r->headers[i].value));
}

static void test_webhook(void **state)
{
	static const struct http_field own[] = {
		{STR_INIT("X-Key"), STR_INIT("k")},
		{STR_INIT("Content-Type"), STR_INIT("application/vnd.x+json")},
	};
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF headers = BUF(1000);
	struct webhook_tool tool = {.url = STR("https://h/p?q=1#top"),
				    .method = STR("GET"),
				    .headers = own,
				    .header_count = 1};
	struct webhook_request r;
	struct value v = parse(&a, "{\"a b\":\"x&y\",\"n\":1.50,\"o\":{\"k\":[true]}}");
	struct why why;

	(void)state;
	must(webhook_request(&a, &tool, &v, STR("t.1.0"), STR("00-x"), STR(""), &r, &why),
	     &why);
	assert_str(r.method, "GET");
	assert_str(r.url, "https://h/p?q=1&a%20b=x%26y&n=1.50&o=%7B%22k%22%3A%5Btrue%5D%7D");
	assert_str(r.body, "");
	headers_text(&r, &headers);
	assert_str(buf_str(&headers), "X-Key=k;idempotency-key=t.1.0;traceparent=00-x;");

	tool.method = STR("PUT");
	tool.header_count = 2;
	buf_clear(&headers);
	must(webhook_request(&a, &tool, &v, STR("t.1.0"), STR("00-x"), STR("v=1"), &r, &why),
	     &why);
	assert_str(r.url, "https://h/p?q=1");
	assert_str(r.body, "{\"a b\":\"x&y\",\"n\":1.50,\"o\":{\"k\":[true]}}");
	headers_text(&r, &headers);
	assert_str(buf_str(&headers), "X-Key=k;Content-Type=application/vnd.x+json;"
				      "idempotency-key=t.1.0;traceparent=00-x;tracestate=v=1;");

	tool = (struct webhook_tool){.url = STR("http://h"), .method = STR("GET")};
	v = parse(&a, "{}");
	must(webhook_request(&a, &tool, &v, STR("k"), STR(""), STR(""), &r, &why), &why);
	assert_str(r.url, "http://h");
}

static void test_webhook_result(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	char long_body[4096];
	bool is_error;
	struct str text;

	(void)state;
	assert_str(webhook_result(&a, 204, STR(""), 100, &is_error), "");
	assert_false(is_error);
	assert_str(webhook_result(&a, 200, STR("hello"), 4, &is_error), "hell[cut: 1 bytes]");
	assert_str(webhook_result(&a, 404, STR("gone"), 100, &is_error),
		   "Error: status 404: gone");
	assert_true(is_error);
	assert_str(webhook_result(&a, 301, STR(""), 100, &is_error), "Error: status 301");
	memset(long_body, 'x', sizeof(long_body));
	text = webhook_result(&a, 500, str_n(long_body, sizeof(long_body)), 100, &is_error);
	assert_int_equal(text.len, strlen("Error: status 500: ") + 2048);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),	       cmocka_unit_test(test_policy),
		cmocka_unit_test(test_builtins),       cmocka_unit_test(test_check),
		cmocka_unit_test(test_results),	       cmocka_unit_test(test_webhook),
		cmocka_unit_test(test_webhook_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
