#include "agent_test.h"

static const struct tool_call calls[] = {
	{STR_INIT("a"), STR_INIT("f"), STR_INIT("{\"x\":\"\\n\"}")},
	{STR_INIT("b"), STR_INIT("g"), STR_INIT("not json")},
};
static const struct tool_result results[] = {
	{STR_INIT("one \"1\"\n"), false},
	{STR_INIT(""), true},
};

static void fill(struct conversation *c)
{
	struct turn asks = {.text = STR("let me see"),
			    .calls = calls,
			    .call_count = 2,
			    .native = STR("[1]"),
			    .usage = {10, 20, true}};
	struct turn says = {.text = STR("done"), .usage = {1, 2, false}};
	struct why why;

	must(conversation_add_system(c, STR("s"), &why), &why);
	must(conversation_add_user(c, STR("u\xc3\xa9"), &why), &why);
	must(conversation_add_assistant(c, &asks, &why), &why);
	assert_ptr_equal(conversation_open_calls(c), &c->turns[2]);
	must(conversation_add_results(c, results, 2, &why), &why);
	assert_null(conversation_open_calls(c));
	must(conversation_add_assistant(c, &says, &why), &why);
}

static const char encoded[] =
	"{\"version\":1,\"turns\":[{\"role\":\"system\",\"text\":\"s\"},{\"role\":\"user\","
	"\"text\":\"u\xc3\xa9\"},{\"role\":\"assistant\",\"text\":\"let me see\",\"calls\":[{"
	"\"id\":\"a\",\"name\":\"f\",\"arguments\":\"{\\\"x\\\":\\\"\\\\n\\\"}\"},{\"id\":"
	"\"b\","
	"\"name\":\"g\",\"arguments\":\"not "
	"json\"}],\"native\":\"[1]\",\"usage\":{\"input\":10,"
	"\"output\":20,\"estimated\":true}},{\"role\":\"results\",\"results\":[{\"text\":\"one "
	"\\\"1\\\"\\n\"},{\"text\":\"\",\"error\":true}]},{\"role\":\"assistant\",\"text\":"
	"\"done\",\"usage\":{\"input\":1,\"output\":2}}]}";

static void test_round_trip(void **state)
{
	AUTO_BUF first = BUF(1 << 20);
	AUTO_BUF second = BUF(1 << 20);
	struct conversation c, d;
	struct why why;

	(void)state;
	conversation_init(&c, 1 << 20);
	fill(&c);
	conversation_encode(&c, &first);
	assert_str(buf_str(&first), encoded);
	assert_int_equal(first.len, c.bytes);
	conversation_init(&d, 1 << 20);
	must(conversation_decode(&d, buf_str(&first), &why), &why);
	conversation_encode(&d, &second);
	assert_str(buf_str(&second), encoded);
	assert_int_equal(conversation_usage(&d).input_tokens, 11);
	assert_int_equal(conversation_usage(&d).output_tokens, 22);
	assert_true(conversation_usage(&d).estimated);
	assert_int_equal(conversation_answers(&d), 2);
	assert_int_equal(conversation_tool_turns(&d), 1);
	assert_str(conversation_last_user(&d), "u\xc3\xa9");
	conversation_release(&c);
	conversation_release(&c);
	conversation_release(&d);
}

/* The limit is exact, and a refused turn changes nothing. */
static void test_limit(void **state)
{
	AUTO_BUF whole = BUF(1 << 20);
	struct conversation c;
	struct why why;

	(void)state;
	conversation_init(&c, sizeof(encoded) - 1);
	fill(&c);
	assert_int_equal(conversation_add_user(&c, STR(""), &why), FAIL_INPUT);
	assert_non_null(strstr(why.text, "conversation-bytes"));
	assert_int_equal(c.count, 5);
	conversation_encode(&c, &whole);
	assert_int_equal(whole.len, sizeof(encoded) - 1);
	conversation_release(&c);

	conversation_init(&c, sizeof(encoded) - 2);
	assert_int_equal(conversation_decode(&c, str_of(encoded), &why), FAIL_INPUT);
	assert_int_equal(c.count, 0);
	conversation_release(&c);
}

#define TURNS(list) "{\"version\":1,\"turns\":[" list "]}"
#define ASKS                                                                                   \
	"{\"role\":\"assistant\",\"text\":\"\",\"calls\":[{\"id\":\"a\",\"name\":\"f\","       \
	"\"arguments\":\"\"}],\"usage\":{\"input\":0,\"output\":0}}"

static void test_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"[]",
		"{}",
		"{\"version\":2,\"turns\":[]}",
		"{\"version\":1}",
		TURNS("1"),
		TURNS("{}"),
		TURNS("{\"role\":\"boss\",\"text\":\"\"}"),
		TURNS("{\"role\":\"user\"}"),
		TURNS("{\"role\":\"assistant\",\"text\":\"\"}"),
		TURNS("{\"role\":\"results\",\"results\":[{\"text\":\"\"}]}"),
		TURNS(ASKS ",{\"role\":\"results\",\"results\":[]}"),
		TURNS(ASKS ",{\"role\":\"user\",\"text\":\"\"}"),
		TURNS(ASKS ",{\"role\":\"results\",\"results\":[{\"text\":1}]}"),
		TURNS("{\"role\":\"assistant\",\"text\":\"\",\"usage\":{\"input\":-1,"
		      "\"output\":0}}"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct conversation c;
		struct why why;

		conversation_init(&c, 1 << 20);
		if (conversation_decode(&c, str_of(cases[i]), &why) != FAIL_INPUT)
			fail_msg("accepted: %s", cases[i]);
		assert_int_equal(c.count, 0);
		conversation_release(&c);
	}
}

static void test_usage_does_not_overflow(void **state)
{
	struct usage u = {INT64_MAX, INT64_MAX - 1, false};

	(void)state;
	usage_add(&u, (struct usage){1, 5, false});
	assert_true(u.input_tokens == INT64_MAX && u.output_tokens == INT64_MAX);
	assert_false(u.estimated);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_usage_does_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
