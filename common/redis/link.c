#include "redis/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/ssl.h>

#include "process/clock.h"
#include "redis/codec.h"
#include "redis/dial.h"
#include "redis/tls.h"

enum {
	LINK_FEED_BYTES = 16 * 1024,	/* what the codec gets at once */
	LINK_WRITE_BYTES = 1024 * 1024, /* what one turn of the loop writes at most */
};

/* A call that waits for its answer. */
struct waiting {
	void (*fn)(void *arg, const struct reply *reply);
	void *arg;
	unsigned deadline_ms;
	unsigned answers; /* SUBSCRIBE of n channels has n */
};

struct link {
	struct event_base *base;
	struct link_options options;
	struct link_events events;
	void *arg;

	struct dial *dial;	 /* until connected */
	struct bufferevent *bev; /* from then on */
	struct codec *codec;
	bool open;	/* takes calls */
	bool finishing; /* dies when the queue is empty */
	bool pubsub;	/* a SUBSCRIBE was sent: messages may come */
	bool dead;	/* `dead` was called or is about to be */
	struct why why; /* of finishing */

	struct waiting *queue; /* a ring: cap is a power of two */
	size_t head, count, cap;

	struct event *timer; /* while answers are due */
	bool timer_set;
	int64_t timer_at_ms;
	int64_t progress_ms; /* the last time that bytes came, or that the queue was empty */

	unsigned depth; /* callbacks that run now */
	bool freed;	/* link_free was called by one of them */
};

/* --- life and death -------------------------------------------------------------------------
 */

static void stop(struct link *l)
{
	l->open = false;
	dial_free(l->dial);
	l->dial = NULL;
	if (l->bev)
		bufferevent_free(l->bev);
	l->bev = NULL;
	event_del(l->timer);
	l->timer_set = false;
}

static void destroy(struct link *l)
{
	codec_free(l->codec);
	event_free(l->timer);
	free(l->queue);
	free(l);
}

static void enter(struct link *l)
{
	l->depth++;
}

/* After the last callback on the way out a freed link goes. */
static void leave(struct link *l)
{
	if (--l->depth == 0 && l->freed)
		destroy(l);
}

void link_free(struct link *l)
{
	if (!l)
		return;
	stop(l);
	l->freed = l->dead = true;
	if (l->depth == 0)
		destroy(l);
}

static struct waiting *oldest(struct link *l)
{
	return &l->queue[l->head];
}

static struct waiting take_oldest(struct link *l)
{
	struct waiting w = *oldest(l);

	l->head = (l->head + 1) & (l->cap - 1);
	l->count--;
	return w;
}

static void die(struct link *l, const struct why *why)
{
	if (l->dead)
		return;
	l->dead = true;
	enter(l);
	stop(l);
	while (l->count && !l->freed) {
		struct waiting w = take_oldest(l);

		if (w.fn)
			w.fn(w.arg, NULL);
	}
	if (!l->freed)
		l->events.dead(l->arg, why);
	leave(l);
}

static void die_words(struct link *l, const char *words)
{
	struct why why;

	why_write(&why, "%s", words);
	die(l, &why);
}

/* --- the deadline: silence while an answer is due -------------------------------------------
 */

static void watch(struct link *l)
{
	int64_t at, wait;
	struct timeval tv;

	if (l->count == 0)
		return; /* a timer that is set runs out once and finds nothing to do */
	at = l->progress_ms + oldest(l)->deadline_ms;
	if (l->timer_set && l->timer_at_ms <= at)
		return; /* it will look again */
	wait = at - process_mono_ms();
	if (wait < 0)
		wait = 0;
	tv.tv_sec = (time_t)(wait / 1000);
	tv.tv_usec = (suseconds_t)(wait % 1000 * 1000);
	PROMISE(event_add(l->timer, &tv) == 0);
	l->timer_set = true;
	l->timer_at_ms = at;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	struct why why;
	unsigned deadline_ms;

	(void)fd, (void)what;
	l->timer_set = false;
	if (l->count == 0)
		return;
	deadline_ms = oldest(l)->deadline_ms;
	if (process_mono_ms() < l->progress_ms + deadline_ms) {
		watch(l);
		return;
	}
	why_write(&why, "no answer for %u ms", deadline_ms);
	die(l, &why);
}

