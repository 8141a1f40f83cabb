/* Readers of a tail: those that keep up get what it gets, the others go at the pace of their clients. */
#include <stdlib.h>

#include "base/limits.h"
#include "gateway/tail_inner.h"
#include "process/clock.h"
#include "stream/keys.h"

enum {
	HELD_MS = 1000
}; /* what was read for a client that takes nothing is not kept for longer */

/* --- giving --------------------------------------------------------------------------------------------------- */

/* Whether the client has enough for now; then it is waited for. */
static bool is_full(struct tail_reader *r)
{
	if (!r->plan.backlog || r->plan.backlog(r->plan.arg) < LIMIT_SSE_AHEAD_BYTES)
		return false;
	if (!r->waits) {
		r->waits = true;
		r->waits_since_ms = process_mono_ms();
		r->plan.wait(r->plan.arg);
	}
	return true;
}

/* Counts entries that wait: each once, whoever sees it first (the tail, or count_on). */
static void count(struct tail_reader *r, const struct run_batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (event_id_cmp(b->entries[i].id, r->counted_to) > 0)
			r->owed += b->entries[i].sse.len;
	if (event_id_cmp(b->last, r->counted_to) > 0)
		r->counted_to = b->last;
}

static void give_one(struct tail_reader *r, const struct run_entry *e)
{
	if (event_id_cmp(e->id, r->counted_to) > 0)
		r->counted_to = e->id;
	else
		r->owed -= r->owed < e->sse.len ? r->owed : e->sse.len;
	r->seen = e->id;
	r->waits_since_ms = process_mono_ms();
	r->over_since_ms = 0;
	r->plan.entry(r->plan.arg, e);
}

/* Gives what it has not seen yet; false when something is left, since the client has enough. */
static bool give(struct tail_reader *r, const struct run_batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		if (event_id_cmp(b->entries[i].id, r->seen) <= 0)
			continue;
		if (is_full(r))
			return false;
		give_one(r, &b->entries[i]);
	}
	if (event_id_cmp(b->last, r->seen) > 0)
		r->seen = b->last;
	if (event_id_cmp(b->last, r->counted_to) > 0)
		r->counted_to = b->last;
	return true;
}

/* --- those who keep up ------------------------------------------------------------------------------------------ */

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

void readers_give(struct tail *t, const struct run_batch *b)
{
	struct tail_reader *next;

	for (struct tail_reader *r = t->readers; r; r = next) {
		next = r->next; /* who is told of a gap leaves */
		if (r->state == READER_ALONG) {
			if (tell_gap(r, b) || give(r, b))
				continue;
			r->state = READER_BEHIND;
			count(r, b);
		} else if (event_id_cmp(r->counted_to, b->after) >= 0) {
			count(r, b);
		}
	}
}

void readers_tell_ended(struct tail *t)
{
	struct event_id cursor = t->cursor;
	struct tail_reader *next;

	for (struct tail_reader *r = t->readers; r; r = next) {
		next = r->next; /* a reader may leave in the call, but no other one does */
		if (r->state == READER_ALONG && event_id_cmp(r->seen, cursor) >= 0)
			r->plan.ended(r->plan.arg);
	}
}

/* --- those who do not ---------------------------------------------------------------------------------------------- */

static void reader_free(struct tail_reader *r)
{
	run_batch_free(r->held);
	event_free(r->turn);
	free(r);
}

/* The last read of somebody who has left. */
static bool has_left(struct tail_reader *r)
{
	if (r->state != READER_LEFT)
		return false;
	if (!r->reading && !r->counting)
		reader_free(r);
	return true;
}

static void on_old(void *arg, struct run_batch *b, const struct why *why)
{
	struct tail_reader *r = arg;

	(void)why;
	r->reading = false;
	run_batch_free(r->held);
	r->held = b; /* NULL: goes on when Redis is back */
	if (has_left(r) || !b)
		return;
	/* Long entries are read in small numbers, so that little is read twice. */
	r->read_count = b->count < r->read_count && b->more ? (unsigned)b->count + 1
							    : r->read_count * 2;
	if (r->read_count > RUN_READ_ENTRIES)
		r->read_count = RUN_READ_ENTRIES;
	event_active(r->turn, EV_TIMEOUT, 0);
}

/* What the tail remembers, and then along with it. */
static void catch_up(struct tail_reader *r)
{
	struct tail *t = r->tail;

	for (const struct run_batch *b = t->oldest; b; b = b->next)
		if (!give(r, b))
			return;
	r->state = READER_ALONG;
	r->owed = 0;
	r->counted_to = r->seen;
	r->over_since_ms = 0;
	if (t->ends && event_id_cmp(r->seen, t->cursor) >= 0)
		r->plan.ended(r->plan.arg);
}

