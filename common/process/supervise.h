/*
 * Child processes: start, watch, start again, stop (SPEC 2.12). For `ark up` and `ark run`.
 *
 * Children are known by their process ids, never by name. Each has a process group of its own, so
 * that Ctrl-C reaches the supervisor alone and every child gets exactly one SIGTERM; and each is
 * told by the kernel to end (SIGTERM) when its supervisor dies.
 */
#ifndef ARK_PROCESS_SUPERVISE_H
#define ARK_PROCESS_SUPERVISE_H

#include <sys/types.h>

#include "base/fail.h"
#include "base/str.h"

struct event_base;
struct supervisor;

struct child_plan {
	struct str name;	 /* for reports: ark-runner */
	const char *const *argv; /* argv[0] is the path to execute; ends with NULL */
	const char *const *env;	 /* the whole environment; ends with NULL */
	struct str log_path;	 /* file that stdout and stderr are appended to; empty: ours */
	bool restart;		 /* start it again when it dies */
};

enum child_event {
	CHILD_STARTED,
	CHILD_DIED, /* status is as of waitpid; restart_ms until it is started again, or -1 */
	CHILD_STOPPED, /* ended after supervisor_stop */
};

struct child_report {
	enum child_event event;
	struct str name;
	pid_t pid;
	int status;
	int64_t restart_ms;
};

/* report may be NULL. It may call supervisor_start and supervisor_stop, not supervisor_free. */
struct supervisor *supervisor_new(struct event_base *base,
				  void (*report)(void *arg, const struct child_report *r),
				  void *arg);
/* Kills what still runs, waits for it, and frees. */
struct supervisor *supervisor_free(struct supervisor *s);

/* Copies the plan and starts the child. FAIL_INPUT when the program cannot be executed. A child
 * that dies is started again after 1 s, 2 s, 4 s, ... LIMIT_RESTART_MS; one that lived for
 * LIMIT_RESTART_MS begins again at 1 s. */
enum fail supervisor_start(struct supervisor *s, const struct child_plan *plan,
			   struct why *why) MUST_CHECK;
/* SIGTERM to all, newest first, SIGKILL to what is left after deadline_ms, then done(arg), from
 * the loop, when none is left. Nothing is started again. done may be NULL. */
void supervisor_stop(struct supervisor *s, int64_t deadline_ms, void (*done)(void *arg),
		     void *arg);
/* Stops one child in the same way, as a Redis that must be the last. False: no such name. */
bool supervisor_stop_one(struct supervisor *s, struct str name, int64_t deadline_ms);
/* The process id of a child, or -1 when it is not running now. */
pid_t supervisor_pid(const struct supervisor *s, struct str name);
size_t supervisor_running(const struct supervisor *s);

#endif
