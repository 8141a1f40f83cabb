#include "support.h"

#include "kinds/agent.h"
#include "kinds/generate.h"
#include "kinds/manifest.h"
#include "lang/yaml.h"

static struct manifest load(struct arena *a, const char *const *texts, size_t count,
			    struct manifest_findings *found)
{
	struct document *docs = ARENA_ARRAY(a, count, struct document);
	struct manifest m;

	for (size_t i = 0; i < count; i++)
		docs[i] = (struct document){arena_printf(a, "f%zu.yaml", i), json(a, texts[i])};
	manifest_load(a, docs, count, &m, found);
	return m;
}

#define ARK "'apiVersion':'arkonis.dev/v1alpha1'"

static void test_load(void **state)
{
	static const char *const texts[] = {
		"{" ARK ",'kind':'ArkAgent','metadata':{'name':'a'}}",
		"{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'d'}}",
		"{'apiVersion':'v1','kind':'List','items':[{'apiVersion':'v1','kind':'Secret','"
		"metadata':{'name':'s'},'data':{'k':'aGk='},'stringData':{'p':'plain'}},{'"
		"apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'a','namespace':'n'},'"
		"data':{'k':'v'}}]}",
		"{" ARK ",'kind':'ArkAgent','metadata':{'name':'a','namespace':'default'}}",
		"{" ARK ",'kind':'ArkAgent','metadata':{'name':'a','namespace':'other'}}",
		"{'apiVersion':'arkonis.dev/v1','kind':'ArkAgent','metadata':{'name':'v'}}",
		"{" ARK ",'kind':'ArkAgnt','metadata':{'name':'v'}}",
		"{" ARK ",'kind':'ArkTeam','metadata':{}}",
		"{'hello':'world'}",
		"[1]",
		"null",
	};
	static const char *const want[] = {
		"f5.yaml apiVersion: must be arkonis.dev/v1alpha1",
		"f6.yaml kind: there is no kind 'ArkAgnt'",
		"f7.yaml metadata: ",
		"f8.yaml metadata: ",
		"f9.yaml metadata: an object is needed, not array",
		"f3.yaml metadata.name: ArkAgent default/a is given twice, first at f0.yaml:1",
	};
	AUTO_ARENA a = ARENA_INIT;
	struct manifest_findings found = {0};
	struct manifest m = load(&a, texts, sizeof(texts) / sizeof(texts[0]), &found);
	const struct object *o;
	struct str text;

	(void)state;
	assert_int_equal(m.count, 4);
	assert_int_equal(found.count, sizeof(want) / sizeof(want[0]));
	assert_int_equal(found.errors, found.count);
	for (size_t i = 0; i < found.count; i++) {
		const struct manifest_finding *f = &found.items[i];
		struct str line =
			arena_printf(&a, "%.*s %.*s: %.*s", STR_ARG(f->file),
				     STR_ARG(f->finding.field), STR_ARG(f->finding.text));

		if (!str_starts(line, str_of(want[i])))
			fail_msg("%.*s is not %s", STR_ARG(line), want[i]);
	}
	o = manifest_find(&m, KIND_AGENT, STR("default"), STR("a"));
	assert_non_null(o);
	assert_text(o->file, "f0.yaml");
	assert_non_null(manifest_find(&m, KIND_AGENT, STR("other"), STR("a")));
	assert_null(manifest_find(&m, KIND_AGENT, STR("none"), STR("a")));
	assert_null(manifest_find(&m, KIND_TEAM, STR("default"), STR("a")));
	o = manifest_find(&m, KIND_PLAIN_SECRET, STR("default"), STR("s"));
	assert_true(object_data(&a, o, STR("k"), &text));
	assert_text(text, "hi");
	assert_true(object_data(&a, o, STR("p"), &text));
	assert_text(text, "plain");
	assert_false(object_data(&a, o, STR("q"), &text));
	o = manifest_find(&m, KIND_CONFIG_MAP, STR("n"), STR("a"));
	assert_true(object_data(&a, o, STR("k"), &text));
	assert_text(text, "v");
}

