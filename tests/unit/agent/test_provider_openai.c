#include "agent_test.h"

static const char chunk_tool[] =
	"data: {\"id\":\"c1\",\"model\":\"gpt-x-1\",\"choices\":[{\"index\":0,\"delta\":"
	"{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"index\":0,\"id\":\"call_"
	"1\","
	"\"type\":\"function\",\"function\":{\"name\":\"weather\",\"arguments\":\"\"}}]},"
	"\"finish_reason\":null}],\"usage\":null}\n\n"
	"data: "
	"{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,"
	"\"function\":{\"arguments\":\"{\\\"city\\\":\"}}]}}],\"usage\":null}\n\n"
	"data: "
	"{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,"
	"\"function\":{\"arguments\":\"\\\"Rome\\\"}\"}}]}}],\"usage\":null}\n\n"
	"data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":"
	"\"tool_calls\"}],\"usage\":null}\n\n"
	"data: {\"id\":\"c1\",\"choices\":[],\"usage\":{\"prompt_tokens\":40,"
	"\"completion_tokens\":9,\"total_tokens\":49}}\n\n"
	"data: [DONE]\n\n";

#define TEXT(words) "data: {\"choices\":[{\"delta\":{\"content\":\"" words "\"}}]}\n\n"
#define STOP "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define TOOLS(list) "data: {\"choices\":[{\"delta\":{\"tool_calls\":[" list "]}}]}\n\n"
#define DONE "data: [DONE]\n\n"

struct stream_case {
	const char *about, *body;
	enum model_error_kind error;
	const char *text, *calls;
	int64_t input, output; /* -1 = not known */
};

static const struct stream_case streams[] = {
	{"INTERFACES 10: the example", chunk_tool, MODEL_FINE, "",
	 "call_1:weather({\"city\":\"Rome\"});", 40, 9},
	{"text in pieces", TEXT("Hel") TEXT("lo \\u00e9") STOP DONE, MODEL_FINE,
	 "Hello \xc3\xa9", "", -1, -1},
	{"10.9: [DONE] is missing", TEXT("a") STOP, MODEL_FINE, "a", "", -1, -1},
	{"the end is missing", TEXT("a"), MODEL_RETRY, "a", "", -1, -1},
	{"nothing at all", "", MODEL_RETRY, "", "", -1, -1},
	{"only [DONE]", DONE, MODEL_RETRY, "", "", -1, -1},
	{"[DONE] without finish_reason", TEXT("a") DONE, MODEL_FINE, "a", "", -1, -1},
	{"10.9: usage in any chunk, the last one wins",
	 "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":1,"
	 "\"completion_tokens\":1}}\n\n"
	 "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":"
	 "{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n" DONE,
	 MODEL_FINE, "a", "", 7, 3},
	{"7.15: tool calls count whatever finish_reason says",
	 TOOLS("{\"index\":0,\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}")
		 STOP DONE,
	 MODEL_FINE, "", "x:f({});", -1, -1},
	{"10.9: no index: the position",
	 TOOLS("{\"id\":\"x\",\"function\":{\"name\":\"f\","
	       "\"arguments\":\"{\\\"a\\\"\"}},"
	       "{\"id\":\"y\",\"function\":{\"name\":\"g\","
	       "\"arguments\":\"{\"}}") TOOLS("{\"function\":{\"arguments\":\":1}\"}},"
					      "{\"function\":{\"arguments\":\"}\"}}") STOP DONE,
	 MODEL_FINE, "", "x:f({\"a\":1});y:g({});", -1, -1},
	{"no index, one call per chunk: told apart by id",
	 TOOLS("{\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}") TOOLS(
		 "{\"id\":\"y\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}") STOP DONE,
	 MODEL_FINE, "", "x:f({});y:g({});", -1, -1},
	{"10.9: no id: one is made; no arguments: an empty object",
	 TOOLS("{\"index\":0,\"function\":{\"name\":\"f\"}}")
		 TOOLS("{\"index\":1,\"function\":{\"name\":\"g\",\"arguments\":{\"a\":[1]}}}")
			 STOP DONE,
	 MODEL_FINE, "", "call_1:f({});call_2:g({\"a\":[1]});", -1, -1},
	{"10.10: an error in the stream",
	 TEXT("a") "data: {\"error\":{\"message\":\"The server is "
		   "overloaded\",\"type\":\"server_error\"}}\n\n",
	 MODEL_RETRY, "a", "", -1, -1},
	{"an error without form", "data: {\"error\":\"boom\"}\n\n", MODEL_RETRY, "", "", -1,
	 -1},
	{"an error that stays",
	 "data: {\"error\":{\"message\":\"no\",\"type\":\"invalid_request_error\"}}\n\n",
	 MODEL_PERMANENT, "", "", -1, -1},
	{"an error about money",
	 "data: {\"error\":{\"message\":\"no\",\"code\":"
	 "\"insufficient_quota\"}}\n\n",
	 MODEL_PERMANENT, "", "", -1, -1},
	{"a code that is a number", "data: {\"error\":{\"message\":\"no\",\"code\":400}}\n\n",
	 MODEL_PERMANENT, "", "", -1, -1},
	{"no JSON", "data: {\n\n", MODEL_RETRY, "", "", -1, -1},
	{"comments, foreign members and choices",
	 ": hello\n\ndata: {\"x\":1}\n\ndata: {\"choices\":[]}\n\ndata: {\"choices\":[{}]}\n\n"
	 "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\",\"content\":null,"
	 "\"obfuscation\":\"zz\"}}]}\n\n" TEXT("a") STOP DONE TEXT("later"),
	 MODEL_FINE, "a", "", -1, -1},
	{"a refusal is text",
	 "data: {\"choices\":[{\"delta\":{\"refusal\":\"I won't\"}}]}\n\n" STOP, MODEL_FINE,
	 "I won't", "", -1, -1},
};

