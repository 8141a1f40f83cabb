#include "support.h"

#include "kinds/check.h"

/* Findings as lines "error Reason field: text"; warnings likewise. */
static struct str lines(struct arena *a, const struct findings *f)
{
	AUTO_BUF b = BUF(1 << 20);

	for (size_t i = 0; i < f->count; i++)
		buf_addf(&b, "%s %s %.*s: %.*s\n", severity_name(f->items[i].severity),
			 f->items[i].reason, STR_ARG(f->items[i].field),
			 STR_ARG(f->items[i].text));
	return arena_str(a, buf_str(&b));
}

static void expect(const char *text, const struct check_world *world, const char *want)
{
	AUTO_ARENA a = ARENA_INIT;
	struct value v = json(&a, text);
	struct findings found = FINDINGS(&a);
	struct object o;
	struct why why = {""};
	struct str have;

	if (object_load(&v, &o, &why))
		fail_msg("%s: %s", why.text, text);
	check_object(&found, &o, world);
	have = lines(&a, &found);
	if (!str_is(have, want))
		fail_msg("%s\nhas:\n%.*swants:\n%s", text, STR_ARG(have), want);
}

#define HEAD(kind)                                                                             \
	"{'apiVersion':'arkonis.dev/v1alpha1','kind':'" kind "','metadata':{'name':'x'},"
#define AGENT(spec) HEAD("ArkAgent") "'spec':" spec "}"
#define TEAM(spec) HEAD("ArkTeam") "'spec':" spec "}"

struct one {
	const char *object, *want;
};
static void expect_all(const struct one *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect(cases[i].object, NULL, cases[i].want);
}
#define EXPECT_ALL(cases) expect_all(cases, sizeof(cases) / sizeof((cases)[0]))

static void test_metadata(void **state)
{
	static const struct one cases[] = {
		{"{'apiVersion':'arkonis.dev/"
		 "v1alpha1','kind':'ArkMemory','metadata':{'name':'A_b','label':{},'labels':{'"
		 "a':1},'namespace':'-'},'spec':{'backend':'in-context'},'extra':1}",
		 "error InvalidSpec metadata.name: must be a DNS label: at most 63 of a-z, "
		 "0-9 and '-', with a letter or digit at both ends\n"
		 "error InvalidSpec metadata.label: unknown field; did you mean labels?\n"
		 "error InvalidSpec metadata.labels.a: expected string, got integer\n"
		 "error InvalidSpec metadata.namespace: must be a DNS label: at most 63 of "
		 "a-z, 0-9 and '-', with a letter or digit at both ends\n"
		 "error InvalidSpec extra: unknown field\n"},
		{"{'apiVersion':'v1','kind':'Secret','metadata':{'name':'a.b'},'data':{}}", ""},
		{"{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'a/b'}}",
		 "error InvalidSpec metadata.name: is no name of a Kubernetes object\n"},
		{HEAD("ArkMemory") "'spec':[]}",
		 "error InvalidSpec spec: expected object, got array\n"},
		{HEAD("ArkMemory") "'status':{}}",
		 "error InvalidSpec spec.backend: is required\n"},
	};

	(void)state;
	EXPECT_ALL(cases);
}

