#include "redis/sentinel.h"

#include <stdlib.h>
#include <string.h>
#include <event2/event.h>

#include "redis/greet.h"
#include "redis/wire.h"

enum { SENTINEL_MAX_REPLY_BYTES = 1024 * 1024 };

struct sentinel {
	struct event_base *base;
	const struct redis_options *options;
	const struct redis_url *url;
	size_t at;	    /* the host that is being asked */
	size_t failed;	    /* hosts in a row that could not say */
	struct wire *watch; /* subscribed to +switch-master */
	struct wire *ask;
	bool watching;	/* the subscription is confirmed */
	bool asking;	/* found or lost will be called; the timer is the host's deadline */
	bool with_auth; /* a Sentinel wanted a password */
	struct event *timer;
	void (*found)(void *arg, const struct redis_host *host);
	void (*lost)(void *arg, const struct why *why);
	void *arg;
};

/* Where found or lost is called, it is the last thing: the callee may free the sentinel. */

static void set_timer(struct sentinel *s, unsigned ms)
{
	const struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	PROMISE(event_add(s->timer, &tv) == 0);
}

static void drop_ask(struct sentinel *s)
{
	wire_free(s->ask);
	s->ask = NULL;
}

static void drop_watch(struct sentinel *s)
{
	wire_free(s->watch);
	s->watch = NULL;
	s->watching = false;
}

static void start(struct sentinel *s);

static void host_failed(struct sentinel *s, const char *what, const struct why *why)
{
	const struct redis_host *h = &s->url->hosts[s->at];
	struct why words;

	why_write(&words, "Sentinel %.*s:%u: %s%s", STR_ARG(h->name), h->port, what,
		  why ? why->text : "");
	drop_ask(s);
	drop_watch(s);
	s->at = (s->at + 1) % s->url->host_count;
	if (++s->failed < s->url->host_count) {
		start(s);
		return;
	}
	s->failed = 0;
	s->asking = false;
	set_timer(s, SENTINEL_PAUSE_MS);
	s->lost(s->arg, &words);
}

/* An error of a Sentinel. When it wants a password, the same host is tried again with one. */
static void host_refused(struct sentinel *s, const struct reply *r)
{
	struct why why;

	if (str_is(reply_error_prefix(r), "NOAUTH") && !s->with_auth) {
		s->with_auth = true;
		drop_ask(s);
		drop_watch(s);
		start(s);
		return;
	}
	why_write(&why, "%.*s", STR_ARG(r->text));
	host_failed(s, "it says: ", &why);
}

/* On each wire to a Sentinel that wants one, the password comes first. Its answer does not matter:
 * the command that follows shows whether we are in. */
static void log_in(struct sentinel *s, struct wire *wire)
{
	AUTO_BUF password = BUF(PASSWORD_MAX_BYTES);

	if (!s->with_auth || password_read(s->options, &password, NULL))
		return;
	auth_send(wire, s->options, buf_str(&password), NULL, NULL);
	if (password.ptr)
		explicit_bzero(password.ptr, password.cap);
}

/* --- asking ---------------------------------------------------------------------------------
 */

static enum fail read_address(struct str name, struct str port, struct redis_host *ret_host)
{
	uint64_t n;

	if (name.len == 0 || name.len > 255 || !str_to_u64(port, &n) || n == 0 ||
	    n > UINT16_MAX)
		return FAIL_INPUT;
	*ret_host = (struct redis_host){.name = name, .port = (uint16_t)n};
	return FAIL_NONE;
}

static void on_address(void *arg, const struct reply *r)
{
	struct sentinel *s = arg;
	const struct reply *name = reply_item(r, 0), *port = reply_item(r, 1);
	struct redis_host host;

	if (!r)
		return; /* on_ask_dead follows */
	if (r->kind == REPLY_ERROR) {
		host_refused(s, r);
		return;
	}
	if (!name || !port || read_address(name->text, port->text, &host)) {
		host_failed(s, "it does not know the primary of this name", NULL);
		return;
	}
	s->asking = false;
	s->failed = 0;
	event_del(s->timer);
	drop_ask(s); /* the reply lives on until this callback ends */
	s->found(s->arg, &host);
}

