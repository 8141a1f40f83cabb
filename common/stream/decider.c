#include "stream/decider.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "process/clock.h"
#include "process/log.h"
#include "process/metrics.h"
#include "stream/entry.h"
#include "stream/keys.h"
#include "stream/library.h"

enum {
	PAUSE_MS = 100,	       /* after Redis refused or could not be reached */
	BLOCK_SLACK_MS = 5000, /* beyond BLOCK: then the connection is dead */
	TRIM_EVERY_MS = 1000,
	TIMER_SETS = 2,
	RESUMES_MAX = 10, /* without a commit in between; then entries are left to be stolen */
	TRIES_MAX =
		1000, /* conflicts of one entry in one batch; then it is left to be stolen */
};

enum hand_phase {
	HAND_READY,   /* to be decided */
	HAND_LACKING, /* waits for the bag */
	HAND_SENT,    /* its commit is under way */
	HAND_DONE,
};

/* Entries in hand that are decided together: one, unless the plan says all_at_once. */
struct hand {
	struct decider *decider;
	struct entry *entries;
	struct message *messages;
	size_t count;
	enum hand_phase phase;
	struct commit commit;
	unsigned tries;
	bool full;
	int64_t since_mono_ms;
};

struct decider {
	struct decider_plan plan;
	struct str stream, group;
	struct event *pause; /* runs the next turn later */
	struct event *next;  /* runs the next turn from the loop, so that no stack grows */
	struct arena batch;
	struct hand *hands;
	size_t hand_count, open;
	bool up, reading, working, stopping;
	unsigned turn; /* counts losses: answers to an older connection are dropped */
	int64_t due_mono_ms[TIMER_SETS]; /* when to call fire next */
	int64_t steal_mono_ms, trim_mono_ms;
	bool trim_wanted, batch_full;
	bool again; /* Redis went away with entries in hand: take them up again */
	unsigned resumes;
	struct bag *bag;
	void (*drained)(void *arg);
	void *drained_arg;
	struct metric *handled;
	struct series *seconds, *cached;
};

static void turn(struct decider *d);
static void work(struct decider *d);

/* --- what an answer belongs to ----------------------------------------------------------------- */

/* A call of this loop; its answer is dropped when the connection was lost in between. */
struct call {
	struct decider *decider;
	unsigned turn;
	size_t set; /* of timers */
};

static struct call *call_new(struct decider *d)
{
	struct call *c = xmalloc(sizeof(*c));

	*c = (struct call){.decider = d, .turn = d->turn};
	return c;
}

/* The decider, or NULL when the answer comes too late. Frees the call. */
static struct decider *call_end(struct call *c)
{
	struct decider *d = c->turn == c->decider->turn ? c->decider : NULL;

	free(c);
	return d;
}

static void later(struct event *e, int64_t ms)
{
	struct timeval tv = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};

	event_add(e, &tv);
}

static void next_turn(struct decider *d)
{
	event_active(d->next, 0, 0);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	turn(arg);
}

static void tell_state(struct decider *d, bool working, struct str reason)
{
	if (d->plan.state)
		d->plan.state(d->plan.arg, working, reason);
}

/* Redis is not as we need it: wait a little, then begin again from the setup. It may have been
 * emptied: what is remembered does not count any more. */
static void stumble(struct decider *d, const struct why *why)
{
	log_warn("inbox is not reachable", LOG_STR("stream", d->stream), LOG_WHY(why));
	tell_state(d, false, why_str(why));
	d->working = false;
	d->turn++;
	bag_forget_all(d->bag);
	event_del(d->next); /* one setup at a time: two would become two loops */
	if (d->up)
		later(d->pause, PAUSE_MS);
}

/* --- setup: library and group ------------------------------------------------------------------ */

static void on_group(void *arg, enum fail f, const struct why *why)
{
	struct decider *d = call_end(arg);

	if (!d)
		return;
	if (f) {
		stumble(d, why);
		return;
	}
	d->working = true;
	tell_state(d, true, STR(""));
	next_turn(d);
}

