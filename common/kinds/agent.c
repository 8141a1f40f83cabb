#include "kinds/agent.h"

#include "kinds/check.h"
#include "kinds/read.h"
#include "kinds/shared.h"

const char *http_method_name(enum http_method m)
{
	return http_methods[m];
}

static struct agent_limits load_limits(const struct view *v)
{
	struct view l = read_object(v, "limits");

	return (struct agent_limits){
		.max_tokens_per_call = read_int(&l, "maxTokensPerCall"),
		.max_concurrent_tasks = read_int(&l, "maxConcurrentTasks"),
		.timeout_seconds = read_int(&l, "timeoutSeconds"),
		.max_daily_tokens = read_int(&l, "maxDailyTokens"),
		.max_retries = read_int(&l, "maxRetries"),
		.max_tool_iterations = read_int(&l, "maxToolIterations"),
		.tool_timeout_seconds = read_int(&l, "toolTimeoutSeconds"),
	};
}

static void load_servers(const struct view *v, struct agent *ret)
{
	size_t n = read_count(v, "mcpServers");
	struct mcp_server *servers = ARENA_ARRAY(v->arena, n, struct mcp_server);

	for (size_t i = 0; i < n; i++) {
		struct view s = read_item(v, "mcpServers", i);
		struct view auth = read_object(&s, "auth");

		servers[i] = (struct mcp_server){
			.name = read_text(&s, "name"),
			.url = read_text(&s, "url"),
			.capability = read_text(&s, "capabilityRef"),
			.agent = read_ref(&s, "arkAgentRef"),
			.transport = (enum mcp_transport)read_choice(&s, "transport"),
			.guidance = read_text(&s, "guidance"),
			.auth = (enum mcp_auth)read_choice(&auth, "type"),
			.auth_secret = read_key(&auth, "secretRef"),
			.headers = read_headers(&s, "headers"),
		};
		if (servers[i].auth == MCP_AUTH_BEARER && servers[i].auth_secret.key.len == 0)
			servers[i].auth_secret.key = STR("token");
	}
	ret->mcp_servers = servers;
	ret->mcp_server_count = n;
}

static void load_tools(const struct view *v, struct agent *ret)
{
	size_t n = read_count(v, "tools");
	struct http_tool *tools = ARENA_ARRAY(v->arena, n, struct http_tool);

	for (size_t i = 0; i < n; i++) {
		struct view t = read_item(v, "tools", i);

		tools[i] = (struct http_tool){
			.name = read_text(&t, "name"),
			.description = read_text(&t, "description"),
			.url = read_text(&t, "url"),
			.method = (enum http_method)read_choice(&t, "method"),
			.input_schema = read_schema(&t, "inputSchema"),
			.headers = read_headers(&t, "headers"),
		};
	}
	ret->tools = tools;
	ret->tool_count = n;
}

static void load_capabilities(const struct view *v, struct agent *ret)
{
	size_t n = read_count(v, "capabilities");
	struct capability *list = ARENA_ARRAY(v->arena, n, struct capability);

	for (size_t i = 0; i < n; i++) {
		struct view c = read_item(v, "capabilities", i);

		list[i] = (struct capability){
			.id = read_text(&c, "id"),
			.description = read_text(&c, "description"),
			.tags = read_texts(&c, "tags"),
			.input_schema = read_schema(&c, "inputSchema"),
			.output_schema = read_schema(&c, "outputSchema"),
			.expose_mcp = read_bool(&c, "exposeMCP"),
		};
	}
	ret->capabilities = list;
	ret->capability_count = n;
}

static void load_env(const struct view *v, struct agent *ret)
{
	size_t n = read_count(v, "envFrom");
	struct env_source *list = ARENA_ARRAY(v->arena, n, struct env_source);

	for (size_t i = 0; i < n; i++) {
		struct view e = read_item(v, "envFrom", i);
		struct view map = read_object(&e, "configMapRef");
		struct view secret = read_object(&e, "secretRef");

		list[i] = (struct env_source){
			.prefix = read_text(&e, "prefix"),
			.config_map = read_text(&map, "name"),
			.secret = read_text(&secret, "name"),
			.optional = read_bool(map.value ? &map : &secret, "optional"),
		};
	}
	ret->env_from = list;
	ret->env_from_count = n;
}

