#include "kinds/shared.h"

static const struct field ref_fields[] = {
	{.name = "name",
	 .about = "Name of the object, in the same namespace.",
	 .types = T_STRING,
	 .required = true,
	 .min_bytes = 1},
};
const struct table table_ref = {FIELDS(ref_fields)};

static const struct field secret_key_fields[] = {
	{.name = "name",
	 .about = "Name of the object, in the same namespace.",
	 .types = T_STRING,
	 .required = true,
	 .min_bytes = 1},
	{.name = "key",
	 .about = "Key in its data.",
	 .types = T_STRING,
	 .required = true,
	 .min_bytes = 1},
	{.name = "optional",
	 .about = "Whether it is fine when the object or key does not exist.",
	 .types = T_BOOLEAN,
	 .fallback = "false"},
};
const struct table table_secret_key = {FIELDS(secret_key_fields)};

static const struct field secret_ref_fields[] = {
	{.name = "name",
	 .about = "Name of the Secret, in the same namespace.",
	 .types = T_STRING,
	 .required = true,
	 .min_bytes = 1},
	{.name = "key", .about = "Key in its data.", .types = T_STRING, .min_bytes = 1},
};
const struct table table_secret_ref = {FIELDS(secret_ref_fields)};

const struct field item_text = {.types = T_STRING, .about = "A text."};
const struct field item_ref = {
	.types = T_OBJECT, .object = &table_ref, .about = "An object in the same namespace."};
const struct field item_any = {.types = T_ANY, .about = "Any JSON value."};
const struct field item_template = {
	.types = T_STRING, .text = TEXT_TEMPLATE, .about = "A template."};

/* ---- headers, SPEC 6.3 */

static const struct field header_value_fields[] = {
	{.name = "value",
	 .about = "Value of the header.",
	 .types = T_STRING,
	 .pattern = &pattern_header_value},
	{.name = "secretKeyRef",
	 .about = "Key of a Secret that holds the value.",
	 .types = T_OBJECT,
	 .object = &table_secret_key},
};
static const struct rule header_value_rules[] = {
	{RULE_EXACTLY_ONE, {"value", "secretKeyRef"}, NULL, NULL},
};
static const struct table header_value_table = {FIELDS(header_value_fields),
						RULES(header_value_rules)};
const struct field header_value = {.types = T_OBJECT,
				   .object = &header_value_table,
				   .about = "Value of the header, or where it is found."};

static const struct field value_from_fields[] = {
	{.name = "secretKeyRef",
	 .about = "Key of a Secret that holds the value.",
	 .types = T_OBJECT,
	 .required = true,
	 .object = &table_secret_key},
};
static const struct table value_from_table = {FIELDS(value_from_fields)};

static const struct field header_item_fields[] = {
	{.name = "name",
	 .about = "Name of the header.",
	 .types = T_STRING,
	 .required = true,
	 .pattern = &pattern_header},
	{.name = "value",
	 .about = "Value of the header.",
	 .types = T_STRING,
	 .pattern = &pattern_header_value},
	{.name = "secretKeyRef",
	 .about = "Key of a Secret that holds the value.",
	 .types = T_OBJECT,
	 .object = &table_secret_key},
	{.name = "valueFrom",
	 .about = "Where the value is found.",
	 .types = T_OBJECT,
	 .object = &value_from_table},
};
static const struct rule header_item_rules[] = {
	{RULE_EXACTLY_ONE, {"value", "secretKeyRef", "valueFrom"}, NULL, NULL},
};
static const struct table header_item_table = {FIELDS(header_item_fields),
					       RULES(header_item_rules)};
const struct field header_item = {
	.types = T_OBJECT, .object = &header_item_table, .about = "A header."};

const char *const http_methods[] = {"GET", "POST", "PUT", "PATCH", NULL};
const char *const memory_backends[] = {"in-context", "redis", "vector-store", NULL};
const char *const builtin_tools[] = {"submit_subtask", "delegate", "write_artifact",
				     "read_artifact", NULL};
