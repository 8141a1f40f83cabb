#include "http/http_server.h"
#include "loop.h"

struct bench {
	struct event_base *base;
	struct http_server *server;
	unsigned closed, drained;
	struct exchange *held;
	bool refuse_all;
};

static void on_close(void *arg)
{
	struct bench *b = arg;

	b->closed++;
	b->held = NULL;
}

static void admit(void *arg, struct exchange *x)
{
	if (((struct bench *)arg)->refuse_all)
		exchange_reply_retry(x, 429, 2500, "too fast");
}

static void echo(void *arg, struct exchange *x)
{
	(void)arg;
	exchange_reply(x, 200, "text/plain", exchange_body(x), NULL, 0);
}

static void head_only_with_token(void *arg, struct exchange *x)
{
	(void)arg;
	if (!exchange_header(x, "Authorization").ptr)
		exchange_reply_error(x, 401, "no token");
}

static void params(void *arg, struct exchange *x)
{
	AUTO_BUF out = BUF(4096);
	char ip[IP_TEXT_BYTES];
	struct str q = exchange_query(x, "q");

	(void)arg;
	buf_addf(&out, "[%.*s][%.*s][%.*s][%s]", STR_ARG(exchange_param(x, "a")),
		 STR_ARG(exchange_param(x, "b")), STR_ARG(q), ip_text(exchange_client(x), ip));
	exchange_reply(x, 200, "text/plain", buf_str(&out), NULL, 0);
}

static void hold(void *arg, struct exchange *x)
{
	struct bench *b = arg;

	b->held = x;
	exchange_on_close(x, on_close, b);
}

static void stream(void *arg, struct exchange *x)
{
	hold(arg, x);
	exchange_stream_sse(x, NULL, 0);
	exchange_write(x, STR("data: 1\n\n"));
}

static const struct http_route routes[] = {
	{.methods = "POST PUT",
	 .path = "/echo",
	 .max_body_bytes = 100000,
	 .handler = echo,
	 .body_limit = "echo-bytes"},
	{.methods = "GET", .path = "/echo", .handler = echo},
	{.methods = "POST",
	 .path = "/token",
	 .max_body_bytes = 10,
	 .handler = echo,
	 .head = head_only_with_token},
	{.methods = "GET", .path = "/p/{a}/x/{b}", .handler = params},
	{.methods = "GET", .path = "/hold", .handler = hold},
	{.methods = "GET", .path = "/stream", .handler = stream},
};

static struct bench *bench_new(struct http_server_options o)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	struct why why = {""};

	b->base = event_base_new();
	o.routes = routes;
	o.route_count = sizeof(routes) / sizeof(routes[0]);
	o.arg = b;
	o.admit = admit;
	if (http_server_new(b->base, STR("127.0.0.1:0"), &o, &b->server, &why))
		fail_msg("%s", why.text);
	return b;
}

static void bench_free(struct bench *b)
{
	http_server_free(b->server);
	event_base_free(b->base);
	free(b);
}

/* Sends the bytes and reads until the server closes. */
static void talk(struct bench *b, struct str bytes, struct buf *out)
{
	int fd = raw_connect(http_server_port(b->server));

	raw_send(b->base, fd, bytes);
	raw_read_all(b->base, fd, out);
	close(fd);
}

static bool has(const struct buf *out, const char *text)
{
	return str_find(buf_str(out), str_of(text), 0) != STR_NONE;
}

struct exchange_case {
	struct str request;
	const char *want;	  /* how the answer begins */
	const char *also, *also2; /* and what it holds */
};

#define CLOSE "Host: h\r\nConnection: close\r\n"

