#include "gateway/backlog.h"

#include <stdlib.h>

#include <event2/event.h>

#include "stream/keys.h"

enum { ASK_SECONDS = 2 };

struct backlog {
	struct process *process;
	struct redis *commands;
	struct event *timer;
	struct condition *ready;
	bool full, asking;
};

/* How far the slowest group is behind. A lag that Redis lost count of says nothing. */
static int64_t largest_lag(const struct reply *groups, struct str *ret_name)
{
	int64_t largest = 0;

	for (size_t i = 0; i < groups->count; i++) { /* none when it is no list */
		const struct reply *lag = reply_field(&groups->items[i], "lag");
		const struct reply *name = reply_field(&groups->items[i], "name");

		if (lag && lag->kind == REPLY_INTEGER && lag->integer > largest) {
			largest = lag->integer;
			*ret_name = name ? name->text : STR("?");
		}
	}
	return largest;
}

static void on_groups(void *arg, const struct reply *r)
{
	struct backlog *b = arg;
	struct str name = STR("?");
	struct why why;
	int64_t lag;

	b->asking = false;
	if (!r || reply_error(r) == REPLY_ERROR_REFUSED)
		return; /* Redis was away: what was known last counts */
	/* An error: there is no such stream yet, so nobody is behind. */
	lag = largest_lag(r, &name);
	b->full = lag >= b->process->limits.events_behind;
	if (!b->full) {
		condition_met(b->ready);
		return;
	}
	why_write(&why, "group %.*s of events is %lld entries behind", STR_ARG(name),
		  (long long)lag);
	condition_missing(b->ready, why_str(&why));
}

static void ask(evutil_socket_t fd, short what, void *arg)
{
	const struct str argv[] = {STR("XINFO"), STR("GROUPS"), STR(KEY_PREFIX STREAM_EVENTS)};
	struct backlog *b = arg;

	(void)fd;
	(void)what;
	if (b->asking || !redis_is_up(b->commands))
		return;
	b->asking = true;
	redis_call(b->commands, argv, 3, on_groups, b);
}

struct backlog *backlog_new(struct process *p, struct redis *commands)
{
	const struct timeval tv = {ASK_SECONDS, 0};
	struct backlog *b = xcalloc(1, sizeof(*b));

	b->process = p;
	b->commands = commands;
	b->ready = process_condition(p, "events");
	condition_met(b->ready);
	b->timer = event_new(p->base, -1, EV_PERSIST, ask, b);
	PROMISE(b->timer);
	event_add(b->timer, &tv);
	return b;
}

void backlog_free(struct backlog *b)
{
	if (!b)
		return;
	event_free(b->timer);
	free(b);
}

bool backlog_is_full(const struct backlog *b)
{
	return b->full;
}
