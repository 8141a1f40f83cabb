/* Settings: sources, types, ranges, and the words for what is wrong. SPEC 2.5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "process/log.h"
#include "process/settings.h"

#include <cmocka.h> /* last: its macro fail() would hit `enum fail (*f)` */

struct own {
	struct str text, url, file, addr, secret, must;
	struct str_list list;
	int64_t count, size, wait_ms, any;
	bool on;
	int color;
};

static struct own own;
static struct common_settings common;
static struct limits limits;

static enum fail check_own(void *into, struct arena *a, struct why *why)
{
	(void)a;
	if (((struct own *)into)->any == 13)
		return failf(why, FAIL_INPUT, "ARK_ANY must not be 13");
	return FAIL_NONE;
}

#define AT(type, member) SETTING_AT_##type(struct own, member)

static const struct setting own_rows[] = {
	{.name = "ARK_TEXT", .type = SETTING_STRING, .at = AT(STR, text), .initial = "t"},
	{.name = "ARK_URL",
	 .alias = "OLD_URL",
	 .type = SETTING_URL,
	 .at = AT(STR, url),
	 .help = "where | it is"},
	{.name = "ARK_FILE", .type = SETTING_FILE, .at = AT(STR, file)},
	{.name = "ARK_ADDR", .type = SETTING_ADDR, .at = AT(STR, addr), .initial = ":80"},
	{.name = "ARK_LIST", .type = SETTING_LIST, .at = AT(LIST, list)},
	{.name = "ARK_COUNT",
	 .type = SETTING_INT,
	 .at = AT(INT, count),
	 .initial_number = 5,
	 .least = 1,
	 .most = 100},
	{.name = "ARK_SIZE",
	 .type = SETTING_BYTES,
	 .at = AT(INT, size),
	 .initial_number = 65536,
	 .least = 1024,
	 .most = 1 << 20},
	{.name = "ARK_WAIT",
	 .type = SETTING_DURATION,
	 .at = AT(INT, wait_ms),
	 .initial = "1m30s",
	 .least = 1000,
	 .most = 3600000},
	{.name = "ARK_ANY", .type = SETTING_INT, .at = AT(INT, any)},
	{.name = "ARK_ON", .type = SETTING_BOOL, .at = AT(BOOL, on)},
	{.name = "ARK_COLOR",
	 .type = SETTING_ENUM,
	 .at = AT(ENUM, color),
	 .choices = "red green blue",
	 .initial = "green"},
	{.name = "ARK_TOKEN",
	 .type = SETTING_STRING,
	 .at = AT(STR, secret),
	 .flags = SETTING_SECRET},
	{.name = "ARK_MUST",
	 .type = SETTING_STRING,
	 .at = AT(STR, must),
	 .help = "what must be",
	 .flags = SETTING_REQUIRED},
};

static struct settings_table tables[3];
static const struct setting_default defaults[] = {{"ARK_HTTP_ADDR", ":8080"}, {NULL, NULL}};
static const struct settings settings = {
	.program = "test",
	.about = "a test.",
	.tables = tables,
	.count = 3,
	.defaults = defaults,
};

/* Words are separated by blanks; ARK_MUST is set unless the environment is NULL. */
static enum fail load(struct arena *a, const char *env_words, const char *flag_words,
		      struct why *why)
{
	char *env[16] = {NULL}, *argv[16] = {NULL}, program[] = "x", must[] = "ARK_MUST=m";
	struct str rest = str_of(env_words), word;
	int argc = 0, envc = 0;

	memset(&own, 0, sizeof(own));
	tables[0] = settings_common(&common);
	tables[1] = (struct settings_table){
		"Own", own_rows, sizeof(own_rows) / sizeof(own_rows[0]), &own, check_own};
	tables[2] = settings_limits(&limits);
	argv[argc++] = program;
	if (env_words)
		env[envc++] = must;
	while (rest.len && str_next(&rest, ' ', &word))
		env[envc++] = (char *)(uintptr_t)arena_str(a, word).ptr;
	rest = str_of(flag_words);
	while (rest.len && str_next(&rest, ' ', &word))
		argv[argc++] = (char *)(uintptr_t)arena_str(a, word).ptr;
	return settings_read(&settings, a, argc, argv, env, why);
}

