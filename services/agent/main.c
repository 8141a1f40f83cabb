/*
 * Welcome to ark-agent: the worker that does what agents are asked.
 *
 * It takes tasks, calls models and tools, and says one outcome for each task. In a pod it serves
 * the one agent that its environment describes (SPEC 7.1); in local mode it is the pool, which
 * serves all agents that there are (pool.c). What a task goes through is in worker_inner.h; what
 * its machine decides, in task_machine.h. This file wires the two kinds of process together.
 */
#include <netdb.h>
#include <stdlib.h>

#include "agent/pool.h"
#include "agent/worker.h"
#include "base/file.h"
#include "redis/url.h"
#include "stream/link.h"

enum { READER_TASKS, READER_MAIL, READER_OBJECTS };

enum {
	GRACE_MS = 30000, /* what a process has at least before it is killed (SPEC 7.10) */
	GRACE_RESERVE_MS = 15000, /* of it, to hand back what is left */
	HAND_BACK_MS = 10000,	  /* how long that may take */
	GRACE_MAX_S = 3600,	  /* SPEC 20.2 */
};

struct agent_settings {
	struct str name, namespace;
	struct str egress;
};

struct daemon {
	struct agent_settings settings;
	struct process_plan plan; /* its drain_ms follows from the agent's timeout */
	struct process *process;
	struct link *link;
	struct worker *worker;
	struct pool *pool;	   /* local mode */
	struct agent_setup *setup; /* of the one agent otherwise */
	struct seal_keys keys;
	struct egress egress;
	struct condition *has_objects, *has_inbox;
	bool worker_up;
};

#define AT(type, member) SETTING_AT_##type(struct agent_settings, member)
static const struct setting rows[] = {
	{.name = "AGENT_NAME",
	 .type = SETTING_STRING,
	 .at = AT(STR, name),
	 .help = "the agent to serve; empty in local mode: all that there are"},
	{.name = "AGENT_NAMESPACE",
	 .type = SETTING_STRING,
	 .at = AT(STR, namespace),
	 .initial = "default",
	 .help = "its namespace"},
	{.name = "ARK_EGRESS_DENY_CIDRS",
	 .type = SETTING_STRING,
	 .at = AT(STR, egress),
	 .initial = EGRESS_DENY_DEFAULT,
	 .help = "addresses never connected to for a URL that a user wrote"},
};

/* --- the agents ------------------------------------------------------------------------------------ */

static enum fail find_setup(void *arg, struct str namespace, struct str agent,
			    struct agent_setup **ret, struct why *why)
{
	struct daemon *d = arg;

	if (d->pool)
		return pool_setup(d->pool, namespace, agent, ret, why);
	*ret = agent_setup_ref(d->setup);
	return FAIL_NONE;
}

static bool environment(void *self, const char *name, struct str *ret)
{
	const char *value = getenv(name);

	(void)self;
	*ret = str_of(value);
	return value != NULL;
}

static enum fail read_file(void *self, struct str path, struct buf *out, struct why *why)
{
	(void)self;
	return file_read(path, out, why);
}

static enum fail load_single(struct daemon *d, struct why *why)
{
	const struct agent_source source = {environment, read_file, NULL};
	enum fail f = agent_setup_new(&source, &d->setup, why);
	int64_t seconds;

	if (f) {
		d->setup = NULL;
		return f;
	}
	seconds = d->setup->config.timeout_s + GRACE_MS / 1000;
	if (seconds > GRACE_MAX_S)
		seconds = GRACE_MAX_S;
	d->plan.drain_ms = seconds * 1000 - GRACE_RESERVE_MS + HAND_BACK_MS;
	return FAIL_NONE;
}

/* --- up and down ----------------------------------------------------------------------------------- */

static void start_work(struct daemon *d)
{
	if (d->worker_up || !link_is_up(d->link))
		return;
	d->worker_up = true;
	worker_up(d->worker);
}

static void on_serve(void *arg, struct str namespace, struct str agent, int64_t places)
{
	struct daemon *d = arg;

	if (places)
		worker_serve(d->worker, namespace, agent, places);
	else
		worker_serve_no_more(d->worker, namespace, agent);
}

/* A task needs the objects of its agent: nothing is taken before they are here. */
static void on_objects(void *arg)
{
	struct daemon *d = arg;

	condition_met(d->has_objects);
	start_work(d);
}

static void on_state(void *arg, bool working, struct str reason)
{
	struct daemon *d = arg;

	if (working)
		condition_met(d->has_inbox);
	else
		condition_missing(d->has_inbox, reason);
}

static void on_up(void *arg, bool changed)
{
	struct daemon *d = arg;

	(void)changed;
	if (d->pool)
		pool_up(d->pool);
	else
		start_work(d);
}

static void on_down(void *arg)
{
	struct daemon *d = arg;

	if (d->pool)
		pool_down(d->pool);
	if (d->worker_up)
		worker_down(d->worker);
	d->worker_up = false;
}

