#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/out.h"

#define ROW(name_, type_, member, help_)                                                       \
	.name = name_, .type = ARG_##type_,                                                    \
	.at = ARG_AT_##type_(struct common_options, member), .help = help_
static const struct arg common_rows[] = {
	{ROW("namespace", TEXT, namespace, "namespace of what is named (default: default)"),
	 .letter = 'n', .value = "NAME", .group = TAKES_NAMESPACE},
	{ROW("all-namespaces", SWITCH, all_namespaces, "of all namespaces"), .letter = 'A',
	 .group = TAKES_ALL_NAMESPACES},
	{ROW("output", CHOICE, output, "text, json or yaml (default: text)"), .letter = 'o',
	 .value = "FORMAT", .choices = "text json yaml", .group = TAKES_OUTPUT},
	{ROW("local", SWITCH, local, "talk to the suite of a running `ark up`"),
	 .group = TAKES_LOCAL},
	{ROW("state-dir", TEXT, state_dir, "state directory of `ark up` (default: .ark)"),
	 .value = "DIR", .env = "ARK_STATE_DIR", .group = TAKES_STATE_DIR},
	{ROW("redis-url", URL, redis_url, "Redis of the suite, instead of the local one"),
	 .value = "URL", .env = "ARK_REDIS_URL", .group = TAKES_REDIS},
	{ROW("redis-password-file", TEXT, redis_password_file, "file with its password"),
	 .value = "FILE", .env = "ARK_REDIS_PASSWORD_FILE", .group = TAKES_PASSWORD},
	{ROW("no-color", SWITCH, no_color, "accepted; output has no colour")},
	{ROW("quiet", SWITCH, quiet, "no remarks, only data and errors"), .letter = 'q'},
	{ROW("verbose", SWITCH, verbose, "say more on stderr"), .letter = 'v'},
	{ROW("help", SWITCH, help, "help of the command"), .letter = 'h'},
#define REDIS_INSTEAD                                                                          \
	"in which ark talks to a suite through its Redis: --redis-url, --state-dir"
	{.name = "gateway", .type = ARG_LATER, .help = REDIS_INSTEAD},
	{.name = "token-file", .type = ARG_LATER, .help = REDIS_INSTEAD},
	{.name = "kubeconfig", .type = ARG_LATER, .help = REDIS_INSTEAD},
	{.name = "context", .type = ARG_LATER, .help = REDIS_INSTEAD},
};

struct arg_table common_args(const struct verb *v, struct common_options *into)
{
	return (struct arg_table){common_rows, sizeof(common_rows) / sizeof(common_rows[0]),
				  into, v->takes};
}

static void say(const struct cli *c, const char *fmt, va_list args) PRINTF_LIKE(2, 0);
static void say(const struct cli *c, const char *fmt, va_list args)
{
	AUTO_BUF text = BUF(64 << 10), shown = BUF(256 << 10);

	buf_vaddf(&text, fmt, args);
	out_escape(&shown, buf_str(&text), true);
	fflush(stdout);
	fprintf(stderr, "ark %s: %s\n", c->verb->name, buf_cstr(&shown));
}

int cli_fail(const struct cli *c, int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(c, fmt, args);
	va_end(args);
	return code;
}

void cli_note(const struct cli *c, const char *fmt, ...)
{
	va_list args;

	if (c->common.quiet)
		return;
	va_start(args, fmt);
	say(c, fmt, args);
	va_end(args);
}

int cli_why(const struct cli *c, enum fail f, const struct why *why)
{
	int code = EXIT_BAD;

	switch (f) {
	case FAIL_NONE: return EXIT_GOOD;
	case FAIL_INPUT: code = EXIT_USAGE; break;
	case FAIL_BUSY: code = EXIT_MISSING; break;
	case FAIL_FENCED:
	case FAIL_BROKEN: break;
	}
	return cli_fail(c, code, "%s", why->text);
}

bool cli_takes(const struct cli *c, size_t least, size_t most)
{
	size_t n = c->arguments.count;

	if (n >= least && n <= most)
		return true;
	cli_fail(c, EXIT_USAGE, "%s; usage: ark %s %s",
		 n < least ? "an argument is missing" : "too many arguments", c->verb->name,
		 c->verb->arguments);
	return false;
}

struct str cli_namespace(const struct cli *c)
{
	return c->common.namespace.len ? c->common.namespace : STR("default");
}

struct str env_get(char *const *env, const char *name)
{
	struct str key, value;

	for (; env && *env; env++)
		if (str_cut(str_of(*env), '=', &key, &value) && str_is(key, name))
			return value;
	return STR("");
}
