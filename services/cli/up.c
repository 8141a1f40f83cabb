/*
 * `ark up`: the whole suite on this machine (SPEC 2.12, 21.22).
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/file.h"
#include "cli/files.h"
#include "cli/hooks.h"
#include "cli/out.h"
#include "cli/redis_at.h"
#include "cli/secrets.h"
#include "cli/state_dir.h"
#include "cli/suite.h"
#include "cli/verbs.h"

struct up_options {
	int64_t port_base;
	bool mock;
	struct str mock_file, env_file;
};

enum { PORT_BASE = 8080, PORT_BASE_MAX = 65535 - PORT_MCP };

static const struct arg flags[] = {
	{.name = "port-base",
	 .type = ARG_NUMBER,
	 .at = ARG_AT_NUMBER(struct up_options, port_base),
	 .value = "N",
	 .help = "first of the ports, 127.0.0.1 only (default: 8080)",
	 .least = 1,
	 .most = PORT_BASE_MAX},
	{.name = "mock",
	 .type = ARG_SWITCH,
	 .at = ARG_AT_SWITCH(struct up_options, mock),
	 .help = "every model is the mock: no call leaves this machine"},
	{.name = "mock-file",
	 .type = ARG_TEXT,
	 .at = ARG_AT_TEXT(struct up_options, mock_file),
	 .value = "FILE",
	 .help = "script of the mock (JSON); implies --mock"},
	{.name = "env-file",
	 .type = ARG_TEXT,
	 .at = ARG_AT_TEXT(struct up_options, env_file),
	 .value = "FILE",
	 .help = "variables for the suite, as provider keys (default: .env when it is there)"},
};

struct up {
	struct cli *cli;
	const struct up_options *options;
	struct event_base *base;
	struct suite *suite;
	struct hooks *hooks; /* when the gateway is ready */
	struct str dir, trigger_url;
	struct files files;
	int code;
	int signals;
};

/* --- what a person wants to know now ------------------------------------------------------------
 */

static void print_addresses(void *arg)
{
	struct up *u = arg;
	struct str socket = suite_redis_socket(u->suite);
	AUTO_BUF url = BUF(REDIS_URL_MAX_BYTES);

	redis_at_clean(&u->cli->arena, suite_redis_url(u->suite), &url);
	if (socket.len)
		printf("Redis      redis-cli -s '%.*s'\n", STR_ARG(socket));
	else
		printf("Redis      %s\n", buf_cstr(&url));
	for (size_t i = 0; i < suite_daemon_count; i++)
		if (suite_has(u->suite, suite_daemons[i].name))
			printf("%-10s http://127.0.0.1:%lld (/readyz, /metrics)\n",
			       suite_daemons[i].name + strlen("ark-"),
			       (long long)u->options->port_base + suite_daemons[i].port);
	if (suite_has(u->suite, "ark-gateway")) {
		printf("triggers   %.*s\nadmin      token in '%.*s'\n", STR_ARG(u->trigger_url),
		       STR_ARG(suite_secret(u->suite, SECRET_ADMIN_TOKEN)));
		hooks_print(u->hooks);
	}
	printf("logs       '%.*s'\n", STR_ARG(suite_log_dir(u->suite)));
	printf("The suite is up. Ctrl-C stops it.\n");
	fflush(stdout);
}

/* --- life ------------------------------------------------------------------------------------- */

static void on_stopped(void *arg)
{
	struct up *u = arg;

	event_base_loopbreak(u->base);
}

static void stop(struct up *u, int code)
{
	u->code = code;
	hooks_free(u->hooks);
	u->hooks = NULL;
	up_file_remove(&u->cli->arena, u->dir);
	suite_stop(u->suite, on_stopped, u);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct up *u = arg;

	(void)number;
	(void)what;
	if (u->signals++) { /* the second one: whatever still runs is killed */
		event_base_loopbreak(u->base);
		return;
	}
	cli_note(u->cli, "stopping");
	stop(u, EXIT_GOOD);
}

static struct value ports_of(struct up *u)
{
	struct value_builder b;

