#include "redis/wire.h"

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
	WIRE_FEED_BYTES = 16 * 1024,	/* what the codec gets at once */
	WIRE_WRITE_BYTES = 1024 * 1024, /* what one turn of the loop writes at most */
};

/* A call that waits for its answer. */
struct waiting {
	void (*fn)(void *arg, const struct reply *reply);
	void *arg;
	unsigned deadline_ms;
	unsigned answers; /* SUBSCRIBE of n channels has n */
};

struct wire {
	struct event_base *base;
	struct wire_options options;
	struct wire_events events;
	void *arg;

	struct dial *dial;	 /* until connected */
	struct bufferevent *bev; /* from then on */
	struct codec *codec;
	bool open;	/* takes calls */
	bool finishing; /* dies when the queue is empty */
	bool pubsub;	/* a SUBSCRIBE was sent: messages may come */
	bool dead;	/* `dead` was called or is about to be */
	struct why why; /* of finishing */
	size_t max_pending, max_out_bytes;

	struct waiting *queue; /* a ring: cap is a power of two */
	size_t head, count, cap;

	struct event *timer; /* while answers are due */
	bool timer_set;
	int64_t timer_at_ms;
	int64_t progress_ms; /* the last time that bytes came, or that the queue was empty */

	unsigned depth; /* callbacks that run now */
	bool freed;	/* wire_free was called by one of them */
};

/* --- life and death -------------------------------------------------------------------------
 */

static void stop(struct wire *w)
{
	w->open = false;
	dial_free(w->dial);
	w->dial = NULL;
	if (w->bev)
		bufferevent_free(w->bev);
	w->bev = NULL;
	event_del(w->timer);
	w->timer_set = false;
}

static void destroy(struct wire *w)
{
	codec_free(w->codec);
	event_free(w->timer);
	free(w->queue);
	free(w);
}

static void enter(struct wire *w)
{
	w->depth++;
}

/* After the last callback on the way out a freed wire goes. */
static void leave(struct wire *w)
{
	if (--w->depth == 0 && w->freed)
		destroy(w);
}

void wire_free(struct wire *w)
{
	if (!w)
		return;
	stop(w);
	w->freed = w->dead = true;
	if (w->depth == 0)
		destroy(w);
}

static struct waiting *oldest(struct wire *w)
{
	return &w->queue[w->head];
}

static struct waiting take_oldest(struct wire *w)
{
	struct waiting call = *oldest(w);

	w->head = (w->head + 1) & (w->cap - 1);
	w->count--;
	return call;
}

static void die(struct wire *w, const struct why *why)
{
	if (w->dead)
		return;
	w->dead = true;
	enter(w);
	stop(w);
	while (w->count && !w->freed) {
		struct waiting call = take_oldest(w);

		if (call.fn)
			call.fn(call.arg, NULL);
	}
	if (!w->freed)
		w->events.dead(w->arg, why);
	leave(w);
}

static void die_words(struct wire *w, const char *words)
{
	struct why why;

	why_write(&why, "%s", words);
	die(w, &why);
}

/* --- the deadline: silence while an answer is due -------------------------------------------
 */

static void watch(struct wire *w)
{
	int64_t at, wait;
	struct timeval tv;

	if (w->count == 0)
		return; /* a timer that is set runs out once and finds nothing to do */
	at = w->progress_ms + oldest(w)->deadline_ms;
	if (w->timer_set && w->timer_at_ms <= at)
		return; /* it will look again */
	wait = at - process_mono_ms();
	if (wait < 0)
		wait = 0;
	tv.tv_sec = (time_t)(wait / 1000);
	tv.tv_usec = (suseconds_t)(wait % 1000 * 1000);
	PROMISE(event_add(w->timer, &tv) == 0);
	w->timer_set = true;
	w->timer_at_ms = at;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct wire *w = arg;
	struct why why;
	unsigned deadline_ms;

	(void)fd, (void)what;
	w->timer_set = false;
	if (w->count == 0)
		return;
	deadline_ms = oldest(w)->deadline_ms;
	if (process_mono_ms() < w->progress_ms + deadline_ms) {
		watch(w);
		return;
	}
	why_write(&why, "no answer for %u ms", deadline_ms);
	die(w, &why);
}

