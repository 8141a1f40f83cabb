/* What an agent needs in a cluster (SPEC 20). */
#include "tests/unit/workers/world.h"
#include "reconciler/children.h"

#define AGENT(spec) ARK("ArkAgent", "writer", spec)
#define PLAIN "\"model\":\"m\",\"systemPrompt\":\"p\""

struct setup {
	struct world w;
	struct child_world child;
	struct agent agent;
	struct children children;
	struct why why;
};

static const struct object *service(void *arg, struct str namespace, struct str name)
{
	struct world *w = arg;

	for (size_t i = 0; i < w->count; i++)
		if (str_is(w->objects[i].kind_text, "Service") &&
		    str_eq(w->objects[i].namespace, namespace) &&
		    str_eq(w->objects[i].name, name))
			return &w->objects[i];
	return NULL;
}

static enum fail make(struct setup *s, const char *agent)
{
	static const struct str deny[] = {STR_INIT("169.254.0.0/16"), STR_INIT("fe80::/10")};

	add(&s->w, agent);
	s->child = (struct child_world){
		.variables = {.object = find,
			      .each = each,
			      .open = open_secret,
			      .arg = &s->w,
			      .pod = true},
		.service = service,
		.service_arg = &s->w,
		.image = STR("ark-agent:1"),
		.pull_policy = STR("IfNotPresent"),
		.service_account = STR("ark-agent"),
		.redis_url = STR("redis://worker:pass@redis.ark:6379/2"),
		.deny_cidrs = deny,
		.deny_cidr_count = 2,
		.has_keda = true,
		.desired_replicas = -1,
	};
	must(agent_load(&s->w.arena, s->w.objects[s->w.count - 1].spec, &s->agent, &s->why),
	     &s->why);
	return children_of_agent(&s->w.arena, &s->w.objects[s->w.count - 1], &s->agent,
				 &s->child, &s->children, &s->why);
}

/* Once more, with what the test has changed of s->child. */
static void make_again(struct setup *s)
{
	must(children_of_agent(&s->w.arena, &s->w.objects[s->w.count - 1], &s->agent, &s->child,
			       &s->children, &s->why),
	     &s->why);
}

static bool has_child(const struct setup *s, enum child_kind kind)
{
	for (size_t i = 0; i < s->children.count; i++)
		if (s->children.items[i].kind == kind)
			return true;
	return false;
}

static const struct child *child(const struct setup *s, enum child_kind kind)
{
	size_t i = 0;

	while (i + 1 < s->children.count && s->children.items[i].kind != kind)
		i++;
	assert_int_equal(s->children.items[i].kind, kind);
	return &s->children.items[i];
}

/* The value at a path of the document; nil when there is no document. */
static const struct value *at(struct setup *s, enum child_kind kind, const char *path)
{
	const struct child *c = child(s, kind);
	struct value *v = ARENA_NEW(&s->w.arena, struct value);
	struct str rest = str_of(path), step;
	const struct value *p = v;
	int64_t index;

	*v = value_nil;
	if (c->body.len)
		must(json_parse(&s->w.arena, c->body, JSON_STRICT, JSON_MAX_DEPTH, v, &s->why),
		     &s->why);
	while (p && str_next(&rest, ' ', &step))
		p = str_to_i64(step, &index) ? value_at(p, (size_t)index) : value_get(p, step);
	return p ? p : &value_nil;
}

#define assert_at(s, kind, path, want)                                                         \
	assert_str(json_text(&(s)->w.arena, at((s), (kind), (path))), (want))

static struct str variable_in(struct setup *s, const char *name)
{
	const struct value *env =
		at(s, CHILD_DEPLOYMENT, "spec template spec containers 0 env");

	for (size_t i = 0; i < value_count(env); i++)
		if (str_is(value_text(value_get(value_at(env, i), STR("name"))), name))
			return json_text(&s->w.arena, value_at(env, i));
	return STR("(not set)");
}

#define POD "spec template spec "
#define CONTAINER POD "containers 0 "

/* --- tests ----------------------------------------------------------------------------------------- */

