#include "redis/redis.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <event2/event.h>
#include <event2/util.h>

#include "redis/greet.h"
#include "redis/wire.h"
#include "redis/sentinel.h"

enum { CLOSING_ROUNDS = 8 };

enum state {
	STATE_WAITING,	/* until the timer says "try again" */
	STATE_ASKING,	/* the Sentinels, where the primary is */
	STATE_GREETING, /* dialling and logging in; the timer is the connect deadline */
	STATE_UP,	/* calls are taken */
	STATE_LEAVING,	/* the server is no primary any more: answers that are due still come */
	STATE_CLOSED,	/* for good */
};

/* A call that was not sent and waits for the next turn of the loop to be told so. */
struct refusal {
	void (*fn)(void *arg, const struct reply *reply);
	void *arg;
	const char *words;
};

struct redis {
	struct event_base *base;
	struct arena arena; /* of the options */
	struct redis_url url;
	struct redis_options options;

	enum state state;
	struct event *timer;
	struct wire *wire; /* GREETING, UP, LEAVING */
	struct greeting greeting;
	struct sentinel *sentinel; /* with Sentinels only */
	char host_name[256];	   /* where the wire goes to */
	struct redis_host host;
	unsigned tries;	 /* since it was last up */
	struct why told; /* what `down` was told last; empty when up */

	struct arena server_arena;
	struct redis_server server; /* last seen; kept while down to see changes */
	bool seen;

	struct refusal *refusals;
	size_t refused, refusals_cap;
	struct event *refusing;
	bool *gone; /* set by redis_free for a loop that calls callbacks */

	void (*up)(void *arg, const struct redis_server *server);
	void (*down)(void *arg, const struct why *why);
	void *state_arg;
	void (*message)(void *arg, struct str channel, struct str payload);
	void *message_arg;
};

/* --- states ---------------------------------------------------------------------------------
 * Where a function calls `up` or `down`, it is the last thing that it does: the callback may have
 * freed the client.
 */

static void set_timer(struct redis *r, unsigned ms)
{
	const struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	PROMISE(event_add(r->timer, &tv) == 0);
}

static void set_state(struct redis *r, enum state state)
{
	r->state = state;
	switch (state) {
	case STATE_WAITING:
	case STATE_ASKING:
		wire_free(r->wire);
		r->wire = NULL;
		event_del(r->timer);
		break;
	case STATE_GREETING: set_timer(r, r->options.connect_deadline_ms); break;
	case STATE_UP:
		event_del(r->timer);
		wire_set_limits(r->wire, r->options.max_pending, r->options.max_out_bytes);
		r->tries = 0;
		r->told.text[0] = '\0';
		break;
	case STATE_LEAVING: break;
	case STATE_CLOSED: event_del(r->timer); break;
	}
}

/* 50 ms, 100 ms ... 2 s, each shortened by up to a half: clients of a server that comes back do
 * not come in step. */
static unsigned backoff_ms(struct redis *r)
{
	unsigned ms = REDIS_BACKOFF_MIN_MS;
	uint32_t random;

	for (unsigned i = 0; i < r->tries && ms < REDIS_BACKOFF_MAX_MS; i++)
		ms *= 2;
	if (ms > REDIS_BACKOFF_MAX_MS)
		ms = REDIS_BACKOFF_MAX_MS;
	r->tries++;
	evutil_secure_rng_get_bytes(&random, sizeof(random));
	return ms - random % (ms / 2 + 1);
}

/* Tells `down`, in words that begin with the server; an attempt that fails as the last one did is
 * not told again. */
static void tell_down(struct redis *r, const struct why *why, bool always)
{
	AUTO_BUF url = BUF(REDIS_URL_MAX_BYTES);
	struct why words;

	redis_url_print(&r->url, &url);
	if (r->url.kind == REDIS_SENTINEL && r->host.name.len)
		why_write(&words, "%s (%s:%u): %s", buf_cstr(&url), r->host_name, r->host.port,
			  why->text);
	else
		why_write(&words, "%s: %s", buf_cstr(&url), why->text);
	if (!always && str_eq(why_str(&words), why_str(&r->told)))
		return;
	r->told = words;
	if (r->down)
		r->down(r->state_arg, &words);
}

/* The way back from every state to the next attempt. */
static void fall_back(struct redis *r, const struct why *why)
{
	bool was_up = r->state == STATE_UP || r->state == STATE_LEAVING;

	set_state(r, STATE_WAITING);
	set_timer(r, backoff_ms(r));
	tell_down(r, why, was_up);
}

/* --- connecting -----------------------------------------------------------------------------
 */

static bool differs(struct str a, struct str b)
{
	return a.len && !str_eq(a, b);
}

