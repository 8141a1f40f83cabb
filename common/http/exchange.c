/* What a handler sees of a request, and how it answers. */
#include "http/exchange.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/json.h"
#include "http/http_conn.h"
#include "process/clock.h"

enum { ERROR_MAX_BYTES = 4096, DEAD_FACTOR = 4 };

/* --- the request ----------------------------------------------------------------------------
 */

struct str exchange_method(const struct exchange *x)
{
	return x->head.method;
}

struct str exchange_path(const struct exchange *x)
{
	return x->head.path;
}

struct str exchange_query_raw(const struct exchange *x)
{
	return x->head.query;
}

struct str exchange_param(const struct exchange *x, const char *name)
{
	for (size_t i = 0; i < x->param_count; i++)
		if (str_is(x->params[i].name, name))
			return x->params[i].value;
	BROKEN("a parameter that the route's pattern does not have");
}

struct str exchange_query(const struct exchange *x, const char *name)
{
	for (size_t i = 0; i < x->query.count; i++)
		if (str_is(x->query.items[i].name, name))
			return x->query.items[i].value;
	return str_n(NULL, 0);
}

struct str exchange_header(const struct exchange *x, const char *name)
{
	return http_fields_get(x->head.fields, str_of(name));
}

struct http_fields exchange_headers(const struct exchange *x)
{
	return x->head.fields;
}

struct str exchange_body(const struct exchange *x)
{
	return buf_str(&x->body);
}

const struct ip *exchange_client(const struct exchange *x)
{
	return &x->client;
}

bool exchange_is_tls(const struct exchange *x)
{
	return x->conn->tls;
}

void exchange_on_close(struct exchange *x, void (*on_close)(void *arg), void *arg)
{
	x->on_close = on_close;
	x->on_close_arg = arg;
}

void exchange_free(struct exchange *x)
{
	x->conn->server->stats.exchanges--;
	buf_release(&x->body);
	arena_release(&x->arena);
	free(x);
}

/* --- the head of an answer ------------------------------------------------------------------
 */

static const char *reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} known[] = {
		{200, "OK"},
		{201, "Created"},
		{202, "Accepted"},
		{204, "No Content"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{406, "Not Acceptable"},
		{408, "Request Timeout"},
		{409, "Conflict"},
		{410, "Gone"},
		{411, "Length Required"},
		{413, "Content Too Large"},
		{415, "Unsupported Media Type"},
		{417, "Expectation Failed"},
		{422, "Unprocessable Content"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{501, "Not Implemented"},
		{503, "Service Unavailable"},
		{504, "Gateway Timeout"},
		{505, "HTTP Version Not Supported"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].status == status)
			return known[i].text;
	return "";
}

static const char *date_now(struct http_server *s)
{
	int64_t now = process_now_ms() / 1000;

	if (now != s->date_s)
		http_date_text(now, s->date);
	s->date_s = now;
	return s->date;
}

static void add(struct evbuffer *out, struct str s)
{
	evbuffer_add(out, s.ptr, s.len);
}

static void add_field(struct evbuffer *out, struct str name, struct str value)
{
	add(out, name);
	add(out, STR(": "));
	add(out, value);
	add(out, STR("\r\n"));
}

static void add_default(struct evbuffer *out, struct http_fields given, const char *name,
			const char *value)
{
	if (!http_fields_get(given, str_of(name)).ptr)
		add_field(out, str_of(name), str_of(value));
}

void answer_head(struct http_conn *c, bool http_1_0, int status, const char *type,
		 struct http_fields fields, int64_t body_len)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);

	PROMISE(status >= 200 && status <= 599);
	c->server->stats.by_class[status / 100]++;
	evbuffer_add_printf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", status, reason(status),
			    date_now(c->server));
	if (type[0])
		add_field(out, STR("Content-Type"), str_of(type));
	for (size_t i = 0; i < fields.count; i++) {
		PROMISE(http_is_token(fields.items[i].name) &&
			http_is_value(fields.items[i].value));
		add_field(out, fields.items[i].name, fields.items[i].value);
	}
	add_default(out, fields, "X-Content-Type-Options", "nosniff");
	add_default(out, fields, "Content-Security-Policy", "default-src 'none'");
	if (status == 401)
		add_default(out, fields, "WWW-Authenticate", "Bearer");
	if (status == 429 || status == 503)
		add_default(out, fields, "Retry-After", "1");
	if (body_len < 0 && !http_1_0)
		add(out, STR("Transfer-Encoding: chunked\r\n"));
	else if (body_len >= 0 && status != 204 && status != 304)
		evbuffer_add_printf(out, "Content-Length: %lld\r\n", (long long)body_len);
	if (!c->keep_alive)
		add(out, STR("Connection: close\r\n"));
	else if (http_1_0)
		add(out, STR("Connection: keep-alive\r\n"));
	add(out, STR("\r\n"));
}

