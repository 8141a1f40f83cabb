#include "kinds/check_kind.h"

#include "base/json.h"
#include "kinds/budget.h"
#include "kinds/event.h"
#include "kinds/generate.h"
#include "kinds/memory.h"
#include "kinds/notify.h"
#include "kinds/run.h"
#include "kinds/run_input.h"
#include "kinds/secret.h"
#include "kinds/team.h"
#include "lang/cron.h"

/* ---- references ---- */

void check_ref(struct findings *f, const struct check_world *world, enum severity severity,
	       enum kind kind, struct str namespace, struct str name, const char *reason,
	       const struct value *where, const char *field, ...)
{
	AUTO_BUF path = BUF(512);
	va_list args;

	if (name.len == 0 || !world->find || world->find(world->context, kind, namespace, name))
		return;
	va_start(args, field);
	buf_vaddf(&path, field, args);
	va_end(args);
	findings_add(f, severity, buf_str(&path), where, reason, "there is no %s '%.*s'",
		     kind_name(kind), STR_ARG(name));
}

/* One key of a Secret or ConfigMap; what is optional may be missing. */
static void check_key(struct findings *f, const struct check_world *world, enum kind kind,
		      const struct object *o, const struct key_ref *ref, const char *reason,
		      const char *field)
{
	if (!ref->optional)
		check_ref(f, world, SEVERITY_WARNING, kind, o->namespace, ref->name, reason,
			  o->spec, "%s", field);
}

/* ---- ArkTeam ---- */

static void check_roles(struct findings *f, const struct object *o, const struct team *team,
			const struct check_world *world)
{
	AUTO_ARENA scratch = ARENA_INIT;
	size_t count, at = 0;
	const struct object *agents = generate_agents(&scratch, o, &count);

	for (size_t i = 0; i < team->role_count && at < count; i++) {
		AUTO_BUF path = BUF(64);

		if (team->roles[i].kind != ROLE_INLINE)
			continue;
		buf_addf(&path, "spec.roles[%zu]", i);
		check_agent_refs(f, world, o->namespace, agents[at++].spec, buf_cstr(&path));
	}
}

/* SPEC 11.16: a fallback is a role, else an agent. */
static void check_lookups(struct findings *f, const struct object *o, const struct team *team,
			  const struct check_world *world)
{
	for (size_t i = 0; i < team->step_count; i++) {
		const struct step_lookup *l = &team->steps[i].lookup;
		const struct value *at = team->steps[i].source;

		if (l->fallback.len && team_role(team, l->fallback) == TEAM_NONE)
			check_ref(f, world, SEVERITY_WARNING, KIND_AGENT, o->namespace,
				  l->fallback, "InvalidSpec", at,
				  "spec.pipeline[%zu].registryLookup.fallback", i);
		if (!str_is(l->registry, "default"))
			check_ref(f, world, SEVERITY_WARNING, KIND_REGISTRY, o->namespace,
				  l->registry, "InvalidSpec", at,
				  "spec.pipeline[%zu].registryLookup.registryRef", i);
	}
}

static void check_team(struct findings *f, const struct object *o,
		       const struct check_world *world)
{
	AUTO_ARENA scratch = ARENA_INIT;
	struct team team;

	if (team_load(&scratch, o->spec, &team, NULL))
		return;
	check_ref(f, world, SEVERITY_WARNING, KIND_NOTIFY, o->namespace, team.notify,
		  "InvalidSpec", value_get(o->spec, STR("notifyRef")), "spec.notifyRef");
	check_ref(f, world, SEVERITY_WARNING, KIND_BUDGET, o->namespace, team.budget,
		  "InvalidSpec", value_get(o->spec, STR("budgetRef")), "spec.budgetRef");
	if (!str_is(team.registry, "default")) /* that one is made where it is missing */
		check_ref(f, world, SEVERITY_WARNING, KIND_REGISTRY, o->namespace,
			  team.registry, "InvalidSpec", value_get(o->spec, STR("registryRef")),
			  "spec.registryRef");
	check_ref(f, world, SEVERITY_WARNING, KIND_PLAIN_SECRET, o->namespace,
		  team.artifacts.credentials, "InvalidSpec",
		  value_get(o->spec, STR("artifactStore")), "spec.artifactStore");
	check_ref(f, world, SEVERITY_WARNING, KIND_AGENT, o->namespace, team.routing.fallback,
		  "InvalidSpec", value_get(o->spec, STR("routing")), "spec.routing.fallback");
	check_lookups(f, o, &team, world);
	check_roles(f, o, &team, world);
}

/* ---- ArkRun ---- */

