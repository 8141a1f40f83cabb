#include "cli/suite.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "cli/local_redis.h"
#include "cli/log_tail.h"
#include "cli/secrets.h"
#include "http/http_client.h"
#include "process/clock.h"
#include "process/supervise.h"
#include "redis/redis.h"
#include "stream/library.h"

#define REDIS_NAME "redis-server"

enum {
	REDIS_START_MS = 10000, /* until it listens; a large AOF is loaded after that */
	REDIS_LOOK_MS = 1,
	READY_LOOK_MS = 20,
	READY_ASK_MS = 2000,
	READY_SLOW_MS = 10000,
	DAEMON_STOP_MS = 20000,	 /* they drain */
	TEMPORARY_STOP_MS = 500, /* what they have in hand is for nobody */
	REDIS_STOP_MS = 10000,
	DAEMONS_MAX = 16,
};

const struct suite_daemon suite_daemons[] = {
	{.name = "ark-agent",
	 .port = 0,
	 .in_run = true,
	 .required = true,
	 .calls_models = true,
	 .opens_secrets = true},
	{.name = "ark-watcher",
	 .port = 1,
	 .in_run = true,
	 .required = true,
	 .opens_secrets = true},
	{.name = "ark-reconciler", .port = 2, .opens_secrets = true},
	{.name = "ark-runner",
	 .port = 3,
	 .in_run = true,
	 .required = true,
	 .calls_models = true,
	 .opens_secrets = true},
	{.name = "ark-budget", .port = 4, .in_run = true},
	{.name = "ark-notifier", .port = 5, .opens_secrets = true},
	{.name = "ark-gateway", .port = 6, .opens_secrets = true},
};
const size_t suite_daemon_count = sizeof(suite_daemons) / sizeof(suite_daemons[0]);

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

static struct str log_of(const struct suite *s, struct str process)
{
	return arena_printf(s->arena, "%.*s/%.*s.log", STR_ARG(s->log_dir), STR_ARG(process));
}

static void look_in(struct suite *s, int64_t ms)
{
	const struct timeval t = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	event_add(s->look, &t);
}

