/*
 * Which server is the primary, according to the Sentinels.
 *
 * Keeps one connection subscribed to +switch-master, and asks on a second one after the
 * subscription is confirmed, so that no switch falls between the two. When a Sentinel is away or
 * does not know the primary, the next one is asked, round after round with a pause.
 */
#ifndef ARK_REDIS_SENTINEL_H
#define ARK_REDIS_SENTINEL_H

#include "redis/redis.h"

struct sentinel;

enum {
	SENTINEL_DEADLINE_MS = 1000, /* from dialling one Sentinel to its answer */
	SENTINEL_PAUSE_MS = 1000,    /* after every Sentinel failed */
};

/* Asks at once. found: this is the primary (now); called from the loop after each sentinel_ask, and
 * whenever it switches; host is borrowed for the call. lost: no Sentinel could say; asking goes on.
 * options are borrowed. */
struct sentinel *sentinel_new(struct event_base *base, const struct redis_options *options,
			      void (*found)(void *arg, const struct redis_host *host),
			      void (*lost)(void *arg, const struct why *why), void *arg);
void sentinel_free(struct sentinel *s);
/* Asks again: the last answer was of no use. */
void sentinel_ask(struct sentinel *s);

#endif
