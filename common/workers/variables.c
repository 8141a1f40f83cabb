#include "workers/variables_inner.h"

#include "base/json.h"
#include "kinds/memory.h"
#include "kinds/prompt.h"
#include "kinds/secret.h"
#include "kinds/settings.h"

static void set(struct variables *v, struct variable item)
{
	v->items = arena_grow(v->arena, v->items, v->count, &v->cap, sizeof(*v->items));
	v->items[v->count++] = item;
}

void variables_set(struct variables *v, struct str name, struct str value)
{
	set(v, (struct variable){name, value, false});
}

void variables_set_secret(struct variables *v, struct str name, struct str value)
{
	set(v, (struct variable){name, value, true});
}

bool variables_get(const struct variables *v, struct str name, struct str *ret)
{
	for (size_t i = v->count; i > 0; i--)
		if (str_eq(v->items[i - 1].name, name)) {
			*ret = v->items[i - 1].value;
			return true;
		}
	return false;
}

static void set_int(struct variables *v, const char *name, int64_t n)
{
	variables_set(v, str_of(name), arena_printf(v->arena, "%lld", (long long)n));
}

static void set_if(struct variables *v, const char *name, struct str value)
{
	if (value.len)
		variables_set(v, str_of(name), value);
}

/* --- what references name ------------------------------------------------------------------------ */

bool assembly_value(const struct assembly *s, enum kind kind, struct str name, struct str key,
		    struct str *ret)
{
	const struct object *o =
		s->world->object(s->world->arg, kind, s->object->namespace, name);

	if (!o)
		return false;
	if (kind == KIND_PLAIN_SECRET)
		return s->world->open(s->world->arg, s->v->arena, o, key, ret);
	return object_data(s->v->arena, o, key, ret);
}

enum fail assembly_ref(const struct assembly *s, enum kind kind, const struct key_ref *ref,
		       const char *reason, struct str *ret, struct why *why)
{
	*ret = STR("");
	if (assembly_value(s, kind, ref->name, ref->key, ret) || ref->optional)
		return FAIL_NONE;
	return assembly_fail(s, reason, why, "%s '%.*s' has no key '%.*s'", kind_name(kind),
			     STR_ARG(ref->name), STR_ARG(ref->key));
}

/* --- the weaker sources (SPEC 20.6) ---------------------------------------------------------------- */

static bool add_all(const struct assembly *s, enum kind kind, struct str name,
		    struct str prefix)
{
	const struct object *o =
		s->world->object(s->world->arg, kind, s->object->namespace, name);
	const struct value *keys;

	if (!o)
		return false;
	keys = value_get(o->value, kind == KIND_PLAIN_SECRET ? STR("sealed") : STR("data"));
	for (size_t i = 0; value_is(keys, VALUE_MAP) && i < keys->map.count; i++) {
		struct str key = keys->map.entries[i].key, text;

		if (assembly_value(s, kind, name, key, &text))
			variables_set(s->v,
				      arena_printf(s->v->arena, "%.*s%.*s", STR_ARG(prefix),
						   STR_ARG(key)),
				      text);
	}
	return true;
}

static enum fail add_env_from(const struct assembly *s, struct why *why)
{
	for (size_t i = 0; i < s->agent->env_from_count; i++) {
		const struct env_source *e = &s->agent->env_from[i];
		enum kind kind = e->secret.len ? KIND_PLAIN_SECRET : KIND_CONFIG_MAP;
		struct str name = e->secret.len ? e->secret : e->config_map;

		if (!add_all(s, kind, name, e->prefix) && !e->optional)
			return assembly_fail(s, "APIKeyResolutionError", why,
					     "envFrom: there is no %s '%.*s'", kind_name(kind),
					     STR_ARG(name));
	}
	return FAIL_NONE;
}

bool variables_ark_secret(const struct variables_world *w, struct arena *a,
			  struct str namespace, struct str ark_secret, struct str *ret_variable,
			  struct key_ref *ret_key)
{
	const struct object *o = w->object(w->arg, KIND_SECRET, namespace, ark_secret);
	struct ark_secret s;

	if (!o || ark_secret_load(a, o->spec, &s, NULL))
		return false;
	*ret_variable = s.env_var;
	*ret_key = s.provider == SECRET_KUBERNETES
			   ? s.kubernetes
			   : (struct key_ref){.name = arena_printf(a, "ark-secret-%.*s",
								   STR_ARG(ark_secret)),
					      .key = s.env_var};
	return true;
}

/* One provider key: of a Secret, or what an ArkSecret was resolved to (SPEC 6.1, 19). */
static enum fail add_api_key(const struct assembly *s, struct why *why)
{
	const struct agent *g = s->agent;
	struct key_ref key = g->api_key;
	struct str variable = key.key, value;
	enum fail f;

