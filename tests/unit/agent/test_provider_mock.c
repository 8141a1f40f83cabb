#include "agent_test.h"

#include "agent/mock_script.h"

/* One conversation with the mock, and what it said last. */
struct talk {
	struct mock_script script;
	struct conversation conversation;
	struct model_call call;
	struct model_stream *stream;
	struct buf pieces; /* each piece in brackets */
	int64_t delays;
};

static void bracket(void *self, struct str piece)
{
	struct talk *t = self;

	buf_addf(&t->pieces, "[%.*s]", STR_ARG(piece));
}

static void talk_begin(struct talk *t, const char *script, const char *message)
{
	struct why why;

	*t = (struct talk){.pieces = BUF(1 << 20)};
	must(mock_script_load(&t->script, str_of(script), &why), &why);
	conversation_init(&t->conversation, 1 << 20);
	must(conversation_add_system(&t->conversation, STR("system"), &why), &why);
	must(conversation_add_user(&t->conversation, str_of(message), &why), &why);
	t->call = (struct model_call){.provider = PROVIDER_MOCK,
				      .model = STR("mock"),
				      .conversation = &t->conversation,
				      .script = &t->script,
				      .max_output_tokens = 100};
}

static const struct model_answer *ask(struct talk *t)
{
	int64_t delay;

	model_stream_free(t->stream);
	buf_clear(&t->pieces);
	t->delays = 0;
	t->stream = model_stream_new(&t->call, 1 << 20, bracket, t);
	while (model_play(t->stream, &delay))
		t->delays += delay;
	return model_answer(t->stream);
}

static void talk_end(struct talk *t)
{
	model_stream_free(t->stream);
	conversation_release(&t->conversation);
	mock_script_release(&t->script);
	buf_release(&t->pieces);
}

static void answer_calls(struct talk *t, const struct model_answer *a,
			 const char *const *results)
{
	struct turn turn = {.text = a->text, .calls = a->calls, .call_count = a->call_count};
	struct tool_result list[8];
	struct why why;

	for (size_t i = 0; i < a->call_count; i++)
		list[i] = (struct tool_result){str_of(results[i]), false};
	must(conversation_add_assistant(&t->conversation, &turn, &why), &why);
	must(conversation_add_results(&t->conversation, list, a->call_count, &why), &why);
}

static void test_without_rules(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, "", "hi");
	assert_str(ask(&t)->text, "mock response");
	assert_str(buf_str(&t.pieces), "[mock ][response]");
	assert_int_equal(t.delays, 0);
	/* Tokens are bytes / 4 rounded up: "system" and "hi", "mock response". */
	assert_true(model_answer(t.stream)->usage_known);
	assert_int_equal(model_answer(t.stream)->usage.input_tokens, 2);
	assert_int_equal(model_answer(t.stream)->usage.output_tokens, 4);
	t.call.purpose = MODEL_FOR_PROBE;
	assert_str(ask(&t)->text, "HEALTHY");
	t.call.purpose = MODEL_FOR_VALIDATION;
	assert_str(ask(&t)->text, "VALID");
	t.call.purpose = MODEL_FOR_TASK;
	t.call.schema = STR("no schema");
	assert_str(ask(&t)->text, "mock response");
	talk_end(&t);
}

/* SPEC 7.20, once through; the rules of the instance are tested with the schema library. */
static void test_instance(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, "{}", "hi");
	t.call.schema = STR("{\"type\":\"object\",\"properties\":{\"b\":{\"const\":7},"
			    "\"a\":{\"type\":\"string\"}}}");
	assert_str(ask(&t)->text, "{\"b\":7,\"a\":\"mock\"}");
	talk_end(&t);
}

static void test_rules_in_order(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t,
		   "{\"rules\":[{\"match\":\"WORLD\",\"model\":\"other\",\"reply\":\"0\"},"
		   "{\"match\":\"world\",\"reply\":\"a  "
		   "b\\nc\"},{\"match\":\"w\",\"reply\":\"2\"},"
		   "{\"match\":\"\",\"reply\":\"all\"}],\"tokenDelayMs\":5}",
		   "Hello World");
	assert_str(ask(&t)->text, "a  b\nc");
	assert_str(buf_str(&t.pieces), "[a  ][b\n][c]");
	assert_int_equal(t.delays, 10);
	t.call.model = STR("other");
	assert_str(ask(&t)->text, "0");
	talk_end(&t);
	talk_begin(&t, "{\"rules\":[{\"match\":\"x\",\"reply\":\"a\"}],\"default\":\"d\"}",
		   "y");
	assert_str(ask(&t)->text, "d");
	talk_end(&t);
}

