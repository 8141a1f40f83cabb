#include "support.h"

#include "kinds/agent.h"
#include "kinds/budget.h"
#include "kinds/event.h"
#include "kinds/memory.h"
#include "kinds/notify.h"
#include "kinds/registry.h"
#include "kinds/run.h"
#include "kinds/secret.h"
#include "kinds/settings.h"
#include "kinds/shared.h"
#include "kinds/team.h"

/* Loads what must load. */
#define LOAD(kind_, struct_, name_, text_)                                                     \
	struct value name_##_spec = json(&a, text_);                                           \
	struct struct_ name_;                                                                  \
	struct why name_##_why = {""};                                                         \
	if (kind_##_load(&a, &name_##_spec, &name_, &name_##_why))                             \
	fail_msg("%s", name_##_why.text)

static void test_agent_defaults(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	LOAD(agent, agent, x, "{'model':'m','systemPrompt':'p'}");

	(void)state;
	assert_text(x.model, "m");
	assert_text(x.system_prompt, "p");
	assert_int_equal(x.replicas, 1);
	assert_int_equal(x.limits.max_tokens_per_call, 8000);
	assert_int_equal(x.limits.max_concurrent_tasks, 5);
	assert_int_equal(x.limits.timeout_seconds, 120);
	assert_int_equal(x.limits.max_daily_tokens, 0);
	assert_int_equal(x.limits.max_retries, 3);
	assert_int_equal(x.limits.max_tool_iterations, 25);
	assert_int_equal(x.limits.tool_timeout_seconds, 30);
	assert_false(x.has_autoscaling);
	assert_false(x.autoscaling.enabled);
	assert_false(x.probe.present);
	assert_false(x.probe.semantic);
	assert_int_equal(x.network_policy, NETWORK_DEFAULT);
	assert_int_equal(x.settings.count, 0);
	assert_int_equal(x.mcp_server_count, 0);
	assert_false(x.has_tool_allow);
	assert_null(x.resources);
}

static void test_agent_full(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	LOAD(agent, agent, x,
	     "{'model':'m','systemPromptRef':{'configMapKeyRef':{'name':'c','key':'k'}},'"
	     "replicas':3,'autoscaling':{'maxReplicas':20},'configRef':'first','settingsRefs':["
	     "{'name':'second'},{'name':'third'}],'apiKeyRef':{'arkSecret':'s'},'networkPolicy'"
	     ":'disabled','livenessProbe':{},'toolPolicy':{'allow':[],'deny':['srv/"
	     "*']},'envFrom':[{'prefix':'P_','secretRef':{'name':'e','optional':true}}],'"
	     "mcpServers':[{'name':'a','url':'https://x/"
	     "mcp','transport':'plain','auth':{'type':'bearer','secretRef':{'name':'t'}},'"
	     "headers':{'X-B':{'secretKeyRef':{'name':'n','key':'k'}},'X-A':{'value':'1'}}},{'"
	     "name':'b','arkAgentRef':{'name':'other'},'headers':[{'name':'Z','value':'z'},{'"
	     "name':'Y','valueFrom':{'secretKeyRef':{'name':'n2','key':'k2'}}}]}],'tools':[{'"
	     "name':'t','url':'http://h/"
	     "x','method':'PATCH'}],'capabilities':[{'id':'c','tags':['x','y'],'inputSchema':{'"
	     "type':'object'},'outputSchema':'true','exposeMCP':true}]}");

	(void)state;
	assert_text(x.prompt_config_map.name, "c");
	assert_text(x.prompt_config_map.key, "k");
	assert_true(x.has_autoscaling && x.autoscaling.enabled);
	assert_int_equal(x.autoscaling.min_replicas, 1);
	assert_int_equal(x.autoscaling.max_replicas, 20);
	assert_int_equal(x.settings.count, 3);
	assert_text(x.settings.items[0], "first");
	assert_text(x.settings.items[2], "third");
	assert_text(x.api_key_ark_secret, "s");
	assert_int_equal(x.network_policy, NETWORK_DISABLED);
	assert_true(x.probe.present && x.probe.semantic);
	assert_int_equal(x.probe.interval_seconds, 30);
	assert_text(x.probe.validator_prompt,
		    "This is a health check. If you can read this and answer, reply with the "
		    "single word HEALTHY.");
	assert_true(x.has_tool_allow);
	assert_int_equal(x.tool_allow.count, 0);
	assert_int_equal(x.tool_deny.count, 1);
	assert_text(x.env_from[0].prefix, "P_");
	assert_text(x.env_from[0].secret, "e");
	assert_true(x.env_from[0].optional);
	assert_int_equal(x.mcp_servers[0].transport, MCP_PLAIN);
	assert_int_equal(x.mcp_servers[0].auth, MCP_AUTH_BEARER);
	assert_text(x.mcp_servers[0].auth_secret.key, "token");
	/* the map form in byte order */
	assert_text(x.mcp_servers[0].headers.items[0].name, "X-A");
	assert_text(x.mcp_servers[0].headers.items[0].value, "1");
	assert_text(x.mcp_servers[0].headers.items[1].secret.name, "n");
	assert_text(x.mcp_servers[1].agent, "other");
	assert_text(x.mcp_servers[1].headers.items[0].name, "Z");
	assert_text(x.mcp_servers[1].headers.items[1].secret.key, "k2");
	assert_int_equal(x.tools[0].method, METHOD_PATCH);
	assert_text(x.tools[0].input_schema, "{\"type\":\"object\"}");
	assert_text(x.capabilities[0].input_schema, "{\"type\":\"object\"}");
	assert_text(x.capabilities[0].output_schema, "true");
	assert_true(x.capabilities[0].expose_mcp);
	assert_int_equal(x.capabilities[0].tags.count, 2);
}

static void test_team_pipeline(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	LOAD(team, team, t,
	     "{'roles':[{'name':'a','model':'m','systemPrompt':'p'},{'name':'b','arkAgent':{'"
	     "name':'x'},'canDelegate':['a']},{'name':'c','arkTeam':'sub'}],'pipeline':[{'role'"
	     ":'b','dependsOn':['a'],'if':'','inputs':[{'name':'z','value':'1'},{'name':'y','"
	     "value':'2'}],'loop':{'condition':'x'},'outputSchema':{'type':'object'},'validate'"
	     ":{'contains':'ok','onFailure':'retry'}},{'role':'a','inputs':{'z':'1','y':'2'},'"
	     "validate':{'semantic':'s'}},{'role':'d','registryLookup':{'capability':'k','"
	     "strategy':'random'},'inputArtifacts':{'f':'a.file'}}],'inputs':[{'name':'n','"
	     "type':'number','default':5}],'runRetainFor':'24h','artifactStore':{'type':'s3','"
	     "s3':{'bucket':'bk','prefix':'pre','region':'eu','endpoint':'http://"
	     "minio:9000'}},'registryRef':'reg'}");

	(void)state;
	assert_int_equal(t.mode, TEAM_PIPELINE);
	assert_int_equal(t.roles[0].kind, ROLE_INLINE);
	assert_text(t.roles[0].target, "");
	assert_int_equal(t.roles[1].kind, ROLE_AGENT);
	assert_text(t.roles[1].target, "x");
	assert_int_equal(t.roles[1].can_delegate[0].at, 0);
	assert_int_equal(t.roles[2].kind, ROLE_TEAM);
	assert_text(t.roles[2].target, "sub");
	assert_int_equal(t.step_count, 3);
	assert_int_equal(t.steps[0].role, 1);
	assert_int_equal(t.steps[0].depends_on[0].at, 1);
	assert_true(t.steps[0].has_condition);
	assert_text(t.steps[0].condition, "");
	assert_false(t.steps[1].has_condition);
	/* a list keeps its order, a map is in byte order */
	assert_text(t.steps[0].inputs.items[0].name, "z");
	assert_text(t.steps[1].inputs.items[0].name, "y");
	assert_int_equal(t.steps[0].loop.max_iterations, 10);
	assert_text(t.steps[0].output_schema, "{\"type\":\"object\"}");
	assert_true(t.steps[0].validate.retry);
	assert_int_equal(t.steps[0].validate.max_retries, 2);
	assert_int_equal(t.steps[1].validate.max_retries, 0);
	assert_int_equal(t.steps[2].role, TEAM_NONE);
	assert_int_equal(t.steps[2].lookup.strategy, LOOKUP_RANDOM);
	assert_text(t.steps[2].input_artifacts.items[0].text, "a.file");
	assert_int_equal(t.inputs[0].type, INPUT_NUMBER);
	assert_int_equal(t.inputs[0].fallback->integer, 5);
	assert_int_equal(t.entry, TEAM_NONE);
	assert_int_equal(t.keep_succeeded, 10);
	assert_int_equal(t.keep_failed, 3);
	assert_text(t.retain_for, "24h");
	assert_text(t.registry, "reg");
	assert_text(team_artifact_url(&a, &t.artifacts),
		    "s3://bk/pre?region=eu&endpoint=http://minio:9000");
}

static void test_team_other_modes(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	LOAD(team, team, d, "{'roles':[{'name':'a','arkAgent':'x'}],'pipeline':[]}");
	LOAD(team, team, r, "{'routing':{'fallback':'f'}}");

	(void)state;
	assert_int_equal(d.mode, TEAM_DYNAMIC);
	assert_int_equal(d.entry, 0);
	assert_text(d.registry, "default");
	assert_int_equal(r.mode, TEAM_ROUTED);
	assert_text(r.routing.fallback, "f");
	assert_text(
		r.routing.system_prompt,
		"Choose who should handle a task. Capabilities on offer:\n"
		"{{ range .Capabilities }}- id: {{ .ID }}; description: {{ .Description }}; "
		"tags: {{ join \", \" .Tags }}\n"
		"{{ end }}\n"
		"Reply with JSON only: {\"capability\": \"<one id from the list, or an empty "
		"string if none fits>\", \"reason\": \"<one sentence>\"}");
}

static void test_team_refuses_loose_links(void **state)
{
	static const struct {
		const char *spec, *why;
	} cases[] = {
		{"{'roles':[{'name':'a','arkAgent':'x','canDelegate':['b']}]}",
		 "spec: role 'a': canDelegate: no role 'b'"},
		{"{'roles':[{'name':'a','arkAgent':'x'}],'pipeline':[{'role':'b'}]}",
		 "spec: step 'b': no role of that name"},
		{"{'roles':[{'name':'a','arkAgent':'x'}],'pipeline':[{'role':'a',"
		 "'dependsOn':['c']}]}",
		 "spec: step 'a': dependsOn: no step 'c'"},
		{"{'roles':[{'name':'a','arkAgent':'x'},{'name':'b','arkAgent':'x'}]}",
		 "spec: entry does not name a role"},
		{"{'roles':[{'name':'a','arkAgent':'x','model':'m'}]}",
		 "spec.roles[0].model: not together with arkAgent"},
		{"{'roles':[{'name':'a','arkAgent':'x'}],'maxTokens':0}",
		 "spec.maxTokens: must be at least 1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct value spec = json(&a, cases[i].spec);
		struct why why = {""};
		struct team t;

		assert_int_equal(team_load(&a, &spec, &t, &why), FAIL_INPUT);
		assert_string_equal(why.text, cases[i].why);
	}
}

/* The snapshot of a team reads as the team, with inline roles as the agents they make. */
static void test_snapshot(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct value spec =
		json(&a, "{'roles':[{'name':'a','model':'m','systemPrompt':'secret words'},"
			 "{'name':'b','arkTeam':{'name':'sub'}}],'pipeline':[{'role':'a'},{'"
			 "role':'b','dependsOn':['a']}],'notifyRef':{'name':'n'},'"
			 "timeoutSeconds':9,'output':'{{ .steps.a.output }}'}");
	struct value snapshot = team_snapshot(&a, STR("team"), 7, &spec), whole;
	struct value_builder b;
	struct run_spec run;
	struct why why = {""};

	(void)state;
	value_map_begin(&b, &a);
	value_map_add(&b, STR("teamRef"), value_str(STR("team")));
	for (size_t i = 0; i < snapshot.map.count; i++)
		value_map_add(&b, snapshot.map.entries[i].key, snapshot.map.entries[i].value);
	whole = value_map_done(&b);
	assert_int_equal(str_find(json_text(&a, &whole), STR("secret words"), 0), STR_NONE);
	if (run_spec_load(&a, &whole, &run, &why))
		fail_msg("%s", why.text);
	assert_true(run.has_snapshot);
	assert_int_equal(run.team_generation, 7);
	assert_int_equal(run.timeout_seconds, 9);
	assert_int_equal(run.snapshot.timeout_seconds, 9);
	assert_int_equal(run.snapshot.mode, TEAM_PIPELINE);
	assert_int_equal(run.snapshot.roles[0].kind, ROLE_AGENT);
	assert_text(run.snapshot.roles[0].target, "team-a");
	assert_text(run.snapshot.roles[0].model, "m");
	assert_text(run.snapshot.roles[1].target, "sub");
	assert_int_equal(run.snapshot.steps[1].depends_on[0].at, 0);
	assert_text(run.snapshot.output, "{{ .steps.a.output }}");
}

static void test_run(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	LOAD(run_spec, run_spec, r, "{'agent':'x','prompt':'do'}");

	(void)state;
	assert_text(r.agent, "x");
	assert_text(r.prompt, "do");
	assert_false(r.has_snapshot);
	assert_null(r.input);
}

static void test_event(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	LOAD(event, event, c,
	     "{'source':{'type':'cron','cron':'0 8 * * *'},'targets':[{'team':'t'}]}");
	LOAD(event, event, w,
	     "{'source':{'type':'webhook','webhook':{'signature':{'scheme':'hmac-sha256','"
	     "secretRef':{'name':'s','key':'k'},'encoding':'base64'},'successCode':200}},'"
	     "targets':[{'agent':'x','prompt':'{{ .trigger.body "
	     "}}'},{'team':'t','input':{'b':'1','a':'2'}}],'concurrencyPolicy':'Replace'}");
	LOAD(event, event, o,
	     "{'source':{'type':'team-output','teamOutput':{'name':'up','onPhase':'*'}},'"
	     "targets':[{'team':'t'}],'suspended':true}");

	(void)state;
	assert_int_equal(c.type, EVENT_CRON);
	assert_text(c.time_zone, "UTC");
	assert_int_equal(c.starting_deadline_seconds, 86400);
	assert_int_equal(c.signature.scheme, SIGNATURE_NONE);
	assert_int_equal(c.success_code, 202);
	assert_int_equal(c.concurrency, CONCURRENCY_ALLOW);
	assert_int_equal(w.type, EVENT_WEBHOOK);
	assert_int_equal(w.signature.scheme, SIGNATURE_HMAC_SHA256);
	assert_text(w.signature.header, "X-Signature-256");
	assert_true(w.signature.base64);
	assert_int_equal(w.signature.tolerance_seconds, 300);
	assert_int_equal(w.success_code, 200);
	assert_int_equal(w.concurrency, CONCURRENCY_REPLACE);
	assert_true(w.targets[0].has_prompt);
	assert_text(w.targets[1].input.items[0].name, "a");
	assert_int_equal(o.type, EVENT_TEAM_OUTPUT);
	assert_int_equal(o.on_phase, ON_ANY);
	assert_text(o.output_team, "up");
	assert_true(o.suspended);
}

static void test_notify_shapes(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	LOAD(notify, notify, l,
	     "{'channels':[{'type':'slack','slack':{'webhookUrlSecretRef':{'name':'s','key':'k'"
	     "},'template':'inner'},'template':'outer'},{'type':'pagerduty','pagerduty':{'"
	     "routingKeyFrom':{'name':'p','key':'k'}}}],'on':['TeamFailed'],'rateLimitSeconds':"
	     "0}");
	LOAD(notify, notify, s,
	     "{'channel':{'type':'webhook','webhook':{'url':'https://h/"
	     "','template':'inner','headers':[{'name':'A','valueFrom':{'name':'n','key':'k'}}]}"
	     "},'events':[{'type':'TeamFailed','template':'x'},{'type':'TeamSucceeded'}],'"
	     "rateLimiting':{'maxPerWindow':4}}");
	LOAD(notify, notify, d,
	     "{'channel':{'type':'alertmanager','alertmanager':{'urlFrom':{'name':'n','key':'k'"
	     "},'labels':{'b':'1','a':'2'}}},'on':[]}");

	(void)state;
	assert_int_equal(l.channel_count, 2);
	assert_int_equal(l.channels[0].type, CHANNEL_SLACK);
	assert_text(l.channels[0].template, "outer");
	assert_text(l.channels[0].url_from.name, "s");
	assert_text(l.channels[1].url, "https://events.pagerduty.com/v2/enqueue");
	assert_false(l.channels[1].has_template);
	assert_int_equal(l.window_seconds, 0);
	assert_int_equal(l.event_count, 1);
	assert_false(l.all_events);
	assert_int_equal(s.channel_count, 1);
	assert_text(s.channels[0].template, "inner");
	assert_text(s.channels[0].headers.items[0].secret.name, "n");
	assert_int_equal(s.window_seconds, 300);
	assert_int_equal(s.max_per_window, 4);
	assert_text(s.events[0].template, "x");
	assert_false(s.events[1].has_template);
	assert_true(d.all_events);
	assert_int_equal(d.window_seconds, 300);
	assert_int_equal(d.max_per_window, 1);
	assert_text(d.channels[0].labels.items[0].name, "a");
}

static void test_budget(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	LOAD(budget, budget, b, "{'limit':'12.5','selector':{'model':'claude-*'}}");
	LOAD(budget, budget, n,
	     "{'limit':3,'period':'hourly','hardStop':true,'unpricedModels':'Deny','warnAt':"
	     "0}");

	(void)state;
	assert_int_equal(money_micros(b.limit), 12500000);
	assert_int_equal(b.period, PERIOD_MONTHLY);
	assert_text(b.currency, "USD");
	assert_int_equal(b.warn_at, 80);
	assert_text(b.model, "claude-*");
	assert_int_equal(money_micros(n.limit), 3000000);
	assert_int_equal(n.period, PERIOD_HOURLY);
	assert_true(n.hard_stop && n.deny_unpriced);
	assert_int_equal(n.warn_at, 0);
}

static void test_settings(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	LOAD(ark_settings, ark_settings, one,
	     "{'temperature':0.70,'promptFragments':{'zeta':'z','outputRules':'o','persona':'p'"
	     ",'alpha':'a'},'security':{'mcpAllowlist':['https://a/']}}");
	LOAD(ark_settings, ark_settings, two,
	     "{'temperature':'0.2','memoryBackend':'redis','fragments':[{'name':'alpha','text':"
	     "'A','position':'prepend'}],'promptFragments':{'x':'ignored'},'security':{'"
	     "requireMCPAuth':true}}");
	struct ark_settings list[2] = {one, two}, all;

	(void)state;
	assert_text(one.temperature, "0.70");
	assert_false(one.has_memory_backend);
	assert_int_equal(one.fragment_count, 4);
	assert_text(one.fragments[0].name, "persona");
	assert_true(one.fragments[0].prepend);
	assert_text(one.fragments[1].name, "outputRules");
	assert_text(one.fragments[2].name, "alpha");
	assert_text(one.fragments[3].name, "zeta");
	assert_int_equal(two.fragment_count, 1);
	all = ark_settings_compose(&a, list, 2);
	assert_text(all.temperature, "0.2");
	assert_int_equal(all.memory_backend, MEMORY_REDIS);
	assert_int_equal(all.fragment_count, 4);
	/* the place of the first, text and position of the last */
	assert_text(all.fragments[2].text, "A");
	assert_true(all.fragments[2].prepend);
	assert_int_equal(all.mcp_allowlist.count, 1);
	assert_true(all.require_mcp_auth);
}

static void test_registry_memory_secret(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	LOAD(registry, registry, r,
	     "{'scope':'cluster-wide','mcpBindings':[{'capabilityId':'c','url':'http://u'}]}");
	LOAD(memory, memory, m,
	     "{'backend':'vector-store','vectorStore':{'provider':'pinecone','endpoint':'https:"
	     "//p/'}}");
	LOAD(ark_secret, ark_secret, s,
	     "{'provider':'vault','envVar':'KEY','vault':{'address':'https://"
	     "v','path':'p','auth':{'kubernetesRole':'r'}}}");

	(void)state;
	assert_true(r.cluster_wide);
	assert_int_equal(r.max_depth, 3);
	assert_text(r.mcp_bindings.items[0].text, "http://u");
	assert_int_equal(m.backend, MEMORY_VECTOR_STORE);
	assert_int_equal(m.provider, VECTOR_PINECONE);
	assert_text(m.collection, "agent-memories");
	assert_int_equal(m.top_k, 5);
	assert_true(m.min_similarity > 0.69 && m.min_similarity < 0.71);
	assert_int_equal(m.redis_ttl_seconds, 3600);
	assert_text(m.embedding_provider, "openai");
	assert_int_equal(s.provider, SECRET_VAULT);
	assert_text(s.vault_mount, "secret");
	assert_text(s.vault_key, "value");
	assert_int_equal(s.vault_kv_version, 2);
	assert_text(s.vault_role_mount, "kubernetes");
	assert_text(s.vault_audience, "vault");
	assert_int_equal(s.refresh_seconds, 300);
}

/* null equals absent (INTERFACES 1.2), 3.0 is an integer, unknown fields are passed over. */
static void test_lenient(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	LOAD(agent, agent, x,
	     "{'model':'m','systemPrompt':'p','systemPromptRef':null,'replicas':3.0,'limits':"
	     "null,'nonsense':1}");

	(void)state;
	assert_int_equal(x.replicas, 3);
	assert_int_equal(x.limits.max_retries, 3);
}

/* ---- the tables themselves ---- */

static void check_table(const struct table *t, const char *where);

static void check_row(const struct field *row, const char *where)
{
	const char *name = row->name ? row->name : where;

	if (!row->about || strlen(row->about) < 5)
		fail_msg("%s.%s: no description", where, name);
	if (row->types == 0)
		fail_msg("%s.%s: no type", where, name);
	if ((row->types & T_OBJECT) && !row->object)
		fail_msg("%s.%s: no table", where, name);
	if ((row->types & T_LIST) && !row->items)
		fail_msg("%s.%s: no items", where, name);
	if ((row->types & T_LIST) && !row->max_items)
		fail_msg("%s.%s: a list without bound", where, name);
	if ((row->types & T_MAP) && !row->values)
		fail_msg("%s.%s: no values", where, name);
	if (row->required && row->fallback)
		fail_msg("%s.%s: required, with a default", where, name);
	if (row->fallback) {
		AUTO_ARENA a = ARENA_INIT;
		struct value v;

		if (json_parse(&a, str_of(row->fallback), JSON_STRICT, 64, &v, NULL))
			fail_msg("%s.%s: the default is no JSON", where, name);
	}
	if (row->object)
		check_table(row->object, name);
	if (row->items)
		check_row(row->items, name);
	if (row->values)
		check_row(row->values, name);
}

static void check_table(const struct table *t, const char *where)
{
	const struct field *row;

	for (size_t i = 0; (row = table_row(t, i)); i++) {
		check_row(row, where);
		/* No name twice, also not over bases. */
		if (table_field(t, str_of(row->name)) != row)
			fail_msg("%s.%s is there twice", where, row->name);
	}
	for (const struct table *part = t; part; part = part->base) {
		for (size_t i = 0; i < part->rule_count; i++) {
			const struct rule *r = &part->rules[i];

			for (size_t j = 0; r->names[j]; j++) {
				if (!table_field(t, str_of(r->names[j])))
					fail_msg("%s: a rule names %s", where, r->names[j]);
			}
			if (r->when && !table_field(t, str_of(r->when)))
				fail_msg("%s: a rule asks for %s", where, r->when);
		}
	}
}

static void test_tables(void **state)
{
	(void)state;
	for (int k = KIND_OTHER + 1; k < KIND_COUNT; k++) {
		const struct kind_info *info = kind_info((enum kind)k);

		if (!info)
			continue;
		assert_int_equal(info->kind, k);
		assert_true(info->column_count > 0 && info->condition_count > 0);
		assert_int_equal(kind_of(STR(ARK_API_VERSION), str_of(info->name)), k);
		assert_int_equal(kind_by_word(str_of(info->plural)), k);
		assert_int_equal(kind_by_word(str_of(info->short_name)), k);
		check_table(info->spec, info->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agent_defaults),
		cmocka_unit_test(test_agent_full),
		cmocka_unit_test(test_team_pipeline),
		cmocka_unit_test(test_team_other_modes),
		cmocka_unit_test(test_team_refuses_loose_links),
		cmocka_unit_test(test_snapshot),
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_notify_shapes),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_registry_memory_secret),
		cmocka_unit_test(test_lenient),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