static void check_run(struct findings *f, const struct object *o,
		      const struct check_world *world)
{
	AUTO_ARENA scratch = ARENA_INIT;
	const struct limits *limits = world->limits ? world->limits : &limits_default;
	AUTO_BUF text = BUF((size_t)limits->run_input_bytes);
	const struct object *object;
	struct run_spec run;
	struct run_input input;
	struct team team;
	struct value merged;
	struct why why;

	if (run_spec_load(&scratch, o->spec, &run, NULL))
		return;
	check_ref(f, world, SEVERITY_ERROR, KIND_TEAM, o->namespace, run.team, "TeamNotFound",
		  o->spec, "spec.teamRef");
	check_ref(f, world, SEVERITY_ERROR, KIND_AGENT, o->namespace, run.agent,
		  "AgentNotFound", o->spec, "spec.agent");
	if (run.input)
		json_add(&text, run.input);
	if (text.full)
		findings_add(f, SEVERITY_ERROR, STR("spec.input"), run.input, "InvalidInput",
			     "run-input-bytes: larger than %lld bytes",
			     (long long)limits->run_input_bytes);
	if (run.team.len == 0 || !world->find)
		return;
	object = world->find(world->context, KIND_TEAM, o->namespace, run.team);
	if (!object || team_load(&scratch, object->spec, &team, NULL))
		return;
	merged = value_merge(&scratch, team.input, run.input);
	if (run_input_resolve(&scratch, team.inputs, team.input_count, &merged, &input, &why))
		findings_add(f, SEVERITY_ERROR, STR("spec.input"),
			     run.input ? run.input : o->spec, "InvalidInput", "%s", why.text);
}

/* ---- ArkEvent ---- */

/* SPEC 12.3: an expression without any slot in five years is wrong. */
static void check_clock(struct findings *f, const struct object *o, const struct event *event,
			const struct check_world *world)
{
	const struct value *source = value_get(o->spec, STR("source"));
	const struct zone *zone;
	struct cron cron;
	struct why why;

	if (!world->zones)
		return;
	zone = zones_get(world->zones, event->time_zone);
	if (!zone) {
		findings_add(f, SEVERITY_ERROR, STR("spec.source.timeZone"),
			     value_get(source, STR("timeZone")), "InvalidTimeZone",
			     "unknown time zone");
		return;
	}
	if (event->type == EVENT_CRON && cron_parse(event->cron, &cron, NULL) == FAIL_NONE &&
	    cron_check(&cron, zone, world->now_seconds, &why))
		findings_add(f, SEVERITY_ERROR, STR("spec.source.cron"),
			     value_get(source, STR("cron")), "InvalidCron", "%s", why.text);
}

static void check_event(struct findings *f, const struct object *o,
			const struct check_world *world)
{
	AUTO_ARENA scratch = ARENA_INIT;
	struct event event;

	if (event_load(&scratch, o->spec, &event, NULL))
		return;
	check_clock(f, o, &event, world);
	if (event.type == EVENT_TEAM_OUTPUT)
		check_ref(f, world, SEVERITY_ERROR, KIND_TEAM, o->namespace, event.output_team,
			  "TeamNotFound", value_path(o->spec, "source.teamOutput"),
			  "spec.source.teamOutput.name");
	check_key(f, world, KIND_PLAIN_SECRET, o, &event.signature.secret, "InvalidSignature",
		  "spec.source.webhook.signature.secretRef");
	for (size_t i = 0; i < event.target_count; i++) {
		const struct value *at = value_at(value_get(o->spec, STR("targets")), i);

		check_ref(f, world, SEVERITY_ERROR, KIND_TEAM, o->namespace,
			  event.targets[i].team, "TeamNotFound", at, "spec.targets[%zu].team",
			  i);
		check_ref(f, world, SEVERITY_ERROR, KIND_AGENT, o->namespace,
			  event.targets[i].agent, "AgentNotFound", at,
			  "spec.targets[%zu].agent", i);
	}
}

/* ---- the others ---- */

static void check_budget(struct findings *f, const struct object *o,
			 const struct check_world *world)
{
	AUTO_ARENA scratch = ARENA_INIT;
	struct budget budget;

	if (budget_load(&scratch, o->spec, &budget, NULL))
		return;
	/* SPEC 15.2 */
	if (budget.namespace.len && !str_eq(budget.namespace, o->namespace) &&
	    world->system_namespace.len && !str_eq(o->namespace, world->system_namespace))
		findings_add(f, SEVERITY_ERROR, STR("spec.selector.namespace"),
			     value_path(o->spec, "selector.namespace"), "ForbiddenSelector",
			     "only a budget in namespace %.*s may select other namespaces",
			     STR_ARG(world->system_namespace));
	check_ref(f, world, SEVERITY_WARNING, KIND_NOTIFY, o->namespace, budget.notify,
		  "InvalidLimit", value_get(o->spec, STR("notifyRef")), "spec.notifyRef");
}

