#include "http/http_client.h"
#include "http/http_server.h"
#include "loop.h"

struct bench {
	struct event_base *base;
	struct http_server *server;
	struct http_client *client;
	unsigned left; /* exchanges whose client went away */
	unsigned peers[2];
};

/* One call and what became of it. */
struct seen {
	struct bench *b;
	struct http_call *call;
	unsigned headers, done, cancel_after; /* on_body calls until it cancels itself */
	unsigned chunks;
	enum http_outcome outcome;
	int status;
	struct buf body, words, marker;
	struct seen *cancels; /* another one, cancelled in on_done */
	bool cancel_in_headers, cancel_in_done, again;
};

/* --- the server ------------------------------------------------------------------------------
 */

static void echo(void *arg, struct exchange *x)
{
	AUTO_BUF out = BUF(1 << 24);
	struct http_field marker = {STR("X-Marker"), exchange_header(x, "X-Sent")};

	(void)arg;
	buf_add(&out, exchange_method(x));
	buf_addc(&out, ' ');
	for (size_t i = 0; i < exchange_headers(x).count; i++) {
		buf_add(&out, exchange_headers(x).items[i].name);
		buf_addc(&out, ',');
	}
	buf_addc(&out, ' ');
	buf_add(&out, exchange_body(x));
	exchange_reply(x, 200, "text/plain", buf_str(&out), &marker, marker.value.ptr ? 1 : 0);
}

static void on_close(void *arg)
{
	((struct bench *)arg)->left++;
}

static void hang(void *arg, struct exchange *x)
{
	exchange_on_close(x, on_close, arg);
}

static void stream(void *arg, struct exchange *x)
{
	hang(arg, x);
	exchange_stream_sse(x, NULL, 0);
	exchange_write(x, STR("data: 1\n\n"));
}

static void redirect(void *arg, struct exchange *x)
{
	struct str to = exchange_query(x, "to");
	struct http_field location = {STR("Location"), to};

	(void)arg;
	exchange_reply(x, 302, "text/plain", STR("moved"), &location, 1);
}

static void big(void *arg, struct exchange *x)
{
	AUTO_BUF out = BUF(1 << 20);

	(void)arg;
	while (out.len < 100000)
		buf_addc(&out, 'b');
	exchange_reply(x, 200, "text/plain", buf_str(&out), NULL, 0);
}

static void many_headers(void *arg, struct exchange *x)
{
	AUTO_BUF value = BUF(1 << 20);
	struct http_field f = {.name = STR("X-Long")};

	(void)arg;
	while (value.len < 5000)
		buf_addc(&value, 'h');
	f.value = buf_str(&value);
	exchange_reply(x, 200, "text/plain", STR("ok"), &f, 1);
}

static const struct http_route routes[] = {
	{.methods = "GET POST PUT DELETE",
	 .path = "/echo",
	 .max_body_bytes = 1 << 24,
	 .handler = echo},
	{.methods = "GET", .path = "/hang", .handler = hang},
	{.methods = "GET", .path = "/stream", .handler = stream},
	{.methods = "GET POST", .path = "/redirect", .max_body_bytes = 10, .handler = redirect},
	{.methods = "GET", .path = "/big", .handler = big},
	{.methods = "GET", .path = "/headers", .handler = many_headers},
};

static struct bench *bench_new(struct http_client_options o)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	struct http_server_options so = {
		.routes = routes, .route_count = sizeof(routes) / sizeof(routes[0]), .arg = b};
	struct why why = {""};

	b->base = event_base_new();
	if (http_server_new(b->base, STR("127.0.0.1:0"), &so, &b->server, &why))
		fail_msg("%s", why.text);
	b->client = http_client_new(b->base, &o);
	return b;
}

static void bench_free(struct bench *b)
{
	http_client_free(b->client);
	http_server_free(b->server);
	event_base_free(b->base);
	free(b);
}

/* --- the calls -------------------------------------------------------------------------------
 */

static void seen_init(struct seen *s, struct bench *b)
{
	*s = (struct seen){
		.b = b, .body = BUF(1 << 24), .words = BUF(4096), .marker = BUF(4096)};
}

static void seen_release(struct seen *s)
{
	buf_release(&s->body);
	buf_release(&s->words);
	buf_release(&s->marker);
}

static void on_headers(void *arg, int status, struct http_fields fields)
{
	struct seen *s = arg;

	s->headers++;
	s->status = status;
	buf_add(&s->marker, http_fields_get(fields, STR("x-marker")));
	if (s->cancel_in_headers)
		http_call_cancel(s->call);
}

