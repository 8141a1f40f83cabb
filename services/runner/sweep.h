/*
 * What Redis keeps of ended runs, and what goes (SPEC 8.14): records and texts go 30 days after the
 * end, and beyond ended-runs the oldest go first, as fast as runs end. Every runner sweeps; each run goes in one
 * commit that checks its state, so two sweepers do no harm. Also trims `events` and `dead` (STREAMS 6).
 */
#ifndef ARK_RUNNER_SWEEP_H
#define ARK_RUNNER_SWEEP_H

#include "base/limits.h"
#include "redis/redis.h"

struct sweep;
struct event_base;
struct metrics;

struct sweep *sweep_new(struct event_base *base, struct redis *commands,
			const struct limits *limits, struct metrics *metrics);
void sweep_free(struct sweep *s);
void sweep_up(struct sweep *s);
void sweep_down(struct sweep *s);

#endif
