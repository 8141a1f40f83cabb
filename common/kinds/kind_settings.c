/* ArkSettings: SPEC 18.1, 3.1, 3.6. */
#include "kinds/shared.h"
#include "kinds/status_fields.h"

static const char *const positions[] = {"prepend", "append", NULL};
static const struct field fragment_fields[] = {
	{.name = "name",
	 .about = "Name of the fragment; a later one of that name takes its place.",
	 .types = T_STRING,
	 .required = true,
	 .min_bytes = 1},
	{.name = "text", .about = "Text of the fragment.", .types = T_STRING, .required = true},
	{.name = "position",
	 .about = "Before or after the agent's own prompt.",
	 .types = T_STRING,
	 .fallback = "\"append\"",
	 .choices = positions},
};
static const struct table fragment_table = {FIELDS(fragment_fields)};
static const struct field fragment_item = {
	.types = T_OBJECT, .object = &fragment_table, .about = "A part of the system prompt."};

static const struct field url_item = {
	.types = T_STRING, .text = TEXT_URL, .about = "Start of an address."};
static const struct field security_fields[] = {
	{.name = "mcpAllowlist",
	 .about = "Starts of addresses that MCP servers may have; empty allows all.",
	 .types = T_LIST,
	 .items = &url_item,
	 .max_items = 100},
	{.name = "requireMCPAuth",
	 .about = "Whether every MCP server must be authenticated to.",
	 .types = T_BOOLEAN,
	 .fallback = "false"},
};
static const struct table security_table = {FIELDS(security_fields)};

static const struct field fields[] = {
	{.name = "temperature",
	 .about = "Temperature of the model, 0 to 1.",
	 .types = T_STRING | T_NUMBER,
	 .text = TEXT_DECIMAL,
	 .bounds = BETWEEN(0, 1)},
	{.name = "outputFormat",
	 .about = "structured-json, markdown, plain, or words of your own.",
	 .types = T_STRING},
	{.name = "memoryBackend",
	 /* no default here: of several settings the last one that sets it wins (SPEC 18.3) */
	 .about = "Memory of agents without memoryRef; in-context when none sets it.",
	 .types = T_STRING,
	 .choices = memory_backends},
	{.name = "fragments",
	 .about = "Parts of the system prompt.",
	 .types = T_LIST,
	 .items = &fragment_item,
	 .max_items = 100,
	 .unique = "name"},
	{.name = "promptFragments",
	 .about = "Short form of fragments: name to text.",
	 .types = T_MAP,
	 .values = &item_text,
	 .max_items = 100},
	{.name = "security",
	 .about = "Rules for MCP servers of every agent in the namespace.",
	 .types = T_OBJECT,
	 .object = &security_table},
};
const struct table table_settings = {FIELDS(fields)};

static const struct column columns[] = {
	{"Memory", "string", ".spec.memoryBackend", false},
	{"OutputFormat", "string", ".spec.outputFormat", false},
	{"Age", "date", ".metadata.creationTimestamp", false},
};

static const char *const ready[] = {"Accepted", NULL};
static const char *const not_ready[] = {"InvalidSpec", NULL};
static const struct condition conditions[] = {
	{"Ready", "True", ready},
	{"Ready", "False", not_ready},
};

const struct kind_info kind_settings = {
	.kind = KIND_SETTINGS,
	.name = "ArkSettings",
	.plural = "arksettings",
	.singular = "arksettings",
	.short_name = "aocfg",
	.about = "Settings that agents share: temperature, output format, prompt fragments.",
	.spec = &table_settings,
	.status = &status_plain,
	.invalid = "InvalidSpec",
	COLUMNS(columns),
	CONDITIONS(conditions),
};
