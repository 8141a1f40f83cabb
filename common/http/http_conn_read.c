/* Connections: from bytes to requests, and to their handlers. */
#include "http/http_conn.h"

#include <stdlib.h>

#include "http/uri.h"

enum { MAX_QUERY_PARAMS = 128 };

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
void conn_read(struct http_conn *c)
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
