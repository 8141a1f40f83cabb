#include "world.h"

#include <string.h>

#include "base/json.h"
#include "lang/zone.h"

#define ROLES                                                                                  \
	"\"roles\":[{\"name\":\"a\",\"arkAgent\":\"x\"},{\"name\":\"b\",\"arkAgent\":\"x\"},"  \
	"{\"name\":\"c\",\"arkAgent\":\"x\"},{\"name\":\"d\",\"arkAgent\":\"x\"}],"
#define STEP(name, more) "{\"role\":\"" name "\",\"inputs\":{\"prompt\":\"p\"}" more "}"
#define AFTER(names) ",\"dependsOn\":[" names "]"

static const struct {
	const char *name, *spec, *output;
	size_t steps;
} teams[TEAMS] = {
	{"chain",
	 "{" ROLES "\"timeoutSeconds\":900,\"pipeline\":[" STEP("a", "") "," STEP(
		 "b", AFTER("\"a\"")) "," STEP("c", AFTER("\"b\"")) "],\"output\":\"{{.steps.a."
								    "output}}{{.steps.b.output}"
								    "}{{.steps.c.output}}\"}",
	 "abc", 3},
	{"diamond",
	 "{" ROLES "\"maxTokens\":1000,\"pipeline\":[" STEP("a", "") "," STEP(
		 "b",
		 AFTER("\"a\"")) "," STEP("c",
					  AFTER("\"a\"")) "," STEP("d",
								   AFTER("\"b\",\"c\"")) "]}",
	 "d", 4},
	{"at-once",
	 "{" ROLES "\"pipeline\":[" STEP("a", "") "," STEP("b", "") "," STEP("c", "") "," STEP(
		 "d", "") "],\"output\":\"{{.steps.a.output}}{{.steps.b.output}}{{.steps.c."
			  "output}}{{.steps.d.output}}\"}",
	 "abcd", 4},
	{"one", "{" ROLES "\"pipeline\":[" STEP("a", "") "]}", "a", 1},
};

static struct arena arena;
static struct object team[TEAMS], agent;
static struct zones *zones;
static struct {
	struct str key;
	struct plan *plan;
} plans[TEAMS];
static size_t plan_count;

static struct object object_of(const char *kind, const char *name, const char *spec)
{
	struct value *v = ARENA_NEW(&arena, struct value);
	struct object o;
	struct why why;
	struct str text =
		arena_printf(&arena,
			     "{\"apiVersion\":\"arkonis.dev/"
			     "v1alpha1\",\"kind\":\"%s\",\"metadata\":{\"name\":"
			     "\"%s\",\"namespace\":\"n\",\"generation\":1},\"spec\":%s}",
			     kind, name, spec);

	if (json_parse(&arena, text, JSON_STRICT, JSON_MAX_DEPTH, v, &why) ||
	    object_load(v, &o, &why))
		BROKEN("an object of the histories");
	return o;
}

void world_init(void)
{
	zones = zones_new(NULL);
	agent = object_of("ArkAgent", "x", "{\"model\":\"mock\",\"systemPrompt\":\"x\"}");
	for (size_t i = 0; i < TEAMS; i++)
		team[i] = object_of("ArkTeam", teams[i].name, teams[i].spec);
}

void world_release(void)
{
	for (size_t i = 0; i < plan_count; i++)
		plan_free(plans[i].plan);
	zones_free(zones);
	arena_release(&arena);
}

const char *world_team(size_t i)
{
	return teams[i].name;
}

size_t world_steps(size_t i)
{
	return teams[i].steps;
}

const char *world_output(size_t i)
{
	return teams[i].output;
}

static const struct object *find(void *arg, enum kind kind, struct str namespace,
				 struct str name)
{
	(void)arg;
	(void)namespace;
	for (size_t i = 0; kind == KIND_TEAM && i < TEAMS; i++)
		if (str_is(name, teams[i].name))
			return &team[i];
	return kind == KIND_AGENT ? &agent : NULL;
}

static struct str fault(void *arg, const struct object *o)
{
	(void)arg;
	(void)o;
	return STR("");
}

/* Now and then no worker does: then steps have a timer. */
static bool lives(void *arg, struct str namespace, struct str agent_name)
{
	const struct store *s = arg;

	(void)namespace;
	(void)agent_name;
	return s->ids % 2;
}

static bool text(void *arg, struct str key, struct str *ret)
{
	struct store *s = arg;
	const struct store_pair *p = store_find(&s->texts, key);

	*ret = p ? p->value : STR("");
	return true;
}

/* Compiled once for all histories: a plan is a pure function of its text. */
static const struct plan *plan_of(void *arg, struct str json, struct why *why)
{
	(void)arg;
	for (size_t i = 0; i < plan_count; i++)
		if (str_eq(plans[i].key, json))
			return plans[i].plan;
	PROMISE(plan_count < TEAMS);
	if (plan_new(json, &limits_default, &plans[plan_count].plan, why))
		return NULL;
	plans[plan_count].key = arena_str(&arena, json);
	return plans[plan_count++].plan;
}

static bool plan(void *arg, struct str key, const struct plan **ret, struct why *why)
{
	struct store *s = arg;
	const struct store_pair *p = store_find(&s->texts, key);

	*ret = p ? plan_of(arg, p->value, why) : NULL;
	if (!p)
		why_write(why, "the plan of the run is gone");
	return true;
}

struct world world_of(struct store *s, const struct limits *limits, bool full)
{
	return (struct world){
		.limits = limits,
		.zones = zones,
		.full = full,
		.object = find,
		.fault = fault,
		.lives = lives,
		.text = text,
		.plan = plan,
		.plan_of = plan_of,
		.arg = s,
	};
}