	if (g->api_key_ark_secret.len &&
	    !variables_ark_secret(s->world, s->v->arena, s->object->namespace,
				  g->api_key_ark_secret, &variable, &key))
		return assembly_fail(s, "APIKeyResolutionError", why,
				     "apiKeyRef: there is no ArkSecret '%.*s'",
				     STR_ARG(g->api_key_ark_secret));
	if (!key.name.len)
		return FAIL_NONE;
	f = assembly_ref(s, KIND_PLAIN_SECRET, &key, "APIKeyResolutionError", &value, why);
	if (f)
		return fail_in(why, f, "apiKeyRef");
	variables_set(s->v, variable, value);
	return FAIL_NONE;
}

/* --- prompt and settings --------------------------------------------------------------------------- */

static enum fail own_prompt(const struct assembly *s, struct str *ret, struct why *why)
{
	const struct agent *g = s->agent;
	enum fail f = FAIL_NONE;

	*ret = g->system_prompt;
	if (g->prompt_config_map.name.len)
		f = assembly_ref(s, KIND_CONFIG_MAP, &g->prompt_config_map,
				 "PromptResolutionError", ret, why);
	else if (g->prompt_secret.name.len)
		f = assembly_ref(s, KIND_PLAIN_SECRET, &g->prompt_secret,
				 "PromptResolutionError", ret, why);
	return f ? fail_in(why, f, "systemPromptRef") : FAIL_NONE;
}

static enum fail load_settings(const struct assembly *s, struct ark_settings *ret,
			       struct why *why)
{
	const struct str_list *names = &s->agent->settings;
	struct ark_settings *list = ARENA_ARRAY(s->v->arena, names->count, struct ark_settings);

	for (size_t i = 0; i < names->count; i++) {
		const struct object *o = s->world->object(
			s->world->arg, KIND_SETTINGS, s->object->namespace, names->items[i]);

		if (!o || ark_settings_load(s->v->arena, o->spec, &list[i], why))
			return assembly_fail(s, "SettingsNotFound", why,
					     "there is no ArkSettings '%.*s'",
					     STR_ARG(names->items[i]));
	}
	*ret = ark_settings_compose(s->v->arena, list, names->count);
	return FAIL_NONE;
}

static enum fail add_prompt(const struct assembly *s, const struct ark_settings *settings,
			    struct why *why)
{
	const struct agent *g = s->agent;
	struct pair *guidance = ARENA_ARRAY(s->v->arena, g->mcp_server_count, struct pair);
	AUTO_BUF text = BUF(VARIABLES_PROMPT_MAX_BYTES);
	struct system_prompt p = {
		.fragments = settings->fragments,
		.fragment_count = settings->fragment_count,
		.output_format = settings->output_format,
		.guidance = {guidance, g->mcp_server_count},
	};
	enum fail f = own_prompt(s, &p.own, why);

	if (f)
		return f;
	s->v->prompt = p.own;
	for (size_t i = 0; i < g->mcp_server_count; i++)
		guidance[i] = (struct pair){g->mcp_servers[i].name, g->mcp_servers[i].guidance};
	prompt_add_system(&text, &p);
	if (text.full)
		return assembly_fail(s, "InvalidSpec", why,
				     "prompt-bytes: the system prompt is too long");
	variables_set(s->v, STR("AGENT_SYSTEM_PROMPT"), arena_str(s->v->arena, buf_str(&text)));
	set_if(s->v, "AGENT_TEMPERATURE", settings->temperature);
	set_if(s->v, "AGENT_OUTPUT_FORMAT", settings->output_format);
	return FAIL_NONE;
}

/* --- memory ------------------------------------------------------------------------------------------ */

static enum fail add_memory(const struct assembly *s, struct why *why)
{
	const struct object *o = s->world->object(s->world->arg, KIND_MEMORY,
						  s->object->namespace, s->agent->memory);
	struct variables *v = s->v;
	struct memory m;
	struct str text;
	AUTO_BUF number = BUF(64);

