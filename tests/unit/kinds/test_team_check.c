/* SPEC 8.9, rule by rule. */
#include "support.h"

#include "kinds/check.h"

static struct str lines(struct arena *a, const struct findings *f)
{
	AUTO_BUF b = BUF(1 << 20);

	for (size_t i = 0; i < f->count; i++)
		buf_addf(&b, "%s %s %.*s: %.*s\n", severity_name(f->items[i].severity),
			 f->items[i].reason, STR_ARG(f->items[i].field),
			 STR_ARG(f->items[i].text));
	return arena_str(a, buf_str(&b));
}

struct world {
	struct object objects[16];
	size_t count;
};

static const struct object *find(void *context, enum kind kind, struct str namespace,
				 struct str name)
{
	const struct world *w = context;

	for (size_t i = 0; i < w->count; i++) {
		if (w->objects[i].kind == kind && str_eq(w->objects[i].name, name) &&
		    str_eq(w->objects[i].namespace, namespace))
			return &w->objects[i];
	}
	return NULL;
}

static void add(struct world *w, struct arena *a, const char *kind, const char *name,
		const char *spec)
{
	struct value *v = ARENA_NEW(a, struct value);

	*v = json(a, arena_printf(a,
				  "{'apiVersion':'arkonis.dev/"
				  "v1alpha1','kind':'%s','metadata':{'name':'%s'},'spec':%s}",
				  kind, name, spec)
			     .ptr);
	assert_int_equal(object_load(v, &w->objects[w->count++], NULL), FAIL_NONE);
}

static void expect_in(const struct check_world *world, const char *spec, const char *want)
{
	AUTO_ARENA a = ARENA_INIT;
	struct findings found = FINDINGS(&a);
	struct world one = {.count = 0};
	struct str have;

	add(&one, &a, "ArkTeam", "t", spec);
	check_object(&found, &one.objects[0], world);
	have = lines(&a, &found);
	if (!str_is(have, want))
		fail_msg("%s\nhas:\n%.*swants:\n%s", spec, STR_ARG(have), want);
}

static void expect(const char *spec, const char *want)
{
	expect_in(NULL, spec, want);
}

#define A "{'name':'a','arkAgent':'x'}"
#define B "{'name':'b','arkAgent':'x'}"
#define C "{'name':'c','arkAgent':'x'}"

static void test_sound(void **state)
{
	(void)state;
	expect("{'roles':[" A "]}", "");
	expect("{'roles':[" A "," B "],'entry':'b'}", "");
	expect("{'routing':{}}", "");
	expect("{'roles':[" A "," B "," C "],'pipeline':[{'role':'a'},{'role':'b','dependsOn':"
	       "['a']},{'role':'c','dependsOn':['a','b'],'inputs':{'x':'{{ .steps.a.output "
	       "}}{{ .steps.b.output }}'}}],'output':'{{ .steps.c.output }}'}",
	       "");
	/* an own name in a loop, a step reached over another */
	expect("{'roles':[" A "," B "," C "],'pipeline':[{'role':'c','dependsOn':['b'],"
	       "'loop':{'condition':'{{ .steps.c.output }}'},'if':'{{ .steps.a.output "
	       "}}'},{'role':'b','dependsOn':['a']},{'role':'a'}]}",
	       "");
}

static void test_roles(void **state)
{
	(void)state;
	expect("{}", "error InvalidSpec spec: needs exactly one of: roles, routing\n");
	expect("{'roles':[],'pipeline':[]}",
	       "error InvalidSpec spec: needs exactly one of: roles, routing\n");
	expect("{'roles':[" A "],'routing':{}}",
	       "error InvalidSpec spec.routing: not together with roles\n");
	expect("{'pipeline':[{'role':'a'}],'routing':{'maxHops':2}}",
	       "error InvalidSpec spec.routing.maxHops: must be 1\n"
	       "error InvalidSpec spec.pipeline: not together with routing\n");
	expect("{'roles':[" A ",{'name':'b'},{'name':'a','arkTeam':{'name':'u'}}]}",
	       "error InvalidSpec spec.roles[2].name: 'a' is there twice\n"
	       "error InvalidSpec spec.roles[1]: needs exactly one of: arkAgent, arkTeam, "
	       "model\n");
	expect("{'roles':[{'name':'a','model':'m'}]}",
	       "error InvalidSpec spec.roles[0]: needs systemPrompt or systemPromptRef\n");
	expect("{'roles':[{'name':'a','arkAgent':'x','systemPrompt':'p'}]}",
	       "warning InvalidSpec spec.roles[0].systemPrompt: has no effect: the role is "
	       "not an inline agent\n");
	/* systemPromptRef wins */
	expect("{'roles':[{'name':'a','model':'m','systemPrompt':'p','systemPromptRef':"
	       "{'configMapKeyRef':{'name':'c','key':'k'}}}]}",
	       "");
}

