#include "watcher/api_inner.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "process/log.h"
#include "process/metrics.h"

/* --- which collections ---------------------------------------------------------------------------- */

static void add(struct api *a, enum kind kind, struct str namespace)
{
	struct collection **end = &a->collections;

	while (*end)
		end = &(*end)->next;
	*end = collection_new(a, kind, namespace);
}

static struct collection *find(const struct api *a, enum kind kind, struct str namespace)
{
	struct collection *c = a->collections;

	while (c && (c->kind != kind || !str_eq(c->namespace, namespace)))
		c = c->next;
	return c;
}

/* Of a namespace, or of all: ark's own kinds first, since they say which Secrets matter. */
static void add_kinds(struct api *a, struct str namespace)
{
	for (int k = KIND_OTHER + 1; k < KIND_COUNT; k++)
		if (!kind_is_bound((enum kind)k))
			add(a, (enum kind)k, namespace);
}

void api_bind(struct api *a, struct str namespace)
{
	if (a->plan.namespaces.count || find(a, KIND_PLAIN_SECRET, namespace))
		return;
	if (a->plan.keys->count)
		add(a, KIND_PLAIN_SECRET, namespace);
	add(a, KIND_CONFIG_MAP, namespace);
	api_moved(a);
}

static void remove_one(struct api *a, enum kind kind, struct str namespace)
{
	struct collection *c = find(a, kind, namespace), **at = &a->collections;

	if (!c)
		return;
	while (*at != c)
		at = &(*at)->next;
	collection_drop(c);
	*at = c->next;
	collection_free(c);
}

void api_unbind(struct api *a, struct str namespace)
{
	if (a->plan.namespaces.count)
		return;
	remove_one(a, KIND_PLAIN_SECRET, namespace);
	remove_one(a, KIND_CONFIG_MAP, namespace);
}

/* --- what is wanted --------------------------------------------------------------------------------- */

static struct collection *of_name(const struct api *a, struct str name)
{
	struct str rest = name, kind, namespace;

	str_next(&rest, '/', &kind);
	str_next(&rest, '/', &namespace);
	return find(a,
		    str_is(kind, kind_name(KIND_CONFIG_MAP)) ? KIND_CONFIG_MAP
							     : KIND_PLAIN_SECRET,
		    namespace);
}

static void on_wanted(void *arg, struct str name)
{
	struct collection *c = of_name(arg, name);

	if (c)
		collection_dirty(c);
}

static void on_unwanted(void *arg, struct str name)
{
	struct api *a = arg;

	if (known_remove(publish_known(a->publish), name))
		publish_gone(a->publish, name);
}

void api_refers(struct api *a, struct str field, const struct names *names)
{
	const struct wanted_news news = {on_wanted, on_unwanted, a};

	wanted_set(a->wanted, field, names, &news);
}

/* The table of prices is named by a setting, not by an object. */
static void want_prices(struct api *a)
{
	AUTO_ARENA arena = ARENA_INIT;
	struct str name =
		arena_printf(&arena, "%s/%.*s/%.*s", kind_name(KIND_CONFIG_MAP),
			     STR_ARG(a->plan.system_namespace), STR_ARG(a->plan.prices));
	const struct names names = {.items = &name, .count = 1};

	if (a->plan.prices.len)
		api_refers(a, STR("prices"), &names);
}

/* --- how far it is ----------------------------------------------------------------------------------- */

/* One at a time is listed for the first time. */
static bool start_next(struct api *a)
{
	for (struct collection *c = a->collections; c; c = c->next) {
		if (c->stage == STAGE_LISTING)
			return true;
		if (c->stage == STAGE_WAITS) {
			collection_start(c);
			return true;
		}
	}
	return false;
}

/* The first of ark's kinds that cannot be had, or NULL. */
static const struct collection *absent(const struct api *a)
{
	for (const struct collection *c = a->collections; c; c = c->next)
		if (c->stage == STAGE_ABSENT && kind_is_ark(c->kind))
			return c;
	return NULL;
}

static void tell_complete(struct api *a)
{
	if (a->told_complete || !a->complete || !publish_flush(a->publish))
		return;
	a->told_complete = true;
	a->plan.complete(a->plan.arg);
}

/* What is published of collections that there are no more: of namespaces that are not watched now,
 * or of a suite that was started otherwise. */
static bool is_orphan(void *arg, struct known *k)
{
	struct api *a = arg;
	struct str rest = known_field(k), kind, namespace;

	str_next(&rest, '/', &kind);
	str_next(&rest, '/', &namespace);
	for (const struct collection *c = a->collections; c; c = c->next)
		if (str_is(kind, kind_name(c->kind)) &&
		    (!c->namespace.len || str_eq(c->namespace, namespace)))
			return false;
	publish_gone(a->publish, known_field(k));
	return true;
}

void api_moved(struct api *a)
{
	const struct collection *c;

	if (start_next(a) || a->complete)
		return;
	c = absent(a);
	if (c) {
		AUTO_ARENA arena = ARENA_INIT;

		a->plan.missing(a->plan.arg, arena_printf(&arena, "%s cannot be read",
							  kind_plural(c->kind)));
		return;
	}
	known_sweep(publish_known(a->publish), is_orphan, a);
	a->complete = true;
	tell_complete(a);
}

void api_published(struct api *a)
{
	if (!a->publish)
		return;
	for (struct collection *c = a->collections; c; c = c->next)
		if (c->watch)
			kube_watch_hold(c->watch, false);
	tell_complete(a);
}

/* --- life -------------------------------------------------------------------------------------------- */

void api_start(struct api *a, struct publish *p)
{
	api_stop(a);
	a->publish = p;
	a->wanted = wanted_new();
	want_prices(a);
	if (!a->plan.namespaces.count)
		add_kinds(a, STR(""));
	for (size_t i = 0; i < a->plan.namespaces.count; i++)
		add_kinds(a, a->plan.namespaces.items[i]);
	for (size_t i = 0; i < a->plan.namespaces.count; i++) {
		if (a->plan.keys->count)
			add(a, KIND_PLAIN_SECRET, a->plan.namespaces.items[i]);
		add(a, KIND_CONFIG_MAP, a->plan.namespaces.items[i]);
	}
	api_moved(a);
}

void api_stop(struct api *a)
{
	struct collection *c;

	while ((c = a->collections) != NULL) {
		a->collections = c->next;
		collection_free(c);
	}
	wanted_free(a->wanted);
	a->wanted = NULL;
	a->publish = NULL;
	a->complete = a->told_complete = false;
}

void api_learn(void *arg, struct known *k, struct str version)
{
	(void)arg;
	if (version.len < sizeof(k->version))
		memcpy(k->version, version.ptr, version.len);
}

struct api *api_new(struct event_base *base, const struct api_plan *plan,
		    struct metrics *metrics)
{
	struct api *a = xcalloc(1, sizeof(*a));

	a->base = base;
	a->plan = *plan;
	a->metrics = kube_watch_declare(metrics);
	a->unreadable = metric_only(metrics_counter(
		metrics, "ark_objects_unreadable_total",
		"Objects of the API server that could not be understood.", NULL));
	return a;
}

void api_free(struct api *a)
{
	if (!a)
		return;
	api_stop(a);
	free(a);
}
