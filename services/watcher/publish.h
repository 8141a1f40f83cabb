/*
 * Telling the suite: each object that is new or different, and each that is gone, once (STREAMS 7).
 *
 * Of several watchers one leads. The leader first reads what was published before it, so that an
 * unchanged object says nothing. Whoever has another epoch by now is refused by Redis.
 */
#ifndef ARK_WATCHER_PUBLISH_H
#define ARK_WATCHER_PUBLISH_H

#include "redis/redis.h"
#include "watcher/known.h"

struct publish;
struct event_base;
struct metrics;

/* Beyond it a source should wait with what it can put off. */
enum { PUBLISH_BUSY_BYTES = 4 << 20 };

struct publish_plan {
	struct redis *commands;
	struct str me;
	const char *key; /* the hash that tells what is published: of objects, or of versions */
	/* One of its fields: fills in what is known of the object, its version first of all. */
	void (*learn)(void *arg, struct known *k, struct str value);
	/* This process leads now and knows what is published: say what there is. */
	void (*leading)(void *arg);
	/* It leads no longer: what was put is void. */
	void (*retired)(void *arg);
	/* Another one leads. */
	void (*standby)(void *arg);
	/* Everything that was put is published. */
	void (*done)(void *arg);
	void (*stepped_down)(void *arg);
	void *arg;
};

struct publish *publish_new(struct event_base *base, const struct publish_plan *plan,
			    struct metrics *metrics);
void publish_free(struct publish *p);
void publish_up(struct publish *p);
void publish_down(struct publish *p);
bool publish_leads(const struct publish *p);
/* Gives the lead back, so that another watcher need not wait for it to run out. `stepped_down` is
 * told when Redis knows, or cannot be told. Nothing is put any more. */
void publish_step_down(struct publish *p);

/* What is published. */
struct known_table *publish_known(struct publish *p);

/* An object as it is. */
struct published {
	struct str field, version, uid;
	int64_t generation;
	struct str json;
};
/* Puts an object that is new or different, and one that is gone. Sent in batches, at the latest
 * before the loop waits again. */
void publish_put(struct publish *p, const struct published *o);
void publish_gone(struct publish *p, struct str field);
/* Sends what was put, now. True when nothing is under way. */
bool publish_flush(struct publish *p);
/* More than PUBLISH_BUSY_BYTES are under way. */
bool publish_busy(const struct publish *p);

#endif
