#include "stream/effector.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "process/clock.h"
#include "process/log.h"
#include "stream/effector_inner.h"
#include "stream/keys.h"
#include "stream/library.h"

static void read_more(struct effector *e);

/* --- what an answer belongs to ------------------------------------------------------------------- */

struct call *effector_call(struct effector *e)
{
	struct call *c = xmalloc(sizeof(*c));

	*c = (struct call){.effector = e, .turn = e->turn};
	return c;
}

bool effector_answer(void *arg, struct call *ret)
{
	*ret = *(struct call *)arg;
	free(arg);
	return ret->turn == ret->effector->turn;
}

static void tell_state(struct effector *e, bool working, struct str reason)
{
	if (e->plan.state)
		e->plan.state(e->plan.arg, working, reason);
}

void effector_stumble(struct effector *e, const struct why *why)
{
	const struct timeval tv = {0, EFFECTOR_PAUSE_MS * 1000};

	if (!e->up)
		return;
	log_warn("Redis refused; trying again", LOG_STR("group", e->group), LOG_WHY(why));
	tell_state(e, false, why_str(why));
	e->turn++;
	e->working = e->reading = e->listing = false;
	peers_stop(e);
	event_add(e->pause, &tv);
}

/* --- jobs ---------------------------------------------------------------------------------------- */

static struct hand *hand_of(struct job *job)
{
	return (struct hand *)job;
}

static struct hand **slot_of(struct effector *e, struct str stream, struct str id)
{
	struct hand **h = &e->slots[hash_fast(id, 0) % EFFECTOR_JOB_SLOTS];

	while (*h &&
	       !(str_eq((*h)->job.claim.id, id) && str_eq((*h)->job.claim.stream, stream)))
		h = &(*h)->chain;
	return h;
}

static void lane_free_if_done(struct effector *e, struct lane *l)
{
	if (!l->removed || l->taken)
		return;
	for (const struct hand *h = e->first; h; h = h->next)
		if (h->lane == l)
			return;
	for (struct lane **at = &e->lanes; *at; at = &(*at)->next)
		if (*at == l) {
			*at = l->next;
			free(l);
			return;
		}
}

/* A place is free: for a job that waits for one, else for a new entry. */
static void give_place(struct hand *h)
{
	struct lane *l = h->lane;
	struct effector *e = h->job.effector;
	struct hand *next;

	if (!h->has_place)
		return;
	h->has_place = false;
	l->taken--;
	next = l->queue;
	if (next) {
		l->queue = next->queued;
		next->queued = NULL;
		next->has_place = true;
		l->taken++;
		next->on_place(next->place_arg, &next->job);
		return;
	}
	read_more(e);
}

static void unqueue(struct hand *h)
{
	for (struct hand **at = &h->lane->queue; *at; at = &(*at)->queued)
		if (*at == h) {
			*at = h->queued;
			return;
		}
}

static void hand_free(struct hand *h)
{
	struct effector *e = h->job.effector;
	struct lane *l = h->lane;
	struct hand **slot = slot_of(e, h->job.claim.stream, h->job.claim.id);

	*slot = h->chain;
	*(h->prev ? &h->prev->next : &e->first) = h->next;
	if (h->next)
		h->next->prev = h->prev;
	e->in_hand--;
	metric_set(e->in_hand_gauge, (double)e->in_hand);
	unqueue(h);
	give_place(h);
	arena_release(&h->job.arena);
	free(h);
	lane_free_if_done(e, l);
}

static void count(struct hand *h, const char *result)
{
	metric_add(metric_at(h->job.effector->handled,
			     LABELS(h->job.effector->group,
				    str_of(message_name(h->job.message.type)), str_of(result))),
		   1);
}

static void start(struct hand *h)
{
	struct effector *e = h->job.effector;
	struct why why = {""};
	enum fail f;

	h->started = true;
	f = e->plan.start(e->plan.arg, &h->job, &why);
	if (f == FAIL_INPUT)
		job_park(&h->job, &why);
	else if (f)
		BROKEN("an effect can refuse its input only");
}

