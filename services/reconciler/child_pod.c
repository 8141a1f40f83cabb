/* The pods of an agent: Deployment, the Secret with what they must not show, disruption budget. */
#include "reconciler/children_inner.h"

#include "base/hash.h"
#include "base/json.h"
#include "kinds/secret.h"

enum {
	GRACE_EXTRA_S = 30, /* SPEC 20.2, 7.10 */
	GRACE_MAX_S = 3600,
	LIVE_PERIOD_S = 10,
	READY_PERIOD_S = 5,
	STARTUP_PERIOD_S = 2,
	STARTUP_FAILURES = 30, /* 60 s */
	FILE_MODE = 0444,
};
#define TMP_BYTES "256Mi"
#define EPHEMERAL_STORAGE "512Mi" /* SPEC 6.2 */

/* --- variables ----------------------------------------------------------------------------------- */

/* Of several of a name the last one counts. */
static bool is_last(const struct variables *v, size_t index)
{
	for (size_t i = index + 1; i < v->count; i++)
		if (str_eq(v->items[i].name, v->items[index].name))
			return false;
	return true;
}

/* Kubernetes puts the values of other variables in place of $(NAME); "$$" stands for "$". */
static void add_literal(struct buf *b, const struct family *f, struct str text)
{
	AUTO_BUF escaped = BUF(CHILD_MAX_BYTES);

	(void)f;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '$')
			buf_addc(&escaped, '$');
		buf_addc(&escaped, text.ptr[i]);
	}
	b->full |= escaped.full;
	json_member_str(b, "value", buf_str(&escaped));
}

static void add_key_ref(struct buf *b, const char *kind, struct str name, struct str key)
{
	json_key(b, "valueFrom");
	json_open(b, '{');
	json_key(b, kind);
	json_open(b, '{');
	json_member_str(b, "name", name);
	json_member_str(b, "key", key);
	json_close(b, '}');
	json_close(b, '}');
}

static void open_variable(struct buf *b, struct str name)
{
	json_next(b);
	json_open(b, '{');
	json_member_str(b, "name", name);
}

static bool own_has(const struct family *f, struct str name)
{
	struct str value;

	return variables_get(&f->own, name, &value);
}

/* The prompt is a file. */
static bool is_prompt(const struct variable *v)
{
	return str_is(v->name, "AGENT_SYSTEM_PROMPT");
}

/* One provider key (SPEC 6.1, 19.4). */
static void add_api_key(struct buf *b, const struct family *f)
{
	const struct agent *g = f->agent;
	struct key_ref key = g->api_key;
	struct str name = key.key;

	if (g->api_key_ark_secret.len &&
	    !variables_ark_secret(&f->world->variables, f->arena, f->object->namespace,
				  g->api_key_ark_secret, &name, &key))
		return;
	if (!key.name.len || own_has(f, name))
		return;
	open_variable(b, name);
	add_key_ref(b, "secretKeyRef", key.name, key.key);
	json_close(b, '}');
}

static void add_variables(struct buf *b, const struct family *f)
{
	json_key(b, "env");
	json_open(b, '[');
	add_api_key(b, f);
	open_variable(b, STR("POD_NAME"));
	json_key(b, "valueFrom");
	json_open(b, '{');
	json_key(b, "fieldRef");
	json_open(b, '{');
	json_member_str(b, "fieldPath", STR("metadata.name"));
	json_close(b, '}');
	json_close(b, '}');
	json_close(b, '}');
	for (size_t i = 0; i < f->own.count; i++) {
		const struct variable *v = &f->own.items[i];

		if (is_prompt(v) || !is_last(&f->own, i))
			continue;
		open_variable(b, v->name);
		if (v->secret)
			add_key_ref(b, "secretKeyRef", f->config_name, v->name);
		else
			add_literal(b, f, v->value);
		json_close(b, '}');
	}
	json_close(b, ']');
}

static void add_whole_secret(struct buf *b, const char *name)
{
	json_next(b);
	json_open(b, '{');
	json_key(b, "secretRef");
	json_open(b, '{');
	json_member_str(b, "name", str_of(name));
	json_member_bool(b, "optional", true);
	json_close(b, '}');
	json_close(b, '}');
}

