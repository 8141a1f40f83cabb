#include "agent/pool.h"

#include <stdlib.h>
#include <unistd.h>

#include "workers/variables.h"
#include "base/file.h"
#include "base/hash.h"

#define INJECT "ARK_AGENT_INJECT_"

struct member {
	struct member *next;
	struct str namespace, name;
	struct agent_setup *setup; /* NULL: not made yet, or something changed since */
	struct arena arena;
};

struct pool {
	struct pool_plan plan;
	struct objects *objects;
	struct member *first;
	size_t count;
};

/* --- members ----------------------------------------------------------------------------------- */

static struct member **find(struct pool *o, struct str namespace, struct str name)
{
	struct member **at = &o->first;

	while (*at && !(str_eq((*at)->name, name) && str_eq((*at)->namespace, namespace)))
		at = &(*at)->next;
	return at;
}

/* Tasks that started with it keep it. */
static void outdate(struct member *m)
{
	agent_setup_unref(m->setup);
	m->setup = NULL;
}

static void member_remove(struct pool *o, struct member **at)
{
	struct member *m = *at;

	*at = m->next;
	o->count--;
	outdate(m);
	arena_release(&m->arena);
	free(m);
}

static bool member_add(struct pool *o, const struct object *object)
{
	struct member *m;

	if (o->count == LIMIT_LOCAL_AGENTS) {
		log_error("more agents than a pool serves",
			  LOG_STR("namespace", object->namespace),
			  LOG_STR("agent", object->name), LOG_INT("limit", LIMIT_LOCAL_AGENTS));
		return false;
	}
	m = xcalloc(1, sizeof(*m));
	m->namespace = arena_str(&m->arena, object->namespace);
	m->name = arena_str(&m->arena, object->name);
	m->next = o->first;
	o->first = m;
	o->count++;
	return true;
}

static void agent_changed(struct pool *o, const struct object *now)
{
	struct member **at = find(o, now->namespace, now->name);
	AUTO_ARENA a = ARENA_INIT;
	struct agent agent;
	struct why why;

	if (*at)
		outdate(*at);
	else if (!member_add(o, now))
		return;
	/* One that makes no sense is served all the same: its tasks fail with words. */
	if (agent_load(&a, now->spec, &agent, &why))
		o->plan.serve(o->plan.arg, now->namespace, now->name, 1);
	else
		o->plan.serve(o->plan.arg, now->namespace, now->name,
			      agent.limits.max_concurrent_tasks);
}

static void on_changed(void *arg, const struct object *old, const struct object *now)
{
	struct pool *o = arg;
	const struct object *one = now ? now : old;
	struct member **at;

	if (one->kind == KIND_AGENT && now) {
		agent_changed(o, now);
		return;
	}
	if (one->kind == KIND_AGENT) {
		at = find(o, one->namespace, one->name);
		if (*at)
			member_remove(o, at);
		o->plan.serve(o->plan.arg, one->namespace, one->name, 0);
		return;
	}
	for (struct member *m = o->first; m; m = m->next)
		if (str_eq(m->namespace, one->namespace))
			outdate(m);
}

/* --- what its variables are made of --------------------------------------------------------------- */

static const struct object *look_up(void *arg, enum kind kind, struct str namespace,
				    struct str name)
{
	struct pool *o = arg;

	return objects_get(o->objects, kind, namespace, name);
}

static void each(void *arg, enum kind kind, struct str namespace,
		 void (*fn)(void *arg, const struct object *object), void *fn_arg)
{
	struct pool *o = arg;

	objects_each(o->objects, kind, namespace, fn, fn_arg);
}

static bool open_secret(void *arg, struct arena *a, const struct object *secret, struct str key,
			struct str *ret)
{
	struct pool *o = arg;
	const struct value *sealed = value_get(value_get(secret->value, STR("sealed")), key);
	struct seal_place place = {secret->namespace, secret->name, key};
	AUTO_BUF text = BUF(LIMIT_SECRET_BYTES);
	struct why why;
	bool fine;

	buf_room(&text, LIMIT_SECRET_BYTES); /* so that no part of it is left behind */
	fine = value_is(sealed, VALUE_STR) &&
	       !seal_open(o->plan.keys, &place, value_text(sealed), &text, &why);
	if (fine)
		*ret = arena_str(a, buf_str(&text));
	buf_wipe(&text);
	return fine;
}

