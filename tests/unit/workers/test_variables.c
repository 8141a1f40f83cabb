#include "tests/unit/workers/world.h"

/* What variables_add_* make of the first object of the world. */
static enum fail assemble(struct world *w, struct variables *v, struct why *why)
{
	const struct variables_world world = {
		.object = find, .each = each, .open = open_secret, .arg = w};
	struct agent *agent = ARENA_NEW(&w->arena, struct agent);

	v->arena = &w->arena;
	must(agent_load(&w->arena, w->objects[0].spec, agent, why), why);
	return variables_add_sources(v, &w->objects[0], agent, &world, why) ||
			       variables_add_own(v, &w->objects[0], agent, &world, why)
		       ? FAIL_INPUT
		       : FAIL_NONE;
}

#define assert_variable(v, name, want) assert_str(variable_of((v), (name)), (want))
static struct str variable_of(const struct variables *v, const char *name)
{
	struct str value = STR("(not set)");

	variables_get(v, str_of(name), &value);
	return value;
}

/* --- tests ----------------------------------------------------------------------------------------- */

static void test_plain(void **state)
{
	struct world w = {.count = 0};
	struct variables v = {.count = 0};
	struct why why;

	(void)state;
	add(&w,
	    ARK("ArkAgent", "a",
		"{\"model\":\"gpt-x\",\"systemPrompt\":\"You help.\",\"externalProviderAddr\":"
		"\"host:9\",\"limits\":{\"maxRetries\":7},\"toolPolicy\":{\"allow\":[]}}"));
	must(assemble(&w, &v, &why), &why);
	assert_variable(&v, "AGENT_MODEL", "gpt-x");
	assert_variable(&v, "AGENT_NAME", "a");
	assert_variable(&v, "AGENT_TEAM_NAME", "blog");
	assert_variable(&v, "AGENT_TEAM_ROLE", "edit");
	assert_variable(&v, "AGENT_MAX_RETRIES", "7");
	assert_variable(&v, "AGENT_MAX_TOKENS", "8000");
	assert_variable(&v, "AGENT_PROVIDER", "openai");
	assert_variable(&v, "OPENAI_BASE_URL", "http://host:9/v1");
	assert_variable(&v, "AGENT_TOOL_POLICY", "{\"allow\":[],\"deny\":[]}");
	assert_true(str_starts(variable_of(&v, "AGENT_SYSTEM_PROMPT"),
			       STR("You help.\n\nSECURITY: ")));
	arena_release(&w.arena);
}

/* SPEC 20.6: the later source wins. */
static void test_order_of_sources(void **state)
{
	struct world w = {.count = 0};
	struct variables v = {.arena = &w.arena};
	struct why why;

	(void)state;
	variables_set(&v, STR("A"), STR("injected"));
	add(&w,
	    ARK("ArkAgent", "a",
		"{\"model\":\"m\",\"systemPrompt\":\"p\",\"envFrom\":[{\"secretRef\":{\"name\":"
		"\"s1\"}},{\"prefix\":\"P_\",\"configMapRef\":{\"name\":\"c\"}},{\"secretRef\":"
		"{\"name\":\"none\",\"optional\":true}}],\"apiKeyRef\":{\"name\":\"s2\","
		"\"key\":"
		"\"OPENAI_API_KEY\"}}"));
	add(&w, SECRET("ark-api-keys",
		       "{\"A\":\"sealed:shared\",\"OPENAI_API_KEY\":\"sealed:shared\"}"));
	add(&w,
	    SECRET("s1", "{\"OPENAI_API_KEY\":\"sealed:mine\",\"AGENT_MODEL\":\"sealed:x\"}"));
	add(&w, SECRET("s2", "{\"OPENAI_API_KEY\":\"sealed:best\"}"));
	add(&w, "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"},"
		"\"data\":{\"K\":\"v\"}}");
	must(assemble(&w, &v, &why), &why);
	assert_variable(&v, "A", "shared");
	assert_variable(&v, "OPENAI_API_KEY", "best");
	assert_variable(&v, "P_K", "v");
	assert_variable(&v, "AGENT_MODEL", "m");
	arena_release(&w.arena);
}

