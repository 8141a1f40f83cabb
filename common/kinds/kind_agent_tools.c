/* MCP servers and tools of an ArkAgent (SPEC 6.3, 6.4) and its toolPolicy (6.1). */
#include "kinds/shared.h"

static const char *const transports[] = {"auto", "streamable-http", "sse", "plain", NULL};
static const char *const auth_types[] = {"none", "bearer", "mtls", NULL};
static const struct field auth_fields[] = {
	{.name = "type",
	 .about = "How the worker proves who it is to the server.",
	 .types = T_STRING,
	 .fallback = "\"none\"",
	 .choices = auth_types},
	{.name = "secretRef",
	 .about = "Secret with the token (bearer; key `token` by default) or with tls.crt, "
		  "tls.key and optionally ca.crt (mtls).",
	 .types = T_OBJECT,
	 .object = &table_secret_ref},
};
static const struct rule auth_rules[] = {
	{RULE_NEEDS, {"secretRef"}, "type", "bearer"},
	{RULE_NEEDS, {"secretRef"}, "type", "mtls"},
};
static const struct table auth_table = {FIELDS(auth_fields), RULES(auth_rules)};

static const struct field mcp_fields[] = {
	{.name = "name",
	 .about = "Name of the server, unique in the agent; prefix of its tools.",
	 .types = T_STRING,
	 .required = true,
	 .pattern = &pattern_server},
	{.name = "url",
	 .about = "Address of the server, http or https.",
	 .types = T_STRING,
	 .text = TEXT_URL},
	{.name = "capabilityRef",
	 .about = "Capability whose server is found in the mcpBindings of a registry.",
	 .types = T_STRING,
	 .min_bytes = 1},
	{.name = "arkAgentRef",
	 .about = "Another agent whose exposed capabilities become tools.",
	 .types = T_OBJECT,
	 .object = &table_ref},
	{.name = "transport",
	 .about = "How to talk to the server; auto tries what it understands.",
	 .types = T_STRING,
	 .fallback = "\"auto\"",
	 .choices = transports},
	{.name = "guidance",
	 .about = "Text about the server's tools, added to the system prompt.",
	 .types = T_STRING},
	{.name = "auth",
	 .about = "Credentials for the server.",
	 .types = T_OBJECT,
	 .object = &auth_table},
	{.name = "headers",
	 .about = "Headers of every request to the server: a map or a list.",
	 .types = T_MAP | T_LIST,
	 .keys = &pattern_header,
	 .values = &header_value,
	 .items = &header_item,
	 .max_items = 100},
};
static const struct rule mcp_rules[] = {
	{RULE_EXACTLY_ONE, {"url", "capabilityRef", "arkAgentRef"}, NULL, NULL},
};
static const struct table mcp_table = {FIELDS(mcp_fields), RULES(mcp_rules)};
const struct field field_mcp_server = {
	.types = T_OBJECT, .object = &mcp_table, .about = "An MCP server."};

static const struct field tool_fields[] = {
	{.name = "name",
	 .about = "Name of the tool, unique in the agent.",
	 .types = T_STRING,
	 .required = true,
	 .pattern = &pattern_tool,
	 .reserved = builtin_tools},
	{.name = "description",
	 .about = "What the tool does, for the model.",
	 .types = T_STRING},
	{.name = "url",
	 .about = "Address that is called.",
	 .types = T_STRING,
	 .required = true,
	 .text = TEXT_URL},
	{.name = "method",
	 .about = "HTTP method of the call.",
	 .types = T_STRING,
	 .fallback = "\"POST\"",
	 .choices = http_methods},
	{.name = "inputSchema",
	 .about = "JSON Schema of the arguments, as text or object.",
	 .types = T_STRING | T_MAP,
	 .text = TEXT_SCHEMA,
	 .fallback = "{\"type\":\"object\"}",
	 .values = &item_any},
	{.name = "headers",
	 .about = "Headers of every call: a map or a list.",
	 .types = T_MAP | T_LIST,
	 .keys = &pattern_header,
	 .values = &header_value,
	 .items = &header_item,
	 .max_items = 100},
};
static const struct table tool_table = {FIELDS(tool_fields)};
const struct field field_tool = {
	.types = T_OBJECT, .object = &tool_table, .about = "An HTTP tool."};

static const struct field policy_item = {
	.types = T_STRING,
	.about = "`<server>/<tool>`, `<server>/*` or `tools/<name>`.",
	.pattern = &pattern_tool_policy};
static const struct field policy_fields[] = {
	{.name = "allow",
	 .about = "Tools that may be used; when set, no others may.",
	 .types = T_LIST,
	 .items = &policy_item,
	 .max_items = 1000},
	{.name = "deny",
	 .about = "Tools that may not be used, whatever allow says.",
	 .types = T_LIST,
	 .items = &policy_item,
	 .max_items = 1000},
};
const struct table table_tool_policy = {FIELDS(policy_fields)};