/* SPEC 20.6, weakest first; those of the agent as they are written. */
static void add_sources(struct buf *b, const struct family *f)
{
	const struct value *own = value_get(f->object->spec, STR("envFrom"));

	json_key(b, "envFrom");
	json_open(b, '[');
	if (f->world->has_defaults)
		add_whole_secret(b, "ark-agent-defaults");
	add_whole_secret(b, "ark-api-keys");
	for (size_t i = 0; i < value_count(own); i++) {
		json_next(b);
		json_add(b, value_at(own, i));
	}
	json_close(b, ']');
}

/* --- what rolls the pods (SPEC 3.8, 6.10) ----------------------------------------------------------- */

static void add_digest(struct buf *b, const char *key, struct str text)
{
	char hex[SHA256_HEX_SIZE];

	sha256_hex(text, hex);
	json_member_str(b, key, str_of(hex));
}

static void add_digest_of(struct buf *b, const struct family *f, const char *key,
			  const struct variables *v)
{
	struct str *parts = ARENA_ARRAY(f->arena, 4 * v->count, struct str);
	unsigned char digest[SHA256_BYTES];
	char hex[SHA256_HEX_SIZE];

	for (size_t i = 0; i < v->count; i++) {
		parts[4 * i] = v->items[i].name;
		parts[4 * i + 1] = STR("=");
		parts[4 * i + 2] = v->items[i].value;
		parts[4 * i + 3] = str_n("", 1);
	}
	sha256_parts(parts, 4 * v->count, digest);
	hex_text(str_n((const char *)digest, sizeof(digest)), hex);
	json_member_str(b, key, str_of(hex));
}

static void add_pod_metadata(struct buf *b, const struct family *f)
{
	json_key(b, "metadata");
	json_open(b, '{');
	json_key(b, "labels");
	json_open(b, '{');
	json_member_str(b, "app.kubernetes.io/name", STR("agent"));
	json_member_str(b, "app.kubernetes.io/instance", f->object->name);
	json_member_str(b, "app.kubernetes.io/managed-by", STR("ark"));
	json_member_str(b, "app.kubernetes.io/part-of", STR("ark"));
	json_member_str(b, CHILD_LABEL_AGENT, f->object->name);
	json_member_str_if(b, ARK_LABEL "team", object_label(f->object, STR(ARK_LABEL "team")));
	json_member_str_if(b, ARK_LABEL "role", object_label(f->object, STR(ARK_LABEL "role")));
	json_close(b, '}');
	json_key(b, "annotations");
	json_open(b, '{');
	add_digest(b, ARK_LABEL "system-prompt-hash", f->own.prompt);
	add_digest_of(b, f, ARK_LABEL "config-hash", &f->own);
	add_digest_of(b, f, ARK_LABEL "api-key-version", &f->sources);
	json_close(b, '}');
	json_close(b, '}');
}

/* --- the pod -------------------------------------------------------------------------------------------- */

static void add_quantities(struct buf *b, const char *key, const char *cpu, const char *memory,
			   const char *storage)
{
	json_key(b, key);
	json_open(b, '{');
	json_member_str(b, "cpu", str_of(cpu));
	json_member_str(b, "memory", str_of(memory));
	if (storage)
		json_member_str(b, "ephemeral-storage", str_of(storage));
	json_close(b, '}');
}

/* SPEC 6.2: as written, but never without a limit of ephemeral storage. */
static void add_resources(struct buf *b, const struct family *f)
{
	const struct value *r = f->agent->resources, *limits;
	struct value_builder storage;
	struct value with;

	json_key(b, "resources");
	if (!r) {
		json_open(b, '{');
		add_quantities(b, "requests", "100m", "128Mi", NULL);
		add_quantities(b, "limits", "500m", "512Mi", EPHEMERAL_STORAGE);
		json_close(b, '}');
		return;
	}
	limits = value_get(r, STR("limits"));
	value_map_begin(&storage, f->arena);
	value_map_add(&storage, STR("ephemeral-storage"), value_str(STR(EPHEMERAL_STORAGE)));
	with = value_map_done(&storage);
	with = value_merge(f->arena, &with, limits);
	value_map_begin(&storage, f->arena);
	value_map_add(&storage, STR("limits"), with);
	with = value_map_done(&storage);
	with = value_merge(f->arena, r, &with);
	json_add_sorted(b, &with);
}

