#include "runner/workers.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/limits.h"
#include "process/clock.h"
#include "runner/rescue.h"
#include "runner/strays.h"
#include "stream/keys.h"

struct workers {
	struct redis *commands;
	struct event *timer;
	struct rescue *rescue;
	struct strays *strays;
	struct roll roll;
	struct arena batch;
	struct series *live;
	int64_t lease_ms;
	unsigned turn; /* answers to an older one are dropped */
	bool up;
};

struct look {
	struct workers *workers;
	unsigned turn;
};

/* --- the dead --------------------------------------------------------------------------------------- */

/* True: it may have served any agent. */
static bool rescue_of(struct workers *w, struct roll_member *m, int64_t now)
{
	bool served = m->serves.len && roll_serves(&w->roll, m->serves);
	/* Live workers of the agent come first: they take over without queueing again. */
	int64_t due_ms = w->lease_ms + (served ? LIMIT_HEARTBEAT_MS : 0);

	if (now - m->since_mono_ms < due_ms ||
	    (m->tried_mono_ms && now - m->tried_mono_ms < w->lease_ms))
		return false;
	m->tried_mono_ms = now;
	if (!m->serves.len)
		return true;
	rescue_from(w->rescue, m->serves, m, true);
	if (!served) {
		rescue_served(w->rescue, m->serves); /* until now somebody did */
		rescue_tell(w->rescue, m->serves);
	}
	return false;
}

static void judge(struct workers *w)
{
	int64_t now = process_mono_ms();
	size_t live = 0;
	bool soon = false;

	for (size_t i = 0; i < w->roll.count; i++) {
		struct roll_member *m = &w->roll.members[i];

		live += !m->dead && !str_eq(m->sign, ROLL_NO_SIGN);
		if (m->dead && !str_eq(m->sign, ROLL_NO_SIGN))
			soon = rescue_of(w, m, now) || soon;
	}
	metric_set(w->live, (double)live);
	strays_look(w->strays, soon);
}

/* --- looking ---------------------------------------------------------------------------------------- */

static void on_heartbeats(void *arg, const struct reply *r)
{
	const struct timeval tv = {LIMIT_HEARTBEAT_MS / 1000, 0};
	struct look l = *(struct look *)arg;
	struct workers *w = l.workers;
	const struct reply *items;
	struct roll_heard *heard;
	size_t n, count = 0;

	free(arg);
	if (l.turn != w->turn)
		return;
	event_add(w->timer, &tv);
	if (reply_array(r, 0, SIZE_MAX, &items, &n, NULL))
		return;
	arena_reset(&w->batch);
	heard = ARENA_ARRAY(&w->batch, n / 2 + STRAYS_HEARD_MAX, struct roll_heard);
	for (size_t i = 0; i + 1 < n; i += 2)
		if (!reply_text(&items[i], &heard[count].name, NULL) &&
		    !reply_text(&items[i + 1], &heard[count].sign, NULL))
			count++;
	count += strays_heard(w->strays, &heard[count], STRAYS_HEARD_MAX);
	roll_call(&w->roll, heard, count, process_mono_ms(), w->lease_ms);
	judge(w);
}

static void look(struct workers *w)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "HGETALL");
	struct look *l = xmalloc(sizeof(*l));

	*l = (struct look){w, w->turn};
	command_add(&c, key_full(&a, STR(KEY_HEARTBEATS GROUP_AGENTS)));
	redis_send(w->commands, &c, on_heartbeats, l);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct workers *w = arg;

	(void)fd;
	(void)what;
	if (w->up)
		look(w);
}

/* --- life ------------------------------------------------------------------------------------------- */

struct workers *workers_new(struct event_base *base, struct redis *commands, int64_t lease_ms,
			    struct metrics *metrics)
{
	struct workers *w = xcalloc(1, sizeof(*w));

	w->commands = commands;
	w->lease_ms = lease_ms;
	w->timer = event_new(base, -1, 0, on_timer, w);
	w->rescue = rescue_new(commands, metrics);
	w->strays = strays_new(commands, &w->roll, w->rescue);
	w->live = metric_only(metrics_gauge(metrics, "ark_workers_live",
					    "Workers whose heartbeat moves.", NULL));
	return w;
}

void workers_free(struct workers *w)
{
	if (!w)
		return;
	event_free(w->timer);
	strays_free(w->strays);
	rescue_free(w->rescue);
	roll_release(&w->roll);
	arena_release(&w->batch);
	free(w);
}

void workers_up(struct workers *w)
{
	w->up = true;
	w->turn++;
	look(w);
}

void workers_down(struct workers *w)
{
	w->up = false;
	w->turn++;
	strays_reset(w->strays);
	event_del(w->timer);
}

bool workers_live(const struct workers *w, struct str agent)
{
	return roll_serves(&w->roll, agent);
}