static void test_tools_and_servers(void **state)
{
	struct world w = {.count = 0};
	struct variables v = {.count = 0};
	struct why why;

	(void)state;
	add(&w,
	    ARK("ArkAgent", "a",
		"{\"model\":\"m\",\"systemPrompt\":\"p\",\"tools\":[{\"name\":\"t-1\",\"url\":"
		"\"http://h/"
		"x\",\"headers\":{\"X-Key\":{\"secretKeyRef\":{\"name\":\"s\",\"key\":"
		"\"k\"}}}}],\"mcpServers\":[{\"name\":\"git\",\"url\":\"http://h/"
		"mcp\",\"guidance\":"
		"\"Use "
		"it.\",\"auth\":{\"type\":\"bearer\",\"secretRef\":{\"name\":\"s\",\"key\":"
		"\"k\"}}},{\"name\":\"no\",\"capabilityRef\":\"nowhere\"}]}"));
	add(&w, SECRET("s", "{\"k\":\"sealed:abc\"}"));
	must(assemble(&w, &v, &why), &why);
	assert_variable(&v, "ARK_TOOL_T_1_HEADER_X_KEY", "abc");
	assert_variable(&v, "AGENT_MCP_TOKEN_GIT", "abc");
	assert_variable(&v, "AGENT_MCP_SERVERS",
			"[{\"name\":\"git\",\"url\":\"http://h/mcp\",\"transport\":\"auto\","
			"\"authType\":\"bearer\",\"tokenEnvVar\":\"AGENT_MCP_TOKEN_GIT\","
			"\"headers\":[]}]");
	assert_true(str_find(variable_of(&v, "AGENT_WEBHOOK_TOOLS"), STR("abc"), 0) ==
		    STR_NONE);
	assert_true(str_find(variable_of(&v, "AGENT_SYSTEM_PROMPT"), STR("### git\nUse it."),
			     0) != STR_NONE);
	arena_release(&w.arena);
}

struct missing_case {
	const char *spec, *want;
};

static void test_what_is_missing_is_named(void **state)
{
	static const struct missing_case cases[] = {
		{ARK("ArkAgent", "a",
		     "{\"model\":\"m\",\"systemPromptRef\":{\"configMapKeyRef\":{\"name\":"
		     "\"c\","
		     "\"key\":\"k\"}}}"),
		 "systemPromptRef: ConfigMap 'c' has no key 'k'"},
		{ARK("ArkAgent", "a",
		     "{\"model\":\"m\",\"systemPrompt\":\"p\",\"settingsRefs\":[{\"name\":"
		     "\"s\"}]}"),
		 "there is no ArkSettings 's'"},
		{ARK("ArkAgent", "a",
		     "{\"model\":\"m\",\"systemPrompt\":\"p\",\"memoryRef\":{\"name\":\"s\"}}"),
		 "there is no ArkMemory 's'"},
		{ARK("ArkAgent", "a",
		     "{\"model\":\"m\",\"systemPrompt\":\"p\",\"envFrom\":[{\"secretRef\":{"
		     "\"name\":"
		     "\"s\"}}]}"),
		 "envFrom: there is no Secret 's'"},
		{ARK("ArkAgent", "a",
		     "{\"model\":\"m\",\"systemPrompt\":\"p\",\"apiKeyRef\":{\"name\":\"s\","
		     "\"key\":"
		     "\"K\"}}"),
		 "apiKeyRef: Secret 's' has no key 'K'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w = {.count = 0};
		struct variables v = {.count = 0};
		struct why why = {""};

		add(&w, cases[i].spec);
		assert_int_equal(assemble(&w, &v, &why), FAIL_INPUT);
		assert_str(why_str(&why), cases[i].want);
		arena_release(&w.arena);
	}
}

static void test_variable_part(void **state)
{
	AUTO_ARENA a = ARENA_INIT;

	(void)state;
	assert_str(variable_part(&a, STR("my-Srv.2")), "MY_SRV_2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_order_of_sources),
		cmocka_unit_test(test_tools_and_servers),
		cmocka_unit_test(test_variable_part),
		cmocka_unit_test(test_what_is_missing_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
