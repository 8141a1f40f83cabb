/* ArkAgent: SPEC 6.1, 3.1, 3.6. */
#include "kinds/shared.h"
#include "kinds/status_fields.h"

static const struct field fields[] = {
	{.name = "model",
	 .about = "Model id sent to the provider; also selects the provider.",
	 .types = T_STRING,
	 .required = true,
	 .min_bytes = 1,
	 .max_bytes = MODEL_MAX_BYTES,
	 .pattern = &pattern_model},
	{.name = "notifyRef",
	 .about = "ArkNotify for the agent's events.",
	 .types = T_OBJECT,
	 .object = &table_ref},
	{.name = "budgetRef",
	 .about = "ArkBudget charged in addition to those whose selector matches.",
	 .types = T_OBJECT,
	 .object = &table_ref},
	{.name = "registryRef",
	 .about = "The only ArkRegistry to register in; unset means every one in scope.",
	 .types = T_OBJECT,
	 .object = &table_ref},
};
static const struct rule rules[] = {
	{RULE_EXACTLY_ONE, {"systemPrompt", "systemPromptRef"}, NULL, NULL},
};
const struct table table_agent = {.base = &table_agent_common, FIELDS(fields), RULES(rules)};

static const struct column columns[] = {
	{"Model", "string", ".spec.model", false},
	{"Replicas", "integer", ".spec.replicas", false},
	{"Ready", "integer", ".status.readyReplicas", false},
	{"Desired", "integer", ".status.desiredReplicas", true},
	{"Pending", "integer", ".status.pendingTasks", true},
	{"Tokens(24h)", "integer", ".status.dailyTokenUsage.totalTokens", true},
	{"Age", "date", ".metadata.creationTimestamp", false},
};

static const char *const ready[] = {"AllReplicasReady", "ScaledToZero", NULL};
static const char *const not_ready[] = {"Progressing",		 "InvalidSpec",
					"PromptResolutionError", "APIKeyResolutionError",
					"MCPResolutionError",	 "SettingsNotFound",
					"PolicyViolation",	 "NetworkPolicyError",
					"ReconcileError",	 NULL};
static const char *const over_budget[] = {"DailyLimitReached", "BudgetRefExceeded", NULL};
static const char *const degraded[] = {"SemanticProbeFailed", NULL};
static const char *const mcp_degraded[] = {"MCPUnreachable", NULL};
static const char *const no_registry[] = {"RegistryNotFound", NULL};
static const char *const no_memory[] = {"MemoryNotFound", NULL};
static const char *const unsupported[] = {"UnsupportedField", NULL};
static const struct condition conditions[] = {
	{"Ready", "True", ready},
	{"Ready", "False", not_ready},
	{"BudgetExceeded", "True", over_budget},
	{"Degraded", "True", degraded},
	{"MCPDegraded", "True", mcp_degraded},
	{"RegistryNotFound", "True", no_registry},
	{"MemoryNotFound", "True", no_memory},
	{"UnsupportedField", "True", unsupported},
};

const struct kind_info kind_agent = {
	.kind = KIND_AGENT,
	.name = "ArkAgent",
	.plural = "arkagents",
	.singular = "arkagent",
	.short_name = "aoagent",
	.about = "A pool of workers with one model, one system prompt and one set of tools.",
	.spec = &table_agent,
	.status = &status_agent,
	.invalid = "InvalidSpec",
	COLUMNS(columns),
	CONDITIONS(conditions),
	.scale = true,
};