void answer_error_body(struct buf *out, struct str words)
{
	json_open(out, '{');
	json_member_str(out, "error", words);
	json_close(out, '}');
}

/* --- plain answers --------------------------------------------------------------------------
 */

/* What the client sent with this request and nobody will read. */
static void pass_over_body(struct http_conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);

	if (!c->body_chunked && c->body_left <= evbuffer_get_length(in)) {
		evbuffer_drain(in, (size_t)c->body_left);
		c->body_left = 0;
	} else {
		c->unread = true;
		c->keep_alive = false;
	}
}

/* The answer is given: the exchange ends, its bytes go out. */
static void answered(struct exchange *x)
{
	struct http_conn *c = x->conn;

	c->pipelined = evbuffer_get_length(bufferevent_get_input(c->bev)) > 0;
	if (c->pipelined && !c->keep_alive)
		c->unread = true;
	c->x = NULL;
	exchange_free(x);
	conn_enter(c, CONN_FLUSH);
}

static bool has_no_body(const struct exchange *x, int status)
{
	return str_is(x->head.method, "HEAD") || status == 204 || status == 304;
}

void exchange_reply(struct exchange *x, int status, const char *type, struct str body,
		    const struct http_field *headers, size_t header_count)
{
	struct http_conn *c = x->conn;

	PROMISE(c->x == x && c->state != CONN_STREAM);
	pass_over_body(c);
	c->keep_alive = c->keep_alive && !c->server->draining;
	answer_head(c, x->head.http_1_0, status, type,
		    (struct http_fields){headers, header_count}, (int64_t)body.len);
	if (!has_no_body(x, status))
		bufferevent_write(c->bev, body.ptr, body.len);
	answered(x);
}

void exchange_reply_json(struct exchange *x, int status, struct str json)
{
	exchange_reply(x, status, "application/json", json, NULL, 0);
}

PRINTF_LIKE(5, 0)
static void reply_words(struct exchange *x, int status, const struct http_field *headers,
			size_t header_count, const char *fmt, va_list args)
{
	AUTO_BUF words = BUF(ERROR_MAX_BYTES);
	AUTO_BUF body = BUF(8 * ERROR_MAX_BYTES); /* an escape has six bytes at most */

	buf_vaddf(&words, fmt, args);
	answer_error_body(&body, buf_str(&words));
	exchange_reply(x, status, "application/json", buf_str(&body), headers, header_count);
}

void exchange_reply_error(struct exchange *x, int status, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	reply_words(x, status, NULL, 0, fmt, args);
	va_end(args);
}

void exchange_reply_retry(struct exchange *x, int status, int64_t after_ms, const char *fmt,
			  ...)
{
	AUTO_BUF seconds = BUF(32);
	struct http_field header = {.name = STR("Retry-After")};
	va_list args;

	buf_addi(&seconds, after_ms > 1000 ? (after_ms + 999) / 1000 : 1);
	header.value = buf_str(&seconds);
	va_start(args, fmt);
	reply_words(x, status, &header, 1, fmt, args);
	va_end(args);
}

/* --- streams --------------------------------------------------------------------------------
 */

