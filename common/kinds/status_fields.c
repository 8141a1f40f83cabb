/* What the statuses of several kinds share: SPEC 3.5, 1.6, 9.13. */
#include "kinds/status_fields.h"

static const char *const truths[] = {"True", "False", "Unknown", NULL};
static const struct field condition_fields[] = {
	{.name = "type",
	 .about = "Name of the condition.",
	 .types = T_STRING,
	 .required = true,
	 .min_bytes = 1,
	 .max_bytes = 316},
	{.name = "status",
	 .about = "Whether it holds.",
	 .types = T_STRING,
	 .required = true,
	 .choices = truths},
	{.name = "reason",
	 .about = "Why, in one word.",
	 .types = T_STRING,
	 .required = true,
	 .min_bytes = 1,
	 .max_bytes = 1024},
	{.name = "message", .about = "Why, for people.", .types = T_STRING, .max_bytes = 32768},
	{.name = "lastTransitionTime",
	 .about = "When status last changed.",
	 .types = T_STRING,
	 .required = true,
	 .text = TEXT_TIME},
	{.name = "observedGeneration",
	 .about = "Generation of the object that this is about.",
	 .types = T_INTEGER},
};
static const struct table condition_table = {FIELDS(condition_fields)};
const struct field status_condition = {
	.types = T_OBJECT, .object = &condition_table, .about = "A condition."};

static const struct field status_usage_fields[] = {
	{.name = "inputTokens", .about = "Tokens sent.", .types = T_INTEGER},
	{.name = "outputTokens", .about = "Tokens received.", .types = T_INTEGER},
	{.name = "totalTokens", .about = "The sum of both.", .types = T_INTEGER},
};
const struct table status_usage = {FIELDS(status_usage_fields)};

static const struct field status_output_ref_fields[] = {
	{.name = "bytes", .about = "Length of the whole text.", .types = T_INTEGER},
	{.name = "sha256", .about = "SHA-256 of the whole text, in hex.", .types = T_STRING},
	{.name = "path", .about = "Path of the whole text at the gateway.", .types = T_STRING},
	{.name = "artifact",
	 .about = "URL of the whole text, when the team has an artifact store.",
	 .types = T_STRING},
};
const struct table status_output_ref = {FIELDS(status_output_ref_fields)};

/* ArkSettings and ArkMemory have no more than this. */
static const struct field status_plain_fields[] = {
	{.name = "observedGeneration",
	 .about = "Generation of the object that this status is about.",
	 .types = T_INTEGER},
	{.name = "conditions",
	 .about = "What holds of the object.",
	 .types = T_LIST,
	 .items = &status_condition,
	 .unique = "type",
	 .max_items = 20},
};
const struct table status_plain = {FIELDS(status_plain_fields)};