static void on_body(void *arg, struct str chunk)
{
	struct seen *s = arg;

	buf_add(&s->body, chunk);
	if (++s->chunks == s->cancel_after)
		http_call_cancel(s->call);
}

static void send_to(struct seen *s, const char *path, struct http_request r);

static void on_done(void *arg, const struct http_result *result)
{
	struct seen *s = arg;

	s->done++;
	s->outcome = result->outcome;
	s->status = result->status;
	buf_add(&s->body, result->body);
	buf_adds(&s->words, result->words);
	if (s->cancels)
		http_call_cancel(s->cancels->call);
	s->cancels = NULL; /* its handle is gone */
	if (s->cancel_in_done)
		http_call_cancel(s->call);
	if (s->again) {
		s->again = false;
		send_to(s, "/echo", (struct http_request){0});
	}
}

static void send_to(struct seen *s, const char *path, struct http_request r)
{
	AUTO_BUF url = BUF(4096);
	struct why why = {""};

	buf_addf(&url, "http://user:pass@127.0.0.1:%u%s", http_server_port(s->b->server), path);
	r.url = buf_str(&url);
	r.on_headers = on_headers;
	r.on_done = on_done;
	r.arg = s;
	if (http_client_send(s->b->client, &r, &s->call, &why))
		fail_msg("%s", why.text);
}

/* Sends and waits for the end. */
static void call(struct seen *s, const char *path, struct http_request r)
{
	send_to(s, path, r);
	RUN_UNTIL(s->b->base, s->done);
}

static void test_plain_calls(void **state)
{
	struct bench *b = bench_new((struct http_client_options){0});
	struct http_field h[] = {{STR("X-Sent"), STR("mark")}, {STR("X-Empty"), STR("")}};
	struct http_client_stats stats;
	struct seen s;

	(void)state;
	seen_init(&s, b);
	call(&s, "/echo?secret=1", (struct http_request){.headers = h, .header_count = 2});
	assert_int_equal(s.outcome, HTTP_DONE);
	assert_int_equal(s.status, 200);
	assert_int_equal(s.headers, 1);
	assert_string_equal(buf_cstr(&s.marker), "mark");
	assert_string_equal(buf_cstr(&s.words), "");
	assert_string_equal(buf_cstr(&s.body),
			    "GET Host,Authorization,User-Agent,Accept,X-Sent,X-Empty, ");
	seen_release(&s);

	seen_init(&s, b);
	call(&s, "/echo", (struct http_request){.method = "POST", .body = STR("a\0b")});
	assert_true(str_ends(buf_str(&s.body), STR("Content-Length, a\0b")));
	seen_release(&s);

	seen_init(&s, b);
	call(&s, "/echo", (struct http_request){.method = "DELETE"});
	assert_true(str_starts(buf_str(&s.body), STR("DELETE ")));
	seen_release(&s);

	seen_init(&s, b);
	call(&s, "/echo", (struct http_request){.method = "HEAD"});
	assert_int_equal(s.status, 200);
	assert_int_equal(s.body.len, 0);
	seen_release(&s);

	seen_init(&s, b);
	call(&s, "/none", (struct http_request){0});
	assert_int_equal(s.outcome, HTTP_DONE);
	assert_int_equal(s.status, 404);
	seen_release(&s);

	http_client_stats(b->client, &stats);
	assert_int_equal(stats.sent, 5);
	assert_int_equal(stats.connections, 1); /* used again */
	assert_int_equal(stats.outcomes[HTTP_DONE], 5);
	assert_int_equal(stats.in_flight, 0);
	bench_free(b);
}

/* A large body has no Expect header and arrives whole. */
static void test_large_body(void **state)
{
	struct bench *b = bench_new((struct http_client_options){0});
	AUTO_BUF body = BUF(1 << 24);
	struct seen s;

	(void)state;
	while (body.len < 3 << 20)
		buf_adds(&body, "0123456789abcdef");
	seen_init(&s, b);
	call(&s, "/echo",
	     (struct http_request){.method = "PUT",
				   .body = buf_str(&body),
				   .body_borrowed = true,
				   .idle_ms = 10000});
	assert_int_equal(s.outcome, HTTP_DONE);
	assert_true(str_ends(buf_str(&s.body), buf_str(&body)));
	assert_int_equal(str_find(str_sub(buf_str(&s.body), 0, 500), STR("Expect"), 0),
			 STR_NONE);
	seen_release(&s);
	bench_free(b);
}

