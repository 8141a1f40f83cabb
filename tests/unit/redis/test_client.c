/*
 * The client against a server that misbehaves. (Against real ones: tests/component.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>

#include "fake_server.h"
#include "redis/redis.h"

enum { DEADLINE_MS = 10000 };

/* One client and what it was told. */
struct seen {
	struct redis *r;
	unsigned ups, downs, answers, lost, refused;
	char down[WHY_MAX_BYTES], last[256];
	bool changed;
	enum { FREE_NEVER, FREE_IN_UP, FREE_IN_DOWN, FREE_IN_ANSWER } free_in;
};

static struct fake server;
static struct arena arena;

static int setup(void **state)
{
	(void)state;
	fake_start(&server);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_stop(&server);
	arena_release(&arena);
	return 0;
}

static void drop(struct seen *s)
{
	redis_free(s->r);
	s->r = NULL;
}

static void on_up(void *arg, const struct redis_server *info)
{
	struct seen *s = arg;

	s->ups++;
	s->changed = info->changed;
	assert_true(redis_is_up(s->r));
	if (s->free_in == FREE_IN_UP)
		drop(s);
}

static void on_down(void *arg, const struct why *why)
{
	struct seen *s = arg;

	s->downs++;
	snprintf(s->down, sizeof(s->down), "%s", why->text);
	assert_false(redis_is_up(s->r));
	assert_null(redis_server(s->r));
	if (s->free_in == FREE_IN_DOWN)
		drop(s);
}

static void on_answer(void *arg, const struct reply *r)
{
	struct seen *s = arg;

	if (!r) {
		s->lost++;
		assert_false(redis_is_up(s->r));
	} else if (reply_error(r) == REPLY_ERROR_REFUSED) {
		s->refused++;
	} else {
		s->answers++;
	}
	snprintf(s->last, sizeof(s->last), "%.*s", r ? (int)r->text.len : 0,
		 r ? r->text.ptr : "");
	if (s->free_in == FREE_IN_ANSWER && s->r) {
		drop(s);
		/* The answer is valid until the callback ends. */
		if (r && r->text.len)
			assert_memory_equal(r->text.ptr, s->last, r->text.len);
	}
}

static void connect_with(struct seen *s, struct redis_options o, const char *url)
{
	struct redis_url *u = ARENA_NEW(&arena, struct redis_url);
	struct why why;

	memset(s, 0, sizeof(*s));
	assert_int_equal(redis_url_parse(&arena, str_of(url), u, &why), FAIL_NONE);
	o.url = u;
	s->r = redis_new(server.base, &o);
	redis_on_state(s->r, on_up, on_down, s);
	assert_int_equal(s->ups + s->downs, 0);
}

static void begin(struct seen *s)
{
	connect_with(s, (struct redis_options){.name = STR("t")}, server.url);
}

