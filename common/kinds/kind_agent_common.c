/* What an ArkAgent and an inline role of an ArkTeam have in common (SPEC 6.1, 8.4). */
#include "kinds/shared.h"

/* ---- prompts and keys */

static const struct field prompt_ref_fields[] = {
	{.name = "configMapKeyRef",
	 .about = "Key of a ConfigMap that holds the prompt.",
	 .types = T_OBJECT,
	 .object = &table_secret_key},
	{.name = "secretKeyRef",
	 .about = "Key of a Secret that holds the prompt.",
	 .types = T_OBJECT,
	 .object = &table_secret_key},
};
static const struct rule prompt_ref_rules[] = {
	{RULE_EXACTLY_ONE, {"configMapKeyRef", "secretKeyRef"}, NULL, NULL},
};
static const struct table prompt_ref_table = {FIELDS(prompt_ref_fields),
					      RULES(prompt_ref_rules)};

static const struct field api_key_fields[] = {
	{.name = "name",
	 .about = "Name of a Secret in the same namespace.",
	 .types = T_STRING,
	 .min_bytes = 1},
	{.name = "key",
	 .about = "Key in the Secret; also the name of the variable in the worker.",
	 .types = T_STRING,
	 .min_bytes = 1},
	{.name = "arkSecret",
	 .about = "Name of an ArkSecret in the same namespace.",
	 .types = T_STRING,
	 .min_bytes = 1},
};
static const struct rule api_key_rules[] = {
	{RULE_EXACTLY_ONE, {"name", "arkSecret"}, NULL, NULL},
	{RULE_NEEDS, {"key"}, "name", NULL},
	{RULE_FORBIDS, {"key"}, "arkSecret", NULL},
};
static const struct table api_key_table = {FIELDS(api_key_fields), RULES(api_key_rules)};

/* ---- types of Kubernetes */

static const struct field env_object_fields[] = {
	{.name = "name",
	 .about = "Name of the object, in the same namespace.",
	 .types = T_STRING,
	 .required = true,
	 .min_bytes = 1},
	{.name = "optional",
	 .about = "Whether it is fine when the object does not exist.",
	 .types = T_BOOLEAN,
	 .fallback = "false"},
};
static const struct table env_object_table = {FIELDS(env_object_fields)};
static const struct field env_from_fields[] = {
	{.name = "prefix", .about = "Put before the name of each variable.", .types = T_STRING},
	{.name = "configMapRef",
	 .about = "ConfigMap whose keys become variables.",
	 .types = T_OBJECT,
	 .object = &env_object_table},
	{.name = "secretRef",
	 .about = "Secret whose keys become variables.",
	 .types = T_OBJECT,
	 .object = &env_object_table},
};
static const struct rule env_from_rules[] = {
	{RULE_EXACTLY_ONE, {"configMapRef", "secretRef"}, NULL, NULL},
};
static const struct table env_from_table = {FIELDS(env_from_fields), RULES(env_from_rules)};
static const struct field env_from_item = {
	.types = T_OBJECT, .object = &env_from_table, .about = "A source of variables."};

static const struct field quantity = {.types = T_STRING | T_INTEGER | T_NUMBER,
				      .about = "A quantity, such as 100m or 128Mi.",
				      .pattern = &pattern_quantity};
static const struct field claim_item = {.types = T_ANY, .about = "A claim of Kubernetes."};
static const struct field resources_fields[] = {
	{.name = "limits",
	 .about = "The most that a pod may use, by resource.",
	 .types = T_MAP,
	 .values = &quantity},
	{.name = "requests",
	 .about = "What a pod is sure to get, by resource.",
	 .types = T_MAP,
	 .values = &quantity},
	{.name = "claims",
	 .about = "Claims of dynamic resources.",
	 .types = T_LIST,
	 .items = &claim_item,
	 .max_items = 100},
};
static const struct table resources_table = {FIELDS(resources_fields)};

/* ---- SPEC 6.5 */

