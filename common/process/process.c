#include "process/process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <event2/event.h>

#include "http/http_server.h"
#include "process/process_inner.h"

extern char **environ;

/* --- ending */

void process_exit(struct process *p, int code)
{
	if (p->inner->ended)
		return;
	p->inner->ended = true;
	p->inner->exit_code = code;
	event_base_loopexit(p->base, NULL);
}

void process_drained(struct process *p)
{
	process_exit(p, 0);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct process *p = arg;

	(void)fd;
	(void)what;
	log_warn("drain took too long: ending anyway");
	process_exit(p, 0);
}

void process_terminate(struct process *p)
{
	const struct process_plan *plan = p->inner->plan;
	int64_t ms = plan->drain_ms ? plan->drain_ms : PROCESS_DRAIN_MS;
	const struct timeval deadline = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	if (p->draining || p->inner->ended)
		return;
	p->draining = true;
	log_info("draining");
	evtimer_add(p->inner->deadline, &deadline);
	if (plan->drain)
		plan->drain(p, plan->arg);
	else
		process_drained(p);
}

static void reload(struct process *p)
{
	const struct process_plan *plan = p->inner->plan;

	log_info("reloading");
	if (plan->reload)
		plan->reload(p, plan->arg);
}

/* --- events */

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct process *p = arg;
	bool stop_wanted, reload_wanted;

	(void)fd;
	(void)what;
	signals_take(&stop_wanted, &reload_wanted);
	if (reload_wanted && !p->draining)
		reload(p);
	if (stop_wanted)
		process_terminate(p);
}

static bool parent_gone(const struct process *p)
{
	pid_t parent = (pid_t)p->settings.parent_pid;

	if (!parent)
		return false;
	/* A child learns of it exactly; others ask for the id, which may be used anew. */
	if (p->inner->parent_is_direct)
		return getppid() != parent;
	return kill(parent, 0) != 0 && errno == ESRCH;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct process *p = arg;

	(void)fd;
	(void)what;
	p->inner->last_turn_ms = process_mono_ms();
	if (++p->inner->ticks % PROCESS_FILE_TICKS == 0 && !p->draining && files_changed(p))
		reload(p);
	if (parent_gone(p))
		process_terminate(p);
}

static void on_libevent_log(int severity, const char *msg)
{
	if (severity >= EVENT_LOG_WARN)
		log_warn("libevent", LOG_C("text", msg));
}

static void on_libevent_fatal(int code)
{
	(void)code;
	BROKEN("libevent");
}

/* --- setting up */

void process_watch_file(struct process *p, struct str path)
{
	files_watch(p, path);
}

static void watch_setting(void *arg, struct str path)
{
	files_watch(arg, path);
}

/* Sockets are what a daemon has many of; the soft limit is for programs that use select(). */
static void raise_descriptors(void)
{
	struct rlimit fds;

	if (getrlimit(RLIMIT_NOFILE, &fds) == 0 && fds.rlim_cur < fds.rlim_max) {
		fds.rlim_cur = fds.rlim_max;
		setrlimit(RLIMIT_NOFILE, &fds);
	}
}

static void follow_parent(struct process *p)
{
	pid_t parent = (pid_t)p->settings.parent_pid;

	p->inner->parent_is_direct = parent && getppid() == parent;
	if (p->inner->parent_is_direct)
		prctl(PR_SET_PDEATHSIG, SIGTERM); /* at once; the tick is for all others */
}

/* By its own choice libevent takes the time of the kernel's last tick, up to 4 ms ago: timers would
 * be late by as much, and the loop would turn in vain until the next tick shows that they are due. */
static struct event_base *base_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	PROMISE(config && event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER) == 0);
	base = event_base_new_with_config(config);
	event_config_free(config);
	PROMISE(base);
	return base;
}

static void events_start(struct process *p)
{
	const struct timeval tick = {.tv_sec = PROCESS_TICK_MS / 1000};
	struct process_inner *in = p->inner;

	event_set_log_callback(on_libevent_log);
	event_set_fatal_callback(on_libevent_fatal);
	p->base = base_new();
	clock_attach(p->base);
	in->last_turn_ms = process_mono_ms();
	in->wake = event_new(p->base, signals_start(), EV_READ | EV_PERSIST, on_wake, p);
	in->tick = event_new(p->base, -1, EV_PERSIST, on_tick, p);
	in->deadline = evtimer_new(p->base, on_deadline, p);
	PROMISE(in->wake && in->tick && in->deadline);
	event_add(in->wake, NULL);
	event_add(in->tick, &tick);
}

