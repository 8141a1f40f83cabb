/*
 * A read-only copy of the objects that matter, kept up to date from `objects` and `snapshot`
 * (DESIGN 2): read the stream's last id, then the hash, then tail. What a relist is to an informer,
 * a new connection or a gap is here: everything is read again and the differences are told.
 */
#ifndef ARK_STREAM_OBJECTS_H
#define ARK_STREAM_OBJECTS_H

#include "kinds/object.h"
#include "redis/redis.h"

struct objects;
struct event_base;
struct metrics;

struct objects_plan {
	struct redis *commands, *reads; /* reads blocks in XREAD */
	unsigned kinds;			/* bits 1 << enum kind: others are not kept */
	size_t max_bytes; /* of all objects; beyond it the process says so; 0: no limit */
	/* An object is new, different (old is what it was) or gone (now is NULL). Both are valid
	 * until it returns. */
	void (*changed)(void *arg, const struct object *old, const struct object *now);
	/* The first complete copy is here; and again after each reconnect. */
	void (*ready)(void *arg);
	void *arg;
};

struct objects *objects_new(struct event_base *base, const struct objects_plan *plan,
			    struct metrics *metrics);
void objects_free(struct objects *o);
void objects_up(struct objects *o);
void objects_down(struct objects *o);

bool objects_ready(const struct objects *o);
/* NULL when there is none. Valid until the next turn of the loop. */
const struct object *objects_get(const struct objects *o, enum kind kind, struct str namespace,
				 struct str name);
/* All objects of a kind, in no order; an empty namespace means all. fn must not change the copy.
 */
void objects_each(const struct objects *o, enum kind kind, struct str namespace,
		  void (*fn)(void *arg, const struct object *object), void *arg);
size_t objects_count(const struct objects *o, enum kind kind);

#endif
