/*
 * Following runs: one reader of Redis for any number of readers of HTTP.
 *
 * All who read one run share a tail. It subscribes to the channel of the run, reads what is new
 * whenever the channel says so (and every second, for messages may get lost), and hands each entry
 * to everybody who follows. It remembers the latest entries, so that who comes to a run that
 * others watch costs no read of its own. Who starts further back, or whose client does not keep
 * up, reads alone until it has caught up, as fast as its client takes the bytes: what waits for a
 * slow client waits in Redis, not here.
 */
#ifndef ARK_GATEWAY_TAIL_H
#define ARK_GATEWAY_TAIL_H

#include "gateway/run_read.h"

struct event_base;
struct metrics;
struct tails;
struct tail_reader;

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
	void *arg;

	/* --- for clients that may be slow; NULL: it takes everything at once */

	/* How many bytes the client has not taken yet. From LIMIT_SSE_AHEAD_BYTES on nothing is added ... */
	size_t (*backlog)(void *arg);
	/* ... until tail_resume, which is to be called when all of it has gone. */
	void (*wait)(void *arg);
	/* More than max_waiting bytes have waited for it for max_wait_ms (SPEC 13.17). Must leave. */
	void (*drop)(void *arg);
	uint64_t max_waiting;
	int64_t max_wait_ms;
};

struct tails *tails_new(struct event_base *base, struct redis *commands,
			struct redis *subscriber, struct metrics *metrics);
/* Readers must have left. NULL is fine. */
void tails_free(struct tails *ts);
/* The connections are there. changed: perhaps to another Redis. */
void tails_up(struct tails *ts, bool changed);

/* Everything after the entry `after` ({0,0}: from the first one kept). Nothing is called from
 * inside. */
struct tail_reader *tail_follow(struct tails *ts, struct str namespace, struct str run,
				struct event_id after, const struct tail_plan *plan);
/* Whose events these are; valid as long as the reader. */
void tail_names(const struct tail_reader *r, struct str *ret_namespace, struct str *ret_run);
/* The client has taken what waited. */
void tail_resume(struct tail_reader *r);
/* NULL is fine. */
void tail_leave(struct tail_reader *r);

#endif
