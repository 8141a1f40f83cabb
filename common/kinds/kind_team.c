/* ArkTeam: SPEC 8.2, 8.4, 8.7, 3.1, 3.6. */
#include "kinds/shared.h"
#include "kinds/status_fields.h"

/* ---- SPEC 8.4 */

static const struct table role_base = {
	.base = &table_agent_common, .fields = role_fields, .field_count = ROLE_FIELDS};
static const struct field role_model[] = {
	{.name = "model",
	 .about = "Makes an agent for the role, named `<team>-<role>`, with this model.",
	 .types = T_STRING,
	 .min_bytes = 1,
	 .max_bytes = MODEL_MAX_BYTES,
	 .pattern = &pattern_model},
};
static const struct rule role_rules[] = {
	{RULE_EXACTLY_ONE, {"arkAgent", "arkTeam", "model"}, NULL, NULL},
};
static const struct table role_table = {
	.base = &role_base, FIELDS(role_model), RULES(role_rules)};
static const struct field role_item = {
	.types = T_OBJECT, .object = &role_table, .about = "A role."};

/* ---- SPEC 8.7 */

static const struct field local_fields[] = {
	{.name = "path",
	 .about = "Directory of the artifacts.",
	 .types = T_STRING,
	 .fallback = "\"/artifacts\"",
	 .pattern = &pattern_absolute},
	{.name = "claimName",
	 .about = "PersistentVolumeClaim that is mounted there.",
	 .types = T_STRING,
	 .min_bytes = 1},
};
static const struct table local_table = {FIELDS(local_fields)};
static const struct field s3_fields[] = {
	{.name = "bucket",
	 .about = "Name of the bucket.",
	 .types = T_STRING,
	 .required = true,
	 .min_bytes = 1},
	{.name = "region", .about = "Region of the bucket.", .types = T_STRING},
	{.name = "prefix", .about = "Put before the names of objects.", .types = T_STRING},
	{.name = "endpoint",
	 .about = "Address of a server other than AWS.",
	 .types = T_STRING,
	 .text = TEXT_URL},
	{.name = "credentialsSecret",
	 .about = "Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
	 .types = T_OBJECT,
	 .object = &table_ref},
};
static const struct table s3_table = {FIELDS(s3_fields)};
static const struct field gcs_fields[] = {
	{.name = "bucket",
	 .about = "Name of the bucket.",
	 .types = T_STRING,
	 .required = true,
	 .min_bytes = 1},
	{.name = "prefix", .about = "Put before the names of objects.", .types = T_STRING},
	{.name = "credentialsSecret",
	 .about = "Secret with credentials.json.",
	 .types = T_OBJECT,
	 .object = &table_ref},
};
static const struct table gcs_table = {FIELDS(gcs_fields)};

static const char *const store_types[] = {"local", "s3", "gcs", NULL};
static const struct field store_fields[] = {
	{.name = "type",
	 .about = "Where artifacts are kept.",
	 .types = T_STRING,
	 .required = true,
	 .choices = store_types},
	{.name = "local", .about = "A directory.", .types = T_OBJECT, .object = &local_table},
	{.name = "s3", .about = "A bucket of S3.", .types = T_OBJECT, .object = &s3_table},
	{.name = "gcs",
	 .about = "A bucket of Google Cloud Storage.",
	 .types = T_OBJECT,
	 .object = &gcs_table},
};
static const struct rule store_rules[] = {
	{RULE_NEEDS, {"s3"}, "type", "s3"},
	{RULE_NEEDS, {"gcs"}, "type", "gcs"},
};
static const struct table store_table = {FIELDS(store_fields), RULES(store_rules)};

/* ---- scaling, limits */

