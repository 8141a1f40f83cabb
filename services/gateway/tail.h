/*
 * Following runs: one reader of Redis for any number of readers of HTTP.
 *
 * All who read one run share a tail. It subscribes to the channel of the run, reads what is new
 * whenever the channel says so (and every second, for messages may get lost), and hands each entry
 * to everybody who follows. It remembers the latest entries, so that who comes to a run that
 * others watch costs no read of its own; who starts further back reads alone until it has caught
 * up, as fast as its client takes the bytes.
 */
#ifndef ARK_GATEWAY_TAIL_H
#define ARK_GATEWAY_TAIL_H

#include "gateway/run_read.h"

struct event_base;
struct metrics;
struct tails;
struct tail_reader;

enum {
	TAIL_KEPT_BYTES = 1 << 20, /* of one run, for those who come later */
	TAIL_READ_MS = 1000,	   /* longest time between two reads */
};

struct tail_plan {
	/* An entry, each once and in order. Must not leave. */
	void (*entry)(void *arg, const struct run_entry *e);
	/* The last entry that there is ends an attempt. May leave. */
	void (*ended)(void *arg);
	/* What followed the last entry that it was given is no longer kept (SPEC 13.15). Must
	 * leave. NULL: it goes on with the oldest one kept. */
	void (*gap)(void *arg);
	/* Redis came back without the run. May leave. */
	void (*lost)(void *arg);
	/* Whether so much waits for the client that nothing old shall be added until tail_resume;
	 * NULL: never. What is new comes in any case: a client that does not keep up with a run is
	 * disconnected (SPEC 13.17), one that reads its history is waited for. */
	bool (*is_full)(void *arg);
	void *arg;
};

struct tails *tails_new(struct event_base *base, struct redis *commands,
			struct redis *subscriber);
/* Readers must have left. NULL is fine. */
void tails_free(struct tails *ts);
/* The connections are there. changed: perhaps to another Redis. */
void tails_up(struct tails *ts, bool changed);

/* Everything after the entry `after` ({0,0}: from the first one kept). Nothing is called from
 * inside. */
struct tail_reader *tail_follow(struct tails *ts, struct str namespace, struct str run,
				struct event_id after, const struct tail_plan *plan);
/* The client has taken what waited. */
void tail_resume(struct tail_reader *r);
/* NULL is fine. */
void tail_leave(struct tail_reader *r);

size_t tails_count(const struct tails *ts);

#endif