/* --- texts beside the entry ------------------------------------------------------------------------ */

struct fetch {
	struct effector *effector;
	unsigned turn;
	struct str stream, id; /* the job may be gone when the answer comes */
	struct str *text;
	char block[];
};

static void on_text(void *arg, const struct reply *r)
{
	struct fetch *f = arg;
	struct hand *h =
		f->turn == f->effector->turn ? *slot_of(f->effector, f->stream, f->id) : NULL;
	struct str text;
	struct why why;

	if (h && reply_check(r, &why)) {
		free(f);
		effector_stumble(h->job.effector, &why);
		return;
	}
	if (h) {
		*f->text = reply_is_nil(r) || reply_text(r, &text, NULL)
				   ? STR("")
				   : arena_str(&h->job.arena, text);
		if (--h->texts_due == 0)
			start(h);
	}
	free(f);
}

static void fetch_text(void *arg, struct str key, struct str *text)
{
	struct hand *h = arg;
	struct effector *e = h->job.effector;
	struct str stream = h->job.claim.stream, id = h->job.claim.id;
	struct fetch *f = xmalloc(sizeof(*f) + stream.len + id.len);
	struct command c = command_begin(&h->job.arena, "GET");

	*f = (struct fetch){.effector = e, .turn = e->turn, .text = text};
	memcpy(f->block, stream.ptr, stream.len);
	memcpy(f->block + stream.len, id.ptr, id.len);
	f->stream = str_n(f->block, stream.len);
	f->id = str_n(f->block + stream.len, id.len);
	h->texts_due++;
	command_add(&c, key_full(&h->job.arena, key));
	redis_send(e->plan.commands, &c, on_text, f);
}

/* A job that never started because a text did not come: fetch again. */
static void fetch_again(struct hand *h)
{
	h->texts_due = 0;
	message_missing(&h->job.message, fetch_text, h);
	if (!h->texts_due)
		start(h);
}

static void take(struct effector *e, struct lane *lane, const struct entry *entry, bool again)
{
	struct hand *h = xmalloc(sizeof(*h)), **slot;
	struct entry copy = entry_copy(&h->job.arena, entry);
	struct why why;

	h->job.effector = e;
	h->job.claim = (struct claim){copy.stream, e->group, e->me, copy.id};
	h->job.again = again;
	h->lane = lane;
	h->has_place = true;
	h->seen = true;
	lane->taken++;
	slot = &e->slots[hash_fast(copy.id, 0) % EFFECTOR_JOB_SLOTS];
	h->chain = *slot;
	*slot = h;
	h->next = e->first;
	if (h->next)
		h->next->prev = h;
	e->first = h;
	e->in_hand++;
	metric_set(e->in_hand_gauge, (double)e->in_hand);
	if (copy.gone)
		why_write(&why, "deleted while it was pending");
	if (copy.gone || entry_decode(&copy, &h->job.message, &why))
		job_park(&h->job, &why);
	else
		fetch_again(h);
}

