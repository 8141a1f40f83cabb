/* What an ArkAgent refers to, and the size of its prompt. */
#include "base/buf.h"
#include "kinds/check_kind.h"

void check_headers(struct findings *f, const struct check_world *world, struct str namespace,
		   const struct header_list *headers, const struct value *where,
		   const char *reason, const char *field)
{
	for (size_t i = 0; i < headers->count; i++) {
		if (!headers->items[i].secret.optional)
			check_ref(f, world, SEVERITY_WARNING, KIND_PLAIN_SECRET, namespace,
				  headers->items[i].secret.name, reason, where, "%s", field);
	}
}

static void check_tools(struct findings *f, const struct check_world *world,
			struct str namespace, const struct value *spec,
			const struct agent *agent, const char *path)
{
	AUTO_BUF field = BUF(256);

	for (size_t i = 0; i < agent->mcp_server_count; i++) {
		const struct mcp_server *s = &agent->mcp_servers[i];
		const struct value *at = value_at(value_get(spec, STR("mcpServers")), i);

		check_ref(f, world, SEVERITY_ERROR, KIND_AGENT, namespace, s->agent,
			  "MCPResolutionError", at, "%s.mcpServers[%zu].arkAgentRef", path, i);
		check_ref(f, world, SEVERITY_WARNING, KIND_PLAIN_SECRET, namespace,
			  s->auth_secret.name, "MCPResolutionError", at,
			  "%s.mcpServers[%zu].auth.secretRef", path, i);
		buf_clear(&field);
		buf_addf(&field, "%s.mcpServers[%zu].headers", path, i);
		check_headers(f, world, namespace, &s->headers, at, "MCPResolutionError",
			      buf_cstr(&field));
	}
	for (size_t i = 0; i < agent->tool_count; i++) {
		buf_clear(&field);
		buf_addf(&field, "%s.tools[%zu].headers", path, i);
		check_headers(f, world, namespace, &agent->tools[i].headers,
			      value_at(value_get(spec, STR("tools")), i), "MCPResolutionError",
			      buf_cstr(&field));
	}
}

static void check_prompt_and_key(struct findings *f, const struct check_world *world,
				 struct str namespace, const struct value *spec,
				 const struct agent *agent, const char *path)
{
	const struct value *prompt = value_get(spec, STR("systemPromptRef"));
	const struct value *key = value_get(spec, STR("apiKeyRef"));

	if (!agent->prompt_config_map.optional)
		check_ref(f, world, SEVERITY_WARNING, KIND_CONFIG_MAP, namespace,
			  agent->prompt_config_map.name, "PromptResolutionError", prompt,
			  "%s.systemPromptRef", path);
	if (!agent->prompt_secret.optional)
		check_ref(f, world, SEVERITY_WARNING, KIND_PLAIN_SECRET, namespace,
			  agent->prompt_secret.name, "PromptResolutionError", prompt,
			  "%s.systemPromptRef", path);
	check_ref(f, world, SEVERITY_WARNING, KIND_PLAIN_SECRET, namespace, agent->api_key.name,
		  "APIKeyResolutionError", key, "%s.apiKeyRef", path);
	check_ref(f, world, SEVERITY_ERROR, KIND_SECRET, namespace, agent->api_key_ark_secret,
		  "APIKeyResolutionError", key, "%s.apiKeyRef.arkSecret", path);
	for (size_t i = 0; i < agent->env_from_count; i++) {
		const struct env_source *e = &agent->env_from[i];
		const struct value *at = value_at(value_get(spec, STR("envFrom")), i);

		if (e->optional)
			continue;
		check_ref(f, world, SEVERITY_WARNING, KIND_CONFIG_MAP, namespace, e->config_map,
			  "InvalidSpec", at, "%s.envFrom[%zu].configMapRef", path, i);
		check_ref(f, world, SEVERITY_WARNING, KIND_PLAIN_SECRET, namespace, e->secret,
			  "InvalidSpec", at, "%s.envFrom[%zu].secretRef", path, i);
	}
}

void check_agent_refs(struct findings *f, const struct check_world *world, struct str namespace,
		      const struct value *spec, const char *path)
{
	AUTO_ARENA scratch = ARENA_INIT;
	struct agent agent;

	if (agent_load(&scratch, spec, &agent, NULL))
		return;
	for (size_t i = 0; i < agent.settings.count; i++)
		check_ref(f, world, SEVERITY_ERROR, KIND_SETTINGS, namespace,
			  agent.settings.items[i], "SettingsNotFound",
			  value_get(spec, STR("settingsRefs")), "%s.settingsRefs", path);
	check_ref(f, world, SEVERITY_WARNING, KIND_MEMORY, namespace, agent.memory,
		  "MemoryNotFound", value_get(spec, STR("memoryRef")), "%s.memoryRef", path);
	check_prompt_and_key(f, world, namespace, spec, &agent, path);
	check_tools(f, world, namespace, spec, &agent, path);
}

/* What inline roles inherit of their team. */
static void check_policies(struct findings *f, const struct object *o,
			   const struct check_world *world)
{
	AUTO_ARENA scratch = ARENA_INIT;
	struct agent agent;

	if (agent_load(&scratch, o->spec, &agent, NULL))
		return;
	check_ref(f, world, SEVERITY_WARNING, KIND_REGISTRY, o->namespace, agent.registry,
		  "RegistryNotFound", value_get(o->spec, STR("registryRef")),
		  "spec.registryRef");
	check_ref(f, world, SEVERITY_WARNING, KIND_NOTIFY, o->namespace, agent.notify,
		  "InvalidSpec", value_get(o->spec, STR("notifyRef")), "spec.notifyRef");
	check_ref(f, world, SEVERITY_WARNING, KIND_BUDGET, o->namespace, agent.budget,
		  "InvalidSpec", value_get(o->spec, STR("budgetRef")), "spec.budgetRef");
}

void check_agent(struct findings *f, const struct object *o, const struct check_world *world)
{
	const struct limits *limits = world->limits ? world->limits : &limits_default;
	const struct value *prompt = value_get(o->spec, STR("systemPrompt"));
	size_t size = value_text(prompt).len;

	/* SPEC 3.4 */
	if (size > (size_t)limits->prompt_bytes)
		findings_add(f, SEVERITY_ERROR, STR("spec.systemPrompt"), prompt, "InvalidSpec",
			     "prompt-bytes: %zu bytes, at most %lld are allowed", size,
			     (long long)limits->prompt_bytes);
	else if (size > (size_t)limits->prompt_warn_bytes)
		findings_add(f, SEVERITY_WARNING, STR("spec.systemPrompt"), prompt,
			     "InlinePromptTooLarge",
			     "%zu bytes; keep long prompts in a ConfigMap (systemPromptRef)",
			     size);
	check_policies(f, o, world);
	check_agent_refs(f, world, o->namespace, o->spec, "spec");
}
