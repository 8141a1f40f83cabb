/* ArkRun: SPEC 9.1, 3.1, 3.6. */
#include "kinds/shared.h"
#include "kinds/status_fields.h"

/* Of each role only what a run needs; an inline role is written as the agent it makes. */
static const struct table role_base = {.fields = role_fields, .field_count = ROLE_FIELDS};
static const struct field role_model[] = {
	{.name = "model", .about = "Model of an inline role.", .types = T_STRING},
};
static const struct rule role_rules[] = {
	{RULE_EXACTLY_ONE, {"arkAgent", "arkTeam"}, NULL, NULL},
};
static const struct table role_table = {
	.base = &role_base, FIELDS(role_model), RULES(role_rules)};
static const struct field role_item = {
	.types = T_OBJECT, .object = &role_table, .about = "A role of the snapshot."};

static const struct field fields[] = {
	{.name = "teamRef", .about = "ArkTeam that runs.", .types = T_STRING, .min_bytes = 1},
	{.name = "agent", .about = "ArkAgent that runs.", .types = T_STRING, .min_bytes = 1},
	{.name = "prompt", .about = "Task of an agent run.", .types = T_STRING},
	{.name = "teamGeneration",
	 .about = "Generation of the team that the snapshot was made from.",
	 .types = T_INTEGER,
	 .bounds = AT_LEAST(0)},
	{.name = "roles",
	 .about = "Roles of the team as they were when the run started.",
	 .types = T_LIST,
	 .items = &role_item,
	 .max_items = 100,
	 .unique = "name"},
};
static const struct rule rules[] = {
	{RULE_EXACTLY_ONE, {"teamRef", "agent"}, NULL, NULL},
	{RULE_NEEDS, {"prompt"}, "agent", NULL},
	{RULE_FIXED, {"teamRef", "agent", "prompt"}, NULL, NULL},
};
const struct table table_run = {.base = &table_team_common, FIELDS(fields), RULES(rules)};

static const struct column columns[] = {
	{"Team", "string", ".spec.teamRef", false},
	{"Agent", "string", ".spec.agent", false},
	{"Phase", "string", ".status.phase", false},
	{"Tokens", "integer", ".status.totalTokenUsage.totalTokens", false},
	{"Cost($)", "string", ".status.totalCostUSD", false},
	{"Started", "date", ".status.startTime", false},
	{"Age", "date", ".metadata.creationTimestamp", false},
};

static const char *const ready[] = {"Validated", "Succeeded", NULL};
static const char *const not_ready[] = {"InvalidInput",	  "TeamNotFound",
					"TeamNotReady",	  "AgentNotFound",
					"BudgetExceeded", "DailyLimitReached",
					"StepFailed",	  "AgentFailed",
					"RoutingFailed",  "TimedOut",
					"Cancelled",	  "OutputTemplateError",
					"StateLost",	  NULL};
static const char *const complete[] = {"Succeeded",	      "InvalidInput",  "TeamNotFound",
				       "TeamNotReady",	      "AgentNotFound", "BudgetExceeded",
				       "DailyLimitReached",   "StepFailed",    "AgentFailed",
				       "RoutingFailed",	      "TimedOut",      "Cancelled",
				       "OutputTemplateError", "StateLost",     NULL};
static const char *const incomplete[] = {"Running", "Pending", NULL};
static const struct condition conditions[] = {
	{"Ready", "True", ready},
	{"Ready", "False", not_ready},
	{"Complete", "True", complete},
	{"Complete", "False", incomplete},
};

const struct kind_info kind_run = {
	.kind = KIND_RUN,
	.name = "ArkRun",
	.plural = "arkruns",
	.singular = "arkrun",
	.short_name = "aorun",
	.about = "One execution of a team or of a single agent, and the record of it.",
	.spec = &table_run,
	.status = &status_run,
	.invalid = "InvalidInput",
	COLUMNS(columns),
	CONDITIONS(conditions),
};