/* The whole rest of the stream has gone since the tail read it. */
static bool all_gone(const struct tail_reader *r, const struct run_batch *b)
{
	return !b->count && !b->more && event_id_cmp(b->last, r->seen) <= 0 &&
	       !tail_remembers(r->tail, r->seen);
}

/* What it holds; false when it has to wait, or has left. */
static bool give_held(struct tail_reader *r)
{
	struct run_batch *b = r->held;

	if (!b)
		return true;
	if (all_gone(r, b) && r->plan.gap) {
		r->plan.gap(r->plan.arg);
		return false;
	}
	if (all_gone(r, b)) /* it waits for the end only */
		r->seen = r->tail->cursor;
	if (tell_gap(r, b) || !give(r, b))
		return false;
	run_batch_free(b);
	r->held = NULL;
	return true;
}

/* One step of a reader that is behind. */
static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct tail_reader *r = arg;
	struct tail *t = r->tail;

	(void)fd;
	(void)what;
	if (r->state != READER_BEHIND || r->reading || is_full(r) || !give_held(r))
		return;
	if (tail_remembers(t, r->seen)) {
		catch_up(r);
	} else if (!is_full(r)) {
		r->reading = true;
		run_read(t->tails->commands, t->namespace, t->run, r->seen, r->read_count,
			 on_old, r);
	}
}

/* --- SPEC 13.17 ---------------------------------------------------------------------------------------------------- */

static void count_on(struct tail_reader *r);

static void on_counted(void *arg, struct run_batch *b, const struct why *why)
{
	struct tail_reader *r = arg;
	bool more = b && b->more;

	(void)why;
	r->counting = false;
	if (b)
		count(r, b);
	run_batch_free(b);
	if (!has_left(r) && more && r->waits && r->owed <= r->plan.max_waiting)
		count_on(r);
}

/* What waits in Redis and nobody has counted yet, until it is enough. */
static void count_on(struct tail_reader *r)
{
	struct tail *t = r->tail;

	if (r->counting || event_id_cmp(r->counted_to, t->cursor) >= 0 ||
	    !redis_is_up(t->tails->commands))
		return;
	r->counting = true;
	run_read(t->tails->commands, t->namespace, t->run, r->counted_to, RUN_READ_ENTRIES,
		 on_counted, r);
}

static void look(struct tail_reader *r, int64_t now_ms)
{
	uint64_t waiting = r->owed + r->plan.backlog(r->plan.arg);

	if (waiting <= r->plan.max_waiting) {
		r->over_since_ms = 0;
		count_on(r);
	} else if (!r->over_since_ms) {
		r->over_since_ms = now_ms;
	}
	if (now_ms - r->waits_since_ms >= HELD_MS) {
		run_batch_free(r->held);
		r->held = NULL;
	}
	if (r->over_since_ms && now_ms - r->over_since_ms >= r->plan.max_wait_ms) {
		metric_add(r->tail->tails->stalled, 1);
		r->plan.drop(r->plan.arg);
	}
}

void readers_look(struct tail *t, int64_t now_ms, size_t *behind)
{
	struct tail_reader *next;

	for (struct tail_reader *r = t->readers; r; r = next) {
		next = r->next;
		*behind += r->state == READER_BEHIND;
		if (r->state == READER_BEHIND && r->waits)
			look(r, now_ms);
	}
}

/* --- coming and going ---------------------------------------------------------------------------------------------- */

struct tail_reader *tail_follow(struct tails *ts, struct str namespace, struct str run,
				struct event_id after, const struct tail_plan *plan)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str channel = key_full(&a, key_run_stream(&a, namespace, run));
	struct tail *t = *tail_slot(ts, channel);
	struct tail_reader *r = xcalloc(1, sizeof(*r));

	if (!t) {
		t = tail_new(ts, namespace, run, after);
		tail_read_on(t);
	}
	r->tail = t;
	r->seen = r->counted_to = after;
	r->read_count = RUN_READ_ENTRIES;
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

void tail_names(const struct tail_reader *r, struct str *ret_namespace, struct str *ret_run)
{
	*ret_namespace = r->tail->namespace;
	*ret_run = r->tail->run;
}

void tail_resume(struct tail_reader *r)
{
	r->waits = false;
	r->over_since_ms = 0;
	event_active(r->turn, EV_TIMEOUT, 0);
}

void tail_leave(struct tail_reader *r)
{
	struct tail *t;

	if (!r)
		return;
	t = r->tail;
	*r->at = r->next;
	if (r->next)
		r->next->at = r->at;
	r->state = READER_LEFT;
	event_del(r->turn);
	(void)has_left(r);
	tail_release(t);
}
