/* Statuses of the other kinds: SPEC 12.2, 15.3, 16.3, 17.6, 19.2. */
#include "kinds/status_fields.h"

/* ---- ArkEvent */

static const struct field status_event_fields[] = {
	{.name = "lastFiredAt",
	 .about = "When it last fired.",
	 .types = T_STRING,
	 .text = TEXT_TIME},
	{.name = "lastSlot",
	 .about = "Newest slot that fired (cron).",
	 .types = T_STRING,
	 .text = TEXT_TIME},
	{.name = "nextFireAt",
	 .about = "Next slot (cron).",
	 .types = T_STRING,
	 .text = TEXT_TIME},
	{.name = "firedCount", .about = "How often it fired.", .types = T_INTEGER},
	{.name = "skippedCount", .about = "Slots that did not fire.", .types = T_INTEGER},
	{.name = "webhookURL", .about = "Address to call (webhook).", .types = T_STRING},
};
const struct table status_event = {.base = &status_plain, FIELDS(status_event_fields)};

/* ---- ArkBudget */

static const char *const budget_phases[] = {"OK", "Warning", "Exceeded", NULL};
static const struct field status_budget_fields[] = {
	{.name = "phase",
	 .about = "Where the spend stands.",
	 .types = T_STRING,
	 .choices = budget_phases},
	{.name = "spentUSD",
	 .about = "Spent in this period, in the currency of the budget.",
	 .types = T_STRING},
	{.name = "reservedUSD",
	 .about = "Reserved for calls that are under way.",
	 .types = T_STRING},
	{.name = "pctUsed", .about = "Percent of the limit, rounded down.", .types = T_INTEGER},
	{.name = "periodStart",
	 .about = "Start of this period.",
	 .types = T_STRING,
	 .text = TEXT_TIME},
	{.name = "periodEnd",
	 .about = "End of this period.",
	 .types = T_STRING,
	 .text = TEXT_TIME},
	{.name = "lastUpdated",
	 .about = "When these figures were written.",
	 .types = T_STRING,
	 .text = TEXT_TIME},
};
const struct table status_budget = {.base = &status_plain, FIELDS(status_budget_fields)};

/* ---- ArkNotify */

static const struct field channel_type = {.types = T_STRING, .about = "Type of a channel."};
static const struct field dispatch_fields[] = {
	{.name = "channelIndex", .about = "Number of the channel, from 0.", .types = T_INTEGER},
	{.name = "lastFiredAt",
	 .about = "When it was last called.",
	 .types = T_STRING,
	 .text = TEXT_TIME},
	{.name = "lastEvent", .about = "Type of the event.", .types = T_STRING},
	{.name = "succeeded", .about = "Whether it took it.", .types = T_BOOLEAN},
	{.name = "error", .about = "What went wrong.", .types = T_STRING},
	{.name = "attempts", .about = "How often it was tried.", .types = T_INTEGER},
};
static const struct table dispatch_table = {FIELDS(dispatch_fields)};
static const struct field dispatch_item = {.types = T_OBJECT,
					   .object = &dispatch_table,
					   .about = "The last delivery of a channel."};
static const struct field status_notify_fields[] = {
	{.name = "channelTypes",
	 .about = "Types of the channels.",
	 .types = T_LIST,
	 .items = &channel_type,
	 .max_items = 20},
	{.name = "lastDispatches",
	 .about = "The last delivery of each channel.",
	 .types = T_LIST,
	 .items = &dispatch_item,
	 .max_items = 20},
	{.name = "suppressedCount",
	 .about = "Messages held back by the rate limit.",
	 .types = T_INTEGER},
	{.name = "deadLetters", .about = "Deliveries that were given up.", .types = T_INTEGER},
};
const struct table status_notify = {.base = &status_plain, FIELDS(status_notify_fields)};

/* ---- ArkRegistry */

static const struct field capability_id = {.types = T_STRING, .about = "Id of a capability."};
static const struct field agent_name = {.types = T_STRING, .about = "Name of an agent."};
static const struct field tag = {.types = T_STRING, .about = "A tag."};
static const struct field member_fields[] = {
	{.name = "name",
	 .about = "Name of the agent; namespace/name when it is in another namespace.",
	 .types = T_STRING},
	{.name = "model", .about = "Its model.", .types = T_STRING},
	{.name = "readyReplicas", .about = "Its pods that are ready.", .types = T_INTEGER},
	{.name = "dailyTokens",
	 .about = "Its tokens of the last 24 hours.",
	 .types = T_INTEGER},
	{.name = "capabilities",
	 .about = "Its capabilities.",
	 .types = T_LIST,
	 .items = &capability_id,
	 .max_items = 100},
};
static const struct table member_table = {FIELDS(member_fields)};
static const struct field member_item = {
	.types = T_OBJECT, .object = &member_table, .about = "An agent."};
static const struct field capability_fields[] = {
	{.name = "id", .about = "Id of the capability.", .types = T_STRING},
	{.name = "description",
	 .about = "What it is, by the first agent that offers it.",
	 .types = T_STRING},
	{.name = "agents",
	 .about = "Agents that offer it.",
	 .types = T_LIST,
	 .items = &agent_name,
	 .max_items = 200},
	{.name = "tags",
	 .about = "All of its tags.",
	 .types = T_LIST,
	 .items = &tag,
	 .max_items = 200},
};
static const struct table capability_table = {FIELDS(capability_fields)};
static const struct field capability_item = {
	.types = T_OBJECT, .object = &capability_table, .about = "A capability."};
static const struct field status_registry_fields[] = {
	{.name = "indexedAgents", .about = "Agents in the index.", .types = T_INTEGER},
	{.name = "fleet",
	 .about = "The agents; at most 200.",
	 .types = T_LIST,
	 .items = &member_item,
	 .max_items = 200},
	{.name = "capabilities",
	 .about = "The capabilities; at most 200.",
	 .types = T_LIST,
	 .items = &capability_item,
	 .max_items = 200},
	{.name = "lastRebuild",
	 .about = "When the index last changed.",
	 .types = T_STRING,
	 .text = TEXT_TIME},
};
const struct table status_registry = {.base = &status_plain, FIELDS(status_registry_fields)};

/* ---- ArkSecret */

static const char *const secret_phases[] = {"Pending", "Synced", "Error", NULL};
static const struct field status_secret_fields[] = {
	{.name = "phase",
	 .about = "Whether the value could be read.",
	 .types = T_STRING,
	 .choices = secret_phases},
	{.name = "lastSyncedAt",
	 .about = "When it was last read.",
	 .types = T_STRING,
	 .text = TEXT_TIME},
	{.name = "versionHash",
	 .about = "First 16 hex digits of the SHA-256 of the value.",
	 .types = T_STRING},
};
const struct table status_secret = {.base = &status_plain, FIELDS(status_secret_fields)};
