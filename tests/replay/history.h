/* One random history: who takes part, and what was promised to whom. */
#ifndef ARK_TESTS_REPLAY_HISTORY_H
#define ARK_TESTS_REPLAY_HISTORY_H

#include <stdio.h>

#include "world.h"

enum {
	RUNNERS = 3,
	WORKERS = 3,
	RUNS = 3,
	BATCH = 4,
	CACHED = 8,
	LATE = 16,
	TURNS = 400,	    /* with faults */
	TURNS_REST = 20000, /* without: by then all is over */
	LEASE_MS = 10000,
	PLACES = 2,
};

struct cached {
	struct str key, data;
	uint64_t version;
};

/* A commit on its way: it is carried out now, or long after whoever sent it has gone. */
struct flight {
	struct commit commit;
	struct store_stream *of;
	size_t entry;
	int holder;
	int64_t at_ms;
};

struct actor {
	int holder; /* the consumer's name; a crash makes a new one */
	int64_t asleep_until_ms;
	size_t batch[BATCH], count, at;
	bool deciding; /* the commit is ready and not sent */
	bool full;
	struct flight flight;
	struct str key, data; /* the state that the commit writes; empty data: none */
	uint64_t version;
	struct cached cache[CACHED];
	size_t cached;
};

struct history {
	struct store store;
	struct limits limits;
	uint64_t random;
	bool faults, tells, fails, cancels;
	int holders;	      /* given out so far */
	int64_t seen_ms[512]; /* when a holder was last awake */
	struct actor runners[RUNNERS], workers[WORKERS];
	struct flight late[LATE];
	size_t late_count;
	size_t run_count;
	struct {
		size_t team;
		char name[16];
		bool answered, cancelled;
	} runs[RUNS];
	char wrong[2048];
};

/* The first thing that is wrong is kept. */
#define WRONG(h, ...)                                                                          \
	((h)->wrong[0] ? 0 : snprintf((h)->wrong, sizeof((h)->wrong), __VA_ARGS__))

/* All is over: what the store holds is what was promised. */
void history_check(struct history *h);

#endif
