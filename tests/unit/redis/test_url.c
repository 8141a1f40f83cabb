#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "redis/url.h"

struct good {
	const char *text, *printed;
	enum redis_url_kind kind;
	const char *user, *password; /* NULL: none */
};

static void test_good(void **state)
{
	static const struct good cases[] = {
		{"redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0", REDIS_PLAIN, "", NULL},
		{"redis://redis", "redis://redis:6379/0", REDIS_PLAIN, "", NULL},
		{"REDIS://redis/", "redis://redis:6379/0", REDIS_PLAIN, "", NULL},
		{"redis://h:1/15", "redis://h:1/15", REDIS_PLAIN, "", NULL},
		{"redis://h:65535/1023", "redis://h:65535/1023", REDIS_PLAIN, "", NULL},
		{"redis://[::1]:7000/2", "redis://[::1]:7000/2", REDIS_PLAIN, "", NULL},
		{"redis://[fe80::1%eth0]", "redis://[fe80::1%eth0]:6379/0", REDIS_PLAIN, "",
		 NULL},
		{"redis://:pw@h", "redis://h:6379/0", REDIS_PLAIN, "", "pw"},
		{"redis://u@h", "redis://h:6379/0", REDIS_PLAIN, "u", NULL},
		{"redis://u:p%40%2F%3a@h", "redis://h:6379/0", REDIS_PLAIN, "u", "p@/:"},
		{"redis://u:a:b@c@h", "redis://h:6379/0", REDIS_PLAIN, "u", "a:b@c"},
		{"rediss://u:p@h:6380/1", "rediss://h:6380/1", REDIS_TLS, "u", "p"},
		{"unix:///run/redis.sock", "unix:///run/redis.sock", REDIS_UNIX, "", NULL},
		{"unix:///run/r.sock?db=3", "unix:///run/r.sock?db=3", REDIS_UNIX, "", NULL},
		{"unix:///run/r.sock?db=0", "unix:///run/r.sock", REDIS_UNIX, "", NULL},
		{"unix://u:p@/run/a%20b", "unix:///run/a%20b", REDIS_UNIX, "u", "p"},
		{"redis+sentinel://a:1,b/main/3", "redis+sentinel://a:1,b:26379/main/3",
		 REDIS_SENTINEL, "", NULL},
		{"redis+sentinel://a/m%2Fn%20", "redis+sentinel://a:26379/m%2Fn%20/0",
		 REDIS_SENTINEL, "", NULL},
		{"redis+sentinel://:p@[::1]:2,b:3,c/my",
		 "redis+sentinel://[::1]:2,b:3,c:26379/my/0", REDIS_SENTINEL, "", "p"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct good *c = &cases[i];
		AUTO_ARENA a = ARENA_INIT;
		AUTO_BUF out = BUF(REDIS_URL_MAX_BYTES);
		struct redis_url u, again;
		struct why why = {""};

		if (redis_url_parse(&a, str_of(c->text), &u, &why))
			fail_msg("%s: %s", c->text, why.text);
		redis_url_print(&u, &out);
		assert_string_equal(buf_cstr(&out), c->printed);
		assert_int_equal(u.kind, c->kind);
		assert_true(str_is(u.user, c->user));
		assert_int_equal(u.has_password, c->password != NULL);
		assert_true(str_is(u.password, c->password ? c->password : ""));
		/* What is printed is read as the same server. */
		assert_int_equal(redis_url_parse(&a, buf_str(&out), &again, &why), FAIL_NONE);
		assert_int_equal(again.db, u.db);
		assert_int_equal(again.host_count, u.host_count);
		assert_true(str_eq(again.master, u.master));
		assert_true(str_eq(again.path, u.path));
	}
}

static void test_bad(void **state)
{
	static const char *cases[] = {
		"",
		"redis",
		"redis:",
		"redis:/",
		"http://h",
		"redis//h",
		" redis://h",
		"redis://",
		"redis:///0",
		"redis://:1",
		"redis://h:",
		"redis://h:/0x",
		"redis://h:0",
		"redis://h:65536",
		"redis://h:+1",
		"redis://h:1x",
		"redis://h/x",
		"redis://h/-1",
		"redis://h/1024",
		"redis://h/1/2",
		"redis://h?db=1",
		"redis://h/0#f",
		"redis://h h",
		"redis://h\n",
		"redis://[::1",
		"redis://[::1]x",
		"redis://[]",
		"redis://[abc]",
		"redis://a,b",
		"redis://secretword:@h",
		"redis://:secretword%@h",
		"redis://:secretword%4@h",
		"redis://:secretword%zz@h",
		"redis://:secretword%00@h",
		"redis://u:secretword@h:99999",
		"redis://u:secretword@",
		"redis://u:secretword@/0",
		"redis://u:secretword@h/secretword",
		"secretword://u:secretword@h",
		"unix://",
		"unix:///",
		"unix://run/redis.sock",
		"unix:///a?db=",
		"unix:///a?db=x",
		"unix:///a?password=secretword",
		"unix:///a?db=1&x=2",
		"redis+sentinel://a",
		"redis+sentinel://a/",
		"redis+sentinel://a//0",
		"redis+sentinel://a,,b/m",
		"redis+sentinel://a/m/x",
		"redis+sentinel://1,2,3,4,5,6,7,8,9/m",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct redis_url u;
		struct why why = {""};

		if (redis_url_parse(&a, str_of(cases[i]), &u, &why) != FAIL_INPUT)
			fail_msg("accepted: %s", cases[i]);
		assert_non_null(strstr(why.text, "Redis URL: "));
		/* SPEC 2.9: whatever part of the input is wrong, none of it is quoted. */
		assert_null(strstr(why.text, "secretword"));
	}
}

static void test_limits(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF text = BUF(REDIS_URL_MAX_BYTES + 64);
	struct redis_url u;
	struct why why;

	(void)state;
	buf_adds(&text, "unix:///");
	while (text.len < 7 + REDIS_UNIX_MAX_BYTES)
		buf_addc(&text, 'x');
	assert_int_equal(redis_url_parse(&a, buf_str(&text), &u, &why), FAIL_NONE);
	buf_addc(&text, 'x');
	assert_int_equal(redis_url_parse(&a, buf_str(&text), &u, &why), FAIL_INPUT);

	buf_clear(&text);
	buf_adds(&text, "redis://");
	while (text.len < 8 + 253)
		buf_addc(&text, 'h');
	assert_int_equal(redis_url_parse(&a, buf_str(&text), &u, &why), FAIL_NONE);
	buf_addc(&text, 'h');
	assert_int_equal(redis_url_parse(&a, buf_str(&text), &u, &why), FAIL_INPUT);

	buf_clear(&text);
	buf_adds(&text, "redis://:");
	while (text.len < REDIS_URL_MAX_BYTES - 2)
		buf_addc(&text, 'p');
	buf_adds(&text, "@h");
	assert_int_equal(redis_url_parse(&a, buf_str(&text), &u, &why), FAIL_NONE);
	buf_addc(&text, 'h');
	assert_int_equal(redis_url_parse(&a, buf_str(&text), &u, &why), FAIL_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