static void fail(struct suite *s, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void fail(struct suite *s, int code, const char *fmt, ...)
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

/* --- a daemon's environment ------------------------------------------------------------------- */

static void set_address(struct suite *s, struct environment *e, const char *name, int port)
{
	environment_set(e, name,
			s->plan.temporary ? STR("")
					  : arena_printf(s->arena, "127.0.0.1:%lld",
							 (long long)s->plan.port_base + port));
}

static struct str local_url(struct suite *s, int port)
{
	return arena_printf(s->arena, "http://127.0.0.1:%lld",
			    (long long)s->plan.port_base + port);
}

/* Each gets what it needs and no secret beyond (DESIGN 5). */
static const char *const *daemon_environment(struct suite *s, const struct suite_daemon *d)
{
	static const char *const keys[] = {"ANTHROPIC_API_KEY", "OPENAI_API_KEY"};
	static const char *const other_redis[] = {"TASK_QUEUE_URL", "SPEND_STORE_URL",
						  "STREAM_CHANNEL_URL", "POD_NAME",
						  "AGENT_HTTP_ADDR"};
	struct environment *e = ARENA_NEW(s->arena, struct environment);

	environment_copy(e, s->arena, s->plan.env);
	for (size_t i = 0; i < sizeof(other_redis) / sizeof(other_redis[0]); i++)
		environment_unset(e, other_redis[i]);
	for (size_t i = 0; !d->calls_models && i < sizeof(keys) / sizeof(keys[0]); i++)
		environment_unset(e, keys[i]);
	environment_set(e, "ARK_MODE", STR("local"));
	environment_set(e, "ARK_REDIS_URL", s->redis_url);
	environment_set(e, "ARK_REDIS_PASSWORD_FILE",
			s->owns_redis ? STR("") : s->plan.redis_password_file);
	environment_set(e, "ARK_PROCESS_NAME", str_of(d->name));
	environment_set(e, "ARK_PARENT_PID", arena_printf(s->arena, "%ld", (long)getpid()));
	environment_set(e, "ARK_OBJECTS_DIR", s->plan.objects);
	environment_set(e, "ARK_STATE_DIR", s->plan.dir);
	environment_set(e, "ARK_SEAL_KEY_FILE",
			d->opens_secrets ? suite_secret(s, SECRET_SEAL_KEY) : STR(""));
	environment_set(e, "ARK_ADMIN_TOKEN_FILE", suite_secret(s, SECRET_ADMIN_TOKEN));
	set_address(s, e, "ARK_HTTP_ADDR", d->port);
	set_address(s, e, "ARK_TRIGGER_ADDR", PORT_TRIGGERS);
	set_address(s, e, "ARK_MCP_ADDR", PORT_MCP);
	if (!s->plan.temporary) {
		environment_set(e, "ARK_TRIGGER_URL", local_url(s, PORT_TRIGGERS));
		environment_set(e, "ARK_MCP_URL", local_url(s, PORT_MCP));
	}
	return environment_list(e);
}

static bool is_wanted(const struct suite *s, const struct suite_daemon *d)
{
	return !s->plan.temporary || d->in_run;
}

static struct str daemon_path(struct suite *s, const struct suite_daemon *d)
{
	return arena_printf(s->arena, "%.*s/%s", STR_ARG(s->bin), d->name);
}

static void start_daemons(struct suite *s)
{
	s->launched = true;
	for (size_t i = 0; i < suite_daemon_count; i++) {
		const struct suite_daemon *d = &suite_daemons[i];
		struct str path = daemon_path(s, d);
		const char *const argv[] = {path.ptr, NULL};
		struct child_plan plan = {
			.name = str_of(d->name),
			.argv = argv,
			.log_path = log_of(s, str_of(d->name)),
			.restart = !s->plan.temporary,
		};
		struct why why;

		if (!is_wanted(s, d) || access(path.ptr, X_OK) != 0)
			continue;
		plan.env = daemon_environment(s, d);
		if (supervisor_start(s->supervisor, &plan, &why)) {
			fail(s, EXIT_MISSING, "%s", why.text);
			return;
		}
		s->daemons[i] = (struct suite_child){.started = true};
	}
	s->plan.started(s->plan.arg);
}

/* --- readiness -------------------------------------------------------------------------------- */

static void on_answer(void *arg, const struct http_result *r)
{
	struct suite_child *c = arg;

	c->asking = false;
	c->ready = r->outcome == HTTP_DONE && r->status == 200;
}

/* True when all were ready when they were asked last. */
static bool ask_ready(struct suite *s)
{
	bool all = true;

	for (size_t i = 0; i < suite_daemon_count; i++) {
		struct suite_child *c = &s->daemons[i];
		struct str url = arena_printf(s->arena, "%.*s/readyz",
					      STR_ARG(local_url(s, suite_daemons[i].port)));
		const struct http_request request = {
			.url = url,
			.total_ms = READY_ASK_MS,
			.on_done = on_answer,
			.arg = c,
		};

		if (!c->started || c->ready)
			continue;
		all = false;
		if (!c->asking)
			c->asking = !http_client_send(s->http, &request, NULL, NULL);
	}
	return all;
}

/* --- the steps: Redis listens, has the library, daemons are started, all are ready ------------
 */

/* Whoever takes long is named, once. */
static void tell_slow(struct suite *s)
{
	if (s->told_slow || process_mono_ms() < s->look_until_ms)
		return;
	s->told_slow = true;
	for (size_t i = 0; i < suite_daemon_count; i++)
		if (s->daemons[i].started && !s->daemons[i].ready)
			fprintf(stderr, "%s is not ready yet; its log is %.*s/%s.log\n",
				suite_daemons[i].name, STR_ARG(s->log_dir),
				suite_daemons[i].name);
}

/* Daemons that find the function library in place need not wait for it. */
static void on_library(void *arg, enum fail f, const struct why *why)
{
	struct suite *s = arg;

	redis_free(s->connection);
	s->connection = NULL;
	if (f)
		fail(s, EXIT_MISSING, "Redis: %s", why->text);
	if (s->stopping)
		return;
	start_daemons(s);
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
		fail(s, EXIT_MISSING, "%s", why->text);
}

static void connect_redis(struct suite *s)
{
	struct redis_options options = {
		.name = STR("ark-suite"),
		.password_file = s->owns_redis ? STR("") : s->plan.redis_password_file};
	struct redis_url url;
	struct why why;

	if (redis_url_parse(s->arena, s->redis_url, &url, &why)) {
		fail(s, EXIT_MISSING, "--redis-url: %s", why.text);
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
		tell_slow(s);
		s->was_ready = ask_ready(s);
		if (s->was_ready)
			s->plan.ready(s->plan.arg);
		else
			look_in(s, READY_LOOK_MS);
	} else if (!s->owns_redis || local_redis_listens(&s->redis)) {
		connect_redis(s);
	} else if (process_mono_ms() > s->look_until_ms) {
		log_show_last(log_of(s, STR(REDIS_NAME)));
		fail(s, EXIT_MISSING, "redis-server does not listen after %d s",
		     REDIS_START_MS / 1000);
	} else {
		look_in(s, REDIS_LOOK_MS);
	}
}

static void stop_redis(struct suite *s)
{
	if (s->redis_stopping)
		return;
	s->redis_stopping = true;
	supervisor_stop(s->supervisor, s->plan.temporary ? 0 : REDIS_STOP_MS, s->done,
			s->done_arg);
}

static bool daemons_run(const struct suite *s)
{
	for (size_t i = 0; i < suite_daemon_count; i++)
		if (supervisor_pid(s->supervisor, str_of(suite_daemons[i].name)) > 0)
			return true;
	return false;
}

static void ended_words(struct buf *out, const struct child_report *r)
{
	bool killed = WIFSIGNALED(r->status);

	buf_addf(out, "%.*s ended with %s %d", STR_ARG(r->name), killed ? "signal" : "status",
		 killed ? WTERMSIG(r->status) : WEXITSTATUS(r->status));
}

static bool is_setting_refused(const struct child_report *r)
{
	return WIFEXITED(r->status) && WEXITSTATUS(r->status) == EXIT_USAGE;
}

static bool port_is_free(int64_t port)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_port = htons((uint16_t)port),
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	bool is_free;

	PROMISE(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	is_free = bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
		  listen(fd, 1) == 0;
	close(fd);
	return is_free;
}

/*
 * What ends the suite: a child that is not started again; a Redis that cannot start; a daemon that
 * ends with code 2 before all were ready, since its settings are the same the next time (SPEC 2.5).
 */
static bool is_final(const struct suite *s, const struct child_report *r)
{
	return r->restart_ms < 0 || !s->launched || (!s->was_ready && is_setting_refused(r));
}

/* Nobody may have had its port when we looked, and somebody when it wanted it. */
static bool has_lost_port(const struct suite *s, const struct child_report *r)
{
	for (size_t i = 0; i < suite_daemon_count; i++)
		if (str_is(r->name, suite_daemons[i].name))
			return !s->plan.temporary &&
			       !port_is_free(s->plan.port_base + suite_daemons[i].port);
	return false;
}

static void fail_ended(struct suite *s, const struct child_report *r)
{
	bool setting = is_setting_refused(r) && s->launched && !has_lost_port(s, r);
	int code = setting ? EXIT_USAGE : EXIT_MISSING;
	struct str log = log_of(s, r->name);
	AUTO_BUF words = BUF(WHY_MAX_BYTES);

	ended_words(&words, r);
	/* The reason before the consequence. */
	log_tail_look(s->tail);
	if (str_is(r->name, REDIS_NAME)) /* the others were followed */
		log_show_last(log);
	if (s->plan.temporary)
		fail(s, code, "%s", buf_cstr(&words));
	else
		fail(s, code, "%s; its log is %.*s", buf_cstr(&words), STR_ARG(log));
}

static void on_child(void *arg, const struct child_report *r)
{
	struct suite *s = arg;
	AUTO_BUF words = BUF(WHY_MAX_BYTES);

	if (r->event == CHILD_STARTED)
		return;
	if (s->stopping) {
		if (!daemons_run(s))
			stop_redis(s);
		return;
	}
	if (is_final(s, r)) {
		fail_ended(s, r);
		return;
	}
	ended_words(&words, r);
	fprintf(stderr, "%s; it is started again in %lld s\n", buf_cstr(&words),
		(long long)r->restart_ms / 1000);
}

/* --- before anything starts ------------------------------------------------------------------- */

static struct str own_folder(struct arena *a)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));
	struct str s = str_n(path, n > 0 ? (size_t)n : 0);
	size_t slash = str_rchr(s, '/');

	return slash == STR_NONE ? STR(".") : arena_str(a, str_sub(s, 0, slash));
}