static const struct model_call plain_call = {
	.provider = PROVIDER_OPENAI,
	.model = STR_INIT("gpt-x"),
	.base_url = STR_INIT("https://api.openai.com/v1"),
	.api_key = STR_INIT("sk-secret"),
	.max_output_tokens = 100,
};

static void check_stream(const struct stream_case *c, size_t step)
{
	AUTO_BUF pieces = BUF(1 << 20);
	AUTO_BUF calls = BUF(1 << 20);
	struct model_stream *s = play_body(&plain_call, &pieces, 200, c->body, step);
	const struct model_answer *a = model_answer(s);

	if (a->error.kind != c->error)
		fail_msg("%s, step %zu: kind %d: %s", c->about, step, (int)a->error.kind,
			 a->error.message.text);
	calls_text(a, &calls);
	assert_str(a->text, c->text);
	assert_str(buf_str(&pieces), c->text);
	assert_str(buf_str(&calls), c->calls);
	assert_int_equal(a->usage_known, c->input >= 0);
	if (c->input >= 0) {
		assert_int_equal(a->usage.input_tokens, c->input);
		assert_int_equal(a->usage.output_tokens, c->output);
	}
	model_stream_free(s);
}

static void test_streams(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(streams); i++)
		for (size_t step = 1; step < 100; step = step * 3)
			check_stream(&streams[i], step);
	for (size_t i = 0; i < COUNT(streams); i++)
		check_stream(&streams[i], 1 << 20);
}

/* --- refusals --------------------------------------------------------------------------- */

#define ERROR(members) "{\"error\":{\"message\":" members "}}"

struct refusal {
	int status;
	const char *body;
	enum model_error_kind kind;
	enum model_quirk quirk;
};

static const struct refusal refusals[] = {
	{429, ERROR("\"slow down\",\"code\":\"rate_limit_exceeded\""), MODEL_RETRY, 0},
	{429, ERROR("\"x\",\"code\":\"insufficient_quota\""), MODEL_PERMANENT, 0},
	{429, ERROR("\"Check your billing details\""), MODEL_PERMANENT, 0},
	{408, "", MODEL_RETRY, 0},
	{409, "", MODEL_RETRY, 0},
	{425, "", MODEL_RETRY, 0},
	{500, "", MODEL_RETRY, 0},
	{503, "<html>busy</html>", MODEL_RETRY, 0},
	{529, "", MODEL_RETRY, 0},
	{401, ERROR("\"wrong key\""), MODEL_PERMANENT, 0},
	{404, "", MODEL_PERMANENT, 0},
	{302, "", MODEL_PERMANENT, 0},
	{400, ERROR("\"Unsupported parameter: 'max_completion_tokens'\""), MODEL_REPEAT,
	 QUIRK_OTHER_CAP},
	{400,
	 ERROR("\"Unsupported value: 'temperature' does not support 0.2 with this model.\","
	       "\"param\":\"temperature\",\"code\":\"unsupported_value\""),
	 MODEL_REPEAT, QUIRK_NO_TEMPERATURE},
	{400, ERROR("\"Unrecognized request argument supplied: stream_options\""), MODEL_REPEAT,
	 QUIRK_NO_STREAM_OPTIONS},
	{422, "{\"error\":\"model x does not support tools\"}", MODEL_REPEAT, QUIRK_NO_TOOLS},
	{400, ERROR("\"max_completion_tokens is too large: 9. At most 5 are supported.\""),
	 MODEL_PERMANENT, 0},
	{400, ERROR("\"Unsupported parameter: 'max_tokens'\""), MODEL_PERMANENT, 0},
	{400, ERROR("\"unknown field top_p\",\"param\":\"top_p\""), MODEL_PERMANENT, 0},
};

