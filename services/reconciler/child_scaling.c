/* Replicas by the length of the agent's queue (SPEC 20.8, INTERFACES 23). */
#include "reconciler/children_inner.h"

#include "base/json.h"
#include "stream/keys.h"

enum {
	POLLING_S = 5,
	COOLDOWN_MIN_S = 300,
	COOLDOWN_EXTRA_S = 60,
	STABILIZATION_MAX_S = 3600, /* what an autoscaler takes */
};

/* No pod goes while a task may still be worked on. */
static int64_t cooldown_s(const struct agent *g)
{
	int64_t s = g->limits.timeout_seconds + COOLDOWN_EXTRA_S;

	return s > COOLDOWN_MIN_S ? s : COOLDOWN_MIN_S;
}

static void add_number(struct buf *b, const struct family *f, const char *key, int64_t n)
{
	json_member_str(b, key, arena_printf(f->arena, "%lld", (long long)n));
}

static struct str host_list(const struct family *f, bool ports)
{
	AUTO_BUF b = BUF(REDIS_URL_MAX_BYTES);

	for (size_t i = 0; i < f->redis.host_count; i++) {
		if (i)
			buf_addc(&b, ',');
		if (ports)
			buf_addi(&b, f->redis.hosts[i].port);
		else
			buf_add(&b, f->redis.hosts[i].name);
	}
	return arena_str(f->arena, buf_str(&b));
}

static void add_address(struct buf *b, const struct family *f)
{
	const struct redis_host *h = &f->redis.hosts[0];
	bool v6 = str_find(h->name, STR(":"), 0) != STR_NONE;

	if (f->redis.kind == REDIS_SENTINEL) {
		json_member_str(b, "hosts", host_list(f, false));
		json_member_str(b, "ports", host_list(f, true));
		json_member_str(b, "sentinelMaster", f->redis.master);
		return;
	}
	json_member_str(b, "address",
			arena_printf(f->arena, "%s%.*s%s:%u", v6 ? "[" : "", STR_ARG(h->name),
				     v6 ? "]" : "", (unsigned)h->port));
	if (f->redis.kind == REDIS_TLS)
		json_member_str(b, "enableTLS", STR("true"));
}

static void add_trigger(struct buf *b, const struct family *f)
{
	json_open(b, '{');
	json_member_str(b, "type",
			f->redis.kind == REDIS_SENTINEL ? STR("redis-sentinel-streams")
							: STR("redis-streams"));
	json_key(b, "metadata");
	json_open(b, '{');
	add_address(b, f);
	json_member_str(
		b, "stream",
		key_full(f->arena, key_tasks(f->arena, f->object->namespace, f->object->name)));
	json_member_str(b, "consumerGroup", STR(GROUP_AGENTS));
	add_number(b, f, "lagCount", f->agent->autoscaling.target_pending_tasks);
	add_number(b, f, "activationLagCount", 0);
	add_number(b, f, "databaseIndex", f->redis.db);
	json_close(b, '}');
	if (f->redis.has_password) {
		json_key(b, "authenticationRef");
		json_open(b, '{');
		json_member_str(b, "name", f->object->name);
		json_close(b, '}');
	}
	json_close(b, '}');
}

static void add_scale_down(struct buf *b, const struct family *f)
{
	int64_t s = cooldown_s(f->agent);

	json_key(b, "advanced");
	json_open(b, '{');
	json_key(b, "horizontalPodAutoscalerConfig");
	json_open(b, '{');
	json_key(b, "behavior");
	json_open(b, '{');
	json_key(b, "scaleDown");
	json_open(b, '{');
	json_member_int(b, "stabilizationWindowSeconds",
			s < STABILIZATION_MAX_S ? s : STABILIZATION_MAX_S);
	json_close(b, '}');
	json_close(b, '}');
	json_close(b, '}');
	json_close(b, '}');
}

void child_add_scaled_object(struct buf *b, const struct family *f)
{
	json_key(b, "spec");
	json_open(b, '{');
	json_key(b, "scaleTargetRef");
	json_open(b, '{');
	json_member_str(b, "name", f->deployment_name);
	json_close(b, '}');
	json_member_int(b, "minReplicaCount", f->agent->autoscaling.min_replicas);
	json_member_int(b, "maxReplicaCount", f->agent->autoscaling.max_replicas);
	json_member_int(b, "pollingInterval", POLLING_S);
	json_member_int(b, "cooldownPeriod", cooldown_s(f->agent));
	add_scale_down(b, f);
	json_key(b, "triggers");
	json_open(b, '[');
	add_trigger(b, f);
	json_close(b, ']');
	json_close(b, '}');
}

static void add_target(struct buf *b, const struct family *f, const char *parameter,
		       const char *key)
{
	json_next(b);
	json_open(b, '{');
	json_member_str(b, "parameter", str_of(parameter));
	json_member_str(b, "name", f->config_name);
	json_member_str(b, "key", str_of(key));
	json_close(b, '}');
}

void child_add_trigger_authentication(struct buf *b, const struct family *f)
{
	json_key(b, "spec");
	json_open(b, '{');
	json_key(b, "secretTargetRef");
	json_open(b, '[');
	add_target(b, f, "password", CHILD_REDIS_PASSWORD_KEY);
	if (f->redis.user.len)
		add_target(b, f, "username", CHILD_REDIS_USER_KEY);
	json_close(b, ']');
	json_close(b, '}');
}
