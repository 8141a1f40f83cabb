#include "agent_test.h"

#define EVENT(type, members) "event: " type "\ndata: {\"type\":\"" type "\"" members "}\n\n"
#define START                                                                                  \
	EVENT("message_start",                                                                 \
	      ",\"message\":{\"id\":\"m\",\"role\":\"assistant\",\"model\":\"claude-x-1\","    \
	      "\"content\":[],\"usage\":{\"input_tokens\":40,\"output_tokens\":1}}")
#define BLOCK(index, block)                                                                    \
	EVENT("content_block_start", ",\"index\":" index ",\"content_block\":" block)
#define DELTA(index, delta)                                                                    \
	EVENT("content_block_delta", ",\"index\":" index ",\"delta\":" delta)
#define END(index) EVENT("content_block_stop", ",\"index\":" index)
#define TEXT(index, words)                                                                     \
	BLOCK(index, "{\"type\":\"text\",\"text\":\"\"}")                                      \
	DELTA(index, "{\"type\":\"text_delta\",\"text\":\"" words "\"}") END(index)
#define STOP(reason, usage)                                                                    \
	EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"" reason                         \
			       "\",\"stop_sequence\":null},\"usage\":{" usage "}")             \
	EVENT("message_stop", "")
#define TOOL(index, id, name, json)                                                            \
	BLOCK(index,                                                                           \
	      "{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"" name "\",\"input\":{}}")  \
	DELTA(index, "{\"type\":\"input_json_delta\",\"partial_json\":\"" json "\"}") END(index)

struct stream_case {
	const char *about, *body;
	enum model_error_kind error;
	const char *text, *calls, *native;
	int64_t input, output;
	enum model_stop stop;
};

static const struct stream_case streams[] = {
	{"INTERFACES 12: the example",
	 START TOOL("0", "toolu_1", "weather", "{\\\"city\\\":\\\"Rome\\\"}")
		 STOP("tool_use", "\"output_tokens\":18"),
	 MODEL_FINE, "", "toolu_1:weather({\"city\":\"Rome\"});", "", 40, 18, STOP_TOOLS},
	{"text, pings and what nobody knows",
	 START EVENT("ping", "") TEXT("0", "Hel") EVENT("party", ",\"x\":1") TEXT("1", "lo")
		 DELTA("1", "{\"type\":\"citations_delta\",\"citation\":{}}")
			 STOP("end_turn", "\"output_tokens\":5"),
	 MODEL_FINE, "Hello", "", "", 40, 5, STOP_END},
	{"12.12: counts are cumulative, the newest value that is not null counts",
	 START TEXT("0", "a") EVENT("message_delta",
				    ",\"delta\":{},\"usage\":{\"input_tokens\":50,"
				    "\"cache_read_input_tokens\":7,\"output_tokens\":3}")
		 STOP("end_turn", "\"input_tokens\":null,\"cache_creation_input_tokens\":"
				  "2,\"output_tokens\":4"),
	 MODEL_FINE, "a", "", "", 59, 4, STOP_END},
	{"12.11: no delta is an empty object",
	 START BLOCK("0", "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}")
		 END("0") STOP("tool_use", "\"output_tokens\":2"),
	 MODEL_FINE, "", "t:f({});", "", 40, 2, STOP_TOOLS},
	{"12.6: blocks of thought go back unchanged, in their order",
	 START BLOCK("0", "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}") DELTA(
		 "0", "{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}")
		 DELTA("0", "{\"type\":\"thinking_delta\",\"thinking\":\"m\"}") DELTA(
			 "0", "{\"type\":\"signature_delta\",\"signature\":\"SIG\"}") END("0")
			 BLOCK("1", "{\"type\":\"redacted_thinking\","
				    "\"data\":\"XX\"}") END("1") TEXT("2", "I ask.")
				 TOOL("3", "t", "f", "{\\\"a\\\":1}")
					 STOP("tool_use", "\"output_tokens\":9"),
	 MODEL_FINE, "I ask.", "t:f({\"a\":1});",
	 "[{\"type\":\"thinking\",\"thinking\":\"hmm\",\"signature\":\"SIG\"},"
	 "{\"type\":\"redacted_thinking\",\"data\":\"XX\"},{\"type\":\"text\",\"text\":\"I "
	 "ask.\"},{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{\"a\":1}}]",
	 40, 9, STOP_TOOLS},
	{"12.12: without message_stop it is incomplete",
	 START TEXT("0", "a")
		 EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"end_turn\"}"),
	 MODEL_RETRY, "a", "", "", 40, 1, STOP_END},
	{"12.13: an error in the stream",
	 START TEXT("0", "a") EVENT("error", ",\"error\":{\"type\":\"overloaded_error\","
					     "\"message\":\"Overloaded\"}"),
	 MODEL_RETRY, "a", "", "", 40, 1, STOP_END},
	{"one that stays",
	 START EVENT("error", ",\"error\":{\"type\":\"invalid_request_error\"}"),
	 MODEL_PERMANENT, "", "", "", 40, 1, STOP_END},
	{"refusal", START STOP("refusal", "\"output_tokens\":0"), MODEL_FINE, "", "", "", 40, 0,
	 STOP_REFUSED},
	{"an unknown reason is an end", START STOP("tired", "\"output_tokens\":0"), MODEL_FINE,
	 "", "", "", 40, 0, STOP_END},
	{"paused", START STOP("pause_turn", "\"output_tokens\":0"), MODEL_FINE, "", "", "", 40,
	 0, STOP_PAUSE},
	{"no JSON", START "data: }\n\n", MODEL_RETRY, "", "", "", 40, 1, STOP_END},
};