static void on_library(void *arg, enum fail f, const struct why *why)
{
	struct decider *d = call_end(arg);

	if (!d)
		return;
	if (f)
		stumble(d, why);
	else
		group_make(d->plan.commands, d->stream, d->group, on_group, call_new(d));
}

/* --- deciding ---------------------------------------------------------------------------------- */

static void count_handled(struct decider *d, const struct message *m, int64_t since_mono_ms,
			  const char *result)
{
	metric_add(metric_at(d->handled,
			     LABELS(d->stream, str_of(message_name(m->type)), str_of(result))),
		   1);
	metric_observe(d->seconds, (double)(process_mono_ms() - since_mono_ms) / 1000.0);
}

static void hand_done(struct hand *h, const char *result)
{
	for (size_t i = 0; i < h->count; i++)
		count_handled(h->decider, &h->messages[i], h->since_mono_ms, result);
	h->phase = HAND_DONE;
	h->decider->open--;
}

static void on_parked(void *arg, const struct reply *r)
{
	struct decider *d = call_end(arg);
	struct why why;

	if (d && reply_check(r, &why))
		stumble(d, &why); /* still pending: it will come back */
}

static void park(struct decider *d, const struct entry *e, const struct why *why)
{
	struct command c = command_begin(&d->batch, "FCALL");

	log_error("entry parked", LOG_STR("stream", d->stream), LOG_STR("entry", e->id),
		  LOG_WHY(why));
	command_adds(&c, "ark_1_give_up");
	command_addi(&c, 0);
	command_add(&c, d->stream);
	command_add(&c, d->group);
	command_add(&c, d->plan.me);
	command_add(&c, e->id);
	command_add(&c, why_str(why));
	redis_send(d->plan.commands, &c, on_parked, call_new(d));
}

static void on_committed(void *arg, const struct commit_result *r);

/* Somebody before me in the stream, of this batch, is changing the same state. */
static bool must_wait(const struct decider *d, const struct hand *h)
{
	for (const struct hand *o = d->hands; o < d->hands + d->hand_count; o++) {
		if (o == h || o->phase != HAND_SENT)
			continue;
		for (size_t i = 0; i < h->commit.state_count; i++)
			for (size_t j = 0; j < o->commit.state_count; j++)
				if (str_eq(h->commit.states[i].key, o->commit.states[j].key))
					return true;
	}
	return false;
}

struct committing {
	struct hand *hand;
	struct decider *decider;
	unsigned turn;
};

static void fetch_text(void *arg, struct str key, struct str *text)
{
	struct decision *d = arg;

	if (bag_text(d->bag, d->arena, key, text) && !text->ptr)
		*text = STR(""); /* it outlived its keeper; the decision sees an empty text */
}

/* The ids of a hand, as the library takes them. */
static struct str ids_of(const struct hand *h)
{
	AUTO_BUF b = BUF(h->count * 48);

	if (h->count == 1)
		return h->entries[0].id;
	for (size_t i = 0; i < h->count; i++) {
		if (i)
			buf_addc(&b, ',');
		buf_add(&b, h->entries[i].id);
	}
	return arena_str(&h->decider->batch, buf_str(&b));
}

/* Several entries are refused together; then each stands for itself. */
static void split(struct hand *h)
{
	struct decider *d = h->decider;
	struct hand *hands = ARENA_ARRAY(&d->batch, d->hand_count + h->count, struct hand);

	memcpy(hands, d->hands, d->hand_count * sizeof(*hands));
	for (size_t i = 0; i < h->count; i++)
		hands[d->hand_count + i] = (struct hand){.decider = d,
							 .entries = &h->entries[i],
							 .messages = &h->messages[i],
							 .count = 1,
							 .since_mono_ms = h->since_mono_ms};
	d->open += h->count - 1;
	hands[h - d->hands].phase = HAND_DONE;
	d->hand_count += h->count;
	d->hands = hands;
}

