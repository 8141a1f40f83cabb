/* A tail and its readers, inside: shared by tail.c (one reader of Redis for all) and tail_reader.c (each of them). */
#ifndef ARK_GATEWAY_TAIL_INNER_H
#define ARK_GATEWAY_TAIL_INNER_H

#include <event2/event.h>

#include "base/arena.h"
#include "gateway/tail.h"
#include "process/metrics.h"

enum { TAIL_SLOTS = 4096 };

enum reader_state {
	READER_BEHIND, /* reads alone what is older than what the tail remembers, or waits for its client */
	READER_ALONG, /* gets what the tail gets */
	READER_LEFT,  /* only its own read still holds it */
};

struct tail_reader {
	struct tail *tail;
	struct tail_reader *next, **at;
	enum reader_state state;
	struct event_id seen;	/* last entry that it was given */
	struct event *turn;	/* goes on from the loop, never from inside a call */
	struct run_batch *held; /* what it read alone and was not given yet */
	unsigned read_count;	/* entries of its next read */
	bool reading, waits;	/* for Redis; for its client */
	int64_t waits_since_ms;
	/* SPEC 13.17: bytes that wait in Redis for it, of the entries up to counted_to. */
	uint64_t owed;
	struct event_id counted_to;
	bool counting;
	int64_t over_since_ms; /* more than it may leave waiting; 0 = not */
	struct tail_plan plan;
};

struct tail {
	struct tails *tails;
	struct tail *chain;
	struct tail *older, *newer; /* by the time of the last read */
	struct arena arena;
	struct str namespace, run, channel;
	struct event_id cursor;		   /* last entry read */
	struct run_batch *oldest, *newest; /* what it remembers, up to cursor */
	size_t bytes;
	bool reading, again, looking;
	bool last_ends; /* the last entry read ended an attempt ... */
	bool ends;	/* ... and there is no other */
	int64_t read_ms;
	struct tail_reader *readers;
};

struct tails {
	struct redis *commands, *subscriber;
	struct event_base *base;
	struct event *second;
	struct tail *slots[TAIL_SLOTS];
	struct tail *oldest, *newest; /* by the time of the last read */
	size_t count, bytes;	      /* that all remember */
	struct series *tails, *remembered, *behind, *stalled;
};

/* --- tail.c ------------------------------------------------------------------------------------------------ */

struct tail **tail_slot(struct tails *ts, struct str channel);
struct tail *tail_new(struct tails *ts, struct str namespace, struct str run,
		      struct event_id after);
/* Goes when nobody needs it. */
void tail_release(struct tail *t);
void tail_read_on(struct tail *t);
/* All that follows `seen`. */
bool tail_remembers(const struct tail *t, struct event_id seen);

/* --- tail_reader.c ------------------------------------------------------------------------------------------ */

/* What is new, for everybody who follows along. */
void readers_give(struct tail *t, const struct run_batch *b);
void readers_tell_ended(struct tail *t);
/* Once a second: who leaves too much waiting for too long is dropped. */
void readers_look(struct tail *t, int64_t now_ms, size_t *behind);

#endif