static const char *const team[] = {
	"{" ARK ",'kind':'ArkTeam','metadata':{'name':'crew','namespace':'ns','uid':'u1'},"
	"'spec':{'notifyRef':{'name':'n'},'registryRef':'reg','entry':'lead','roles':[{'name':'"
	"lead','model':'m','systemPrompt':'p','replicas':2,'canDelegate':['aide']},{'name':'"
	"aide','model':'m2','systemPrompt':'no','systemPromptRef':{'configMapKeyRef':{'name':'"
	"c','key':'k'}}},{'name':'friend','arkAgent':'x'}]}}",
	"{" ARK ",'kind':'ArkAgent','metadata':{'name':'x','namespace':'ns'},"
	"'spec':{'model':'m','systemPrompt':'p'}}",
};

/* SPEC 8.4, 8.12, 3.8 */
static void test_generate(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct manifest_findings found = {0};
	struct manifest m = load(&a, team, 1, &found);
	const struct object *agents;
	struct agent agent;
	size_t n;

	(void)state;
	agents = generate_agents(&a, &m.objects[0], &n);
	assert_int_equal(n, 2);
	assert_text(
		json_text(&a, agents[0].value),
		"{\"apiVersion\":\"arkonis.dev/"
		"v1alpha1\",\"kind\":\"ArkAgent\",\"metadata\":{\"name\":\"crew-lead\","
		"\"namespace\":\"ns\",\"labels\":{\"arkonis.dev/team\":\"crew\",\"arkonis.dev/"
		"role\":\"lead\"},\"annotations\":{\"arkonis.dev/"
		"team-role\":\"lead\",\"arkonis.dev/"
		"team-routes\":\"[\\\"aide\\\"]\"},\"ownerReferences\":[{\"apiVersion\":"
		"\"arkonis.dev/"
		"v1alpha1\",\"kind\":\"ArkTeam\",\"name\":\"crew\",\"uid\":\"u1\","
		"\"controller\":true,\"blockOwnerDeletion\":true}]},\"spec\":{\"model\":\"m\","
		"\"systemPrompt\":\"p\",\"replicas\":2,\"notifyRef\":{\"name\":\"n\"},"
		"\"registryRef\":{\"name\":\"reg\"}}}");
	assert_text(object_label(&agents[1], STR("arkonis.dev/role")), "aide");
	assert_int_equal(agent_load(&a, agents[1].spec, &agent, NULL), FAIL_NONE);
	assert_text(agent.system_prompt, "");
	assert_text(agent.prompt_config_map.name, "c");
	assert_text(agent.registry, "reg");
}

static void test_long_names(void **state)
{
	static const char *const texts[] = {
		"{" ARK ",'kind':'ArkTeam','metadata':{'name':"
		"'a-team-with-a-name-that-takes-all-of-the-sixty-three-bytes-ok'},'spec':{'"
		"roles':[{'name':'role','model':'m','systemPrompt':'p'}]}}",
	};
	AUTO_ARENA a = ARENA_INIT;
	struct manifest_findings found = {0};
	struct manifest m = load(&a, texts, 1, &found);
	size_t n;
	const struct object *agents = generate_agents(&a, &m.objects[0], &n);

	(void)state;
	assert_int_equal(n, 1);
	assert_int_equal(agents[0].name.len, 63);
	assert_true(str_starts(agents[0].name,
			       STR("a-team-with-a-name-that-takes-all-of-the-sixty-three-b-")));
}

/* SPEC 17.8: one per namespace with an agent, unless the user has one. */
static void test_expand(void **state)
{
	static const char *const more[] = {
		"{" ARK ",'kind':'ArkAgent','metadata':{'name':'y'}}",
		"{" ARK ",'kind':'ArkAgent','metadata':{'name':'z'}}",
		"{" ARK ",'kind':'ArkRegistry','metadata':{'name':'default'},'spec':{}}",
	};
	AUTO_ARENA a = ARENA_INIT;
	struct manifest_findings found = {0};
	struct manifest m = load(&a, team, 2, &found), all;
	const struct object *o;

	(void)state;
	manifest_expand(&a, &m, &all);
	assert_int_equal(all.count, 2 + 2 + 1);
	assert_non_null(manifest_find(&all, KIND_AGENT, STR("ns"), STR("crew-aide")));
	o = manifest_find(&all, KIND_REGISTRY, STR("ns"), STR("default"));
	assert_non_null(o);
	assert_text(object_annotation(o, STR("arkonis.dev/managed")), "true");
	m = load(&a, more, 3, &found);
	manifest_expand(&a, &m, &all);
	assert_int_equal(all.count, 3);
	m = load(&a, more, 2, &found);
	manifest_expand(&a, &m, &all);
	assert_int_equal(all.count, 3);
	m = load(&a, more, 0, &found);
	manifest_expand(&a, &m, &all);
	assert_int_equal(all.count, 0);
}