static void test_limits(void **state)
{
	struct bench *b = bench_new((struct http_client_options){0});
	struct seen s;

	(void)state;
	seen_init(&s, b);
	call(&s, "/big", (struct http_request){.max_body_bytes = 99999});
	assert_int_equal(s.outcome, HTTP_TOO_LARGE);
	seen_release(&s);

	seen_init(&s, b);
	call(&s, "/big", (struct http_request){.max_body_bytes = 100000});
	assert_int_equal(s.outcome, HTTP_DONE);
	assert_int_equal(s.body.len, 100000);
	seen_release(&s);

	seen_init(&s, b);
	call(&s, "/big", (struct http_request){.max_body_bytes = 99999, .on_body = on_body});
	assert_int_equal(s.outcome, HTTP_TOO_LARGE);
	seen_release(&s);

	seen_init(&s, b);
	call(&s, "/headers", (struct http_request){.max_header_bytes = 5000});
	assert_int_equal(s.outcome, HTTP_TOO_LARGE);
	seen_release(&s);

	seen_init(&s, b);
	call(&s, "/hang?secret=1", (struct http_request){.total_ms = 50});
	assert_int_equal(s.outcome, HTTP_TIMED_OUT);
	/* SPEC 2.9: neither user, password, path nor query. */
	assert_null(strstr(buf_cstr(&s.words), "secret"));
	assert_null(strstr(buf_cstr(&s.words), "pass"));
	assert_null(strstr(buf_cstr(&s.words), "hang"));
	assert_non_null(strstr(buf_cstr(&s.words), "http://127.0.0.1:"));
	seen_release(&s);

	seen_init(&s, b);
	call(&s, "/stream",
	     (struct http_request){.idle_ms = 50, .total_ms = 15000, .on_body = on_body});
	assert_int_equal(s.outcome, HTTP_IDLE);
	assert_string_equal(buf_cstr(&s.body), "data: 1\n\n");
	seen_release(&s);
	RUN_UNTIL(b->base, b->left == 2);
	bench_free(b);
}

static void test_refused_input(void **state)
{
	static const char *const urls[] = {"",
					   "x",
					   "ftp://h/",
					   "http://",
					   "http://h:99999/",
					   "http://a b/",
					   "file:///etc",
					   "http://[::1/",
					   "http://h\n/"};
	static const struct http_field bad[] = {
		{STR_INIT("A B"), STR_INIT("x")},
		{STR_INIT("A"), STR_INIT("x\r\nB: y")},
		{STR_INIT("content-length"), STR_INIT("3")},
		{STR_INIT("Transfer-Encoding"), STR_INIT("chunked")},
	};
	struct bench *b = bench_new((struct http_client_options){0});
	struct http_request r = {0};
	struct why why;

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		r.url = str_of(urls[i]);
		assert_int_equal(http_client_send(b->client, &r, NULL, &why), FAIL_INPUT);
	}
	r.url = STR("http://127.0.0.1/");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r.headers = &bad[i];
		r.header_count = 1;
		assert_int_equal(http_client_send(b->client, &r, NULL, &why), FAIL_INPUT);
	}
	r.header_count = 0;
	r.method = "GET /";
	assert_int_equal(http_client_send(b->client, &r, NULL, &why), FAIL_INPUT);
	bench_free(b);
}

static void test_connect_failures(void **state)
{
	struct bench *b = bench_new((struct http_client_options){0});
	struct seen s;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in sa = {.sin_family = AF_INET};
	socklen_t len = sizeof(sa);
	struct http_request r = {.on_done = on_done, .arg = &s};
	AUTO_BUF url = BUF(100);

	(void)state;
	/* Bound and not listening: refused, and nobody else can take the port. */
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
	getsockname(fd, (struct sockaddr *)&sa, &len);
	seen_init(&s, b);
	buf_addf(&url, "http://127.0.0.1:%u/secret", ntohs(sa.sin_port));
	r.url = buf_str(&url);
	assert_int_equal(http_client_send(b->client, &r, NULL, NULL), FAIL_NONE);
	RUN_UNTIL(b->base, s.done);
	assert_int_equal(s.outcome, HTTP_CONNECT_FAILED);
	assert_null(strstr(buf_cstr(&s.words), "secret"));
	seen_release(&s);

	/* TLS to a server that speaks none. */
	seen_init(&s, b);
	buf_clear(&url);
	buf_addf(&url, "https://127.0.0.1:%u/", http_server_port(b->server));
	r.url = buf_str(&url);
	assert_int_equal(http_client_send(b->client, &r, NULL, NULL), FAIL_NONE);
	RUN_UNTIL(b->base, s.done);
	assert_int_equal(s.outcome, HTTP_TLS_FAILED);
	seen_release(&s);
	close(fd);
	bench_free(b);
}