static const struct model_call plain_call = {
	.provider = PROVIDER_ANTHROPIC,
	.model = STR_INIT("claude-x"),
	.base_url = STR_INIT("https://api.anthropic.com"),
	.api_key = STR_INIT("key"),
	.max_output_tokens = 1024,
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
	assert_str(a->native, c->native);
	assert_str(a->model, "claude-x-1");
	assert_int_equal(a->usage.input_tokens, c->input);
	assert_int_equal(a->usage.output_tokens, c->output);
	assert_int_equal(a->stop, c->stop);
	model_stream_free(s);
}

static void test_streams(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(streams); i++)
		for (size_t step = 1; step < 10000; step *= 4)
			check_stream(&streams[i], step);
}

/* A broken call is paid for as far as it came (SPEC 7.16, INTERFACES 12.12). */
static void test_usage_of_a_broken_stream(void **state)
{
	AUTO_BUF pieces = BUF(100);
	struct model_stream *s =
		play_body(&plain_call, &pieces, 200, START TEXT("0", "123456789"), 50);
	struct usage u = model_usage(model_answer(s), 4000);

	(void)state;
	assert_int_equal(u.input_tokens, 40);
	assert_int_equal(u.output_tokens, 3);
	assert_true(u.estimated);
	model_stream_free(s);
}

#define ERROR(type, words)                                                                     \
	"{\"type\":\"error\",\"error\":{\"type\":\"" type "\",\"message\":\"" words            \
	"\"},\"request_id\":\"r\"}"

struct refusal {
	int status;
	const char *body;
	enum model_error_kind kind;
	bool scarce;
};

static void test_refusals(void **state)
{
	static const struct refusal cases[] = {
		{400, ERROR("invalid_request_error", "no"), MODEL_PERMANENT, false},
		{401, ERROR("authentication_error", "no"), MODEL_PERMANENT, false},
		{402, ERROR("billing_error", "no"), MODEL_PERMANENT, false},
		{409, ERROR("conflict_error", "no"), MODEL_RETRY, false},
		{413, ERROR("request_too_large", "no"), MODEL_PERMANENT, false},
		{429, ERROR("rate_limit_error", "no"), MODEL_RETRY, true},
		{500, ERROR("api_error", "no"), MODEL_RETRY, false},
		{529, ERROR("overloaded_error", "no"), MODEL_RETRY, false},
		{400, ERROR("invalid_request_error", "`temperature` is not accepted"),
		 MODEL_REPEAT, false},
	};
	struct model_call call = plain_call;

	(void)state;
	call.temperature = STR("1");
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_BUF pieces = BUF(100);
		struct model_stream *s =
			play_body(&call, &pieces, cases[i].status, cases[i].body, 9);
		const struct model_error *e = &model_answer(s)->error;

		assert_int_equal(e->kind, cases[i].kind);
		assert_int_equal(e->scarce, cases[i].scarce);
		model_stream_free(s);
	}
}

