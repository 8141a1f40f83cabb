/*
 * Reading new entries.
 *
 * One blocking read covers all streams that have free places. A stream that gets a place while
 * that read blocks is looked at once, without blocking, and covered by the next one; so that it
 * need not wait long for that, reads block shortly as long as some stream has no place.
 */
#include <stdlib.h>

#include "process/log.h"
#include "stream/effector_inner.h"
#include "stream/keys.h"

size_t lane_free_places(const struct lane *l)
{
	size_t n = l->taken < l->places ? l->places - l->taken : 0;

	return l->removed || !l->group_made ? 0 : n < EFFECTOR_READ_MAX ? n : EFFECTOR_READ_MAX;
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

static void take_read(struct effector *e, const struct reply *r)
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
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct lane *l = effector_lane(e, entries[i].stream);

		PROMISE(l); /* it stays as long as it is read */
		effector_take_entry(e, l, &entries[i], false);
	}
	effector_read_more(e);
}

static void on_lane_read(void *arg, const struct reply *r)
{
	struct call c;

	if (!effector_answer(arg, &c))
		return; /* the listing finds what it brought */
	c.lane->reading = false;
	take_read(c.effector, r);
}

static void read_lane(struct effector *e, struct lane *l)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = read_command(e, &a, lane_free_places(l));

	l->reading = l->in_read = true;
	command_adds(&c, "STREAMS");
	command_add(&c, key_full(&a, l->name));
	command_adds(&c, ">");
	redis_send(e->plan.commands, &c, on_lane_read, effector_call(e, l));
}

/* It may come after the loop began anew, and after the listing: then nobody but this answer knows
 * of the entries, which are mine. */
static void on_read(void *arg, const struct reply *r)
{
	struct call c;
	struct effector *e;

	effector_answer(arg, &c);
	e = c.effector;
	if (c.life != e->life)
		return;
	e->reading = false;
	for (struct lane *l = e->lanes; l; l = l->next)
		l->in_read = false;
	if (c.turn == e->turn || (r && r->kind == REPLY_ARRAY))
		take_read(e, r);
	else
		effector_read_more(e);
}

static void read_blocking(struct effector *e)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c;
	size_t fewest = EFFECTOR_READ_MAX, lanes = 0;
	int64_t block_ms = LIMIT_BLOCK_MS;

	for (struct lane *l = e->lanes; l; l = l->next) {
		size_t n = lane_free_places(l);

		l->in_read = n > 0;
		lanes += n > 0;
		if (n && n < fewest)
			fewest = n;
		if (!n && !l->removed)
			block_ms = EFFECTOR_BUSY_BLOCK_MS;
	}
	if (!lanes)
		return;
	c = read_command(e, &a, fewest);
	command_adds(&c, "BLOCK");
	command_addi(&c, block_ms);
	command_adds(&c, "STREAMS");
	for (struct lane *l = e->lanes; l; l = l->next)
		if (l->in_read)
			command_add(&c, key_full(&a, l->name));
	for (size_t i = 0; i < lanes; i++)
		command_adds(&c, ">");
	e->reading = true;
	redis_call_deadline(e->plan.reads, c.argv, c.argc,
			    (unsigned)block_ms + EFFECTOR_BLOCK_SLACK_MS, on_read,
			    effector_call(e, NULL));
}

void effector_trim(struct effector *e)
{
	for (struct lane *l = e->lanes; l; l = l->next) {
		AUTO_ARENA a = ARENA_INIT;
		struct command c;

		if (!l->trim_wanted)
			continue;
		l->trim_wanted = false;
		c = command_begin(&a, "FCALL");
		command_adds(&c, "ark_1_trim");
		command_addi(&c, 0);
		command_add(&c, l->name);
		command_addi(&c, LIMIT_INBOX_RETENTION_MS);
		command_addi(&c, LIMIT_INBOX_KEPT);
		redis_send(e->plan.commands, &c, NULL, NULL);
	}
}

/* Streams that were removed and that nothing refers to any more. */
static void forget_lanes(struct effector *e)
{
	for (struct lane **at = &e->lanes; *at;) {
		struct lane *l = *at;

		if (!l->removed || l->jobs || l->calls || l->in_read) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		free(l);
	}
}

void effector_on_next(evutil_socket_t fd, short what, void *arg)
{
	struct effector *e = arg;

	(void)fd;
	(void)what;
	forget_lanes(e);
	if (!e->working || e->paused)
		return;
	if (!e->reading) {
		read_blocking(e);
		return;
	}
	for (struct lane *l = e->lanes; l; l = l->next)
		if (!l->in_read && !l->reading && lane_free_places(l))
			read_lane(e, l);
}

/* From the loop, so that what frees places in one turn is read for at once. */
void effector_read_more(struct effector *e)
{
	event_active(e->next, 0, 0);
}