static void test_deployment(void **state)
{
	struct setup s = {.w = {.count = 0}};

	(void)state;
	must(make(&s, AGENT("{" PLAIN ",\"replicas\":3,\"limits\":{\"timeoutSeconds\":600}}")),
	     &s.why);
	assert_str(child(&s, CHILD_DEPLOYMENT)->name, "writer-agent");
	assert_at(&s, CHILD_DEPLOYMENT, "spec replicas", "3");
	assert_at(&s, CHILD_DEPLOYMENT, "spec selector",
		  "{\"matchLabels\":{\"arkonis.dev/deployment\":\"writer\"}}");
	assert_at(&s, CHILD_DEPLOYMENT, "metadata labels app.kubernetes.io/managed-by",
		  "\"ark\"");
	assert_at(&s, CHILD_DEPLOYMENT, "metadata ownerReferences 0 controller", "true");
	assert_at(&s, CHILD_DEPLOYMENT, "spec strategy rollingUpdate maxUnavailable", "0");
	assert_at(&s, CHILD_DEPLOYMENT, POD "terminationGracePeriodSeconds", "630");
	assert_at(&s, CHILD_DEPLOYMENT, POD "automountServiceAccountToken", "false");
	assert_at(&s, CHILD_DEPLOYMENT, POD "securityContext runAsNonRoot", "true");
	assert_at(&s, CHILD_DEPLOYMENT, CONTAINER "securityContext capabilities",
		  "{\"drop\":[\"ALL\"]}");
	assert_at(&s, CHILD_DEPLOYMENT, CONTAINER "resources",
		  "{\"requests\":{\"cpu\":\"100m\",\"memory\":\"128Mi\"},\"limits\":{\"cpu\":"
		  "\"500m\",\"memory\":\"512Mi\",\"ephemeral-storage\":\"512Mi\"}}");
	assert_at(&s, CHILD_DEPLOYMENT, CONTAINER "envFrom",
		  "[{\"secretRef\":{\"name\":\"ark-api-keys\",\"optional\":true}}]");
	assert_at(&s, CHILD_DISRUPTION_BUDGET, "spec maxUnavailable", "1");
	arena_release(&s.w.arena);
}

/* Secrets go by reference, a "$" stays one, and the prompt is a file. */
static void test_variables(void **state)
{
	struct setup s = {.w = {.count = 0}};

	(void)state;
	must(make(&s, AGENT("{\"model\":\"m$(HOME)\",\"systemPrompt\":\"p\"}")), &s.why);
	assert_str(variable_in(&s, "AGENT_MODEL"),
		   "{\"name\":\"AGENT_MODEL\",\"value\":\"m$$(HOME)\"}");
	assert_str(variable_in(&s, "TASK_QUEUE_URL"),
		   "{\"name\":\"TASK_QUEUE_URL\",\"valueFrom\":{\"secretKeyRef\":{\"name\":"
		   "\"writer-agent-config\",\"key\":\"TASK_QUEUE_URL\"}}}");
	assert_str(variable_in(&s, "AGENT_SYSTEM_PROMPT"), "(not set)");
	assert_str(
		variable_in(&s, "AGENT_SYSTEM_PROMPT_FILE"),
		"{\"name\":\"AGENT_SYSTEM_PROMPT_FILE\",\"value\":\"/etc/ark/system-prompt\"}");
	assert_true(str_starts(value_text(at(&s, CHILD_CONFIG, "data system-prompt")),
			       STR("cAoK"))); /* "p\n\n" */
	assert_true(str_find(child(&s, CHILD_DEPLOYMENT)->body, STR("pass"), 0) == STR_NONE);
	arena_release(&s.w.arena);
}

static void test_resources_are_completed(void **state)
{
	struct setup s = {.w = {.count = 0}};

	(void)state;
	must(make(&s, AGENT("{" PLAIN ",\"resources\":{\"limits\":{\"cpu\":2}}}")), &s.why);
	assert_at(&s, CHILD_DEPLOYMENT, CONTAINER "resources",
		  "{\"limits\":{\"cpu\":2,\"ephemeral-storage\":\"512Mi\"}}");
	arena_release(&s.w.arena);
}

/* SPEC 6.10: what a pod runs with rolls it, nothing else does. */
static void test_what_rolls_the_pods(void **state)
{
	static const char *const same[] = {
		AGENT("{" PLAIN ",\"replicas\":2}"),
		AGENT("{" PLAIN ",\"capabilities\":[{\"id\":\"x\"}]}"),
		AGENT("{" PLAIN ",\"budgetRef\":{\"name\":\"b\"}}"),
	};
	static const char *const other[] = {
		AGENT("{\"model\":\"n\",\"systemPrompt\":\"p\"}"),
		AGENT("{\"model\":\"m\",\"systemPrompt\":\"q\"}"),
		AGENT("{" PLAIN ",\"limits\":{\"maxRetries\":1}}"),
	};
	struct setup first = {.w = {.count = 0}};
	struct str want;

	(void)state;
	must(make(&first, AGENT("{" PLAIN "}")), &first.why);
	want = json_text(&first.w.arena, at(&first, CHILD_DEPLOYMENT, "spec template"));
	for (size_t i = 0; i < COUNT(same) + COUNT(other); i++) {
		struct setup s = {.w = {.count = 0}};
		bool is_same = i < COUNT(same);

		must(make(&s, is_same ? same[i] : other[i - COUNT(same)]), &s.why);
		assert_int_equal(str_eq(want, json_text(&s.w.arena, at(&s, CHILD_DEPLOYMENT,
								       "spec template"))),
				 is_same);
		arena_release(&s.w.arena);
	}
	arena_release(&first.w.arena);
}