static const char *header(const struct model_request *r, const char *name)
{
	struct str v = http_fields_get((struct http_fields){r->headers, r->header_count},
				       str_of(name));

	return v.ptr ? v.ptr : "";
}

static void fill(struct conversation *c, const char *native)
{
	static const struct tool_call calls[] = {
		{STR_INIT("t1"), STR_INIT("weather"), STR_INIT("{\"city\":\"Rome\"}")},
		{STR_INIT("t2"), STR_INIT("weather"), STR_INIT("oops")},
	};
	static const struct tool_result results[] = {
		{STR_INIT("18 C"), false},
		{STR_INIT("Error: no JSON"), true},
	};
	struct turn turn = {.text = STR("Let me see."),
			    .calls = calls,
			    .call_count = 2,
			    .native = str_of(native)};
	struct why why;

	conversation_init(c, 1 << 20);
	must(conversation_add_system(c, STR("Be brief."), &why), &why);
	must(conversation_add_user(c, STR("Weather?"), &why), &why);
	must(conversation_add_assistant(c, &turn, &why), &why);
	must(conversation_add_results(c, results, 2, &why), &why);
}

#define HEAD                                                                                   \
	"{\"model\":\"claude-x\",\"max_tokens\":1024,\"system\":\"Be brief.\",\"messages\":["  \
	"{\"role\":\"user\",\"content\":\"Weather?\"},{\"role\":\"assistant\",\"content\":"
#define RESULTS                                                                                \
	"},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t1\","  \
	"\"content\":\"18 C\"},{\"type\":\"tool_result\",\"tool_use_id\":\"t2\",\"content\":"  \
	"\"Error: no JSON\",\"is_error\":true}]}]"

static void test_request(void **state)
{
	static const struct tool tool = {
		.name = STR_INIT("weather"),
		.parameters = STR_INIT("{\"type\":\"object\"}"),
	};
	AUTO_ARENA arena = ARENA_INIT;
	struct conversation c;
	struct model_call call = plain_call;
	struct model_request r;
	struct why why;

	(void)state;
	fill(&c, "");
	call.conversation = &c;
	must(model_request(&arena, &call, &r, &why), &why);
	assert_str(r.url, "https://api.anthropic.com/v1/messages");
	assert_string_equal(header(&r, "anthropic-version"), "2026-10-21");
	assert_string_equal(header(&r, "x-api-key"), "key");
	assert_str(r.body,
		   HEAD "[{\"type\":\"text\",\"text\":\"Let me see.\"},{\"type\":\"tool_use\","
			"\"id\":\"t1\",\"name\":\"weather\",\"input\":{\"city\":\"Rome\"}},"
			"{\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"weather\",\"input\":{}"
			"}]" RESULTS ",\"stream\":true}");

	/* INTERFACES 12.2 and the last call of a task. */
	call.temperature = STR("0.5");
	call.tools = &tool;
	call.tool_count = 1;
	call.tools_closed = true;
	must(model_request(&arena, &call, &r, &why), &why);
	assert_string_equal(header(&r, "anthropic-version"), "2023-06-01");
	assert_true(
		str_ends(r.body, STR("],\"temperature\":0.5,\"tools\":[{\"name\":\"weather\","
				     "\"input_schema\":{\"type\":\"object\"}}],"
				     "\"tool_choice\":{\"type\":\"none\"},\"stream\":true}")));
	call.quirks = QUIRK_NO_TEMPERATURE;
	must(model_request(&arena, &call, &r, &why), &why);
	assert_string_equal(header(&r, "anthropic-version"), "2026-10-21");
	assert_true(str_find(r.body, STR("\"temperature\""), 0) == STR_NONE);
	conversation_release(&c);

	fill(&c, "[{\"type\":\"thinking\",\"thinking\":\"x\",\"signature\":\"s\"}]");
	call = plain_call;
	call.conversation = &c;
	must(model_request(&arena, &call, &r, &why), &why);
	assert_str(r.body, HEAD
		   "[{\"type\":\"thinking\",\"thinking\":\"x\",\"signature\":\"s\"}]" RESULTS
		   ",\"stream\":true}");
	call.api_key = STR("");
	assert_int_equal(model_request(&arena, &call, &r, &why), FAIL_INPUT);
	conversation_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_usage_of_a_broken_stream),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