static void on_ask_open(void *arg)
{
	struct sentinel *s = arg;
	const struct str argv[] = {STR("SENTINEL"), STR("GET-MASTER-ADDR-BY-NAME"),
				   s->url->master};

	log_in(s, s->ask);
	PROMISE(wire_call(s->ask, argv, 3, 0, on_address, s));
}

static void on_ask_dead(void *arg, const struct why *why)
{
	host_failed(arg, "", why);
}

static struct wire *dial(struct sentinel *s, const struct wire_events *events)
{
	const struct wire_options o = {
		.host = s->url->hosts[s->at],
		.reply_deadline_ms = SENTINEL_DEADLINE_MS,
		.max_reply_bytes = SENTINEL_MAX_REPLY_BYTES,
	};

	return wire_new(s->base, &o, events, s);
}

static void open_ask(struct sentinel *s)
{
	static const struct wire_events events = {.open = on_ask_open, .dead = on_ask_dead};

	drop_ask(s);
	s->ask = dial(s, &events);
}

/* --- watching -------------------------------------------------------------------------------
 */

static void on_subscribed(void *arg, const struct reply *r)
{
	struct sentinel *s = arg;

	if (!r)
		return; /* on_watch_dead follows */
	if (r->kind == REPLY_ERROR) {
		host_refused(s, r);
		return;
	}
	s->watching = true;
	open_ask(s);
}

static void on_watch_open(void *arg)
{
	struct sentinel *s = arg;
	const struct str argv[] = {STR("SUBSCRIBE"), STR("+switch-master")};

	log_in(s, s->watch);
	PROMISE(wire_call(s->watch, argv, 2, 0, on_subscribed, s));
}

static void on_watch_dead(void *arg, const struct why *why)
{
	struct sentinel *s = arg;

	if (s->asking) {
		host_failed(s, "", why);
		return;
	}
	/* Nobody waits for an answer, but a switch would be missed: watch another one soon. */
	drop_watch(s);
	s->at = (s->at + 1) % s->url->host_count;
	set_timer(s, SENTINEL_PAUSE_MS);
}

/* "<name> <old address> <old port> <new address> <new port>" */
static void on_switch(void *arg, struct str channel, struct str payload)
{
	struct sentinel *s = arg;
	struct str field[5];
	struct redis_host host;

	(void)channel;
	for (size_t i = 0; i < 5; i++)
		if (!str_next(&payload, ' ', &field[i]))
			return;
	if (str_eq(field[0], s->url->master) && !read_address(field[3], field[4], &host))
		s->found(s->arg, &host);
}

static void start(struct sentinel *s)
{
	static const struct wire_events events = {
		.open = on_watch_open, .dead = on_watch_dead, .message = on_switch};

	s->asking = true;
	set_timer(s, SENTINEL_DEADLINE_MS);
	if (s->watching) {
		open_ask(s);
		return;
	}
	drop_watch(s);
	s->watch = dial(s, &events);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct sentinel *s = arg;

	(void)fd, (void)what;
	if (s->asking)
		host_failed(s, "no answer in time", NULL);
	else
		start(s);
}

/* --- making and freeing ---------------------------------------------------------------------
 */

struct sentinel *sentinel_new(struct event_base *base, const struct redis_options *options,
			      void (*found)(void *arg, const struct redis_host *host),
			      void (*lost)(void *arg, const struct why *why), void *arg)
{
	struct sentinel *s = xmalloc(sizeof(*s));

	s->base = base;
	s->options = options;
	s->url = options->url;
	s->found = found;
	s->lost = lost;
	s->arg = arg;
	s->timer = evtimer_new(base, on_timer, s);
	PROMISE(s->timer && s->url->host_count > 0);
	start(s);
	return s;
}

void sentinel_free(struct sentinel *s)
{
	if (!s)
		return;
	wire_free(s->ask);
	wire_free(s->watch);
	event_free(s->timer);
	free(s);
}

void sentinel_ask(struct sentinel *s)
{
	if (!s->asking && !event_pending(s->timer, EV_TIMEOUT, NULL))
		start(s);
}