static void test_egress(void **state)
{
	struct bench *b = bench_new((struct http_client_options){0});
	struct egress strict = {0}, by_port = {.allow_loopback = true};
	struct http_client_stats stats;
	struct ip loopback;
	struct seen s;

	(void)state;
	ip_parse(STR("127.0.0.1"), &loopback);
	egress_deny_host(&by_port, loopback, http_server_port(b->server));
	seen_init(&s, b);
	call(&s, "/echo", (struct http_request){.egress = &strict});
	assert_int_equal(s.outcome, HTTP_REFUSED_ADDRESS);
	seen_release(&s);
	http_client_stats(b->client, &stats);
	assert_int_equal(stats.connections, 0);

	/* A connection that another request opened is not a way around. */
	seen_init(&s, b);
	call(&s, "/echo", (struct http_request){0});
	assert_int_equal(s.outcome, HTTP_DONE);
	seen_release(&s);
	seen_init(&s, b);
	call(&s, "/echo", (struct http_request){.egress = &by_port});
	assert_int_equal(s.outcome, HTTP_REFUSED_ADDRESS);
	seen_release(&s);
	egress_release(&strict);
	egress_release(&by_port);
	bench_free(b);
}

static void test_redirects(void **state)
{
	struct bench *b = bench_new((struct http_client_options){0});
	struct http_request follow = {.follow = HTTP_FOLLOW_SAME_HOST, .on_body = on_body};
	struct seen s;

	(void)state;
	seen_init(&s, b);
	call(&s, "/redirect?to=/echo%3Fx", follow);
	assert_int_equal(s.status, 200);
	assert_int_equal(s.headers, 1);
	assert_true(str_starts(buf_str(&s.body), STR("GET ")));
	seen_release(&s);

	seen_init(&s, b); /* not asked to */
	call(&s, "/redirect?to=/echo", (struct http_request){0});
	assert_int_equal(s.status, 302);
	assert_string_equal(buf_cstr(&s.body), "moved");
	seen_release(&s);

	seen_init(&s, b); /* another host */
	call(&s, "/redirect?to=http://127.0.0.2/", follow);
	assert_int_equal(s.status, 302);
	seen_release(&s);

	seen_init(&s, b); /* INTERFACES 1.6: no POST */
	follow.method = "POST";
	call(&s, "/redirect?to=/echo", follow);
	assert_int_equal(s.status, 302);
	seen_release(&s);

	seen_init(&s, b); /* for ever */
	follow.method = "GET";
	call(&s,
	     "/redirect?to=/redirect?to%3D/redirect?to%253D/redirect?to%25253D/"
	     "redirect?to%2525253D"
	     "/redirect?to%252525253D/redirect?to%25252525253D/echo",
	     follow);
	assert_int_equal(s.outcome, HTTP_ABORTED);
	seen_release(&s);
	bench_free(b);
}

/* A cancelled call says nothing more, wherever the cancel came from. */
static void test_cancel(void **state)
{
	struct bench *b = bench_new((struct http_client_options){0});
	struct http_client_stats stats;
	struct seen s[6];

	(void)state;
	for (int i = 0; i < 6; i++)
		seen_init(&s[i], b);
	send_to(&s[0], "/echo", (struct http_request){0}); /* while it waits in the queue */
	http_call_cancel(s[0].call);
	s[1].cancel_in_headers = true;
	send_to(&s[1], "/echo", (struct http_request){0});
	s[2].cancel_after = 1;
	send_to(&s[2], "/stream", (struct http_request){.on_body = on_body});
	s[3].cancel_in_done = true;
	s[3].cancels = &s[4];
	s[3].again = true; /* a callback may send, too */
	send_to(&s[3], "/echo", (struct http_request){0});
	send_to(&s[4], "/hang", (struct http_request){0});
	send_to(&s[5], "/hang", (struct http_request){0}); /* from the loop */
	RUN_UNTIL(b->base, s[3].done == 2 && s[1].headers && s[2].chunks);
	http_call_cancel(s[5].call);
	/* The server sees those that had reached it go. */
	RUN_UNTIL(b->base, (http_client_stats(b->client, &stats), stats.in_flight == 0));
	for (int i = 0; i < 6; i++) {
		assert_int_equal(s[i].done, i == 3 ? 2 : 0);
		seen_release(&s[i]);
	}
	assert_int_equal(stats.cancelled, 5);
	assert_int_equal(stats.sent, 7);
	bench_free(b);
}