void effector_take(struct effector *e, struct lane *lane, const struct reply *list, bool again)
{
	AUTO_ARENA a = ARENA_INIT;
	struct entry *entries;
	struct why why;
	size_t n;

	if (entries_read(&a, lane->name, list, &entries, &n, &why)) {
		effector_stumble(e, &why);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (!*slot_of(e, lane->name, entries[i].id))
			take(e, lane, &entries[i], again);
}

/* --- committing --------------------------------------------------------------------------------------- */

struct committing {
	struct effector *effector;
	unsigned turn;
	struct hand *hand;
	bool keeps;
};

static void tell_commit(struct hand *h, const struct commit_result *r)
{
	void (*fn)(void *arg, struct job *job, const struct commit_result *r) = h->on_commit;

	h->on_commit = NULL;
	h->unsure = false;
	fn(h->commit_arg, &h->job, r);
}

static void on_committed(void *arg, const struct commit_result *r)
{
	struct committing c = *(struct committing *)arg;
	struct hand *h = c.hand;

	free(arg);
	if (c.turn != c.effector->turn)
		return; /* the hand is unsure since; the listing tells */
	switch (r->verdict) {
	case COMMITTED:
		if (!c.keeps)
			count(h, "committed");
		tell_commit(h, r);
		if (!c.keeps)
			hand_free(h);
		return;
	case COMMIT_LOST:
		count(h, "lost");
		h->job.lost = true;
		tell_commit(h, r);
		return;
	case COMMIT_CONFLICT:
	case COMMIT_ONCE:
	case COMMIT_EXISTS:
	case COMMIT_FULL: tell_commit(h, r); return;
	case COMMIT_UNKNOWN:
	case COMMIT_AWAY:
	case COMMIT_REFUSED: effector_stumble(c.effector, &r->why); return;
	}
}

void job_commit(struct job *job, struct commit *c,
		void (*fn)(void *arg, struct job *job, const struct commit_result *r),
		void *arg)
{
	struct hand *h = hand_of(job);
	struct effector *e = job->effector;
	struct committing *w;

	PROMISE(!h->on_commit);
	h->on_commit = fn;
	h->commit_arg = arg;
	h->unsure = true;
	if (!e->up || !e->working)
		return; /* the listing after the reconnect will tell: AWAY */
	w = xmalloc(sizeof(*w));
	*w = (struct committing){e, e->turn, h, c->keeps};
	commit_send(c, e->plan.commands, on_committed, w);
}

static void on_parked(void *arg, const struct reply *r)
{
	struct call c;
	struct why why;

	if (effector_answer(arg, &c) && reply_check(r, &why))
		effector_stumble(c.effector,
				 &why); /* still pending: the listing brings it back */
}

void job_park(struct job *job, const struct why *why)
{
	struct effector *e = job->effector;
	struct command c = command_begin(&job->arena, "FCALL");

	log_error("entry parked", LOG_STR("stream", job->claim.stream),
		  LOG_STR("entry", job->claim.id), LOG_WHY(why));
	count(hand_of(job), "parked");
	command_adds(&c, "ark_1_give_up");
	command_addi(&c, 0);
	command_add(&c, job->claim.stream);
	command_add(&c, e->group);
	command_add(&c, e->me);
	command_add(&c, job->claim.id);
	command_add(&c, why_str(why));
	redis_send(e->plan.commands, &c, on_parked, effector_call(e));
	hand_free(hand_of(job));
}

void job_drop(struct job *job)
{
	hand_free(hand_of(job));
}

void job_give_place(struct job *job)
{
	give_place(hand_of(job));
}

void job_take_place(struct job *job, void (*ready)(void *arg, struct job *job), void *arg)
{
	struct hand *h = hand_of(job), **last = &h->lane->queue;

	h->on_place = ready;
	h->place_arg = arg;
	if (h->has_place || h->lane->taken < h->lane->places) {
		if (!h->has_place)
			h->lane->taken++;
		h->has_place = true;
		ready(arg, job);
		return;
	}
	while (*last)
		last = &(*last)->queued;
	*last = h;
}

/* --- reading --------------------------------------------------------------------------------------------- */

static size_t free_places(const struct lane *l)
{
	size_t n = l->taken < l->places ? l->places - l->taken : 0;

	return l->removed || !l->group_made ? 0 : n < EFFECTOR_READ_MAX ? n : EFFECTOR_READ_MAX;
}

static struct lane *lane_find(struct effector *e, struct str name)
{
	for (struct lane *l = e->lanes; l; l = l->next)
		if (str_eq(l->name, name))
			return l;
	return NULL;
}

static struct command read_command(struct effector *e, struct arena *a, size_t n)
{
	struct command c = command_begin(a, "XREADGROUP");

	command_adds(&c, "GROUP");
	command_add(&c, e->group);
	command_add(&c, e->me);
	command_adds(&c, "COUNT");
	command_addi(&c, (int64_t)n);
	return c;
}

static bool take_read(struct effector *e, const struct reply *r)
{
	AUTO_ARENA a = ARENA_INIT;
	struct entry *entries;
	struct why why;
	size_t n;
	enum fail f = reply_check(r, &why);

	if (!f)
		f = entries_read_streams(&a, r, &entries, &n, &why);
	if (f) {
		effector_stumble(e, &why);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		struct lane *l = lane_find(e, entries[i].stream);

		if (l && !*slot_of(e, l->name, entries[i].id))
			take(e, l, &entries[i], false);
	}
	return true;
}

static void on_lane_read(void *arg, const struct reply *r)
{
	struct call c;
	struct lane *l;

	if (!effector_answer(arg, &c))
		return;
	l = c.lane;
	l->reading = false;
	if (take_read(c.effector, r))
		read_more(c.effector);
}

/* A place became free on a stream that the blocking read does not cover: look at once. */
static void read_lane(struct effector *e, struct lane *l)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = read_command(e, &a, free_places(l));
	struct call *call = effector_call(e);

	call->lane = l;
	l->reading = l->in_read = true; /* the next blocking read will cover it */
	command_adds(&c, "STREAMS");
	command_add(&c, key_full(&a, l->name));
	command_adds(&c, ">");
	redis_send(e->plan.commands, &c, on_lane_read, call);
}