static void test_references(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct world w = {.count = 0};
	struct check_world world = {.find = find, .context = &w};

	(void)state;
	add(&w, &a, "ArkAgent", "x", "{'model':'m','systemPrompt':'p'}");
	add(&w, &a, "ArkAgent", "t-own", "{'model':'m','systemPrompt':'p'}");
	add(&w, &a, "ArkTeam", "u", "{'roles':[{'name':'r','arkTeam':'v'}]}");
	add(&w, &a, "ArkTeam", "v", "{'roles':[{'name':'r','arkTeam':{'name':'t'}}]}");
	expect_in(&world, "{'roles':[" A ",{'name':'b','arkAgent':{'name':'y'}}],'entry':'a'}",
		  "error RolesNotReady spec.roles[1].arkAgent: there is no ArkAgent 'y'\n");
	expect_in(&world, "{'roles':[{'name':'a','arkTeam':'w'}],'pipeline':[{'role':'a'}]}",
		  "error RolesNotReady spec.roles[0].arkTeam: there is no ArkTeam 'w'\n");
	expect_in(&world, "{'roles':[{'name':'own','model':'m','systemPrompt':'p'}]}",
		  "error RolesNotReady spec.roles[0]: ArkAgent 't-own' exists and is not this "
		  "team's\n");
	expect_in(&world, "{'roles':[{'name':'a','arkTeam':'u'}],'pipeline':[{'role':'a'}]}",
		  "error InvalidDAG spec.roles: cycle: t -> u -> v -> t\n");
	expect_in(&world, "{'roles':[{'name':'a','arkTeam':'t'}],'pipeline':[{'role':'a'}]}",
		  "error RolesNotReady spec.roles[0].arkTeam: there is no ArkTeam 't'\n"
		  "error InvalidDAG spec.roles: cycle: t -> t\n");
	/* what is inherited is the team's, not the role's */
	expect_in(&world,
		  "{'notifyRef':{'name':'n'},'registryRef':'default','roles':[{'name':'a','"
		  "model':'m','systemPrompt':'p','memoryRef':{'name':'mem'}}],'pipeline':[{'"
		  "role':'s','registryLookup':{'capability':'c','fallback':'f'}}]}",
		  "warning InvalidSpec spec.notifyRef: there is no ArkNotify 'n'\n"
		  "warning InvalidSpec spec.pipeline[0].registryLookup.fallback: there is no "
		  "ArkAgent 'f'\n"
		  "warning MemoryNotFound spec.roles[0].memoryRef: there is no ArkMemory "
		  "'mem'\n");
}

static void test_topology(void **state)
{
	(void)state;
	expect("{'roles':[" A "," B "]}", "error InvalidTopology spec.entry: is required: the "
					  "team has several roles and no pipeline\n");
	expect("{'roles':[" A "],'entry':'z'}",
	       "error InvalidTopology spec.entry: no role 'z'\n");
	expect("{'roles':[{'name':'a','arkAgent':'x','canDelegate':['a','q']}]}",
	       "error InvalidTopology spec.roles[0].canDelegate[0]: a role cannot delegate to "
	       "itself\n"
	       "error InvalidTopology spec.roles[0].canDelegate[1]: no role 'q'\n");
	expect("{'entry':'a','roles':[{'name':'a','arkAgent':'x','canDelegate':['b']},"
	       "{'name':'b','arkAgent':'x','canDelegate':['c']},{'name':'c','arkAgent':'x','"
	       "canDelegate':['b']}]}",
	       "error InvalidTopology spec.roles[1].canDelegate: cycle: b -> c -> b\n");
	expect("{'roles':[{'name':'a','arkTeam':'u'}]}",
	       "error InvalidTopology spec.roles[0].arkTeam: only a pipeline can run an "
	       "ArkTeam\n");
	expect("{'roles':[{'name':'a','arkAgent':'x','canDelegate':['b']},{'name':'b',"
	       "'arkTeam':'u'}],'pipeline':[{'role':'a'}]}",
	       "error InvalidTopology spec.roles[0].canDelegate[0]: role 'b' is an ArkTeam, "
	       "which only a pipeline can run\n");
}