/* --- answers --------------------------------------------------------------------------------
 */

/* RESP2 sends messages of channels as arrays between the answers. */
static bool is_message(const struct wire *w, const struct reply *r, struct str *ret_channel,
		       struct str *ret_payload)
{
	const struct reply *kind = reply_item(r, 0);

	if (!w->pubsub || !kind)
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

static void deliver(struct wire *w, const struct reply *r)
{
	struct str channel, payload;
	enum reply_error error;
	struct waiting call;

	if (is_message(w, r, &channel, &payload)) {
		if (w->events.message)
			w->events.message(w->arg, channel, payload);
		return;
	}
	if (w->count == 0) {
		die_words(w, "Redis sent an answer that nobody asked for");
		return;
	}
	error = reply_error(r);
	if (error == REPLY_ERROR_NONE && oldest(w)->answers > 1) {
		oldest(w)->answers--;
		return;
	}
	call = take_oldest(w);
	if (call.fn)
		call.fn(call.arg, r);
	if (error != REPLY_ERROR_NONE && !w->dead && w->events.error)
		w->events.error(w->arg, error);
}

/* Feeds what came to the codec, piece by piece, and delivers what is whole. */
static void read_all(struct wire *w)
{
	while (!w->dead) {
		struct evbuffer *in = bufferevent_get_input(w->bev);
		size_t n = evbuffer_get_contiguous_space(in);
		const struct reply *r = NULL;
		struct why why;
		enum fail f;

		if (n == 0)
			return;
		if (n > WIRE_FEED_BYTES)
			n = WIRE_FEED_BYTES;
		f = codec_feed(w->codec,
			       str_n((const char *)evbuffer_pullup(in, (ev_ssize_t)n), n),
			       &why);
		evbuffer_drain(in, n);
		while (!f && !w->dead) {
			f = codec_next(w->codec, &r, &why);
			if (f || !r)
				break;
			deliver(w, r);
		}
		if (f)
			die(w, &why);
	}
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct wire *w = arg;

	(void)bev;
	enter(w);
	w->progress_ms = process_mono_ms();
	read_all(w);
	if (!w->dead && w->finishing && w->count == 0)
		die(w, &w->why);
	if (!w->dead)
		watch(w);
	leave(w);
}

/* --- connecting -----------------------------------------------------------------------------
 */

static void opened(struct wire *w)
{
	w->open = true;
	enter(w);
	w->events.open(w->arg);
	leave(w);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct wire *w = arg;
	int error = errno;
	const char *words = error ? strerror(error) : "connection lost";
	struct why why;

	if (what & BEV_EVENT_CONNECTED) { /* TLS only: dial connects */
		opened(w);
		return;
	}
	if (what & BEV_EVENT_EOF)
		words = "the server closed the connection";
	if (w->options.tls && (what & BEV_EVENT_ERROR))
		tls_words(bufferevent_openssl_get_ssl(bev), bufferevent_get_openssl_error(bev),
			  words, &why);
	else
		why_write(&why, "%s", words);
	die(w, &why);
}

static enum fail start_transport(struct wire *w, int fd, struct why *why)
{
	SSL *ssl;
	enum fail f;

