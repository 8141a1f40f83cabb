#include "cli/suite_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "process/clock.h"
#include "stream/library.h"

enum {
	REDIS_START_MS = 10000, /* until it listens; a large AOF is loaded after that */
	REDIS_LOOK_MS = 1,
	READY_LOOK_MS = 20,
	DAEMON_STOP_MS = 20000,	 /* they drain */
	TEMPORARY_STOP_MS = 500, /* what they have in hand is for nobody */
	REDIS_STOP_MS = 10000,
};

struct str suite_redis_url(const struct suite *s)
{
	return s->redis_url;
}

struct str suite_redis_socket(const struct suite *s)
{
	return s->owns_redis ? s->redis.socket : STR("");
}

struct str suite_log_dir(const struct suite *s)
{
	return s->log_dir;
}

struct str suite_secret(const struct suite *s, const char *name)
{
	return arena_printf(s->arena, "%.*s/%s", STR_ARG(s->secret_dir), name);
}

bool suite_has(const struct suite *s, const char *name)
{
	for (size_t i = 0; i < suite_daemon_count; i++)
		if (strcmp(suite_daemons[i].name, name) == 0)
			return s->daemons[i].started;
	return false;
}

struct str suite_log_of(const struct suite *s, struct str process)
{
	return arena_printf(s->arena, "%.*s/%.*s.log", STR_ARG(s->log_dir), STR_ARG(process));
}

static void look_in(struct suite *s, int64_t ms)
{
	const struct timeval t = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	event_add(s->look, &t);
}

void suite_fail(struct suite *s, int code, const char *fmt, ...)
{
	struct why why;
	va_list args;

	if (s->stopping)
		return;
	va_start(args, fmt);
	vsnprintf(why.text, sizeof(why.text), fmt, args);
	va_end(args);
	s->plan.failed(s->plan.arg, code, &why);
}

/* --- the steps: Redis listens, has the library, daemons are started, all are ready ------------
 */

/* Daemons that find the function library in place need not wait for it. */
static void on_library(void *arg, enum fail f, const struct why *why)
{
	struct suite *s = arg;

	redis_free(s->connection);
	s->connection = NULL;
	if (f)
		suite_fail(s, EXIT_MISSING, "Redis: %s", why->text);
	if (s->stopping)
		return;
	suite_start_daemons(s);
	if (!s->plan.temporary && !s->stopping)
		look_in(s, READY_LOOK_MS);
	s->look_until_ms = process_mono_ms() + READY_SLOW_MS;
}

static void on_up(void *arg, const struct redis_server *server)
{
	struct suite *s = arg;

	(void)server;
	library_load(s->connection, on_library, s);
}

/* Our own Redis may still load its data; one that was named has to be there. */
static void on_down(void *arg, const struct why *why)
{
	struct suite *s = arg;

	if (!s->owns_redis)
		suite_fail(s, EXIT_MISSING, "%s", why->text);
}

static void connect_redis(struct suite *s)
{
	struct redis_options options = {
		.name = STR("ark-suite"),
		.password_file = s->owns_redis ? STR("") : s->plan.redis_password_file};
	struct redis_url url;
	struct why why;

	if (redis_url_parse(s->arena, s->redis_url, &url, &why)) {
		suite_fail(s, EXIT_MISSING, "--redis-url: %s", why.text);
		return;
	}
	options.url = &url;
	s->connection = redis_new(s->base, &options);
	redis_on_state(s->connection, on_up, on_down, s);
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	struct suite *s = arg;

	(void)fd;
	(void)what;
	if (s->stopping)
		return;
	if (s->launched) {
		s->was_ready = suite_ask_ready(s);
		if (s->was_ready)
			s->plan.ready(s->plan.arg);
		else
			look_in(s, READY_LOOK_MS);
	} else if (!s->owns_redis || local_redis_listens(&s->redis)) {
		connect_redis(s);
	} else if (process_mono_ms() > s->look_until_ms) {
		log_show_last(suite_log_of(s, STR(REDIS_NAME)));
		suite_fail(s, EXIT_MISSING, "redis-server does not listen after %d s",
			   REDIS_START_MS / 1000);
	} else {
		look_in(s, REDIS_LOOK_MS);
	}
}

void suite_stop_redis(struct suite *s)
{
	if (s->redis_stopping)
		return;
	s->redis_stopping = true;
	supervisor_stop(s->supervisor, s->plan.temporary ? 0 : REDIS_STOP_MS, s->done,
			s->done_arg);
}

bool suite_daemons_run(const struct suite *s)
{
	for (size_t i = 0; i < suite_daemon_count; i++)
		if (supervisor_pid(s->supervisor, str_of(suite_daemons[i].name)) > 0)
			return true;
	return false;
}

/* --- life ------------------------------------------------------------------------------------- */

enum fail suite_new(struct event_base *base, struct arena *a, const struct suite_plan *plan,
		    struct suite **ret, struct why *why)
{
	const struct http_client_options defaults = {.user_agent = NULL};
	struct suite *s = xmalloc(sizeof(*s));
	enum fail f;

	PROMISE(suite_daemon_count <= DAEMONS_MAX);
	*s = (struct suite){.plan = *plan, .base = base, .arena = a};
	s->bin = suite_own_folder(a);
	s->log_dir = arena_printf(a, "%.*s/log", STR_ARG(plan->dir));
	s->secret_dir = arena_printf(a, "%.*s/secrets", STR_ARG(plan->dir));
	s->redis_url = plan->redis_url;
	s->supervisor = supervisor_new(base, suite_on_child, s);
	s->look = evtimer_new(base, on_look, s);
	PROMISE(s->look);
	f = suite_prepare(s, why);
	if (!f && !plan->temporary)
		s->http = http_client_new(base, &defaults);
	if (!f)
		s->tail =
			log_tail_new(base, s->log_dir, plan->quiet ? LEVEL_ERROR : LEVEL_WARN);
	if (!f && !plan->redis_url.len)
		f = suite_start_redis(s, why);
	if (f) {
		suite_free(s);
		return f;
	}
	s->look_until_ms = process_mono_ms() + REDIS_START_MS;
	look_in(s, REDIS_LOOK_MS);
	*ret = s;
	return FAIL_NONE;
}

void suite_stop(struct suite *s, void (*done)(void *arg), void *arg)
{
	if (s->stopping)
		return;
	s->stopping = true;
	s->done = done;
	s->done_arg = arg;
	event_del(s->look);
	redis_free(s->connection);
	s->connection = NULL;
	for (size_t i = 0; i < suite_daemon_count; i++)
		if (s->daemons[i].started)
			supervisor_stop_one(s->supervisor, str_of(suite_daemons[i].name),
					    s->plan.temporary ? TEMPORARY_STOP_MS
							      : DAEMON_STOP_MS);
	if (!suite_daemons_run(s))
		suite_stop_redis(s);
}

void suite_free(struct suite *s)
{
	if (!s)
		return;
	redis_free(s->connection);
	supervisor_free(s->supervisor);
	http_client_free(s->http);
	log_tail_free(s->tail);
	event_free(s->look);
	if (s->owns_redis)
		local_redis_clean(&s->redis);
	free(s);
}
