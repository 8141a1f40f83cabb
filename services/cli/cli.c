#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/out.h"

#define ROW(name_, type_, member, help_)                                                       \
	.name = name_, .type = ARG_##type_,                                                    \
	.at = ARG_AT_##type_(struct common_options, member), .help = help_
const struct arg common_args[] = {
	{ROW("namespace", TEXT, namespace, "namespace of what is named (default: default)"),
	 .letter = 'n', .value = "NAME"},
	{ROW("all-namespaces", SWITCH, all_namespaces, "of all namespaces"), .letter = 'A'},
	{ROW("output", CHOICE, output, "text, json or yaml (default: text)"), .letter = 'o',
	 .value = "FORMAT", .choices = "text json yaml"},
	{ROW("local", SWITCH, local, "talk to the suite of a running `ark up`")},
	{ROW("state-dir", TEXT, state_dir, "state directory of `ark up` (default: .ark)"),
	 .value = "DIR", .env = "ARK_STATE_DIR"},
	{ROW("redis-url", TEXT, redis_url, "Redis of the suite, instead of the local one"),
	 .value = "URL", .env = "ARK_REDIS_URL"},
	{ROW("redis-password-file", TEXT, redis_password_file, "file with its password"),
	 .value = "FILE", .env = "ARK_REDIS_PASSWORD_FILE"},
	{ROW("gateway", TEXT, gateway, "base URL of ark-gateway"), .value = "URL",
	 .env = "ARK_GATEWAY_URL"},
	{ROW("token-file", TEXT, token_file, "file with the admin token"), .value = "FILE",
	 .env = "ARK_ADMIN_TOKEN_FILE"},
	{ROW("kubeconfig", TEXT, kubeconfig, "how to reach the cluster"), .value = "FILE",
	 .env = "KUBECONFIG"},
	{ROW("context", TEXT, context, "context of the kubeconfig"), .value = "NAME"},
	{ROW("no-color", SWITCH, no_color, "accepted; output has no colour")},
	{ROW("quiet", SWITCH, quiet, "no remarks, only data and errors"), .letter = 'q'},
	{ROW("verbose", SWITCH, verbose, "say more on stderr"), .letter = 'v'},
	{ROW("help", SWITCH, help, "help of the command"), .letter = 'h'},
};
const size_t common_arg_count = sizeof(common_args) / sizeof(common_args[0]);

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