static void events_stop(struct process *p)
{
	event_free(p->inner->wake);
	event_free(p->inner->tick);
	event_free(p->inner->deadline);
	signals_end();
	clock_attach(NULL);
	event_base_free(p->base);
	libevent_global_shutdown();
}

static enum fail start(struct process *p, struct why *why)
{
	const struct process_plan *plan = p->inner->plan;
	enum fail f;

	f = process_http_start(p, why);
	if (f)
		return f;
	return plan->start ? plan->start(p, plan->arg, why) : FAIL_NONE;
}

static int run(struct process *p, const struct settings *settings)
{
	const struct process_plan *plan = p->inner->plan;
	struct why why;
	enum fail f;

	prctl(PR_SET_NAME, p->name); /* however the program was called, ps shows who it is */
	raise_descriptors();
	events_start(p);
	p->metrics = metrics_new(p->limits.metric_agents);
	metrics_add_process(p->metrics, p->name);
	follow_parent(p);
	settings_files(settings, watch_setting, p);
	f = start(p, &why);
	if (f) {
		log_error("cannot start", LOG_WHY(&why));
		p->inner->exit_code = f == FAIL_INPUT ? 2 : 1;
	} else {
		log_info("started", LOG_C("version", ARK_VERSION),
			 LOG_STR("addr", p->settings.http_addr),
			 LOG_INT("port", p->inner->http ? http_server_port(p->inner->http) : 0),
			 LOG_URL("redis", p->settings.redis_url));
		event_base_dispatch(p->base);
		log_info("stopped", LOG_INT("code", p->inner->exit_code));
	}
	if (plan->stop)
		plan->stop(p, plan->arg);
	process_http_stop(p);
	conditions_free(p);
	files_free(p);
	p->metrics = metrics_free(p->metrics);
	events_stop(p);
	return p->inner->exit_code;
}

/* --- main */

enum { PROCESS_TEXT_BYTES = 1 << 20 }; /* of --help */

static int print(void (*write)(const struct settings *s, struct buf *out),
		 const struct settings *settings)
{
	AUTO_BUF text = BUF(PROCESS_TEXT_BYTES);

	write(settings, &text);
	fputs(buf_cstr(&text), stdout);
	return 0;
}

static int with_settings(struct process *p, const struct settings *settings, int argc,
			 char **argv)
{
	enum settings_verb verb = settings_verb(argc, argv);
	struct why why;

	switch (verb) {
	case SETTINGS_HELP: return print(settings_help, settings);
	case SETTINGS_REFERENCE: return print(settings_reference, settings);
	case SETTINGS_VERSION: printf("%s %s\n", p->name, ARK_VERSION); return 0;
	case SETTINGS_RUN:
	case SETTINGS_CHECK:
	case SETTINGS_HEALTH: break;
	}
	log_init(p->name, LEVEL_INFO);
	if (settings_read(settings, &p->arena, argc, argv, environ, &why)) {
		if (verb == SETTINGS_RUN)
			log_error("wrong setting", LOG_WHY(&why));
		else
			fprintf(stderr, "%s: %s\n", p->name, why.text);
		return 2; /* SPEC 2.5 */
	}
	if (verb == SETTINGS_CHECK)
		return 0;
	if (verb == SETTINGS_HEALTH)
		return process_ask_health(p->settings.http_addr);
	log_init(p->name, (enum log_level)p->settings.log_level);
	return run(p, settings);
}

int process_main(const struct process_plan *plan, int argc, char **argv)
{
	struct process_inner inner = {.plan = plan};
	struct process p = {.name = plan->name, .inner = &inner};
	size_t count = plan->table_count + 2;
	struct settings_table *tables = xcalloc(count, sizeof(*tables));
	const struct settings settings = {
		.program = plan->name,
		.about = plan->about,
		.tables = tables,
		.count = count,
		.defaults = plan->defaults,
	};
	int code;

	tables[0] = settings_common(&p.settings);
	for (size_t i = 0; i < plan->table_count; i++)
		tables[1 + i] = plan->tables[i];
	tables[count - 1] = settings_limits(&p.limits);
	code = with_settings(&p, &settings, argc, argv);
	arena_release(&p.arena);
	free(tables);
	return code;
}