static const struct field limits_fields[] = {
	{.name = "maxTokensPerCall",
	 .about = "Output tokens asked of the model in one call.",
	 .types = T_INTEGER,
	 .fallback = "8000",
	 .bounds = BETWEEN(1, 200000)},
	{.name = "maxConcurrentTasks",
	 .about = "Tasks that one pod works on at once.",
	 .types = T_INTEGER,
	 .fallback = "5",
	 .bounds = BETWEEN(1, 1000)},
	{.name = "timeoutSeconds",
	 .about = "Working time of one task, from the moment a worker starts it.",
	 .types = T_INTEGER,
	 .fallback = "120",
	 .bounds = BETWEEN(1, 86400)},
	{.name = "maxDailyTokens",
	 .about = "Input and output tokens of the agent in any 24 hours.",
	 .types = T_INTEGER,
	 .bounds = AT_LEAST(1)},
	{.name = "maxRetries",
	 .about = "How often a task is put back after a failure that may pass.",
	 .types = T_INTEGER,
	 .fallback = "3",
	 .bounds = BETWEEN(0, 100)},
	{.name = "maxToolIterations",
	 .about = "Model calls of one task that may ask for tools.",
	 .types = T_INTEGER,
	 .fallback = "25",
	 .bounds = BETWEEN(1, 200)},
	{.name = "toolTimeoutSeconds",
	 .about = "Time of one tool call, except delegation and calls of other agents.",
	 .types = T_INTEGER,
	 .fallback = "30",
	 .bounds = BETWEEN(1, 600)},
};
static const struct table limits_table = {FIELDS(limits_fields)};

/* ---- capabilities, scaling, probe: SPEC 6.6 to 6.8 */

static const struct field capability_fields[] = {
	{.name = "id",
	 .about = "Name of the capability, unique in the agent.",
	 .types = T_STRING,
	 .required = true,
	 .min_bytes = 1},
	{.name = "description", .about = "What the agent can do.", .types = T_STRING},
	{.name = "tags",
	 .about = "Words to choose by.",
	 .types = T_LIST,
	 .items = &item_text,
	 .max_items = 100},
	{.name = "inputSchema",
	 .about = "JSON Schema of what it takes, as text or object.",
	 .types = T_STRING | T_MAP,
	 .text = TEXT_SCHEMA,
	 .values = &item_any},
	{.name = "outputSchema",
	 .about = "JSON Schema of what it gives, as text or object.",
	 .types = T_STRING | T_MAP,
	 .text = TEXT_SCHEMA,
	 .values = &item_any},
	{.name = "exposeMCP",
	 .about = "Whether it is a tool of the agent's MCP endpoint.",
	 .types = T_BOOLEAN,
	 .fallback = "false"},
};
static const struct table capability_table = {FIELDS(capability_fields)};
static const struct field capability_item = {
	.types = T_OBJECT, .object = &capability_table, .about = "A capability."};

static const struct field autoscaling_fields[] = {
	{.name = "enabled",
	 .about = "Whether the agent is scaled by its queue.",
	 .types = T_BOOLEAN,
	 .fallback = "true"},
	{.name = "minReplicas",
	 .about = "Fewest pods.",
	 .types = T_INTEGER,
	 .fallback = "1",
	 .bounds = BETWEEN(0, INT32_MAX)},
	{.name = "maxReplicas",
	 .about = "Most pods, not below minReplicas.",
	 .types = T_INTEGER,
	 .fallback = "10",
	 .bounds = BETWEEN(1, INT32_MAX)},
	{.name = "targetPendingTasks",
	 .about = "Waiting tasks per pod that are aimed at.",
	 .types = T_INTEGER,
	 .fallback = "5",
	 .bounds = BETWEEN(1, INT32_MAX)},
};
static const struct rule autoscaling_rules[] = {
	{RULE_NOT_BELOW, {"maxReplicas", "minReplicas"}, NULL, NULL},
};
static const struct table autoscaling_table = {FIELDS(autoscaling_fields),
					       RULES(autoscaling_rules)};