static void call(struct seen *s, const char *name)
{
	const struct str argv[] = {str_of(name)};
	unsigned before = s->answers + s->lost + s->refused;

	redis_call(s->r, argv, 1, on_answer, s);
	/* Never from inside the call. */
	assert_int_equal(s->answers + s->lost + s->refused, before);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Turns the loop until a counter has grown to n. */
static void wait_for(const unsigned *counter, unsigned n)
{
	int64_t end = now_ms() + DEADLINE_MS;
	const struct timeval tick = {.tv_usec = 10000};

	while (*counter < n) {
		if (now_ms() > end)
			fail_msg("not in time");
		event_base_loopexit(server.base, &tick);
		event_base_loop(server.base, EVLOOP_ONCE);
	}
}

static void turn_for(unsigned ms)
{
	const struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	event_base_loopexit(server.base, &tv);
	event_base_dispatch(server.base);
}

static void test_dripping(void **state)
{
	struct seen s;

	(void)state;
	server.drip = true;
	server.answer = "*3\r\n$5\r\nhello\r\n:12\r\n*1\r\n$-1\r\n";
	begin(&s);
	wait_for(&s.ups, 1);
	for (int i = 0; i < 5; i++)
		call(&s, "GET");
	wait_for(&s.answers, 5);
	assert_int_equal(s.downs, 0);
	drop(&s);
}

static void test_cut_in_the_middle(void **state)
{
	struct seen s;

	(void)state;
	server.answer = "$1000\r\nhello";
	server.hang_up = true;
	begin(&s);
	wait_for(&s.ups, 1);
	call(&s, "GET");
	call(&s, "GET");
	wait_for(&s.downs, 1);
	assert_int_equal(s.lost, 2);
	assert_int_equal(s.answers, 0);
	assert_non_null(strstr(s.down, "closed the connection"));

	server.answer = "+OK\r\n";
	server.hang_up = false;
	wait_for(&s.ups, 2);
	assert_false(s.changed);
	call(&s, "GET");
	wait_for(&s.answers, 1);
	assert_string_equal(s.last, "OK");
	drop(&s);
}

static void expect_bad_answer(const char *answer, const char *words)
{
	struct seen s;

	server.answer = answer;
	connect_with(&s, (struct redis_options){.max_reply_bytes = 4096}, server.url);
	wait_for(&s.ups, 1);
	call(&s, "GET");
	wait_for(&s.downs, 1);
	assert_int_equal(s.lost, 1);
	if (!strstr(s.down, words))
		fail_msg("%s", s.down);
	drop(&s);
}

static void test_bad_answers(void **state)
{
	(void)state;
	expect_bad_answer("HTTP/1.1 400 Bad Request\r\n\r\n", "not an answer");
	expect_bad_answer("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
			  "not an answer");
	expect_bad_answer("*500000000\r\n", "limit");
	expect_bad_answer("%1\r\n+a\r\n+b\r\n", "not an answer");
}

static void test_answer_nobody_asked_for(void **state)
{
	struct seen s;

	(void)state;
	server.answer = "+a\r\n+b\r\n";
	begin(&s);
	wait_for(&s.ups, 1);
	call(&s, "GET");
	wait_for(&s.downs, 1);
	assert_int_equal(s.answers, 1);
	assert_non_null(strstr(s.down, "nobody asked for"));
	drop(&s);
}

struct unfit {
	const char *info, *words;
};

static void test_unfit_servers(void **state)
{
	static const struct unfit cases[] = {
		{"redis_version:6.2.14\r\nrole:master\r\n",
		 "this is Redis 6.2.14; Redis 7.0 or Valkey 7.2 or newer is needed"},
		{"redis_version:7.2.4\r\nvalkey_version:7.1.9\r\nrole:master\r\n",
		 "this is Valkey 7.1.9; Redis 7.0 or Valkey 7.2 or newer is needed"},
		{"garbage", "this is Redis of unknown version; Redis 7.0"},
		{"redis_version:7.0.0\r\nrole:slave\r\n", "is a replica"},
		{"redis_version:7.0.0\r\nloading:1\r\nrole:master\r\n", "loading its data"},
		{"redis_version:7.0.0\r\ncluster_enabled:1\r\nrole:master\r\n", "Cluster"},
		{"-LOADING Redis is loading the dataset in memory", "says: LOADING Redis is"},
		{"-NOPERM this user has no permissions", "says: NOPERM"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct seen s;

		server.info = cases[i].info;
		begin(&s);
		wait_for(&s.downs, 1);
		if (!strstr(s.down, cases[i].words))
			fail_msg("%s", s.down);
		/* It keeps trying, and comes up when the server has become fit. */
		server.info = FAKE_INFO;
		wait_for(&s.ups, 1);
		assert_int_equal(s.downs, 1);
		drop(&s);
	}
}

/* SPEC 2.9: a server that does not know AUTH quotes its arguments. */
static void test_password_is_not_quoted(void **state)
{
	AUTO_BUF url = BUF(256);
	struct seen s;

	(void)state;
	server.auth = "-ERR unknown command 'AUTH', with args beginning with: 'geheim'\r\n";
	buf_addf(&url, "unix://:geheim@%s", server.path);
	connect_with(&s, (struct redis_options){0}, buf_cstr(&url));
	wait_for(&s.downs, 1);
	assert_non_null(strstr(s.down, "the login was refused: ERR"));
	assert_null(strstr(s.down, "geheim"));
	drop(&s);
}

static void test_error_before_the_question(void **state)
{
	struct seen s;

	(void)state;
	server.greeting = "-ERR max number of clients reached\r\n";
	begin(&s);
	wait_for(&s.downs, 1);
	assert_non_null(strstr(s.down, "max number of clients reached"));
	drop(&s);
}

static void test_silence(void **state)
{
	struct seen s;

	(void)state;
	server.answer = NULL;
	connect_with(&s, (struct redis_options){.reply_deadline_ms = 100}, server.url);
	wait_for(&s.ups, 1);
	redis_call_deadline(s.r, (const struct str[]){STR("BLPOP")}, 1, 300, on_answer, &s);
	call(&s, "GET"); /* waits behind it: the deadline of the oldest counts */
	turn_for(200);
	assert_int_equal(s.lost, 0);
	wait_for(&s.downs, 1);
	assert_int_equal(s.lost, 2);
	assert_non_null(strstr(s.down, "no answer for 300 ms"));
	drop(&s);
}

/* Answers that were due still come when the server turns out to be no primary any more. */
static void test_readonly(void **state)
{
	struct seen s;

	(void)state;
	server.answer = "-READONLY You can't write against a read only replica.\r\n";
	server.drip = true;
	begin(&s);
	wait_for(&s.ups, 1);
	call(&s, "SET");
	call(&s, "SET");
	call(&s, "SET");
	wait_for(&s.answers, 1);
	assert_false(redis_is_up(s.r));
	call(&s, "SET");
	wait_for(&s.downs, 1);
	assert_int_equal(s.answers, 3);
	assert_int_equal(s.refused, 1);
	assert_int_equal(s.lost, 0);
	assert_non_null(strstr(s.down, "no primary any more"));
	wait_for(&s.ups, 2);
	drop(&s);
}

static void test_limits(void **state)
{
	static char big[4096];
	const struct str argv[] = {STR("SET"), str_n(big, sizeof(big))};
	struct seen s;

	(void)state;
	connect_with(&s, (struct redis_options){.max_pending = 2, .max_out_bytes = 4000},
		     server.url);
	call(&s, "PING"); /* not connected yet */
	wait_for(&s.refused, 1);
	wait_for(&s.ups, 1);
	redis_call(s.r, argv, 2, on_answer, &s);
	redis_call(s.r, argv, 1, on_answer, &s);
	redis_call(s.r, argv, 1, on_answer, &s);
	redis_call(s.r, argv, 1, on_answer, &s);
	redis_call(s.r, argv, 1, NULL, NULL);
	assert_int_equal(redis_pending(s.r), 2);
	wait_for(&s.answers, 2);
	assert_int_equal(s.refused, 3);
	assert_int_equal(server.commands, 2);
	drop(&s);
}

/* Attempts keep apart: 50, 100, 200, 400 ms, each down to its half. */
static void test_backoff(void **state)
{
	struct seen s;

	(void)state;
	server.refuse = true;
	begin(&s);
	turn_for(1000);
	assert_in_range(server.accepted, 3, 8);
	assert_int_equal(s.downs, 1);
	drop(&s);
}

static void test_free_inside_callbacks(void **state)
{
	struct seen s;

	(void)state;
	begin(&s);
	s.free_in = FREE_IN_UP;
	wait_for(&s.ups, 1);
	assert_null(s.r);

	server.info = "garbage";
	begin(&s);
	s.free_in = FREE_IN_DOWN;
	wait_for(&s.downs, 1);
	assert_null(s.r);
	server.info = FAKE_INFO;

	begin(&s);
	wait_for(&s.ups, 1);
	s.free_in = FREE_IN_ANSWER;
	for (int i = 0; i < 10; i++)
		call(&s, "PING");
	wait_for(&s.answers, 1);
	turn_for(50);
	assert_int_equal(s.answers, 1);

	/* In the NULL of a lost connection; the other nine are dropped. */
	server.answer = "$1000\r\nx";
	server.hang_up = true;
	server.commands = 0;
	begin(&s);
	wait_for(&s.ups, 1);
	s.free_in = FREE_IN_ANSWER;
	for (int i = 0; i < 10; i++)
		call(&s, "PING");
	wait_for(&s.lost, 1);
	turn_for(50);
	assert_int_equal(s.lost, 1);
	assert_int_equal(s.downs, 0);

	/* In a refusal. */
	begin(&s);
	s.free_in = FREE_IN_ANSWER;
	for (int i = 0; i < 10; i++)
		call(&s, "PING");
	wait_for(&s.refused, 1);
	turn_for(50);
	assert_int_equal(s.refused, 1);

	/* Before anything happened, and while it waits. */
	begin(&s);
	drop(&s);
	redis_free(NULL);
}

static void on_call_again(void *arg, const struct reply *r)
{
	struct seen *s = arg;

	if (r && reply_is(r, "PONG") && ++s->answers < 100)
		redis_call(s->r, (const struct str[]){STR("PING")}, 1, on_call_again, s);
}

static void test_call_inside_callbacks(void **state)
{
	struct seen s;

	(void)state;
	begin(&s);
	wait_for(&s.ups, 1);
	redis_call(s.r, (const struct str[]){STR("PING")}, 1, on_call_again, &s);
	wait_for(&s.answers, 100);
	drop(&s);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVER(test_dripping),
		WITH_SERVER(test_cut_in_the_middle),
		WITH_SERVER(test_bad_answers),
		WITH_SERVER(test_answer_nobody_asked_for),
		WITH_SERVER(test_unfit_servers),
		WITH_SERVER(test_password_is_not_quoted),
		WITH_SERVER(test_error_before_the_question),
		WITH_SERVER(test_silence),
		WITH_SERVER(test_readonly),
		WITH_SERVER(test_limits),
		WITH_SERVER(test_backoff),
		WITH_SERVER(test_free_inside_callbacks),
		WITH_SERVER(test_call_inside_callbacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
