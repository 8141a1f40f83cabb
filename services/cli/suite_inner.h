/*
 * What the files of the suite share:
 *
 *	suite.c          its life: Redis listens, has the library, the daemons are started, all stop
 *	suite_prepare.c  before anything starts: programs, ports, files, Redis
 *	suite_daemons.c  which daemons there are, and what each is started with
 *	suite_ready.c    whether they are ready
 *	suite_ended.c    what the end of a child means
 */
#ifndef ARK_CLI_SUITE_INNER_H
#define ARK_CLI_SUITE_INNER_H

#include "cli/local_redis.h"
#include "cli/log_tail.h"
#include "cli/secrets.h"
#include "cli/suite.h"
#include "http/http_client.h"
#include "process/supervise.h"
#include "redis/redis.h"

#define REDIS_NAME "redis-server"

enum {
	DAEMONS_MAX = 16,
	READY_SLOW_MS = 10000, /* after that whoever is not ready is named */
};

struct suite_child {
	bool started, asking, ready;
};

struct suite {
	struct suite_plan plan;
	struct event_base *base;
	struct arena *arena;
	struct supervisor *supervisor;
	struct local_redis redis;
	bool owns_redis;
	struct str redis_url, bin, log_dir, secret_dir;
	struct event *look;
	int64_t look_until_ms;
	struct log_tail *tail;
	struct redis *connection; /* until the daemons are started */
	struct http_client *http;
	struct suite_child daemons[DAEMONS_MAX]; /* as in suite_daemons */
	bool launched;				 /* the daemons were started */
	bool was_ready;				 /* all of them, at one time */
	bool stopping, redis_stopping, told_slow;
	void (*done)(void *arg);
	void *done_arg;
};

/* --- suite.c --- */
/* It cannot go on; its owner is told, unless it is stopping. */
void suite_fail(struct suite *s, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
struct str suite_log_of(const struct suite *s, struct str process);
/* All daemons have ended: Redis may, too. */
void suite_stop_redis(struct suite *s);
bool suite_daemons_run(const struct suite *s);

/* --- suite_prepare.c --- */
/* The folder that this program lives in. */
struct str suite_own_folder(struct arena *a);
/* What has to be there, and free; the files that are made once; Redis, unless one is given. */
enum fail suite_prepare(struct suite *s, struct why *why) MUST_CHECK;
enum fail suite_start_redis(struct suite *s, struct why *why) MUST_CHECK;
bool suite_port_is_free(int64_t port);

/* --- suite_daemons.c --- */
struct str suite_daemon_path(struct suite *s, const struct suite_daemon *d);
/* Its address from outside, by an offset from --port-base. */
struct str suite_local_url(const struct suite *s, struct arena *a, int port);
/* Starts all that are wanted and there. */
void suite_start_daemons(struct suite *s);

/* --- suite_ready.c --- */
/* Asks those that were not ready yet; true when all were when they were asked last. Whoever takes
 * long is named, once. */
bool suite_ask_ready(struct suite *s);

/* --- suite_ended.c --- */
void suite_on_child(void *arg, const struct child_report *r);

#endif