/* SPEC 6.1: configRef is taken as if first in settingsRefs. */
static struct str_list load_settings_refs(const struct view *v)
{
	size_t n = read_count(v, "settingsRefs"), at = 0;
	struct str *names = ARENA_ARRAY(v->arena, n + 1, struct str);

	if (read_given(v, "configRef"))
		names[at++] = read_ref(v, "configRef");
	for (size_t i = 0; i < n; i++) {
		struct view ref = read_item(v, "settingsRefs", i);

		names[at++] = read_text(&ref, "name");
	}
	return (struct str_list){names, at};
}

static struct liveness_probe load_probe(const struct view *v)
{
	struct view p = read_object(v, "livenessProbe");

	return (struct liveness_probe){
		.present = p.value != NULL,
		.semantic = p.value && str_is(read_text(&p, "type"), "semantic"),
		.interval_seconds = read_int(&p, "intervalSeconds"),
		.failure_threshold = read_int(&p, "failureThreshold"),
		.timeout_seconds = read_int(&p, "timeoutSeconds"),
		.validator_prompt = read_text(&p, "validatorPrompt"),
	};
}

static struct autoscaling load_autoscaling(const struct view *v)
{
	struct view s = read_object(v, "autoscaling");

	return (struct autoscaling){
		.enabled = s.value && read_bool(&s, "enabled"),
		.min_replicas = read_int(&s, "minReplicas"),
		.max_replicas = read_int(&s, "maxReplicas"),
		.target_pending_tasks = read_int(&s, "targetPendingTasks"),
	};
}

static void load_prompt_and_key(const struct view *v, struct agent *ret)
{
	struct view prompt = read_object(v, "systemPromptRef");
	struct view key = read_object(v, "apiKeyRef");

	ret->system_prompt = read_text(v, "systemPrompt");
	ret->prompt_config_map = read_key(&prompt, "configMapKeyRef");
	ret->prompt_secret = read_key(&prompt, "secretKeyRef");
	ret->api_key.name = read_text(&key, "name");
	ret->api_key.key = read_text(&key, "key");
	ret->api_key_ark_secret = read_text(&key, "arkSecret");
}

enum fail agent_load(struct arena *a, const struct value *spec, struct agent *ret,
		     struct why *why)
{
	struct view v = {a, &table_agent, spec};
	struct view policy;
	enum fail f;

	f = check_structure(a, &table_agent, spec, "spec", why);
	if (f)
		return f;
	policy = read_object(&v, "toolPolicy");
	*ret = (struct agent){
		.model = read_text(&v, "model"),
		.replicas = read_int(&v, "replicas"),
		.has_autoscaling = read_given(&v, "autoscaling"),
		.autoscaling = load_autoscaling(&v),
		.limits = load_limits(&v),
		.resources = read_value(&v, "resources"),
		.tool_allow = read_texts(&policy, "allow"),
		.tool_deny = read_texts(&policy, "deny"),
		.has_tool_allow = !value_is_nil(value_get(policy.value, STR("allow"))),
		.settings = load_settings_refs(&v),
		.memory = read_ref(&v, "memoryRef"),
		.notify = read_ref(&v, "notifyRef"),
		.budget = read_ref(&v, "budgetRef"),
		.registry = read_ref(&v, "registryRef"),
		.probe = load_probe(&v),
		.network_policy = (enum network_policy)read_choice(&v, "networkPolicy"),
		.external_provider = read_text(&v, "externalProviderAddr"),
		.external_queue = read_text(&v, "externalQueueAddr"),
	};
	load_prompt_and_key(&v, ret);
	load_env(&v, ret);
	load_servers(&v, ret);
	load_tools(&v, ret);
	load_capabilities(&v, ret);
	return FAIL_NONE;
}