static void on_greeted(void *arg, const struct server_info *info, const struct why *why)
{
	struct redis *r = arg;
	struct arena arena = ARENA_INIT;
	struct redis_server s;

	if (!info) {
		fall_back(r, why);
		return;
	}
	s = info->server;
	s.changed = r->seen && (!str_eq(s.run_id, r->server.run_id) ||
				differs(s.master_replid, r->server.master_replid));
	s.run_id = arena_str(&arena, s.run_id);
	s.master_replid = arena_str(&arena, s.master_replid);
	s.version = arena_str(&arena, s.version);
	s.maxmemory_policy = arena_str(&arena, s.maxmemory_policy);
	arena_release(&r->server_arena);
	r->server_arena = arena;
	r->server = s;
	r->seen = true;
	set_state(r, STATE_UP);
	if (r->up)
		r->up(r->state_arg, &r->server);
}

static void on_open(void *arg)
{
	struct redis *r = arg;
	struct why why;

	if (greeting_start(&r->greeting, r->wire, &r->options, on_greeted, r, &why))
		fall_back(r, &why);
}

static void on_dead(void *arg, const struct why *why)
{
	struct redis *r = arg;

	if (r->state != STATE_CLOSED)
		fall_back(r, why);
}

/* The server has become a replica, or follows one that is away: the calls that it has still get
 * their answers, then the primary is looked for. */
static void on_error(void *arg, enum reply_error error)
{
	struct redis *r = arg;
	struct why why;

	if (r->state != STATE_UP ||
	    (error != REPLY_ERROR_READONLY && error != REPLY_ERROR_AWAY))
		return;
	set_state(r, STATE_LEAVING);
	why_write(&why, "%s",
		  error == REPLY_ERROR_READONLY ? "the server is no primary any more"
						: "the server cannot answer now");
	wire_finish(r->wire, &why);
}

static void on_message(void *arg, struct str channel, struct str payload)
{
	struct redis *r = arg;

	if (r->message)
		r->message(r->message_arg, channel, payload);
}

static void connect_to(struct redis *r, const struct redis_host *host)
{
	static const struct wire_events events = {
		.open = on_open, .dead = on_dead, .error = on_error, .message = on_message};
	struct wire_options o = {
		.path = r->url.path,
		.tls = r->url.kind == REDIS_TLS,
		.ca_file = r->options.tls_ca_file,
		.reply_deadline_ms = r->options.reply_deadline_ms,
		.max_reply_bytes = r->options.max_reply_bytes,
	};

	wire_free(r->wire);
	r->wire = NULL;
	if (host) {
		PROMISE(host->name.len < sizeof(r->host_name));
		memcpy(r->host_name, host->name.ptr, host->name.len);
		r->host_name[host->name.len] = '\0';
		r->host.name = str_n(r->host_name, host->name.len);
		r->host.port = host->port;
		o.host = r->host;
	}
	set_state(r, STATE_GREETING);
	r->wire = wire_new(r->base, &o, &events, r);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct redis *r = arg;
	struct why why;

	(void)fd, (void)what;
	if (r->state == STATE_GREETING) {
		why_write(&why, "not connected within %u ms", r->options.connect_deadline_ms);
		fall_back(r, &why);
	} else if (r->url.kind == REDIS_SENTINEL) {
		set_state(r, STATE_ASKING);
		sentinel_ask(r->sentinel);
	} else {
		connect_to(r, r->url.host_count ? &r->url.hosts[0] : NULL);
	}
}

static void on_primary(void *arg, const struct redis_host *host)
{
	struct redis *r = arg;
	bool same = r->host.port == host->port && str_eq(r->host.name, host->name);
	struct why why;

	if (same && r->state != STATE_ASKING)
		return;
	if (r->state == STATE_UP || r->state == STATE_LEAVING) {
		why_write(&why, "the Sentinels switched to another primary");
		wire_kill(r->wire, &why); /* on_dead does the rest */
	} else {
		connect_to(r, host);
	}
}

static void on_no_primary(void *arg, const struct why *why)
{
	struct redis *r = arg;

	if (r->state != STATE_ASKING)
		return;
	r->host = (struct redis_host){0};
	fall_back(r, why);
}

/* --- calls ----------------------------------------------------------------------------------
 */

static void on_refusing(evutil_socket_t fd, short what, void *arg)
{
	struct redis *r = arg;
	struct refusal *list = r->refusals;
	size_t n = r->refused;
	bool gone = false;

	(void)fd, (void)what;
	/* Refusals of calls that the callbacks make wait for the next turn. */
	r->refusals = NULL;
	r->refused = r->refusals_cap = 0;
	r->gone = &gone;
	for (size_t i = 0; i < n && !gone; i++) {
		const struct reply reply = {.kind = REPLY_ERROR, .text = str_of(list[i].words)};

		list[i].fn(list[i].arg, &reply);
	}
	if (!gone)
		r->gone = NULL;
	free(list);
}

static void refuse(struct redis *r, void (*fn)(void *arg, const struct reply *reply), void *arg)
{
	if (!fn)
		return;
	if (r->refused == r->refusals_cap) {
		r->refusals_cap = r->refusals_cap ? r->refusals_cap * 2 : 16;
		r->refusals = xrealloc(r->refusals, r->refusals_cap, sizeof(*r->refusals));
	}
	r->refusals[r->refused++] = (struct refusal){
		.fn = fn,
		.arg = arg,
		.words = redis_is_up(r) ? "REFUSED too much waits for Redis already"
					: "REFUSED not connected to Redis",
	};
	/* Not event_active, which would run in this turn: who tries again at once must not keep the
	 * loop from its sockets. */
	if (!event_pending(r->refusing, EV_TIMEOUT, NULL))
		PROMISE(event_add(r->refusing, &(const struct timeval){0}) == 0);
}