static void decide(struct hand *h)
{
	struct decider *d = h->decider;
	struct claim claim = {d->stream, d->group, d->plan.me, ids_of(h)};
	struct message *m = ARENA_ARRAY(&d->batch, h->count, struct message);
	struct decision decision = {.message = m,
				    .messages = m,
				    .count = h->count,
				    .bag = d->bag,
				    .arena = &d->batch,
				    .commit = &h->commit,
				    .full = h->full};
	struct committing *c;
	struct why why = {""};
	enum fail f = FAIL_NONE;

	commit_begin(&h->commit, &d->batch, COMMIT, &claim);
	for (size_t i = 0; i < h->count; i++) {
		m[i] = h->messages[i];
		message_missing(&m[i], fetch_text, &decision);
	}
	if (!bag_is_missing(d->bag))
		f = d->plan.decide(d->plan.arg, &decision, &why);
	if (bag_is_missing(d->bag)) {
		h->phase = HAND_LACKING;
		return;
	}
	if (f == FAIL_INPUT && h->count > 1) {
		split(h);
		return;
	}
	if (f == FAIL_INPUT) {
		park(d, &h->entries[0], &why);
		hand_done(h, "parked");
		return;
	}
	if (f)
		BROKEN("a decision can fail by its input only");
	if (must_wait(d, h))
		return;
	c = xmalloc(sizeof(*c));
	*c = (struct committing){h, d, d->turn};
	h->phase = HAND_SENT;
	commit_send(&h->commit, d->plan.commands, on_committed, c);
}

/* What the states are now, as far as we know. */
static void remember(struct decider *d, const struct commit *c, bool written)
{
	for (size_t i = 0; i < c->state_count; i++)
		if (written && !c->states[i].last)
			bag_wrote(d->bag, c->states[i].key, c->states[i].version + 1,
				  c->states[i].data);
		else
			bag_forget(d->bag, c->states[i].key);
}

static void due_in(struct decider *d, size_t set, int64_t ms)
{
	int64_t at = process_mono_ms() + ms;

	if (at < d->due_mono_ms[set])
		d->due_mono_ms[set] = at;
}

static void on_committed(void *arg, const struct commit_result *r)
{
	struct committing *c = arg;
	struct decider *d = c->turn == c->decider->turn ? c->decider : NULL;
	struct hand *h = c->hand;

	free(c);
	if (!d)
		return;
	remember(d, &h->commit, r->verdict == COMMITTED);
	switch (r->verdict) {
	case COMMITTED:
		d->resumes = 0;
		for (size_t i = 0; i < TIMER_SETS; i++)
			if (d->plan.timers[i] && h->commit.soonest_ms >= 0)
				due_in(d, i, h->commit.soonest_ms);
		if (d->plan.committed)
			d->plan.committed(d->plan.arg,
					  &(struct decision){.message = h->messages,
							     .messages = h->messages,
							     .count = h->count,
							     .bag = d->bag,
							     .arena = &d->batch,
							     .commit = &h->commit});
		hand_done(h, "committed");
		break;
	case COMMIT_LOST: hand_done(h, "lost"); break;
	case COMMIT_FULL:
	case COMMIT_CONFLICT:
	case COMMIT_EXISTS:
	case COMMIT_ONCE:
		h->full = r->verdict == COMMIT_FULL;
		h->phase = HAND_READY;
		if (++h->tries == TRIES_MAX)
			hand_done(h, "contended");
		break;
	case COMMIT_UNKNOWN:
	case COMMIT_AWAY:
		d->again = true;
		stumble(d, &r->why);
		return;
	case COMMIT_REFUSED: stumble(d, &r->why); return;
	}
	work(d);
}

static void on_bag(void *arg, enum fail f, const struct why *why)
{
	struct decider *d = call_end(arg);

	if (!d)
		return;
	if (f) {
		d->again = d->again || f == FAIL_BUSY;
		stumble(d, why);
		return;
	}
	for (size_t i = 0; i < d->hand_count; i++)
		if (d->hands[i].phase == HAND_LACKING)
			d->hands[i].phase = HAND_READY;
	work(d);
}

