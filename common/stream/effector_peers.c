/*
 * Heartbeats: mine, and what those of others say (DESIGN 3, STREAMS 5.3).
 *
 * A process is dead when I, in unbroken contact with Redis all that time, have seen its count
 * unchanged for the lease on my own monotonic clock. So a pause of Redis or a step of a clock
 * steals nothing. A consumer without a heartbeat is watched in the same way, its count being "-".
 */
#include "stream/effector_inner.h"

#include <stdlib.h>

#include "process/clock.h"
#include "process/log.h"
#include "stream/keys.h"

enum {
	CONTACT_GAP_MS = 5000, /* longer between two answers: I may count as dead myself */
	CONSUMER_LANES = 16,   /* streams whose consumers are listed in one beat */
	CONSUMER_ROUNDS = 5,   /* beats between two looks at the consumers of a stream */
	BURY_AFTER = 6,	       /* leases without a sign, though it holds nothing of mine */
};

struct peer {
	struct peer *next;
	struct str name, count; /* one block each; count is "-" without a heartbeat */
	char *name_block, *count_block;
	int64_t since_mono_ms;
	size_t round; /* of the beat that saw it last */
	size_t due;   /* takeovers under way */
	bool earlier; /* an earlier boot of mine: taken over at once */
	bool held;    /* it was a consumer of a stream of mine */
	bool taking;
	unsigned tries; /* takeovers since its count moved */
};

static void peer_free(struct peer *p)
{
	free(p->name_block);
	free(p->count_block);
	free(p);
}

static struct peer *peer_find(struct effector *e, struct str name)
{
	for (struct peer *p = e->peers; p; p = p->next)
		if (str_eq(p->name, name))
			return p;
	return NULL;
}

/* "<my process>#<number>" with a smaller number than mine. */
static bool is_earlier_boot(const struct effector *e, struct str name)
{
	size_t n = e->plan.process.len;
	uint64_t boot, mine;

	return str_starts(name, e->plan.process) && name.len > n && name.ptr[n] == '#' &&
	       str_to_u64(str_from(name, n + 1), &boot) &&
	       str_to_u64(str_from(e->me, n + 1), &mine) && boot < mine;
}

static void observe(struct effector *e, struct str name, struct str count)
{
	struct peer *p = peer_find(e, name);

	if (str_eq(name, e->me))
		return;
	if (!p) {
		p = xmalloc(sizeof(*p));
		p->name_block = xstrndup(name);
		p->name = str_n(p->name_block, name.len);
		p->earlier = is_earlier_boot(e, name);
		p->next = e->peers;
		e->peers = p;
	}
	p->round = e->round;
	if (p->count_block && str_eq(p->count, count))
		return;
	free(p->count_block);
	p->count_block = xstrndup(count);
	p->count = str_n(p->count_block, count.len);
	p->tries = 0;
	p->since_mono_ms = process_mono_ms();
}

/* --- taking over --------------------------------------------------------------------------------- */

static void on_taken_over(void *arg, const struct reply *r);

static void send_takeover(struct effector *e, struct peer *p, struct lane *lane)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = effector_command(&a, "ark_1_takeover");
	struct call *call = effector_call(e, lane);

	call->peer = p;
	command_add(&c, lane->name);
	command_add(&c, e->group);
	command_add(&c, e->me);
	command_add(&c, p->name);
	command_add(&c, p->count);
	command_addi(&c, LIMIT_TAKEOVER_ENTRIES);
	p->due++;
	redis_send(e->plan.commands, &c, on_taken_over, call);
}

static void send_bury(struct effector *e, const struct peer *p)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = effector_command(&a, "ark_1_bury");

	command_add(&c, e->group);
	command_add(&c, p->name);
	command_add(&c, p->count);
	redis_send(e->plan.commands, &c, NULL, NULL);
}

