/*
 * Who works: what the heartbeats of group `agents` say, call after call (SPEC 7.3, STREAMS 5.3). Pure.
 *
 * A heartbeat is a sign that never comes again; behind it, after a blank, stands the agent that the
 * worker serves. A worker is dead when its sign has not changed for the lease, on my own monotonic
 * clock and while the calls came without a gap: what I did not see does not count against anybody.
 */
#ifndef ARK_RUNNER_ROLL_H
#define ARK_RUNNER_ROLL_H

#include "base/arena.h"

enum { ROLL_GAP_MS = 5000 /* longer between two calls: I was not looking */ };

/* The sign of a consumer that has no heartbeat, as the function library takes it. */
#define ROLL_NO_SIGN STR("-")

/* What was heard of one worker. */
struct roll_heard {
	struct str name, sign;
};

struct roll_member {
	struct str name, sign;
	struct str serves;     /* <namespace>.<agent>; empty: any agent */
	int64_t since_mono_ms; /* its sign is the same since then */
	int64_t tried_mono_ms; /* when its tasks were last asked back; 0 = not yet */
	bool dead;
};

/* Zeroed, it has heard nothing. Members and their texts live until the next roll_call. */
struct roll {
	struct roll_member *members; /* by name */
	size_t count;
	struct str *served; /* agents with a live worker, sorted */
	size_t served_count;
	bool anyone; /* a live worker serves any agent */
	bool called;
	int64_t called_mono_ms;
	struct arena arena, before;
};

void roll_release(struct roll *r);
/* All that has a sign now. Of a name that is heard twice, the one with a heartbeat counts. */
void roll_call(struct roll *r, const struct roll_heard *heard, size_t count,
	       int64_t now_mono_ms, int64_t lease_ms);
/* NULL when there is none of this name. */
struct roll_member *roll_find(const struct roll *r, struct str name);
/* A live worker serves the agent, <namespace>.<agent>. */
bool roll_serves(const struct roll *r, struct str agent);

#endif
