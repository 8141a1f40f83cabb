/* ArkAgent (SPEC 6), as the daemons read it. See parts.h for what a view is. */
#ifndef ARK_KINDS_AGENT_H
#define ARK_KINDS_AGENT_H

#include "base/fail.h"
#include "kinds/parts.h"

enum network_policy { NETWORK_DEFAULT, NETWORK_STRICT, NETWORK_DISABLED };

/* SPEC 6.5 */
struct agent_limits {
	int64_t max_tokens_per_call;
	int64_t max_concurrent_tasks;
	int64_t timeout_seconds;
	int64_t max_daily_tokens; /* 0 = no limit */
	int64_t max_retries;
	int64_t max_tool_iterations;
	int64_t tool_timeout_seconds;
};

enum mcp_transport { MCP_AUTO, MCP_STREAMABLE_HTTP, MCP_SSE, MCP_PLAIN };
enum mcp_auth { MCP_AUTH_NONE, MCP_AUTH_BEARER, MCP_AUTH_MTLS };

/* SPEC 6.3: exactly one of url, capability, agent is not empty. */
struct mcp_server {
	struct str name;
	struct str url;
	struct str capability; /* capabilityRef */
	struct str agent;      /* arkAgentRef */
	enum mcp_transport transport;
	struct str guidance;
	enum mcp_auth auth;
	struct key_ref auth_secret; /* bearer: key defaults to "token"; mtls: only the name */
	struct header_list headers;
};

enum http_method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_PATCH };
/* "GET", "POST", ... */
const char *http_method_name(enum http_method m);

/* SPEC 6.4 */
struct http_tool {
	struct str name, description, url;
	enum http_method method;
	struct str input_schema; /* JSON text; {"type":"object"} by default */
	struct header_list headers;
};

/* SPEC 6.6 */
struct capability {
	struct str id, description;
	struct str_list tags;
	struct str input_schema, output_schema; /* JSON text; empty = none */
	bool expose_mcp;
};

/* SPEC 6.7; active when enabled. */
struct autoscaling {
	bool enabled;
	int64_t min_replicas, max_replicas, target_pending_tasks;
};

/* SPEC 6.8; present when the block is written. */
struct liveness_probe {
	bool present;
	bool semantic;
	int64_t interval_seconds, failure_threshold, timeout_seconds;
	struct str validator_prompt;
};

/* envFrom[]: one of config_map, secret is not empty. */
struct env_source {
	struct str prefix, config_map, secret;
	bool optional;
};

struct agent {
	struct str model;
	struct str system_prompt;	  /* inline; used when both references are empty */
	struct key_ref prompt_config_map; /* systemPromptRef */
	struct key_ref prompt_secret;
	int64_t replicas;
	bool has_autoscaling;
	struct autoscaling autoscaling;
	struct agent_limits limits;
	const struct value *resources; /* as written, or NULL: SPEC 6.2 decides */
	const struct env_source *env_from;
	size_t env_from_count;
	struct key_ref api_key;	       /* apiKeyRef {name, key} */
	struct str api_key_ark_secret; /* apiKeyRef {arkSecret} */
	const struct mcp_server *mcp_servers;
	size_t mcp_server_count;
	const struct http_tool *tools;
	size_t tool_count;
	struct str_list tool_allow, tool_deny; /* toolPolicy */
	bool has_tool_allow;		       /* `allow` is written: all else is denied */
	const struct capability *capabilities;
	size_t capability_count;
	struct str_list settings; /* configRef first, then settingsRefs in order */
	struct str memory, notify, budget, registry; /* names of refs; empty = none */
	struct liveness_probe probe;
	enum network_policy network_policy;
	struct str external_provider, external_queue;
};

enum fail agent_load(struct arena *a, const struct value *spec, struct agent *ret,
		     struct why *why) MUST_CHECK;

#endif
