#include "agent_test.h"

#include "agent/agent_config.h"

struct variable {
	const char *name, *value;
};

struct environment {
	const struct variable *items;
	size_t count;
};

static bool lookup(void *self, const char *name, struct str *ret)
{
	const struct environment *e = self;

	/* The last one counts, so that a case can change what the minimum says. */
	for (size_t i = e->count; i > 0; i--)
		if (strcmp(e->items[i - 1].name, name) == 0) {
			*ret = str_of(e->items[i - 1].value);
			return true;
		}
	return false;
}

static enum fail read_file(void *self, struct str path, struct buf *out, struct why *why)
{
	(void)self;
	if (!str_is(path, "/prompt"))
		return failf(why, FAIL_INPUT, "%.*s: no such file", STR_ARG(path));
	buf_adds(out, "from the file");
	return FAIL_NONE;
}

static enum fail load(const struct variable *items, size_t count, struct agent_config *ret,
		      struct why *why)
{
	struct environment e = {items, count};

	return agent_config_load(ret, &(struct agent_source){lookup, read_file, &e}, why);
}

static void test_defaults(void **state)
{
	static const struct variable env[] = {
		{"AGENT_MODEL", "gpt-x"},
		{"AGENT_SYSTEM_PROMPT", "Be brief."},
		{"AGENT_TEMPERATURE", ""},
	};
	struct agent_config c;
	struct why why;
	struct str url, key;

	(void)state;
	must(load(env, COUNT(env), &c, &why), &why);
	assert_str(c.model, "gpt-x");
	assert_str(c.system_prompt, "Be brief.");
	assert_int_equal(c.provider, PROVIDER_OPENAI);
	assert_false(c.provider_forced);
	assert_int_equal(c.max_output_tokens, 8000);
	assert_int_equal(c.timeout_s, 120);
	assert_int_equal(c.max_retries, 3);
	assert_int_equal(c.max_concurrent_tasks, 5);
	assert_int_equal(c.daily_token_limit, 0);
	assert_int_equal(c.max_tool_turns, 25);
	assert_int_equal(c.tool_timeout_s, 30);
	assert_false(c.probe.semantic);
	assert_true(str_ends(c.probe.prompt, STR("the single word HEALTHY.")));
	assert_int_equal(c.memory.backend, MEMORY_IN_CONTEXT);
	assert_str(c.http_addr, ":8080");
	assert_str(c.artifact_dir, "/tmp/ark-artifacts");
	assert_int_equal(c.temperature.len, 0);
	agent_config_endpoint(&c, PROVIDER_ANTHROPIC, &url, &key);
	assert_str(url, "https://api.anthropic.com");
	assert_int_equal(key.len, 0);
	agent_config_release(&c);
	agent_config_release(&c);
}

static const struct variable full[] = {
	{"AGENT_MODEL", "claude-x"},
	{"AGENT_PROVIDER", "openai"},
	{"AGENT_SYSTEM_PROMPT", "the file wins"},
	{"AGENT_SYSTEM_PROMPT_FILE", "/prompt"},
	{"TASK_QUEUE_URL", "redis://r"},
	{"STREAM_CHANNEL_URL", "redis://r"},
	{"SPEND_STORE_URL", "redis://r"},
	{"AGENT_TEMPERATURE", "0.30"},
	{"AGENT_PROBE_TYPE", "semantic"},
	{"AGENT_MEMORY_BACKEND", "vector-store"},
	{"OPENAI_API_KEY", "sk"},
	{"AGENT_MCP_TOKEN_MY_SRV", "tok"},
	{"H1", "secret"},
	{"AGENT_MCP_SERVERS",
	 "[{\"name\":\"my-srv\",\"url\":\"https://m\",\"authType\":\"bearer\",\"headers\":"
	 "[{\"name\":\"X-A\",\"value\":\"1\"},{\"name\":\"X-B\",\"envVar\":\"H1\"}]},"
	 "{\"name\":\"two\",\"url\":\"http://n/"
	 "sse\",\"transport\":\"sse\",\"authType\":\"mtls\","
	 "\"certFile\":\"/c\",\"keyFile\":\"/k\"}]"},
	{"AGENT_WEBHOOK_TOOLS",
	 "[{\"name\":\"ls\",\"url\":\"http://t\",\"method\":\"GET\",\"inputSchema\":"
	 "\"{\\\"type\\\":\\\"object\\\"}\"},{\"name\":\"rm\",\"url\":\"http://"
	 "t\",\"inputSchema\":"
	 "{\"required\":[\"a\"]}},{\"name\":\"x\",\"url\":\"http://"
	 "t\",\"description\":\"d\"}]"},
	{"AGENT_TOOL_POLICY", "{\"allow\":[],\"deny\":[\"tools/rm\"]}"},
};

static void test_full(void **state)
{
	struct agent_config c;
	struct why why;

	(void)state;
	must(load(full, COUNT(full), &c, &why), &why);
	assert_int_equal(c.provider, PROVIDER_OPENAI);
	assert_true(c.provider_forced);
	assert_str(c.system_prompt, "from the file");
	assert_str(c.temperature, "0.30");
	assert_true(c.probe.semantic);
	assert_int_equal(c.memory.backend, MEMORY_VECTOR_STORE);
	assert_int_equal(c.mcp_server_count, 2);
	assert_str(c.mcp_servers[0].token, "tok");
	assert_int_equal(c.mcp_servers[0].transport, MCP_AUTO);
	assert_int_equal(c.mcp_servers[0].header_count, 2);
	assert_str(c.mcp_servers[0].headers[1].value, "secret");
	assert_int_equal(c.mcp_servers[1].transport, MCP_SSE);
	assert_str(c.mcp_servers[1].key_file, "/k");
	assert_int_equal(c.webhook_tool_count, 3);
	assert_str(c.webhook_tools[0].method, "GET");
	assert_str(c.webhook_tools[0].input_schema, "{\"type\":\"object\"}");
	assert_str(c.webhook_tools[1].method, "POST");
	assert_str(c.webhook_tools[1].input_schema, "{\"required\":[\"a\"]}");
	assert_str(c.webhook_tools[2].input_schema, "{\"type\":\"object\"}");
	assert_non_null(c.webhook_tools[2].schema);
	assert_true(c.policy.allow_set);
	assert_int_equal(c.policy.allow_count, 0);
	assert_int_equal(c.policy.deny_count, 1);
	agent_config_release(&c);
}