static void on_read(void *arg, const struct reply *r)
{
	struct call c;

	if (!effector_answer(arg, &c))
		return;
	c.effector->reading = false;
	for (struct lane *l = c.effector->lanes; l; l = l->next)
		l->in_read = false;
	if (take_read(c.effector, r))
		read_more(c.effector);
}

static void read_blocking(struct effector *e)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c;
	size_t fewest = EFFECTOR_READ_MAX, lanes = 0;

	for (struct lane *l = e->lanes; l; l = l->next) {
		size_t n = free_places(l);

		l->in_read = n > 0;
		lanes += n > 0;
		if (n && n < fewest)
			fewest = n;
	}
	if (!lanes)
		return;
	c = read_command(e, &a, fewest);
	command_adds(&c, "BLOCK");
	command_addi(&c, LIMIT_BLOCK_MS);
	command_adds(&c, "STREAMS");
	for (struct lane *l = e->lanes; l; l = l->next)
		if (l->in_read)
			command_add(&c, key_full(&a, l->name));
	for (size_t i = 0; i < lanes; i++)
		command_adds(&c, ">");
	e->reading = true;
	redis_call_deadline(e->plan.reads, c.argv, c.argc,
			    LIMIT_BLOCK_MS + EFFECTOR_BLOCK_SLACK_MS, on_read,
			    effector_call(e));
}

static void on_next(evutil_socket_t fd, short what, void *arg)
{
	struct effector *e = arg;

	(void)fd;
	(void)what;
	if (!e->working || e->paused)
		return;
	if (!e->reading) {
		read_blocking(e);
		return;
	}
	for (struct lane *l = e->lanes; l; l = l->next)
		if (!l->in_read && !l->reading && free_places(l))
			read_lane(e, l);
}

/* From the loop, so that what frees places in one turn is read for at once. */
static void read_more(struct effector *e)
{
	event_active(e->next, 0, 0);
}

/* --- what is mine -------------------------------------------------------------------------------------- */

static void listed(struct effector *e)
{
	struct commit_result lost = {.verdict = COMMIT_LOST}, away = {.verdict = COMMIT_AWAY};

	e->listing = false;
	for (struct hand *h = e->first, *next; h; h = next) {
		next = h->next;
		if (!h->seen) {
			count(h, "lost");
			h->job.lost = true;
			if (h->on_commit)
				tell_commit(h, &lost);
			else if (h->started)
				e->plan.lost(e->plan.arg, &h->job);
			else
				hand_free(h);
		} else if (h->unsure && h->on_commit) {
			tell_commit(h, &away);
		} else if (!h->started) {
			fetch_again(h);
		}
	}
	e->working = true;
	tell_state(e, true, STR(""));
	read_more(e);
}

