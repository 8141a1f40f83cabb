/* Whether and when a call is tried again: INTERFACES 1.4, 1.5. Pure. */
#ifndef ARK_HTTP_RETRY_H
#define ARK_HTTP_RETRY_H

#include "base/str.h"

enum retry_class {
	RETRY_FINE,  /* 2xx: done */
	RETRY_LATER, /* 408, 429, 500, 502, 503, 504, and 0 (no answer): try again */
	RETRY_NEVER, /* everything else: it will stay so */
};

/* status 0 stands for "no answer" (connection failed, timed out, cut off). */
enum retry_class retry_class_of(int status);

/* Exponential back-off with full jitter: evenly from 0 to min(max_ms, base_ms * 2^attempt).
 * attempt counts from 0. random is any 64 random bits. base_ms and max_ms are positive. */
int64_t retry_backoff_ms(unsigned attempt, int64_t base_ms, int64_t max_ms, uint64_t random);

/* Retry-After: decimal seconds or an HTTP date; the past is 0. now_s is seconds since 1970.
 * Gives milliseconds, cut at RETRY_AFTER_MAX_MS. False when it is neither. */
#define RETRY_AFTER_MAX_MS (INT64_C(30) * 24 * 3600 * 1000)
bool retry_after_parse(struct str value, int64_t now_s, int64_t *ret_ms);

/* How long to wait when the peer asked for after_ms: clamped to max_ms, then up to a tenth
 * (at least 100 ms) of jitter on top, never less than asked unless clamped. */
int64_t retry_after_wait_ms(int64_t after_ms, int64_t max_ms, uint64_t random);

#endif
