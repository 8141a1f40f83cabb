#include "redis/redis_sync.h"

#include <stdlib.h>
#include <event2/event.h>

struct redis_sync {
	struct arena arena; /* of the options */
	struct redis_url url;
	struct redis_options options;
	struct event_base *base;
	struct event *deadline;
	struct redis *redis; /* NULL before the first call and after one that was late */
	struct why down;     /* why it was not up last */
	bool late;
	/* The call that runs: */
	struct arena *reply_arena;
	const struct reply *reply;
	bool answered;
};

static void on_up(void *arg, const struct redis_server *server)
{
	struct redis_sync *s = arg;

	(void)server;
	event_base_loopbreak(s->base);
}

static void on_down(void *arg, const struct why *why)
{
	struct redis_sync *s = arg;

	s->down = *why;
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct redis_sync *s = arg;

	(void)fd, (void)what;
	s->late = true;
	event_base_loopbreak(s->base);
}

static void on_answer(void *arg, const struct reply *r)
{
	struct redis_sync *s = arg;

	s->answered = true;
	s->reply = reply_copy(s->reply_arena, r);
	event_base_loopbreak(s->base);
}

struct redis_sync *redis_sync_new(const struct redis_options *options)
{
	struct redis_sync *s = xmalloc(sizeof(*s));

	s->url = redis_url_copy(&s->arena, options->url);
	s->options = *options;
	s->options.url = &s->url;
	s->options.name = arena_str(&s->arena, options->name);
	s->options.password_file = arena_str(&s->arena, options->password_file);
	s->options.tls_ca_file = arena_str(&s->arena, options->tls_ca_file);
	s->base = event_base_new();
	PROMISE(s->base);
	s->deadline = evtimer_new(s->base, on_deadline, s);
	PROMISE(s->deadline);
	return s;
}

void redis_sync_free(struct redis_sync *s)
{
	if (!s)
		return;
	redis_free(s->redis);
	event_free(s->deadline);
	event_base_free(s->base);
	arena_release(&s->arena);
	free(s);
}

static void begin(struct redis_sync *s, unsigned deadline_ms)
{
	const struct timeval tv = {.tv_sec = deadline_ms / 1000,
				   .tv_usec = deadline_ms % 1000 * 1000};

	s->late = s->answered = false;
	s->reply = NULL;
	PROMISE(event_add(s->deadline, &tv) == 0);
	if (s->redis)
		return;
	why_write(&s->down, "not connected to Redis in time");
	s->redis = redis_new(s->base, &s->options);
	redis_on_state(s->redis, on_up, on_down, s);
}

static enum fail wait_up(struct redis_sync *s, struct why *why)
{
	while (!redis_is_up(s->redis) && !s->late)
		event_base_dispatch(s->base);
	return s->late ? failf(why, FAIL_BUSY, "%s", s->down.text) : FAIL_NONE;
}

enum fail redis_sync_connect(struct redis_sync *s, unsigned deadline_ms,
			     const struct redis_server **ret_server, struct why *why)
{
	enum fail f;

	begin(s, deadline_ms);
	f = wait_up(s, why);
	event_del(s->deadline);
	if (f)
		return f;
	*ret_server = redis_server(s->redis);
	return FAIL_NONE;
}

enum fail redis_sync_call(struct redis_sync *s, struct arena *a, const struct str *argv,
			  size_t argc, unsigned deadline_ms, const struct reply **ret_reply,
			  struct why *why)
{
	enum fail f;

	begin(s, deadline_ms);
	f = wait_up(s, why);
	if (f)
		return f;
	s->reply_arena = a;
	/* The caller's deadline is the one that counts, for commands that block, too. */
	redis_call_deadline(s->redis, argv, argc, deadline_ms, on_answer, s);
	while (!s->answered && !s->late)
		event_base_dispatch(s->base);
	event_del(s->deadline);
	if (!s->answered) {
		/* The answer may still come; not to the call after this one. */
		redis_free(s->redis);
		s->redis = NULL;
		return failf(why, FAIL_BUSY, "no answer of Redis within %u ms", deadline_ms);
	}
	if (!s->reply)
		return reply_check(NULL, why);
	*ret_reply = s->reply;
	return FAIL_NONE;
}

enum fail redis_sync_send(struct redis_sync *s, struct arena *a, const struct command *c,
			  unsigned deadline_ms, const struct reply **ret_reply, struct why *why)
{
	return redis_sync_call(s, a, c->argv, c->argc, deadline_ms, ret_reply, why);
}
