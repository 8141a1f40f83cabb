/* Jobs in hand: their places, the texts beside their entries, their commits. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "process/log.h"
#include "stream/effector_inner.h"
#include "stream/keys.h"

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

struct hand *effector_find(struct effector *e, struct str stream, struct str id)
{
	return *slot_of(e, stream, id);
}

static void count(struct hand *h, const char *result)
{
	metric_add(metric_at(h->job.effector->handled,
			     LABELS(h->job.effector->group,
				    str_of(message_name(h->job.message.type)), str_of(result))),
		   1);
}

/* --- places -------------------------------------------------------------------------------------- */

static void take_place(struct hand *h)
{
	h->has_place = true;
	h->lane->taken++;
}

void lane_serve(struct lane *l)
{
	while (l->queue && l->taken < l->places) {
		struct hand *h = l->queue;

		l->queue = h->queued;
		h->queued = NULL;
		take_place(h);
		h->on_place(h->place_arg, &h->job);
	}
}

static void give_place(struct hand *h)
{
	if (!h->has_place)
		return;
	h->has_place = false;
	h->lane->taken--;
	lane_serve(h->lane);
	effector_read_more(h->job.effector);
}

static void want_place(struct hand *h, void (*fn)(void *arg, struct job *job), void *arg)
{
	struct hand **last = &h->lane->queue;

	h->on_place = fn;
	h->place_arg = arg;
	while (*last)
		last = &(*last)->queued;
	*last = h;
	lane_serve(h->lane);
}

static void unqueue(struct hand *h)
{
	for (struct hand **at = &h->lane->queue; *at; at = &(*at)->queued)
		if (*at == h) {
			*at = h->queued;
			return;
		}
}

void job_give_place(struct job *job)
{
	give_place(hand_of(job));
}

void job_take_place(struct job *job, void (*ready)(void *arg, struct job *job), void *arg)
{
	struct hand *h = hand_of(job);

	if (h->has_place)
		ready(arg, job);
	else
		want_place(h, ready, arg);
}

/* --- from hand to hand ----------------------------------------------------------------------------- */

struct committing {
	struct effector *effector;
	unsigned turn;
	struct hand *hand; /* NULL: it was dropped */
	bool keeps;
};

void hand_free(struct hand *h)
{
	struct effector *e = h->job.effector;

	*slot_of(e, h->job.claim.stream, h->job.claim.id) = h->chain;
	*(h->prev ? &h->prev->next : &e->first) = h->next;
	if (h->next)
		h->next->prev = h->prev;
	if (e->walk == h)
		e->walk = h->next;
	if (h->committing)
		h->committing->hand = NULL;
	e->in_hand--;
	metric_set(e->in_hand_gauge, (double)e->in_hand);
	unqueue(h);
	h->lane->jobs--;
	give_place(h);
	effector_read_more(e); /* a stream that was removed may go now */
	arena_release(&h->job.arena);
	free(h);
}

void job_drop(struct job *job)
{
	hand_free(hand_of(job));
}

static void on_parked(void *arg, const struct reply *r)
{
	struct call c;
	struct why why;

	if (effector_answer(arg, &c) && reply_check(r, &why))
		effector_stumble(c.effector, &why); /* still pending: it is listed again */
}

