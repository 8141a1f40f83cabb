/* One collection of the API server: what it says becomes what is published. */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "process/clock.h"
#include "process/log.h"
#include "process/metrics.h"
#include "watcher/api_inner.h"
#include "watcher/api_object.h"

bool kind_is_bound(enum kind k)
{
	return k == KIND_PLAIN_SECRET || k == KIND_CONFIG_MAP;
}

bool kind_is_labelled(enum kind k)
{
	return !kind_is_ark(k) && !kind_is_bound(k) && k != KIND_SERVICE;
}

/* KEDA need not be there (SPEC 20.10). */
static bool may_be_absent(enum kind k)
{
	return k == KIND_SCALED_OBJECT || k == KIND_TRIGGER_AUTHENTICATION;
}

static struct known_table *known_of(struct collection *c)
{
	return publish_known(c->api->publish);
}

static bool is_binding(const struct collection *c, struct str name)
{
	return c->kind == KIND_ROLE_BINDING && str_is(name, BOUND_BY);
}

/* --- objects -------------------------------------------------------------------------------------- */

static void forget(struct collection *c, struct str field)
{
	if (known_remove(known_of(c), field))
		publish_gone(c->api->publish, field);
}

static void take_deleted(struct collection *c, struct str field, struct str namespace,
			 struct str name)
{
	forget(c, field);
	if (kind_is_ark(c->kind))
		api_refers(c->api, field, NULL);
	if (is_binding(c, name))
		api_unbind(c->api, namespace);
}

static void put(struct collection *c, struct str field, const struct api_object *o)
{
	struct known *k = known_make(known_of(c), field);
	char version[KNOWN_VERSION_DIGITS + 1];

	k->round = c->round;
	known_digest(o->content, version);
	if (strcmp(version, k->version) == 0)
		return;
	memcpy(k->version, version, sizeof(version));
	publish_put(c->api->publish, &(struct published){.field = field,
							 .version = str_of(k->version),
							 .uid = o->object.uid,
							 .generation = o->object.generation,
							 .json = o->json});
}

static void take_object(struct collection *c, struct arena *a, struct str field,
			const struct value *v)
{
	struct api *api = c->api;
	struct names names = {.count = 0};
	struct api_object o;
	struct why why;

	if (api_object_load(a, c->kind, api->plan.keys, v, &o, &why)) {
		metric_add(api->unreadable, 1);
		log_warn("an object cannot be read", LOG_STR("object", field), LOG_WHY(&why));
		return;
	}
	put(c, field, &o);
	if (kind_is_ark(c->kind)) {
		references_add(a, &o.object, &names);
		api_refers(api, field, &names);
	}
	if (is_binding(c, o.object.name))
		api_bind(api, o.object.namespace);
}

static void on_object(void *arg, const struct value *v, bool deleted)
{
	struct collection *c = arg;
	AUTO_ARENA a = ARENA_INIT;
	struct str namespace = value_text(value_path(v, "metadata.namespace"));
	struct str name = value_text(value_path(v, "metadata.name"));
	struct str field = arena_printf(&a, "%s/%.*s/%.*s", kind_name(c->kind),
					STR_ARG(namespace), STR_ARG(name));

	if (!name.len || !namespace.len)
		return; /* no object of a namespace: not ours */
	if (deleted)
		take_deleted(c, field, namespace, name);
	else if (kind_is_bound(c->kind) && !wanted_has(c->api->wanted, field))
		forget(c, field);
	else
		take_object(c, &a, field, v);
	if (publish_busy(c->api->publish))
		kube_watch_hold(c->watch, true);
}

/* --- lists ---------------------------------------------------------------------------------------- */

struct sweep {
	struct collection *collection;
	struct arena arena;
	struct names gone;
};

static bool belongs(const struct collection *c, struct str field)
{
	struct str rest = field, kind, namespace;

	return str_next(&rest, '/', &kind) && str_next(&rest, '/', &namespace) &&
	       str_is(kind, kind_name(c->kind)) &&
	       (!c->namespace.len || str_eq(namespace, c->namespace));
}

static bool is_gone(void *arg, struct known *k)
{
	struct sweep *s = arg;
	struct names *n = &s->gone;

	if (k->round == s->collection->round || !belongs(s->collection, known_field(k)))
		return false;
	n->items = arena_grow(&s->arena, n->items, n->count, &n->cap, sizeof(*n->items));
	n->items[n->count++] = arena_str(&s->arena, known_field(k));
	return true;
}