static enum fail check_programs(struct suite *s, struct why *why)
{
	for (size_t i = 0; i < suite_daemon_count; i++) {
		struct str path = daemon_path(s, &suite_daemons[i]);

		if (suite_daemons[i].required && access(path.ptr, X_OK) != 0)
			return failf(why, FAIL_BUSY, "%s: %s; the daemons live beside ark",
				     path.ptr, strerror(errno));
	}
	return FAIL_NONE;
}

static enum fail check_port(const struct suite *s, int offset, const char *who, struct why *why)
{
	int64_t port = s->plan.port_base + offset;

	if (port_is_free(port))
		return FAIL_NONE;
	return failf(why, FAIL_BUSY,
		     "port %lld, of %s, is in use; --port-base moves all ports (now %lld)",
		     (long long)port, who, (long long)s->plan.port_base);
}

static enum fail check_ports(struct suite *s, struct why *why)
{
	enum fail f = FAIL_NONE;

	for (size_t i = 0; !f && i < suite_daemon_count; i++)
		if (access(daemon_path(s, &suite_daemons[i]).ptr, X_OK) == 0)
			f = check_port(s, suite_daemons[i].port, suite_daemons[i].name, why);
	if (!f)
		f = check_port(s, PORT_TRIGGERS, "the triggers", why);
	if (!f)
		f = check_port(s, PORT_MCP, "the MCP endpoint", why);
	return f;
}