	if (!w->options.tls) {
		w->bev = bufferevent_socket_new(w->base, fd, BEV_OPT_CLOSE_ON_FREE);
	} else {
		f = tls_client(w->options.host.name, w->options.ca_file, &ssl, why);
		if (f) {
			close(fd);
			return f;
		}
		w->bev = bufferevent_openssl_socket_new(
			w->base, fd, ssl, BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
	}
	PROMISE(w->bev);
	bufferevent_setcb(w->bev, on_read, NULL, on_event, w);
	/* All that a turn of the loop brought together leaves in one write. */
	bufferevent_set_max_single_write(w->bev, WIRE_WRITE_BYTES);
	PROMISE(bufferevent_enable(w->bev, EV_READ | EV_WRITE) == 0);
	return FAIL_NONE;
}

static void on_dialled(void *arg, int fd, const struct why *why)
{
	struct wire *w = arg;
	struct why words;

	dial_free(w->dial);
	w->dial = NULL;
	if (fd < 0)
		die(w, why);
	else if (start_transport(w, fd, &words))
		die(w, &words);
	else if (!w->options.tls)
		opened(w);
}

struct wire *wire_new(struct event_base *base, const struct wire_options *options,
		      const struct wire_events *events, void *arg)
{
	struct wire *w = xmalloc(sizeof(*w));

	w->base = base;
	w->options = *options;
	w->events = *events;
	w->arg = arg;
	w->max_pending = WIRE_LOGIN_PENDING;
	w->max_out_bytes = WIRE_LOGIN_OUT_BYTES;
	w->codec = codec_new(options->max_reply_bytes);
	w->timer = evtimer_new(base, on_timer, w);
	PROMISE(w->timer);
	w->dial = options->path.len ? dial_unix(base, options->path, on_dialled, w)
				    : dial_host(base, &options->host, on_dialled, w);
	return w;
}

void wire_set_limits(struct wire *w, size_t max_pending, size_t max_out_bytes)
{
	w->max_pending = max_pending;
	w->max_out_bytes = max_out_bytes;
}

/* --- calls ----------------------------------------------------------------------------------
 */

static void push(struct wire *w, const struct waiting *call)
{
	if (w->count == w->cap) {
		size_t cap = w->cap ? w->cap * 2 : 16;
		struct waiting *queue = xcalloc(cap, sizeof(*queue));

		for (size_t i = 0; i < w->count; i++)
			queue[i] = w->queue[(w->head + i) & (w->cap - 1)];
		free(w->queue);
		w->queue = queue;
		w->head = 0;
		w->cap = cap;
	}
	w->queue[(w->head + w->count++) & (w->cap - 1)] = *call;
}

static bool is_subscription(struct str name)
{
	return str_eq_nocase(name, STR("SUBSCRIBE")) ||
	       str_eq_nocase(name, STR("PSUBSCRIBE")) ||
	       str_eq_nocase(name, STR("UNSUBSCRIBE")) ||
	       str_eq_nocase(name, STR("PUNSUBSCRIBE"));
}

bool wire_call(struct wire *w, const struct str *argv, size_t argc, unsigned deadline_ms,
	       void (*fn)(void *arg, const struct reply *reply), void *arg)
{
	struct waiting call = {.fn = fn, .arg = arg, .answers = 1};
	struct evbuffer *out;
	size_t bytes;

	if (!wire_is_open(w) || w->count >= w->max_pending)
		return false;
	out = bufferevent_get_output(w->bev);
	bytes = evbuffer_get_length(out);
	for (size_t i = 0; i < argc; i++)
		bytes += argv[i].len;
	if (bytes > w->max_out_bytes)
		return false;
	if (is_subscription(argv[0])) {
		w->pubsub = true;
		call.answers = argc > 2 ? (unsigned)(argc - 1) : 1;
	}
	call.deadline_ms = deadline_ms ? deadline_ms : w->options.reply_deadline_ms;
	codec_write(out, argv, argc);
	if (w->count == 0)
		w->progress_ms = process_mono_ms();
	push(w, &call);
	watch(w);
	return true;
}

void wire_finish(struct wire *w, const struct why *why)
{
	PROMISE(w->depth > 0 || w->count > 0); /* else nothing would notice the empty queue */
	w->finishing = true;
	w->why = *why;
}

void wire_kill(struct wire *w, const struct why *why)
{
	die(w, why);
}

bool wire_is_open(const struct wire *w)
{
	return w->open && !w->finishing;
}

size_t wire_pending(const struct wire *w)
{
	return w->count;
}