static void on_drained(void *arg)
{
	struct daemon *d = arg;

	process_drained(d->process);
}

/* --- start ------------------------------------------------------------------------------------------- */

/* Redis is nobody's tool (SPEC 2.5): its addresses, as far as its name leads to them now. */
static void deny_redis(struct egress *e, const struct redis_url *url)
{
	for (size_t i = 0; i < url->host_count; i++) {
		struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;

		if (getaddrinfo(url->hosts[i].name.ptr, NULL, &hints, &list))
			continue;
		for (const struct addrinfo *a = list; a; a = a->ai_next) {
			struct ip ip;

			if (ip_of_sockaddr(a->ai_addr, &ip, NULL))
				egress_deny_host(e, ip, url->hosts[i].port);
		}
		freeaddrinfo(list);
	}
}

static enum fail init_egress(struct daemon *d, struct why *why)
{
	struct process *p = d->process;
	struct redis_url url;
	enum fail f = redis_url_parse(&p->arena, p->settings.redis_url, &url, why);

	if (f)
		return fail_in(why, f, "ARK_REDIS_URL");
	f = egress_init(&d->egress, d->settings.egress, p->settings.mode == MODE_LOCAL, why);
	if (!f)
		deny_redis(&d->egress, &url);
	return f ? fail_in(why, f, "ARK_EGRESS_DENY_CIDRS") : FAIL_NONE;
}

static void init_worker(struct daemon *d)
{
	struct process *p = d->process;
	const struct worker_plan worker = {
		.commands = link_commands(d->link),
		.reads = link_reader(d->link, READER_TASKS),
		.mail = link_reader(d->link, READER_MAIL),
		.name = link_name(d->link),
		.serves = d->settings.name.len ? arena_printf(&p->arena, "%.*s.%.*s",
							      STR_ARG(d->settings.namespace),
							      STR_ARG(d->settings.name))
					       : STR(""),
		.egress = &d->egress,
		.setup = find_setup,
		.state = on_state,
		.drained = on_drained,
		.arg = d,
	};

	d->worker = worker_new(p, &worker);
}

static void init_pool(struct daemon *d)
{
	const struct pool_plan pool = {
		.commands = link_commands(d->link),
		.reads = link_reader(d->link, READER_OBJECTS),
		.keys = &d->keys,
		.serve = on_serve,
		.ready = on_objects,
		.arg = d,
	};

	d->has_objects = process_condition(d->process, "objects");
	d->pool = pool_new(d->process, &pool);
}

static enum fail start(struct process *p, void *arg, struct why *why)
{
	struct daemon *d = arg;
	bool single = d->settings.name.len > 0;
	struct link_plan link = {.readers = single ? READER_OBJECTS : READER_OBJECTS + 1,
				 .up = on_up,
				 .down = on_down,
				 .arg = d};
	enum fail f = FAIL_NONE;

	d->process = p;
	if (!single && p->settings.mode != MODE_LOCAL)
		return failf(why, FAIL_INPUT,
			     "AGENT_NAME: needed, unless ARK_MODE=local serves all agents");
	d->has_inbox = process_condition(p, "tasks");
	if (single)
		f = load_single(d, why);
	else if (p->settings.seal_key_file.len)
		f = seal_keys_read(p->settings.seal_key_file, &d->keys, why);
	if (!f)
		f = init_egress(d, why);
	if (!f)
		f = link_new(p, &link, &d->link, why);
	if (f)
		return f;
	init_worker(d);
	if (single)
		worker_serve(d->worker, d->settings.namespace, d->settings.name,
			     d->setup->config.max_concurrent_tasks);
	else
		init_pool(d);
	return FAIL_NONE;
}

static void drain(struct process *p, void *arg)
{
	struct daemon *d = arg;
	int64_t ms = d->plan.drain_ms ? d->plan.drain_ms - HAND_BACK_MS
				      : GRACE_MS - GRACE_RESERVE_MS;

	(void)p;
	worker_drain(d->worker, ms);
}

static void stop(struct process *p, void *arg)
{
	struct daemon *d = arg;

	(void)p;
	link_free(d->link);
	worker_free(d->worker);
	pool_free(d->pool);
	agent_setup_unref(d->setup);
	egress_release(&d->egress);
	seal_keys_wipe(&d->keys);
}

int main(int argc, char **argv)
{
	static const struct setting_default defaults[] = {{"ARK_HTTP_ADDR", ":8080"},
							  {NULL, NULL}};
	struct daemon d = {.process = NULL};
	const struct settings_table tables[] = {
		{.title = "Agent",
		 .rows = rows,
		 .count = sizeof(rows) / sizeof(rows[0]),
		 .into = &d.settings},
	};

	d.plan = (struct process_plan){
		.name = "ark-agent",
		.about = "Works on the tasks of agents: calls models and tools.",
		.tables = tables,
		.table_count = 1,
		.defaults = defaults,
		.start = start,
		.drain = drain,
		.stop = stop,
		.arg = &d,
	};
	return process_main(&d.plan, argc, argv);
}
