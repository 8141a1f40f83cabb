/*
 * Redis for those who wait: the command line and tests. Owns an event loop and runs it until one
 * call is answered. Not for daemons.
 */
#ifndef ARK_REDIS_REDIS_SYNC_H
#define ARK_REDIS_REDIS_SYNC_H

#include "redis/redis.h"

struct redis_sync;

/* Nothing is connected before the first call. Free with redis_sync_free. */
struct redis_sync *redis_sync_new(const struct redis_options *options);
/* NULL is fine. */
void redis_sync_free(struct redis_sync *s);

/* Waits until connected, sends, and waits for the answer, all within deadline_ms. The reply lives
 * in the arena and may be an error reply: reply_check tells. FAIL_BUSY: not connected in time (the
 * words say why), no answer in time, or connection lost (then the outcome is unknown). */
enum fail redis_sync_call(struct redis_sync *s, struct arena *a, const struct str *argv,
			  size_t argc, unsigned deadline_ms, const struct reply **ret_reply,
			  struct why *why) MUST_CHECK;
enum fail redis_sync_send(struct redis_sync *s, struct arena *a, const struct command *c,
			  unsigned deadline_ms, const struct reply **ret_reply,
			  struct why *why) MUST_CHECK;
/* Waits until connected; FAIL_BUSY with the reason when that takes longer. */
enum fail redis_sync_connect(struct redis_sync *s, unsigned deadline_ms,
			     const struct redis_server **ret_server,
			     struct why *why) MUST_CHECK;

#endif