/* A secret's new value changes no field of the pod: its annotation must. */
static void test_a_secret_rolls_the_pods(void **state)
{
	static const char *const values[] = {"{\"K\":\"sealed:one\"}",
					     "{\"K\":\"sealed:two\"}"};
	struct str versions[2];
	struct setup s[2] = {{.w = {.count = 0}}, {.w = {.count = 0}}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		AUTO_BUF secret = BUF(4096);

		buf_addf(&secret,
			 "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":"
			 "\"s\"},\"sealed\":%s}",
			 values[i]);
		add(&s[i].w, buf_cstr(&secret));
		must(make(&s[i],
			  AGENT("{" PLAIN ",\"apiKeyRef\":{\"name\":\"s\",\"key\":\"K\"}}")),
		     &s[i].why);
		versions[i] = value_text(at(&s[i], CHILD_DEPLOYMENT,
					    "spec template metadata annotations "
					    "arkonis.dev/api-key-version"));
		assert_int_equal(versions[i].len, 64);
		assert_str(variable_in(&s[i], "K"),
			   "{\"name\":\"K\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"s\","
			   "\"key\":\"K\"}}}");
	}
	assert_false(str_eq(versions[0], versions[1]));
	arena_release(&s[0].w.arena);
	arena_release(&s[1].w.arena);
}

static void test_scaling(void **state)
{
	struct setup s = {.w = {.count = 0}};

	(void)state;
	must(make(&s, AGENT("{" PLAIN ",\"autoscaling\":{\"minReplicas\":0}}")), &s.why);
	assert_at(&s, CHILD_DEPLOYMENT, "spec replicas", "null");
	assert_at(&s, CHILD_SCALED_OBJECT, "spec triggers 0",
		  "{\"type\":\"redis-streams\",\"metadata\":{\"address\":\"redis.ark:6379\","
		  "\"stream\":\"ark:{0}:tasks:default.writer\",\"consumerGroup\":\"agents\","
		  "\"lagCount\":\"5\",\"activationLagCount\":\"0\",\"databaseIndex\":\"2\"},"
		  "\"authenticationRef\":{\"name\":\"writer\"}}");
	assert_at(&s, CHILD_SCALED_OBJECT, "metadata annotations", "null");
	assert_at(&s, CHILD_TRIGGER_AUTHENTICATION, "spec secretTargetRef 1 key",
		  "\"redis-user\"");
	assert_at(&s, CHILD_CONFIG, "data redis-password", "\"cGFzcw==\"");

	s.child.at_zero = true;
	make_again(&s);
	assert_at(&s, CHILD_SCALED_OBJECT, "metadata annotations",
		  "{\"autoscaling.keda.sh/paused-replicas\":\"0\"}");

	/* SPEC 20.10: without KEDA the agent runs with its replicas. */
	s.child.has_keda = s.child.at_zero = false;
	make_again(&s);
	assert_at(&s, CHILD_DEPLOYMENT, "spec replicas", "1");
	assert_false(has_child(&s, CHILD_SCALED_OBJECT));
	arena_release(&s.w.arena);
}

/* What is not wanted is said, too: it may be there from before. */
static void test_what_must_not_be_there(void **state)
{
	struct setup s = {.w = {.count = 0}};

	(void)state;
	must(make(&s, AGENT("{" PLAIN ",\"networkPolicy\":\"disabled\"}")), &s.why);
	assert_int_equal(child(&s, CHILD_NETWORK_POLICY)->body.len, 0);
	assert_str(child(&s, CHILD_NETWORK_POLICY)->name, "writer-netpol");
	assert_int_equal(child(&s, CHILD_DISRUPTION_BUDGET)->body.len, 0);
	assert_int_equal(child(&s, CHILD_SCALED_OBJECT)->body.len, 0);
	arena_release(&s.w.arena);
}

