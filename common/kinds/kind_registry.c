/* ArkRegistry: SPEC 17.1, 3.1, 3.6. */
#include "kinds/shared.h"
#include "kinds/status_fields.h"

static const struct field policy_fields[] = {
	{.name = "maxDepth",
	 .about = "How deep lookups may nest.",
	 .types = T_INTEGER,
	 .fallback = "3",
	 .bounds = BETWEEN(1, 20)},
	{.name = "allowCrossTeam",
	 .about = "Whether agents of inline roles serve other teams too.",
	 .types = T_BOOLEAN,
	 .fallback = "false"},
};
static const struct table policy_table = {FIELDS(policy_fields)};

static const struct field binding_fields[] = {
	{.name = "capabilityId",
	 .about = "Capability that an agent names in capabilityRef.",
	 .types = T_STRING,
	 .required = true,
	 .min_bytes = 1},
	{.name = "url",
	 .about = "Address of the MCP server that has it.",
	 .types = T_STRING,
	 .required = true,
	 .text = TEXT_URL},
};
static const struct table binding_table = {FIELDS(binding_fields)};
static const struct field binding_item = {
	.types = T_OBJECT, .object = &binding_table, .about = "A capability and its server."};

static const char *const scopes[] = {"namespace-scoped", "cluster-wide", NULL};
static const struct field fields[] = {
	{.name = "scope",
	 .about = "Whether agents of this namespace or of all are indexed.",
	 .types = T_STRING,
	 .fallback = "\"namespace-scoped\"",
	 .choices = scopes},
	{.name = "policy",
	 .about = "What lookups may do.",
	 .types = T_OBJECT,
	 .object = &policy_table},
	{.name = "mcpBindings",
	 .about = "MCP servers by capability.",
	 .types = T_LIST,
	 .items = &binding_item,
	 .max_items = 1000,
	 .unique = "capabilityId"},
};
const struct table table_registry = {FIELDS(fields)};

static const struct column columns[] = {
	{"Scope", "string", ".spec.scope", false},
	{"Agents", "integer", ".status.indexedAgents", false},
	{"Ready", "string", ".status.conditions[?(@.type=='Ready')].status", false},
	{"Age", "date", ".metadata.creationTimestamp", false},
};

static const char *const ready[] = {"IndexReady", NULL};
static const char *const not_ready[] = {"ScopeForbidden", NULL};
static const struct condition conditions[] = {
	{"Ready", "True", ready},
	{"Ready", "False", not_ready},
};

const struct kind_info kind_registry = {
	.kind = KIND_REGISTRY,
	.name = "ArkRegistry",
	.plural = "arkregistries",
	.singular = "arkregistry",
	.short_name = "aoreg",
	.about = "Which agents offer which capabilities.",
	.spec = &table_registry,
	.status = &status_registry,
	.invalid = "InvalidSpec",
	COLUMNS(columns),
	CONDITIONS(conditions),
};
