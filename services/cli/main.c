/*
 * Welcome to ark, the command line of the suite.
 *
 * Each command is a row, in a file of its own; this file finds the one that is asked for, reads its
 * flags and calls it. What a command is given is in cli.h, how it prints in out.h. On a laptop ark
 * is also the suite's parent: `ark up` and `ark run` start the daemons that live beside this
 * program (suite.h).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/nearest.h"
#include "cli/try.h"
#include "cli/out.h"
#include "cli/verbs.h"

static const struct verb verb_try = {
	.name = "try",
	.arguments = "template | schema | cron | yaml ...",
	.help = "Tries one of the suite's languages by hand",
	.raw = try_command,
};

const struct verb *const verbs[] = {
	&verb_up,	    &verb_run,	  &verb_validate, &verb_trigger, &verb_submit,
	&verb_runs,	    &verb_status, &verb_cancel,	  &verb_retry,	 &verb_streams,
	&verb_dead_letters, &verb_try,	  &verb_acl,	  &verb_setup,	 &verb_completion,
	&verb_version,	    NULL,
};

enum { HELP_MAX_BYTES = 64 << 10 };

const struct verb *verb_find(struct str name)
{
	for (size_t i = 0; verbs[i]; i++)
		if (str_is(name, verbs[i]->name))
			return verbs[i];
	return NULL;
}

static void print_help(FILE *to)
{
	fputs("ark runs teams of LLM agents.\n\n"
	      "Usage: ark COMMAND [arguments] [flags]\n\n",
	      to);
	for (size_t i = 0; verbs[i]; i++)
		fprintf(to, "  %-14s %s\n", verbs[i]->name, verbs[i]->help);
	fputs("\n`ark COMMAND --help` teaches a command. Exit codes: 0 good, 1 failed or "
	      "invalid,\n"
	      "2 wrong usage, 3 not found, 4 something needed is missing, 5 timed out,\n"
	      "130 interrupted.\n",
	      to);
}

static void print_verb_help(const struct verb *v)
{
	const struct arg_table own = {v->flags, v->flag_count, NULL, 0},
			       common = common_args(v, NULL);
	AUTO_BUF text = BUF(HELP_MAX_BYTES);

	buf_addf(&text, "ark %s: %s.\n\nUsage: ark %s%s%s [flags]\n", v->name, v->help, v->name,
		 v->arguments[0] ? " " : "", v->arguments);
	if (v->details)
		buf_addf(&text, "\n%s", v->details);
	if (v->flag_count) {
		buf_adds(&text, "\nFlags:\n");
		args_help(&own, &text);
	}
	if (!v->raw) {
		buf_adds(&text, "\nCommon flags:\n");
		args_help(&common, &text);
	}
	out_raw(buf_str(&text));
}

static int unknown_verb(struct str name)
{
	struct nearest n = nearest_to(name);

	for (size_t i = 0; verbs[i]; i++)
		nearest_try(&n, verbs[i]->name);
	fprintf(stderr, "ark: there is no command '%.*s'", STR_ARG(name));
	if (n.found)
		fprintf(stderr, "; did you mean '%s'?\n", n.found);
	else
		fputs("; `ark help` lists them\n", stderr);
	return EXIT_USAGE;
}

static int run_verb(const struct verb *v, int argc, char **argv)
{
	struct cli c = {.verb = v, .env = environ};
	void *options = xcalloc(1, v->option_bytes ? v->option_bytes : 1);
	const struct arg_table tables[] = {
		{v->flags, v->flag_count, options, 0},
		common_args(v, &c.common),
	};
	struct why why;
	int code;

	if (args_read(&c.arena, tables, 2, argc, argv, environ, &c.arguments, &why)) {
		code = cli_fail(&c, EXIT_USAGE, "%s", why.text);
	} else if (c.common.help) {
		print_verb_help(v);
		code = EXIT_GOOD;
	} else {
		code = v->run(&c, options);
	}
	free(options);
	arena_release(&c.arena);
	if (fflush(stdout) != 0 && code == EXIT_GOOD)
		code = EXIT_BAD;
	return code;
}

int main(int argc, char **argv)
{
	struct str name = str_of(argc > 1 ? argv[1] : "help");
	const struct verb *v;

	signal(SIGPIPE, SIG_IGN);
	if (str_is(name, "--version"))
		name = str_of(verb_version.name);
	if (str_is(name, "help") || str_is(name, "--help") || str_is(name, "-h")) {
		v = argc > 2 ? verb_find(str_of(argv[2])) : NULL;
		if (argc > 2 && !v)
			return unknown_verb(str_of(argv[2]));
		if (v)
			print_verb_help(v);
		else
			print_help(argc > 1 ? stdout : stderr);
		return argc > 1 ? EXIT_GOOD : EXIT_USAGE;
	}
	v = verb_find(name);
	if (!v)
		return unknown_verb(name);
	return v->raw ? v->raw(argc - 1, argv + 1) : run_verb(v, argc - 2, argv + 2);
}