static void defaults_hold(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct why why = {""};

	(void)state;
	assert_int_equal(load(&a, "", "", &why), FAIL_NONE);
	assert_true(str_is(own.text, "t"));
	assert_true(str_is(own.addr, ":80"));
	assert_int_equal(own.url.len + own.file.len + own.list.count + own.secret.len, 0);
	assert_int_equal(own.count, 5);
	assert_int_equal(own.size, 65536);
	assert_int_equal(own.wait_ms, 90000);
	assert_int_equal(own.any, 0);
	assert_false(own.on);
	assert_int_equal(own.color, 1);
	/* the common ones, one of them with the daemon's own default */
	assert_true(str_is(common.redis_url, "redis://127.0.0.1:6379/0"));
	assert_true(str_is(common.http_addr, ":8080"));
	assert_true(common.system_namespace.len > 0);
	assert_int_equal(common.mode, MODE_CLUSTER);
	assert_int_equal(common.log_level, LEVEL_INFO);
	assert_memory_equal(&limits, &limits_default, sizeof(limits));
}

static void the_flag_wins(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct why why = {""};

	(void)state;
	assert_int_equal(load(&a, "ARK_TEXT=env ARK_COUNT=7 OLD_URL=http://old", "", &why), 0);
	assert_true(str_is(own.text, "env"));
	assert_int_equal(own.count, 7);
	assert_true(str_is(own.url, "http://old"));
	assert_int_equal(load(&a, "ARK_URL=http://new OLD_URL=http://old", "", &why), 0);
	assert_true(str_is(own.url, "http://new"));
	/* both forms of a flag; what it overrides is not even looked at */
	assert_int_equal(load(&a, "ARK_TEXT=env ARK_COUNT=bad", "--text flag --count=9", &why),
			 0);
	assert_true(str_is(own.text, "flag"));
	assert_int_equal(own.count, 9);
	/* the last of two counts; an alias is a flag, too; a bool may stand alone */
	assert_int_equal(load(&a, "", "--count 1 --count 2 --old-url http://x --on", &why), 0);
	assert_int_equal(own.count, 2);
	assert_true(str_is(own.url, "http://x"));
	assert_true(own.on);
	assert_int_equal(load(&a, "ARK_ON=1", "--on=false", &why), 0);
	assert_false(own.on);
	/* an empty text is a value */
	assert_int_equal(load(&a, "ARK_TEXT= ARK_ADDR=", "", &why), 0);
	assert_int_equal(own.text.len + own.addr.len, 0);
	/* limits and common settings are read the same way */
	assert_int_equal(load(&a, "ARK_MAX_STEPS=3 TASK_QUEUE_URL=unix:///r.sock",
			      "--worker-lease 20s --mode local", &why),
			 0);
	assert_int_equal(limits.pipeline_steps, 3);
	assert_int_equal(limits.worker_lease_ms, 20000);
	assert_true(str_is(common.redis_url, "unix:///r.sock"));
	assert_int_equal(common.mode, MODE_LOCAL);
}

static void lists_are_cut_at_commas(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct why why = {""};

	(void)state;
	assert_int_equal(load(&a, "ARK_LIST=a,,b,c,", "", &why), 0);
	assert_int_equal(own.list.count, 3);
	assert_true(str_is(own.list.items[0], "a"));
	assert_true(str_is(own.list.items[2], "c"));
}

