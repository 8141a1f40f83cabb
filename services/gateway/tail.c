/* Tails: subscribing, reading, remembering. */
#include "gateway/tail_inner.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "process/clock.h"
#include "runs/run_load.h"
#include "stream/keys.h"

enum {
	TAIL_KEPT_BYTES = 64 << 10, /* of one run, for those who come later ... */
	TAILS_KEPT_BYTES = 8 << 20, /* ... and of all; beyond, they read from Redis */
	TAIL_READ_MS = 1000,	    /* longest time between two reads ... */
	TAILS_READ_MAX =
		1000, /* ... unless so many are due at once: the others a second later */
};

/* --- tails ------------------------------------------------------------------------------------------------ */

struct tail **tail_slot(struct tails *ts, struct str channel)
{
	struct tail **t = &ts->slots[hash_fast(channel, 0) % TAIL_SLOTS];

	while (*t && !str_eq((*t)->channel, channel))
		t = &(*t)->chain;
	return t;
}

/* A SUBSCRIBE that was sent: what was said before it stood is found by reading. */
struct subscribing {
	struct tails *tails;
	struct arena arena;
	struct str channel;
};

static void on_subscribed(void *arg, const struct reply *r)
{
	struct subscribing *s = arg;
	struct tail *t = reply_check(r, NULL) ? NULL : *tail_slot(s->tails, s->channel);

	if (t)
		tail_read_on(t);
	arena_release(&s->arena);
	free(s);
}

static void subscribe(struct tail *t)
{
	const struct str argv[] = {STR("SUBSCRIBE"), t->channel};
	struct subscribing *s;

	if (!redis_is_up(t->tails->subscriber))
		return;
	s = xcalloc(1, sizeof(*s));
	s->tails = t->tails;
	s->channel = arena_str(&s->arena, t->channel);
	redis_call(t->tails->subscriber, argv, 2, on_subscribed, s);
}

static void unsubscribe(struct tail *t)
{
	const struct str argv[] = {STR("UNSUBSCRIBE"), t->channel};

	if (redis_is_up(t->tails->subscriber))
		redis_call(t->tails->subscriber, argv, 2, NULL, NULL);
}

/* --- by the time of the last read */

static void unlink_read(struct tail *t)
{
	struct tails *ts = t->tails;

	*(t->older ? &t->older->newer : &ts->oldest) = t->newer;
	*(t->newer ? &t->newer->older : &ts->newest) = t->older;
}

static void link_read(struct tail *t)
{
	struct tails *ts = t->tails;

	t->read_ms = process_mono_ms();
	t->older = ts->newest;
	t->newer = NULL;
	*(t->older ? &t->older->newer : &ts->oldest) = t;
	ts->newest = t;
}

struct tail *tail_new(struct tails *ts, struct str namespace, struct str run,
		      struct event_id after)
{
	struct tail *t = xcalloc(1, sizeof(*t));

	t->tails = ts;
	t->namespace = arena_str(&t->arena, namespace);
	t->run = arena_str(&t->arena, run);
	t->channel = key_full(&t->arena, key_run_stream(&t->arena, namespace, run));
	t->cursor = after;
	*tail_slot(ts, t->channel) = t;
	link_read(t);
	metric_set(ts->tails, (double)++ts->count);
	subscribe(t);
	return t;
}

static void forget_oldest(struct tail *t)
{
	struct run_batch *b = t->oldest;

	t->oldest = b->next;
	if (!t->oldest)
		t->newest = NULL;
	t->bytes -= b->bytes;
	t->tails->bytes -= b->bytes;
	run_batch_free(b);
}

/* A tail that nobody follows goes, unless an answer is still due to it. */
void tail_release(struct tail *t)
{
	struct tails *ts = t->tails;

	if (t->readers || t->reading || t->looking)
		return;
	unsubscribe(t);
	*tail_slot(ts, t->channel) = t->chain;
	unlink_read(t);
	metric_set(ts->tails, (double)--ts->count);
	while (t->oldest)
		forget_oldest(t);
	arena_release(&t->arena);
	free(t);
}

/* Who begins with the first one kept takes what was kept when the tail itself began with it. */
bool tail_remembers(const struct tail *t, struct event_id seen)
{
	struct event_id after = t->oldest ? t->oldest->after : t->cursor;

	if (t->oldest && event_id_is_zero(seen) && event_id_is_zero(t->oldest->asked))
		return true;
	return event_id_cmp(seen, after) >= 0;
}

static void remember(struct tail *t, struct run_batch *b)
{
	struct tails *ts = t->tails;

	if (!b->count) {
		if (t->newest)
			t->newest->last = b->last;
		run_batch_free(b);
		return;
	}
	*(t->newest ? &t->newest->next : &t->oldest) = b;
	t->newest = b;
	t->bytes += b->bytes;
	ts->bytes += b->bytes;
	while (t->oldest && (t->bytes > TAIL_KEPT_BYTES || ts->bytes > TAILS_KEPT_BYTES))
		forget_oldest(t);
}