static const struct field to_zero_fields[] = {
	{.name = "enabled",
	 .about = "Whether an idle role goes to no pods at all.",
	 .types = T_BOOLEAN,
	 .fallback = "false"},
	{.name = "afterSeconds",
	 .about = "How long a role must have been idle.",
	 .types = T_INTEGER,
	 .fallback = "300",
	 .bounds = AT_LEAST(30)},
};
static const struct table to_zero_table = {FIELDS(to_zero_fields)};
static const struct field autoscaling_fields[] = {
	{.name = "enabled",
	 .about = "Whether inline roles are scaled by their active steps.",
	 .types = T_BOOLEAN,
	 .fallback = "false"},
	{.name = "scaleToZero",
	 .about = "Takes idle roles to no pods.",
	 .types = T_OBJECT,
	 .object = &to_zero_table},
};
static const struct table autoscaling_table = {FIELDS(autoscaling_fields)};
static const struct field limits_fields[] = {
	{.name = "maxDailyTokens",
	 .about = "Input and output tokens of all runs of the team in any 24 hours.",
	 .types = T_INTEGER,
	 .bounds = AT_LEAST(1)},
};
static const struct table limits_table = {FIELDS(limits_fields)};

/* ---- all of it */

static const struct field fields[] = {
	{.name = "roles",
	 .about = "Who does the work.",
	 .types = T_LIST,
	 .items = &role_item,
	 .max_items = 100,
	 .unique = "name"},
	{.name = "limits",
	 .about = "Limits over all runs of the team.",
	 .types = T_OBJECT,
	 .object = &limits_table},
	{.name = "successfulRunsHistoryLimit",
	 .about = "Newest succeeded runs that are kept.",
	 .types = T_INTEGER,
	 .fallback = "10",
	 .bounds = BETWEEN(0, INT32_MAX)},
	{.name = "failedRunsHistoryLimit",
	 .about = "Newest failed runs that are kept.",
	 .types = T_INTEGER,
	 .fallback = "3",
	 .bounds = BETWEEN(0, INT32_MAX)},
	{.name = "runRetainFor",
	 .about = "Ended runs older than this go, whatever the limits say.",
	 .types = T_STRING,
	 .text = TEXT_DURATION},
	{.name = "notifyRef",
	 .about = "ArkNotify for the team's events.",
	 .types = T_OBJECT,
	 .object = &table_ref},
	{.name = "budgetRef",
	 .about = "ArkBudget charged in addition to those whose selector matches.",
	 .types = T_OBJECT,
	 .object = &table_ref},
	/* no default here: only what is written is inherited by inline roles (SPEC 8.4) */
	{.name = "registryRef",
	 .about = "ArkRegistry for lookups and routing; `default` when unset.",
	 .types = T_STRING | T_OBJECT,
	 .object = &table_ref,
	 .min_bytes = 1},
	{.name = "artifactStore",
	 .about = "Where files that steps make are kept.",
	 .types = T_OBJECT,
	 .object = &store_table},
	{.name = "autoscaling",
	 .about = "Scaling of inline roles.",
	 .types = T_OBJECT,
	 .object = &autoscaling_table},
};
static const struct rule rules[] = {
	{RULE_EXACTLY_ONE, {"roles", "routing"}, NULL, NULL},
	{RULE_FORBIDS, {"pipeline"}, "routing", NULL},
};
const struct table table_team = {.base = &table_team_common, FIELDS(fields), RULES(rules)};

static const struct column columns[] = {
	{"Phase", "string", ".status.phase", false},
	{"Last Run", "string", ".status.lastRunPhase", false},
	{"Entry", "string", ".status.entryRole", false},
	{"Mode", "string", ".status.mode", true},
	{"Age", "date", ".metadata.creationTimestamp", false},
};

static const char *const ready[] = {"Reconciled", NULL};
static const char *const not_ready[] = {"InvalidSpec",	   "InvalidTopology", "InvalidDAG",
					"InvalidTemplate", "InvalidSchema",   "InvalidPattern",
					"RolesNotReady",   "ReconcileError",  NULL};
static const char *const large_prompt[] = {"InlinePromptTooLarge", NULL};
static const struct condition conditions[] = {
	{"Ready", "True", ready},
	{"Ready", "False", not_ready},
	{"SystemPromptSizeWarning", "True", large_prompt},
};

const struct kind_info kind_team = {
	.kind = KIND_TEAM,
	.name = "ArkTeam",
	.plural = "arkteams",
	.singular = "arkteam",
	.short_name = "aoteam",
	.about = "Roles and how they work together: a pipeline, by delegation, or by routing.",
	.spec = &table_team,
	.status = &status_team,
	.invalid = "InvalidSpec",
	COLUMNS(columns),
	CONDITIONS(conditions),
};