static void wrong_values_are_named(void **state)
{
	static const struct {
		const char *env, *flags, *want;
	} cases[] = {
		{"ARK_COUNT=0", "", "ARK_COUNT: '0' is not a number from 1 to 100"},
		{"ARK_COUNT=101", "", "ARK_COUNT: '101' is not a number from 1 to 100"},
		{"ARK_COUNT=1x", "", "ARK_COUNT: '1x' is not a number from 1 to 100"},
		{"ARK_COUNT=", "", "ARK_COUNT is empty: wanted a number from 1 to 100"},
		{"ARK_ANY=-1", "", "ARK_ANY: '-1' is not a number of at least 0"},
		{"", "--size 1MB", "--size: '1MB' is not a size from 1KiB to 1MiB"},
		{"", "--size=1025KiB", "--size: '1025KiB' is not a size from 1KiB to 1MiB"},
		{"", "--wait 90", "--wait: '90' is not a duration from 1s to 1h0m0s"},
		{"ARK_WAIT=999ms", "", "ARK_WAIT: '999ms' is not a duration from 1s to 1h0m0s"},
		{"ARK_ON=yes", "", "ARK_ON: 'yes' is not true or false"},
		{"ARK_COLOR=pink", "", "ARK_COLOR: 'pink' is not one of red, green, blue"},
		{"ARK_ADDR=80", "", "ARK_ADDR: '80' is not host:port, [address]:port or :port"},
		{"ARK_ADDR=:65536", "",
		 "ARK_ADDR: ':65536' is not host:port, [address]:port or :port"},
		{"ARK_ADDR=::1:80", "",
		 "ARK_ADDR: '::1:80' is not host:port, [address]:port or :port"},
		/* a URL is never repeated: it may hold a password anywhere */
		{"ARK_URL=user:secret@host", "", "ARK_URL: wanted a URL with its scheme"},
		{NULL, "", "ARK_MUST is not set: what must be"},
		{"", "--must=", "--must is empty: wanted a text"},
		{"", "--count", "--count: its value is missing"},
		{"", "--count --on", "--count: its value is missing"},
		{"", "stray", "unexpected argument 'stray'"},
		{"", "-x", "unexpected argument '-x'"},
		{"", "--", "unexpected argument '--'"},
		{"", "--cuont 1", "unknown flag --cuont; did you mean --count?"},
		{"", "--redis-ulr=x", "unknown flag --redis-ulr; did you mean --redis-url?"},
		{"", "--hepl", "unknown flag --hepl; did you mean --help?"},
		{"", "--zzzzzzzzzzzz", "unknown flag --zzzzzzzzzzzz; --help lists them"},
		{"ARK_ANY=13", "", "ARK_ANY must not be 13"},
		{"SPEND_STORE_URL=redis://other", "",
		 "SPEND_STORE_URL differs from ARK_REDIS_URL: one Redis holds all"},
		{"", "--token x",
		 "--token: everyone on the machine can read a secret in a flag; set ARK_TOKEN "
		 "in "
		 "the environment"},
		{"", "--redis-url redis://:pw@h",
		 "--redis-url: everyone on the machine can read a password in a flag; use a "
		 "password file, or set ARK_REDIS_URL in the environment"},
		/* a password with a slash that should have been escaped */
		{"", "--redis-url=redis://u:p/w@h",
		 "--redis-url: everyone on the machine can read a password in a flag; use a "
		 "password file, or set ARK_REDIS_URL in the environment"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct why why = {""};

		assert_int_equal(load(&a, cases[i].env, cases[i].flags, &why), FAIL_INPUT);
		assert_string_equal(why.text, cases[i].want);
	}
}

static void fine_values_at_the_borders(void **state)
{
	static const char *const cases[] = {
		"--count 1",
		"--count 100",
		"--size 1024",
		"--size 1MiB",
		"--wait 1s",
		"--wait 60m",
		"--addr :0",
		"--addr [::1]:80",
		"--addr h:65535",
		"--url http://u@h/",
		"--url http://h:80/@x",
		"--redis-url redis://u@h",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct why why = {""};

		if (load(&a, "", cases[i], &why))
			fail_msg("%s: %s", cases[i], why.text);
	}
}

static void verbs_are_known(void **state)
{
	static const struct {
		const char *arg;
		enum settings_verb want;
	} cases[] = {
		{"--check", SETTINGS_CHECK},	 {"--health", SETTINGS_HEALTH},
		{"--help", SETTINGS_HELP},	 {"-h", SETTINGS_HELP},
		{"--version", SETTINGS_VERSION}, {"--reference", SETTINGS_REFERENCE},
		{"--on", SETTINGS_RUN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char program[] = "x", arg[32];
		char *argv[] = {program, arg, NULL};

		snprintf(arg, sizeof(arg), "%s", cases[i].arg);
		assert_int_equal(settings_verb(2, argv), cases[i].want);
	}
}

static void help_names_every_setting(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF help = BUF(1 << 20);
	AUTO_BUF page = BUF(1 << 20);
	struct why why = {""};

	(void)state;
	assert_int_equal(load(&a, "", "", &why), 0);
	settings_help(&settings, &help);
	settings_reference(&settings, &page);
	for (size_t t = 0; t < settings.count; t++)
		for (size_t r = 0; r < tables[t].count; r++) {
			const struct setting *row = &tables[t].rows[r];

			assert_non_null(strstr(buf_cstr(&page), row->name));
			if (!(row->flags & SETTING_HIDDEN))
				assert_non_null(strstr(buf_cstr(&help), row->name));
		}
	assert_non_null(strstr(buf_cstr(&help), "--size SIZE   ARK_SIZE"));
	assert_non_null(strstr(buf_cstr(&help), "[:8080]"));
	assert_null(strstr(buf_cstr(&help), "--token"));
	assert_non_null(strstr(buf_cstr(&page),
			       "| `ARK_URL` (`OLD_URL`) | `--url` | a URL with its scheme |  | "
			       "where \\| it is | all |\n"));
	assert_non_null(strstr(buf_cstr(&page), "| `ARK_SIZE` | `--size` | a size from 1KiB to "
						"1MiB | `64KiB` |"));
}

/* A limit is a setting of those that apply it, and of nobody else. */
static void others_do_not_read_it(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF help = BUF(1 << 20), page = BUF(1 << 20);
	struct settings runner = settings, gateway = settings;
	char garbage[] = "ARK_SSE_MAX=x", must[] = "ARK_MUST=m", name[] = "x",
	     flag[] = "--sse-max=7";
	char *env[] = {must, garbage, NULL}, *none[] = {must, NULL},
	     *argv[] = {name, flag, NULL};
	struct why why = {""};

	(void)state;
	runner.program = "ark-runner";
	gateway.program = "ark-gateway";
	assert_int_equal(settings_read(&runner, &a, 1, argv, env, &why), FAIL_NONE);
	assert_int_equal(limits.sse_connections, LIMIT_SSE_CONNECTIONS);
	assert_int_equal(settings_read(&gateway, &a, 1, argv, env, &why), FAIL_INPUT);
	assert_int_equal(settings_read(&runner, &a, 2, argv, none, &why), FAIL_INPUT);
	assert_string_equal(why.text, "unknown flag --sse-max; --help lists them");
	assert_int_equal(settings_read(&gateway, &a, 2, argv, none, &why), FAIL_NONE);
	assert_int_equal(limits.sse_connections, 7);
	settings_help(&runner, &help);
	assert_null(strstr(buf_cstr(&help), "ARK_SSE_MAX"));
	assert_non_null(strstr(buf_cstr(&help), "ARK_MAX_ACTIVE_RUNS"));
	settings_reference(&runner, &page);
	assert_non_null(
		strstr(buf_cstr(&page), "open event streams (SPEC 13.17) | gateway |\n"));
	assert_non_null(strstr(buf_cstr(&page), "| none in this release |\n"));
}

static void note_path(void *arg, struct str path)
{
	*(struct str *)arg = path;
}

static void files_are_listed(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str path = {NULL, 0};
	struct why why = {""};

	(void)state;
	assert_int_equal(load(&a, "ARK_FILE=/x/y", "", &why), 0);
	settings_files(&settings, note_path, &path);
	assert_true(str_is(path, "/x/y"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_hold),
		cmocka_unit_test(the_flag_wins),
		cmocka_unit_test(lists_are_cut_at_commas),
		cmocka_unit_test(wrong_values_are_named),
		cmocka_unit_test(fine_values_at_the_borders),
		cmocka_unit_test(verbs_are_known),
		cmocka_unit_test(help_names_every_setting),
		cmocka_unit_test(others_do_not_read_it),
		cmocka_unit_test(files_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