static const struct exchange_case answers[] = {
	{STR_INIT("GET /echo HTTP/1.1\r\n" CLOSE "\r\n"),
	 "HTTP/1.1 200 OK\r\nDate: ", "\r\nX-Content-Type-Options: nosniff\r\n",
	 "\r\nContent-Security-Policy: default-src 'none'\r\n"},
	{STR_INIT("POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 3\r\n\r\nabc"),
	 "HTTP/1.1 200", "Content-Length: 3\r\n", "\r\n\r\nabc"},
	{STR_INIT("\r\n\r\nPOST /echo HTTP/1.1\r\n" CLOSE
		  "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: "
		  "v\r\n\r\n"),
	 "HTTP/1.1 200", "\r\n\r\nabcde", ""},
	{STR_INIT("GET http://h/echo HTTP/1.1\r\n" CLOSE "\r\n"), "HTTP/1.1 200", "", ""},
	{STR_INIT("HEAD /p/1/x/2 HTTP/1.1\r\n" CLOSE "\r\n"), "HTTP/1.1 200",
	 "Content-Length: 19\r\n", "Connection: close\r\n\r\n"},
	{STR_INIT("GET /echo HTTP/1.0\r\n\r\n"), "HTTP/1.1 200", "Connection: close", ""},
	{STR_INIT("GET /p/a%2Fb/x/%C3%A9?z=1&q=x+y%21&q=no HTTP/1.1\r\n" CLOSE "\r\n"),
	 "HTTP/1.1 200", "[a/b][\xc3\xa9][x y!][127.0.0.1]", ""},
	{STR_INIT("GET /nothing HTTP/1.1\r\n" CLOSE "\r\n"), "HTTP/1.1 404",
	 "{\"error\":\"not found\"}", "application/json"},
	{STR_INIT("DELETE /echo HTTP/1.1\r\n" CLOSE "\r\n"), "HTTP/1.1 405",
	 "Allow: POST, PUT, GET, HEAD\r\n", "{\"error\":"},
	{STR_INIT("GET /p/%zz/x/1 HTTP/1.1\r\n" CLOSE "\r\n"), "HTTP/1.1 400", "", ""},
	{STR_INIT("GET /echo?q=%00 HTTP/1.1\r\n" CLOSE "\r\n"), "HTTP/1.1 400", "", ""},
	/* SPEC 13.1 on 401; the body is not waited for */
	{STR_INIT("POST /token HTTP/1.1\r\n" CLOSE "Content-Length: 5\r\n\r\n"), "HTTP/1.1 401",
	 "WWW-Authenticate: Bearer\r\n", "{\"error\":\"no token\"}"},
	/* the route's own refusal comes before 413 */
	{STR_INIT("POST /token HTTP/1.1\r\n" CLOSE "Content-Length: 50\r\n\r\n"),
	 "HTTP/1.1 401", "", ""},
	{STR_INIT("POST /token HTTP/1.1\r\n" CLOSE
		  "Authorization: x\r\nContent-Length: 11\r\n\r\n"),
	 "HTTP/1.1 413", "", ""},
	{STR_INIT("POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 100001\r\n\r\n"),
	 "HTTP/1.1 413", "limit echo-bytes", ""},
	{STR_INIT("POST /token HTTP/1.1\r\n" CLOSE "Authorization: x\r\n"
		  "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\nghijk"),
	 "HTTP/1.1 413", "", ""},
	{STR_INIT("GET /echo HTTP/1.1\r\n" CLOSE "Content-Length: 1\r\n\r\n1"), "HTTP/1.1 413",
	 "", ""},
	{STR_INIT("POST /echo HTTP/1.1\r\n" CLOSE "Expect: tea\r\nContent-Length: 1\r\n\r\n"),
	 "HTTP/1.1 417", "", ""},
	{STR_INIT("POST /echo HTTP/1.1\r\n" CLOSE "Transfer-Encoding: gzip\r\n\r\n"),
	 "HTTP/1.1 501", "", ""},
	{STR_INIT("GET /echo HTTP/3.0\r\n" CLOSE "\r\n"), "HTTP/1.1 505", "", ""},
};

