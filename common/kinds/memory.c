#include "kinds/memory.h"

#include "kinds/check.h"
#include "kinds/read.h"
#include "kinds/shared.h"

const char *vector_provider_name(enum vector_provider p)
{
	switch (p) {
	case VECTOR_QDRANT: return "qdrant";
	case VECTOR_WEAVIATE: return "weaviate";
	case VECTOR_PINECONE: return "pinecone";
	}
	return "?";
}

enum fail memory_load(struct arena *a, const struct value *spec, struct memory *ret,
		      struct why *why)
{
	struct view v = {a, &table_memory, spec};
	struct view redis, store, embedding;
	enum fail f;

	f = check_structure(a, &table_memory, spec, "spec", why);
	if (f)
		return f;
	redis = read_object(&v, "redis");
	store = read_object(&v, "vectorStore");
	embedding = read_object(&v, "embedding");
	*ret = (struct memory){
		.backend = (enum memory_backend)read_choice(&v, "backend"),
		.redis_secret = read_ref(&redis, "secretRef"),
		.redis_ttl_seconds = read_int(&redis, "ttlSeconds"),
		.redis_max_entries = read_int(&redis, "maxEntries"),
		.provider = (enum vector_provider)read_choice(&store, "provider"),
		.endpoint = read_text(&store, "endpoint"),
		.collection = read_text(&store, "collection"),
		.vector_secret = read_ref(&store, "secretRef"),
		.vector_ttl_seconds = read_int(&store, "ttlSeconds"),
		.top_k = read_int(&store, "topK"),
		.min_similarity = read_number(&store, "minSimilarity"),
		.embedding_model = read_text(&embedding, "model"),
		.embedding_provider = read_text(&embedding, "provider"),
		.embedding_dimensions = read_int(&embedding, "dimensions"),
		.embedding_key = read_key(&embedding, "apiKeyRef"),
	};
	if (str_is(ret->embedding_provider, "auto"))
		ret->embedding_provider = STR("openai");
	return FAIL_NONE;
}
