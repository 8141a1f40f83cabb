#include "stream/effector.h"

#include <stdlib.h>
#include <string.h>

#include "process/log.h"
#include "stream/effector_inner.h"
#include "stream/keys.h"
#include "stream/library.h"

/* --- calls --------------------------------------------------------------------------------------- */

struct call *effector_call(struct effector *e, struct lane *lane)
{
	struct call *c = xmalloc(sizeof(*c));

	*c = (struct call){.effector = e, .turn = e->turn, .life = e->life, .lane = lane};
	if (lane)
		lane->calls++;
	return c;
}

bool effector_answer(void *arg, struct call *ret)
{
	*ret = *(struct call *)arg;
	free(arg);
	if (ret->lane)
		ret->lane->calls--;
	return ret->turn == ret->effector->turn;
}

struct command effector_command(struct arena *a, const char *function)
{
	struct command c = command_begin(a, "FCALL");

	command_adds(&c, function);
	command_addi(&c, 0);
	return c;
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
	log_warn("trying again", LOG_STR("group", e->group), LOG_WHY(why));
	tell_state(e, false, why_str(why));
	e->turn++;
	e->working = false;
	peers_stop(e);
	event_add(e->pause, &tv);
}

/* --- what is mine ---------------------------------------------------------------------------------- */

static void listing_done_one(struct effector *e)
{
	if (--e->due)
		return;
	e->working = true;
	tell_state(e, true, STR(""));
	effector_tell_listed(e);
	effector_read_more(e);
}

/* Deleted by somebody: an entry that is not there is acknowledged by giving it up. */
static void forget_gone(struct effector *e, const struct lane *l, const char *id)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = effector_command(&a, "ark_1_give_up");

	command_add(&c, l->name);
	command_add(&c, e->group);
	command_add(&c, e->me);
	command_adds(&c, id);
	command_adds(&c, "deleted while it was pending");
	redis_send(e->plan.commands, &c, NULL, NULL);
}

static void on_own_entry(void *arg, const struct reply *r)
{
	struct call c;
	struct why why;

	if (!effector_answer(arg, &c))
		return;
	if (reply_check(r, &why)) {
		effector_stumble(c.effector, &why);
		return;
	}
	if (r->kind == REPLY_ARRAY && r->count == 0)
		forget_gone(c.effector, c.lane, c.id);
	effector_take(c.effector, c.lane, r, true);
	if (c.setup && c.turn == c.effector->turn)
		listing_done_one(c.effector);
}

static void ask_for_entry(struct effector *e, struct lane *l, struct str id, bool setup)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "XRANGE");
	struct call *call = effector_call(e, l);

	PROMISE(id.len < sizeof(call->id));
	memcpy(call->id, id.ptr, id.len);
	call->setup = setup;
	e->due += setup;
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
		h = effector_find(c.effector, c.lane->name, id);
		if (h)
			h->seen = true;
		else
			ask_for_entry(c.effector, c.lane, id, c.setup);
	}
	if (c.setup)
		listing_done_one(c.effector);
}

/* XPENDING does not count as a delivery, unlike reading the own history. */
static void list_lane(struct effector *e, struct lane *l, bool setup)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "XPENDING");
	struct call *call = effector_call(e, l);

	call->setup = setup;
	e->due += setup;
	command_add(&c, key_full(&a, l->name));
	command_add(&c, e->group);
	command_adds(&c, "-");
	command_adds(&c, "+");
	command_addi(&c, EFFECTOR_OWN_MAX);
	command_add(&c, e->me);
	redis_send(e->plan.commands, &c, on_own, call);
}

/* Commits and listings share a connection, so whatever a listing names was delivered to me, and
 * is not answered: in hand, in a reply that is under way, or in one that nobody will get. */
void effector_list_again(struct effector *e, struct lane *l)
{
	if (e->working)
		list_lane(e, l, false);
}

static void list_own(struct effector *e)
{
	e->due = 1; /* so that no early answer ends it */
	for (struct hand *h = e->first; h; h = h->next)
		h->seen = !h->lane->group_made; /* nothing is known of that stream */
	for (struct lane *l = e->lanes; l; l = l->next)
		if (l->group_made)
			list_lane(e, l, true);
	listing_done_one(e);
}

/* --- setup: library, groups, the first heartbeat, what is mine ---------------------------------------- */

static void setup_done_one(struct effector *e)
{
	if (--e->due == 0)
		peers_start(e);
}

static void on_group(void *arg, enum fail f, const struct why *why)
{
	struct call c;

	if (!effector_answer(arg, &c))
		return;
	if (f == FAIL_BUSY) {
		effector_stumble(c.effector, why);
		return;
	}
	/* Foreign bytes under the name of one stream must not stop the others. */
	if (f)
		log_error("a stream cannot be read", LOG_STR("stream", c.lane->name),
			  LOG_WHY(why));
	c.lane->group_made = !f;
	if (c.setup) {
		setup_done_one(c.effector);
	} else if (c.effector->working && c.lane->group_made) {
		peers_look(c.effector, c.lane);
		effector_read_more(c.effector);
	}
}