static void test_answers(void **state)
{
	struct bench *b = bench_new((struct http_server_options){0});

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const struct exchange_case *c = &answers[i];
		AUTO_BUF out = BUF(1 << 20);

		talk(b, c->request, &out);
		if (!str_starts(buf_str(&out), str_of(c->want)) ||
		    (c->also && !has(&out, c->also)) || (c->also2 && !has(&out, c->also2)))
			fail_msg("case %zu: %.*s\n-->\n%s", i, STR_ARG(c->request),
				 buf_cstr(&out));
	}
	bench_free(b);
}

#define GET_ECHO "GET /echo HTTP/1.1\r\nHost: h\r\n"
#define POST_ECHO "POST /echo HTTP/1.1\r\nHost: h\r\n"

/* Each is refused with 400, and the connection is closed although nobody asked for it. */
static const struct str malformed[] = {
	STR_INIT("GET /echo HTTP/1.1\nHost: h\n\n"),
	STR_INIT("GET /echo\r\n\r\n"),
	STR_INIT("GET  /echo HTTP/1.1\r\nHost: h\r\n\r\n"),
	STR_INIT("GET echo HTTP/1.1\r\nHost: h\r\n\r\n"),
	STR_INIT("GET /e\x80 HTTP/1.1\r\nHost: h\r\n\r\n"),
	STR_INIT("G@T /echo HTTP/1.1\r\nHost: h\r\n\r\n"),
	STR_INIT("GET /echo HTTP/1.1\r\n\r\n"),	 /* no Host */
	STR_INIT(GET_ECHO "Host: i\r\n\r\n"),	 /* two */
	STR_INIT(GET_ECHO "A: b\r\n c\r\n\r\n"), /* folded */
	STR_INIT(GET_ECHO "A : b\r\n\r\n"),
	STR_INIT(GET_ECHO ": b\r\n\r\n"),
	STR_INIT(GET_ECHO "A\r\n\r\n"),
	STR_INIT(GET_ECHO "A: b\rc\r\n\r\n"),
	STR_INIT(GET_ECHO "A: b\x01\r\n\r\n"),
	STR_INIT("GET /echo HTTP/1.1\r\nHost: h\r\nA: \0b\r\n\r\n"), /* NUL */
	STR_INIT(POST_ECHO "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
	STR_INIT(POST_ECHO "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	STR_INIT(POST_ECHO "Content-Length: +3\r\n\r\nabc"),
	STR_INIT(POST_ECHO "Content-Length: 3,3\r\n\r\nabc"),
	STR_INIT(POST_ECHO "Content-Length: -1\r\n\r\n"),
	STR_INIT(POST_ECHO "Content-Length: 99999999999999999999\r\n\r\n"),
	STR_INIT("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	STR_INIT(POST_ECHO "Transfer-Encoding: chunked\r\n\r\nx\r\n"),
	STR_INIT(POST_ECHO "Transfer-Encoding: chunked\r\n\r\n-1\r\n"),
	STR_INIT(POST_ECHO "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n"),
	STR_INIT(POST_ECHO "Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n"),
	STR_INIT(POST_ECHO "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"),
	STR_INIT(POST_ECHO "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n"),
};

static void test_malformed(void **state)
{
	struct bench *b = bench_new((struct http_server_options){0});
	struct http_server_stats stats;

	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		AUTO_BUF out = BUF(1 << 20);

		talk(b, malformed[i], &out);
		if (!str_starts(buf_str(&out), STR("HTTP/1.1 400 Bad Request\r\n")) ||
		    !has(&out, "Connection: close\r\n") || !has(&out, "{\"error\":\""))
			fail_msg("case %zu: %.*s\n-->\n%s", i, STR_ARG(malformed[i]),
				 buf_cstr(&out));
	}
	http_server_stats(b->server, &stats);
	assert_int_equal(stats.bad_requests, sizeof(malformed) / sizeof(malformed[0]));
	assert_int_equal(stats.by_class[4], stats.bad_requests);
	RUN_UNTIL(b->base, (http_server_stats(b->server, &stats), stats.connections == 0));
	assert_int_equal(stats.exchanges, 0);
	bench_free(b);
}

/* The same requests, byte by byte: nothing may hang on how the bytes come. */
static void test_byte_by_byte(void **state)
{
	struct bench *b = bench_new((struct http_server_options){0});

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		AUTO_BUF out = BUF(1 << 20);
		int fd = raw_connect(http_server_port(b->server));

		for (size_t k = 0; k < answers[i].request.len; k++)
			raw_send(b->base, fd, str_sub(answers[i].request, k, k + 1));
		raw_read_all(b->base, fd, &out);
		assert_true(str_starts(buf_str(&out), str_of(answers[i].want)));
		close(fd);
	}
	bench_free(b);
}

static void test_head_too_large(void **state)
{
	struct bench *b = bench_new((struct http_server_options){0});
	AUTO_BUF request = BUF(1 << 20), out = BUF(1 << 20);

	(void)state;
	buf_adds(&request, GET_ECHO "A: ");
	while (request.len < HTTP_SERVER_MAX_HEAD - 4)
		buf_addc(&request, 'a');
	/* One byte below the limit it is served ... */
	buf_cut(&request, request.len - 1);
	buf_adds(&request, "\r\n\r\n");
	{
		int fd = raw_connect(http_server_port(b->server));

		raw_send(b->base, fd, buf_str(&request));
		raw_read_until(b->base, fd, &out, "HTTP/1.1 200");
		close(fd);
	}
	/* ... and above it refused, however much still comes. */
	buf_cut(&request, request.len - 4);
	while (request.len < 200000)
		buf_addc(&request, 'a');
	buf_clear(&out);
	talk(b, buf_str(&request), &out);
	assert_true(str_starts(buf_str(&out), STR("HTTP/1.1 431")));
	assert_true(has(&out, "limit http-head"));
	bench_free(b);
}

static void test_keep_alive_and_pipelining(void **state)
{
	struct bench *b = bench_new((struct http_server_options){0});
	AUTO_BUF out = BUF(1 << 20);
	int fd = raw_connect(http_server_port(b->server));

	(void)state;
	for (int i = 0; i < 3; i++) {
		buf_clear(&out);
		raw_send(b->base, fd, STR(POST_ECHO "Content-Length: 3\r\n\r\nabc"));
		raw_read_until(b->base, fd, &out, "\r\n\r\nabc");
		assert_false(has(&out, "Connection: close"));
	}
	buf_clear(&out);
	raw_send(b->base, fd, STR(GET_ECHO "\r\n" GET_ECHO "\r\n"));
	raw_read_all(b->base, fd, &out);
	assert_true(str_starts(buf_str(&out), STR("HTTP/1.1 200")));
	assert_true(has(&out, "HTTP/1.1 400"));
	close(fd);
	bench_free(b);
}

static void test_expect_continue(void **state)
{
	struct bench *b = bench_new((struct http_server_options){0});
	AUTO_BUF out = BUF(1 << 20);
	int fd = raw_connect(http_server_port(b->server));

	(void)state;
	raw_send(b->base, fd,
		 STR(POST_ECHO "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"));
	raw_read_until(b->base, fd, &out, "HTTP/1.1 100 Continue\r\n\r\n");
	raw_send(b->base, fd, STR("abc"));
	raw_read_until(b->base, fd, &out, "\r\n\r\nabc");
	close(fd);
	bench_free(b);
}

/* SPEC 13.19: a head or body that dribbles is cut off by the whole time it takes. */
static void test_slow_clients(void **state)
{
	struct bench *b = bench_new(
		(struct http_server_options){.head_ms = 60, .body_ms = 60, .idle_ms = 60});
	AUTO_BUF out = BUF(1 << 20);
	int fd = raw_connect(http_server_port(b->server));
	struct http_server_stats stats;
	int64_t end = mono_ms() + DEADLINE_MS;

	(void)state;
	raw_send(b->base, fd, STR(GET_ECHO));
	while (raw_take(fd, &out) && mono_ms() < end) {
		int64_t next = mono_ms() + 10;

		RUN_UNTIL(b->base, mono_ms() >= next);
		raw_send(b->base, fd, STR("A: b\r\n"));
	}
	assert_true(str_starts(buf_str(&out), STR("HTTP/1.1 408")));
	close(fd);

	buf_clear(&out);
	talk(b, STR(POST_ECHO "Content-Length: 3\r\n\r\nab"), &out);
	assert_true(str_starts(buf_str(&out), STR("HTTP/1.1 408")));

	buf_clear(&out);
	talk(b, STR(""), &out); /* says nothing: closed without a word */
	assert_int_equal(out.len, 0);

	buf_clear(&out);
	talk(b, STR(GET_ECHO "\r\n"), &out); /* idle after its answer */
	assert_true(str_starts(buf_str(&out), STR("HTTP/1.1 200")));
	http_server_stats(b->server, &stats);
	assert_int_equal(stats.timeouts, 3);
	bench_free(b);
}

static void test_connection_limit(void **state)
{
	struct bench *b = bench_new((struct http_server_options){.max_connections = 2});
	AUTO_BUF out = BUF(1 << 20);
	struct http_server_stats stats;
	int fd[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		fd[i] = raw_connect(http_server_port(b->server));
	RUN_UNTIL(b->base, (http_server_stats(b->server, &stats), stats.connections == 2));
	talk(b, STR(GET_ECHO "\r\n"), &out);
	assert_true(str_starts(buf_str(&out), STR("HTTP/1.1 503")));
	assert_true(has(&out, "limit http-connections"));
	assert_true(has(&out, "Retry-After: 1\r\n"));
	close(fd[0]);
	RUN_UNTIL(b->base, (http_server_stats(b->server, &stats), stats.connections == 1));
	buf_clear(&out);
	talk(b, STR("GET /echo HTTP/1.1\r\n" CLOSE "\r\n"), &out);
	assert_true(str_starts(buf_str(&out), STR("HTTP/1.1 200")));
	close(fd[1]);
	bench_free(b);
}

static void test_admit_comes_first(void **state)
{
	struct bench *b = bench_new((struct http_server_options){0});
	AUTO_BUF out = BUF(1 << 20);

	(void)state;
	b->refuse_all = true;
	talk(b, STR("GET /nothing HTTP/1.1\r\n" CLOSE "\r\n"), &out);
	assert_true(str_starts(buf_str(&out), STR("HTTP/1.1 429")));
	assert_true(has(&out, "Retry-After: 3\r\n"));
	bench_free(b);
}

static void test_client_leaves(void **state)
{
	struct bench *b = bench_new((struct http_server_options){0});
	int fd = raw_connect(http_server_port(b->server));
	AUTO_BUF out = BUF(1 << 20);

	(void)state;
	raw_send(b->base, fd, STR("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n"));
	RUN_UNTIL(b->base, b->held);
	close(fd);
	RUN_UNTIL(b->base, b->closed == 1);

	fd = raw_connect(http_server_port(b->server));
	raw_send(b->base, fd, STR("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n"));
	RUN_UNTIL(b->base, b->held);
	exchange_reply_json(b->held, 200, STR("{}"));
	raw_read_until(b->base, fd, &out, "\r\n\r\n{}");
	close(fd);
	loop_turn(b->base);
	assert_int_equal(b->closed, 1); /* never after the answer */

	/* The server's end tells those who wait. */
	fd = raw_connect(http_server_port(b->server));
	raw_send(b->base, fd, STR("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n"));
	b->held = NULL;
	RUN_UNTIL(b->base, b->held);
	http_server_free(b->server);
	b->server = NULL;
	assert_int_equal(b->closed, 2);
	close(fd);
	bench_free(b);
}

static void test_stream(void **state)
{
	struct bench *b = bench_new((struct http_server_options){0});
	int fd = raw_connect(http_server_port(b->server));
	AUTO_BUF out = BUF(1 << 20);

	(void)state;
	raw_send(b->base, fd, STR("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n"));
	raw_read_until(b->base, fd, &out, "9\r\ndata: 1\n\n\r\n");
	assert_true(has(&out, "Content-Type: text/event-stream\r\n"));
	assert_true(has(&out, "Cache-Control: no-cache\r\n"));
	assert_true(has(&out, "X-Accel-Buffering: no\r\n"));
	assert_true(has(&out, "Transfer-Encoding: chunked\r\n"));
	assert_false(has(&out, "Content-Length"));
	exchange_keep_alive(b->held, 30);
	raw_read_until(b->base, fd, &out, "e\r\n: keep-alive\n\n\r\ne\r\n: keep-alive\n\n\r\n");
	exchange_end(b->held);
	raw_read_until(b->base, fd, &out, "\r\n0\r\n\r\n");
	/* The connection goes on. */
	buf_clear(&out);
	raw_send(b->base, fd, STR("GET /echo HTTP/1.1\r\n" CLOSE "\r\n"));
	raw_read_all(b->base, fd, &out);
	assert_true(str_starts(buf_str(&out), STR("HTTP/1.1 200")));
	assert_int_equal(b->closed, 0);
	close(fd);

	/* HTTP/1.0: no chunks, the end is the end of the connection. */
	buf_clear(&out);
	fd = raw_connect(http_server_port(b->server));
	raw_send(b->base, fd, STR("GET /stream HTTP/1.0\r\n\r\n"));
	raw_read_until(b->base, fd, &out, "\r\n\r\ndata: 1\n\n");
	exchange_end(b->held);
	raw_read_all(b->base, fd, &out);
	assert_true(str_ends(buf_str(&out), STR("data: 1\n\n")));
	close(fd);

	/* HEAD: the head alone. */
	buf_clear(&out);
	talk(b, STR("HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n"), &out);
	assert_true(str_ends(buf_str(&out), STR("\r\n\r\n")));
	assert_false(has(&out, "data"));
	assert_int_equal(b->closed, 1);
	bench_free(b);
}

/* Writes until data waits in the server: the kernel takes megabytes first. */
static size_t fill(struct bench *b, struct str chunk)
{
	size_t written = 0, before;

	while (exchange_backlog(b->held) <= 300 * 1024) {
		exchange_write(b->held, chunk);
		written += chunk.len;
		do {
			before = exchange_backlog(b->held);
			loop_turn(b->base);
		} while (exchange_backlog(b->held) < before);
	}
	return written;
}

static void on_drain(void *arg)
{
	((struct bench *)arg)->drained++;
}

/* SPEC 13.17 with smaller numbers: a client that never reads is closed, at the latest when four
 * times the backlog waits; one that reads in time is not. */
static void test_never_reads(void **state)
{
	struct bench *b = bench_new((struct http_server_options){.stream_backlog = 256 * 1024,
								 .stream_stall_ms = 200});
	AUTO_BUF chunk = BUF(65536), out = BUF(64 << 20);
	struct http_server_stats stats;
	int fd = raw_connect(http_server_port(b->server));
	size_t written;

	(void)state;
	while (chunk.len < 65536)
		buf_addc(&chunk, 'x');
	raw_send(b->base, fd, STR("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n"));
	RUN_UNTIL(b->base, b->held);
	written = fill(b, buf_str(&chunk));
	/* Read in time: all of it arrives, and the stream lives on. */
	exchange_on_drain(b->held, on_drain, b);
	RUN_UNTIL(b->base, (raw_take(fd, &out), b->drained));
	RUN_UNTIL(b->base, (raw_take(fd, &out), out.len >= written));
	assert_int_equal(b->closed, 0);
	exchange_on_drain(b->held, on_drain, b); /* nothing waits: told at once */
	RUN_UNTIL(b->base, b->drained == 2);

	/* Not read: closed after the stall time. */
	fill(b, buf_str(&chunk));
	RUN_UNTIL(b->base, b->closed == 1);
	http_server_stats(b->server, &stats);
	assert_int_equal(stats.slow_clients, 1);
	close(fd);

	/* Flooded: closed long before. */
	fd = raw_connect(http_server_port(b->server));
	raw_send(b->base, fd, STR("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n"));
	RUN_UNTIL(b->base, b->held);
	for (int i = 0; i < 100000; i++)
		exchange_write(b->held, buf_str(&chunk));
	assert_in_range(exchange_backlog(b->held), 1024 * 1024, 1024 * 1024 + 2 * 65536);
	RUN_UNTIL(b->base, b->closed == 2);
	close(fd);
	bench_free(b);
}

static void test_drain(void **state)
{
	struct bench *b = bench_new((struct http_server_options){0});
	int idle = raw_connect(http_server_port(b->server));
	int busy = raw_connect(http_server_port(b->server));
	AUTO_BUF out = BUF(1 << 20);

	(void)state;
	raw_send(b->base, idle, STR(GET_ECHO "\r\n"));
	raw_read_until(b->base, idle, &out, "\r\n\r\n");
	raw_send(b->base, busy, STR("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n"));
	RUN_UNTIL(b->base, b->held);
	http_server_drain(b->server);
	raw_read_all(b->base, idle, &out);
	buf_clear(&out);
	exchange_reply_json(b->held, 200, STR("{}"));
	raw_read_all(b->base, busy, &out);
	assert_true(has(&out, "Connection: close\r\n"));
	close(idle);
	close(busy);
	bench_free(b);
}

static void test_trusted_proxy(void **state)
{
	struct cidr_set trusted;
	AUTO_BUF out = BUF(1 << 20);
	struct bench *b;

	(void)state;
	assert_int_equal(cidr_set_parse(STR("127.0.0.0/8, 10.0.0.0/8"), &trusted, NULL), 0);
	b = bench_new((struct http_server_options){.trusted_proxies = &trusted});
	talk(b,
	     STR("GET /p/1/x/2 HTTP/1.1\r\n" CLOSE "X-Forwarded-For: 6.6.6.6, 192.0.2.7\r\n"
		 "X-Forwarded-For: 10.1.1.1\r\n\r\n"),
	     &out);
	assert_true(has(&out, "[192.0.2.7]"));
	bench_free(b);
	cidr_set_release(&trusted);
}

static void test_bad_addresses(void **state)
{
	struct event_base *base = event_base_new();
	struct http_server_options o = {0};
	struct http_server *s, *t;
	struct why why = {""};
	char addr[32];

	(void)state;
	assert_int_equal(http_server_new(base, STR("nowhere:80"), &o, &s, &why), FAIL_INPUT);
	assert_int_equal(http_server_new(base, STR("127.0.0.1:0"), &o, &s, &why), FAIL_NONE);
	snprintf(addr, sizeof(addr), "127.0.0.1:%u", http_server_port(s));
	assert_int_equal(http_server_new(base, str_of(addr), &o, &t, &why), FAIL_INPUT);
	assert_non_null(strstr(why.text, "in use"));
	http_server_free(s);
	event_base_free(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_head_too_large),
		cmocka_unit_test(test_keep_alive_and_pipelining),
		cmocka_unit_test(test_expect_continue),
		cmocka_unit_test(test_slow_clients),
		cmocka_unit_test(test_connection_limit),
		cmocka_unit_test(test_admit_comes_first),
		cmocka_unit_test(test_client_leaves),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_never_reads),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_trusted_proxy),
		cmocka_unit_test(test_bad_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
