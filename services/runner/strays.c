#include "runner/strays.h"

#include <stdlib.h>
#include <string.h>

#include "stream/keys.h"

#define TASKS KEY_PREFIX "tasks:"

enum { KEYS_AT_ONCE = 512 /* that one SCAN looks at */ };

/* A consumer with entries and without a heartbeat. */
struct suspect {
	char *agent, *name; /* one block each; NULL: free */
};

struct strays {
	struct redis *commands;
	const struct roll *roll;
	struct rescue *rescue;
	struct suspect suspects[STRAYS_HEARD_MAX];
	char cursor[32]; /* of SCAN */
	unsigned turn;	 /* answers to an older one are dropped */
	bool under_way;
	bool soon, whole; /* all of them, from the beginning; that has begun */
};

/* A call that is under way. */
struct look {
	struct strays *strays;
	unsigned turn;
	char agent[];
};

static struct look *look_new(struct strays *s, struct str agent)
{
	struct look *l = xcalloc(1, sizeof(*l) + agent.len + 1);

	l->strays = s;
	l->turn = s->turn;
	memcpy(l->agent, agent.ptr ? agent.ptr : "", agent.len);
	return l;
}

/* --- suspects ------------------------------------------------------------------------------------- */

static void suspect_clear(struct suspect *x)
{
	free(x->agent);
	free(x->name);
	*x = (struct suspect){NULL, NULL};
}

static void suspect(struct strays *s, struct str agent, struct str name)
{
	struct suspect *room = NULL;

	for (size_t i = 0; i < STRAYS_HEARD_MAX; i++) {
		struct suspect *x = &s->suspects[i];

		if (!x->name)
			room = x;
		else if (str_eq(str_of(x->name), name) && str_eq(str_of(x->agent), agent))
			return;
	}
	/* Without room: it is found again with the next look at its queue. */
	if (room)
		*room = (struct suspect){xstrndup(agent), xstrndup(name)};
}

size_t strays_heard(const struct strays *s, struct roll_heard *ret, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < STRAYS_HEARD_MAX && n < room; i++)
		if (s->suspects[i].name)
			ret[n++] =
				(struct roll_heard){str_of(s->suspects[i].name), ROLL_NO_SIGN};
	return n;
}

static void judge(struct strays *s)
{
	for (size_t i = 0; i < STRAYS_HEARD_MAX; i++) {
		struct suspect *x = &s->suspects[i];
		const struct roll_member *m =
			x->name ? roll_find(s->roll, str_of(x->name)) : NULL;

		if (!m)
			continue;
		if (!str_eq(m->sign, ROLL_NO_SIGN)) {
			suspect_clear(x); /* it has a heartbeat after all */
		} else if (m->dead) {
			rescue_from(s->rescue, str_of(x->agent), m, false);
			suspect_clear(x);
		}
	}
}

/* --- one queue --------------------------------------------------------------------------------------- */

static void on_consumers(void *arg, const struct reply *r)
{
	struct look *l = arg;
	struct strays *s = l->strays;
	struct str agent = str_of(l->agent), name;
	int64_t pending;

	/* Whoever has no group has no consumers either. */
	for (size_t i = 0; l->turn == s->turn && r && i < r->count; i++) {
		const struct roll_member *m;

		if (reply_text(reply_field(&r->items[i], "name"), &name, NULL) ||
		    reply_integer(reply_field(&r->items[i], "pending"), &pending, NULL))
			continue;
		m = roll_find(s->roll, name);
		if (m && m->dead)
			rescue_from(s->rescue, agent, m, false);
		else if (!m && pending)
			suspect(s, agent, name);
	}
	if (l->turn == s->turn && r)
		rescue_tell(s->rescue, agent);
	free(l);
}

static void look_at(struct strays *s, struct str agent)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "XINFO");

	if (roll_serves(s->roll, agent)) {
		rescue_served(s->rescue, agent);
		return;
	}
	command_adds(&c, "CONSUMERS");
	command_addf(&c, TASKS "%.*s", STR_ARG(agent));
	command_adds(&c, GROUP_AGENTS);
	redis_send(s->commands, &c, on_consumers, look_new(s, agent));
}

/* --- all queues --------------------------------------------------------------------------------------- */

static void scan(struct strays *s);

static void on_page(void *arg, const struct reply *r)
{
	struct look *l = arg;
	struct strays *s = l->strays;
	bool mine = l->turn == s->turn;
	const struct reply *keys;
	struct str cursor, key;
	size_t n;

	free(l);
	if (!mine)
		return;
	s->under_way = false;
	if (reply_text(reply_item(r, 0), &cursor, NULL) || cursor.len >= sizeof(s->cursor) ||
	    reply_array(reply_item(r, 1), 0, SIZE_MAX, &keys, &n, NULL))
		return; /* once more with the next beat */
	memcpy(s->cursor, cursor.ptr, cursor.len);
	s->cursor[cursor.len] = '\0';
	for (size_t i = 0; i < n; i++)
		if (!reply_text(&keys[i], &key, NULL) && str_starts(key, STR(TASKS)))
			look_at(s, str_from(key, STR(TASKS).len));
	if (s->whole && str_is(cursor, "0"))
		s->soon = s->whole = false;
	if (s->soon)
		scan(s);
}

static void scan(struct strays *s)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "SCAN");

	if (s->soon && !s->whole) {
		s->whole = true;
		s->cursor[0] = '\0';
	}
	s->under_way = true;
	command_adds(&c, s->cursor[0] ? s->cursor : "0");
	command_adds(&c, "MATCH");
	command_adds(&c, TASKS "*");
	command_adds(&c, "COUNT");
	command_addi(&c, KEYS_AT_ONCE);
	command_adds(&c, "TYPE");
	command_adds(&c, "stream");
	redis_send(s->commands, &c, on_page, look_new(s, STR("")));
}

void strays_look(struct strays *s, bool soon)
{
	judge(s);
	s->soon = s->soon || soon;
	if (!s->under_way)
		scan(s);
}

/* --- life ------------------------------------------------------------------------------------------- */

struct strays *strays_new(struct redis *commands, const struct roll *roll,
			  struct rescue *rescue)
{
	struct strays *s = xcalloc(1, sizeof(*s));

	s->commands = commands;
	s->roll = roll;
	s->rescue = rescue;
	return s;
}

void strays_reset(struct strays *s)
{
	s->turn++;
	s->under_way = false;
}

void strays_free(struct strays *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < STRAYS_HEARD_MAX; i++)
		suspect_clear(&s->suspects[i]);
	free(s);
}
