/*
 * A slow look at every queue of tasks, a few with each beat (SPEC 7.3, 10.2).
 *
 * Dead workers are known by their heartbeats, and what they hold is queued again at once (workers.h).
 * This finds what is left: consumers whose heartbeat is gone, what a worker held that served several
 * agents, and tasks that wait for an agent that nobody works for, whatever brought them there. It
 * goes by the queues, not by the objects: the agent may be deleted.
 */
#ifndef ARK_RUNNER_STRAYS_H
#define ARK_RUNNER_STRAYS_H

#include "runner/rescue.h"

struct strays;

/* The roll is borrowed, and current whenever a function here is called. */
struct strays *strays_new(struct redis *commands, const struct roll *roll,
			  struct rescue *rescue);
void strays_free(struct strays *s);
/* Contact was lost: what is under way counts no more. */
void strays_reset(struct strays *s);

/* Consumers that have no heartbeat: to be heard with ROLL_NO_SIGN, so that the roll finds them dead
 * after a lease. Appends up to `room`; returns how many. */
size_t strays_heard(const struct strays *s, struct roll_heard *ret, size_t room);
enum { STRAYS_HEARD_MAX = 64 };
/* The roll was called: goes on looking. soon: all queues as fast as answers come. */
void strays_look(struct strays *s, bool soon);

#endif
