/*
 * What a message means for a run: the heart of the suite, and pure (DESIGN 4).
 *
 * run_decide changes the run that it is given and adds to the commit what follows from that. It does
 * no I/O, reads no clock (the message says when it is), throws no dice, and keeps nothing. What it
 * needs to see beyond the run it asks of the world; when the world does not have it yet, the
 * decision is thrown away and made again once it is there.
 *
 * Life of a run, SPEC 9.4 and 9.9:
 *
 *	run.requested -> looking -> waiting -> running -> succeeded | failed
 *	                 (team)     (place)      |  ^         |
 *	                                         |  +---------+ run.retried
 *	                                         v
 *	step: pending -> warming-up -> running -> validating -> succeeded | failed
 *	           \                      ^          |            \-> skipped
 *	            \                     +--- again: loop, re-run, repair
 */
#ifndef ARK_RUNNER_RUN_DECIDE_H
#define ARK_RUNNER_RUN_DECIDE_H

#include "base/limits.h"
#include "kinds/object.h"
#include "proto/message.h"
#include "runner/plan.h"
#include "runs/run.h"
#include "stream/commit.h"

struct zones;

/* The world as a decision may see it. Everything that it gives lives until the batch is done. */
struct world {
	const struct limits *limits;
	struct zones *zones;
	bool full; /* the last try found no place among the active runs */

	/* An object by name, or NULL. */
	const struct object *(*object)(void *arg, enum kind kind, struct str namespace,
				       struct str name);
	/* Why an object may not be used (the first error of its checks); empty = it may. */
	struct str (*fault)(void *arg, const struct object *o);
	/* A worker of the agent lives: what is queued for it is taken sooner or later. */
	bool (*lives)(void *arg, struct str namespace, struct str agent);
	/* A text of the run; false: not here yet. */
	bool (*text)(void *arg, struct str key, struct str *ret_text);
	/* A compiled plan. false: not here yet. NULL and words: it is gone or does not compile. */
	bool (*plan)(void *arg, struct str key, const struct plan **ret, struct why *why);
	/* The same from its JSON, before it has a key in Redis. */
	const struct plan *(*plan_of)(void *arg, struct str json, struct why *why);
	void *arg;
};

/*
 * Decides about one message. run is the state as it was read, or zeroed when there is none (then
 * only run.requested has an effect). *ret_changed: the run is different now and must be stored
 * with the commit; a message that means nothing any more (late, doubled) changes nothing.
 * FAIL_INPUT: the message makes no sense at all.
 */
enum fail run_decide(struct arena *a, struct run *run, const struct message *m,
		     const struct world *w, struct commit *c, bool *ret_changed,
		     struct why *why) MUST_CHECK;

#endif
