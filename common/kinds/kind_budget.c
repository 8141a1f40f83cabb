/* ArkBudget: SPEC 15.1, 3.1, 3.6. */
#include "kinds/shared.h"
#include "kinds/status_fields.h"

static const struct field selector_fields[] = {
	{.name = "namespace",
	 .about = "Namespace of the spend; * is all. Unset means the budget's own.",
	 .types = T_STRING,
	 .min_bytes = 1},
	{.name = "team", .about = "Name of a team.", .types = T_STRING, .min_bytes = 1},
	{.name = "agent", .about = "Name of an agent.", .types = T_STRING, .min_bytes = 1},
	{.name = "model",
	 .about = "Name of a model, or a prefix that ends in *.",
	 .types = T_STRING,
	 .min_bytes = 1},
	{.name = "matchLabels",
	 .about = "Labels of the team, else of the agent.",
	 .types = T_MAP,
	 .values = &item_text,
	 .max_items = 100},
};
static const struct table selector_table = {FIELDS(selector_fields)};

static const char *const periods[] = {"hourly", "daily", "weekly", "monthly", NULL};
static const char *const unpriced[] = {"Allow", "Deny", NULL};
static const struct field fields[] = {
	{.name = "selector",
	 .about = "Spend that counts; all given members must match.",
	 .types = T_OBJECT,
	 .object = &selector_table},
	{.name = "period",
	 .about = "Calendar window in UTC; weeks start on Monday.",
	 .types = T_STRING,
	 .fallback = "\"monthly\"",
	 .choices = periods},
	{.name = "limit",
	 .about = "Most money per period; 0 counts only.",
	 .types = T_STRING | T_NUMBER,
	 .required = true,
	 .text = TEXT_MONEY,
	 .reason = "InvalidLimit"},
	{.name = "currency",
	 .about = "ISO 4217 code; must be that of the price table.",
	 .types = T_STRING,
	 .fallback = "\"USD\"",
	 .pattern = &pattern_currency,
	 .reason = "InvalidCurrency"},
	{.name = "warnAt",
	 .about = "Percent of the limit at which the budget warns; 0 is off.",
	 .types = T_INTEGER,
	 .fallback = "80",
	 .bounds = BETWEEN(0, 100)},
	{.name = "hardStop",
	 .about = "Whether model calls and runs are refused beyond the limit.",
	 .types = T_BOOLEAN,
	 .fallback = "false"},
	{.name = "unpricedModels",
	 .about = "With hardStop: whether models without a price may be called.",
	 .types = T_STRING,
	 .fallback = "\"Allow\"",
	 .choices = unpriced},
	{.name = "notifyRef",
	 .about = "ArkNotify for BudgetWarning and BudgetExceeded.",
	 .types = T_OBJECT,
	 .object = &table_ref},
};
const struct table table_budget = {FIELDS(fields)};

static const struct column columns[] = {
	{"Phase", "string", ".status.phase", false},
	{"Spent", "string", ".status.spentUSD", false},
	{"Limit", "string", ".spec.limit", false},
	{"Used%", "integer", ".status.pctUsed", false},
	{"Period", "string", ".spec.period", false},
	{"Age", "date", ".metadata.creationTimestamp", false},
};

static const char *const ready[] = {"OK", NULL};
static const char *const not_ready[] = {"BudgetWarning",   "BudgetExceeded",	"InvalidLimit",
					"InvalidCurrency", "ForbiddenSelector", NULL};
static const struct condition conditions[] = {
	{"Ready", "True", ready},
	{"Ready", "False", not_ready},
};

const struct kind_info kind_budget = {
	.kind = KIND_BUDGET,
	.name = "ArkBudget",
	.plural = "arkbudgets",
	.singular = "arkbudget",
	.short_name = "aobudget",
	.about = "How much money a namespace, team, agent or model may spend in a period.",
	.spec = &table_budget,
	.status = &status_budget,
	.invalid = "InvalidLimit",
	COLUMNS(columns),
	CONDITIONS(conditions),
};
