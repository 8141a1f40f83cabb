#include "gateway/tail.h"

#include <stdlib.h>

#include <event2/event.h>

#include "base/hash.h"
#include "process/clock.h"
#include "runs/run_load.h"
#include "stream/keys.h"

enum { SLOTS = 4096 };

enum reader_state {
	READER_BEHIND, /* reads alone what is older than what the tail remembers */
	READER_ALONG,  /* gets what the tail gets */
	READER_LEFT,   /* only its own read still holds it */
};

struct tail_reader {
	struct tail *tail;
	struct tail_reader *next, **at;
	enum reader_state state;
	struct event_id seen;	/* last entry that it was given */
	struct event *turn;	/* goes on from the loop, never from inside a call */
	struct run_batch *held; /* what it read alone and was not given yet */
	bool reading;
	struct tail_plan plan;
};

struct tail {
	struct tails *tails;
	struct tail *chain;
	struct tail *next, **at; /* of all */
	struct arena arena;
	struct str namespace, run, channel;
	struct event_id cursor;		   /* last entry read */
	struct run_batch *oldest, *newest; /* what it remembers, up to cursor */
	size_t bytes;
	bool reading, again, looking;
	bool ends; /* the last entry there was ended an attempt */
	int64_t read_ms;
	struct tail_reader *readers;
};

struct tails {
	struct redis *commands, *subscriber;
	struct event_base *base;
	struct event *second;
	struct tail *slots[SLOTS];
	struct tail *all;
	size_t count;
};

/* --- tails ------------------------------------------------------------------------------------------------ */

static struct tail **slot_of(struct tails *ts, struct str channel)
{
	struct tail **t = &ts->slots[hash_fast(channel, 0) % SLOTS];

	while (*t && !str_eq((*t)->channel, channel))
		t = &(*t)->chain;
	return t;
}

static void read_on(struct tail *t);

/* A SUBSCRIBE that was sent: what was said before it stood is found by reading. */
struct subscribing {
	struct tails *tails;
	struct arena arena;
	struct str channel;
};

static void on_subscribed(void *arg, const struct reply *r)
{
	struct subscribing *s = arg;
	struct tail *t = reply_check(r, NULL) ? NULL : *slot_of(s->tails, s->channel);

	if (t)
		read_on(t);
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

static struct tail *tail_new(struct tails *ts, struct str namespace, struct str run,
			     struct event_id after)
{
	struct tail *t = xcalloc(1, sizeof(*t));

	t->tails = ts;
	t->namespace = arena_str(&t->arena, namespace);
	t->run = arena_str(&t->arena, run);
	t->channel = key_full(&t->arena, key_run_stream(&t->arena, namespace, run));
	t->cursor = after;
	*slot_of(ts, t->channel) = t;
	t->next = ts->all;
	t->at = &ts->all;
	if (t->next)
		t->next->at = &t->next;
	ts->all = t;
	ts->count++;
	subscribe(t);
	return t;
}

static void forget(struct tail *t)
{
	while (t->oldest) {
		struct run_batch *b = t->oldest;

		t->oldest = b->next;
		run_batch_free(b);
	}
	t->newest = NULL;
	t->bytes = 0;
}

/* A tail that nobody follows goes, unless an answer is still due to it. */
static void tail_release(struct tail *t)
{
	struct tails *ts = t->tails;

	if (t->readers || t->reading || t->looking)
		return;
	unsubscribe(t);
	*slot_of(ts, t->channel) = t->chain;
	*t->at = t->next;
	if (t->next)
		t->next->at = t->at;
	ts->count--;
	forget(t);
	arena_release(&t->arena);
	free(t);
}

/* All that follows `seen`. Who begins with the first one kept takes what was kept when the tail
 * itself began with it. */
static bool remembers(const struct tail *t, struct event_id seen)
{
	struct event_id after = t->oldest ? t->oldest->after : t->cursor;

	if (t->oldest && event_id_is_zero(seen) && event_id_is_zero(t->oldest->asked))
		return true;
	return event_id_cmp(seen, after) >= 0;
}

static void remember(struct tail *t, struct run_batch *b)
{
	if (!b->count) {
		if (t->newest)
			t->newest->last = b->last;
		run_batch_free(b);
		return;
	}
	*(t->newest ? &t->newest->next : &t->oldest) = b;
	t->newest = b;
	t->bytes += b->bytes;
	while (t->bytes > TAIL_KEPT_BYTES && t->oldest != t->newest) {
		b = t->oldest;
		t->oldest = b->next;
		t->bytes -= b->bytes;
		run_batch_free(b);
	}
}

/* --- readers ------------------------------------------------------------------------------------------------- */

static void reader_unlink(struct tail_reader *r)
{
	*r->at = r->next;
	if (r->next)
		r->next->at = r->at;
}

static void reader_free(struct tail_reader *r)
{
	run_batch_free(r->held);
	event_free(r->turn);
	free(r);
}

static bool is_full(const struct tail_reader *r)
{
	return r->plan.is_full && r->plan.is_full(r->plan.arg);
}

/* Gives what it has not seen yet, all of it or, paced, as long as the client takes it; then false
 * when something is left. */
static bool give(struct tail_reader *r, const struct run_batch *b, bool paced)
{
	for (size_t i = 0; i < b->count; i++) {
		if (event_id_cmp(b->entries[i].id, r->seen) <= 0)
			continue;
		if (paced && is_full(r))
			return false;
		r->seen = b->entries[i].id;
		r->plan.entry(r->plan.arg, &b->entries[i]);
	}
	if (event_id_cmp(b->last, r->seen) > 0)
		r->seen = b->last;
	return true;
}

/* Whether entries before the batch are missing, of which the reader is then told. */
static bool tell_gap(struct tail_reader *r, const struct run_batch *b)
{
	if (event_id_is_zero(r->seen) || event_id_cmp(b->after, r->seen) <= 0)
		return false;
	if (!r->plan.gap) {
		r->seen = b->after;
		return false;
	}
	r->plan.gap(r->plan.arg);
	return true;
}

static void on_old(void *arg, struct run_batch *b, const struct why *why)
{
	struct tail_reader *r = arg;

	(void)why;
	r->reading = false;
	r->held = b; /* NULL: goes on when Redis is back */
	if (r->state == READER_LEFT)
		reader_free(r);
	else if (b)
		event_active(r->turn, EV_TIMEOUT, 0);
}

/* What the tail remembers, and then along with it. */
static void catch_up(struct tail_reader *r)
{
	struct tail *t = r->tail;

	for (const struct run_batch *b = t->oldest; b; b = b->next)
		if (!give(r, b, true))
			return;
	r->state = READER_ALONG;
	if (t->ends && event_id_cmp(r->seen, t->cursor) >= 0)
		r->plan.ended(r->plan.arg);
}

/* One step of a reader that is behind. */
static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct tail_reader *r = arg;
	struct tail *t = r->tail;

	(void)fd;
	(void)what;
	if (r->state != READER_BEHIND || r->reading)
		return;
	if (r->held && (tell_gap(r, r->held) || !give(r, r->held, true)))
		return;
	run_batch_free(r->held);
	r->held = NULL;
	if (remembers(t, r->seen)) {
		catch_up(r);
	} else if (!is_full(r)) {
		r->reading = true;
		run_read(t->tails->commands, t->namespace, t->run, r->seen, on_old, r);
	}
}

