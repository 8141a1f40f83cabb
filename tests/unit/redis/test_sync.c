/*
 * The blocking client, against a server in a process of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "fake_server.h"
#include "redis/redis_sync.h"

enum { DEADLINE_MS = 10000, SHORT_MS = 200 };

static struct fake server;
static pid_t child;
static struct arena arena;
static struct redis_url url;

static void serve(const char *answer)
{
	struct why why;

	fake_start(&server);
	server.answer = answer;
	assert_int_equal(redis_url_parse(&arena, str_of(server.url), &url, &why), FAIL_NONE);
	child = fork();
	assert_true(child >= 0);
	if (child > 0)
		return;
	event_reinit(server.base);
	event_base_dispatch(server.base);
	_exit(1);
}

static int teardown(void **state)
{
	(void)state;
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	fake_stop(&server);
	arena_release(&arena);
	return 0;
}

static struct redis_sync *client(void)
{
	return redis_sync_new(&(struct redis_options){.url = &url});
}

static void test_answers(void **state)
{
	struct redis_sync *s;
	const struct redis_server *info;
	struct why why;

	(void)state;
	serve("*2\r\n$3\r\nabc\r\n:7\r\n");
	s = client();
	assert_int_equal(redis_sync_connect(s, DEADLINE_MS, &info, &why), FAIL_NONE);
	assert_true(str_is(info->version, "7.0.15"));
	for (int i = 0; i < 100; i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct command c = command_begin(&a, "GET");
		const struct reply *r;

		assert_int_equal(redis_sync_send(s, &a, &c, DEADLINE_MS, &r, &why), FAIL_NONE);
		assert_int_equal(r->count, 2);
		assert_true(reply_is(&r->items[0], "abc"));
		assert_int_equal(r->items[1].integer, 7);
	}
	redis_sync_free(s);
	redis_sync_free(NULL);
}

static void test_no_answer(void **state)
{
	struct redis_sync *s;
	const struct reply *r;
	struct why why;
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "GET");

	(void)state;
	serve(NULL);
	s = client();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(redis_sync_send(s, &a, &c, SHORT_MS, &r, &why), FAIL_BUSY);
		assert_true(strstr(why.text, "no answer") != NULL);
	}
	redis_sync_free(s);
}

static void test_no_server(void **state)
{
	struct redis_sync *s;
	const struct reply *r;
	struct why why;
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "GET");

	(void)state;
	serve(NULL);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	child = 0;
	evconnlistener_disable(server.listener);
	unlink(server.path);
	s = client();
	assert_int_equal(redis_sync_send(s, &a, &c, SHORT_MS, &r, &why), FAIL_BUSY);
	assert_non_null(strstr(why.text, "No such file or directory"));
	redis_sync_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_answers, teardown),
		cmocka_unit_test_teardown(test_no_answer, teardown),
		cmocka_unit_test_teardown(test_no_server, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
