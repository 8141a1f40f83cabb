/*
 * The worker: takes tasks, drives each one's machine (task_machine.h) with what happens in the
 * world, and commits what the machine decides. Which agents it serves is its owner's affair: one
 * (main.c) or all that there are (pool.c).
 */
#ifndef ARK_AGENT_WORKER_H
#define ARK_AGENT_WORKER_H

#include "agent/agent_setup.h"
#include "http/egress.h"
#include "process/process.h"
#include "stream/effector.h"

struct worker;

struct worker_plan {
	struct redis *commands, *reads, *mail;
	struct str name;   /* of the process */
	struct str serves; /* <namespace>.<agent>; empty: any number of agents */
	const struct egress *egress;
	/* The setup for a task that starts now, with a reference for the caller; FAIL_INPUT when
	 * the agent cannot work as it is: the task fails, and is tried again later. */
	enum fail (*setup)(void *arg, struct str namespace, struct str agent,
			   struct agent_setup **ret, struct why *why);
	/* Working, or why not. */
	void (*state)(void *arg, bool working, struct str reason);
	/* Nothing is in hand any more, after worker_drain. */
	void (*drained)(void *arg);
	void *arg;
};

struct worker *worker_new(struct process *p, const struct worker_plan *plan);
void worker_free(struct worker *w);
void worker_up(struct worker *w);
void worker_down(struct worker *w);

/* Serves an agent, with so many tasks at once; again to change the number. */
void worker_serve(struct worker *w, struct str namespace, struct str agent, int64_t places);
void worker_serve_no_more(struct worker *w, struct str namespace, struct str agent);

/* Takes nothing new; what is in hand may finish within finish_ms, then it is handed back
 * (SPEC 7.10). */
void worker_drain(struct worker *w, int64_t finish_ms);

#endif