static void test_dag(void **state)
{
	(void)state;
	expect("{'roles':[" A "],'pipeline':[{'role':'a'},{'role':'a'}]}",
	       "error InvalidDAG spec.pipeline[1].role: 'a' is there twice\n");
	expect("{'roles':[" A "],'pipeline':[{'role':'z'},{'role':'l','registryLookup':"
	       "{'capability':'c'}}]}",
	       "error InvalidDAG spec.pipeline[0].role: no role 'z'\n");
	expect("{'roles':[" A "],'pipeline':[{'role':'a','dependsOn':['z']}]}",
	       "error InvalidDAG spec.pipeline[0].dependsOn[0]: no step 'z'\n");
	expect("{'roles':[" A "],'pipeline':[{'role':'a','dependsOn':['a']}]}",
	       "error InvalidDAG spec.pipeline[0].dependsOn: cycle: a -> a\n");
	expect("{'roles':[" A "," B "," C "],'pipeline':[{'role':'c','dependsOn':['b']},"
	       "{'role':'a','dependsOn':['b']},{'role':'b','dependsOn':['a']}]}",
	       "error InvalidDAG spec.pipeline[1].dependsOn: cycle: a -> b -> a\n");
}

static void test_inputs(void **state)
{
	(void)state;
	expect("{'roles':[" A "],'inputs':[{'name':'n','type':'number','default':'7'},"
	       "{'name':'m','type':'number','default':'x'},{'name':'n'},{'name':'o','type':'"
	       "list'}]}",
	       "error InvalidSpec spec.inputs[2].name: 'n' is there twice\n"
	       "error InvalidSpec spec.inputs[3].type: must be one of: string, number, "
	       "boolean, object, array\n");
	expect("{'roles':[" A "],'inputs':[{'name':'n','type':'number','default':'7'},"
	       "{'name':'m','type':'number','default':'x'}]}",
	       "error InvalidSpec spec.inputs[1].default: expected number\n");
}

static void test_warnings(void **state)
{
	(void)state;
	expect("{'roles':[" A "," B "],'pipeline':[{'role':'a'},{'role':'b','inputs':{'k':"
	       "'{{ .steps.a.output }}'},'validate':{'semantic':'{{ .steps.q.output "
	       "}}'}}],'output':'{{ .steps.z.output }}'}",
	       "warning InvalidTemplate spec.pipeline[1].inputs.k: names step 'a', on which "
	       "step 'b' does not depend\n"
	       "warning InvalidTemplate spec.pipeline[1].validate.semantic: there is no step "
	       "'q'\n"
	       "warning InvalidTemplate spec.output: there is no step 'z'\n");
	expect("{'roles':[" A
	       "],'pipeline':[{'role':'a','inputs':{'a key':'{{ .steps.q }}'}}]}",
	       "warning InvalidTemplate spec.pipeline[0].inputs[\"a key\"]: there is no step "
	       "'q'\n");
	expect("{'routing':{'systemPrompt':'{{ .Input }}'}}",
	       "warning InvalidTemplate spec.routing.systemPrompt: .Input puts foreign text "
	       "among the router's rules; it is sent as the message anyway\n");
	expect("{'routing':{'systemPrompt':'{{ .Inputs }}'}}", "");
	expect("{'roles':[" A "],'pipeline':[{'role':'a','outputArtifacts':[{'name':'f'}]}]}",
	       "warning InvalidSpec spec.pipeline[0]: artifacts are ignored: the team has no "
	       "artifactStore\n");
	expect("{'roles':[" A "," B "],'artifactStore':{'type':'local'},'pipeline':[{'role':'a'"
	       "},{'role':'b','inputArtifacts':{'x':'a.f'}}]}",
	       "error InvalidDAG spec.pipeline[1].inputArtifacts.x: step 'b' does not depend "
	       "on a step 'a'\n");
}