static void test_refusals(void **state)
{
	static const struct tool tool = {.name = STR_INIT("f"), .parameters = STR_INIT("{}")};
	struct model_call call = plain_call;

	(void)state;
	call.temperature = STR("0.2");
	call.tools = &tool;
	call.tool_count = 1;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		AUTO_BUF pieces = BUF(100);
		struct model_stream *s =
			play_body(&call, &pieces, refusals[i].status, refusals[i].body, 7);
		const struct model_error *e = &model_answer(s)->error;

		if (e->kind != refusals[i].kind ||
		    (e->kind == MODEL_REPEAT && e->quirk != refusals[i].quirk))
			fail_msg("%d %s: kind %d, quirk %d", refusals[i].status,
				 refusals[i].body, (int)e->kind, (int)e->quirk);
		assert_int_equal(e->status, refusals[i].status);
		assert_int_equal(model_usage(model_answer(s), 1000).input_tokens, 0);
		model_stream_free(s);
	}
}

/* A parameter that was not sent is not left out. */
static void test_refusal_of_what_was_not_sent(void **state)
{
	AUTO_BUF pieces = BUF(100);
	struct model_stream *s =
		play_body(&plain_call, &pieces, 400,
			  ERROR("\"unsupported\",\"param\":\"temperature\""), 100);

	(void)state;
	assert_int_equal(model_answer(s)->error.kind, MODEL_PERMANENT);
	model_stream_free(s);
}

struct header_case {
	const char *name, *value;
	int status;
	enum model_error_kind kind;
	int64_t after_ms;
};