static void test_open_network(void **state)
{
	struct setup s = {.w = {.count = 0}};

	(void)state;
	must(make(&s, AGENT("{" PLAIN "}")), &s.why);
	assert_at(&s, CHILD_NETWORK_POLICY, "spec ingress",
		  "[{\"ports\":[{\"protocol\":\"TCP\",\"port\":8080}]}]");
	assert_at(&s, CHILD_NETWORK_POLICY, "spec egress 1 to",
		  "[{\"ipBlock\":{\"cidr\":\"0.0.0.0/0\",\"except\":[\"169.254.0.0/16\"]}},"
		  "{\"ipBlock\":{\"cidr\":\"::/0\",\"except\":[\"fe80::/10\"]}},"
		  "{\"namespaceSelector\":{}}]");
	arena_release(&s.w.arena);
}

/* SPEC 20.13 */
static void test_strict_network(void **state)
{
	struct setup s = {.w = {.count = 0}};
	struct str egress;

	(void)state;
	add(&s.w,
	    "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"redis\","
	    "\"namespace\":\"ark\"},\"spec\":{\"clusterIP\":\"10.1.2.3\",\"selector\":{"
	    "\"app\":\"redis\"},\"ports\":[{\"port\":6379,\"targetPort\":\"redis\"}]}}");
	must(make(&s, AGENT("{" PLAIN ",\"networkPolicy\":\"strict\",\"externalProviderAddr\":"
			    "\"10.9.9.9:8000\",\"tools\":[{\"name\":\"t\",\"url\":"
			    "\"https://api.example.com/x\"}]}")),
	     &s.why);
	assert_at(&s, CHILD_NETWORK_POLICY, "spec egress 1",
		  "{\"to\":[{\"namespaceSelector\":{\"matchLabels\":{\"kubernetes.io/"
		  "metadata.name\":\"ark\"}},\"podSelector\":{\"matchLabels\":{\"app\":"
		  "\"redis\"}}}],\"ports\":[{\"protocol\":\"TCP\",\"port\":\"redis\"}]}");
	assert_at(&s, CHILD_NETWORK_POLICY, "spec egress 2",
		  "{\"to\":[{\"ipBlock\":{\"cidr\":\"10.1.2.3/32\"}}],\"ports\":[{"
		  "\"protocol\":\"TCP\",\"port\":6379}]}");
	egress = json_text(&s.w.arena, at(&s, CHILD_NETWORK_POLICY, "spec egress"));
	assert_true(str_find(egress,
			     STR("{\"cidr\":\"10.9.9.9/32\"}}],\"ports\":[{\"protocol\":"
				 "\"TCP\",\"port\":8000}]"),
			     0) != STR_NONE);
	assert_true(str_find(egress, STR("\"192.168.0.0/16\""), 0) != STR_NONE);
	assert_true(str_find(egress, STR("\"namespaceSelector\":{}"), 0) == STR_NONE);
	arena_release(&s.w.arena);
}

struct refused_case {
	const char *agent, *reason;
};

static void test_refused(void **state)
{
	static const struct refused_case cases[] = {
		{AGENT("{" PLAIN ",\"settingsRefs\":[{\"name\":\"no\"}]}"), "SettingsNotFound"},
		{AGENT("{\"model\":\"m\",\"systemPromptRef\":{\"configMapKeyRef\":{\"name\":"
		       "\"no\",\"key\":\"k\"}}}"),
		 "PromptResolutionError"},
		{AGENT("{" PLAIN ",\"apiKeyRef\":{\"arkSecret\":\"no\"}}"),
		 "APIKeyResolutionError"},
		{AGENT("{" PLAIN
		       ",\"mcpServers\":[{\"name\":\"s\",\"capabilityRef\":\"no\"}]}"),
		 "MCPResolutionError"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct setup s = {.w = {.count = 0}};

		assert_int_equal(make(&s, cases[i].agent), FAIL_INPUT);
		assert_string_equal(s.children.reason, cases[i].reason);
		arena_release(&s.w.arena);
	}
}

/* SPEC 1.8 */
static void test_long_names(void **state)
{
	struct setup s = {.w = {.count = 0}};
	const char *agent =
		ARK("ArkAgent", "a123456789a123456789a123456789a123456789a123456789a123456789",
		    "{" PLAIN "}");

	(void)state;
	must(make(&s, agent), &s.why);
	for (size_t i = 0; i < s.children.count; i++)
		assert_true(s.children.items[i].name.len <= 63);
	assert_false(str_eq(child(&s, CHILD_CONFIG)->name, child(&s, CHILD_DEPLOYMENT)->name));
	arena_release(&s.w.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deployment),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_resources_are_completed),
		cmocka_unit_test(test_what_rolls_the_pods),
		cmocka_unit_test(test_a_secret_rolls_the_pods),
		cmocka_unit_test(test_scaling),
		cmocka_unit_test(test_what_must_not_be_there),
		cmocka_unit_test(test_open_network),
		cmocka_unit_test(test_strict_network),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
