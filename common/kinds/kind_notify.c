/* ArkNotify: SPEC 16.1, 16.2, 3.1, 3.6. */
#include "kinds/shared.h"
#include "kinds/status_fields.h"

/* ---- headers: those of SPEC 6.3, but valueFrom may hold the Secret's key directly */

static const struct field value_from_fields[] = {
	{.name = "secretKeyRef",
	 .about = "Key of a Secret that holds the value.",
	 .types = T_OBJECT,
	 .object = &table_secret_key},
	{.name = "name",
	 .about = "Name of the Secret, in the same namespace.",
	 .types = T_STRING,
	 .min_bytes = 1},
	{.name = "key", .about = "Key in its data.", .types = T_STRING, .min_bytes = 1},
	{.name = "optional",
	 .about = "Whether it is fine when the Secret or key does not exist.",
	 .types = T_BOOLEAN,
	 .fallback = "false"},
};
static const struct rule value_from_rules[] = {
	{RULE_EXACTLY_ONE, {"secretKeyRef", "name"}, NULL, NULL},
	{RULE_NEEDS, {"key"}, "name", NULL},
	{RULE_FORBIDS, {"key", "optional"}, "secretKeyRef", NULL},
};
static const struct table value_from_table = {FIELDS(value_from_fields),
					      RULES(value_from_rules)};

static const struct field header_item_fields[] = {
	{.name = "valueFrom",
	 .about = "Where the value is found.",
	 .types = T_OBJECT,
	 .object = &value_from_table},
};
static const struct table header_item_table = {.base = &table_header,
					       FIELDS(header_item_fields)};
static const struct field notify_header_item = {
	.types = T_OBJECT, .object = &header_item_table, .about = "A header."};

/* ---- channels, SPEC 16.2 */

static const struct field slack_fields[] = {
	{.name = "webhookURLFrom",
	 .about = "Key of a Secret with the address of the incoming webhook.",
	 .types = T_OBJECT,
	 .object = &table_secret_key},
	{.name = "webhookUrlSecretRef",
	 .about = "Another name of webhookURLFrom.",
	 .types = T_OBJECT,
	 .object = &table_secret_key},
	{.name = "template",
	 .about = "Template of the message.",
	 .types = T_STRING,
	 .text = TEXT_TEMPLATE},
};
static const struct rule slack_rules[] = {
	{RULE_EXACTLY_ONE, {"webhookURLFrom", "webhookUrlSecretRef"}, NULL, NULL},
};
static const struct table slack_table = {FIELDS(slack_fields), RULES(slack_rules)};

static const struct field webhook_fields[] = {
	{.name = "url",
	 .about = "Address of the receiver.",
	 .types = T_STRING,
	 .text = TEXT_URL},
	{.name = "urlFrom",
	 .about = "Key of a Secret with the address of the receiver.",
	 .types = T_OBJECT,
	 .object = &table_secret_key},
	{.name = "method",
	 .about = "HTTP method of the request.",
	 .types = T_STRING,
	 .fallback = "\"POST\"",
	 .choices = http_methods},
	{.name = "headers",
	 .about = "Headers of every request: a map or a list.",
	 .types = T_MAP | T_LIST,
	 .keys = &pattern_header,
	 .values = &header_value,
	 .items = &notify_header_item,
	 .max_items = 100},
	{.name = "signingSecretFrom",
	 .about = "Key of a Secret with the secrets that sign requests.",
	 .types = T_OBJECT,
	 .object = &table_secret_key},
	{.name = "template",
	 .about = "Template of the body.",
	 .types = T_STRING,
	 .text = TEXT_TEMPLATE},
};
static const struct rule url_rules[] = {
	{RULE_EXACTLY_ONE, {"url", "urlFrom"}, NULL, NULL},
};
static const struct table webhook_table = {FIELDS(webhook_fields), RULES(url_rules)};

static const struct field pagerduty_fields[] = {
	{.name = "routingKeyFrom",
	 .about = "Key of a Secret with the routing key.",
	 .types = T_OBJECT,
	 .required = true,
	 .object = &table_secret_key},
	{.name = "url",
	 .about = "Address of the Events API.",
	 .types = T_STRING,
	 .text = TEXT_URL,
	 .fallback = "\"https://events.pagerduty.com/v2/enqueue\""},
};
static const struct table pagerduty_table = {FIELDS(pagerduty_fields)};

static const struct field alertmanager_fields[] = {
	{.name = "url",
	 .about = "Address of the Alertmanager.",
	 .types = T_STRING,
	 .text = TEXT_URL},
	{.name = "urlFrom",
	 .about = "Key of a Secret with the address of the Alertmanager.",
	 .types = T_OBJECT,
	 .object = &table_secret_key},
	{.name = "bearerTokenFrom",
	 .about = "Key of a Secret with the token of every request.",
	 .types = T_OBJECT,
	 .object = &table_secret_key},
	{.name = "labels",
	 .about = "Further labels of every alert.",
	 .types = T_MAP,
	 .values = &item_text,
	 .max_items = 100},
};
static const struct table alertmanager_table = {FIELDS(alertmanager_fields), RULES(url_rules)};

static const char *const channel_types[] = {"slack", "webhook", "pagerduty", "alertmanager",
					    NULL};