	value_map_begin(&b, &u->cli->arena);
	for (size_t i = 0; i < suite_daemon_count; i++)
		if (suite_has(u->suite, suite_daemons[i].name))
			value_map_add(&b, str_of(suite_daemons[i].name),
				      value_int(u->options->port_base + suite_daemons[i].port));
	return value_map_done(&b);
}

/* From here on other commands find the suite. */
static void on_started(void *arg)
{
	struct up *u = arg;
	struct arena *a = &u->cli->arena;
	struct up_file up = {
		.redis_url = suite_redis_url(u->suite),
		.token_file = suite_secret(u->suite, SECRET_ADMIN_TOKEN),
		.ports = ports_of(u),
	};
	struct why why;

	if (suite_has(u->suite, "ark-gateway"))
		up.gateway_url = u->trigger_url;
	if (up_file_write(a, u->dir, &up, &why)) {
		stop(u, EXIT_MISSING);
		cli_fail(u->cli, EXIT_MISSING, "%s", why.text);
	}
}

/* The suite is up when what is printed works: the gateway takes the tokens of the webhooks. */
static void on_ready(void *arg)
{
	struct up *u = arg;
	const struct hooks_place place = {u->dir, u->trigger_url, &u->files.manifest};

	if (suite_has(u->suite, "ark-gateway"))
		u->hooks = hooks_new(u->base, &place, print_addresses, u);
	else
		print_addresses(u);
}

static void on_failed(void *arg, int code, const struct why *why)
{
	struct up *u = arg;

	cli_fail(u->cli, code, "%s", why->text);
	stop(u, code);
}

/* --- before ----------------------------------------------------------------------------------- */

static enum fail absolute(struct arena *a, struct str path, struct str *ret, struct why *why)
{
	char full[PATH_MAX];

	if (!realpath(arena_str(a, path).ptr, full))
		return failf(why, FAIL_BUSY, "%.*s: %s", STR_ARG(path), strerror(errno));
	*ret = arena_str(a, str_of(full));
	return FAIL_NONE;
}

/* Objects come from the files named, else from the folder we stand in. Their findings are shown;
 * an object with an error is not acted on, the others are (SPEC 3.3). */
static int read_objects(struct up *u, struct str *ret_objects)
{
	const struct str here = STR(".");
	struct str_list paths = u->cli->arguments;
	struct arena *a = &u->cli->arena;
	AUTO_BUF list = BUF(1 << 20), findings = BUF(OUT_MAX_BYTES);
	struct why why;

	if (!paths.count)
		paths = (struct str_list){&here, 1};
	if (files_read(a, paths, &u->files, &why))
		return cli_fail(u->cli, EXIT_NOT_FOUND, "%s", why.text);
	if (!u->files.manifest.count && !u->files.findings.errors)
		return cli_fail(u->cli, EXIT_NOT_FOUND, "there are no objects of ark in %.*s%s",
				STR_ARG(paths.items[0]),
				paths.count > 1 ? " and the others" : "");
	files_check(a, &u->files);
	files_print(&u->files, &findings);
	fputs(buf_cstr(&findings), stderr);
	for (size_t i = 0; i < paths.count; i++) {
		struct str path;

		if (str_is(paths.items[i], "-"))
			return cli_fail(u->cli, EXIT_USAGE,
					"objects come from files, which are followed; not "
					"from stdin");
		if (absolute(a, paths.items[i], &path, &why))
			return cli_fail(u->cli, EXIT_NOT_FOUND, "%s", why.text);
		if (str_chr(path, ',', 0) != STR_NONE)
			return cli_fail(u->cli, EXIT_USAGE, "%.*s: a comma in a path",
					STR_ARG(path));
		if (list.len)
			buf_addc(&list, ',');
		buf_add(&list, path);
	}
	*ret_objects = arena_str(a, buf_str(&list));
	return EXIT_GOOD;
}