void redis_call_deadline(struct redis *r, const struct str *argv, size_t argc,
			 unsigned deadline_ms, void (*fn)(void *arg, const struct reply *reply),
			 void *arg)
{
	PROMISE(argc > 0);
	if (!redis_is_up(r) || !wire_call(r->wire, argv, argc, deadline_ms, fn, arg))
		refuse(r, fn, arg);
}

void redis_call(struct redis *r, const struct str *argv, size_t argc,
		void (*fn)(void *arg, const struct reply *reply), void *arg)
{
	redis_call_deadline(r, argv, argc, 0, fn, arg);
}

void redis_send(struct redis *r, const struct command *c,
		void (*fn)(void *arg, const struct reply *reply), void *arg)
{
	redis_call_deadline(r, c->argv, c->argc, 0, fn, arg);
}

size_t redis_pending(const struct redis *r)
{
	return r->wire ? wire_pending(r->wire) : 0;
}

/* --- making and freeing ---------------------------------------------------------------------
 */

/* Writing to a peer that is gone shall be an error, not the end of the process. OpenSSL and
 * libevent have no flag for it. */
static void ignore_sigpipe(void)
{
	struct sigaction now;

	if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
		signal(SIGPIPE, SIG_IGN);
}

struct redis *redis_new(struct event_base *base, const struct redis_options *options)
{
	struct redis *r = xmalloc(sizeof(*r));
	struct redis_options *o = &r->options;

	PROMISE(options->name.len <= REDIS_NAME_MAX_BYTES);
	ignore_sigpipe();
	r->base = base;
	r->url = redis_url_copy(&r->arena, options->url);
	*o = *options;
	o->url = &r->url;
	o->name = arena_str(&r->arena, o->name);
	o->password_file = arena_str(&r->arena, o->password_file);
	o->tls_ca_file = arena_str(&r->arena, o->tls_ca_file);
	if (!o->connect_deadline_ms)
		o->connect_deadline_ms = REDIS_CONNECT_DEADLINE_MS;
	if (!o->reply_deadline_ms)
		o->reply_deadline_ms = REDIS_REPLY_DEADLINE_MS;
	if (!o->max_pending)
		o->max_pending = REDIS_MAX_PENDING;
	if (!o->max_out_bytes)
		o->max_out_bytes = REDIS_MAX_OUT_BYTES;
	if (!o->max_reply_bytes)
		o->max_reply_bytes = REDIS_MAX_REPLY_BYTES;
	r->timer = evtimer_new(base, on_timer, r);
	r->refusing = evtimer_new(base, on_refusing, r);
	PROMISE(r->timer && r->refusing);
	if (r->url.kind == REDIS_SENTINEL)
		r->sentinel = sentinel_new(base, o, on_primary, on_no_primary, r);
	r->state = r->sentinel ? STATE_ASKING : STATE_WAITING;
	if (!r->sentinel)
		set_timer(r, 0);
	return r;
}

void redis_close(struct redis *r)
{
	struct why why;

	if (!r || r->state == STATE_CLOSED)
		return;
	set_state(r, STATE_CLOSED);
	sentinel_free(r->sentinel);
	r->sentinel = NULL;
	why_write(&why, "closed");
	if (r->wire)
		wire_kill(r->wire, &why);
	/* Who is refused may call again, but not for ever. */
	for (int i = 0; i < CLOSING_ROUNDS && r->refused; i++)
		on_refusing(-1, 0, r);
}

void redis_free(struct redis *r)
{
	if (!r)
		return;
	if (r->gone)
		*r->gone = true;
	wire_free(r->wire);
	sentinel_free(r->sentinel);
	event_free(r->timer);
	event_free(r->refusing);
	free(r->refusals);
	if (r->url.password.len)
		explicit_bzero((char *)(uintptr_t)r->url.password.ptr, r->url.password.len);
	arena_release(&r->arena);
	arena_release(&r->server_arena);
	free(r);
}

void redis_on_state(struct redis *r, void (*up)(void *arg, const struct redis_server *server),
		    void (*down)(void *arg, const struct why *why), void *arg)
{
	r->up = up;
	r->down = down;
	r->state_arg = arg;
}

bool redis_is_up(const struct redis *r)
{
	/* While the waiting calls of a lost connection get their NULLs it is down already. */
	return r->state == STATE_UP && wire_is_open(r->wire);
}

const struct redis_server *redis_server(const struct redis *r)
{
	return redis_is_up(r) ? &r->server : NULL;
}

void redis_on_message(struct redis *r,
		      void (*fn)(void *arg, struct str channel, struct str payload), void *arg)
{
	r->message = fn;
	r->message_arg = arg;
}
