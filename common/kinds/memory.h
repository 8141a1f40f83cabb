/* ArkMemory (SPEC 18.7), as the daemons read it. See parts.h for what a view is. */
#ifndef ARK_KINDS_MEMORY_H
#define ARK_KINDS_MEMORY_H

#include "base/fail.h"
#include "kinds/parts.h"
#include "kinds/settings.h"

enum vector_provider { VECTOR_QDRANT, VECTOR_WEAVIATE, VECTOR_PINECONE };
const char *vector_provider_name(enum vector_provider p);

struct memory {
	enum memory_backend backend;
	/* redis; the Secret's key is REDIS_URL */
	struct str redis_secret;
	int64_t redis_ttl_seconds; /* 0 = never */
	int64_t redis_max_entries; /* 0 = no limit */
	/* vector-store; the Secret's key is VECTOR_STORE_API_KEY */
	enum vector_provider provider;
	struct str endpoint, collection, vector_secret;
	int64_t vector_ttl_seconds;
	int64_t top_k;
	double min_similarity;
	struct str embedding_model;
	struct str embedding_provider; /* openai or mock */
	int64_t embedding_dimensions;  /* 0 = the model's */
	struct key_ref embedding_key;
};

enum fail memory_load(struct arena *a, const struct value *spec, struct memory *ret,
		      struct why *why) MUST_CHECK;

#endif
