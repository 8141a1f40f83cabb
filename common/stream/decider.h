/*
 * The loop of a decider (DESIGN 1, STREAMS 5): reads its inbox, decides, commits.
 *
 *	+-> move due timers into the inbox        (at most once a second, or when one is due)
 *	|   take over what others left idle       (once a second)
 *	|   or read a batch, waiting for it
 *	|   for each entry: decode -> decide -> commit     (commits of a batch share a pipeline)
 *	|       refused with conflict: load again, decide again
 *	+-- trim the inbox
 *
 * Nothing can be lost: an entry is acknowledged only by the commit of what it led to. An entry
 * whose commit did not come through for any reason is simply left pending; after a second idle
 * some replica, perhaps this one, takes it over. There is no other recovery.
 *
 * Entries that need the same state are decided one after the other, in the order of the stream.
 */
#ifndef ARK_STREAM_DECIDER_H
#define ARK_STREAM_DECIDER_H

#include "stream/bag.h"
#include "stream/commit.h"

struct decider;
struct event_base;
struct metrics;

/* An entry on its way through a decision; with all_at_once several of them. */
struct decision {
	const struct message *message; /* the first */
	const struct message *messages;
	size_t count;
	struct bag *bag;
	struct arena *arena;   /* lives until the batch is committed */
	struct commit *commit; /* holds the entry's claim; operations are added to it */
	bool full;	       /* an earlier try was refused: FULL (commit_enter) */
};

struct decider_plan {
	const char *stream, *group;
	const char *timers[2]; /* sets that this group fires; NULL = none */
	struct str me;	       /* consumer: process name; unique among live processes */
	struct redis *commands, *reads;
	/* Entries of a batch are decided together and answered by one commit: for what adds up. */
	bool all_at_once;
	/* How long to wait after a batch that was not full, for more to come together; 0 = not. For
	 * an inbox that nobody waits for. */
	int64_t rest_ms;
	/* The stream is a log of facts: others read it too, and ark-runner trims it (STREAMS 6). */
	bool facts;

	/*
	 * Decides about one entry: asks the bag, adds operations to the commit. When the bag lacks
	 * something, what was added is dropped and decide is called again once it is there.
	 * FAIL_INPUT parks the entry in `dead` with the words. Without operations the entry is
	 * acknowledged without effect. Pure but for the bag.
	 */
	enum fail (*decide)(void *arg, struct decision *d, struct why *why);
	/* The commit came through; for what lives in memory only. NULL: nothing to do. */
	void (*committed)(void *arg, const struct decision *d);
	/* Loop and inbox work, or the reason why not. For readiness. NULL: nobody wants to know. */
	void (*state)(void *arg, bool working, struct str reason);
	void *arg;
};

/* Starts as soon as Redis is up; makes the group, loads the library. The connections are lent:
 * what happens to them is told with decider_up and decider_down.
 */
struct decider *decider_new(struct event_base *base, const struct decider_plan *plan,
			    struct metrics *metrics);
void decider_free(struct decider *d);

/* Both connections are up and whatever decisions need is there; or a connection is down. */
void decider_up(struct decider *d);
void decider_down(struct decider *d);
/* Another server than before: nothing that is remembered counts. */
void decider_forget(struct decider *d);

/* Takes nothing new; `drained` is called once when the batch in hand is committed. */
void decider_drain(struct decider *d, void (*drained)(void *arg), void *arg);

#endif