void exchange_stream(struct exchange *x, int status, const char *type,
		     const struct http_field *headers, size_t header_count)
{
	struct http_conn *c = x->conn;

	PROMISE(c->x == x && c->state != CONN_STREAM);
	pass_over_body(c);
	c->mute = str_is(x->head.method, "HEAD");
	c->chunked_out = !x->head.http_1_0;
	if (c->mute || !c->chunked_out || c->server->draining)
		c->keep_alive = false;
	c->dead = false;
	c->comment_ms = c->stall_at_ms = 0;
	c->write_ms = process_mono_ms();
	answer_head(c, x->head.http_1_0, status, type,
		    (struct http_fields){headers, header_count}, -1);
	/* A stream may live for days, and there are many. */
	buf_release(&x->body);
	arena_release(&x->arena);
	x->head = (struct http_head){.method = STR("")};
	x->query = (struct http_fields){NULL, 0};
	x->param_count = 0;
	conn_enter(c, CONN_STREAM);
}

void exchange_stream_sse(struct exchange *x, const struct http_field *headers,
			 size_t header_count)
{
	AUTO_ARENA a = ARENA_INIT;
	struct http_field *all = ARENA_ARRAY(&a, header_count + 2, struct http_field);

	all[0] = (struct http_field){STR("Cache-Control"), STR("no-cache")};
	all[1] = (struct http_field){STR("X-Accel-Buffering"), STR("no")};
	for (size_t i = 0; i < header_count; i++)
		all[i + 2] = headers[i];
	exchange_stream(x, 200, "text/event-stream", all, header_count + 2);
}

size_t exchange_backlog(const struct exchange *x)
{
	return evbuffer_get_length(bufferevent_get_output(x->conn->bev));
}

/* SPEC 13.17. The backlog grows by writes only, so looking before and after each is exact. */
static void watch_backlog(struct http_conn *c, size_t before, size_t after)
{
	size_t limit = c->server->options.stream_backlog;
	int64_t stall_at = c->stall_at_ms;

	if (before <= limit)
		stall_at = 0;
	if (after > limit && stall_at == 0)
		stall_at = c->write_ms + c->server->options.stream_stall_ms;
	if (after / DEAD_FACTOR > limit)
		c->dead = true;
	if (stall_at == c->stall_at_ms && !c->dead)
		return;
	c->stall_at_ms = stall_at;
	conn_arm_stream(c);
}

void exchange_write(struct exchange *x, struct str chunk)
{
	struct http_conn *c = x->conn;
	struct evbuffer *out = bufferevent_get_output(c->bev);
	size_t before = evbuffer_get_length(out);

	PROMISE(c->state == CONN_STREAM);
	if (c->mute || c->dead || chunk.len == 0)
		return;
	c->write_ms = process_mono_ms();
	if (c->chunked_out)
		evbuffer_add_printf(out, "%zx\r\n", chunk.len);
	add(out, chunk);
	if (c->chunked_out)
		add(out, STR("\r\n"));
	watch_backlog(c, before, evbuffer_get_length(out));
}

void exchange_on_drain(struct exchange *x, void (*on_drain)(void *arg), void *arg)
{
	x->on_drain = on_drain;
	x->on_drain_arg = arg;
	/* Nothing waits: tell from the loop. */
	if (on_drain && exchange_backlog(x) == 0)
		bufferevent_trigger(x->conn->bev, EV_WRITE, BEV_TRIG_DEFER_CALLBACKS);
}

void exchange_keep_alive(struct exchange *x, int64_t ms)
{
	PROMISE(x->conn->state == CONN_STREAM);
	x->conn->comment_ms = ms;
	conn_arm_stream(x->conn);
}

void exchange_abort(struct exchange *x)
{
	const struct linger reset = {.l_onoff = 1}; /* what the kernel has is for nobody, too */
	struct http_conn *c = x->conn;

	c->server->stats.slow_clients++;
	setsockopt(bufferevent_getfd(c->bev), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	conn_free(c);
}

void exchange_end(struct exchange *x)
{
	struct http_conn *c = x->conn;

	PROMISE(c->state == CONN_STREAM);
	if (c->dead) /* something was left out: the client must not take it for the whole */
		c->keep_alive = false;
	else if (c->chunked_out && !c->mute)
		add(bufferevent_get_output(c->bev), STR("0\r\n\r\n"));
	answered(x);
	/* Nothing may be left to send (HTTP/1.0, HEAD): the end is told from the loop. */
	if (evbuffer_get_length(bufferevent_get_output(c->bev)) == 0)
		bufferevent_trigger(c->bev, EV_WRITE, BEV_TRIG_DEFER_CALLBACKS);
}