static void test_tools(void **state)
{
	static const char *const results[] = {"one", "two"};
	AUTO_BUF calls = BUF(1000);
	struct talk t;

	(void)state;
	talk_begin(&t,
		   "{\"rules\":[{\"match\":\"go\",\"tool\":[{\"name\":\"f\",\"arguments\":"
		   "{\"a\":1}},{\"name\":\"g\",\"arguments\":\"no json\"}]}]}",
		   "go");
	calls_text(ask(&t), &calls);
	assert_str(buf_str(&calls), "call_1:f({\"a\":1});call_2:g(no json);");
	assert_int_equal(model_answer(t.stream)->stop, STOP_TOOLS);
	answer_calls(&t, model_answer(t.stream), results);
	assert_str(ask(&t)->text, "one\ntwo");
	assert_int_equal(model_answer(t.stream)->call_count, 0);
	talk_end(&t);

	talk_begin(&t, "{\"rules\":[{\"tool\":{\"name\":\"f\"},\"then\":\"so\"}]}", "go");
	assert_int_equal(ask(&t)->call_count, 1);
	answer_calls(&t, model_answer(t.stream), results);
	assert_str(ask(&t)->text, "so");
	talk_end(&t);
}

/* The script counts over calls, as long as the process lives. */
static void test_errors(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t,
		   "{\"rules\":[{\"match\":\"x\",\"reply\":\"fine\",\"error\":{\"status\":429,"
		   "\"times\":2,\"retryAfter\":3}}]}",
		   "x");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ask(&t)->error.kind, MODEL_RETRY);
		assert_int_equal(model_answer(t.stream)->error.status, 429);
		assert_int_equal(model_answer(t.stream)->error.retry_after_ms, 3000);
		assert_int_equal(model_usage(model_answer(t.stream), 100).input_tokens, 0);
	}
	assert_int_equal(ask(&t)->error.kind, MODEL_FINE);
	assert_str(model_answer(t.stream)->text, "fine");
	talk_end(&t);

	talk_begin(&t, "{\"rules\":[{\"error\":{\"status\":400}}]}", "x");
	for (int i = 0; i < 5; i++)
		assert_int_equal(ask(&t)->error.kind, MODEL_PERMANENT);
	talk_end(&t);
}

struct bad_script {
	const char *text, *words;
};

static void test_bad_scripts(void **state)
{
	static const struct bad_script cases[] = {
		{"[]", "mock script:1:1: : expected an object"},
		{"{\"rules\":1}", "mock script:1:10: rules: expected a list"},
		{"{\"rules\":[\n {\"match\": 1}]}",
		 "mock script:2:12: rules[0].match: expected a "
		 "string"},
		{"{\"rules\":[{},{\"rely\":1}]}",
		 "mock script:1:15: rules[1].rely: unknown field"},
		{"{\"rules\":[{\"error\":{\"status\":99}}]}",
		 "rules[0].error.status: expected an "
		 "integer of 400-599"},
		{"{\"rules\":[{\"error\":{}}]}", "rules[0].error.status: missing"},
		{"{\"rules\":[{\"tool\":[{\"name\":\"f\"},{}]}]}",
		 "rules[0].tool[1].name: missing"},
		{"{\"rules\":[{\"tool\":[]}]}", "rules[0].tool: expected 1 to 64 tools"},
		{"{\"tokenDelayMs\":-1}", "tokenDelayMs: expected an integer"},
		{"{\"default\":null,\"x\":1}", "x: unknown field"},
		{"{", "mock script: "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mock_script s;
		struct why why = {""};

		assert_int_equal(mock_script_load(&s, str_of(cases[i].text), &why), FAIL_INPUT);
		if (!strstr(why.text, cases[i].words))
			fail_msg("%s: %s", cases[i].text, why.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_rules),  cmocka_unit_test(test_instance),
		cmocka_unit_test(test_rules_in_order), cmocka_unit_test(test_tools),
		cmocka_unit_test(test_errors),	       cmocka_unit_test(test_bad_scripts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
