/* `ark completion`: SPEC 21.23. The scripts are made from the tables, so they know every flag. */
#include <stdio.h>
#include <string.h>

#include "cli/out.h"
#include "cli/verbs.h"

static void add_flags(struct buf *b, const struct arg *rows, size_t count, const char *before,
		      const char *after)
{
	for (size_t i = 0; i < count; i++)
		buf_addf(b, "%s%s%s", before, rows[i].name, after);
}

static void add_names(struct buf *b)
{
	for (size_t i = 0; verbs[i]; i++)
		buf_addf(b, "%s%s", i ? " " : "", verbs[i]->name);
}

static void bash(struct buf *b)
{
	buf_adds(b, "_ark() {\n\tlocal word=${COMP_WORDS[COMP_CWORD]} flags=\n"
		    "\tif [ \"$COMP_CWORD\" = 1 ]; then\n\t\tCOMPREPLY=($(compgen -W '");
	add_names(b);
	buf_adds(b, "' -- \"$word\"))\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; verbs[i]; i++) {
		buf_addf(b, "\t%s) flags='", verbs[i]->name);
		add_flags(b, verbs[i]->flags, verbs[i]->flag_count, "--", " ");
		if (!verbs[i]->raw)
			add_flags(b, common_args, common_arg_count, "--", " ");
		buf_adds(b, "' ;;\n");
	}
	buf_adds(b, "\tesac\n\tcase $word in\n"
		    "\t-*) COMPREPLY=($(compgen -W \"$flags\" -- \"$word\")) ;;\n"
		    "\t*) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n\tesac\n}\n"
		    "complete -o filenames -F _ark ark\n");
}

/* zsh runs the functions of bash. */
static void zsh(struct buf *b)
{
	buf_adds(b, "#compdef ark\nautoload -U +X bashcompinit && bashcompinit\n");
	bash(b);
}

/* A help text in single quotes. */
static void add_quoted(struct buf *b, const char *text)
{
	buf_addc(b, '\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			buf_addc(b, '\\');
		buf_addc(b, *text);
	}
	buf_addc(b, '\'');
}

static void fish_flags(struct buf *b, const char *verb, const struct arg *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		buf_adds(b, "complete -c ark ");
		if (verb)
			buf_addf(b, "-n '__fish_seen_subcommand_from %s' ", verb);
		buf_addf(b, "-l %s ", rows[i].name);
		if (rows[i].letter)
			buf_addf(b, "-s %c ", rows[i].letter);
		if (rows[i].type != ARG_SWITCH)
			buf_adds(b, "-r ");
		buf_adds(b, "-d ");
		add_quoted(b, rows[i].help);
		buf_addc(b, '\n');
	}
}

static void fish(struct buf *b)
{
	for (size_t i = 0; verbs[i]; i++) {
		buf_addf(b, "complete -c ark -n __fish_use_subcommand -f -a %s -d ",
			 verbs[i]->name);
		add_quoted(b, verbs[i]->help);
		buf_addc(b, '\n');
		fish_flags(b, verbs[i]->name, verbs[i]->flags, verbs[i]->flag_count);
	}
	fish_flags(b, NULL, common_args, common_arg_count);
}

static int run(struct cli *c, void *options)
{
	AUTO_BUF text = BUF(256 << 10);
	struct str shell;

	(void)options;
	if (!cli_takes(c, 1, 1))
		return EXIT_USAGE;
	shell = c->arguments.items[0];
	if (str_is(shell, "bash"))
		bash(&text);
	else if (str_is(shell, "zsh"))
		zsh(&text);
	else if (str_is(shell, "fish"))
		fish(&text);
	else
		return cli_fail(c, EXIT_USAGE, "'%.*s' is none of bash, zsh, fish",
				STR_ARG(shell));
	out_raw(buf_str(&text));
	return EXIT_GOOD;
}

const struct verb verb_completion = {
	.name = "completion",
	.arguments = "bash | zsh | fish",
	.help = "Prints a script that completes commands and flags",
	.details = "  $ ark completion bash > /etc/bash_completion.d/ark\n"
		   "  $ ark completion fish > ~/.config/fish/completions/ark.fish\n",
	.run = run,
};