static void test_structure(void **state)
{
	static const struct one cases[] = {
		{AGENT("{'model':'m','systemPrompt':'p'}"), ""},
		{AGENT("{}"), "error InvalidSpec spec.model: is required\n"
			      "error InvalidSpec spec: needs exactly one of: systemPrompt, "
			      "systemPromptRef\n"},
		{AGENT("{'model':'','systemPrompt':'p','systemPromptRef':{}}"),
		 "error InvalidSpec spec.model: must not be empty\n"
		 "error InvalidSpec spec.systemPromptRef: needs exactly one of: "
		 "configMapKeyRef, secretKeyRef\n"
		 "error InvalidSpec spec.systemPromptRef: not together with systemPrompt\n"},
		{AGENT("{'modle':'m','systemPrompt':'p','Replicas':2,'zzz':1}"),
		 "error InvalidSpec spec.modle: unknown field; did you mean model?\n"
		 "error InvalidSpec spec.Replicas: unknown field; did you mean replicas?\n"
		 "error InvalidSpec spec.zzz: unknown field\n"
		 "error InvalidSpec spec.model: is required\n"},
		{AGENT("{'model':'m','systemPrompt':'p','replicas':51,'limits':{"
		       "'maxTokensPerCall':0,'maxConcurrentTasks':1.5,'maxDailyTokens':0,'"
		       "timeoutSeconds':'9'},'networkPolicy':'open'}"),
		 "error InvalidSpec spec.replicas: must be 0 to 50\n"
		 "error InvalidSpec spec.limits.maxTokensPerCall: must be 1 to 200000\n"
		 "error InvalidSpec spec.limits.maxConcurrentTasks: expected integer, got "
		 "number\n"
		 "error InvalidSpec spec.limits.maxDailyTokens: must be at least 1\n"
		 "error InvalidSpec spec.limits.timeoutSeconds: expected integer, got string\n"
		 "error InvalidSpec spec.networkPolicy: must be one of: default, strict, "
		 "disabled\n"},
		/* limits and their neighbours */
		{AGENT("{'model':'m','systemPrompt':'p','replicas':0,'limits':{"
		       "'maxTokensPerCall':200000,'toolTimeoutSeconds':600,'maxRetries':0}}"),
		 ""},
		{AGENT("{'model':'m','systemPrompt':'p','replicas':-1,'limits':{"
		       "'maxTokensPerCall':200001,'toolTimeoutSeconds':601,'maxRetries':101}}"),
		 "error InvalidSpec spec.replicas: must be 0 to 50\n"
		 "error InvalidSpec spec.limits.maxTokensPerCall: must be 1 to 200000\n"
		 "error InvalidSpec spec.limits.toolTimeoutSeconds: must be 1 to 600\n"
		 "error InvalidSpec spec.limits.maxRetries: must be 0 to 100\n"},
		{AGENT("{'model':'m','systemPrompt':'p','autoscaling':{'minReplicas':11}}"),
		 "error InvalidSpec spec.autoscaling.maxReplicas: must not be below "
		 "minReplicas\n"},
		{AGENT("{'model':'m','systemPrompt':'p','mcpServers':["
		       "{'name':'a','url':'http://"
		       "x','capabilityRef':'c'},{'name':'a','url':'ftp://"
		       "x'},{'name':'b'},{'name':'-','url':'https://"
		       "','auth':{'type':'bearer'}},null]}"),
		 "error InvalidSpec spec.mcpServers[1].name: 'a' is there twice\n"
		 "error InvalidSpec spec.mcpServers[0].capabilityRef: not together with url\n"
		 "error InvalidSpec spec.mcpServers[1].url: must be an http or https URL\n"
		 "error InvalidSpec spec.mcpServers[2]: needs exactly one of: url, "
		 "capabilityRef, arkAgentRef\n"
		 "error InvalidSpec spec.mcpServers[3].name: must be letters, digits, '_' and "
		 "'-', a letter or digit first\n"
		 "error InvalidSpec spec.mcpServers[3].url: must be an http or https URL\n"
		 "error InvalidSpec spec.mcpServers[3].auth.secretRef: is required with type: "
		 "bearer\n"
		 "error InvalidSpec spec.mcpServers[4]: expected object, got null\n"},
		{AGENT("{'model':'m','systemPrompt':'p','tools':[{'name':'delegate',"
		       "'url':'http://h'}],'toolPolicy':{'allow':['a/"
		       "*','b']},'apiKeyRef':{'name':'s'},'externalProviderAddr':'host','"
		       "externalQueueAddr':'h:1','resources':{'limits':{'cpu':1,'memory':'x'}}"
		       "}"),
		 "error InvalidSpec spec.tools[0].name: is the name of a built-in\n"
		 "error InvalidSpec spec.toolPolicy.allow[1]: must be <server>/<tool>, "
		 "<server>/* or tools/<name>\n"
		 "error InvalidSpec spec.apiKeyRef.key: is required with name\n"
		 "error InvalidSpec spec.externalProviderAddr: must be host:port\n"
		 "warning UnsupportedField spec.externalQueueAddr: is accepted and without "
		 "effect\n"
		 "error InvalidSpec spec.resources.limits.memory: must be a quantity, such as "
		 "100m or 128Mi\n"},
		{AGENT("{'model':'m','systemPrompt':'p','tools':[{'name':'t','url':'http://h',"
		       "'headers':{'a "
		       "b':{'value':'x','secretKeyRef':{'name':'n','key':'k'}},'c':{},'d':{'"
		       "value':'x\\r\\nEvil: y'}}}]}"),
		 "error InvalidSpec spec.tools[0].headers[\"a b\"]: the name must be the name "
		 "of an HTTP header\n"
		 "error InvalidSpec spec.tools[0].headers[\"a b\"].secretKeyRef: not together "
		 "with value\n"
		 "error InvalidSpec spec.tools[0].headers.c: needs exactly one of: value, "
		 "secretKeyRef\n"
		 "error InvalidSpec spec.tools[0].headers.d.value: must be a text without "
		 "control characters\n"},
		{HEAD("ArkMemory") "'spec':{'backend':'redis'}}",
		 "error InvalidSpec spec.redis: is required with backend: redis\n"},
		{HEAD("ArkSettings") "'spec':{'temperature':'1.1','security':{'mcpAllowlist':"
				     "['x']}}}",
		 "error InvalidSpec spec.temperature: must be a number from 0 to 1\n"
		 "error InvalidSpec spec.security.mcpAllowlist[0]: must be an http or https "
		 "URL\n"},
		{HEAD("ArkSettings") "'spec':{'temperature':1,'outputFormat':'haiku'}}", ""},
		{HEAD("ArkSecret") "'spec':{'provider':'vault','envVar':'a','vault':{"
				   "'address':'http://v','path':'p','auth':{}}}}",
		 "error InvalidSpec spec.envVar: must be capital letters, digits and '_', no "
		 "digit first\n"
		 "error InvalidSpec spec.vault.auth: needs exactly one of: tokenSecretRef, "
		 "kubernetesRole\n"},
		{HEAD("ArkSecret") "'spec':{'provider':'vault','envVar':'A','vault':{"
				   "'address':'http://"
				   "v','path':'p','auth':{'kubernetesRole':'r'}}}}",
		 "error InvalidSpec spec.vault.address: must be https; plain http needs "
		 "insecure: true\n"},
		{HEAD("ArkSecret") "'spec':{'provider':'file','envVar':'A','file':{"
				   "'path':'../x'}}}",
		 "error InvalidSpec spec.file.path: must be a path that does not begin with "
		 "'/' and has no '..'\n"},
		{HEAD("ArkNotify") "'spec':{'channels':[],'on':['TeamFailed'],'events':[{'type'"
				   ":'TeamFailed'}],'rateLimitSeconds':1,'rateLimiting':{}}}",
		 "error InvalidChannelConfig spec: needs exactly one of: channels, channel\n"
		 "error InvalidChannelConfig spec.events: not together with on\n"
		 "error InvalidChannelConfig spec.rateLimiting: not together with "
		 "rateLimitSeconds\n"},
		{HEAD("ArkNotify") "'spec':{'channel':{'type':'slack'},'on':['Nothing']}}",
		 "error InvalidChannelConfig spec.channel.slack: is required with type: slack\n"
		 "error InvalidChannelConfig spec.on[0]: must be one of: TeamSucceeded, "
		 "TeamFailed, TeamTimedOut, BudgetWarning, BudgetExceeded, DailyLimitReached, "
		 "AgentDegraded\n"},
		{HEAD("ArkEvent") "'spec':{'source':{'type':'cron'},'targets':[{'agent':'a'},"
				  "{'team':'t','agent':'a','prompt':'p'},{}]}}",
		 "error InvalidSource spec.source.cron: is required with type: cron\n"
		 "error InvalidSource spec.targets[0].prompt: is required with agent\n"
		 "error InvalidSource spec.targets[1].agent: not together with team\n"
		 "error InvalidSource spec.targets[2]: needs exactly one of: team, agent\n"},
		{HEAD("ArkEvent") "'spec':{'source':{'type':'webhook','webhook':{'signature':{"
				  "'scheme':'x'},'successCode':300}},'targets':[]}}",
		 "error InvalidSignature spec.source.webhook.signature.scheme: must be one "
		 "of: github, standard-webhooks, hmac-sha256\n"
		 "error InvalidSignature spec.source.webhook.signature.secretRef: is required\n"
		 "error InvalidSource spec.source.webhook.successCode: must be 200 to 299\n"
		 "error InvalidSource spec.targets: needs at least 1\n"},
		{HEAD("ArkRun") "'spec':{'agent':'a'}}",
		 "error InvalidInput spec.prompt: is required with agent\n"},
		{HEAD("ArkRun") "'spec':{'agent':'a','prompt':'','teamRef':'t'}}",
		 "error InvalidInput spec.agent: not together with teamRef\n"},
		{HEAD("ArkRegistry") "'spec':{'scope':'all','policy':{'maxDepth':21}}}",
		 "error InvalidSpec spec.scope: must be one of: namespace-scoped, "
		 "cluster-wide\n"
		 "error InvalidSpec spec.policy.maxDepth: must be 1 to 20\n"},
	};

	(void)state;
	EXPECT_ALL(cases);
}