static int prepare_environment(struct up *u, struct environment *e)
{
	struct arena *a = &u->cli->arena;
	struct str path = u->options->env_file.len ? u->options->env_file : STR(".env");
	AUTO_BUF text = BUF(ENV_FILE_MAX_BYTES);
	struct why why;
	enum fail f;

	environment_init(e, a, u->cli->env);
	if (u->options->env_file.len || access(".env", F_OK) == 0) {
		if (file_read(path, &text, &why))
			return cli_fail(u->cli, EXIT_NOT_FOUND, "%s", why.text);
		if (environment_read(e, buf_str(&text), &why))
			return cli_fail(u->cli, EXIT_BAD, "%.*s: %s", STR_ARG(path), why.text);
	}
	if (u->options->mock || u->options->mock_file.len)
		environment_set(e, "AGENT_PROVIDER", STR("mock"));
	if (u->options->mock_file.len) {
		f = environment_mock_file(e, u->options->mock_file, &why);
		if (f)
			return cli_fail(u->cli, f == FAIL_INPUT ? EXIT_BAD : EXIT_NOT_FOUND,
					"%s", why.text);
	}
	return EXIT_GOOD;
}

static int loop(struct up *u, const struct suite_plan *plan)
{
	struct event *interrupt, *terminate;
	struct why why;

	u->base = event_base_new();
	PROMISE(u->base);
	if (suite_new(u->base, &u->cli->arena, plan, &u->suite, &why)) {
		event_base_free(u->base);
		return cli_fail(u->cli, EXIT_MISSING, "%s", why.text);
	}
	interrupt = evsignal_new(u->base, SIGINT, on_signal, u);
	terminate = evsignal_new(u->base, SIGTERM, on_signal, u);
	PROMISE(interrupt && terminate && event_add(interrupt, NULL) == 0 &&
		event_add(terminate, NULL) == 0);
	event_base_dispatch(u->base);
	hooks_free(u->hooks);
	suite_free(u->suite);
	event_free(interrupt);
	event_free(terminate);
	event_base_free(u->base);
	return u->signals > 1 ? EXIT_INTERRUPTED : u->code;
}

static int run(struct cli *c, void *arg)
{
	struct up_options *o = arg;
	struct up u = {.cli = c, .options = o};
	struct str dir = c->common.state_dir.len ? c->common.state_dir : STR(".ark");
	struct environment env;
	struct suite_plan plan = {
		.redis_url = c->common.redis_url,
		.redis_password_file = c->common.redis_password_file,
		.env = &env,
		.quiet = c->common.quiet,
		.started = on_started,
		.ready = on_ready,
		.failed = on_failed,
		.arg = &u,
	};
	struct why why;
	int code, lock;

	if (!o->port_base)
		o->port_base = PORT_BASE;
	plan.port_base = o->port_base;
	code = read_objects(&u, &plan.objects);
	if (!code)
		code = prepare_environment(&u, &env);
	if (code)
		return code;
	if (make_directory(dir, &why) || absolute(&c->arena, dir, &u.dir, &why) ||
	    state_dir_lock(&c->arena, u.dir, &lock, &why))
		return cli_fail(c, EXIT_MISSING, "%s", why.text);
	plan.dir = u.dir;
	u.trigger_url = arena_printf(&c->arena, "http://127.0.0.1:%lld",
				     (long long)o->port_base + PORT_TRIGGERS);
	code = loop(&u, &plan);
	close(lock);
	return code;
}

const struct verb verb_up = {
	.name = "up",
	.arguments = "[FILE...]",
	.help = "Starts the whole suite on this machine, without Kubernetes",
	.details =
		"Objects come from the files and directories named (default: the current\n"
		"directory) and their changes are followed. Redis, keys, tokens and logs are "
		"in\n"
		"the state directory and kept between starts. Other commands find a running\n"
		"suite through the same directory:\n\n"
		"  $ ark up examples/blog.yaml --mock\n"
		"  $ ark trigger blog --input topic=owls --watch     # in another terminal\n\n"
		"Everything listens on 127.0.0.1 only. Ctrl-C stops all processes.\n",
	VERB_FLAGS(flags),
	.option_bytes = sizeof(struct up_options),
	.takes = TAKES_STATE_DIR | TAKES_REDIS | TAKES_PASSWORD,
	.run = run,
};