static bool any_in(const struct decider *d, enum hand_phase phase)
{
	for (size_t i = 0; i < d->hand_count; i++)
		if (d->hands[i].phase == phase)
			return true;
	return false;
}

/* Between two batches. */
static bool is_resting(const struct decider *d)
{
	return d->working && event_pending(d->pause, EV_TIMEOUT, NULL);
}

/* Goes through the batch until nothing more can be done without waiting. */
static void work(struct decider *d)
{
	unsigned t = d->turn;

	if (any_in(d, HAND_LACKING))
		return; /* on_bag comes */
	/* Hands may be split while we go: then there are more of them, elsewhere. */
	for (size_t i = 0; i < d->hand_count && t == d->turn; i++)
		if (d->hands[i].phase == HAND_READY)
			decide(&d->hands[i]);
	if (t != d->turn)
		return;
	if (any_in(d, HAND_LACKING)) {
		bag_load(d->bag, on_bag, call_new(d));
		return;
	}
	if (d->open)
		return;
	bag_trim(d->bag);
	metric_set(d->cached, (double)bag_bytes(d->bag));
	d->trim_wanted = !d->plan.facts;
	if (d->plan.rest_ms && !d->batch_full && !d->stopping)
		later(d->pause, d->plan.rest_ms);
	else
		next_turn(d);
}

/* --- the turn ---------------------------------------------------------------------------------- */

/* Decodes the entries; what cannot be decoded is parked at once. Returns how many are left. */
static size_t decode(struct decider *d, struct entry *entries, size_t count, struct entry *good,
		     struct message *messages)
{
	size_t n = 0;
	struct why why;

	for (size_t i = 0; i < count; i++) {
		good[n] = entry_copy(&d->batch, &entries[i]);
		if (entries[i].gone)
			why_write(&why, "deleted while it was pending");
		if (entries[i].gone || entry_decode(&good[n], &messages[n], &why)) {
			park(d, &good[n], &why);
			count_handled(d, &(struct message){.type = MSG_COUNT},
				      process_mono_ms(), "parked");
		} else {
			n++;
		}
	}
	return n;
}

static void take(struct decider *d, struct entry *entries, size_t count)
{
	struct entry *good = ARENA_ARRAY(&d->batch, count, struct entry);
	struct message *messages = ARENA_ARRAY(&d->batch, count, struct message);
	size_t n = decode(d, entries, count, good, messages);
	size_t each = d->plan.all_at_once && n ? n : 1;

	d->batch_full = count >= LIMIT_BATCH_ENTRIES;

	d->hands = ARENA_ARRAY(&d->batch, n, struct hand);
	d->hand_count = d->open = n / each;
	for (size_t i = 0; i < d->hand_count; i++)
		d->hands[i] = (struct hand){.decider = d,
					    .entries = &good[i * each],
					    .messages = &messages[i * each],
					    .count = each,
					    .since_mono_ms = process_mono_ms()};
	work(d);
}

static void on_entries(struct decider *d, struct entry *entries, size_t count, enum fail f,
		       const struct why *why)
{
	if (f)
		stumble(d, why);
	else if (count)
		take(d, entries, count);
	else
		next_turn(d);
}

static void on_read(void *arg, const struct reply *r)
{
	struct decider *d = call_end(arg);
	struct entry *entries = NULL;
	struct why why;
	size_t count = 0;
	enum fail f;

	if (!d)
		return;
	d->reading = false;
	f = reply_check(r, &why);
	if (!f)
		f = entries_read_streams(&d->batch, r, &entries, &count, &why);
	on_entries(d, entries, count, f, &why);
}

static void on_stolen(void *arg, const struct reply *r)
{
	struct decider *d = call_end(arg);
	struct entry *entries = NULL;
	struct why why;
	size_t count = 0;
	enum fail f;

	if (!d)
		return;
	f = reply_check(r, &why);
	if (!f)
		f = entries_read(&d->batch, d->stream, r, &entries, &count, &why);
	if (count)
		log_info("took over idle entries", LOG_STR("stream", d->stream),
			 LOG_INT("entries", (int64_t)count));
	on_entries(d, entries, count, f, &why);
}