/* --- answers --------------------------------------------------------------------------------
 */

/* RESP2 sends messages of channels as arrays between the answers. */
static bool is_message(const struct link *l, const struct reply *r, struct str *ret_channel,
		       struct str *ret_payload)
{
	const struct reply *kind = reply_item(r, 0);

	if (!l->pubsub || !kind)
		return false;
	if (r->count == 3 && reply_is(kind, "message")) {
		*ret_channel = r->items[1].text;
		*ret_payload = r->items[2].text;
		return true;
	}
	if (r->count == 4 && reply_is(kind, "pmessage")) {
		*ret_channel = r->items[2].text;
		*ret_payload = r->items[3].text;
		return true;
	}
	return false;
}

static void deliver(struct link *l, const struct reply *r)
{
	struct str channel, payload;
	enum reply_error error;
	struct waiting w;

	if (is_message(l, r, &channel, &payload)) {
		if (l->events.message)
			l->events.message(l->arg, channel, payload);
		return;
	}
	if (l->count == 0) {
		die_words(l, "Redis sent an answer that nobody asked for");
		return;
	}
	error = reply_error(r);
	if (error == REPLY_ERROR_NONE && oldest(l)->answers > 1) {
		oldest(l)->answers--;
		return;
	}
	w = take_oldest(l);
	if (w.fn)
		w.fn(w.arg, r);
	if (error != REPLY_ERROR_NONE && !l->dead && l->events.error)
		l->events.error(l->arg, error);
}

/* Feeds what came to the codec, piece by piece, and delivers what is whole. */
static void read_all(struct link *l)
{
	while (!l->dead) {
		struct evbuffer *in = bufferevent_get_input(l->bev);
		size_t n = evbuffer_get_contiguous_space(in);
		const struct reply *r = NULL;
		struct why why;
		enum fail f;

		if (n == 0)
			return;
		if (n > LINK_FEED_BYTES)
			n = LINK_FEED_BYTES;
		f = codec_feed(l->codec,
			       str_n((const char *)evbuffer_pullup(in, (ev_ssize_t)n), n),
			       &why);
		evbuffer_drain(in, n);
		while (!f && !l->dead) {
			f = codec_next(l->codec, &r, &why);
			if (f || !r)
				break;
			deliver(l, r);
		}
		if (f)
			die(l, &why);
	}
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct link *l = arg;

	(void)bev;
	enter(l);
	l->progress_ms = process_mono_ms();
	read_all(l);
	if (!l->dead && l->finishing && l->count == 0)
		die(l, &l->why);
	if (!l->dead)
		watch(l);
	leave(l);
}

/* --- connecting -----------------------------------------------------------------------------
 */

static void opened(struct link *l)
{
	l->open = true;
	enter(l);
	l->events.open(l->arg);
	leave(l);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct link *l = arg;
	int error = errno;
	const char *words = error ? strerror(error) : "connection lost";
	struct why why;

	if (what & BEV_EVENT_CONNECTED) { /* TLS only: dial connects */
		opened(l);
		return;
	}
	if (what & BEV_EVENT_EOF)
		words = "the server closed the connection";
	if (l->options.tls && (what & BEV_EVENT_ERROR))
		tls_words(bufferevent_openssl_get_ssl(bev), bufferevent_get_openssl_error(bev),
			  words, &why);
	else
		why_write(&why, "%s", words);
	die(l, &why);
}

static enum fail start_transport(struct link *l, int fd, struct why *why)
{
	SSL *ssl;
	enum fail f;

