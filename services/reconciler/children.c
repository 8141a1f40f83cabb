#include "reconciler/children_inner.h"

#include "base/json.h"
#include "lang/name.h"

const struct child_type child_types[CHILD_KINDS] = {
	[CHILD_CONFIG] = {"v1", "Secret", "secrets"},
	[CHILD_NETWORK_POLICY] = {"networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"},
	[CHILD_DEPLOYMENT] = {"apps/v1", "Deployment", "deployments"},
	[CHILD_DISRUPTION_BUDGET] = {"policy/v1", "PodDisruptionBudget",
				     "poddisruptionbudgets"},
	[CHILD_TRIGGER_AUTHENTICATION] = {"keda.sh/v1alpha1", "TriggerAuthentication",
					  "triggerauthentications"},
	[CHILD_SCALED_OBJECT] = {"keda.sh/v1alpha1", "ScaledObject", "scaledobjects"},
};

/* --- what all have ----------------------------------------------------------------------------- */

static void add_owner(struct buf *b, const struct object *o)
{
	json_key(b, "ownerReferences");
	json_open(b, '[');
	json_open(b, '{');
	json_member_str(b, "apiVersion", STR(ARK_API_VERSION));
	json_member_str(b, "kind", str_of(kind_name(o->kind)));
	json_member_str(b, "name", o->name);
	json_member_str(b, "uid", o->uid);
	json_member_bool(b, "controller", true);
	json_close(b, '}');
	json_close(b, ']');
}

void child_begin(struct buf *b, const struct family *f, enum child_kind kind, struct str name)
{
	json_open(b, '{');
	json_member_str(b, "apiVersion", str_of(child_types[kind].api_version));
	json_member_str(b, "kind", str_of(child_types[kind].kind));
	json_key(b, "metadata");
	json_open(b, '{');
	json_member_str(b, "name", name);
	json_member_str(b, "namespace", f->object->namespace);
	json_key(b, "labels");
	json_open(b, '{');
	json_member_str(b, "app.kubernetes.io/managed-by", STR("ark"));
	json_member_str(b, "app.kubernetes.io/part-of", STR("ark"));
	json_member_str(b, "app.kubernetes.io/name", STR("agent"));
	json_member_str(b, "app.kubernetes.io/instance", f->object->name);
	json_member_str(b, CHILD_LABEL_AGENT, f->object->name);
	json_member_str_if(b, ARK_LABEL "team", object_label(f->object, STR(ARK_LABEL "team")));
	json_member_str_if(b, ARK_LABEL "role", object_label(f->object, STR(ARK_LABEL "role")));
	json_close(b, '}');
	if (kind == CHILD_SCALED_OBJECT && f->world->at_zero) {
		json_key(b, "annotations");
		json_open(b, '{');
		json_member_str(b, "autoscaling.keda.sh/paused-replicas", STR("0"));
		json_close(b, '}');
	}
	add_owner(b, f->object);
	json_close(b, '}');
}

void child_add_selector(struct buf *b, const struct family *f)
{
	json_open(b, '{');
	json_key(b, "matchLabels");
	json_open(b, '{');
	json_member_str(b, CHILD_LABEL_AGENT, f->object->name);
	json_close(b, '}');
	json_close(b, '}');
}

bool child_is_scaled(const struct family *f)
{
	return f->world->has_keda && f->redis.kind != REDIS_UNIX && f->agent->has_autoscaling &&
	       f->agent->autoscaling.enabled;
}

bool child_is_many(const struct family *f)
{
	return (child_is_scaled(f) ? f->agent->autoscaling.max_replicas : f->agent->replicas) >
	       1;
}

/* --- all of them --------------------------------------------------------------------------------- */

static struct str full_name(const struct family *f, const char *suffix)
{
	return name_shorten(f->arena,
			    arena_printf(f->arena, "%.*s%s", STR_ARG(f->object->name), suffix));
}

