/* What an ArkTeam and the snapshot of a team in an ArkRun have in common (SPEC 8.2, 9.1). */
#include "kinds/shared.h"

/* ---- SPEC 8.3 */

static const char *const input_types[] = {"string", "number", "boolean",
					  "object", "array",  NULL};
static const struct field input_fields[] = {
	{.name = "name",
	 .about = "Name of the input, unique in the team.",
	 .types = T_STRING,
	 .required = true,
	 .min_bytes = 1},
	{.name = "type",
	 .about = "JSON type of the input; a text for another type is parsed as JSON.",
	 .types = T_STRING,
	 .fallback = "\"string\"",
	 .choices = input_types},
	{.name = "description", .about = "What the input is for.", .types = T_STRING},
	{.name = "required",
	 .about = "Whether a run without it, and without default, is refused.",
	 .types = T_BOOLEAN,
	 .fallback = "false"},
	{.name = "default", .about = "Value of an absent input.", .types = T_ANY},
};
static const struct table input_table = {FIELDS(input_fields)};
static const struct field input_item = {
	.types = T_OBJECT, .object = &input_table, .about = "A declared input."};

/* ---- SPEC 8.5, 10.5, 10.10, 11.16 */

static const struct field step_input_fields[] = {
	{.name = "name",
	 .about = "Key of the entry.",
	 .types = T_STRING,
	 .required = true,
	 .min_bytes = 1},
	{.name = "value",
	 .about = "Template of its text.",
	 .types = T_STRING,
	 .required = true,
	 .text = TEXT_TEMPLATE},
};
static const struct table step_input_table = {FIELDS(step_input_fields)};
static const struct field step_input_item = {.types = T_OBJECT,
					     .object = &step_input_table,
					     .about = "An entry of the step's prompt."};

static const struct field loop_fields[] = {
	{.name = "condition",
	 .about = "Template; while its result is truthy the step runs again.",
	 .types = T_STRING,
	 .required = true,
	 .text = TEXT_TEMPLATE},
	{.name = "maxIterations",
	 .about = "Most executions of the step.",
	 .types = T_INTEGER,
	 .fallback = "10",
	 .bounds = BETWEEN(1, 100)},
};
static const struct table loop_table = {FIELDS(loop_fields)};

static const struct field regex_item = {
	.types = T_STRING, .text = TEXT_REGEX, .about = "A pattern in RE2 syntax."};
static const char *const on_failure[] = {"fail", "retry", NULL};
static const struct field validate_fields[] = {
	{.name = "rejectPatterns",
	 .about = "A match of any of these fails the step at once.",
	 .types = T_LIST,
	 .items = &regex_item,
	 .max_items = 100},
	{.name = "contains",
	 .about = "Pattern that must match somewhere in the answer.",
	 .types = T_STRING,
	 .text = TEXT_REGEX},
	{.name = "schema",
	 .about = "JSON Schema that the JSON of the answer must satisfy, as text or object.",
	 .types = T_STRING | T_MAP,
	 .text = TEXT_SCHEMA,
	 .values = &item_any},
	{.name = "semantic",
	 .about = "Template of the criteria by which a model judges the answer.",
	 .types = T_STRING,
	 .text = TEXT_TEMPLATE},
	{.name = "semanticModel",
	 .about = "Model that judges; the step's own by default.",
	 .types = T_STRING,
	 .min_bytes = 1,
	 .max_bytes = MODEL_MAX_BYTES,
	 .pattern = &pattern_model},
	{.name = "onFailure",
	 .about = "What to do when a check fails: fail, or run the step again.",
	 .types = T_STRING,
	 .fallback = "\"fail\"",
	 .choices = on_failure},
	{.name = "maxRetries",
	 .about = "Most further runs of the step with onFailure retry.",
	 .types = T_INTEGER,
	 .fallback = "2",
	 .bounds = BETWEEN(0, 10)},
};
static const struct table validate_table = {FIELDS(validate_fields)};

static const struct field artifact_fields[] = {
	{.name = "name",
	 .about = "Name of the artifact.",
	 .types = T_STRING,
	 .required = true,
	 .pattern = &pattern_artifact},
	{.name = "description",
	 .about = "What the artifact is, for the model.",
	 .types = T_STRING},
	{.name = "contentType", .about = "Media type of the artifact.", .types = T_STRING},
};
static const struct table artifact_table = {FIELDS(artifact_fields)};
static const struct field artifact_item = {.types = T_OBJECT,
					   .object = &artifact_table,
					   .about = "An artifact that a step makes."};
static const struct field artifact_source = {
	.types = T_STRING, .about = "`<step>.<artifact>`", .pattern = &pattern_artifact_source};

static const char *const strategies[] = {"least-busy", "round-robin", "random", NULL};
static const struct field lookup_fields[] = {
	{.name = "capability",
	 .about = "Capability that the agent must offer.",
	 .types = T_STRING,
	 .required = true,
	 .min_bytes = 1},
	{.name = "tags",
	 .about = "Tags that the capability must carry.",
	 .types = T_LIST,
	 .items = &item_text,
	 .max_items = 100},
	{.name = "strategy",
	 .about = "How to choose among several agents.",
	 .types = T_STRING,
	 .fallback = "\"least-busy\"",
	 .choices = strategies},
	{.name = "registryRef",
	 .about = "ArkRegistry to look in; the team's by default.",
	 .types = T_OBJECT,
	 .object = &table_ref},
	{.name = "fallback",
	 .about = "Role or agent that is taken when none is found.",
	 .types = T_STRING,
	 .min_bytes = 1},
};
static const struct table lookup_table = {FIELDS(lookup_fields)};