static void listing_done_one(struct effector *e)
{
	if (--e->due == 0)
		listed(e);
}

static void on_own_entry(void *arg, const struct reply *r)
{
	struct call c;

	if (!effector_answer(arg, &c))
		return;
	effector_take(c.effector, c.lane, r, true);
	listing_done_one(c.effector);
}

static void ask_for_entry(struct effector *e, struct lane *l, struct str id)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "XRANGE");
	struct call *call = effector_call(e);

	call->lane = l;
	e->due++;
	command_add(&c, key_full(&a, l->name));
	command_add(&c, id);
	command_add(&c, id);
	redis_send(e->plan.commands, &c, on_own_entry, call);
}

static void on_own(void *arg, const struct reply *r)
{
	const struct reply *rows;
	struct call c;
	struct str id;
	struct why why;
	size_t n;

	if (!effector_answer(arg, &c))
		return;
	if (reply_array(r, 0, EFFECTOR_OWN_MAX, &rows, &n, &why)) {
		effector_stumble(c.effector, &why);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct hand *h;

		if (reply_text(reply_item(&rows[i], 0), &id, NULL))
			continue;
		h = *slot_of(c.effector, c.lane->name, id);
		if (h)
			h->seen = true;
		else
			ask_for_entry(c.effector, c.lane, id);
	}
	listing_done_one(c.effector);
}

/* XPENDING does not count as a delivery, unlike reading the own history. */
static void list_lane(struct effector *e, struct lane *l)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "XPENDING");
	struct call *call = effector_call(e);

	call->lane = l;
	e->due++;
	command_add(&c, key_full(&a, l->name));
	command_add(&c, e->group);
	command_adds(&c, "-");
	command_adds(&c, "+");
	command_addi(&c, EFFECTOR_OWN_MAX);
	command_add(&c, e->me);
	redis_send(e->plan.commands, &c, on_own, call);
}

static void list_own(struct effector *e)
{
	e->listing = true;
	e->due = 1; /* so that no early answer ends it */
	for (struct hand *h = e->first; h; h = h->next)
		h->seen = false;
	for (struct lane *l = e->lanes; l; l = l->next)
		if (l->group_made)
			list_lane(e, l);
	listing_done_one(e);
}

/* --- streams ------------------------------------------------------------------------------------------------ */

static void on_group(void *arg, enum fail f, const struct why *why)
{
	struct call c;

	if (!effector_answer(arg, &c))
		return;
	if (f) {
		effector_stumble(c.effector, why);
		return;
	}
	c.lane->group_made = true;
	if (c.effector->working)
		read_more(c.effector);
	else if (c.effector->due && --c.effector->due == 0)
		peers_start(c.effector);
}

static void make_group(struct effector *e, struct lane *l)
{
	struct call *call = effector_call(e);

	call->lane = l;
	group_make(e->plan.commands, l->name, e->group, on_group, call);
}

void effector_stream(struct effector *e, struct str stream, size_t places)
{
	struct lane *l = lane_find(e, stream);

	if (!l) {
		l = xmalloc(sizeof(*l));
		l->name = arena_str(&e->arena, stream);
		l->next = e->lanes;
		e->lanes = l;
		if (e->working)
			make_group(e, l);
	}
	l->places = places;
	l->removed = false;
	if (e->working && l->group_made)
		read_more(e);
}

void effector_stream_remove(struct effector *e, struct str stream)
{
	struct lane *l = lane_find(e, stream);

	if (l)
		l->removed = true;
}

/* --- mail ------------------------------------------------------------------------------------------------ */

static void read_mail(struct effector *e);

