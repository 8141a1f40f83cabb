/* Any JSON as a resource of any kind: checking and loading never fails in another way than by
 * words, the views of what was found sound hold what their headers promise, and what the suite
 * makes of it is sound again. */
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "kinds/agent.h"
#include "kinds/budget.h"
#include "kinds/event.h"
#include "kinds/generate.h"
#include "kinds/manifest.h"
#include "kinds/memory.h"
#include "kinds/notify.h"
#include "kinds/registry.h"
#include "kinds/run.h"
#include "kinds/run_input.h"
#include "kinds/secret.h"
#include "kinds/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void load_team(struct arena *a, const struct object *o)
{
	struct run_input in;
	struct team t;
	struct why why;

	if (team_load(a, o->spec, &t, &why))
		return;
	for (size_t i = 0; i < t.step_count; i++) {
		for (size_t j = 0; j < t.steps[i].depends_on_count; j++)
			PROMISE(t.steps[i].depends_on[j].at < t.step_count);
		PROMISE(t.steps[i].role < t.role_count || t.steps[i].lookup.present);
	}
	for (size_t i = 0; i < t.role_count; i++) {
		for (size_t j = 0; j < t.roles[i].can_delegate_count; j++)
			PROMISE(t.roles[i].can_delegate[j].at < t.role_count);
	}
	PROMISE(t.mode != TEAM_DYNAMIC || t.entry < t.role_count);
	if (run_input_resolve(a, t.inputs, t.input_count, t.input, &in, &why) == FAIL_NONE)
		PROMISE(value_count(&in.given) <= value_count(&in.typed));
}

/* A sound team gives sound agents and a snapshot that reads back. */
static void derive(struct arena *a, const struct object *o)
{
	struct value snapshot = team_snapshot(a, o->name, o->generation, o->spec), run;
	struct value_builder b;
	struct run_spec r;
	struct why why;
	const struct object *agents;
	size_t n;

	agents = generate_agents(a, o, &n);
	for (size_t i = 0; i < n; i++) {
		struct agent agent;

		PROMISE(agents[i].name.len <= 63);
		PROMISE(agent_load(a, agents[i].spec, &agent, &why) == FAIL_NONE);
	}
	value_map_begin(&b, a);
	value_map_add(&b, STR("teamRef"), value_str(STR("t")));
	for (size_t i = 0; i < snapshot.map.count; i++)
		value_map_add(&b, snapshot.map.entries[i].key, snapshot.map.entries[i].value);
	run = value_map_done(&b);
	PROMISE(run_spec_load(a, &run, &r, &why) == FAIL_NONE);
}

static enum fail load(struct arena *a, const struct object *o, struct why *why)
{
	struct agent agent;
	struct team team;
	struct run_spec run;
	struct event event;
	struct budget budget;
	struct notify notify;
	struct registry registry;
	struct ark_settings settings;
	struct memory memory;
	struct ark_secret secret;

	switch (o->kind) {
	case KIND_AGENT: return agent_load(a, o->spec, &agent, why);
	case KIND_TEAM: return team_load(a, o->spec, &team, why);
	case KIND_RUN: return run_spec_load(a, o->spec, &run, why);
	case KIND_EVENT: return event_load(a, o->spec, &event, why);
	case KIND_BUDGET: return budget_load(a, o->spec, &budget, why);
	case KIND_NOTIFY: return notify_load(a, o->spec, &notify, why);
	case KIND_REGISTRY: return registry_load(a, o->spec, &registry, why);
	case KIND_SETTINGS: return ark_settings_load(a, o->spec, &settings, why);
	case KIND_MEMORY: return memory_load(a, o->spec, &memory, why);
	case KIND_SECRET: return ark_secret_load(a, o->spec, &secret, why);
	case KIND_OTHER:
	case KIND_CONFIG_MAP:
	case KIND_SERVICE:
	case KIND_DEPLOYMENT:
	case KIND_NETWORK_POLICY:
	case KIND_DISRUPTION_BUDGET:
	case KIND_SERVICE_ACCOUNT:
	case KIND_ROLE_BINDING:
	case KIND_SCALED_OBJECT:
	case KIND_TRIGGER_AUTHENTICATION:
	case KIND_PLAIN_SECRET: break;
	}
	return FAIL_NONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct check_world nothing;
	AUTO_ARENA a = ARENA_INIT;
	struct document doc = {.file = STR("f")};
	struct manifest_findings found = {0};
	struct manifest m;
	struct why why;

	if (json_parse(&a, str_n((const char *)data, size), JSON_LENIENT, JSON_MAX_DEPTH,
		       &doc.value, &why))
		return 0;
	manifest_load(&a, &doc, 1, &m, &found);
	manifest_check(&a, &m, &nothing, &found);
	for (size_t i = 0; i < m.count; i++) {
		const struct object *o = &m.objects[i];
		struct findings own = FINDINGS(&a);

		check_object(&own, o, NULL);
		PROMISE(own.count <= FINDINGS_MAX);
		why.text[0] = '\0';
		if (load(&a, o, &why))
			/* What the checks pass, the views take. */
			PROMISE(own.errors > 0 && strlen(why.text) > 0);
		if (o->kind == KIND_TEAM) {
			load_team(&a, o);
			if (own.errors == 0)
				derive(&a, o);
		}
	}
	return 0;
}
