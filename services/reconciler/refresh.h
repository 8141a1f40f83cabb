/*
 * The loop that looks at objects which may need another status.
 *
 *	+-> take a batch of marked objects
 *	|   for each: load its record -> render -> commit    (commits share a pipeline)
 *	|       refused with conflict: mark it again
 *	+-- until none is marked
 *
 * Marks that come close together are one batch. Nothing is lost with the process: it begins with
 * all objects marked.
 */
#ifndef ARK_RECONCILER_REFRESH_H
#define ARK_RECONCILER_REFRESH_H

#include "reconciler/subject.h"

struct refresh;
struct event_base;
struct metrics;

struct refresh_plan {
	const struct surroundings *world;
	struct redis *commands;
	/* Called with each object that is looked at. NULL: nobody wants to know. */
	void (*seen)(void *arg, const struct object *o);
	void *arg;
};

struct refresh *refresh_new(struct event_base *base, const struct refresh_plan *plan,
			    struct metrics *metrics);
void refresh_free(struct refresh *r);
/* Redis and the objects are there; or Redis is gone. */
void refresh_up(struct refresh *r);
void refresh_down(struct refresh *r);
/* Another kind than those that the suite acts on is ignored. */
void refresh_mark(struct refresh *r, enum kind kind, struct str namespace, struct str name);

#endif
