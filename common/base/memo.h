/*
 * A small memory of results by key, for what is costly to make and cheap to make again: compiled
 * plans, checked objects. Bounded by number; the longest unused goes first.
 */
#ifndef ARK_BASE_MEMO_H
#define ARK_BASE_MEMO_H

#include "base/str.h"

struct memo;

/* free_value is called for each value that goes. Pointers that memo_get gave are valid until
 * `max` other keys were used, so callers with batches choose max larger than a batch. */
struct memo *memo_new(size_t max, void (*free_value)(void *value));
/* NULL is fine. */
void memo_free(struct memo *m);
/* The value, or NULL. */
void *memo_get(struct memo *m, struct str key);
/* Takes the value over; a value under the same key goes. */
void memo_put(struct memo *m, struct str key, void *value);
void memo_clear(struct memo *m);

#endif