void job_park(struct job *job, const struct why *why)
{
	struct effector *e = job->effector;
	struct command c = effector_command(&job->arena, "ark_1_give_up");

	log_error("entry parked", LOG_STR("stream", job->claim.stream),
		  LOG_STR("entry", job->claim.id), LOG_WHY(why));
	count(hand_of(job), "parked");
	command_add(&c, job->claim.stream);
	command_add(&c, e->group);
	command_add(&c, e->me);
	command_add(&c, job->claim.id);
	command_add(&c, why_str(why));
	redis_send(e->plan.commands, &c, on_parked, effector_call(e, NULL));
	hand_free(hand_of(job));
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
		effector_stumble(h->job.effector, &why);
	} else if (h) {
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

/* Asks for the texts, once in a turn; starts the job when none is missing. */
static void fetch(struct hand *h)
{
	if (h->started || h->fetched == h->job.effector->turn)
		return;
	h->fetched = h->job.effector->turn;
	h->texts_due = 0;
	message_missing(&h->job.message, fetch_text, h);
	if (!h->texts_due)
		start(h);
}

static void on_first_place(void *arg, struct job *job)
{
	(void)arg;
	fetch(hand_of(job));
}

void effector_take_entry(struct effector *e, struct lane *lane, const struct entry *entry,
			 bool again)
{
	struct hand *h, **slot = slot_of(e, lane->name, entry->id);
	struct entry copy;
	struct why why;

	if (*slot)
		return;
	h = xmalloc(sizeof(*h));
	copy = entry_copy(&h->job.arena, entry);
	h->job.effector = e;
	h->job.claim = (struct claim){copy.stream, e->group, e->me, copy.id};
	h->job.again = again;
	h->lane = lane;
	h->seen = true;
	*slot = h;
	h->next = e->first;
	if (h->next)
		h->next->prev = h;
	e->first = h;
	e->in_hand++;
	lane->jobs++;
	metric_set(e->in_hand_gauge, (double)e->in_hand);
	if (copy.gone)
		why_write(&why, "deleted while it was pending");
	if (copy.gone || entry_decode(&copy, &h->job.message, &why))
		job_park(&h->job, &why);
	else
		want_place(h, on_first_place, NULL);
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
		effector_take_entry(e, lane, &entries[i], again);
}

/* --- committing ------------------------------------------------------------------------------------ */

static void tell_commit(struct hand *h, const struct commit_result *r)
{
	void (*fn)(void *arg, struct job *job, const struct commit_result *r) = h->on_commit;

	h->on_commit = NULL;
	fn(h->commit_arg, &h->job, r);
}

static void on_committed(void *arg, const struct commit_result *r)
{
	struct committing c = *(struct committing *)arg;
	struct hand *h = c.hand;

	free(arg);
	if (!h)
		return;
	h->committing = NULL;
	if (c.turn != c.effector->turn)
		return; /* the listing tells */
	switch (r->verdict) {
	case COMMITTED:
		if (!c.keeps)
			count(h, "committed");
		h->lane->trim_wanted = h->lane->trim_wanted || !c.keeps;
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

	PROMISE(!h->on_commit);
	h->on_commit = fn;
	h->commit_arg = arg;
	if (!e->working)
		return; /* the listing tells: AWAY */
	h->committing = xmalloc(sizeof(*h->committing));
	*h->committing = (struct committing){e, e->turn, h, c->keeps};
	commit_send(c, e->plan.commands, on_committed, h->committing);
}

/* --- what the listing says of jobs ------------------------------------------------------------------- */

static void tell_listed(struct hand *h)
{
	static const struct commit_result lost = {.verdict = COMMIT_LOST},
					  away = {.verdict = COMMIT_AWAY};
	struct effector *e = h->job.effector;

	if (h->job.lost)
		return; /* its user knows */
	if (h->seen) {
		if (h->on_commit)
			tell_commit(h, &away);
		else if (h->has_place)
			fetch(h);
		return;
	}
	count(h, "lost");
	h->job.lost = true;
	if (h->on_commit)
		tell_commit(h, &lost);
	else if (h->started)
		e->plan.lost(e->plan.arg, &h->job);
	else
		hand_free(h);
}

/* Users may drop and commit any job meanwhile; what stumbles is listed again. */
void effector_tell_listed(struct effector *e)
{
	unsigned turn = e->turn;

	for (struct hand *h = e->first; h && e->turn == turn; h = e->walk) {
		e->walk = h->next;
		tell_listed(h);
	}
	e->walk = NULL;
}
