/*
 * A Redis that does as a test tells it, on a unix socket, in the loop of the test.
 *
 * Logging in is answered as a healthy primary would; what a test wants different it says in the
 * members. Header only: one test program uses it.
 */
#ifndef ARK_TESTS_FAKE_SERVER_H
#define ARK_TESTS_FAKE_SERVER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "redis/codec.h"

#define FAKE_INFO                                                                              \
	"# Server\r\nredis_version:7.0.15\r\nrun_id:aaaa\r\n# Memory\r\n"                      \
	"maxmemory_policy:noeviction\r\n# Persistence\r\nloading:0\r\naof_enabled:1\r\n"       \
	"# Replication\r\nrole:master\r\nmaster_replid:bbbb\r\n"

struct fake {
	struct event_base *base;
	char folder[64], path[96], url[128];
	struct evconnlistener *listener;
	struct bufferevent *bev; /* of the client that came last */
	struct codec *codec;

	/* What to do. */
	const char *info;     /* the text of INFO, or an error when it begins with '-' */
	const char *auth;     /* the answer to AUTH */
	const char *greeting; /* sent before anything was asked, when set */
	const char *answer;   /* to every other command; NULL: silence */
	bool drip;	      /* one byte per turn of the loop */
	bool hang_up;	      /* close after each answer of `answer` */
	bool refuse;	      /* close at once after accepting */

	/* What happened. */
	unsigned accepted, commands;
	char last[64]; /* the first argument of the last command */

	struct evbuffer *dripping;
	struct event *drop;
};

static inline void fake_close(struct fake *f)
{
	if (f->bev)
		bufferevent_free(f->bev);
	codec_free(f->codec);
	f->bev = NULL;
	f->codec = NULL;
	evbuffer_drain(f->dripping, evbuffer_get_length(f->dripping));
}

static inline void fake_on_drop(evutil_socket_t fd, short what, void *arg)
{
	struct fake *f = arg;
	char byte;

	(void)fd, (void)what;
	if (evbuffer_remove(f->dripping, &byte, 1) == 1 && f->bev) {
		bufferevent_write(f->bev, &byte, 1);
		event_add(f->drop, &(const struct timeval){0});
	}
}

static inline void fake_send(struct fake *f, const char *text)
{
	if (!f->drip) {
		bufferevent_write(f->bev, text, strlen(text));
		return;
	}
	evbuffer_add(f->dripping, text, strlen(text));
	event_add(f->drop, &(const struct timeval){0});
}

static inline void fake_command(struct fake *f, const struct reply *c)
{
	struct str name = reply_item(c, 0)->text;
	char text[1024];

	snprintf(f->last, sizeof(f->last), "%.*s", STR_ARG(name));
	if (str_is(name, "AUTH")) {
		fake_send(f, f->auth);
	} else if (str_is(name, "CLIENT") || str_is(name, "SELECT")) {
		fake_send(f, "+OK\r\n");
	} else if (str_is(name, "INFO")) {
		if (f->info[0] == '-')
			snprintf(text, sizeof(text), "%s\r\n", f->info);
		else
			snprintf(text, sizeof(text), "$%zu\r\n%s\r\n", strlen(f->info),
				 f->info);
		fake_send(f, text);
	} else {
		f->commands++;
		if (f->answer)
			fake_send(f, f->answer);
	}
}

/* After everything is written: hang up. */
static inline void fake_on_written(struct bufferevent *bev, void *arg)
{
	struct fake *f = arg;

	(void)bev;
	if (f->hang_up && f->commands)
		fake_close(f);
}

static inline void fake_on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct fake *f = arg;
	const struct reply *c;
	size_t n = evbuffer_get_length(in);
	struct why why;

	if (codec_feed(f->codec, str_n((const char *)evbuffer_pullup(in, -1), n), &why))
		abort();
	evbuffer_drain(in, n);
	while (f->codec && codec_next(f->codec, &c, &why) == FAIL_NONE && c)
		fake_command(f, c);
}

static inline void fake_on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev, (void)what;
	fake_close(arg);
}

static inline void fake_on_accept(struct evconnlistener *l, evutil_socket_t fd,
				  struct sockaddr *addr, int len, void *arg)
{
	struct fake *f = arg;

	(void)l, (void)addr, (void)len;
	f->accepted++;
	if (f->refuse) {
		close(fd);
		return;
	}
	fake_close(f);
	f->bev = bufferevent_socket_new(f->base, fd, BEV_OPT_CLOSE_ON_FREE);
	f->codec = codec_new(1 << 20);
	bufferevent_setcb(f->bev, fake_on_read, fake_on_written, fake_on_event, f);
	bufferevent_enable(f->bev, EV_READ | EV_WRITE);
	if (f->greeting)
		fake_send(f, f->greeting);
}

static inline void fake_start(struct fake *f)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	memset(f, 0, sizeof(*f));
	f->base = event_base_new();
	f->info = FAKE_INFO;
	f->auth = "+OK\r\n";
	f->answer = "+PONG\r\n";
	f->dripping = evbuffer_new();
	f->drop = event_new(f->base, -1, 0, fake_on_drop, f);
	snprintf(f->folder, sizeof(f->folder), "/tmp/ark-fake-XXXXXX");
	if (!mkdtemp(f->folder))
		abort();
	snprintf(f->path, sizeof(f->path), "%s/s", f->folder);
	snprintf(f->url, sizeof(f->url), "unix://%s", f->path);
	memcpy(addr.sun_path, f->path, strlen(f->path) + 1);
	f->listener = evconnlistener_new_bind(f->base, fake_on_accept, f,
					      LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, -1,
					      (const struct sockaddr *)&addr, sizeof(addr));
	if (!f->listener)
		abort();
}

static inline void fake_stop(struct fake *f)
{
	fake_close(f);
	evconnlistener_free(f->listener);
	event_free(f->drop);
	evbuffer_free(f->dripping);
	event_base_free(f->base);
	unlink(f->path);
	rmdir(f->folder);
}

#endif