	if (!l->options.tls) {
		l->bev = bufferevent_socket_new(l->base, fd, BEV_OPT_CLOSE_ON_FREE);
	} else {
		f = tls_client(l->options.host.name, l->options.ca_file, &ssl, why);
		if (f) {
			close(fd);
			return f;
		}
		l->bev = bufferevent_openssl_socket_new(
			l->base, fd, ssl, BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
	}
	PROMISE(l->bev);
	bufferevent_setcb(l->bev, on_read, NULL, on_event, l);
	/* All that a turn of the loop brought together leaves in one write. */
	bufferevent_set_max_single_write(l->bev, LINK_WRITE_BYTES);
	PROMISE(bufferevent_enable(l->bev, EV_READ | EV_WRITE) == 0);
	return FAIL_NONE;
}

static void on_dialled(void *arg, int fd, const struct why *why)
{
	struct link *l = arg;
	struct why words;

	dial_free(l->dial);
	l->dial = NULL;
	if (fd < 0)
		die(l, why);
	else if (start_transport(l, fd, &words))
		die(l, &words);
	else if (!l->options.tls)
		opened(l);
}

struct link *link_new(struct event_base *base, const struct link_options *options,
		      const struct link_events *events, void *arg)
{
	struct link *l = xmalloc(sizeof(*l));

	l->base = base;
	l->options = *options;
	l->events = *events;
	l->arg = arg;
	l->codec = codec_new(options->max_reply_bytes);
	l->timer = evtimer_new(base, on_timer, l);
	PROMISE(l->timer);
	l->dial = options->path.len ? dial_unix(base, options->path, on_dialled, l)
				    : dial_host(base, &options->host, on_dialled, l);
	return l;
}

/* --- calls ----------------------------------------------------------------------------------
 */

static void push(struct link *l, const struct waiting *w)
{
	if (l->count == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 16;
		struct waiting *queue = xcalloc(cap, sizeof(*queue));

		for (size_t i = 0; i < l->count; i++)
			queue[i] = l->queue[(l->head + i) & (l->cap - 1)];
		free(l->queue);
		l->queue = queue;
		l->head = 0;
		l->cap = cap;
	}
	l->queue[(l->head + l->count++) & (l->cap - 1)] = *w;
}

static bool is_subscription(struct str name)
{
	return str_eq_nocase(name, STR("SUBSCRIBE")) ||
	       str_eq_nocase(name, STR("PSUBSCRIBE")) ||
	       str_eq_nocase(name, STR("UNSUBSCRIBE")) ||
	       str_eq_nocase(name, STR("PUNSUBSCRIBE"));
}

bool link_call(struct link *l, const struct str *argv, size_t argc, unsigned deadline_ms,
	       void (*fn)(void *arg, const struct reply *reply), void *arg)
{
	struct waiting w = {.fn = fn, .arg = arg, .answers = 1};
	struct evbuffer *out;
	size_t bytes;

	if (!l->open || l->finishing || l->count >= l->options.max_pending)
		return false;
	out = bufferevent_get_output(l->bev);
	bytes = evbuffer_get_length(out);
	for (size_t i = 0; i < argc; i++)
		bytes += argv[i].len;
	if (bytes > l->options.max_out_bytes)
		return false;
	if (is_subscription(argv[0])) {
		l->pubsub = true;
		w.answers = argc > 2 ? (unsigned)(argc - 1) : 1;
	}
	w.deadline_ms = deadline_ms ? deadline_ms : l->options.reply_deadline_ms;
	codec_write(out, argv, argc);
	if (l->count == 0)
		l->progress_ms = process_mono_ms();
	push(l, &w);
	watch(l);
	return true;
}

void link_finish(struct link *l, const struct why *why)
{
	PROMISE(l->depth > 0 || l->count > 0); /* else nothing would notice the empty queue */
	l->finishing = true;
	l->why = *why;
}

void link_kill(struct link *l, const struct why *why)
{
	die(l, why);
}

size_t link_pending(const struct link *l)
{
	return l->count;
}
