#include "agent/agent_config_internal.h"

#include <stddef.h>

#include "base/json.h"
#include "base/utf8.h"
#include "http/uri.h"
#include "lang/schema.h"
#include "workers/variables.h"

#define DEFAULT_VALIDATOR_PROMPT                                                               \
	"This is a health check. If you can read this and answer, reply with the single word " \
	"HEALTHY."

/* --- the table of plain variables: SPEC 7.1 --------------------------------------------- */

struct text_variable {
	const char *name;
	size_t offset;
	const char *fallback;
};

struct count_variable {
	const char *name;
	size_t offset;
	int64_t fallback, min, max;
};

#define AT(member) offsetof(struct agent_config, member)

static const struct text_variable texts[] = {
	{"AGENT_MODEL", AT(model), ""},
	{"AGENT_NAMESPACE", AT(namespace), "default"},
	{"AGENT_NAME", AT(name), ""},
	{"AGENT_TEAM_NAME", AT(team), ""},
	{"AGENT_TEAM_ROLE", AT(role), ""},
	{"POD_NAME", AT(pod), ""},
	{"TASK_QUEUE_URL", AT(redis_url), ""},
	{"AGENT_HTTP_ADDR", AT(http_addr), ":8080"},
	{"AGENT_VALIDATOR_PROMPT", AT(probe.prompt), DEFAULT_VALIDATOR_PROMPT},
	{"AGENT_TEMPERATURE", AT(temperature), ""},
	{"AGENT_OUTPUT_FORMAT", AT(output_format), ""},
	{"AGENT_MEMORY_REDIS_URL", AT(memory.redis_url), ""},
	{"AGENT_MEMORY_VECTOR_STORE_PROVIDER", AT(memory.store_provider), ""},
	{"AGENT_MEMORY_VECTOR_STORE_ENDPOINT", AT(memory.store_endpoint), ""},
	{"AGENT_MEMORY_VECTOR_STORE_COLLECTION", AT(memory.store_collection), "agent-memories"},
	{"AGENT_MEMORY_VECTOR_STORE_API_KEY", AT(memory.store_api_key), ""},
	{"AGENT_EMBEDDING_MODEL", AT(memory.embedding_model), "text-embedding-3-small"},
	{"AGENT_EMBEDDING_PROVIDER", AT(memory.embedding_provider), "auto"},
	{"AGENT_EMBEDDING_API_KEY", AT(memory.embedding_api_key), ""},
	{"AGENT_ARTIFACT_STORE_URL", AT(artifact_store_url), ""},
	{"AGENT_ARTIFACT_DIR", AT(artifact_dir), "/tmp/ark-artifacts"},
	{"ANTHROPIC_API_KEY", AT(anthropic_api_key), ""},
	{"ANTHROPIC_BASE_URL", AT(anthropic_base_url), "https://api.anthropic.com"},
	{"OPENAI_API_KEY", AT(openai_api_key), ""},
	{"OPENAI_BASE_URL", AT(openai_base_url), "https://api.openai.com/v1"},
};

/* Ranges of SPEC 6.5, 6.8, 18.7. */
static const struct count_variable counts[] = {
	{"AGENT_MAX_TOKENS", AT(max_output_tokens), 8000, 1, 200000},
	{"AGENT_TIMEOUT_SECONDS", AT(timeout_s), 120, 1, 86400},
	{"AGENT_MAX_RETRIES", AT(max_retries), 3, 0, 100},
	{"AGENT_MAX_CONCURRENT_TASKS", AT(max_concurrent_tasks), 5, 1, 1000},
	{"AGENT_DAILY_TOKEN_LIMIT", AT(daily_token_limit), 0, 0, INT64_MAX},
	{"AGENT_MAX_TOOL_ITERATIONS", AT(max_tool_turns), 25, 1, 200},
	{"AGENT_TOOL_TIMEOUT_SECONDS", AT(tool_timeout_s), 30, 1, 600},
	{"AGENT_PROBE_INTERVAL_SECONDS", AT(probe.interval_s), 30, 5, 3600},
	{"AGENT_PROBE_FAILURES", AT(probe.failures), 3, 1, 10},
	{"AGENT_PROBE_TIMEOUT_SECONDS", AT(probe.timeout_s), 15, 1, 300},
	{"AGENT_MEMORY_REDIS_TTL", AT(memory.redis_ttl_s), 3600, 0, INT32_MAX},
	{"AGENT_MEMORY_REDIS_MAX_ENTRIES", AT(memory.redis_max_entries), 0, 0, INT32_MAX},
	{"AGENT_MEMORY_VECTOR_STORE_TTL", AT(memory.store_ttl_s), 0, 0, INT32_MAX},
	{"AGENT_MEMORY_VECTOR_STORE_TOP_K", AT(memory.store_top_k), 5, 1, 50},
	{"AGENT_EMBEDDING_DIMENSIONS", AT(memory.embedding_dimensions), 0, 0, 65536},
};

