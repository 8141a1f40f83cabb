/* ArkSecret: SPEC 19.1, 3.1, 3.6. */
#include "kinds/shared.h"
#include "kinds/status_fields.h"

static const struct field kubernetes_fields[] = {
	{.name = "secretRef",
	 .about = "Key of a Secret in the same namespace.",
	 .types = T_OBJECT,
	 .required = true,
	 .object = &table_secret_key},
};
static const struct table kubernetes_table = {FIELDS(kubernetes_fields)};

static const struct field auth_fields[] = {
	{.name = "tokenSecretRef",
	 .about = "Key of a Secret with a Vault token.",
	 .types = T_OBJECT,
	 .object = &table_secret_key},
	{.name = "kubernetesRole",
	 .about = "Role to log in as with a token of the agents' ServiceAccount.",
	 .types = T_STRING,
	 .min_bytes = 1},
	{.name = "kubernetesMount",
	 .about = "Mount of Vault's Kubernetes login.",
	 .types = T_STRING,
	 .fallback = "\"kubernetes\"",
	 .min_bytes = 1},
};
static const struct rule auth_rules[] = {
	{RULE_EXACTLY_ONE, {"tokenSecretRef", "kubernetesRole"}, NULL, NULL},
};
static const struct table auth_table = {FIELDS(auth_fields), RULES(auth_rules)};

static const struct field vault_fields[] = {
	{.name = "address",
	 .about = "Address of the Vault server; https unless insecure.",
	 .types = T_STRING,
	 .required = true,
	 .text = TEXT_URL},
	{.name = "insecure",
	 .about = "Whether plain http is fine.",
	 .types = T_BOOLEAN,
	 .fallback = "false"},
	{.name = "mount",
	 .about = "Mount of the secrets engine.",
	 .types = T_STRING,
	 .fallback = "\"secret\"",
	 .min_bytes = 1},
	{.name = "path",
	 .about = "Path of the secret below the mount.",
	 .types = T_STRING,
	 .required = true,
	 .min_bytes = 1},
	{.name = "key",
	 .about = "Field of the secret.",
	 .types = T_STRING,
	 .fallback = "\"value\"",
	 .min_bytes = 1},
	{.name = "kvVersion",
	 .about = "Version of the secrets engine.",
	 .types = T_INTEGER,
	 .fallback = "2",
	 .bounds = BETWEEN(1, 2)},
	{.name = "auth",
	 .about = "How to log in.",
	 .types = T_OBJECT,
	 .required = true,
	 .object = &auth_table},
	{.name = "audience",
	 .about = "Audience of the token that logs in.",
	 .types = T_STRING,
	 .fallback = "\"vault\"",
	 .min_bytes = 1},
	{.name = "caSecretRef",
	 .about = "Key of a Secret with the only trusted certificates.",
	 .types = T_OBJECT,
	 .object = &table_secret_key},
};
static const struct table vault_table = {FIELDS(vault_fields)};

static const struct field file_fields[] = {
	{.name = "path",
	 .about = "Path below the suite's folder for the namespace.",
	 .types = T_STRING,
	 .required = true,
	 .pattern = &pattern_relative},
};
static const struct table file_table = {FIELDS(file_fields)};

static const char *const providers[] = {"kubernetes", "vault", "file", NULL};
static const struct field fields[] = {
	{.name = "provider",
	 .about = "Where the value comes from.",
	 .types = T_STRING,
	 .required = true,
	 .choices = providers},
	{.name = "envVar",
	 .about = "Name of the variable in the worker.",
	 .types = T_STRING,
	 .required = true,
	 .pattern = &pattern_variable},
	{.name = "kubernetes",
	 .about = "A Secret of Kubernetes.",
	 .types = T_OBJECT,
	 .object = &kubernetes_table},
	{.name = "vault",
	 .about = "A secret of a Vault server.",
	 .types = T_OBJECT,
	 .object = &vault_table},
	{.name = "file",
	 .about = "A file that the suite can read.",
	 .types = T_OBJECT,
	 .object = &file_table},
	{.name = "refreshIntervalSeconds",
	 .about = "How often vault and file are read again.",
	 .types = T_INTEGER,
	 .fallback = "300",
	 .bounds = BETWEEN(10, 86400)},
};
static const struct rule rules[] = {
	{RULE_NEEDS, {"kubernetes"}, "provider", "kubernetes"},
	{RULE_NEEDS, {"vault"}, "provider", "vault"},
	{RULE_NEEDS, {"file"}, "provider", "file"},
};
const struct table table_secret = {FIELDS(fields), RULES(rules)};

static const struct column columns[] = {
	{"Provider", "string", ".spec.provider", false},
	{"Phase", "string", ".status.phase", false},
	{"Synced", "date", ".status.lastSyncedAt", false},
	{"Age", "date", ".metadata.creationTimestamp", false},
};

static const char *const ready[] = {"Synced", NULL};
static const char *const not_ready[] = {"Pending",     "InvalidSpec", "SecretNotFound",
					"KeyNotFound", "AuthFailed",  "ProviderError",
					NULL};
static const struct condition conditions[] = {
	{"Ready", "True", ready},
	{"Ready", "False", not_ready},
};

const struct kind_info kind_secret = {
	.kind = KIND_SECRET,
	.name = "ArkSecret",
	.plural = "arksecrets",
	.singular = "arksecret",
	.short_name = "aosec",
	.about = "One secret value for agents, from a Secret, a Vault server or a file.",
	.spec = &table_secret,
	.status = &status_secret,
	.invalid = "InvalidSpec",
	COLUMNS(columns),
	CONDITIONS(conditions),
};