/* --- reading -------------------------------------------------------------------------------------------------- */

static void on_new(void *arg, struct run_batch *b, const struct why *why)
{
	struct tail *t = arg;

	(void)why;
	if (b) {
		readers_give(t, b);
		while (t->oldest && run_batch_gap(b))
			forget_oldest(t); /* it does not go on from there */
		t->cursor = b->last;
		if (b->count)
			t->last_ends = run_batch_ends(b);
		t->ends = t->last_ends && !b->more;
		t->again = t->again || b->more;
		remember(t, b);
		if (t->ends && !t->again)
			readers_tell_ended(t);
	}
	t->reading = false;
	if (t->again && t->readers)
		tail_read_on(t);
	tail_release(t);
}

void tail_read_on(struct tail *t)
{
	t->again = t->reading;
	if (t->reading || !redis_is_up(t->tails->commands))
		return;
	t->reading = true;
	unlink_read(t);
	link_read(t);
	run_read(t->tails->commands, t->namespace, t->run, t->cursor, RUN_READ_ENTRIES, on_new,
		 t);
}

/* In case that a message was lost. */
static void read_due(struct tails *ts, int64_t now_ms)
{
	struct tail *t = ts->oldest, *next;

	for (unsigned n = 0; t && n < TAILS_READ_MAX && now_ms - t->read_ms >= TAIL_READ_MS;
	     n++, t = next) {
		next = t->newer;
		tail_read_on(t);
	}
}

static void on_second(evutil_socket_t fd, short what, void *arg)
{
	struct tails *ts = arg;
	int64_t now = process_mono_ms();
	size_t behind = 0;
	struct tail *next;

	(void)fd;
	(void)what;
	for (struct tail *t = ts->oldest; t; t = next) {
		next = t->newer; /* its last reader may be dropped, and the tail with it */
		readers_look(t, now, &behind);
	}
	metric_set(ts->behind, (double)behind);
	metric_set(ts->remembered, (double)ts->bytes);
	read_due(ts, now);
}

static void on_message(void *arg, struct str channel, struct str payload)
{
	struct tail *t = *tail_slot(arg, channel);

	(void)payload;
	if (t)
		tail_read_on(t);
}

/* --- connections ------------------------------------------------------------------------------------------------ */

/* Another Redis, or one that lost its memory: its ids may lie before ours. */
static void on_looked(void *arg, enum fail f, const struct run_record *record,
		      const struct why *why)
{
	struct tail *t = arg;
	struct tail_reader *next;

	(void)why;
	for (struct tail_reader *r = t->readers; r && !f && record->found == RUN_NOT_THERE;
	     r = next) {
		next = r->next;
		r->plan.lost(r->plan.arg);
	}
	t->looking = false; /* not before: the last one who leaves would take the tail along */
	tail_release(t);
}

void tails_up(struct tails *ts, bool changed)
{
	for (struct tail *t = ts->oldest; t; t = t->newer) {
		subscribe(t);
		for (struct tail_reader *r = t->readers; r; r = r->next)
			event_active(r->turn, EV_TIMEOUT, 0);
		if (!changed || t->looking)
			continue;
		t->looking = true;
		run_load(ts->commands, t->namespace, t->run, NULL, on_looked, t);
	}
}

struct tails *tails_new(struct event_base *base, struct redis *commands,
			struct redis *subscriber, struct metrics *metrics)
{
	const struct timeval tv = {TAIL_READ_MS / 1000, 0};
	struct tails *ts = xcalloc(1, sizeof(*ts));

	ts->commands = commands;
	ts->subscriber = subscriber;
	ts->base = base;
	ts->second = event_new(base, -1, EV_PERSIST, on_second, ts);
	PROMISE(ts->second);
	event_add(ts->second, &tv);
	redis_on_message(subscriber, on_message, ts);
	ts->tails = metric_only(
		metrics_gauge(metrics, "ark_sse_runs", "Runs that somebody follows.", NULL));
	ts->remembered =
		metric_only(metrics_gauge(metrics, "ark_sse_remembered_bytes",
					  "Latest events of runs that are followed.", NULL));
	ts->behind = metric_only(metrics_gauge(metrics, "ark_sse_readers_behind",
					       "Readers that read at their own pace.", NULL));
	ts->stalled = metric_only(
		metrics_counter(metrics, "ark_sse_readers_stalled_total",
				"Readers that were dropped since they did not read.", NULL));
	return ts;
}

void tails_free(struct tails *ts)
{
	if (!ts)
		return;
	event_free(ts->second);
	while (ts->oldest) {
		ts->oldest->reading = ts->oldest->looking = false;
		ts->oldest->readers = NULL;
		tail_release(ts->oldest);
	}
	free(ts);
}