/* --- reading ---------------------------------------------------------------------------- */

/* An empty variable counts as absent: that is how a manifest unsets one. */
bool config_variable(const struct agent_source *source, const char *name, struct str *ret)
{
	struct str v;

	if (!source->variable(source->self, name, &v) || !v.len)
		return false;
	*ret = v;
	return true;
}

static void load_texts(struct agent_config *c, const struct agent_source *source)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct str v = str_of(texts[i].fallback);

		config_variable(source, texts[i].name, &v);
		*(struct str *)(void *)((char *)c + texts[i].offset) = arena_str(&c->arena, v);
	}
}

static enum fail load_counts(struct agent_config *c, const struct agent_source *source,
			     struct why *why)
{
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		const struct count_variable *k = &counts[i];
		int64_t n = k->fallback;
		struct str v;

		if (config_variable(source, k->name, &v) &&
		    (!str_to_i64(v, &n) || n < k->min || n > k->max))
			return failf(why, FAIL_INPUT, "%s: expected an integer of %lld-%lld",
				     k->name, (long long)k->min, (long long)k->max);
		*(int64_t *)(void *)((char *)c + k->offset) = n;
	}
	return FAIL_NONE;
}

/* A text that may come from a file; the file wins. */
static enum fail load_file(struct agent_config *c, const struct agent_source *source,
			   const char *file_name, const char *text_name, size_t max_bytes,
			   struct str *ret, struct why *why)
{
	AUTO_BUF text = BUF(max_bytes);
	struct str v;
	enum fail f;

	if (config_variable(source, file_name, &v)) {
		if (!source->file)
			return failf(why, FAIL_INPUT, "%s: files are not allowed here",
				     file_name);
		f = source->file(source->self, v, &text, why);
		if (f)
			return fail_in(why, f, "%s", file_name);
	} else if (config_variable(source, text_name, &v)) {
		buf_add(&text, v);
	}
	if (text.full)
		return failf(why, FAIL_INPUT, "%s: over %zu bytes", text_name, max_bytes);
	*ret = arena_str(&c->arena, buf_str(&text));
	return FAIL_NONE;
}

/* --- choices ---------------------------------------------------------------------------- */

static enum fail load_provider(struct agent_config *c, const struct agent_source *source,
			       struct why *why)
{
	struct str v = STR("auto");

	config_variable(source, "AGENT_PROVIDER", &v);
	c->provider = provider_of_model(c->model);
	if (str_is(v, "auto"))
		return FAIL_NONE;
	if (!provider_named(v, &c->provider))
		return failf(why, FAIL_INPUT,
			     "AGENT_PROVIDER: expected anthropic, openai, mock or auto");
	c->provider_forced = true;
	return FAIL_NONE;
}

static enum fail load_probe(struct agent_config *c, const struct agent_source *source,
			    struct why *why)
{
	struct str v = STR("ping");

	config_variable(source, "AGENT_PROBE_TYPE", &v);
	if (!str_is(v, "ping") && !str_is(v, "semantic"))
		return failf(why, FAIL_INPUT, "AGENT_PROBE_TYPE: expected ping or semantic");
	c->probe.semantic = str_is(v, "semantic");
	return FAIL_NONE;
}

static enum fail load_memory(struct agent_config *c, const struct agent_source *source,
			     struct why *why)
{
	struct str v = STR("in-context");

	config_variable(source, "AGENT_MEMORY_BACKEND", &v);
	c->memory.store_min_similarity = STR("0.7");
	if (config_number(c, source, "AGENT_MEMORY_VECTOR_STORE_MIN_SIMILARITY",
			  &c->memory.store_min_similarity, why))
		return FAIL_INPUT;
	if (str_is(v, "in-context"))
		c->memory.backend = MEMORY_IN_CONTEXT;
	else if (str_is(v, "redis"))
		c->memory.backend = MEMORY_REDIS;
	else if (str_is(v, "vector-store"))
		c->memory.backend = MEMORY_VECTOR_STORE;
	else
		return failf(why, FAIL_INPUT,
			     "AGENT_MEMORY_BACKEND: expected in-context, "
			     "redis or vector-store");
	return FAIL_NONE;
}