/* What the list did not have is gone. */
static void sweep(struct collection *c)
{
	struct sweep s = {.collection = c};

	known_sweep(known_of(c), is_gone, &s);
	for (size_t i = 0; i < s.gone.count; i++) {
		struct str rest = s.gone.items[i], kind, namespace;

		publish_gone(c->api->publish, s.gone.items[i]);
		str_next(&rest, '/', &kind);
		str_next(&rest, '/', &namespace);
		take_deleted(c, s.gone.items[i], namespace, rest);
	}
	arena_release(&s.arena);
}

void collection_drop(struct collection *c)
{
	c->round = ++known_of(c)->round;
	sweep(c);
}

static void on_begin(void *arg)
{
	struct collection *c = arg;

	c->round = ++known_of(c)->round;
	c->dirty = false;
}

static void relist_in(struct collection *c, int64_t ms)
{
	const struct timeval tv = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};

	event_add(c->relist, &tv);
}

static void on_relist(evutil_socket_t fd, short what, void *arg)
{
	struct collection *c = arg;

	(void)fd;
	(void)what;
	c->again_mono_ms = process_mono_ms() + RELIST_GAP_MS;
	kube_watch_again(c->watch);
}

void collection_dirty(struct collection *c)
{
	int64_t left = c->again_mono_ms - process_mono_ms();

	c->dirty = true;
	/* A list that is under way is looked at again when it ends. */
	if (c->stage == STAGE_LISTED && !event_pending(c->relist, EV_TIMEOUT, NULL))
		relist_in(c, left > RELIST_MS ? left : RELIST_MS);
}

static void on_listed(void *arg)
{
	struct collection *c = arg;

	if (c->failing)
		log_info("a collection can be read again",
			 LOG_C("collection", kind_plural(c->kind)));
	c->failing = false;
	c->denials = 0;
	c->stage = STAGE_LISTED;
	sweep(c);
	if (c->dirty)
		collection_dirty(c);
	api_moved(c->api);
}

static void tell_failure(struct collection *c, enum kube_outcome outcome, struct str words)
{
	if (c->failing || (outcome == KUBE_NOT_FOUND && may_be_absent(c->kind)))
		return;
	c->failing = true;
	log_warn("a collection cannot be read", LOG_C("collection", kind_plural(c->kind)),
		 LOG_STR("namespace", c->namespace),
		 LOG_C("outcome", kube_outcome_name(outcome)), LOG_STR("error", words));
}

static void on_failed(void *arg, enum kube_outcome outcome, struct str words)
{
	struct collection *c = arg;
	bool first = c->stage == STAGE_LISTING;

	if (outcome == KUBE_EXPIRED) /* listed anew, as it should be */
		return;
	if (outcome == KUBE_DENIED && kind_is_bound(c->kind) && c->denials < DENIED_TRIES)
		relist_in(c, DENIED_MS << c->denials++);
	else
		tell_failure(c, outcome, words);
	if (outcome == KUBE_NOT_FOUND && c->stage != STAGE_ABSENT)
		collection_drop(c); /* the kind is not there, so nothing of it is */
	/* A server that is away now has said nothing of what there is. */
	if (outcome == KUBE_NOT_FOUND || outcome == KUBE_DENIED)
		c->stage = STAGE_ABSENT;
	if (first)
		api_moved(c->api);
}

/* --- life ------------------------------------------------------------------------------------------ */

struct collection *collection_new(struct api *a, enum kind kind, struct str namespace)
{
	struct collection *c = xcalloc(1, sizeof(*c) + namespace.len + 1);

	c->api = a;
	c->kind = kind;
	if (namespace.len)
		memcpy(c->text, namespace.ptr, namespace.len);
	c->namespace = str_n(c->text, namespace.len);
	c->relist = evtimer_new(a->base, on_relist, c);
	return c;
}

void collection_start(struct collection *c)
{
	AUTO_ARENA a = ARENA_INIT;
	struct kube_watch_plan plan = {
		.client = c->api->plan.client,
		.path = kube_path(&a, str_of(kind_api_version(c->kind)), c->namespace,
				  str_of(kind_plural(c->kind)), STR("")),
		.what = kind_plural(c->kind),
		.metrics = &c->api->metrics,
		.begin = on_begin,
		.object = on_object,
		.listed = on_listed,
		.failed = on_failed,
		.arg = c,
	};

	if (kind_is_labelled(c->kind))
		plan.selector = STR("labelSelector=app.kubernetes.io%2Fmanaged-by%3Dark");
	else if (c->kind == KIND_PLAIN_SECRET) /* the largest ones, and nobody names them */
		plan.selector = STR("fieldSelector=type%21%3Dhelm.sh%2Frelease.v1");
	c->stage = STAGE_LISTING;
	c->watch = kube_watch_new(c->api->base, &plan);
}

void collection_free(struct collection *c)
{
	kube_watch_free(c->watch);
	event_free(c->relist);
	free(c);
}