static void on_mine(void *arg, const struct reply *r)
{
	struct decider *d = call_end(arg);
	struct entry *entries = NULL;
	struct why why;
	size_t count = 0;
	enum fail f;

	if (!d)
		return;
	f = reply_check(r, &why);
	if (!f)
		f = entries_read(&d->batch, d->stream, r, &entries, &count, &why);
	d->again = !f && count == LIMIT_BATCH_ENTRIES;
	on_entries(d, entries, count, f, &why);
}

static void on_fired(void *arg, const struct reply *r)
{
	size_t set = ((struct call *)arg)->set;
	struct decider *d = call_end(arg);
	const struct reply *items;
	int64_t moved, due_ms;
	struct why why;
	size_t n;
	enum fail f;

	if (!d)
		return;
	f = reply_array(r, 2, 2, &items, &n, &why);
	if (!f)
		f = reply_integer(&items[0], &moved, &why);
	if (!f)
		f = reply_integer(&items[1], &due_ms, &why);
	if (f) {
		stumble(d, &why);
		return;
	}
	d->due_mono_ms[set] = process_mono_ms() + LIMIT_BLOCK_MS;
	if (due_ms >= 0)
		due_in(d, set, due_ms);
	next_turn(d);
}

static void ignore_reply(void *arg, const struct reply *r)
{
	(void)arg;
	(void)r;
}

static struct command library_call(struct decider *d, const char *function)
{
	struct command c = command_begin(&d->batch, "FCALL");

	command_adds(&c, function);
	command_addi(&c, 0);
	return c;
}

static void send_fire(struct decider *d, size_t set)
{
	struct command c = library_call(d, "ark_1_fire");
	struct call *call = call_new(d);

	call->set = set;
	command_adds(&c, d->plan.timers[set]);
	command_addi(&c, LIMIT_TIMERS_FIRED);
	redis_send(d->plan.commands, &c, on_fired, call);
}

static void send_steal(struct decider *d)
{
	struct command c = library_call(d, "ark_1_steal");

	command_add(&c, d->stream);
	command_add(&c, d->group);
	command_add(&c, d->plan.me);
	command_addi(&c, LIMIT_DECIDER_IDLE_MS);
	command_addi(&c, LIMIT_BATCH_ENTRIES);
	redis_send(d->plan.commands, &c, on_stolen, call_new(d));
}

/* Entries that were in hand need not idle until they may be stolen: that they are not committed is
 * not their fault. Once in a while it is, so this has an end. */
static void send_mine(struct decider *d)
{
	struct command c = library_call(d, "ark_1_mine");

	d->resumes++;
	command_add(&c, d->stream);
	command_add(&c, d->group);
	command_add(&c, d->plan.me);
	command_addi(&c, LIMIT_BATCH_ENTRIES);
	redis_send(d->plan.commands, &c, on_mine, call_new(d));
}

static void send_trim(struct decider *d)
{
	struct command c = library_call(d, "ark_1_trim");

	command_add(&c, d->stream);
	command_addi(&c, LIMIT_INBOX_RETENTION_MS);
	command_addi(&c, LIMIT_INBOX_KEPT);
	redis_send(d->plan.commands, &c, ignore_reply, NULL);
}

static void send_read(struct decider *d, int64_t block_ms)
{
	struct command c = command_begin(&d->batch, "XREADGROUP");

	command_adds(&c, "GROUP");
	command_add(&c, d->group);
	command_add(&c, d->plan.me);
	command_adds(&c, "COUNT");
	command_addi(&c, LIMIT_BATCH_ENTRIES);
	command_adds(&c, "BLOCK");
	command_addi(&c, block_ms);
	command_adds(&c, "STREAMS");
	command_add(&c, key_full(&d->batch, d->stream));
	command_adds(&c, ">");
	d->reading = true;
	redis_call_deadline(d->plan.reads, c.argv, c.argc, (unsigned)block_ms + BLOCK_SLACK_MS,
			    on_read, call_new(d));
}

