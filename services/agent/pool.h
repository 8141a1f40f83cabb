/*
 * The local pool: one process serves every ArkAgent that there is (SPEC 2.12). It follows the
 * objects and puts each agent's variables together as a pod would have them.
 */
#ifndef ARK_AGENT_POOL_H
#define ARK_AGENT_POOL_H

#include "agent/worker.h"
#include "base/seal.h"
#include "stream/objects.h"

struct pool;

struct pool_plan {
	struct redis *commands, *reads;
	const struct seal_keys *keys; /* none: no Secret can be opened */
	/* An agent appeared, changed or went: so many tasks at once, 0 = none any more. */
	void (*serve)(void *arg, struct str namespace, struct str agent, int64_t places);
	/* The objects are here; again after each reconnect. */
	void (*ready)(void *arg);
	void *arg;
};

struct pool *pool_new(struct process *p, const struct pool_plan *plan);
void pool_free(struct pool *o);
void pool_up(struct pool *o);
void pool_down(struct pool *o);

/* The setup of an agent as it is now, with a reference for the caller. FAIL_INPUT: there is no such
 * agent, or something that it refers to. */
enum fail pool_setup(struct pool *o, struct str namespace, struct str agent,
		     struct agent_setup **ret, struct why *why) MUST_CHECK;

#endif
