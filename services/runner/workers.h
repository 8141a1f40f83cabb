/*
 * Who works for whom: the heartbeats of group `agents`, looked at every two seconds.
 *
 * While a worker of its agent lives, a queued task is taken sooner or later and needs no timer. What
 * a dead worker holds is taken over by the live ones of its agent; where there are none, or they do
 * not, it is queued again from here (SPEC 7.3).
 */
#ifndef ARK_RUNNER_WORKERS_H
#define ARK_RUNNER_WORKERS_H

#include "process/metrics.h"
#include "redis/redis.h"

struct workers;
struct event_base;

struct workers *workers_new(struct event_base *base, struct redis *commands, int64_t lease_ms,
			    struct metrics *metrics);
void workers_free(struct workers *w);
void workers_up(struct workers *w);
void workers_down(struct workers *w);
/* A worker of the agent, <namespace>.<agent>, lives: its heartbeat has moved within the lease. */
bool workers_live(const struct workers *w, struct str agent);

#endif