static void check_notify(struct findings *f, const struct object *o,
			 const struct check_world *world)
{
	static const char why[] = "SecretNotFound";
	AUTO_ARENA scratch = ARENA_INIT;
	struct notify notify;

	if (notify_load(&scratch, o->spec, &notify, NULL))
		return;
	for (size_t i = 0; i < notify.channel_count; i++) {
		const struct channel *c = &notify.channels[i];
		AUTO_BUF field = BUF(64);

		if (value_count(value_get(o->spec, STR("channels"))) > 0)
			buf_addf(&field, "spec.channels[%zu]", i);
		else
			buf_adds(&field, "spec.channel");
		check_key(f, world, KIND_PLAIN_SECRET, o, &c->url_from, why, buf_cstr(&field));
		check_key(f, world, KIND_PLAIN_SECRET, o, &c->signing, why, buf_cstr(&field));
		check_key(f, world, KIND_PLAIN_SECRET, o, &c->routing_key, why,
			  buf_cstr(&field));
		check_key(f, world, KIND_PLAIN_SECRET, o, &c->bearer_token, why,
			  buf_cstr(&field));
		check_headers(f, world, o->namespace, &c->headers, o->spec, why,
			      buf_cstr(&field));
	}
}

static void check_memory(struct findings *f, const struct object *o,
			 const struct check_world *world)
{
	AUTO_ARENA scratch = ARENA_INIT;
	struct memory memory;

	if (memory_load(&scratch, o->spec, &memory, NULL))
		return;
	check_ref(f, world, SEVERITY_WARNING, KIND_PLAIN_SECRET, o->namespace,
		  memory.redis_secret, "SecretNotFound", value_get(o->spec, STR("redis")),
		  "spec.redis.secretRef");
	check_ref(f, world, SEVERITY_WARNING, KIND_PLAIN_SECRET, o->namespace,
		  memory.vector_secret, "SecretNotFound",
		  value_get(o->spec, STR("vectorStore")), "spec.vectorStore.secretRef");
	check_key(f, world, KIND_PLAIN_SECRET, o, &memory.embedding_key, "SecretNotFound",
		  "spec.embedding.apiKeyRef");
}

static void check_secret(struct findings *f, const struct object *o,
			 const struct check_world *world)
{
	AUTO_ARENA scratch = ARENA_INIT;
	struct ark_secret secret;

	if (ark_secret_load(&scratch, o->spec, &secret, NULL))
		return;
	/* SPEC 19.1 */
	if (!secret.vault_insecure && str_starts_nocase(secret.vault_address, STR("http://")))
		findings_add(f, SEVERITY_ERROR, STR("spec.vault.address"),
			     value_path(o->spec, "vault.address"), "InvalidSpec",
			     "must be https; plain http needs insecure: true");
	check_key(f, world, KIND_PLAIN_SECRET, o, &secret.kubernetes, "SecretNotFound",
		  "spec.kubernetes.secretRef");
	check_key(f, world, KIND_PLAIN_SECRET, o, &secret.vault_token, "SecretNotFound",
		  "spec.vault.auth.tokenSecretRef");
	check_key(f, world, KIND_PLAIN_SECRET, o, &secret.vault_ca, "SecretNotFound",
		  "spec.vault.caSecretRef");
}

void check_kind(struct findings *f, const struct object *o, const struct check_world *world)
{
	switch (o->kind) {
	case KIND_AGENT: check_agent(f, o, world); break;
	case KIND_TEAM: check_team(f, o, world); break;
	case KIND_RUN: check_run(f, o, world); break;
	case KIND_EVENT: check_event(f, o, world); break;
	case KIND_BUDGET: check_budget(f, o, world); break;
	case KIND_NOTIFY: check_notify(f, o, world); break;
	case KIND_MEMORY: check_memory(f, o, world); break;
	case KIND_SECRET: check_secret(f, o, world); break;
	case KIND_REGISTRY:
	case KIND_SETTINGS:
	case KIND_CONFIG_MAP:
	case KIND_SERVICE:
	case KIND_DEPLOYMENT:
	case KIND_NETWORK_POLICY:
	case KIND_DISRUPTION_BUDGET:
	case KIND_SERVICE_ACCOUNT:
	case KIND_ROLE_BINDING:
	case KIND_SCALED_OBJECT:
	case KIND_TRIGGER_AUTHENTICATION:
	case KIND_PLAIN_SECRET:
	case KIND_OTHER: break;
	}
}