static void add_probe(struct buf *b, const char *key, const char *path, int period_s,
		      int failures)
{
	json_key(b, key);
	json_open(b, '{');
	json_key(b, "httpGet");
	json_open(b, '{');
	json_member_str(b, "path", str_of(path));
	json_member_str(b, "port", STR("health"));
	json_close(b, '}');
	json_member_int(b, "periodSeconds", period_s);
	if (failures)
		json_member_int(b, "failureThreshold", failures);
	json_close(b, '}');
}

/* SPEC 20.3 */
static void add_container_security(struct buf *b)
{
	json_key(b, "securityContext");
	json_open(b, '{');
	json_member_bool(b, "allowPrivilegeEscalation", false);
	json_member_bool(b, "readOnlyRootFilesystem", true);
	json_key(b, "capabilities");
	json_open(b, '{');
	json_key(b, "drop");
	json_open(b, '[');
	json_add_str(b, STR("ALL"));
	json_close(b, ']');
	json_close(b, '}');
	json_close(b, '}');
}

static void add_mount(struct buf *b, struct str name, struct str path, bool read_only)
{
	json_next(b);
	json_open(b, '{');
	json_member_str(b, "name", name);
	json_member_str(b, "mountPath", path);
	if (read_only)
		json_member_bool(b, "readOnly", true);
	json_close(b, '}');
}

static struct str certificate_volume(const struct family *f, size_t server)
{
	return arena_printf(f->arena, "mcp-%zu", server);
}

static void add_mounts(struct buf *b, const struct family *f)
{
	const struct agent *g = f->agent;

	json_key(b, "volumeMounts");
	json_open(b, '[');
	add_mount(b, STR("config"), STR(CHILD_PROMPT_DIR), true);
	add_mount(b, STR("tmp"), STR("/tmp"), false);
	for (size_t i = 0; i < g->mcp_server_count; i++)
		if (g->mcp_servers[i].auth == MCP_AUTH_MTLS)
			add_mount(b, certificate_volume(f, i),
				  arena_printf(f->arena, VARIABLES_CERTIFICATES "%.*s",
					       STR_ARG(g->mcp_servers[i].name)),
				  true);
	json_close(b, ']');
}

/* key: of the Secret, the only file; empty: all of its keys. */
static void add_secret_volume(struct buf *b, struct str name, struct str secret, struct str key)
{
	json_next(b);
	json_open(b, '{');
	json_member_str(b, "name", name);
	json_key(b, "secret");
	json_open(b, '{');
	json_member_str(b, "secretName", secret);
	json_member_int(b, "defaultMode", FILE_MODE);
	if (key.len) {
		json_key(b, "items");
		json_open(b, '[');
		json_open(b, '{');
		json_member_str(b, "key", key);
		json_member_str(b, "path", key);
		json_close(b, '}');
		json_close(b, ']');
	}
	json_close(b, '}');
	json_close(b, '}');
}

/* SPEC 20.4 */
static void add_volumes(struct buf *b, const struct family *f)
{
	const struct agent *g = f->agent;

	json_key(b, "volumes");
	json_open(b, '[');
	add_secret_volume(b, STR("config"), f->config_name, STR(CHILD_PROMPT_KEY));
	json_next(b);
	json_open(b, '{');
	json_member_str(b, "name", STR("tmp"));
	json_key(b, "emptyDir");
	json_open(b, '{');
	json_member_str(b, "sizeLimit", STR(TMP_BYTES));
	json_close(b, '}');
	json_close(b, '}');
	for (size_t i = 0; i < g->mcp_server_count; i++)
		if (g->mcp_servers[i].auth == MCP_AUTH_MTLS)
			add_secret_volume(b, certificate_volume(f, i),
					  g->mcp_servers[i].auth_secret.name, STR(""));
	json_close(b, ']');
}

