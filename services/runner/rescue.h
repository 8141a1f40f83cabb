/*
 * Tasks that nobody will take (SPEC 7.3, 10.2): what dead workers hold is queued again, and the runs
 * hear of tasks that wait for an agent without workers.
 *
 * Both are one call of the function library, so that any number of ark-runners may do it at once.
 * What fails is not repeated here: whoever finds a dead worker finds it again.
 */
#ifndef ARK_RUNNER_RESCUE_H
#define ARK_RUNNER_RESCUE_H

#include "process/metrics.h"
#include "redis/redis.h"
#include "runner/roll.h"

struct rescue;

struct rescue *rescue_new(struct redis *commands, struct metrics *metrics);
void rescue_free(struct rescue *r);

/* Queues again what a dead worker holds of an agent, <namespace>.<agent>. With `for_good` its
 * heartbeat is forgotten then: it serves no other agent. Texts are copied. */
void rescue_from(struct rescue *r, struct str agent, const struct roll_member *dead,
		 bool for_good);
/* No worker of the agent lives: the runs of the tasks that wait there are told. What they were told
 * already is left out, unless somebody served the agent since. */
void rescue_tell(struct rescue *r, struct str agent);
void rescue_served(struct rescue *r, struct str agent);

#endif
