/*
 * The shell that every daemon shares: settings, loop, signals, health, metrics, log.
 *
 * main() of a daemon fills a struct process_plan and returns process_main(&plan, argc, argv):
 *
 *   --check, --health, --help, --version (SPEC 2.13)
 *   settings are read; a wrong one exits 2 (SPEC 2.5)
 *   plan.start() sets up connections and events on process->base
 *   first SIGTERM or SIGINT: plan.drain(), then process_drained(), exit 0; second: exit 1 at
 *   once, even when the loop hangs; SIGHUP or a changed file: plan.reload() (SPEC 2.4)
 *   plan.stop() releases what start() made
 *
 * /healthz, /readyz and /metrics are served on ARK_HTTP_ADDR (SPEC 2.3).
 */
#ifndef ARK_PROCESS_PROCESS_H
#define ARK_PROCESS_PROCESS_H

#include "base/arena.h"
#include "base/fail.h"
#include "base/limits.h"
#include "process/clock.h"
#include "process/log.h"
#include "process/metrics.h"
#include "process/settings.h"

struct event_base;
struct condition;

struct process {
	const char *name; /* ark-runner */
	struct common_settings settings;
	struct limits limits;
	struct event_base *base;
	struct metrics *metrics;
	struct arena arena; /* lives as long as the process: settings are in it */
	bool draining;	    /* no new work */
	struct process_inner *inner;
};

struct process_plan {
	const char *name;		     /* ark-runner */
	const char *about;		     /* one sentence for --help */
	const struct settings_table *tables; /* the daemon's own settings; or NULL */
	size_t table_count;
	const struct setting_default *defaults; /* see settings.h; or NULL */
	int64_t drain_ms; /* longest time from drain() to the end; 0 is PROCESS_DRAIN_MS */

	/* Sets the daemon up. A failure is logged and exits: 2 for FAIL_INPUT, else 1. */
	enum fail (*start)(struct process *p, void *arg, struct why *why);
	/* Stops taking work and calls process_drained when what is in hand is finished or handed
	 * back. NULL: nothing is in hand. */
	void (*drain)(struct process *p, void *arg);
	/* Reads files again. NULL: nothing to do. */
	void (*reload)(struct process *p, void *arg);
	/* Releases what start made; also called when start failed half-way. NULL: nothing. */
	void (*stop)(struct process *p, void *arg);
	void *arg;
};

enum { PROCESS_DRAIN_MS = 25000 }; /* below the 30 s that Kubernetes gives */

/* Runs the daemon; returns its exit code. */
int process_main(const struct process_plan *plan, int argc, char **argv);

/* Everything in hand is done; the loop ends after this turn with exit code 0. */
void process_drained(struct process *p);
/* Ends the loop after this turn with an exit code, without draining: for what cannot go on. */
void process_exit(struct process *p, int code);
/* The same as a first SIGTERM. */
void process_terminate(struct process *p);

/* A condition of readiness; not met until condition_met says so. name is a literal: "redis",
 * "objects". /readyz answers 503 and the reasons of all that are not met. */
struct condition *process_condition(struct process *p, const char *name);
void condition_met(struct condition *c);
/* reason is one line and no secret. It is copied. */
void condition_missing(struct condition *c, struct str reason);
bool process_ready(const struct process *p);

/* Watches a file besides those that settings name; a change calls plan.reload. A path that does
 * not exist yet may appear later. */
void process_watch_file(struct process *p, struct str path);

#endif