static void on_mail(void *arg, const struct reply *r)
{
	AUTO_ARENA a = ARENA_INIT;
	struct entry *entries;
	struct message m;
	struct call c;
	size_t n = 0;

	if (!effector_answer(arg, &c) || reply_check(r, NULL) ||
	    entries_read_streams(&a, r, &entries, &n, NULL))
		return; /* a wake-up only: the truth is in the task's state */
	for (size_t i = 0; i < n; i++) {
		if (entries[i].id.len < sizeof(c.effector->mail_cursor)) {
			memcpy(c.effector->mail_cursor, entries[i].id.ptr, entries[i].id.len);
			c.effector->mail_cursor[entries[i].id.len] = '\0';
		}
		if (!entry_decode(&entries[i], &m, NULL))
			c.effector->on_mail(c.effector->mail_arg, &m);
	}
	read_mail(c.effector);
}

static void read_mail(struct effector *e)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "XREAD");

	command_adds(&c, "COUNT");
	command_addi(&c, EFFECTOR_READ_MAX);
	command_adds(&c, "BLOCK");
	command_addi(&c, LIMIT_BLOCK_MS);
	command_adds(&c, "STREAMS");
	command_add(&c, key_full(&a, key_mail(&a, e->me)));
	command_adds(&c, e->mail_cursor[0] ? e->mail_cursor : "0");
	redis_call_deadline(e->mail, c.argv, c.argc, LIMIT_BLOCK_MS + EFFECTOR_BLOCK_SLACK_MS,
			    on_mail, effector_call(e));
}

void effector_on_mail(struct effector *e, struct redis *mail,
		      void (*fn)(void *arg, const struct message *m), void *arg)
{
	e->mail = mail;
	e->on_mail = fn;
	e->mail_arg = arg;
}

/* --- life --------------------------------------------------------------------------------------------------- */

void effector_beating(struct effector *e)
{
	if (e->mail)
		read_mail(e);
	list_own(e);
}

/* Groups, then the first heartbeat, then what is mine, then reading. */
static void begin(struct effector *e)
{
	e->due = 1;
	for (struct lane *l = e->lanes; l; l = l->next) {
		l->reading = l->in_read = l->group_made = false;
		e->due++;
		make_group(e, l);
	}
	if (--e->due == 0)
		peers_start(e);
}

static void on_pause(evutil_socket_t fd, short what, void *arg)
{
	struct effector *e = arg;

	(void)fd;
	(void)what;
	if (e->up)
		begin(e);
}

struct effector *effector_new(struct event_base *base, const struct effector_plan *plan,
			      struct metrics *metrics)
{
	struct effector *e = xmalloc(sizeof(*e));

	e->plan = *plan;
	e->base = base;
	e->group = str_of(plan->group);
	e->pause = event_new(base, -1, 0, on_pause, e);
	e->next = event_new(base, -1, 0, on_next, e);
	e->handled = metrics_counter(metrics, "ark_entries_handled_total",
				     "Entries of an inbox, by what became of them.",
				     "group message result");
	e->in_hand_gauge = metric_only(metrics_gauge(
		metrics, "ark_entries_in_hand", "Entries whose effect is under way.", NULL));
	e->taken_over =
		metric_only(metrics_counter(metrics, "ark_entries_taken_over_total",
					    "Entries taken over from dead processes.", NULL));
	return e;
}

void effector_free(struct effector *e)
{
	if (!e)
		return;
	e->up = e->working = false;
	while (e->first)
		hand_free(e->first);
	for (struct lane *l = e->lanes, *next; l; l = next) {
		next = l->next;
		free(l);
	}
	peers_free(e);
	event_free(e->pause);
	event_free(e->next);
	arena_release(&e->arena);
	free(e);
}

void effector_up(struct effector *e)
{
	e->up = true;
	e->turn++;
	begin(e);
}

void effector_down(struct effector *e)
{
	e->up = e->working = e->reading = e->listing = false;
	e->turn++;
	peers_stop(e);
	event_del(e->pause);
	tell_state(e, false, STR("Redis is not reachable"));
}

void effector_pause(struct effector *e)
{
	e->paused = true;
}

void effector_resume(struct effector *e)
{
	e->paused = false;
	if (e->working)
		read_more(e);
}

size_t effector_in_hand(const struct effector *e)
{
	return e->in_hand;
}

struct str effector_me(const struct effector *e)
{
	return e->me;
}
