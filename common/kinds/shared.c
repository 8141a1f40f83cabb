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
static const struct table value_table = {FIELDS(header_value_fields)};
static const struct table header_value_table = {.base = &value_table,
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

static const struct field header_name_fields[] = {
	{.name = "name",
	 .about = "Name of the header.",
	 .types = T_STRING,
	 .required = true,
	 .pattern = &pattern_header},
};
static const struct rule header_rules[] = {
	{RULE_EXACTLY_ONE, {"value", "secretKeyRef", "valueFrom"}, NULL, NULL},
};
const struct table table_header = {
	.base = &value_table, FIELDS(header_name_fields), RULES(header_rules)};

static const struct field header_item_fields[] = {
	{.name = "valueFrom",
	 .about = "Where the value is found.",
	 .types = T_OBJECT,
	 .object = &value_from_table},
};
static const struct table header_item_table = {.base = &table_header,
					       FIELDS(header_item_fields)};
const struct field header_item = {
	.types = T_OBJECT, .object = &header_item_table, .about = "A header."};

const char *const http_methods[] = {"GET", "POST", "PUT", "PATCH", NULL};
const char *const memory_backends[] = {"in-context", "redis", "vector-store", NULL};
const char *const builtin_tools[] = {"submit_subtask", "delegate", "write_artifact",
				     "read_artifact", NULL};

/* ---- roles, SPEC 8.4, 9.1 */

static const struct field role_link = {.types = T_STRING, .about = "Name of a role."};
const struct field role_fields[] = {
	{.name = "name",
	 .about = "Name of the role, unique in the team.",
	 .types = T_STRING,
	 .required = true,
	 .pattern = &pattern_label},
	{.name = "arkAgent",
	 .about = "ArkAgent that has the role.",
	 .types = T_STRING | T_OBJECT,
	 .object = &table_ref,
	 .min_bytes = 1},
	{.name = "arkTeam",
	 .about = "ArkTeam that has the role; its steps are child runs.",
	 .types = T_STRING | T_OBJECT,
	 .object = &table_ref,
	 .min_bytes = 1},
	{.name = "canDelegate",
	 .about = "Roles that this one may give work to.",
	 .types = T_LIST,
	 .items = &role_link,
	 .max_items = 100,
	 .unique_items = true},
};
