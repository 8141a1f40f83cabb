#include "runner/workers.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/limits.h"
#include "process/clock.h"
#include "stream/keys.h"

struct workers {
	struct redis *commands;
	struct event *timer;
	int64_t lease_ms;
	int64_t moved_mono_ms; /* when a count was last seen to move; 0 = never */
	int64_t sum;	       /* of all counts: heartbeats only count up */
	unsigned turn;
	bool up;
};

struct look {
	struct workers *workers;
	unsigned turn;
};

static void look(struct workers *w);

static void on_heartbeats(void *arg, const struct reply *r)
{
	struct look l = *(struct look *)arg;
	struct workers *w = l.workers;
	const struct timeval tv = {LIMIT_HEARTBEAT_MS / 1000, 0};
	const struct reply *items;
	struct str text;
	int64_t sum = 0, count;
	size_t n;

	free(arg);
	if (l.turn != w->turn)
		return;
	event_add(w->timer, &tv);
	if (reply_array(r, 0, SIZE_MAX, &items, &n, NULL))
		return;
	for (size_t i = 1; i < n; i += 2)
		if (!reply_text(&items[i], &text, NULL) && str_to_i64(text, &count))
			sum += count;
	if (sum > w->sum)
		w->moved_mono_ms = process_mono_ms();
	w->sum = sum;
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

struct workers *workers_new(struct event_base *base, struct redis *commands, int64_t lease_ms)
{
	struct workers *w = xmalloc(sizeof(*w));

	w->commands = commands;
	w->lease_ms = lease_ms;
	w->timer = event_new(base, -1, 0, on_timer, w);
	return w;
}

void workers_free(struct workers *w)
{
	if (!w)
		return;
	event_free(w->timer);
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
	event_del(w->timer);
}

bool workers_live(const struct workers *w)
{
	return w->moved_mono_ms && process_mono_ms() - w->moved_mono_ms < w->lease_ms;
}