static void test_reasons_of_budgets(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct value v = json(&a, HEAD("ArkBudget") "'spec':{'limit':'1.0000001',"
						    "'currency':'usd','warnAt':101}}");
	struct findings found = FINDINGS(&a);
	struct object o;

	(void)state;
	assert_int_equal(object_load(&v, &o, NULL), FAIL_NONE);
	check_object(&found, &o, NULL);
	assert_int_equal(found.count, 3);
	assert_string_equal(found.items[0].reason, "InvalidLimit");
	assert_text(found.items[0].field, "spec.limit");
	assert_string_equal(found.items[1].reason, "InvalidCurrency");
	assert_text(found.items[1].field, "spec.currency");
	assert_text(found.items[2].field, "spec.warnAt");
}

/* Texts that are compiled: the reason is that of the kind where it has one. */
static void test_texts(void **state)
{
	static const struct {
		const char *object, *reason, *field;
	} cases[] = {
		{TEAM("{'roles':[{'name':'a','arkAgent':'x'}],'pipeline':[{'role':'a',"
		      "'if':'{{ .x '}]}"),
		 "InvalidTemplate", "spec.pipeline[0].if"},
		{TEAM("{'roles':[{'name':'a','arkAgent':'x'}],'pipeline':[{'role':'a',"
		      "'inputs':{'k':'{{ end }}'}}]}"),
		 "InvalidTemplate", "spec.pipeline[0].inputs.k"},
		{TEAM("{'roles':[{'name':'a','arkAgent':'x'}],'pipeline':[{'role':'a',"
		      "'inputs':[{'name':'k','value':'{{ end }}'}]}]}"),
		 "InvalidTemplate", "spec.pipeline[0].inputs[0].value"},
		{TEAM("{'roles':[{'name':'a','arkAgent':'x'}],'output':'{{ nope }}'}"),
		 "InvalidTemplate", "spec.output"},
		{TEAM("{'roles':[{'name':'a','arkAgent':'x'}],'pipeline':[{'role':'a',"
		      "'outputSchema':{'type':'nothing'}}]}"),
		 "InvalidSchema", "spec.pipeline[0].outputSchema"},
		{TEAM("{'roles':[{'name':'a','arkAgent':'x'}],'pipeline':[{'role':'a',"
		      "'validate':{'schema':'not json'}}]}"),
		 "InvalidSchema", "spec.pipeline[0].validate.schema"},
		{TEAM("{'roles':[{'name':'a','arkAgent':'x'}],'pipeline':[{'role':'a',"
		      "'validate':{'rejectPatterns':['ok','(']}}]}"),
		 "InvalidPattern", "spec.pipeline[0].validate.rejectPatterns[1]"},
		{TEAM("{'roles':[{'name':'a','arkAgent':'x'}],'runRetainFor':'1 day'}"),
		 "InvalidSpec", "spec.runRetainFor"},
		{TEAM("{'roles':[{'name':'a','arkAgent':'x'}],'runRetainFor':'0s'}"),
		 "InvalidSpec", "spec.runRetainFor"},
		{AGENT("{'model':'m','systemPrompt':'p','tools':[{'name':'t','url':'http://h',"
		       "'inputSchema':{'type':1}}]}"),
		 "InvalidSpec", "spec.tools[0].inputSchema"},
		{HEAD("ArkEvent") "'spec':{'source':{'type':'cron','cron':'* * *'},"
				  "'targets':[{'team':'t'}]}}",
		 "InvalidCron", "spec.source.cron"},
		{HEAD("ArkEvent") "'spec':{'source':{'type':'webhook'},"
				  "'targets':[{'agent':'a','prompt':'{{'}]}}",
		 "InvalidTemplate", "spec.targets[0].prompt"},
		{HEAD("ArkNotify") "'spec':{'channel':{'type':'webhook','webhook':{"
				   "'url':'http://h','template':'{{ if }}'}}}}",
		 "InvalidTemplate", "spec.channel.webhook.template"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct value v = json(&a, cases[i].object);
		struct findings found = FINDINGS(&a);
		struct object o;

		assert_int_equal(object_load(&v, &o, NULL), FAIL_NONE);
		check_object(&found, &o, NULL);
		if (found.count != 1)
			fail_msg("%s has:\n%.*s", cases[i].object, STR_ARG(lines(&a, &found)));
		assert_string_equal(found.items[0].reason, cases[i].reason);
		assert_text(found.items[0].field, cases[i].field);
	}
}

/* SPEC 4.11 and the place of a finding. */
static void test_place(void **state)
{
	static const char text[] =
		"{\"apiVersion\":\"arkonis.dev/v1alpha1\",\n"
		" \"kind\":\"ArkTeam\",\"metadata\":{\"name\":\"x\"},\n"
		" \"spec\":{\"roles\":[{\"name\":\"a\",\"arkAgent\":\"y\"}],\n"
		"   \"output\":\"{{ nope }}\",\n"
		"   \"outptu\":1}}";
	AUTO_ARENA a = ARENA_INIT;
	struct findings found = FINDINGS(&a);
	struct value v;
	struct object o;

	(void)state;
	assert_int_equal(json_parse(&a, str_of(text), JSON_STRICT, 64, &v, NULL), FAIL_NONE);
	assert_int_equal(object_load(&v, &o, NULL), FAIL_NONE);
	check_object(&found, &o, NULL);
	assert_int_equal(found.count, 2);
	assert_text(found.items[0].text, "unknown field; did you mean output?");
	assert_int_equal(found.items[0].line, 5);
	assert_int_equal(found.items[0].column, 4);
	assert_int_equal(found.items[1].line, 4);
	if (!str_starts(found.items[1].text, STR("template: spec.output:1:")))
		fail_msg("%.*s", STR_ARG(found.items[1].text));
	assert_text(findings_first_error(&found)->field, "spec.outptu");
}

/* Findings are bounded; an error is never crowded out by warnings. */
static void test_bounded(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct findings found = FINDINGS(&a);

	(void)state;
	for (int i = 0; i < 150; i++)
		findings_add(&found, SEVERITY_WARNING, STR("f"), NULL, "R", "%d", i);
	findings_add(&found, SEVERITY_ERROR, STR("g"), NULL, "R", "bad\nline");
	assert_int_equal(found.count, FINDINGS_MAX);
	assert_int_equal(found.errors, 1);
	assert_int_equal(found.dropped, 51);
	assert_text(findings_first_error(&found)->text, "bad line");
}

/* ---- references ---- */

struct known {
	const struct object *objects;
	size_t count;
};

static const struct object *find(void *context, enum kind kind, struct str namespace,
				 struct str name)
{
	const struct known *k = context;

	for (size_t i = 0; i < k->count; i++) {
		if (k->objects[i].kind == kind && str_eq(k->objects[i].name, name) &&
		    str_eq(k->objects[i].namespace, namespace))
			return &k->objects[i];
	}
	return NULL;
}

static void test_references(void **state)
{
	static const struct one cases[] = {
		{AGENT("{'model':'m','systemPromptRef':{'secretKeyRef':{'name':'s','key':'k'}},"
		       "'settingsRefs':[{'name':'c'}],'memoryRef':{'name':'m'},'registryRef':{'"
		       "name':'r'},'apiKeyRef':{'arkSecret':'k'},'envFrom':[{'configMapRef':{'"
		       "name':'e'}},{'secretRef':{'name':'o','optional':true}}],'mcpServers':[{"
		       "'name':'a','arkAgentRef':{'name':'z'}}]}"),
		 "warning RegistryNotFound spec.registryRef: there is no ArkRegistry 'r'\n"
		 "error SettingsNotFound spec.settingsRefs: there is no ArkSettings 'c'\n"
		 "warning MemoryNotFound spec.memoryRef: there is no ArkMemory 'm'\n"
		 "warning PromptResolutionError spec.systemPromptRef: there is no Secret 's'\n"
		 "error APIKeyResolutionError spec.apiKeyRef.arkSecret: there is no ArkSecret "
		 "'k'\n"
		 "warning InvalidSpec spec.envFrom[0].configMapRef: there is no ConfigMap 'e'\n"
		 "error MCPResolutionError spec.mcpServers[0].arkAgentRef: there is no "
		 "ArkAgent 'z'\n"},
		{HEAD("ArkEvent") "'spec':{'source':{'type':'team-output','teamOutput':{'name':"
				  "'t'}},'targets':[{'team':'known'},{'team':'u'},{'agent':'v',"
				  "'prompt':'p'}]}}",
		 "error TeamNotFound spec.source.teamOutput.name: there is no ArkTeam 't'\n"
		 "error TeamNotFound spec.targets[1].team: there is no ArkTeam 'u'\n"
		 "error AgentNotFound spec.targets[2].agent: there is no ArkAgent 'v'\n"},
		{HEAD("ArkNotify") "'spec':{'channel':{'type':'slack','slack':{'webhookURLFrom'"
				   ":{'name':'s','key':'k'}}}}}",
		 "warning SecretNotFound spec.channel: there is no Secret 's'\n"},
		{HEAD("ArkRun") "'spec':{'teamRef':'known','input':{'n':'x'}}}",
		 "error InvalidInput spec.input: input \"n\": expected number\n"},
		{HEAD("ArkRun") "'spec':{'teamRef':'known','input':{'n':'7'}}}", ""},
		{HEAD("ArkRun") "'spec':{'teamRef':'gone'}}",
		 "error TeamNotFound spec.teamRef: there is no ArkTeam 'gone'\n"},
		{HEAD("ArkBudget") "'spec':{'limit':1,'selector':{'namespace':'*'},"
				   "'notifyRef':{'name':'n'}}}",
		 "error ForbiddenSelector spec.selector.namespace: only a budget in namespace "
		 "ark-system may select other namespaces\n"
		 "warning InvalidLimit spec.notifyRef: there is no ArkNotify 'n'\n"},
		{HEAD("ArkBudget") "'spec':{'limit':1,'selector':{'namespace':'default'}}}",
		 ""},
	};
	AUTO_ARENA a = ARENA_INIT;
	struct value team =
		json(&a, "{'apiVersion':'arkonis.dev/v1alpha1','kind':'ArkTeam','metadata':"
			 "{'name':'known'},'spec':{'roles':[{'name':'a','arkAgent':'x'}],'"
			 "inputs':[{'name':'n','type':'number'}]}}");
	struct object object;
	struct known known = {&object, 1};
	struct check_world world = {
		.find = find, .context = &known, .system_namespace = STR("ark-system")};

	(void)state;
	assert_int_equal(object_load(&team, &object, NULL), FAIL_NONE);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(cases[i].object, &world, cases[i].want);
}

static void test_clock(void **state)
{
	static const char clock[] =
		HEAD("ArkEvent") "'spec':{'source':{'type':'cron','cron':'0 0 30 2 *'},"
				 "'targets':[{'team':'t'}]}}";
	static const char zone[] =
		HEAD("ArkEvent") "'spec':{'source':{'type':'cron','cron':'0 0 * * *',"
				 "'timeZone':'Mars/Base'},'targets':[{'team':'t'}]}}";
	struct check_world world = {.zones = zones_new(NULL), .now_seconds = 1774857600};
	AUTO_ARENA a = ARENA_INIT;
	struct value v = json(&a, clock);
	struct findings found = FINDINGS(&a);
	struct object o;

	(void)state;
	expect(clock, NULL, "");
	assert_int_equal(object_load(&v, &o, NULL), FAIL_NONE);
	check_object(&found, &o, &world);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.items[0].reason, "InvalidCron");
	expect(zone, &world, "error InvalidTimeZone spec.source.timeZone: unknown time zone\n");
	zones_free(world.zones);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_structure),
		cmocka_unit_test(test_reasons_of_budgets),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