/* One step of the loop; each step ends by asking for the next. */
static void turn(struct decider *d)
{
	int64_t now = process_mono_ms(), block_ms = LIMIT_BLOCK_MS;

	if (!d->up)
		return;
	if (!d->working) {
		library_load(d->plan.commands, on_library, call_new(d));
		return;
	}
	arena_reset(&d->batch);
	d->hand_count = d->open = 0;
	if (d->stopping) {
		void (*drained)(void *arg) = d->drained;

		d->drained = NULL;
		if (drained)
			drained(d->drained_arg);
		return;
	}
	if (d->again && d->resumes < RESUMES_MAX) {
		send_mine(d);
		return;
	}
	if (d->trim_wanted && now - d->trim_mono_ms >= TRIM_EVERY_MS) {
		d->trim_wanted = false;
		d->trim_mono_ms = now;
		send_trim(d);
	}
	for (size_t i = 0; i < TIMER_SETS; i++) {
		if (!d->plan.timers[i])
			continue;
		if (now >= d->due_mono_ms[i]) {
			send_fire(d, i);
			return;
		}
		if (d->due_mono_ms[i] - now < block_ms)
			block_ms = d->due_mono_ms[i] - now;
	}
	if (now - d->steal_mono_ms >= LIMIT_DECIDER_IDLE_MS) {
		d->steal_mono_ms = now;
		send_steal(d);
		return;
	}
	send_read(d, block_ms);
}

/* --- life -------------------------------------------------------------------------------------- */

struct decider *decider_new(struct event_base *base, const struct decider_plan *plan,
			    struct metrics *metrics)
{
	struct decider *d = xmalloc(sizeof(*d));

	d->plan = *plan;
	d->stream = str_of(plan->stream);
	d->group = str_of(plan->group);
	d->pause = event_new(base, -1, 0, on_turn, d);
	d->next = event_new(base, -1, 0, on_turn, d);
	d->bag = bag_new(plan->commands, LIMIT_CACHE_BYTES);
	d->handled = metrics_counter(metrics, "ark_entries_handled_total",
				     "Entries of an inbox, by what became of them.",
				     "stream message result");
	d->cached = metric_only(metrics_gauge(metrics, "ark_cache_bytes",
					      "States and texts kept over batches.", NULL));
	d->seconds = metric_only(metrics_histogram(metrics, "ark_entry_seconds",
						   "From the read of an entry to its commit.",
						   NULL, METRIC_QUICK));
	return d;
}

void decider_free(struct decider *d)
{
	if (!d)
		return;
	event_free(d->pause);
	event_free(d->next);
	bag_free(d->bag);
	arena_release(&d->batch);
	free(d);
}

void decider_forget(struct decider *d)
{
	bag_forget_all(d->bag);
}

void decider_up(struct decider *d)
{
	if (d->up)
		return;
	d->up = true;
	d->working = d->reading = false;
	d->turn++;
	next_turn(d);
}

void decider_down(struct decider *d)
{
	d->again = d->again || d->open;
	d->up = d->working = false;
	d->turn++;
	event_del(d->next);
	event_del(d->pause);
	tell_state(d, false, STR("Redis is not reachable"));
	/* Nobody will commit the batch in hand; its entries are still pending. */
	if (d->stopping && d->drained) {
		void (*drained)(void *arg) = d->drained;

		d->drained = NULL;
		drained(d->drained_arg);
	}
}

void decider_drain(struct decider *d, void (*drained)(void *arg), void *arg)
{
	d->stopping = true;
	d->drained = drained;
	d->drained_arg = arg;
	if (!d->up || (d->open == 0 && (d->reading || is_resting(d)))) {
		event_del(d->pause);
		next_turn(d);
	}
	if (!d->up && d->drained) {
		d->drained = NULL;
		drained(arg);
	}
}