/* The weakest of all: what the environment of the pool gives to every worker. */
static void add_own(struct variables *v)
{
	static const char *const keys[] = {"ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL",
					   "OPENAI_API_KEY", "OPENAI_BASE_URL"};
	struct str inject = STR(INJECT);

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (getenv(keys[i]))
			variables_set(v, str_of(keys[i]), str_of(getenv(keys[i])));
	for (char *const *e = environ; *e; e++) {
		struct str name, value;

		if (str_starts(str_of(*e), inject) && str_cut(str_of(*e), '=', &name, &value))
			variables_set(v, str_from(name, inject.len), value);
	}
}

/* The strongest: somebody wants no real provider to be called. */
static void add_forced(struct variables *v)
{
	static const char *const names[] = {"AGENT_PROVIDER", "ARK_MOCK", "ARK_MOCK_FILE"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (getenv(names[i]))
			variables_set(v, str_of(names[i]), str_of(getenv(names[i])));
}

static bool variable(void *self, const char *name, struct str *ret)
{
	return variables_get(self, str_of(name), ret);
}

/* Only of ARK_MOCK_FILE, which our own environment names. */
static enum fail read_mock_file(void *self, struct str path, struct buf *out, struct why *why)
{
	(void)self;
	if (!getenv("ARK_MOCK_FILE") || !str_eq(path, str_of(getenv("ARK_MOCK_FILE"))))
		return failf(why, FAIL_INPUT, "files are not read for an agent");
	return file_read(path, out, why);
}

static enum fail make_setup(struct pool *o, const struct object *object,
			    struct agent_setup **ret, struct why *why)
{
	AUTO_ARENA a = ARENA_INIT;
	struct variables v = {.arena = &a};
	struct agent_source source = {variable, read_mock_file, &v};
	struct variables_world world = {
		.object = look_up, .each = each, .open = open_secret, .arg = o};
	struct agent agent;
	enum fail f = agent_load(&a, object->spec, &agent, why);

	if (f)
		return f;
	add_own(&v);
	f = variables_add_sources(&v, object, &agent, &world, why);
	if (!f)
		f = variables_add_own(&v, object, &agent, &world, why);
	if (f)
		return f;
	add_forced(&v);
	return agent_setup_new(&source, ret, why);
}

enum fail pool_setup(struct pool *o, struct str namespace, struct str agent,
		     struct agent_setup **ret, struct why *why)
{
	const struct object *object = objects_get(o->objects, KIND_AGENT, namespace, agent);
	struct member *m = *find(o, namespace, agent);
	enum fail f;

	if (!m || !object)
		return failf(why, FAIL_INPUT, "there is no ArkAgent '%.*s'", STR_ARG(agent));
	if (!m->setup) {
		f = make_setup(o, object, &m->setup, why);
		if (f) {
			m->setup = NULL;
			return f;
		}
	}
	*ret = agent_setup_ref(m->setup);
	return FAIL_NONE;
}

/* --- life --------------------------------------------------------------------------------------------- */

static void on_ready(void *arg)
{
	struct pool *o = arg;

	o->plan.ready(o->plan.arg);
}

struct pool *pool_new(struct process *p, const struct pool_plan *plan)
{
	struct pool *o = xcalloc(1, sizeof(*o));
	const struct objects_plan objects = {
		.commands = plan->commands,
		.reads = plan->reads,
		.kinds = 1u << KIND_AGENT | 1u << KIND_SETTINGS | 1u << KIND_MEMORY |
			 1u << KIND_REGISTRY | 1u << KIND_SECRET | 1u << KIND_CONFIG_MAP |
			 1u << KIND_PLAIN_SECRET,
		.changed = on_changed,
		.ready = on_ready,
		.arg = o,
	};

	o->plan = *plan;
	o->objects = objects_new(p->base, &objects, p->metrics);
	return o;
}

void pool_free(struct pool *o)
{
	if (!o)
		return;
	objects_free(o->objects);
	while (o->first)
		member_remove(o, &o->first);
	free(o);
}

void pool_up(struct pool *o)
{
	objects_up(o->objects);
}

void pool_down(struct pool *o)
{
	objects_down(o->objects);
}