/* A JSON number of 0 to 1 (SPEC 18.1), kept as it was written. */
enum fail config_number(struct agent_config *c, const struct agent_source *source,
			const char *name, struct str *ret, struct why *why)
{
	AUTO_ARENA a = ARENA_INIT;
	struct value n;
	struct why parse;
	struct str v;
	double d;

	if (!config_variable(source, name, &v))
		return FAIL_NONE;
	v = str_trim(v);
	if (json_parse(&a, v, JSON_STRICT, 1, &n, &parse) ||
	    (n.kind != VALUE_INT && n.kind != VALUE_FLOAT))
		return failf(why, FAIL_INPUT, "%s: expected a number", name);
	d = n.kind == VALUE_INT ? (double)n.integer : n.real.number;
	if (!(d >= 0 && d <= 1))
		return failf(why, FAIL_INPUT, "%s: expected a number of 0-1", name);
	*ret = arena_str(&c->arena, v);
	return FAIL_NONE;
}

/* One Redis holds all (SPEC 2.5). */
static enum fail check_redis(const struct agent_config *c, const struct agent_source *source,
			     struct why *why)
{
	static const char *const same[] = {"STREAM_CHANNEL_URL", "SPEND_STORE_URL"};
	struct str v;

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (config_variable(source, same[i], &v) && !str_eq(v, c->redis_url))
			return failf(why, FAIL_INPUT, "%s: must equal TASK_QUEUE_URL", same[i]);
	return FAIL_NONE;
}

static enum fail check_url(const char *name, struct str url, struct why *why)
{
	struct uri uri;

	if (uri_split(url, &uri))
		return FAIL_NONE;
	return failf(why, FAIL_INPUT, "%s: expected an http(s) URL", name);
}

/* It is said in messages, as a word of at most so many bytes. */
static enum fail check_model(struct str model, struct why *why)
{
	if (!model.len)
		return failf(why, FAIL_INPUT, "AGENT_MODEL: missing");
	if (model.len > AGENT_MODEL_MAX_BYTES || !utf8_valid(model))
		return failf(why, FAIL_INPUT, "AGENT_MODEL: expected at most %d bytes of UTF-8",
			     AGENT_MODEL_MAX_BYTES);
	for (size_t i = 0; i < model.len; i++)
		if ((unsigned char)model.ptr[i] < 0x20 || model.ptr[i] == 0x7F)
			return failf(why, FAIL_INPUT, "AGENT_MODEL: has control characters");
	return FAIL_NONE;
}

/* --- all of it -------------------------------------------------------------------------- */

static enum fail load(struct agent_config *c, const struct agent_source *source,
		      struct why *why)
{
	enum fail f;

	load_texts(c, source);
	f = check_model(c->model, why);
	if (f)
		return f;
	f = load_counts(c, source, why);
	if (!f)
		f = load_file(c, source, "AGENT_SYSTEM_PROMPT_FILE", "AGENT_SYSTEM_PROMPT",
			      VARIABLES_PROMPT_MAX_BYTES, &c->system_prompt, why);
	if (!f && !c->system_prompt.len)
		f = failf(why, FAIL_INPUT,
			  "AGENT_SYSTEM_PROMPT or AGENT_SYSTEM_PROMPT_FILE: missing");
	if (!f)
		f = load_file(c, source, "ARK_MOCK_FILE", "ARK_MOCK", AGENT_MOCK_MAX_BYTES,
			      &c->mock_script, why);
	if (!f)
		f = load_provider(c, source, why);
	if (!f)
		f = load_probe(c, source, why);
	if (!f)
		f = load_memory(c, source, why);
	if (!f)
		f = config_number(c, source, "AGENT_TEMPERATURE", &c->temperature, why);
	if (!f)
		f = check_redis(c, source, why);
	if (!f)
		f = check_url("ANTHROPIC_BASE_URL", c->anthropic_base_url, why);
	if (!f)
		f = check_url("OPENAI_BASE_URL", c->openai_base_url, why);
	if (!f)
		f = config_load_lists(c, source, why);
	return f;
}

enum fail agent_config_load(struct agent_config *ret, const struct agent_source *source,
			    struct why *why)
{
	struct agent_config c = {0};
	enum fail f = load(&c, source, why);

	if (f)
		agent_config_release(&c);
	else
		*ret = c;
	return f;
}

void agent_config_release(struct agent_config *c)
{
	for (size_t i = 0; i < c->webhook_tool_count; i++)
		schema_free(c->webhook_tools[i].schema);
	arena_release(&c->arena);
	*c = (struct agent_config){0};
}

void agent_config_endpoint(const struct agent_config *c, enum provider_kind provider,
			   struct str *ret_base_url, struct str *ret_api_key)
{
	switch (provider) {
	case PROVIDER_ANTHROPIC:
		*ret_base_url = c->anthropic_base_url;
		*ret_api_key = c->anthropic_api_key;
		return;
	case PROVIDER_OPENAI:
		*ret_base_url = c->openai_base_url;
		*ret_api_key = c->openai_api_key;
		return;
	case PROVIDER_MOCK:
		*ret_base_url = STR("");
		*ret_api_key = STR("");
		return;
	}
}