/* ---- sizes ---- */

static struct str letters(struct arena *a, size_t n)
{
	char *c = arena_alloc(a, n + 1);

	memset(c, 'x', n);
	return str_n(c, n);
}

static void test_prompt_sizes(void **state)
{
	static const struct {
		size_t roles, bytes;
		const char *want;
	} cases[] = {
		{1, 50 << 10, ""},
		{1, (50 << 10) + 1,
		 "warning InlinePromptTooLarge spec.roles[0].systemPrompt: "},
		{1, (512 << 10) + 1,
		 "error InvalidSpec spec.roles[0].systemPrompt: longer than "},
		{17, 48 << 10, "error InvalidSpec spec.roles: team-prompt-bytes: "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		AUTO_BUF spec = BUF(2 << 20);
		struct findings found = FINDINGS(&a);
		struct world one = {.count = 0};
		struct str prompt = letters(&a, cases[i].bytes), have;

		buf_adds(&spec, "{'entry':'r0','roles':[");
		for (size_t r = 0; r < cases[i].roles; r++)
			buf_addf(&spec, "%s{'name':'r%zu','model':'m','systemPrompt':'%.*s'}",
				 r ? "," : "", r, STR_ARG(prompt));
		buf_adds(&spec, "]}");
		add(&one, &a, "ArkTeam", "t", buf_cstr(&spec));
		check_object(&found, &one.objects[0], NULL);
		have = lines(&a, &found);
		if (!str_starts(have, str_of(cases[i].want)) ||
		    (have.len > 0) != (cases[i].want[0] != '\0'))
			fail_msg("case %zu has:\n%.*s", i, STR_ARG(have));
	}
}

/* A pipeline of the largest size is checked quickly; one step more is refused. */
static void test_many_steps(void **state)
{
	(void)state;
	for (size_t n = 100; n <= 101; n++) {
		AUTO_ARENA a = ARENA_INIT;
		AUTO_BUF spec = BUF(2 << 20);
		struct findings found = FINDINGS(&a);
		struct world one = {.count = 0};

		buf_adds(&spec, "{'roles':[");
		for (size_t i = 0; i < 100; i++)
			buf_addf(&spec, "%s{'name':'r%zu','arkAgent':'x'}", i ? "," : "", i);
		buf_adds(&spec, "],'pipeline':[");
		for (size_t i = 0; i < n; i++) {
			buf_addf(&spec, "%s{'role':'r%zu','dependsOn':[", i ? "," : "", i);
			for (size_t j = i + 1; j < n && j <= i + 100; j++)
				buf_addf(&spec, "%s'r%zu'", j > i + 1 ? "," : "", j);
			buf_adds(&spec, "]}");
		}
		buf_adds(&spec, "]}");
		add(&one, &a, "ArkTeam", "t", buf_cstr(&spec));
		check_object(&found, &one.objects[0], NULL);
		assert_int_equal(found.errors, n - 100);
		if (n > 100) {
			assert_string_equal(found.items[0].reason, "InvalidDAG");
			assert_text(found.items[0].field, "spec.pipeline");
		}
	}
}

static void test_snapshot_size(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF spec = BUF(2 << 20);
	struct findings found = FINDINGS(&a);
	struct world one = {.count = 0};
	struct str text = letters(&a, 200 << 10);

	(void)state;
	buf_addf(&spec,
		 "{'roles':[" A "],'pipeline':[{'role':'a','inputs':{'x':'%.*s','y':'%.*s',"
		 "'z':'%.*s'}}]}",
		 STR_ARG(text), STR_ARG(text), STR_ARG(text));
	add(&one, &a, "ArkTeam", "t", buf_cstr(&spec));
	check_object(&found, &one.objects[0], NULL);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.items[0].reason, "InvalidSpec");
	assert_text(found.items[0].field, "spec");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),	   cmocka_unit_test(test_roles),
		cmocka_unit_test(test_references), cmocka_unit_test(test_topology),
		cmocka_unit_test(test_dag),	   cmocka_unit_test(test_inputs),
		cmocka_unit_test(test_warnings),   cmocka_unit_test(test_prompt_sizes),
		cmocka_unit_test(test_many_steps), cmocka_unit_test(test_snapshot_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