struct bad {
	const char *name, *value, *words;
};

static void test_refused(void **state)
{
	static const struct bad cases[] = {
		{"AGENT_MODEL", "", "AGENT_MODEL: missing"},
		{"AGENT_SYSTEM_PROMPT", "", "AGENT_SYSTEM_PROMPT or AGENT_SYSTEM_PROMPT_FILE"},
		{"AGENT_SYSTEM_PROMPT_FILE", "/x",
		 "AGENT_SYSTEM_PROMPT_FILE: /x: no such file"},
		{"AGENT_PROVIDER", "gemini", "AGENT_PROVIDER: expected anthropic, openai"},
		{"AGENT_MAX_TOKENS", "0", "AGENT_MAX_TOKENS: expected an integer of 1-200000"},
		{"AGENT_MAX_TOKENS", "200001", "AGENT_MAX_TOKENS"},
		{"AGENT_MAX_TOKENS", "12x", "AGENT_MAX_TOKENS"},
		{"AGENT_TIMEOUT_SECONDS", "86401", "AGENT_TIMEOUT_SECONDS"},
		{"AGENT_MAX_RETRIES", "-1", "AGENT_MAX_RETRIES"},
		{"AGENT_PROBE_TYPE", "tcp", "AGENT_PROBE_TYPE"},
		{"AGENT_PROBE_INTERVAL_SECONDS", "4", "AGENT_PROBE_INTERVAL_SECONDS"},
		{"AGENT_MEMORY_BACKEND", "disk", "AGENT_MEMORY_BACKEND"},
		{"AGENT_TEMPERATURE", "warm", "AGENT_TEMPERATURE: expected a number"},
		{"AGENT_TEMPERATURE", "1.01", "AGENT_TEMPERATURE: expected a number of 0-1"},
		{"STREAM_CHANNEL_URL", "redis://other", "STREAM_CHANNEL_URL: must equal"},
		{"OPENAI_BASE_URL", "llm:80", "OPENAI_BASE_URL: expected an http(s) URL"},
		{"AGENT_MCP_SERVERS", "{", "AGENT_MCP_SERVERS: "},
		{"AGENT_MCP_SERVERS", "{}", "AGENT_MCP_SERVERS: expected a list"},
		{"AGENT_MCP_SERVERS", "[{}]", "AGENT_MCP_SERVERS[0]: name: missing"},
		{"AGENT_MCP_SERVERS", "[{\"name\":\"a\",\"url\":\"x\"}]", "[0]: url: expected"},
		{"AGENT_MCP_SERVERS",
		 "[{\"name\":\"a\",\"url\":\"http://x\"},{\"name\":\"a\",\"url\":\"http://"
		 "x\"}]",
		 "[1]: name: there are two of it"},
		{"AGENT_MCP_SERVERS",
		 "[{\"name\":\"a\",\"url\":\"http://x\",\"authType\":\"bearer\"}]",
		 "AGENT_MCP_TOKEN_A is not set"},
		{"AGENT_MCP_SERVERS",
		 "[{\"name\":\"a\",\"url\":\"http://x\",\"headers\":[{\"name\":\"a "
		 "b\",\"value\":"
		 "\"\"}]}]",
		 "[0]: headers[0]: 'a b' is no HTTP header"},
		{"AGENT_WEBHOOK_TOOLS", "[{\"name\":\"delegate\",\"url\":\"http://x\"}]",
		 "is a built-in tool"},
		{"AGENT_WEBHOOK_TOOLS",
		 "[{\"name\":\"a\",\"url\":\"http://x\",\"inputSchema\":{\"type\":\"no\"}}]",
		 "AGENT_WEBHOOK_TOOLS[0]: inputSchema: "},
		{"AGENT_WEBHOOK_TOOLS",
		 "[{\"name\":\"a\",\"url\":\"http://x\",\"method\":\"DELETE\"}]",
		 "method: expected"},
		{"AGENT_TOOL_POLICY", "{\"deny\":[\"rm\"]}",
		 "AGENT_TOOL_POLICY: deny[0]: expected"},
	};
	struct variable env[COUNT(full) + 1];

	(void)state;
	memcpy(env, full, sizeof(full));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct agent_config c;
		struct why why = {""};
		size_t count = COUNT(full) + 1;

		env[COUNT(full)] = (struct variable){cases[i].name, cases[i].value};
		/* Without the file, so that the text counts. */
		if (strcmp(cases[i].name, "AGENT_SYSTEM_PROMPT") == 0)
			env[3] = (struct variable){"UNUSED", ""};
		assert_int_equal(load(env, count, &c, &why), FAIL_INPUT);
		env[3] = full[3];
		if (!strstr(why.text, cases[i].words))
			fail_msg("%s=%s: %s", cases[i].name, cases[i].value, why.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
