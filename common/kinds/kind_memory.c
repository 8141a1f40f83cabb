/* ArkMemory: SPEC 18.7, 3.1, 3.6. */
#include "kinds/shared.h"
#include "kinds/status_fields.h"

static const struct field redis_fields[] = {
	{.name = "secretRef",
	 .about = "Secret with REDIS_URL.",
	 .types = T_OBJECT,
	 .required = true,
	 .object = &table_ref},
	{.name = "ttlSeconds",
	 .about = "How long entries are kept; 0 is for ever.",
	 .types = T_INTEGER,
	 .fallback = "3600",
	 .bounds = AT_LEAST(0)},
	{.name = "maxEntries",
	 .about = "Most entries of an agent; 0 is no limit.",
	 .types = T_INTEGER,
	 .fallback = "0",
	 .bounds = AT_LEAST(0)},
};
static const struct table redis_table = {FIELDS(redis_fields)};

static const char *const vector_providers[] = {"qdrant", "weaviate", "pinecone", NULL};
static const struct field vector_fields[] = {
	{.name = "provider",
	 .about = "Kind of vector store.",
	 .types = T_STRING,
	 .required = true,
	 .choices = vector_providers},
	{.name = "endpoint",
	 .about = "Address of the store.",
	 .types = T_STRING,
	 .required = true,
	 .text = TEXT_URL},
	{.name = "collection",
	 .about = "Collection that holds the entries.",
	 .types = T_STRING,
	 .fallback = "\"agent-memories\"",
	 .min_bytes = 1},
	{.name = "secretRef",
	 .about = "Secret with VECTOR_STORE_API_KEY.",
	 .types = T_OBJECT,
	 .object = &table_ref},
	{.name = "ttlSeconds",
	 .about = "How long entries are kept; 0 is for ever.",
	 .types = T_INTEGER,
	 .fallback = "0",
	 .bounds = AT_LEAST(0)},
	{.name = "topK",
	 .about = "Most entries that go before a prompt.",
	 .types = T_INTEGER,
	 .fallback = "5",
	 .bounds = BETWEEN(1, 50)},
	{.name = "minSimilarity",
	 .about = "How near an entry must be to the prompt.",
	 .types = T_NUMBER,
	 .fallback = "0.7",
	 .bounds = BETWEEN(0, 1)},
};
static const struct table vector_table = {FIELDS(vector_fields)};

static const char *const embedding_providers[] = {"auto", "openai", "mock", NULL};
static const struct field embedding_fields[] = {
	{.name = "model",
	 .about = "Model that makes embeddings.",
	 .types = T_STRING,
	 .fallback = "\"text-embedding-3-small\"",
	 .min_bytes = 1},
	{.name = "provider",
	 .about = "Who makes embeddings; auto is openai.",
	 .types = T_STRING,
	 .fallback = "\"auto\"",
	 .choices = embedding_providers},
	{.name = "dimensions",
	 .about = "Length of an embedding; 0 is what the model gives.",
	 .types = T_INTEGER,
	 .fallback = "0",
	 .bounds = AT_LEAST(0)},
	{.name = "apiKeyRef",
	 .about = "Key of a Secret with the provider's key.",
	 .types = T_OBJECT,
	 .object = &table_secret_key},
};
static const struct table embedding_table = {FIELDS(embedding_fields)};

static const struct field fields[] = {
	{.name = "backend",
	 .about = "Where memory is kept.",
	 .types = T_STRING,
	 .required = true,
	 .choices = memory_backends},
	{.name = "redis",
	 .about = "Memory in Redis: the newest entries.",
	 .types = T_OBJECT,
	 .object = &redis_table},
	{.name = "vectorStore",
	 .about = "Memory in a vector store: the entries nearest to the prompt.",
	 .types = T_OBJECT,
	 .object = &vector_table},
	{.name = "embedding",
	 .about = "How texts become vectors.",
	 .types = T_OBJECT,
	 .object = &embedding_table},
};
static const struct rule rules[] = {
	{RULE_NEEDS, {"redis"}, "backend", "redis"},
	{RULE_NEEDS, {"vectorStore"}, "backend", "vector-store"},
};
const struct table table_memory = {FIELDS(fields), RULES(rules)};

static const struct column columns[] = {
	{"Backend", "string", ".spec.backend", false},
	{"Age", "date", ".metadata.creationTimestamp", false},
};

static const char *const ready[] = {"Accepted", NULL};
static const char *const not_ready[] = {"InvalidSpec", "SecretNotFound", NULL};
static const struct condition conditions[] = {
	{"Ready", "True", ready},
	{"Ready", "False", not_ready},
};

const struct kind_info kind_memory = {
	.kind = KIND_MEMORY,
	.name = "ArkMemory",
	.plural = "arkmemories",
	.singular = "arkmemory",
	.short_name = "aomem",
	.about = "Where agents keep what they did before.",
	.spec = &table_memory,
	.status = &status_plain,
	.invalid = "InvalidSpec",
	COLUMNS(columns),
	CONDITIONS(conditions),
};
