/*
 * What a worker knows about its agent: the environment of SPEC 7.1 as a struct.
 *
 * The variables come through a lookup function: getenv for a pod that serves one agent, a map
 * assembled from the objects for the local pool. Everything parsed lives in the config's own
 * arena until agent_config_release. Secrets are in here: it is never printed.
 */
#ifndef ARK_AGENT_AGENT_CONFIG_H
#define ARK_AGENT_AGENT_CONFIG_H

#include "agent/provider.h"
#include "agent/tools.h"
#include "kinds/agent.h"
#include "kinds/settings.h"

enum {
	AGENT_MOCK_MAX_BYTES = 1 << 20,
	AGENT_MODEL_MAX_BYTES = 256,
};

struct agent_source {
	/* The value of a variable; false when it is not set. The text lives as long as the
	 * source. */
	bool (*variable)(void *self, const char *name, struct str *ret_value);
	/* The content of a file, appended to out; FAIL_INPUT, with words, when it cannot be
	 * read or does not fit. NULL = files are not allowed. */
	enum fail (*file)(void *self, struct str path, struct buf *out, struct why *why);
	void *self;
};

/* AGENT_MCP_SERVERS[] (SPEC 6.3). */
struct mcp_config {
	struct str name, url;
	enum mcp_transport transport;
	struct str token;			 /* bearer; empty = none */
	struct str cert_file, key_file, ca_file; /* mtls; empty = none */
	const struct http_field *headers;	 /* secrets in place */
	size_t header_count;
};

/* AGENT_WEBHOOK_TOOLS[] (SPEC 6.4). */
struct webhook_tool {
	struct str name, description, url, method;
	struct str input_schema;	  /* JSON */
	struct schema *schema;		  /* the same, compiled */
	const struct http_field *headers; /* secrets in place */
	size_t header_count;
};

struct memory_config {
	enum memory_backend backend;
	struct str redis_url;
	int64_t redis_ttl_s, redis_max_entries; /* 0 = never, no limit */
	struct str store_provider, store_endpoint, store_collection, store_api_key;
	int64_t store_ttl_s, store_top_k;
	struct str store_min_similarity; /* decimal */
	struct str embedding_model, embedding_provider, embedding_api_key;
	int64_t embedding_dimensions; /* 0 = the model's */
};

struct probe_config {
	bool semantic;
	int64_t interval_s, failures, timeout_s;
	struct str prompt;
};

struct agent_config {
	struct arena arena;

	struct str model;
	enum provider_kind provider; /* AGENT_PROVIDER, or by the model's name */
	bool provider_forced;	     /* not auto: it also serves semanticModel */
	struct str system_prompt;
	struct str namespace, name, team, role, pod;
	struct str redis_url;
	struct str http_addr;

	struct mcp_config *mcp_servers;
	size_t mcp_server_count;
	struct webhook_tool *webhook_tools;
	size_t webhook_tool_count;
	struct tool_policy policy;

	int64_t max_output_tokens, timeout_s, max_retries, max_concurrent_tasks;
	int64_t daily_token_limit; /* 0 = none */
	int64_t max_tool_turns, tool_timeout_s;
	struct probe_config probe;
	struct str temperature; /* decimal; empty = not set */
	struct str output_format;
	struct memory_config memory;
	struct str artifact_store_url, artifact_dir;

	struct str anthropic_api_key, anthropic_base_url;
	struct str openai_api_key, openai_base_url;
	struct str mock_script; /* JSON; empty = the default answers */
};

/* Reads all variables. FAIL_INPUT names the variable that is missing, out of range or no JSON,
 * and for JSON where in it: the worker ends with 2. On failure there is nothing to release. */
enum fail agent_config_load(struct agent_config *ret_config, const struct agent_source *source,
			    struct why *why) MUST_CHECK;
void agent_config_release(struct agent_config *c);

/* Base URL and key for a call by this provider. */
void agent_config_endpoint(const struct agent_config *c, enum provider_kind provider,
			   struct str *ret_base_url, struct str *ret_api_key);

#endif
