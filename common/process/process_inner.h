/* What the files of the process shell share. For process*.c only. */
#ifndef ARK_PROCESS_PROCESS_INNER_H
#define ARK_PROCESS_PROCESS_INNER_H

#include <sys/stat.h>

#include "process/process.h"

struct event;
struct http_server;

enum {
	PROCESS_TICK_MS = 1000,
	PROCESS_FILE_TICKS = 5, /* SPEC 2.4: a change is noticed within 10 s */
	CONDITION_REASON_BYTES = 200,
	HEALTH_TIMEOUT_MS = 5000,
};

struct condition {
	struct condition *next;
	const char *name;
	bool met;
	char reason[CONDITION_REASON_BYTES];
};

struct watched_file {
	struct watched_file *next;
	char *path;
	struct stat seen; /* zero while there is no such file */
};

struct process_inner {
	const struct process_plan *plan;
	struct http_server *http;
	struct event *wake, *tick, *deadline;
	struct condition *conditions;
	struct watched_file *files;
	int64_t last_turn_ms; /* process_mono_ms of the last tick */
	unsigned ticks;
	bool parent_is_direct;
	bool ended;
	int exit_code;
};

/* process_http.c: the server of /healthz, /readyz and /metrics; none when the address is empty. */
enum fail process_http_start(struct process *p, struct why *why) MUST_CHECK;
void process_http_stop(struct process *p);
void conditions_free(struct process *p);

/* process_health.c: --health, the other side of /healthz. Returns the exit code. */
int process_ask_health(struct str http_addr);

/* process_files.c */
void files_watch(struct process *p, struct str path);
/* Looks at all files; true when one has changed since the last look. */
bool files_changed(struct process *p);
void files_free(struct process *p);

/* process_signals.c: the handlers, and a descriptor that is readable after a signal. */
int signals_start(void);
/* What came since the last call. */
void signals_take(bool *ret_stop, bool *ret_reload);
void signals_end(void);

#endif
