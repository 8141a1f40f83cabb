/*
 * The rate limit of a policy (SPEC 16.9): a sliding window over the times at which events were
 * accepted, kept as a state, so that the limit is exact with any number of notifiers. Pure.
 */
#ifndef ARK_NOTIFIER_RATE_LIMIT_H
#define ARK_NOTIFIER_RATE_LIMIT_H

#include "base/arena.h"
#include "base/fail.h"

enum { RATE_LIMIT_TIMES = 1000 }; /* remembered; a policy that allows more allows as many */

struct rate_limit {
	int64_t *times_ms; /* oldest first */
	size_t count;
	int64_t suppressed; /* since the last one that was sent */
};

/* The empty text is a limit that nothing was counted against. FAIL_INPUT: it is none. */
enum fail rate_limit_decode(struct arena *a, struct str text, struct rate_limit *ret,
			    struct why *why) MUST_CHECK;
struct str rate_limit_encode(struct arena *a, const struct rate_limit *r);
/* Counts an event at now_ms. False: it is over the limit and counted as suppressed. Else
 * *ret_suppressed is how many were since the last one. */
bool rate_limit_take(struct rate_limit *r, int64_t window_ms, int64_t most, int64_t now_ms,
		     int64_t *ret_suppressed);

#endif