/* References are looked up among the objects and what follows from them. */
static void test_check(void **state)
{
	static const char *const texts[] = {
		"{" ARK ",'kind':'ArkTeam','metadata':{'name':'t'},'spec':{'roles':["
		"{'name':'a','model':'m','systemPrompt':'p','mcpServers':[{'name':'s','"
		"arkAgentRef':{'name':'t-a'}}]},{'name':'b','arkAgent':'gone'}],'entry':'a'}}",
		"{" ARK ",'kind':'ArkEvent','metadata':{'name':'e'},'spec':{'source':{'type':"
		"'webhook'},'targets':[{'agent':'t-a','prompt':'p'}]}}",
	};
	static const struct check_world world;
	AUTO_ARENA a = ARENA_INIT;
	struct manifest_findings found = {0};
	struct manifest m = load(&a, texts, 2, &found);

	(void)state;
	manifest_check(&a, &m, &world, &found);
	assert_int_equal(found.count, 1);
	assert_text(found.items[0].file, "f0.yaml");
	assert_text(found.items[0].finding.field, "spec.roles[1].arkAgent");
	assert_text(found.items[0].finding.text, "there is no ArkAgent 'gone'");
}

/* SPEC 21.28: findings of a YAML file say where. */
static void test_places_in_yaml(void **state)
{
	static const char text[] = "# a team\n"
				   "apiVersion: arkonis.dev/v1alpha1\n"
				   "kind: ArkTeam\n"
				   "metadata: {name: t}\n"
				   "spec:\n"
				   "  roles:\n"
				   "  - name: a\n"
				   "    arkAgent: gone\n"
				   "  pipeline:\n"
				   "  - role: a\n"
				   "    dependOn: [a]\n"
				   "    if: '{{ nope }}'\n"
				   "---\n"
				   "apiVersion: arkonis.dev/v1alpha1\n"
				   "kind: ArkBudget\n"
				   "metadata: {name: b}\n"
				   "spec: {limit: -1}\n";
	static const struct {
		const char *field;
		uint32_t line, column;
	} want[] = {
		{"spec.pipeline[0].dependOn", 11, 5},
		{"spec.roles[0].arkAgent", 8, 15},
		{"spec.pipeline[0].if", 12, 9},
		{"spec.limit", 17, 15},
	};
	static const struct check_world world;
	AUTO_ARENA a = ARENA_INIT;
	struct document docs[2];
	struct manifest_findings found = {0};
	struct yaml_document doc;
	struct manifest m;
	struct yaml y;
	size_t n = 0;

	(void)state;
	yaml_begin(&y, str_of(text));
	while (yaml_next(&y, &a, &doc)) {
		assert_int_equal(doc.fail, FAIL_NONE);
		assert_true(n < 2);
		docs[n++] = (struct document){STR("team.yaml"), doc.value};
	}
	manifest_load(&a, docs, n, &m, &found);
	manifest_check(&a, &m, &world, &found);
	assert_int_equal(found.count, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < found.count; i++) {
		assert_text(found.items[i].finding.field, want[i].field);
		assert_int_equal(found.items[i].finding.line, want[i].line);
		assert_int_equal(found.items[i].finding.column, want[i].column);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load),	   cmocka_unit_test(test_generate),
		cmocka_unit_test(test_long_names), cmocka_unit_test(test_expand),
		cmocka_unit_test(test_check),	   cmocka_unit_test(test_places_in_yaml),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