/* wanted false: whatever is there of that name goes. */
static enum fail add(struct children *c, const struct family *f, enum child_kind kind,
		     struct str name, bool wanted,
		     void (*write)(struct buf *b, const struct family *f), struct why *why)
{
	AUTO_BUF b = BUF(CHILD_MAX_BYTES);
	struct child *child = &c->items[c->count++];

	*child = (struct child){.kind = kind, .name = name};
	if (!wanted)
		return FAIL_NONE;
	child_begin(&b, f, kind, name);
	write(&b, f);
	json_close(&b, '}');
	if (b.full) {
		c->reason = "InvalidSpec";
		return failf(why, FAIL_INPUT, "%s %.*s is over %d bytes",
			     child_types[kind].kind, STR_ARG(name), CHILD_MAX_BYTES);
	}
	child->body = arena_str(f->arena, buf_str(&b));
	return FAIL_NONE;
}

static enum fail add_all(struct children *c, const struct family *f, struct why *why)
{
	const struct child_world *w = f->world;
	bool scaled = child_is_scaled(f);
	enum fail e = add(c, f, CHILD_CONFIG, f->config_name, true, child_add_config, why);

	if (!e)
		e = add(c, f, CHILD_NETWORK_POLICY, full_name(f, "-netpol"),
			f->agent->network_policy != NETWORK_DISABLED, child_add_network_policy,
			why);
	if (!e)
		e = add(c, f, CHILD_DEPLOYMENT, f->deployment_name, true, child_add_deployment,
			why);
	if (!e)
		e = add(c, f, CHILD_DISRUPTION_BUDGET, f->deployment_name, child_is_many(f),
			child_add_disruption_budget, why);
	if (!e && w->has_keda)
		e = add(c, f, CHILD_TRIGGER_AUTHENTICATION, f->object->name,
			scaled && f->redis.has_password, child_add_trigger_authentication, why);
	if (!e && w->has_keda)
		e = add(c, f, CHILD_SCALED_OBJECT, f->object->name, scaled,
			child_add_scaled_object, why);
	return e;
}

/* What the suite sets beside what the objects say (SPEC 7.1). */
static void add_suite_variables(struct family *f)
{
	struct str prompt;

	variables_set_secret(&f->own, STR("TASK_QUEUE_URL"), f->world->redis_url);
	if (f->world->otel_endpoint.len)
		variables_set(&f->own, STR("OTEL_EXPORTER_OTLP_ENDPOINT"),
			      f->world->otel_endpoint);
	if (variables_get(&f->own, STR("AGENT_SYSTEM_PROMPT"), &prompt))
		variables_set(&f->own, STR("AGENT_SYSTEM_PROMPT_FILE"),
			      STR(CHILD_PROMPT_DIR "/" CHILD_PROMPT_KEY));
}

enum fail children_of_agent(struct arena *a, const struct object *object,
			    const struct agent *agent, const struct child_world *w,
			    struct children *ret, struct why *why)
{
	struct family f = {.arena = a,
			   .object = object,
			   .agent = agent,
			   .world = w,
			   .sources = {.arena = a},
			   .own = {.arena = a}};
	enum fail e;

	*ret = (struct children){.count = 0};
	e = redis_url_parse(a, w->redis_url, &f.redis, why);
	if (e) {
		ret->reason = "ReconcileError";
		return fail_in(why, e, "AGENT_TASK_QUEUE_URL");
	}
	e = variables_add_sources(&f.sources, object, agent, &w->variables, why);
	if (e) {
		ret->reason = f.sources.reason;
		return e;
	}
	e = variables_add_own(&f.own, object, agent, &w->variables, why);
	if (e) {
		ret->reason = f.own.reason;
		return e;
	}
	add_suite_variables(&f);
	f.config_name = full_name(&f, "-agent-config");
	f.deployment_name = full_name(&f, "-agent");
	return add_all(ret, &f, why);
}
