#include "lang/table.h"

enum { TABLE_FIRST = 64 };

/* FNV-1a, 64 bits */
static uint64_t hash(struct str key)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ (unsigned char)key.ptr[i]) * UINT64_C(1099511628211);
	return h ^ h >> 32;
}

/* The slot of the key, or the free one where it belongs. cap is not 0. */
static struct table_slot *slot_of(const struct table *t, struct str key)
{
	size_t i = hash(key) & (t->cap - 1);

	while (t->slots[i].key.ptr && !str_eq(t->slots[i].key, key))
		i = (i + 1) & (t->cap - 1);
	return &t->slots[i];
}

void *table_get(const struct table *t, struct str key)
{
	return t->cap ? slot_of(t, key)->value : NULL;
}

static void grow(struct table *t)
{
	struct table bigger = {.arena = t->arena, .count = t->count};

	bigger.cap = t->cap ? t->cap * 2 : TABLE_FIRST;
	bigger.slots = ARENA_ARRAY(t->arena, bigger.cap, struct table_slot);
	for (size_t i = 0; i < t->cap; i++)
		if (t->slots[i].key.ptr)
			*slot_of(&bigger, t->slots[i].key) = t->slots[i];
	*t = bigger;
}

void *table_put(struct table *t, struct str key, void *value)
{
	struct table_slot *slot;

	if (t->count * 2 >= t->cap)
		grow(t);
	slot = slot_of(t, key);
	if (slot->value)
		return slot->value;
	slot->key = key.ptr ? key : STR("");
	slot->value = value;
	t->count++;
	return NULL;
}
