/*
 * The effector of ark-notifier: takes deliveries, calls receivers, records what came of it.
 *
 *	entry -> policy as it is now -> turn at the receiver -> HTTP -> verdict -> commit
 *
 * The commit acknowledges the entry and, in one, says `delivery.ended`, or sets the time of the
 * next attempt, or puts a dead letter into `dead`. A crash between answer and commit repeats the
 * request with the same webhook-id (SPEC 16.6).
 */
#ifndef ARK_NOTIFIER_DELIVER_H
#define ARK_NOTIFIER_DELIVER_H

#include "base/seal.h"
#include "http/http_client.h"
#include "stream/effector.h"
#include "stream/objects.h"

struct deliver;
struct zones;

enum { DELIVER_PLACES = 1000, DELIVER_ANSWER_BYTES = 64 << 10 };

struct deliver_plan {
	struct redis *commands, *reads;
	struct str process;
	const struct objects *objects;
	const struct seal_keys *keys;
	const struct egress *egress;
	const struct limits *limits;
	struct zones *zones;
	/* Working, or the reason why not. */
	void (*state)(void *arg, bool working, struct str reason);
	void *arg;
};

struct deliver *deliver_new(struct event_base *base, const struct deliver_plan *plan,
			    struct metrics *metrics);
void deliver_free(struct deliver *d);
void deliver_up(struct deliver *d);
void deliver_down(struct deliver *d);
/* Finishes what is at a receiver; what waits stays pending for the next process. `drained` is
 * called once. */
void deliver_drain(struct deliver *d, void (*drained)(void *arg), void *arg);

#endif