static void add_container(struct buf *b, const struct family *f)
{
	const struct child_world *w = f->world;

	json_key(b, "containers");
	json_open(b, '[');
	json_open(b, '{');
	json_member_str(b, "name", STR("agent"));
	json_member_str(b, "image", w->image);
	json_member_str(b, "imagePullPolicy", w->pull_policy);
	json_key(b, "ports");
	json_open(b, '[');
	json_open(b, '{');
	json_member_str(b, "name", STR("health"));
	json_member_int(b, "containerPort", CHILD_HEALTH_PORT);
	json_member_str(b, "protocol", STR("TCP"));
	json_close(b, '}');
	json_close(b, ']');
	add_sources(b, f);
	add_variables(b, f);
	add_resources(b, f);
	add_probe(b, "livenessProbe", "/healthz", LIVE_PERIOD_S, 0);
	add_probe(b, "readinessProbe", "/readyz", READY_PERIOD_S, 0);
	add_probe(b, "startupProbe", "/healthz", STARTUP_PERIOD_S, STARTUP_FAILURES);
	add_container_security(b);
	add_mounts(b, f);
	json_close(b, '}');
	json_close(b, ']');
}

static int64_t grace_s(const struct agent *g)
{
	int64_t s = g->limits.timeout_seconds + GRACE_EXTRA_S;

	return s < GRACE_MAX_S ? s : GRACE_MAX_S;
}

static void add_pod(struct buf *b, const struct family *f)
{
	json_key(b, "template");
	json_open(b, '{');
	add_pod_metadata(b, f);
	json_key(b, "spec");
	json_open(b, '{');
	json_member_str(b, "serviceAccountName", f->world->service_account);
	json_member_bool(b, "automountServiceAccountToken", false);
	json_member_int(b, "terminationGracePeriodSeconds", grace_s(f->agent));
	json_key(b, "securityContext");
	json_open(b, '{');
	json_member_bool(b, "runAsNonRoot", true);
	json_key(b, "seccompProfile");
	json_open(b, '{');
	json_member_str(b, "type", STR("RuntimeDefault"));
	json_close(b, '}');
	json_close(b, '}');
	add_container(b, f);
	add_volumes(b, f);
	json_close(b, '}');
	json_close(b, '}');
}

/* --- the documents ---------------------------------------------------------------------------------------- */

static int64_t replicas(const struct family *f)
{
	if (f->world->at_zero)
		return 0;
	return f->world->desired_replicas >= 0 ? f->world->desired_replicas
					       : f->agent->replicas;
}

void child_add_deployment(struct buf *b, const struct family *f)
{
	json_key(b, "spec");
	json_open(b, '{');
	if (!child_is_scaled(f))
		json_member_int(b, "replicas", replicas(f));
	json_key(b, "selector");
	child_add_selector(b, f);
	json_key(b, "strategy");
	json_open(b, '{');
	json_member_str(b, "type", STR("RollingUpdate"));
	json_key(b, "rollingUpdate");
	json_open(b, '{');
	json_member_int(b, "maxUnavailable", 0);
	json_close(b, '}');
	json_close(b, '}');
	add_pod(b, f);
	json_close(b, '}');
}

void child_add_disruption_budget(struct buf *b, const struct family *f)
{
	json_key(b, "spec");
	json_open(b, '{');
	json_member_int(b, "maxUnavailable", 1);
	json_key(b, "selector");
	child_add_selector(b, f);
	json_close(b, '}');
}

static void add_secret_value(struct buf *b, const struct family *f, struct str key,
			     struct str text)
{
	AUTO_BUF code = BUF(2 * CHILD_MAX_BYTES);

	base64_add(&code, text);
	b->full |= code.full;
	json_member_str(b, arena_str(f->arena, key).ptr, buf_str(&code));
}

/* For KEDA, which reads the length of the queue. */
static void add_redis_user(struct buf *b, const struct family *f)
{
	add_secret_value(b, f, STR(CHILD_REDIS_PASSWORD_KEY), f->redis.password);
	if (f->redis.user.len)
		add_secret_value(b, f, STR(CHILD_REDIS_USER_KEY), f->redis.user);
}

void child_add_config(struct buf *b, const struct family *f)
{
	struct str prompt = STR("");

	variables_get(&f->own, STR("AGENT_SYSTEM_PROMPT"), &prompt);
	json_member_str(b, "type", STR("Opaque"));
	json_key(b, "data");
	json_open(b, '{');
	add_secret_value(b, f, STR(CHILD_PROMPT_KEY), prompt);
	for (size_t i = 0; i < f->own.count; i++)
		if (f->own.items[i].secret && is_last(&f->own, i))
			add_secret_value(b, f, f->own.items[i].name, f->own.items[i].value);
	if (child_is_scaled(f) && f->redis.has_password)
		add_redis_user(b, f);
	json_close(b, '}');
}
