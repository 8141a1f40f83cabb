/*
 * What a decision may look at, and the memory of a decider.
 *
 * A decision asks the bag for states and texts by key. What is not in the bag yet is noted, the
 * asker gives up, the loop loads it, and the decision is made again from the start; being pure,
 * it comes to the same point and goes on. So decisions never wait and never do I/O.
 *
 * Behind the bag is a cache over batches: states with their versions (a stale one costs a refused
 * commit, never more) and texts, which never change under one key. Between batches it is cut to
 * its bound, the longest unused first; one batch may need more.
 */
#ifndef ARK_STREAM_BAG_H
#define ARK_STREAM_BAG_H

#include "base/arena.h"
#include "redis/redis.h"

struct bag;

struct bag_state {
	uint64_t version; /* 0: there is no such state */
	struct str data;
	struct str mark; /* STREAMS 3.5; empty = none */
};

/* max_bytes (LIMIT_CACHE_BYTES) bounds the cache. Texts that the bag gives are copies in `a` and live as long. */
struct bag *bag_new(struct redis *commands, size_t max_bytes);
void bag_free(struct bag *b);

/* --- for decisions -------------------------------------------------------------------------- */

/* NULL: not here yet; give up, you will be called again. */
const struct bag_state *bag_state(struct bag *b, struct arena *a, struct str key);
/* False: not here yet. A key that does not exist gives a text without ptr. */
bool bag_text(struct bag *b, struct arena *a, struct str key, struct str *ret_text);

/* --- for loops ------------------------------------------------------------------------------ */

/* Something was asked for in vain since the last bag_load. */
bool bag_is_missing(const struct bag *b);
/* Loads all that was asked for in vain; fn is told once. FAIL_BUSY: Redis was lost on the way. */
void bag_load(struct bag *b, void (*fn)(void *arg, enum fail f, const struct why *why),
	      void *arg);
/* A commit wrote this state with this version. */
void bag_wrote(struct bag *b, struct str key, uint64_t version, struct str data);
/* It changed behind our back, or may have. */
void bag_forget(struct bag *b, struct str key);
void bag_forget_all(struct bag *b);
/* Cuts the cache to its bound. Between batches. */
void bag_trim(struct bag *b);
size_t bag_bytes(const struct bag *b);

#endif