static void on_taken_over(void *arg, const struct reply *r)
{
	const struct reply *items;
	struct call c;
	struct str word, left;
	struct why why;
	size_t n, count;
	enum fail f;

	if (!effector_answer(arg, &c))
		return;
	c.peer->due--;
	f = reply_array(r, 1, 3, &items, &n, &why);
	if (!f)
		f = reply_text(&items[0], &word, &why);
	if (!f && n == 3)
		f = reply_text(&items[2], &left, &why);
	if (f) {
		effector_stumble(c.effector, &why);
		return;
	}
	if (str_is(word, "ok") && n == 3) {
		count = items[1].count;
		if (count) {
			log_info("took over entries of a dead process",
				 LOG_STR("dead", c.peer->name), LOG_STR("stream", c.lane->name),
				 LOG_INT("entries", (int64_t)count));
			metric_add(c.effector->taken_over, (double)count);
		}
		effector_take(c.effector, c.lane, &items[1], true);
		if (c.turn != c.effector->turn)
			return;
		if (str_is(left, "more"))
			send_takeover(c.effector, c.peer, c.lane);
		if (str_is(left, "none"))
			c.peer->held = true;
	}
	if (c.peer->due)
		return;
	c.peer->taking = false;
	/* Whoever removed a consumer of the name also forgets the heartbeat. What it holds of other
	 * streams is taken over as from one without a heartbeat. */
	if (c.peer->held || c.peer->earlier || c.peer->tries >= BURY_AFTER)
		send_bury(c.effector, c.peer);
}

static void take_over(struct effector *e, struct peer *p)
{
	p->taking = true;
	p->tries++;
	p->since_mono_ms = process_mono_ms(); /* if that fails: once more after a lease */
	for (struct lane *l = e->lanes; l; l = l->next)
		if (l->group_made && !l->removed)
			send_takeover(e, p, l);
	if (!p->due)
		p->taking = false;
}

static void judge(struct effector *e)
{
	int64_t now = process_mono_ms();

	for (struct peer **at = &e->peers; *at;) {
		struct peer *p = *at;

		bool silent = str_is(p->count, "-");

		/* Its heartbeat is gone; or it had none, and what it held was taken over. If it
		 * still is a consumer of some stream it comes back with the next look at that. */
		if (!p->due && (silent ? p->tries > 0 : p->round + 2 < e->round)) {
			*at = p->next;
			peer_free(p);
			continue;
		}
		if (!p->taking &&
		    ((p->earlier && !p->tries) || now - p->since_mono_ms >= e->plan.lease_ms))
			take_over(e, p);
		at = &p->next;
	}
}

/* --- consumers of a stream ---------------------------------------------------------------------------- */

/* A read of a connection that was lost may be done long after: it brings entries to nobody, and as
 * long as I live nobody takes them from me. */
static void look_at_mine(struct effector *e, struct lane *l, const struct reply *consumer)
{
	int64_t pending;

	if (!reply_integer(reply_field(consumer, "pending"), &pending, NULL) &&
	    pending > (int64_t)l->jobs)
		effector_list_again(e, l);
}

static void on_consumers(void *arg, const struct reply *r)
{
	struct call c;
	struct str name;

	if (!effector_answer(arg, &c) || reply_check(r, NULL))
		return;
	for (size_t i = 0; i < r->count; i++) {
		struct peer *p;

		if (reply_text(reply_field(&r->items[i], "name"), &name, NULL))
			continue;
		if (str_eq(name, c.effector->me)) {
			look_at_mine(c.effector, c.lane, &r->items[i]);
			continue;
		}
		p = peer_find(c.effector, name);
		/* It has no heartbeat, or had one when it was seen last. */
		if (!p || p->round != c.effector->round || str_is(p->count, "-"))
			observe(c.effector, name, STR("-"));
		else if (p->earlier)
			p->tries = 0; /* the stream may be new here */
	}
	judge(c.effector);
}