static void make_group(struct effector *e, struct lane *l, bool setup)
{
	struct call *call = effector_call(e, l);

	call->setup = setup;
	group_make(e->plan.commands, l->name, e->group, on_group, call);
}

static void make_groups(struct effector *e)
{
	e->due = 1;
	for (struct lane *l = e->lanes; l; l = l->next) {
		l->reading = l->group_made = false;
		e->due++;
		make_group(e, l, true);
	}
	setup_done_one(e);
}

static void on_library(void *arg, enum fail f, const struct why *why)
{
	struct call c;

	if (!effector_answer(arg, &c))
		return;
	if (f)
		effector_stumble(c.effector, why);
	else
		make_groups(c.effector);
}

static void begin(struct effector *e)
{
	if (e->plan.loads_library)
		library_load(e->plan.commands, on_library, effector_call(e, NULL));
	else
		make_groups(e);
}

static void on_pause(evutil_socket_t fd, short what, void *arg)
{
	struct effector *e = arg;

	(void)fd;
	(void)what;
	if (e->up)
		begin(e);
}

/* --- mail ------------------------------------------------------------------------------------------- */

static void read_mail(struct effector *e);

static void on_mail(void *arg, const struct reply *r)
{
	AUTO_ARENA a = ARENA_INIT;
	struct entry *entries;
	struct message m;
	struct call c;
	struct why why;
	size_t n = 0;
	enum fail f;

	if (!effector_answer(arg, &c))
		return; /* it is read again from the same point */
	f = reply_check(r, &why);
	if (!f)
		f = entries_read_streams(&a, r, &entries, &n, &why);
	if (f) {
		effector_stumble(c.effector, &why);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		PROMISE(entries[i].id.len < sizeof(c.effector->mail_cursor));
		memcpy(c.effector->mail_cursor, entries[i].id.ptr, entries[i].id.len);
		c.effector->mail_cursor[entries[i].id.len] = '\0';
		if (!entry_decode(&entries[i], &m, NULL))
			c.effector->on_mail(c.effector->mail_arg, &m);
	}
	if (c.turn == c.effector->turn)
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
			    on_mail, effector_call(e, NULL));
}

void effector_on_mail(struct effector *e, struct redis *mail,
		      void (*fn)(void *arg, const struct message *m), void *arg)
{
	e->mail = mail;
	e->on_mail = fn;
	e->mail_arg = arg;
}

void effector_beating(struct effector *e)
{
	if (e->mail)
		read_mail(e);
	list_own(e);
}

/* --- streams ------------------------------------------------------------------------------------------ */

struct lane *effector_lane(struct effector *e, struct str name)
{
	for (struct lane *l = e->lanes; l; l = l->next)
		if (str_eq(l->name, name))
			return l;
	return NULL;
}

static struct lane *lane_new(struct str name)
{
	struct lane *l = xmalloc(sizeof(*l) + name.len);
	char *text = (char *)(l + 1);

	memcpy(text, name.ptr, name.len);
	l->name = str_n(text, name.len);
	return l;
}

void effector_stream(struct effector *e, struct str stream, size_t places)
{
	struct lane *l = effector_lane(e, stream);

	if (!l) {
		l = lane_new(stream);
		l->next = e->lanes;
		e->lanes = l;
		if (e->up)
			make_group(e, l, false);
	}
	l->places = places;
	l->removed = false;
	lane_serve(l);
	effector_read_more(e);
}

void effector_stream_remove(struct effector *e, struct str stream)
{
	struct lane *l = effector_lane(e, stream);

	if (l)
		l->removed = true;
	effector_read_more(e);
}

/* --- life --------------------------------------------------------------------------------------------- */

struct effector *effector_new(struct event_base *base, const struct effector_plan *plan,
			      struct metrics *metrics)
{
	struct effector *e = xmalloc(sizeof(*e));

	e->plan = *plan;
	e->base = base;
	e->group = str_of(plan->group);
	e->pause = event_new(base, -1, 0, on_pause, e);
	e->next = event_new(base, -1, 0, effector_on_next, e);
	e->handled = metrics_counter(metrics, "ark_effects_handled_total",
				     "Entries whose effect is over, by what became of them.",
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
	for (struct lane *l = e->lanes; l; l = l->next)
		l->queue = NULL; /* nobody hears of a place any more */
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
	e->life++;
	begin(e);
}

void effector_down(struct effector *e)
{
	e->up = e->working = e->reading = false;
	e->turn++;
	e->life++;
	for (struct lane *l = e->lanes; l; l = l->next)
		l->in_read = false;
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
	effector_read_more(e);
}

size_t effector_in_hand(const struct effector *e)
{
	return e->in_hand;
}

struct str effector_me(const struct effector *e)
{
	return e->me;
}