static enum fail make_files(struct suite *s, struct why *why)
{
	enum fail f = make_directory(s->log_dir, why);

	if (!f)
		f = make_directory(s->secret_dir, why);
	if (!f)
		f = secret_make(s->secret_dir, SECRET_SEAL_KEY, NULL, why);
	if (!f)
		f = secret_make(s->secret_dir, SECRET_ADMIN_TOKEN, NULL, why);
	return f;
}

static enum fail start_redis(struct suite *s, struct why *why)
{
	struct str dir = arena_printf(s->arena, "%.*s/redis", STR_ARG(s->plan.dir));
	const char *argv[] = {NULL, NULL, NULL};
	struct child_plan plan = {
		.name = STR(REDIS_NAME), .argv = argv, .restart = !s->plan.temporary};
	enum fail f = make_directory(dir, why);

	if (!f)
		f = local_redis_prepare(s->arena, environment_get(s->plan.env, "PATH"), dir,
					s->plan.dir, s->plan.temporary, &s->redis, why);
	if (f)
		return f;
	s->owns_redis = true;
	s->redis_url = s->redis.url;
	argv[0] = s->redis.program.ptr;
	argv[1] = s->redis.config.ptr;
	plan.env = environment_list(s->plan.env);
	plan.log_path = log_of(s, plan.name);
	return supervisor_start(s->supervisor, &plan, why);
}

enum fail suite_new(struct event_base *base, struct arena *a, const struct suite_plan *plan,
		    struct suite **ret, struct why *why)
{
	const struct http_client_options defaults = {.user_agent = NULL};
	struct suite *s = xmalloc(sizeof(*s));
	enum fail f;

	PROMISE(suite_daemon_count <= DAEMONS_MAX);
	*s = (struct suite){.plan = *plan, .base = base, .arena = a};
	s->bin = own_folder(a);
	s->log_dir = arena_printf(a, "%.*s/log", STR_ARG(plan->dir));
	s->secret_dir = arena_printf(a, "%.*s/secrets", STR_ARG(plan->dir));
	s->redis_url = plan->redis_url;
	s->supervisor = supervisor_new(base, on_child, s);
	s->look = evtimer_new(base, on_look, s);
	PROMISE(s->look);
	f = check_programs(s, why);
	if (!f && !plan->temporary)
		f = check_ports(s, why);
	if (!f)
		f = make_files(s, why);
	if (!f && !plan->temporary)
		s->http = http_client_new(base, &defaults);
	if (!f)
		s->tail =
			log_tail_new(base, s->log_dir, plan->quiet ? LEVEL_ERROR : LEVEL_WARN);
	if (!f && !plan->redis_url.len)
		f = start_redis(s, why);
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
	if (!daemons_run(s))
		stop_redis(s);
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