static const char *const probe_types[] = {"semantic", "ping", NULL};
static const struct field probe_fields[] = {
	{.name = "type",
	 .about = "semantic asks the model; ping makes no model call.",
	 .types = T_STRING,
	 .fallback = "\"semantic\"",
	 .choices = probe_types},
	{.name = "intervalSeconds",
	 .about = "Time between two checks.",
	 .types = T_INTEGER,
	 .fallback = "30",
	 .bounds = BETWEEN(5, 3600)},
	{.name = "validatorPrompt",
	 .about = "What the model is asked.",
	 .types = T_STRING,
	 .fallback = "\"This is a health check. If you can read this and answer, reply with "
		     "the single word HEALTHY.\""},
	{.name = "failureThreshold",
	 .about = "Failures in a row before the agent counts as degraded.",
	 .types = T_INTEGER,
	 .fallback = "3",
	 .bounds = BETWEEN(1, 10)},
	{.name = "timeoutSeconds",
	 .about = "Time of one check.",
	 .types = T_INTEGER,
	 .fallback = "15",
	 .bounds = BETWEEN(1, 300)},
};
static const struct table probe_table = {FIELDS(probe_fields)};

/* ---- all of it */

static const char *const network_policies[] = {"default", "strict", "disabled", NULL};
static const struct field common_fields[] = {
	{.name = "systemPrompt",
	 .about = "The system prompt.",
	 .types = T_STRING,
	 .max_bytes = 512 << 10},
	{.name = "systemPromptRef",
	 .about = "Where the system prompt is found.",
	 .types = T_OBJECT,
	 .object = &prompt_ref_table},
	{.name = "replicas",
	 .about = "Number of pods while nothing scales the agent.",
	 .types = T_INTEGER,
	 .fallback = "1",
	 .bounds = BETWEEN(0, 50)},
	{.name = "autoscaling",
	 .about = "Scaling by the number of waiting tasks; needs KEDA.",
	 .types = T_OBJECT,
	 .object = &autoscaling_table},
	{.name = "limits",
	 .about = "Limits of the agent's work.",
	 .types = T_OBJECT,
	 .object = &limits_table},
	{.name = "resources",
	 .about = "Resources of a pod.",
	 .types = T_OBJECT,
	 .object = &resources_table},
	{.name = "envFrom",
	 .about = "Sources of environment variables of a pod, in order.",
	 .types = T_LIST,
	 .items = &env_from_item,
	 .max_items = 100},
	{.name = "apiKeyRef",
	 .about = "One provider key, from a Secret or an ArkSecret.",
	 .types = T_OBJECT,
	 .object = &api_key_table},
	{.name = "mcpServers",
	 .about = "MCP servers whose tools the agent may use.",
	 .types = T_LIST,
	 .items = &field_mcp_server,
	 .max_items = 32,
	 .unique = "name"},
	{.name = "tools",
	 .about = "HTTP tools that the agent may use.",
	 .types = T_LIST,
	 .items = &field_tool,
	 .max_items = 64,
	 .unique = "name"},
	{.name = "toolPolicy",
	 .about = "Which tools the agent may use; deny wins.",
	 .types = T_OBJECT,
	 .object = &table_tool_policy},
	{.name = "capabilities",
	 .about = "What the agent can do, for registries and its MCP endpoint.",
	 .types = T_LIST,
	 .items = &capability_item,
	 .max_items = 100,
	 .unique = "id"},
	{.name = "settingsRefs",
	 .about = "ArkSettings that apply, composed in order.",
	 .types = T_LIST,
	 .items = &item_ref,
	 .max_items = 100},
	{.name = "configRef",
	 .about = "One ArkSettings, taken as if it were first in settingsRefs.",
	 .types = T_STRING | T_OBJECT,
	 .object = &table_ref,
	 .min_bytes = 1},
	{.name = "memoryRef",
	 .about = "ArkMemory of the agent.",
	 .types = T_OBJECT,
	 .object = &table_ref},
	{.name = "livenessProbe",
	 .about = "Whether the agent still answers sensibly.",
	 .types = T_OBJECT,
	 .object = &probe_table},
	{.name = "networkPolicy",
	 .about = "What the pods may connect to.",
	 .types = T_STRING,
	 .fallback = "\"default\"",
	 .choices = network_policies},
	{.name = "externalProviderAddr",
	 .about = "host:port of an OpenAI-compatible server to use as provider.",
	 .types = T_STRING,
	 .text = TEXT_HOST_PORT},
	{.name = "externalQueueAddr",
	 .about = "Accepted and without effect.",
	 .types = T_STRING,
	 .text = TEXT_HOST_PORT,
	 .no_effect = true},
};
const struct table table_agent_common = {FIELDS(common_fields)};