void peers_look(struct effector *e, struct lane *l)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "XINFO");

	l->checked = e->round;
	command_adds(&c, "CONSUMERS");
	command_add(&c, key_full(&a, l->name));
	command_add(&c, e->group);
	redis_send(e->plan.commands, &c, on_consumers, effector_call(e, l));
}

/* A few streams with every beat, so that each is looked at within a lease or so. */
static void look_at_some(struct effector *e)
{
	size_t asked = 0;

	for (struct lane *l = e->lanes; l && asked < CONSUMER_LANES; l = l->next) {
		if (!l->group_made || (l->checked && l->checked + CONSUMER_ROUNDS > e->round))
			continue;
		asked++;
		peers_look(e, l);
	}
}

/* --- the beat --------------------------------------------------------------------------------------- */

static void arm(struct effector *e)
{
	const struct timeval tv = {LIMIT_HEARTBEAT_MS / 1000, 0};

	event_add(e->beat, &tv);
}

static void on_heartbeats(void *arg, const struct reply *r)
{
	const struct reply *items;
	struct call c;
	struct effector *e;
	struct str name, count;
	struct why why;
	size_t n;
	bool first;

	if (!effector_answer(arg, &c))
		return;
	e = c.effector;
	if (reply_array(r, 0, SIZE_MAX, &items, &n, &why)) {
		effector_stumble(e, &why);
		return;
	}
	first = !e->beat_mono_ms;
	if (!first && process_mono_ms() - e->beat_mono_ms > CONTACT_GAP_MS) {
		why_write(&why, "out of touch for %lld ms",
			  (long long)(process_mono_ms() - e->beat_mono_ms));
		effector_stumble(e, &why);
		return;
	}
	e->beat_mono_ms = process_mono_ms();
	e->round++;
	for (size_t i = 0; i + 1 < n; i += 2)
		if (!reply_text(&items[i], &name, NULL) &&
		    !reply_text(&items[i + 1], &count, NULL))
			observe(e, name, count);
	arm(e);
	if (first)
		effector_beating(e);
	judge(e);
	effector_trim(e);
	look_at_some(e);
}

static void beat(struct effector *e)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = effector_command(&a, "ark_1_beat");

	command_add(&c, e->group);
	command_add(&c, e->me);
	if (e->plan.serves.len)
		command_add(&c, e->plan.serves);
	redis_send(e->plan.commands, &c, on_heartbeats, effector_call(e, NULL));
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct effector *e = arg;

	(void)fd;
	(void)what;
	if (e->up)
		beat(e);
}

/* The name of this process's life: <process>#<boot>. It is asked for once. */
static void on_boot(void *arg, const struct reply *r)
{
	struct call c;
	struct why why;
	int64_t boot;

	if (!effector_answer(arg, &c))
		return;
	if (reply_integer(r, &boot, &why)) {
		effector_stumble(c.effector, &why);
		return;
	}
	c.effector->me = arena_printf(&c.effector->arena, "%.*s#%lld",
				      STR_ARG(c.effector->plan.process), (long long)boot);
	beat(c.effector);
}

void peers_start(struct effector *e)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c;

	if (!e->beat)
		e->beat = event_new(e->base, -1, 0, on_beat, e);
	e->beat_mono_ms = 0;
	/* What was seen before does not count: contact was broken. */
	for (struct peer *p = e->peers; p; p = p->next) {
		p->due = 0;
		p->taking = false;
		p->since_mono_ms = process_mono_ms();
	}
	if (e->me.len) {
		beat(e);
		return;
	}
	c = effector_command(&a, "ark_1_boot");
	command_add(&c, e->plan.process);
	redis_send(e->plan.commands, &c, on_boot, effector_call(e, NULL));
}

void peers_stop(struct effector *e)
{
	if (e->beat)
		event_del(e->beat);
}

void peers_free(struct effector *e)
{
	for (struct peer *p = e->peers, *next; p; p = next) {
		next = p->next;
		peer_free(p);
	}
	if (e->beat)
		event_free(e->beat);
}