	if (!s->agent->memory.len)
		return FAIL_NONE;
	if (!o || memory_load(v->arena, o->spec, &m, why))
		return assembly_fail(s, "MemoryNotFound", why, "there is no ArkMemory '%.*s'",
				     STR_ARG(s->agent->memory));
	variables_set(v, STR("AGENT_MEMORY_BACKEND"), str_of(memory_backend_name(m.backend)));
	if (m.backend == MEMORY_REDIS) {
		if (assembly_value(s, KIND_PLAIN_SECRET, m.redis_secret, STR("REDIS_URL"),
				   &text))
			variables_set_secret(v, STR("AGENT_MEMORY_REDIS_URL"), text);
		set_int(v, "AGENT_MEMORY_REDIS_TTL", m.redis_ttl_seconds);
		set_int(v, "AGENT_MEMORY_REDIS_MAX_ENTRIES", m.redis_max_entries);
	}
	if (m.backend != MEMORY_VECTOR_STORE)
		return FAIL_NONE;
	set_if(v, "AGENT_MEMORY_VECTOR_STORE_PROVIDER",
	       str_of(vector_provider_name(m.provider)));
	set_if(v, "AGENT_MEMORY_VECTOR_STORE_ENDPOINT", m.endpoint);
	set_if(v, "AGENT_MEMORY_VECTOR_STORE_COLLECTION", m.collection);
	set_int(v, "AGENT_MEMORY_VECTOR_STORE_TTL", m.vector_ttl_seconds);
	set_int(v, "AGENT_MEMORY_VECTOR_STORE_TOP_K", m.top_k);
	json_add_double(&number, m.min_similarity > 0 ? m.min_similarity : 0);
	variables_set(v, STR("AGENT_MEMORY_VECTOR_STORE_MIN_SIMILARITY"),
		      m.min_similarity > 0 ? arena_str(v->arena, buf_str(&number)) : STR("0"));
	if (m.vector_secret.len && assembly_value(s, KIND_PLAIN_SECRET, m.vector_secret,
						  STR("VECTOR_STORE_API_KEY"), &text))
		variables_set_secret(v, STR("AGENT_MEMORY_VECTOR_STORE_API_KEY"), text);
	set_if(v, "AGENT_EMBEDDING_MODEL", m.embedding_model);
	set_if(v, "AGENT_EMBEDDING_PROVIDER", m.embedding_provider);
	set_int(v, "AGENT_EMBEDDING_DIMENSIONS", m.embedding_dimensions);
	if (m.embedding_key.name.len &&
	    assembly_value(s, KIND_PLAIN_SECRET, m.embedding_key.name, m.embedding_key.key,
			   &text))
		variables_set_secret(v, STR("AGENT_EMBEDDING_API_KEY"), text);
	return FAIL_NONE;
}

/* --- all of it ---------------------------------------------------------------------------------------- */

static void add_plain(const struct assembly *s)
{
	const struct agent *g = s->agent;
	const struct liveness_probe *p = &g->probe;
	struct variables *v = s->v;

	variables_set(v, STR("AGENT_MODEL"), g->model);
	variables_set(v, STR("AGENT_NAMESPACE"), s->object->namespace);
	variables_set(v, STR("AGENT_NAME"), s->object->name);
	set_if(v, "AGENT_TEAM_NAME", object_label(s->object, STR(ARK_LABEL "team")));
	set_if(v, "AGENT_TEAM_ROLE", object_label(s->object, STR(ARK_LABEL "role")));
	if (g->external_provider.len) {
		variables_set(v, STR("AGENT_PROVIDER"), STR("openai"));
		variables_set(v, STR("OPENAI_BASE_URL"),
			      arena_printf(v->arena, "http://%.*s/v1",
					   STR_ARG(g->external_provider)));
	}
	set_int(v, "AGENT_MAX_TOKENS", g->limits.max_tokens_per_call);
	set_int(v, "AGENT_TIMEOUT_SECONDS", g->limits.timeout_seconds);
	set_int(v, "AGENT_MAX_RETRIES", g->limits.max_retries);
	set_int(v, "AGENT_MAX_CONCURRENT_TASKS", g->limits.max_concurrent_tasks);
	set_int(v, "AGENT_DAILY_TOKEN_LIMIT", g->limits.max_daily_tokens);
	set_int(v, "AGENT_MAX_TOOL_ITERATIONS", g->limits.max_tool_iterations);
	set_int(v, "AGENT_TOOL_TIMEOUT_SECONDS", g->limits.tool_timeout_seconds);
	if (!p->present)
		return;
	variables_set(v, STR("AGENT_PROBE_TYPE"), p->semantic ? STR("semantic") : STR("ping"));
	set_int(v, "AGENT_PROBE_INTERVAL_SECONDS", p->interval_seconds);
	set_int(v, "AGENT_PROBE_FAILURES", p->failure_threshold);
	set_int(v, "AGENT_PROBE_TIMEOUT_SECONDS", p->timeout_seconds);
	set_if(v, "AGENT_VALIDATOR_PROMPT", p->validator_prompt);
}

enum fail variables_add_sources(struct variables *v, const struct object *object,
				const struct agent *agent, const struct variables_world *w,
				struct why *why)
{
	struct assembly s = {v, object, agent, w};
	enum fail f;

	add_all(&s, KIND_PLAIN_SECRET, STR("ark-api-keys"), STR(""));
	f = add_env_from(&s, why);
	return f ? f : add_api_key(&s, why);
}

enum fail variables_add_own(struct variables *v, const struct object *object,
			    const struct agent *agent, const struct variables_world *w,
			    struct why *why)
{
	struct assembly s = {v, object, agent, w};
	struct ark_settings settings;
	enum fail f = load_settings(&s, &settings, why);

	if (f)
		return f;
	add_plain(&s);
	f = add_prompt(&s, &settings, why);
	if (!f)
		f = add_memory(&s, why);
	if (!f)
		f = assembly_add_tools(&s, why);
	return f;
}

struct str variable_part(struct arena *a, struct str name)
{
	char *p = arena_alloc(a, name.len + 1);

	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (c >= 'a' && c <= 'z')
			p[i] = (char)(c - 'a' + 'A');
		else
			p[i] = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
	}
	return str_n(p, name.len);
}