static void test_headers(void **state)
{
	static const struct header_case cases[] = {
		{"retry-after", "7", 429, MODEL_RETRY, 7000},
		{"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT", 429, MODEL_RETRY, 30000},
		{"retry-after-ms", "1500", 503, MODEL_RETRY, 1500},
		{"x-should-retry", "false", 503, MODEL_PERMANENT, -1},
		{"x-should-retry", "true", 404, MODEL_RETRY, -1},
		{"retry-after", "soon", 429, MODEL_RETRY, -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_field f = {str_of(cases[i].name), str_of(cases[i].value)};
		struct model_stream *s = model_stream_new(&plain_call, 1000, NULL, NULL);

		model_reply(s, &(struct model_reply){cases[i].status, {&f, 1}, 784111747});
		model_finish(s);
		assert_int_equal(model_answer(s)->error.kind, cases[i].kind);
		assert_int_equal(model_answer(s)->error.retry_after_ms, cases[i].after_ms);
		model_stream_free(s);
	}
}

/* SPEC 2.9 */
static void test_key_is_not_repeated(void **state)
{
	AUTO_BUF pieces = BUF(100);
	struct model_stream *s = play_body(&plain_call, &pieces, 401,
					   ERROR("\"bad key sk-secret, sk-secret\""), 5);

	(void)state;
	assert_null(strstr(model_answer(s)->error.message.text, "sk-secret"));
	assert_non_null(strstr(model_answer(s)->error.message.text, "bad key ***, ***"));
	model_stream_free(s);
}

static void test_too_long(void **state)
{
	struct model_stream *s = model_stream_new(&plain_call, 4, NULL, NULL);

	(void)state;
	model_reply(s, &(struct model_reply){.status = 200});
	model_feed(s, STR(TEXT("abcd")));
	assert_int_equal(model_answer(s)->error.kind, MODEL_FINE);
	assert_false(model_feed(s, STR(TEXT("e"))));
	assert_int_equal(model_answer(s)->error.kind, MODEL_TOO_LONG);
	model_stream_free(s);
}

/* SPEC 7.16 */
static void test_usage(void **state)
{
	AUTO_BUF pieces = BUF(100);
	struct model_stream *s = play_body(&plain_call, &pieces, 200, TEXT("12345") STOP, 50);
	struct usage u = model_usage(model_answer(s), 9);

	(void)state;
	assert_int_equal(u.input_tokens, 3);
	assert_int_equal(u.output_tokens, 2);
	assert_true(u.estimated);
	model_stream_free(s);
}

static void test_broken_connection(void **state)
{
	struct model_stream *s = model_stream_new(&plain_call, 1000, NULL, NULL);

	(void)state;
	model_broke(s, STR("connection refused"));
	assert_int_equal(model_answer(s)->error.kind, MODEL_RETRY);
	assert_non_null(strstr(model_answer(s)->error.message.text, "connection refused"));
	assert_int_equal(model_usage(model_answer(s), 1000).input_tokens, 0);
	model_stream_free(s);
}

/* --- the request ------------------------------------------------------------------------ */

static void fill(struct conversation *c)
{
	static const struct tool_call call = {STR_INIT("call_1"), STR_INIT("wea ther"),
					      STR_INIT("{\"city\":\"Rome\"}")};
	static const struct tool_result result = {STR_INIT("18 C"), false};
	struct why why;

	conversation_init(c, 1 << 20);
	must(conversation_add_system(c, STR("Be brief."), &why), &why);
	must(conversation_add_user(c, STR("Weather in \"Rome\"?"), &why), &why);
	must(conversation_add_assistant(c, &(struct turn){.calls = &call, .call_count = 1},
					&why),
	     &why);
	must(conversation_add_results(c, &result, 1, &why), &why);
}

static void test_request(void **state)
{
	static const struct tool tool = {
		.name = STR_INIT("weather"),
		.description = STR_INIT("Says it."),
		.parameters = STR_INIT("{\"type\":\"object\"}"),
	};
	AUTO_ARENA arena = ARENA_INIT;
	struct conversation c;
	struct model_call call = plain_call;
	struct model_request r;
	struct why why;

	(void)state;
	fill(&c);
	call.conversation = &c;
	call.tools = &tool;
	call.tool_count = 1;
	call.temperature = STR("0.20");
	must(model_request(&arena, &call, &r, &why), &why);
	assert_str(r.url, "https://api.openai.com/v1/chat/completions");
	assert_str(http_fields_get((struct http_fields){r.headers, r.header_count},
				   STR("authorization")),
		   "Bearer sk-secret");
	assert_str(
		r.body,
		"{\"model\":\"gpt-x\",\"messages\":[{\"role\":\"system\",\"content\":\"Be "
		"brief.\"},{\"role\":\"user\",\"content\":\"Weather in \\\"Rome\\\"?\"},"
		"{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"call_1\","
		"\"type\":\"function\",\"function\":{\"name\":\"wea_ther\",\"arguments\":"
		"\"{\\\"city\\\":\\\"Rome\\\"}\"}}]},{\"role\":\"tool\",\"tool_call_id\":"
		"\"call_1\",\"content\":\"18 C\"}],\"max_completion_tokens\":100,"
		"\"temperature\":0.20,\"tools\":[{\"type\":\"function\",\"function\":{\"name\":"
		"\"weather\",\"description\":\"Says it.\",\"parameters\":{\"type\":\"object\"}}"
		"}],\"stream\":true,\"stream_options\":{\"include_usage\":true}}");

	/* SPEC 7.14, 7.15: another server, no key, and all that it does not know. */
	call.base_url = STR("http://llm:8000/v1/");
	call.api_key = STR("");
	call.quirks = QUIRK_OTHER_CAP | QUIRK_NO_TEMPERATURE | QUIRK_NO_STREAM_OPTIONS |
		      QUIRK_NO_TOOLS;
	must(model_request(&arena, &call, &r, &why), &why);
	assert_str(r.url, "http://llm:8000/v1/chat/completions");
	assert_null(http_fields_get((struct http_fields){r.headers, r.header_count},
				    STR("authorization"))
			    .ptr);
	assert_true(str_ends(r.body, STR("}],\"max_completion_tokens\":100,\"stream\":true}")));
	call.quirks = 0;
	call.tools_closed = true;
	must(model_request(&arena, &call, &r, &why), &why);
	assert_true(str_find(r.body, STR("\"max_tokens\":100"), 0) != STR_NONE);
	assert_true(str_find(r.body, STR("\"tools\""), 0) == STR_NONE);

	/* A key is needed for api.openai.com only. */
	call.base_url = STR("https://API.openai.com/v1");
	assert_int_equal(model_request(&arena, &call, &r, &why), FAIL_INPUT);
	call.base_url = STR("llm:8000");
	assert_int_equal(model_request(&arena, &call, &r, &why), FAIL_INPUT);
	conversation_release(&c);
}

static void test_choosing(void **state)
{
	enum provider_kind kind;

	(void)state;
	assert_int_equal(provider_of_model(STR("Claude-haiku-4")), PROVIDER_ANTHROPIC);
	assert_int_equal(provider_of_model(STR("claudette")), PROVIDER_OPENAI);
	assert_int_equal(provider_of_model(STR("mock")), PROVIDER_MOCK);
	assert_int_equal(provider_of_model(STR("MOCK-fast")), PROVIDER_MOCK);
	assert_int_equal(provider_of_model(STR("mockingbird")), PROVIDER_OPENAI);
	assert_true(provider_named(STR("anthropic"), &kind));
	assert_int_equal(kind, PROVIDER_ANTHROPIC);
	assert_false(provider_named(STR("auto"), &kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_refusal_of_what_was_not_sent),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_key_is_not_repeated),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_broken_connection),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_choosing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