static const struct field channel_fields[] = {
	{.name = "type",
	 .about = "What the receiver is.",
	 .types = T_STRING,
	 .required = true,
	 .choices = channel_types},
	{.name = "template",
	 .about = "Template of the message.",
	 .types = T_STRING,
	 .text = TEXT_TEMPLATE},
	{.name = "slack",
	 .about = "An incoming webhook of Slack.",
	 .types = T_OBJECT,
	 .object = &slack_table},
	{.name = "webhook",
	 .about = "Any HTTP receiver.",
	 .types = T_OBJECT,
	 .object = &webhook_table},
	{.name = "pagerduty",
	 .about = "A service of PagerDuty.",
	 .types = T_OBJECT,
	 .object = &pagerduty_table},
	{.name = "alertmanager",
	 .about = "A Prometheus Alertmanager.",
	 .types = T_OBJECT,
	 .object = &alertmanager_table},
};
static const struct rule channel_rules[] = {
	{RULE_NEEDS, {"slack"}, "type", "slack"},
	{RULE_NEEDS, {"webhook"}, "type", "webhook"},
	{RULE_NEEDS, {"pagerduty"}, "type", "pagerduty"},
	{RULE_NEEDS, {"alertmanager"}, "type", "alertmanager"},
};
static const struct table channel_table = {FIELDS(channel_fields), RULES(channel_rules)};
static const struct field channel_item = {
	.types = T_OBJECT, .object = &channel_table, .about = "A receiver."};

/* ---- events, SPEC 16.4 */

static const char *const event_types[] = {
	"TeamSucceeded",  "TeamFailed",	       "TeamTimedOut",	"BudgetWarning",
	"BudgetExceeded", "DailyLimitReached", "AgentDegraded", NULL};
static const struct field type_item = {
	.types = T_STRING, .choices = event_types, .about = "Type of an event."};
static const struct field event_fields[] = {
	{.name = "type",
	 .about = "Type of the event.",
	 .types = T_STRING,
	 .required = true,
	 .choices = event_types},
	{.name = "template",
	 .about = "Template of its message; goes before that of the channel.",
	 .types = T_STRING,
	 .text = TEXT_TEMPLATE},
};
static const struct table event_table = {FIELDS(event_fields)};
static const struct field event_item = {
	.types = T_OBJECT, .object = &event_table, .about = "An event that is sent."};

/* ---- all of it */

static const struct field limiting_fields[] = {
	{.name = "windowSeconds",
	 .about = "Length of the window.",
	 .types = T_INTEGER,
	 .fallback = "300",
	 .bounds = AT_LEAST(1)},
	{.name = "maxPerWindow",
	 .about = "Most messages per window.",
	 .types = T_INTEGER,
	 .fallback = "1",
	 .bounds = AT_LEAST(1)},
};
static const struct table limiting_table = {FIELDS(limiting_fields)};

static const struct field fields[] = {
	{.name = "channels",
	 .about = "Receivers.",
	 .types = T_LIST,
	 .items = &channel_item,
	 .max_items = 20},
	{.name = "channel",
	 .about = "The only receiver.",
	 .types = T_OBJECT,
	 .object = &channel_table},
	{.name = "on",
	 .about = "Types of events that are sent; empty means all.",
	 .types = T_LIST,
	 .items = &type_item,
	 .max_items = 100},
	{.name = "events",
	 .about = "Events that are sent, with a template each.",
	 .types = T_LIST,
	 .items = &event_item,
	 .max_items = 100,
	 .unique = "type"},
	{.name = "rateLimitSeconds",
	 .about = "One message in so many seconds; 0 is no limit.",
	 .types = T_INTEGER,
	 .bounds = AT_LEAST(0)},
	{.name = "rateLimiting",
	 .about = "So many messages in a window.",
	 .types = T_OBJECT,
	 .object = &limiting_table},
};
static const struct rule rules[] = {
	{RULE_EXACTLY_ONE, {"channels", "channel"}, NULL, NULL},
	{RULE_AT_MOST_ONE, {"on", "events"}, NULL, NULL},
	{RULE_AT_MOST_ONE, {"rateLimitSeconds", "rateLimiting"}, NULL, NULL},
};
const struct table table_notify = {FIELDS(fields), RULES(rules)};

static const struct column columns[] = {
	{"Channels", "string", ".status.channelTypes", false},
	{"Ready", "string", ".status.conditions[?(@.type=='Ready')].status", false},
	{"Age", "date", ".metadata.creationTimestamp", false},
};

static const char *const ready[] = {"Accepted", NULL};
static const char *const not_ready[] = {"InvalidChannelConfig", "InvalidTemplate",
					"SecretNotFound", NULL};
static const char *const failing[] = {"DeadLettered", NULL};
static const struct condition conditions[] = {
	{"Ready", "True", ready},
	{"Ready", "False", not_ready},
	{"DeliveryFailing", "True", failing},
};

const struct kind_info kind_notify = {
	.kind = KIND_NOTIFY,
	.name = "ArkNotify",
	.plural = "arknotifies",
	.singular = "arknotify",
	.short_name = "anfy",
	.about = "Who is told what happens to teams, budgets and agents.",
	.spec = &table_notify,
	.status = &status_notify,
	.invalid = "InvalidChannelConfig",
	COLUMNS(columns),
	CONDITIONS(conditions),
};
