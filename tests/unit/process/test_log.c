/* Lines are whole JSON objects whatever goes in, and hold no secret. SPEC 22.1, 2.9. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "process/log.h"
#include "process/url.h"

static char line[2 * LOG_LINE_BYTES];
static int pipe_fds[2];

static int setup(void **state)
{
	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	log_to(pipe_fds[1]);
	log_init("ark-test", LEVEL_INFO);
	return 0;
}

/* The line after its time, which differs each time. */
static const char *take(void)
{
	static const char start[] = "{\"time\":\"20";
	ssize_t n = read(pipe_fds[0], line, sizeof(line) - 1);
	size_t skip = sizeof("{\"time\":\"2026-03-30T08:00:00.000Z\",") - 1;

	assert_true(n > (ssize_t)skip);
	line[n] = '\0';
	assert_memory_equal(line, start, sizeof(start) - 1);
	assert_memory_equal(line + skip - 3, "Z\",", 3);
	return line + skip;
}

static void a_line_has_the_fields_in_order(void **state)
{
	(void)state;
	log_info("run started", LOG_STR("run", STR("a\"b\n")), LOG_INT("ms", -12),
		 LOG_FLOAT("cost", 0.5), LOG_BOOL("ok", true),
		 LOG_URL("url", STR("https://u:p@h/x?token=1")), LOG_C("none", NULL));
	assert_string_equal(take(), "\"level\":\"info\",\"process\":\"ark-test\",\"msg\":\"run "
				    "started\",\"run\":\"a\\\"b\\n\",\"ms\":-12,\"cost\":0.5,"
				    "\"ok\":true,\"url\":\"https://h/x\",\"none\":\"\"}\n");
	log_error("bare");
	assert_string_equal(take(), "\"level\":\"error\",\"process\":\"ark-test\",\"msg\":"
				    "\"bare\"}\n");
}

static int touched;
static int64_t touch(void)
{
	return ++touched;
}

static void what_is_below_the_level_costs_nothing(void **state)
{
	(void)state;
	log_debug("quiet", LOG_INT("n", touch()));
	assert_int_equal(touched, 0);
	log_warn("loud", LOG_INT("n", touch()));
	assert_int_equal(touched, 1);
	assert_non_null(strstr(take(), "\"n\":1}"));
}

static void long_fields_leave_the_line_whole(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	char big[3000];
	struct value v;
	struct why why;

	(void)state;
	memset(big, 1, sizeof(big)); /* six bytes each as JSON */
	log_info("big", LOG_STR("a", str_n(big, sizeof(big))), LOG_INT("after", 1));
	take();
	assert_int_equal(json_parse(&a, str_trim(str_of(line)), JSON_STRICT, 4, &v, &why), 0);
	assert_null(value_get(&v, STR("a")));
	assert_int_equal(value_get(&v, STR("after"))->integer, 1);
	assert_true(value_get(&v, STR("cut"))->boolean);

	memset(big, 'x', sizeof(big));
	log_info("big", LOG_STR("a", str_n(big, sizeof(big))), LOG_STR("b", str_n(big, 1000)),
		 LOG_STR("c", str_n(big, 1000)), LOG_STR("d", str_n(big, 1000)));
	take();
	assert_true(strlen(line) < LOG_LINE_BYTES);
	assert_int_equal(json_parse(&a, str_trim(str_of(line)), JSON_STRICT, 4, &v, &why), 0);
	assert_int_equal(value_text(value_get(&v, STR("a"))).len, LOG_TEXT_BYTES);
	assert_null(value_get(&v, STR("d")));
}

static void a_reader_that_left_does_not_matter(void **state)
{
	(void)state;
	log_to(-1);
	log_error("nobody hears this");
	log_to(pipe_fds[1]);
}

static void urls_lose_what_is_secret(void **state)
{
	static const struct {
		const char *url, *want;
		bool password;
	} cases[] = {
		{"https://host/a?token=x#f", "https://host/a", false},
		{"https://user:pw@host:1/a", "https://host:1/a", true},
		{"https://user@host/a", "https://host/a", false},
		{"https://host/@user", "https://host/@user", false},
		{"https://host:80/@x", "https://host:80/@x", false},
		{"redis://:p/w@host/0", "redis://host/0", true},
		{"redis://a@b:c@host/0", "redis://host/0", true},
		{"unix:///tmp/redis.sock?db=1", "unix:///tmp/redis.sock", false},
		{"redis+sentinel://u:p@h1:1,h2:2/m", "redis+sentinel://h1:1,h2:2/m", true},
		{"HTTPS://u:p@h/@x", "HTTPS://h/@x", true},
		{"user:pw@host", "(invalid URL)", false},
		{"://u:p@host", "(invalid URL)", false},
		{"a b://u:p@host", "(invalid URL)", false},
		{"", "(invalid URL)", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF out = BUF(200);

		url_add_clean(&out, str_of(cases[i].url));
		assert_string_equal(buf_cstr(&out), cases[i].want);
		assert_int_equal(url_has_password(str_of(cases[i].url)), cases[i].password);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_the_fields_in_order),
		cmocka_unit_test(what_is_below_the_level_costs_nothing),
		cmocka_unit_test(long_fields_leave_the_line_whole),
		cmocka_unit_test(a_reader_that_left_does_not_matter),
		cmocka_unit_test(urls_lose_what_is_secret),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
