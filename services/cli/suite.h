/*
 * The suite as children of this process: what `ark up` and `ark run` share (SPEC 2.12).
 *
 * A suite is a Redis (unless one is given) and the daemons that live beside this program. Redis
 * starts first; when it listens, all daemons start at once. They are told about each other by
 * nothing but the address of that Redis. Stopping is the other way round: Redis is the last.
 */
#ifndef ARK_CLI_SUITE_H
#define ARK_CLI_SUITE_H

#include "cli/cli.h"
#include "cli/environment.h"

struct event_base;
struct suite;

/* Offsets from --port-base (SPEC 2.12). */
enum { PORT_TRIGGERS = 12, PORT_MCP = 13 };

struct suite_daemon {
	const char *name;   /* ark-runner */
	int port;	    /* offset of its health port */
	bool in_run;	    /* `ark run` needs it */
	bool required;	    /* nothing works without it */
	bool calls_models;  /* gets provider keys (DESIGN 5) */
	bool opens_secrets; /* gets the seal key */
};
extern const struct suite_daemon suite_daemons[];
extern const size_t suite_daemon_count;

struct suite_plan {
	struct str dir; /* absolute; logs, Redis and secrets are below */
	bool temporary; /* of `ark run`: keeps nothing, opens no port, starts nothing again */
	struct str redis_url; /* of a Redis that is there; empty: start one */
	struct str redis_password_file;
	struct str objects; /* absolute paths, separated by commas */
	int64_t port_base;
	struct environment
		*env; /* what the daemons start from; keys and mock settings are in it */
	bool quiet;   /* only errors of the daemons are shown, not warnings */
	/* Redis listens and the daemons are started; then, not if temporary: every one is ready. */
	void (*started)(void *arg);
	void (*ready)(void *arg);
	/* A process that cannot be done without is gone; code: EXIT_MISSING, or EXIT_USAGE when it
	 * refused a setting. The suite goes on until it is stopped. */
	void (*failed)(void *arg, int code, const struct why *why);
	void *arg;
};

/* Begins to start. FAIL_BUSY: something needed is missing, too old, in use or not allowed. Texts
 * of the plan must live as long as the suite. */
enum fail suite_new(struct event_base *base, struct arena *a, const struct suite_plan *plan,
		    struct suite **ret, struct why *why) MUST_CHECK;
/* Stops all, Redis last; done comes from the loop when nothing runs any more. */
void suite_stop(struct suite *s, void (*done)(void *arg), void *arg);
/* Kills what still runs, and frees. NULL is fine. */
void suite_free(struct suite *s);

struct str suite_redis_url(const struct suite *s);
/* Of the socket or URL, for the redis-cli line; empty when Redis is not ours. */
struct str suite_redis_socket(const struct suite *s);
/* Whether a daemon is beside this program and was started. */
bool suite_has(const struct suite *s, const char *name);
/* Where the logs are: <dir>/log. */
struct str suite_log_dir(const struct suite *s);
struct str suite_secret(const struct suite *s, const char *name);

#endif
