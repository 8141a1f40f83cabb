/* Connections: opening, deadlines, closing. */
#include "http/http_conn.h"

#include <event2/bufferevent_ssl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "process/clock.h"

enum {
	LINGER_MS = 2000,
	FLUSH_MS = 30000, /* an answer must make progress within this */
	INPUT_MAX = 2 * HTTP_SERVER_MAX_HEAD,
	KERNEL_UNSENT = 32 * 1024,
	OUTPUT_CHUNK = 256 * 1024, /* for one turn of the loop; libevent's own is 16 KiB */
};

/* --- states and deadlines -------------------------------------------------------------------
 */

static void set_timer(struct http_conn *c, int64_t ms)
{
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	event_add(&c->timer, &tv);
}

static size_t waiting(const struct http_conn *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->bev));
}

void conn_enter(struct http_conn *c, enum conn_state state)
{
	const struct http_server_options *o = &c->server->options;

	if (state == CONN_STREAM)
		c->server->stats.streams++;
	if (c->state == CONN_STREAM)
		c->server->stats.streams--;
	c->state = state;
	switch (state) {
	case CONN_IDLE:
		c->scanned = 0;
		set_timer(c, o->idle_ms);
		break;
	case CONN_HEAD: set_timer(c, o->head_ms); break;
	case CONN_BODY: set_timer(c, o->body_ms); break;
	case CONN_HANDLING: event_del(&c->timer); break;
	case CONN_STREAM: conn_arm_stream(c); break;
	case CONN_FLUSH:
		c->flush_left = waiting(c);
		set_timer(c, FLUSH_MS);
		break;
	case CONN_LINGER: set_timer(c, LINGER_MS); break;
	}
}

void conn_arm_stream(struct http_conn *c)
{
	int64_t at = INT64_MAX, now = process_mono_ms();

	if (c->comment_ms)
		at = c->write_ms + c->comment_ms;
	if (c->stall_at_ms && c->stall_at_ms < at)
		at = c->stall_at_ms;
	if (c->dead)
		at = now;
	if (at == INT64_MAX)
		event_del(&c->timer);
	else
		set_timer(c, at > now ? at - now : 0);
}

static void stream_deadline(struct http_conn *c)
{
	int64_t now = process_mono_ms();

	if (c->dead || (c->stall_at_ms && now >= c->stall_at_ms)) {
		c->server->stats.slow_clients++;
		conn_free(c);
		return;
	}
	if (c->comment_ms && now >= c->write_ms + c->comment_ms) {
		/* Data that waits is sign of life enough. */
		if (waiting(c))
			c->write_ms = now;
		else
			exchange_write(c->x, STR(": keep-alive\n\n"));
	}
	conn_arm_stream(c);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct http_conn *c = arg;

	(void)fd;
	(void)what;
	switch (c->state) {
	case CONN_IDLE:
	case CONN_LINGER: conn_free(c); return;
	case CONN_HEAD:
		c->server->stats.timeouts++;
		if (evbuffer_get_length(bufferevent_get_input(c->bev)) == 0)
			conn_free(c);
		else
			conn_refuse(c, 408, "the request's head took too long");
		return;
	case CONN_BODY:
		c->server->stats.timeouts++;
		conn_refuse(c, 408, "the request's body took too long");
		return;
	case CONN_STREAM: stream_deadline(c); return;
	case CONN_FLUSH:
		if (waiting(c) < c->flush_left) {
			conn_enter(c, CONN_FLUSH);
			return;
		}
		c->server->stats.slow_clients++;
		conn_free(c);
		return;
	case CONN_HANDLING: BROKEN("a handler has no deadline");
	}
}

/* --- the end --------------------------------------------------------------------------------
 */

/* The exchange ends without an answer of its handler. */
static void drop_exchange(struct http_conn *c)
{
	struct exchange *x = c->x;

	if (!x)
		return;
	if (x->on_close)
		x->on_close(x->on_close_arg);
	c->x = NULL;
	exchange_free(x);
}

void conn_free(struct http_conn *c)
{
	struct http_server *s = c->server;

	drop_exchange(c);
	if (c->state == CONN_STREAM)
		s->stats.streams--;
	LIST_REMOVE(c, link);
	event_del(&c->timer);
	bufferevent_free(c->bev);
	if (c->surplus)
		s->surplus--;
	else
		s->stats.connections--;
	free(c);
}