struct tail_reader *tail_follow(struct tails *ts, struct str namespace, struct str run,
				struct event_id after, const struct tail_plan *plan)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str channel = key_full(&a, key_run_stream(&a, namespace, run));
	struct tail *t = *slot_of(ts, channel);
	struct tail_reader *r = xcalloc(1, sizeof(*r));

	if (!t) {
		t = tail_new(ts, namespace, run, after);
		read_on(t);
	}
	r->tail = t;
	r->seen = after;
	r->plan = *plan;
	r->next = t->readers;
	r->at = &t->readers;
	if (r->next)
		r->next->at = &r->next;
	t->readers = r;
	r->turn = evtimer_new(ts->base, on_turn, r);
	PROMISE(r->turn);
	event_active(r->turn, EV_TIMEOUT, 0);
	return r;
}

void tail_resume(struct tail_reader *r)
{
	event_active(r->turn, EV_TIMEOUT, 0);
}

void tail_leave(struct tail_reader *r)
{
	struct tail *t;

	if (!r)
		return;
	t = r->tail;
	reader_unlink(r);
	r->state = READER_LEFT;
	event_del(r->turn);
	if (!r->reading)
		reader_free(r);
	tail_release(t);
}

/* --- reading -------------------------------------------------------------------------------------------------- */

/* A reader may leave in the call, but no other one does. */
static void each_along(struct tail *t, void (*fn)(struct tail_reader *r, const void *arg),
		       const void *arg)
{
	struct tail_reader *next;

	for (struct tail_reader *r = t->readers; r; r = next) {
		next = r->next;
		if (r->state == READER_ALONG)
			fn(r, arg);
	}
}

/* While the tail itself reads history, who cannot take more of it goes on alone. */
static void give_batch(struct tail_reader *r, const void *batch)
{
	const struct run_batch *b = batch;

	if (tell_gap(r, b))
		return;
	if (!give(r, b, b->more))
		r->state = READER_BEHIND;
}
static void tell_ended(struct tail_reader *r, const void *cursor)
{
	if (event_id_cmp(r->seen, *(const struct event_id *)cursor) >= 0)
		r->plan.ended(r->plan.arg);
}

static void on_new(void *arg, struct run_batch *b, const struct why *why)
{
	struct tail *t = arg;

	(void)why;
	if (b) {
		t->read_ms = process_mono_ms();
		each_along(t, give_batch, b);
		if (run_batch_gap(b))
			forget(t); /* it does not go on from there */
		t->cursor = b->last;
		if (b->count)
			t->ends = run_batch_ends(b);
		t->again = t->again || b->more;
		remember(t, b);
		if (t->ends && !t->again)
			each_along(t, tell_ended, &t->cursor);
	}
	t->reading = false;
	if (t->again && t->readers)
		read_on(t);
	tail_release(t);
}

static void read_on(struct tail *t)
{
	t->again = t->reading;
	if (t->reading || !redis_is_up(t->tails->commands))
		return;
	t->reading = true;
	run_read(t->tails->commands, t->namespace, t->run, t->cursor, on_new, t);
}

static void on_second(evutil_socket_t fd, short what, void *arg)
{
	struct tails *ts = arg;
	int64_t now = process_mono_ms();
	struct tail *next;

	(void)fd;
	(void)what;
	for (struct tail *t = ts->all; t; t = next) {
		next = t->next;
		if (now - t->read_ms >= TAIL_READ_MS)
			read_on(t);
	}
}

static void on_message(void *arg, struct str channel, struct str payload)
{
	struct tail *t = *slot_of(arg, channel);

	(void)payload;
	if (t)
		read_on(t);
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
	for (struct tail *t = ts->all; t; t = t->next) {
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
			struct redis *subscriber)
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
	return ts;
}

void tails_free(struct tails *ts)
{
	if (!ts)
		return;
	event_free(ts->second);
	while (ts->all) {
		ts->all->reading = ts->all->looking = false;
		ts->all->readers = NULL;
		tail_release(ts->all);
	}
	free(ts);
}

size_t tails_count(const struct tails *ts)
{
	return ts->count;
}