static void test_places_and_queue(void **state)
{
	struct bench *b =
		bench_new((struct http_client_options){.max_in_flight = 2, .max_queued = 3});
	struct http_client_stats stats;
	struct http_request r = {.url = STR("http://127.0.0.1/")};
	struct seen s[5];

	(void)state;
	for (int i = 0; i < 5; i++) {
		seen_init(&s[i], b);
		send_to(&s[i], "/hang", (struct http_request){.total_ms = i == 4 ? 100 : 0});
		if (i == 1)
			RUN_UNTIL(b->base,
				  (http_client_stats(b->client, &stats), stats.in_flight == 2));
	}
	http_client_stats(b->client, &stats);
	assert_int_equal(stats.queued, 3);
	assert_int_equal(http_client_send(b->client, &r, NULL, NULL), FAIL_BUSY);
	RUN_UNTIL(b->base, s[4].done); /* its time ends while it waits */
	assert_int_equal(s[4].outcome, HTTP_TIMED_OUT);
	http_call_cancel(s[0].call);
	RUN_UNTIL(b->base, (http_client_stats(b->client, &stats), stats.queued == 1));
	assert_int_equal(stats.in_flight, 2);
	for (int i = 0; i < 5; i++)
		seen_release(&s[i]);
	bench_free(b); /* with calls in flight and waiting */
}

/* An answer that is cut off, or is none. */
static void test_broken_answers(void **state)
{
	static const struct {
		const char *answer;
		enum http_outcome want;
	} cases[] = {
		{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", HTTP_ABORTED},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", HTTP_ABORTED},
		{"SSH-2.0-x\r\n", HTTP_ABORTED},
		{"", HTTP_ABORTED},
		{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		 HTTP_DONE},
	};
	struct bench *b = bench_new((struct http_client_options){0});

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sockaddr_in sa = {.sin_family = AF_INET};
		socklen_t len = sizeof(sa);
		int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), fd = -1;
		struct http_request r = {.on_done = on_done};
		AUTO_BUF url = BUF(100), request = BUF(10000);
		struct seen s;

		sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		assert_int_equal(bind(listener, (struct sockaddr *)&sa, len), 0);
		assert_int_equal(listen(listener, 1), 0);
		getsockname(listener, (struct sockaddr *)&sa, &len);
		buf_addf(&url, "http://127.0.0.1:%u/", ntohs(sa.sin_port));
		seen_init(&s, b);
		r.url = buf_str(&url);
		r.arg = &s;
		assert_int_equal(http_client_send(b->client, &r, NULL, NULL), FAIL_NONE);
		RUN_UNTIL(b->base, (fd = accept(listener, NULL, NULL)) >= 0);
		fcntl(fd, F_SETFL, O_NONBLOCK);
		raw_read_until(b->base, fd, &request, "\r\n\r\n");
		raw_send(b->base, fd, str_of(cases[i].answer));
		close(fd);
		RUN_UNTIL(b->base, s.done);
		if (s.outcome != cases[i].want)
			fail_msg("case %zu: %s: %s", i, http_outcome_name(s.outcome),
				 buf_cstr(&s.words));
		seen_release(&s);
		close(listener);
	}
	bench_free(b);
}

/* Many streams at once over one loop. */
static void test_many_streams(void **state)
{
	enum { STREAMS = 1000 };
	struct bench *b = bench_new((struct http_client_options){.max_connecting = 100});
	struct seen *s = xcalloc(STREAMS, sizeof(*s));
	struct http_server_stats stats;
	unsigned begun = 0;

	(void)state;
	for (int i = 0; i < STREAMS; i++) {
		seen_init(&s[i], b);
		send_to(&s[i], "/stream", (struct http_request){.on_body = on_body});
	}
	while (begun < STREAMS) {
		RUN_UNTIL(b->base, s[begun].chunks);
		begun++;
	}
	http_server_stats(b->server, &stats);
	assert_int_equal(stats.streams, STREAMS);
	for (int i = 0; i < STREAMS; i++) {
		http_call_cancel(s[i].call);
		assert_string_equal(buf_cstr(&s[i].body), "data: 1\n\n");
		seen_release(&s[i]);
	}
	RUN_UNTIL(b->base, b->left == STREAMS);
	free(s);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_calls),	 cmocka_unit_test(test_large_body),
		cmocka_unit_test(test_limits),		 cmocka_unit_test(test_refused_input),
		cmocka_unit_test(test_connect_failures), cmocka_unit_test(test_egress),
		cmocka_unit_test(test_redirects),	 cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_places_and_queue), cmocka_unit_test(test_broken_answers),
		cmocka_unit_test(test_many_streams),
	};

	return cmocka_run_group_tests(tests, more_descriptors, NULL);
}