void conn_refuse(struct http_conn *c, int status, const char *words)
{
	AUTO_BUF body = BUF(WHY_MAX_BYTES);

	drop_exchange(c);
	c->keep_alive = false;
	c->unread = true;
	answer_error_body(&body, str_of(words));
	answer_head(c, false, status, "application/json", (struct http_fields){0},
		    (int64_t)body.len);
	bufferevent_write(c->bev, body.ptr, body.len);
	if (status < 500 && status != 408)
		c->server->stats.bad_requests++;
	conn_enter(c, CONN_FLUSH);
}

/* Everything is sent. */
static void flushed(struct http_conn *c)
{
	if (c->server->draining)
		c->keep_alive = false;
	if (c->keep_alive && !c->pipelined) {
		conn_enter(c, CONN_IDLE);
		conn_read(c);
	} else if (c->keep_alive) {
		c->pipelined = false;
		conn_refuse(c, 400, "a request came before the answer to the last one");
	} else if (c->unread) {
		if (!c->tls)
			shutdown(bufferevent_getfd(c->bev), SHUT_WR);
		conn_enter(c, CONN_LINGER);
		conn_read(c);
	} else {
		conn_free(c);
	}
}

/* --- events of the socket -------------------------------------------------------------------
 */

static void on_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	conn_read(arg);
}

/* The output buffer is empty. */
static void on_written(struct bufferevent *bev, void *arg)
{
	struct http_conn *c = arg;
	void (*on_drain)(void *);

	(void)bev;
	if (waiting(c))
		return;
	if (c->state == CONN_FLUSH) {
		flushed(c);
	} else if (c->state == CONN_STREAM && c->mute) {
		conn_free(c);
	} else if (c->state == CONN_STREAM) {
		on_drain = c->x->on_drain;
		c->x->on_drain = NULL;
		if (c->stall_at_ms) {
			c->stall_at_ms = 0;
			conn_arm_stream(c);
		}
		if (on_drain)
			on_drain(c->x->on_drain_arg);
	}
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct http_conn *c = arg;

	(void)bev;
	if (what & BEV_EVENT_CONNECTED) /* TLS is up */
		return;
	/* A client that has said all and reads on still gets its answer. */
	if ((what & BEV_EVENT_EOF) && c->state == CONN_FLUSH && waiting(c)) {
		c->keep_alive = c->unread = false;
		return;
	}
	conn_free(c);
}

static struct bufferevent *make_bufferevent(struct http_server *s, evutil_socket_t fd)
{
	struct bufferevent *bev;
	SSL *ssl;

	if (!s->tls) {
		bev = bufferevent_socket_new(s->base, fd, BEV_OPT_CLOSE_ON_FREE);
		PROMISE(bev);
		return bev;
	}
	ssl = SSL_new(s->tls);
	PROMISE(ssl);
	bev = bufferevent_openssl_socket_new(s->base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING,
					     BEV_OPT_CLOSE_ON_FREE);
	PROMISE(bev);
	bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return bev;
}

void conn_new(struct http_server *s, evutil_socket_t fd, const struct sockaddr *peer)
{
	struct http_conn *c = xcalloc(1, sizeof(*c));
	int on = 1, unsent = KERNEL_UNSENT;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	/* What a client does not take waits where it is counted, not in megabytes of the kernel. */
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
	c->server = s;
	c->tls = s->tls != NULL;
	c->bev = make_bufferevent(s, fd);
	c->surplus = s->stats.connections >= s->options.max_connections;
	if (c->surplus)
		s->surplus++;
	else
		s->stats.connections++;
	if (!ip_of_sockaddr(peer, &c->peer, NULL))
		c->peer = (struct ip){{0}};
	LIST_INSERT_HEAD(&s->conns, c, link);
	event_assign(&c->timer, s->base, -1, 0, on_deadline, c);
	bufferevent_setcb(c->bev, on_read, on_written, on_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, INPUT_MAX);
	bufferevent_set_max_single_read(c->bev, INPUT_MAX);
	bufferevent_set_max_single_write(c->bev, OUTPUT_CHUNK);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	conn_enter(c, CONN_HEAD);
	if (c->surplus)
		conn_refuse(c, 503, "too many connections (limit http-connections)");
}
