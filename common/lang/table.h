/* A map from short texts to pointers, in an arena. Keys are borrowed. */
#ifndef ARK_LANG_TABLE_H
#define ARK_LANG_TABLE_H

#include "base/arena.h"
#include "base/str.h"

struct table_slot {
	struct str key; /* ptr NULL = free */
	void *value;
};

struct table {
	struct arena *arena;
	struct table_slot *slots;
	size_t count, cap; /* cap is a power of two, or 0 */
};

#define TABLE(arena_) ((struct table){.arena = (arena_)})

/* What is stored under the key, or NULL. */
void *table_get(const struct table *t, struct str key);
/* Stores value (not NULL) unless the key is there: then it changes nothing and returns what is
 * there, else NULL. */
void *table_put(struct table *t, struct str key, void *value);

#endif
