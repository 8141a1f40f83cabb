/* ArkEvent: SPEC 12.1, 13.5, 3.1, 3.6. */
#include "kinds/shared.h"
#include "kinds/status_fields.h"

/* ---- SPEC 13.5 */

static const char *const schemes[] = {"github", "standard-webhooks", "hmac-sha256", NULL};
static const char *const encodings[] = {"hex", "base64", NULL};
static const struct field signature_fields[] = {
	{.name = "scheme",
	 .about = "How requests are signed.",
	 .types = T_STRING,
	 .required = true,
	 .choices = schemes},
	{.name = "secretRef",
	 .about = "Key of a Secret with the signing secret, one per line.",
	 .types = T_OBJECT,
	 .required = true,
	 .object = &table_secret_key},
	{.name = "header",
	 .about = "Header that carries the signature (hmac-sha256).",
	 .types = T_STRING,
	 .fallback = "\"X-Signature-256\"",
	 .pattern = &pattern_header},
	{.name = "prefix",
	 .about = "Text before the signature in the header (hmac-sha256).",
	 .types = T_STRING,
	 .fallback = "\"\""},
	{.name = "encoding",
	 .about = "How the signature is written (hmac-sha256).",
	 .types = T_STRING,
	 .fallback = "\"hex\"",
	 .choices = encodings},
	{.name = "toleranceSeconds",
	 .about = "How far the time of a request may be off (standard-webhooks).",
	 .types = T_INTEGER,
	 .fallback = "300",
	 .bounds = AT_LEAST(1)},
	{.name = "require",
	 .about = "Whether a token without signature is refused.",
	 .types = T_BOOLEAN,
	 .fallback = "false"},
};
static const struct table signature_table = {FIELDS(signature_fields)};

/* ---- sources */

static const struct field webhook_fields[] = {
	{.name = "signature",
	 .about = "Signature that authenticates a request.",
	 .types = T_OBJECT,
	 .object = &signature_table,
	 .reason = "InvalidSignature"},
	{.name = "idempotencyHeader",
	 .about = "Header whose value marks a repeated request.",
	 .types = T_STRING,
	 .pattern = &pattern_header},
	{.name = "successCode",
	 .about = "Status of the answer to an accepted request.",
	 .types = T_INTEGER,
	 .fallback = "202",
	 .bounds = BETWEEN(200, 299)},
};
static const struct table webhook_table = {FIELDS(webhook_fields)};

static const char *const phases[] = {"Succeeded", "Failed", "*", NULL};
static const struct field output_fields[] = {
	{.name = "name",
	 .about = "Name of the ArkTeam.",
	 .types = T_STRING,
	 .required = true,
	 .min_bytes = 1},
	{.name = "onPhase",
	 .about = "How its run must have ended; * takes both.",
	 .types = T_STRING,
	 .fallback = "\"Succeeded\"",
	 .choices = phases},
};
static const struct table output_table = {FIELDS(output_fields)};

static const char *const types[] = {"cron", "webhook", "team-output", NULL};
static const struct field source_fields[] = {
	{.name = "type",
	 .about = "What makes the event fire.",
	 .types = T_STRING,
	 .required = true,
	 .choices = types},
	{.name = "cron",
	 .about = "Five fields: minute, hour, day of month, month, day of week.",
	 .types = T_STRING,
	 .text = TEXT_CRON,
	 .reason = "InvalidCron"},
	{.name = "timeZone",
	 .about = "IANA name of the time zone of the cron expression.",
	 .types = T_STRING,
	 .text = TEXT_ZONE,
	 .fallback = "\"UTC\"",
	 .reason = "InvalidTimeZone"},
	{.name = "startingDeadlineSeconds",
	 .about = "How late a missed slot may still fire.",
	 .types = T_INTEGER,
	 .fallback = "86400",
	 .bounds = AT_LEAST(1)},
	{.name = "teamOutput",
	 .about = "Team whose ended runs fire.",
	 .types = T_OBJECT,
	 .object = &output_table},
	{.name = "webhook",
	 .about = "How requests are taken.",
	 .types = T_OBJECT,
	 .object = &webhook_table},
};
static const struct rule source_rules[] = {
	{RULE_NEEDS, {"cron"}, "type", "cron"},
	{RULE_NEEDS, {"teamOutput"}, "type", "team-output"},
};
static const struct table source_table = {FIELDS(source_fields), RULES(source_rules)};

/* ---- targets */

static const struct field target_fields[] = {
	{.name = "team", .about = "ArkTeam to run.", .types = T_STRING, .min_bytes = 1},
	{.name = "agent", .about = "ArkAgent to run.", .types = T_STRING, .min_bytes = 1},
	{.name = "prompt",
	 .about = "Template of the task of an agent run.",
	 .types = T_STRING,
	 .text = TEXT_TEMPLATE},
	{.name = "input",
	 .about = "Templates of the run's input, by name.",
	 .types = T_MAP,
	 .values = &item_template},
};
static const struct rule target_rules[] = {
	{RULE_EXACTLY_ONE, {"team", "agent"}, NULL, NULL},
	{RULE_NEEDS, {"prompt"}, "agent", NULL},
};
static const struct table target_table = {FIELDS(target_fields), RULES(target_rules)};
static const struct field target_item = {
	.types = T_OBJECT, .object = &target_table, .about = "What to run."};

/* ---- all of it */

static const char *const policies[] = {"Allow", "Forbid", "Replace", NULL};
static const struct field fields[] = {
	{.name = "source",
	 .about = "What makes the event fire.",
	 .types = T_OBJECT,
	 .required = true,
	 .object = &source_table},
	{.name = "targets",
	 .about = "Runs that a fire makes, all or none.",
	 .types = T_LIST,
	 .required = true,
	 .items = &target_item,
	 .min_items = 1,
	 .max_items = 20},
	{.name = "concurrencyPolicy",
	 .about = "What to do while runs of an earlier fire go on.",
	 .types = T_STRING,
	 .fallback = "\"Allow\"",
	 .choices = policies},
	{.name = "suspended",
	 .about = "Whether the event stays silent.",
	 .types = T_BOOLEAN,
	 .fallback = "false"},
};
const struct table table_event = {FIELDS(fields)};

static const struct column columns[] = {
	{"Type", "string", ".spec.source.type", false},
	{"Suspended", "boolean", ".spec.suspended", false},
	{"Fired", "integer", ".status.firedCount", false},
	{"Last Fired", "date", ".status.lastFiredAt", false},
	{"Next Fire", "string", ".status.nextFireAt", false},
	{"Age", "date", ".metadata.creationTimestamp", false},
};

static const char *const ready[] = {"Active", "WebhookReady", "Watching", NULL};
static const char *const not_ready[] = {"Suspended",	   "InvalidCron",
					"InvalidTimeZone", "InvalidSource",
					"InvalidTemplate", "InvalidSignature",
					"TeamNotFound",	   "AgentNotFound",
					"ReconcileError",  NULL};
static const struct condition conditions[] = {
	{"Ready", "True", ready},
	{"Ready", "False", not_ready},
};

const struct kind_info kind_event = {
	.kind = KIND_EVENT,
	.name = "ArkEvent",
	.plural = "arkevents",
	.singular = "arkevent",
	.short_name = "aoevent",
	.about = "Makes runs by the clock, by a webhook, or when a team's run ends.",
	.spec = &table_event,
	.status = &status_event,
	.invalid = "InvalidSource",
	COLUMNS(columns),
	CONDITIONS(conditions),
};
