#include "reconciler/refresh.h"

#include <event2/event.h>
#include <stdlib.h>

#include "process/clock.h"
#include "process/log.h"
#include "process/metrics.h"
#include "reconciler/dirty.h"
#include "reconciler/requests.h"

enum {
	BATCH = 32,
	SETTLE_MS = 20, /* marks of one change of the world come together */
	PAUSE_MS = 200, /* after Redis refused */
};

enum item_phase {
	ITEM_READY,   /* to be looked at */
	ITEM_LACKING, /* waits for the bag */
	ITEM_SENT,    /* its commit is under way */
	ITEM_DONE,
};

struct item {
	enum item_phase phase;
	struct subject subject;
	struct commit commit;
	int64_t since_mono_ms;
};

struct refresh {
	struct refresh_plan plan;
	struct event *next;
	struct dirty dirty;
	struct bag *bag;
	struct arena batch;
	struct item items[BATCH];
	size_t count, open;
	bool up, stumbled;
	unsigned turn; /* answers to an older one are dropped */
	struct metric *seconds, *errors;
};

struct call {
	struct refresh *refresh;
	struct item *item;
	unsigned turn;
};

static void work(struct refresh *r);

static struct call *call_new(struct refresh *r, struct item *i)
{
	struct call *c = xmalloc(sizeof(*c));

	*c = (struct call){r, i, r->turn};
	return c;
}

static bool call_end(void *arg, struct call *ret)
{
	*ret = *(struct call *)arg;
	free(arg);
	return ret->turn == ret->refresh->turn;
}

static void again_in(struct refresh *r, int64_t ms)
{
	const struct timeval tv = {0, (suseconds_t)ms * 1000};

	if (r->up && !r->open && !event_pending(r->next, EV_TIMEOUT, NULL))
		event_add(r->next, &tv);
}

static void mark_again(struct refresh *r, const struct item *i)
{
	dirty_mark(&r->dirty, i->subject.kind, i->subject.namespace, i->subject.name);
}

static void done(struct item *i, struct refresh *r, const char *outcome)
{
	struct str kind = str_of(kind_name(i->subject.kind));

	metric_observe(metric_at(r->seconds, LABELS(kind, str_of(outcome))),
		       (double)(process_mono_ms() - i->since_mono_ms) / 1000.0);
	i->phase = ITEM_DONE;
	r->open--;
}

/* --- one object ------------------------------------------------------------------------------- */

static void on_committed(void *arg, const struct commit_result *result)
{
	struct call c;
	struct refresh *r;
	struct item *i;
	const char *outcome = "written";

	if (!call_end(arg, &c))
		return;
	r = c.refresh;
	i = c.item;
	bag_forget(r->bag, i->subject.key);
	switch (result->verdict) {
	case COMMITTED: break;
	case COMMIT_ONCE:
	case COMMIT_EXISTS: outcome = "unchanged"; break;
	case COMMIT_CONFLICT:
	case COMMIT_LOST:
	case COMMIT_FULL:
		outcome = "conflict";
		mark_again(r, i);
		break;
	case COMMIT_UNKNOWN:
	case COMMIT_AWAY:
	case COMMIT_REFUSED:
		outcome = "error";
		log_warn("a status could not be written", LOG_STR("object", i->subject.key),
			 LOG_WHY(&result->why));
		metric_add(metric_at(r->errors, LABELS(str_of(kind_name(i->subject.kind)),
						       str_of(outcome))),
			   1);
		mark_again(r, i);
		r->stumbled = true;
		break;
	}
	done(i, r, outcome);
	work(r);
}

static void hand_in(struct refresh *r, struct item *i)
{
	i->phase = ITEM_SENT;
	commit_send(&i->commit, r->plan.commands, on_committed, call_new(r, i));
}

/* An ArkRun is asked for as a run; what cannot be read is told on it, once. */
static void ask_for_run(struct refresh *r, struct item *i, const struct object *o)
{
	int64_t now = process_now_ms();
	struct why why;

	commit_begin(&i->commit, &r->batch, ADMIT, NULL);
	if (request_run(&i->commit, o, now, &why)) {
		log_warn("an ArkRun is wrong", LOG_STR("namespace", o->namespace),
			 LOG_STR("run", o->name), LOG_WHY(&why));
		record_note(&i->subject.record, STR("InvalidInput"), why_str(&why), now);
		i->subject.touched = true;
		(void)subject_write(&i->subject, r->plan.world, &r->batch, &i->commit, now);
	}
	hand_in(r, i);
}