static const struct field step_name = {.types = T_STRING, .about = "Name of a step."};
static const struct field step_fields[] = {
	{.name = "role",
	 .about = "Role that does the step; also the step's name.",
	 .types = T_STRING,
	 .required = true,
	 .pattern = &pattern_label},
	{.name = "inputs",
	 .about = "Entries of the prompt: a map of templates, or a list where order matters.",
	 .types = T_MAP | T_LIST,
	 .values = &item_template,
	 .items = &step_input_item,
	 .max_items = 100,
	 .unique = "name"},
	{.name = "dependsOn",
	 .about = "Steps that must have ended before this one starts.",
	 .types = T_LIST,
	 .items = &step_name,
	 .max_items = 100},
	{.name = "if",
	 .about = "Template; when its result is falsy the step is skipped.",
	 .types = T_STRING,
	 .text = TEXT_TEMPLATE},
	{.name = "loop",
	 .about = "Runs the step again while a condition holds.",
	 .types = T_OBJECT,
	 .object = &loop_table},
	{.name = "outputSchema",
	 .about = "JSON Schema that the JSON of the answer must satisfy, as text or object.",
	 .types = T_STRING | T_MAP,
	 .text = TEXT_SCHEMA,
	 .values = &item_any},
	{.name = "validate",
	 .about = "Checks of the answer.",
	 .types = T_OBJECT,
	 .object = &validate_table},
	{.name = "outputArtifacts",
	 .about = "Artifacts that the step makes.",
	 .types = T_LIST,
	 .items = &artifact_item,
	 .max_items = 100,
	 .unique = "name"},
	{.name = "inputArtifacts",
	 .about = "Artifacts of earlier steps, by the name that this step knows them under.",
	 .types = T_MAP,
	 .values = &artifact_source,
	 .max_items = 100},
	{.name = "registryLookup",
	 .about = "Finds the agent by capability when the step starts.",
	 .types = T_OBJECT,
	 .object = &lookup_table},
};
static const struct table step_table = {FIELDS(step_fields)};
static const struct field step_item = {
	.types = T_OBJECT, .object = &step_table, .about = "A step."};

/* ---- SPEC 8.6, 11.14 */

static const struct field routing_fields[] = {
	{.name = "registryRef",
	 .about = "ArkRegistry whose capabilities are on offer; the team's by default.",
	 .types = T_OBJECT,
	 .object = &table_ref},
	{.name = "model",
	 .about = "Model that routes.",
	 .types = T_STRING,
	 .min_bytes = 1,
	 .max_bytes = MODEL_MAX_BYTES,
	 .pattern = &pattern_model},
	{.name = "systemPrompt",
	 .about = "Template of the router's system prompt.",
	 .types = T_STRING,
	 .text = TEXT_TEMPLATE,
	 .fallback =
		 "\"Choose who should handle a task. Capabilities on offer:\\n"
		 "{{ range .Capabilities }}- id: {{ .ID }}; description: {{ .Description }}; "
		 "tags: {{ join \\\", \\\" .Tags }}\\n"
		 "{{ end }}\\n"
		 "Reply with JSON only: {\\\"capability\\\": \\\"<one id from the list, or an "
		 "empty "
		 "string if none fits>\\\", \\\"reason\\\": \\\"<one sentence>\\\"}\""},
	{.name = "fallback",
	 .about = "ArkAgent that gets the task when none fits.",
	 .types = T_STRING,
	 .min_bytes = 1},
	{.name = "maxHops",
	 .about = "How often a task may be routed on; only 1 is possible.",
	 .types = T_INTEGER,
	 .fallback = "1",
	 .bounds = BETWEEN(1, 1)},
};
static const struct table routing_table = {FIELDS(routing_fields)};

/* ---- all of it */

static const struct field common_fields[] = {
	{.name = "pipeline",
	 .about = "Steps of a run and what they depend on.",
	 .types = T_LIST,
	 .items = &step_item,
	 .max_items = 100,
	 .unique = "role",
	 .list_reason = "InvalidDAG"},
	{.name = "routing",
	 .about = "Lets a model choose an agent for each task by capability.",
	 .types = T_OBJECT,
	 .object = &routing_table},
	{.name = "entry",
	 .about = "Role that gets the task of a dynamic run.",
	 .types = T_STRING,
	 .min_bytes = 1},
	{.name = "output",
	 .about = "Template of a run's result.",
	 .types = T_STRING,
	 .text = TEXT_TEMPLATE},
	{.name = "inputs",
	 .about = "Inputs that a run takes.",
	 .types = T_LIST,
	 .items = &input_item,
	 .max_items = 100,
	 .unique = "name"},
	{.name = "input",
	 .about = "Input by name; that of a run goes before that of its team.",
	 .types = T_MAP,
	 .values = &item_any},
	{.name = "timeoutSeconds",
	 .about = "Wall clock time of one run.",
	 .types = T_INTEGER,
	 .bounds = AT_LEAST(1)},
	{.name = "maxTokens",
	 .about = "Input and output tokens of one run.",
	 .types = T_INTEGER,
	 .bounds = AT_LEAST(1)},
};
const struct table table_team_common = {FIELDS(common_fields)};
