#include "stream/link.h"

#include <stdlib.h>
#include <unistd.h>

#include "stream/library.h"

struct leg {
	struct link *link;
	struct redis *redis;
	bool up;
};

struct link {
	struct process *process;
	struct link_plan plan;
	struct leg legs[1 + LINK_MAX_READERS];
	size_t count;
	struct str name;
	struct condition *ready;
	bool up, changed, loading;
	unsigned turn; /* of being up: an answer of an earlier one is dropped */
};

static bool all_up(const struct link *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (!l->legs[i].up)
			return false;
	return true;
}

static void rise(struct link *l)
{
	bool changed = l->changed;

	l->up = true;
	l->changed = false;
	condition_met(l->ready);
	if (l->plan.up)
		l->plan.up(l->plan.arg, changed);
}

struct loading {
	struct link *link;
	unsigned turn;
};

static void on_library(void *arg, enum fail f, const struct why *why)
{
	struct loading *w = arg;
	struct link *l = w->turn == w->link->turn ? w->link : NULL;

	free(w);
	if (!l)
		return;
	l->loading = false;
	if (f) {
		/* Loops load it again before they work; here a word is enough. */
		log_warn("function library could not be loaded", LOG_WHY(why));
		condition_missing(l->ready, why_str(why));
	}
	rise(l);
}

static void on_up(void *arg, const struct redis_server *server)
{
	struct leg *leg = arg;
	struct link *l = leg->link;
	struct loading *w;

	leg->up = true;
	l->changed = l->changed || server->changed;
	if (!all_up(l) || l->up || l->loading)
		return;
	log_info("connected to Redis", LOG_STR("version", server->version),
		 LOG_BOOL("aof", server->aof_on));
	if (l->process->settings.mode == MODE_CLUSTER && !server->aof_on)
		log_error("Redis has no AOF: runs are lost when it restarts (SPEC 2.7)");
	if (server->maxmemory_policy.len && !str_is(server->maxmemory_policy, "noeviction"))
		log_error("Redis may evict keys; set maxmemory-policy noeviction (SPEC 2.7)",
			  LOG_STR("policy", server->maxmemory_policy));
	if (!l->plan.loads_library) {
		rise(l);
		return;
	}
	l->loading = true;
	w = xmalloc(sizeof(*w));
	*w = (struct loading){l, l->turn};
	library_load(l->legs[0].redis, on_library, w);
}

static void on_down(void *arg, const struct why *why)
{
	struct leg *leg = arg;
	struct link *l = leg->link;
	bool was_up = l->up;

	leg->up = false;
	l->loading = false;
	l->turn++;
	l->up = false;
	condition_missing(l->ready, why_str(why));
	if (leg == l->legs && !l->process->draining)
		log_warn("Redis is not reachable", LOG_WHY(why));
	if (was_up && l->plan.down)
		l->plan.down(l->plan.arg);
}

static struct str make_name(struct process *p)
{
	char host[256] = "localhost";

	if (p->settings.process_name.len)
		return p->settings.process_name;
	gethostname(host, sizeof(host) - 1);
	return arena_printf(&p->arena, "%s-%s-%d", p->name, host, (int)getpid());
}

enum fail link_new(struct process *p, const struct link_plan *plan, struct link **ret,
		   struct why *why)
{
	struct link *l;
	struct redis_url url;
	enum fail f = redis_url_parse(&p->arena, p->settings.redis_url, &url, why);

	if (f)
		return fail_in(why, f, "ARK_REDIS_URL");
	PROMISE(plan->readers <= LINK_MAX_READERS);
	l = xmalloc(sizeof(*l));
	l->process = p;
	l->plan = *plan;
	l->count = 1 + plan->readers;
	l->name = make_name(p);
	l->ready = process_condition(p, "redis");
	for (size_t i = 0; i < l->count; i++) {
		struct redis_options options = {
			.url = &url,
			.name = i ? arena_printf(&p->arena, "%.*s/reader-%zu", STR_ARG(l->name),
						 i)
				  : l->name,
			.password_file = p->settings.redis_password_file,
		};

		l->legs[i] = (struct leg){.link = l, .redis = redis_new(p->base, &options)};
		redis_on_state(l->legs[i].redis, on_up, on_down, &l->legs[i]);
	}
	*ret = l;
	return FAIL_NONE;
}

void link_free(struct link *l)
{
	if (!l)
		return;
	/* Down first, so that the loops let go of what they wait for and ask for nothing more. */
	if (l->up && l->plan.down)
		l->plan.down(l->plan.arg);
	l->up = false;
	l->turn++;
	for (size_t i = 0; i < l->count; i++)
		redis_close(l->legs[i].redis);
	for (size_t i = 0; i < l->count; i++)
		redis_free(l->legs[i].redis);
	free(l);
}

struct redis *link_commands(struct link *l)
{
	return l->legs[0].redis;
}

struct redis *link_reader(struct link *l, size_t i)
{
	PROMISE(1 + i < l->count);
	return l->legs[1 + i].redis;
}

bool link_is_up(const struct link *l)
{
	return l->up;
}

struct str link_name(const struct link *l)
{
	return l->name;
}