static void look(struct refresh *r, struct item *i)
{
	struct subject *s = &i->subject;
	const struct object *o =
		objects_get(r->plan.world->objects, s->kind, s->namespace, s->name);

	if (!subject_load(s, r->plan.world, &r->batch, r->bag)) {
		i->phase = ITEM_LACKING;
		return;
	}
	if (o && r->plan.seen)
		r->plan.seen(r->plan.arg, o);
	if (o && s->kind == KIND_RUN) {
		ask_for_run(r, i, o);
		return;
	}
	commit_begin(&i->commit, &r->batch, COMMIT, NULL);
	if (!o && s->kind == KIND_RUN)
		request_cancel(&i->commit, s->namespace, s->name);
	else if (!o)
		subject_remove(s, &r->batch, &i->commit);
	else if (!subject_write(s, r->plan.world, &r->batch, &i->commit, process_now_ms())) {
		done(i, r, "unchanged");
		return;
	}
	hand_in(r, i);
}

/* --- the batch -------------------------------------------------------------------------------- */

static void on_bag(void *arg, enum fail f, const struct why *why)
{
	struct call c;
	struct refresh *r;

	if (!call_end(arg, &c))
		return;
	r = c.refresh;
	for (size_t i = 0; i < r->count; i++) {
		if (r->items[i].phase != ITEM_LACKING)
			continue;
		r->items[i].phase = ITEM_READY;
		if (f) {
			mark_again(r, &r->items[i]);
			done(&r->items[i], r, "error");
		}
	}
	if (f) {
		log_warn("records cannot be read", LOG_WHY(why));
		r->stumbled = true;
	}
	work(r);
}

static void work(struct refresh *r)
{
	bool lacking = false;

	for (size_t i = 0; i < r->count; i++) {
		if (r->items[i].phase == ITEM_READY)
			look(r, &r->items[i]);
		lacking = lacking || r->items[i].phase == ITEM_LACKING;
	}
	if (bag_is_missing(r->bag))
		bag_load(r->bag, on_bag, call_new(r, NULL));
	if (r->open || lacking)
		return;
	bag_trim(r->bag);
	if (r->dirty.count)
		again_in(r, r->stumbled ? PAUSE_MS : 0);
}

static void on_next(evutil_socket_t fd, short what, void *arg)
{
	struct refresh *r = arg;
	struct dirty_name name;

	(void)fd;
	(void)what;
	if (!r->up || r->open)
		return;
	arena_reset(&r->batch);
	r->stumbled = false;
	for (r->count = 0; r->count < BATCH && dirty_take(&r->dirty, &r->batch, &name);
	     r->count++)
		r->items[r->count] = (struct item){.subject = {.kind = name.kind,
							       .namespace = name.namespace,
							       .name = name.name},
						   .since_mono_ms = process_mono_ms()};
	r->open = r->count;
	work(r);
}

/* --- life ------------------------------------------------------------------------------------- */

void refresh_mark(struct refresh *r, enum kind kind, struct str namespace, struct str name)
{
	if (!kind_is_ark(kind))
		return;
	dirty_mark(&r->dirty, kind, namespace, name);
	again_in(r, SETTLE_MS);
}

void refresh_up(struct refresh *r)
{
	if (r->up)
		return;
	r->up = true;
	bag_forget_all(r->bag);
	again_in(r, 0);
}

void refresh_down(struct refresh *r)
{
	r->up = false;
	r->turn++;
	event_del(r->next);
	for (size_t i = 0; i < r->count; i++)
		if (r->items[i].phase != ITEM_DONE)
			mark_again(r, &r->items[i]);
	r->count = r->open = 0;
}

struct refresh *refresh_new(struct event_base *base, const struct refresh_plan *plan,
			    struct metrics *metrics)
{
	struct refresh *r = xmalloc(sizeof(*r));

	r->plan = *plan;
	r->next = event_new(base, -1, 0, on_next, r);
	r->bag = bag_new(plan->commands, LIMIT_CACHE_BYTES);
	r->seconds = metrics_histogram(metrics, "ark_reconcile_duration_seconds",
				       "From looking at an object to its written status.",
				       "kind outcome", METRIC_QUICK);
	r->errors = metrics_counter(metrics, "ark_reconcile_errors_total",
				    "Objects that could not be reconciled.", "kind outcome");
	return r;
}

void refresh_free(struct refresh *r)
{
	if (!r)
		return;
	event_free(r->next);
	dirty_release(&r->dirty);
	bag_free(r->bag);
	arena_release(&r->batch);
	free(r);
}
