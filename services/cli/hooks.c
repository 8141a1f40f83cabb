#include "cli/hooks.h"

#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>

#include "base/file.h"
#include "http/http_client.h"
#include "process/clock.h"

enum { LOOK_MS = 20, GIVE_UP_MS = 3000, ASK_MS = 2000, TOKEN_MAX_BYTES = 4096 };

struct hook {
	const struct object *event;
	struct str token_path;
	bool is_given; /* the files have a Secret with its token; we know the value of no Secret */
	bool asking, is_taken;
};

struct hooks {
	struct hooks_place place;
	struct arena arena;
	struct hook *items;
	size_t count;
	struct http_client *http;
	struct event *look;
	int64_t until_ms;
	void (*done)(void *arg);
	void *arg;
};

static bool is_webhook(const struct object *o)
{
	return o->kind == KIND_EVENT &&
	       str_is(value_text(value_path(o->spec, "source.type")), "webhook");
}

static bool is_given(const struct manifest *m, const struct object *event)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str name = arena_printf(&a, "%.*s-webhook-token", STR_ARG(event->name));

	for (size_t i = 0; i < m->count; i++) {
		const struct object *o = &m->objects[i];

		if (o->kind == KIND_PLAIN_SECRET && str_eq(o->name, name) &&
		    str_eq(o->namespace, event->namespace))
			return true;
	}
	return false;
}

static void gather(struct hooks *h)
{
	const struct manifest *m = h->place.manifest;

	h->items = ARENA_ARRAY(&h->arena, m->count, struct hook);
	for (size_t i = 0; i < m->count; i++) {
		const struct object *o = &m->objects[i];

		if (!is_webhook(o))
			continue;
		h->items[h->count++] = (struct hook){
			.event = o,
			.token_path = arena_printf(&h->arena,
						   "%.*s/secrets/%.*s/%.*s-webhook-token/token",
						   STR_ARG(h->place.state_dir),
						   STR_ARG(o->namespace), STR_ARG(o->name)),
			.is_given = is_given(m, o),
		};
	}
}

/* Whoever may not ask is answered 401; whoever may, that there is no such run. */
static void on_answer(void *arg, const struct http_result *r)
{
	struct hook *hook = arg;

	hook->asking = false;
	hook->is_taken = r->outcome == HTTP_DONE && r->status == 404;
}

static void ask(struct hooks *h, struct hook *hook)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF token = BUF(TOKEN_MAX_BYTES);
	struct http_field header = {.name = STR("Authorization")};
	const struct http_request request = {
		.url = arena_printf(&a, "%.*s/runs/%.*s/%.*s", STR_ARG(h->place.url),
				    STR_ARG(hook->event->namespace),
				    STR_ARG(hook->event->name)),
		.headers = &header,
		.header_count = 1,
		.total_ms = ASK_MS,
		.on_done = on_answer,
		.arg = hook,
	};

	if (file_read(hook->token_path, &token, NULL) || !token.len)
		return;
	header.value = arena_printf(&a, "Bearer %.*s", STR_ARG(str_trim(buf_str(&token))));
	hook->asking = !http_client_send(h->http, &request, NULL, NULL);
}

static void look_in(struct hooks *h, int64_t ms)
{
	const struct timeval t = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	event_add(h->look, &t);
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	struct hooks *h = arg;
	bool all = true;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < h->count; i++) {
		struct hook *hook = &h->items[i];

		if (hook->is_taken || hook->is_given)
			continue;
		all = false;
		if (!hook->asking)
			ask(h, hook);
	}
	if (all || process_mono_ms() >= h->until_ms)
		h->done(h->arg);
	else
		look_in(h, LOOK_MS);
}

struct hooks *hooks_new(struct event_base *base, const struct hooks_place *place,
			void (*done)(void *arg), void *arg)
{
	const struct http_client_options defaults = {.user_agent = NULL};
	struct hooks *h = xmalloc(sizeof(*h));

	*h = (struct hooks){.place = *place, .done = done, .arg = arg};
	gather(h);
	h->http = http_client_new(base, &defaults);
	h->look = evtimer_new(base, on_look, h);
	PROMISE(h->look);
	h->until_ms = process_mono_ms() + GIVE_UP_MS;
	look_in(h, 0);
	return h;
}

void hooks_free(struct hooks *h)
{
	if (!h)
		return;
	event_free(h->look);
	http_client_free(h->http);
	arena_release(&h->arena);
	free(h);
}

static void print_one(const struct hooks *h, const struct hook *hook)
{
	const struct object *o = hook->event;

	if (hook->is_given)
		printf("  curl -H \"Authorization: Bearer TOKEN\" --json '{}' \\\n");
	else
		printf("  curl -H \"Authorization: Bearer $(cat '%.*s')\" --json '{}' \\\n",
		       STR_ARG(hook->token_path));
	printf("    '%.*s/triggers/%.*s/%.*s/fire'\n", STR_ARG(h->place.url),
	       STR_ARG(o->namespace), STR_ARG(o->name));
	if (hook->is_given)
		printf("    (TOKEN is key token of Secret %.*s-webhook-token)\n",
		       STR_ARG(o->name));
	else if (!hook->is_taken)
		printf("    (the gateway does not take this token yet: see `ark status`)\n");
}

void hooks_print(const struct hooks *h)
{
	for (size_t i = 0; i < h->count; i++)
		print_one(h, &h->items[i]);
}
