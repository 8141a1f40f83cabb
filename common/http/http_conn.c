/* Connections: reading requests, deadlines, closing. */
#include "http/http_conn.h"

#include <event2/bufferevent_ssl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http/uri.h"
#include "process/clock.h"

enum {
	LINGER_MS = 2000,
	FLUSH_MS = 30000, /* an answer must make progress within this */
	INPUT_MAX = 2 * HTTP_SERVER_MAX_HEAD,
	OUTPUT_CHUNK = 256 * 1024, /* for one turn of the loop; libevent's own is 16 KiB */
	MAX_QUERY_PARAMS = 128,
};

static void conn_read(struct http_conn *c);

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

/* --- requests -------------------------------------------------------------------------------
 */

static bool decode_query(struct exchange *x)
{
	AUTO_BUF text = BUF(HTTP_SERVER_MAX_HEAD);
	struct str rest = x->head.query, pair, key, value;
	struct http_field *items = NULL;
	size_t n = 0, cap = 0;

	while (rest.len && str_next(&rest, '&', &pair)) {
		struct http_field f;

		if (pair.len == 0)
			continue;
		if (n == MAX_QUERY_PARAMS)
			return false;
		str_cut(pair, '=', &key, &value);
		buf_clear(&text);
		if (!uri_decode_query(&text, key))
			return false;
		f.name = arena_str(&x->arena, buf_str(&text));
		buf_clear(&text);
		if (!uri_decode_query(&text, value))
			return false;
		f.value = arena_str(&x->arena, buf_str(&text));
		items = arena_grow(&x->arena, items, n, &cap, sizeof(*items));
		items[n++] = f;
	}
	x->query = (struct http_fields){items, n};
	return true;
}

static void set_client(struct exchange *x, const struct cidr_set *trusted)
{
	AUTO_BUF forwarded = BUF(HTTP_SERVER_MAX_HEAD);

	x->client = x->conn->peer;
	if (!trusted || !cidr_set_has(trusted, &x->client))
		return;
	http_fields_join(x->head.fields, STR("X-Forwarded-For"), &forwarded);
	x->client = ip_forwarded(x->conn->peer, buf_str(&forwarded), trusted);
}

static void handle(struct http_conn *c)
{
	struct exchange *x = c->x;

	conn_enter(c, CONN_HANDLING);
	x->route->handler(c->server->options.arg, x);
	/* A handler that neither answered nor waits would leave its client without an answer,
	 * and itself with a pointer to nothing when the client goes. */
	PROMISE(c->x != x || x->on_close);
}

static void refuse_size(struct http_conn *c)
{
	const struct http_route *route = c->x->route;

	exchange_reply_error(c->x, 413, "the body is larger than %zu bytes (limit %s)",
			     route->max_body_bytes,
			     route->body_limit ? route->body_limit : "http-body-bytes");
}

static void want_body(struct http_conn *c)
{
	struct exchange *x = c->x;

	if (c->body_left == 0 && !c->body_chunked) {
		handle(c);
		return;
	}
	if (c->body_left > x->route->max_body_bytes ||
	    (c->body_chunked && x->route->max_body_bytes == 0)) {
		refuse_size(c);
		return;
	}
	x->body = BUF(x->route->max_body_bytes);
	if (x->head.expect_continue && evbuffer_get_length(bufferevent_get_input(c->bev)) == 0)
		bufferevent_write(c->bev, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	conn_enter(c, CONN_BODY);
}

/* The head is there: who asks, which route, then the body. Each step may answer. */
static void request(struct http_conn *c, struct exchange *x)
{
	const struct http_server_options *o = &c->server->options;

	c->x = x;
	c->server->stats.requests++;
	c->keep_alive = x->head.keep_alive && !c->server->draining;
	c->body_left = x->head.length;
	c->body_chunked = x->head.chunked;
	set_client(x, o->trusted_proxies);
	event_del(&c->timer);
	if (o->admit)
		o->admit(o->arg, x);
	if (c->x == x)
		server_route(x);
	if (c->x == x && !decode_query(x))
		exchange_reply_error(x, 400, "the query does not decode");
	if (c->x == x && x->route->head)
		x->route->head(o->arg, x);
	if (c->x == x)
		want_body(c);
}

/* Whether there was a whole head (or one to refuse). */
static bool read_head(struct http_conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	size_t len = evbuffer_get_length(in), end;
	struct exchange *x;
	const char *words;
	struct str bytes;
	int status;

	if (len > HTTP_SERVER_MAX_HEAD)
		len = HTTP_SERVER_MAX_HEAD;
	bytes = str_n((const char *)evbuffer_pullup(in, (ev_ssize_t)len), len);
	/* RFC 9112 2.2: empty lines before a request are passed over. */
	if (str_starts(bytes, STR("\r\n"))) {
		evbuffer_drain(in, 2);
		c->scanned = 0;
		return true;
	}
	end = http_head_end(bytes, &c->scanned);
	if (end == STR_NONE) {
		conn_refuse(c, 400, "malformed head");
		return true;
	}
	if (end == 0) {
		if (len == HTTP_SERVER_MAX_HEAD)
			conn_refuse(c, 431, "the head is larger than 32 KiB (limit http-head)");
		return len == HTTP_SERVER_MAX_HEAD;
	}
	x = xcalloc(1, sizeof(*x));
	x->conn = c;
	bytes = arena_str(&x->arena, str_sub(bytes, 0, end));
	evbuffer_drain(in, end);
	c->server->stats.exchanges++;
	status = http_head_parse(&x->arena, bytes, &x->head, &words);
	if (status) {
		exchange_free(x);
		conn_refuse(c, status, words);
		return true;
	}
	request(c, x);
	return true;
}

static void read_chunks(struct http_conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	enum http_chunked_result r = HTTP_CHUNKED_MORE;

	while (r == HTTP_CHUNKED_MORE && evbuffer_get_length(in)) {
		size_t n = evbuffer_get_contiguous_space(in), used;

		r = http_chunked_feed(
			&c->x->chunks,
			str_n((const char *)evbuffer_pullup(in, (ev_ssize_t)n), n), &c->x->body,
			&used);
		evbuffer_drain(in, used);
	}
	switch (r) {
	case HTTP_CHUNKED_MORE: break;
	case HTTP_CHUNKED_BAD: conn_refuse(c, 400, "malformed chunk"); break;
	case HTTP_CHUNKED_TOO_LARGE: refuse_size(c); break;
	case HTTP_CHUNKED_DONE:
		c->body_chunked = false;
		handle(c);
		break;
	}
}

static void read_body(struct http_conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	size_t n = evbuffer_get_length(in);
	char *room;

	if (c->body_chunked) {
		read_chunks(c);
		return;
	}
	if (n > c->body_left)
		n = (size_t)c->body_left;
	room = buf_room(&c->x->body, n);
	PROMISE(room); /* the length was checked against the buffer's limit */
	evbuffer_remove(in, room, n);
	buf_added(&c->x->body, n);
	c->body_left -= n;
	if (c->body_left == 0)
		handle(c);
}

/* Goes on as far as the bytes reach. */
static void conn_read(struct http_conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);

	while (evbuffer_get_length(in)) {
		switch (c->state) {
		case CONN_IDLE: conn_enter(c, CONN_HEAD); break;
		case CONN_HEAD:
			if (!read_head(c))
				return;
			break;
		case CONN_BODY: read_body(c); break;
		case CONN_HANDLING:
		case CONN_STREAM:
		case CONN_FLUSH: return; /* until the answer is out */
		case CONN_LINGER: evbuffer_drain(in, evbuffer_get_length(in)); break;
		}
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
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
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
