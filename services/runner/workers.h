/*
 * Whether anybody works: the heartbeats of group `agents`, looked at every two seconds.
 *
 * While a worker lives, a queued task is taken soon and needs no timer. Without one the step is
 * WarmingUp for a limited time only (SPEC 10.2), and the runner sets a timer for that.
 */
#ifndef ARK_RUNNER_WORKERS_H
#define ARK_RUNNER_WORKERS_H

#include "redis/redis.h"

struct workers;
struct event_base;

struct workers *workers_new(struct event_base *base, struct redis *commands, int64_t lease_ms);
void workers_free(struct workers *w);
void workers_up(struct workers *w);
void workers_down(struct workers *w);
/* A heartbeat has moved within the lease. */
bool workers_live(const struct workers *w);

#endif
