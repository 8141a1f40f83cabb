/* `ark completion`: SPEC 21.23. The scripts are made from the tables, so they know every flag. */
#include <stdio.h>
#include <string.h>

#include "cli/out.h"
#include "cli/verbs.h"

/* All flags of a command: its own, and those that it has in common with others. */
static size_t tables_of(const struct verb *v, struct arg_table ret[2])
{
	ret[0] = (struct arg_table){v->flags, v->flag_count, NULL, 0};
	ret[1] = common_args(v, NULL);
	return v->raw ? 1 : 2;
}

static void bash_flags(struct buf *b, const struct verb *v)
{
	struct arg_table tables[2];
	size_t count = tables_of(v, tables);

	for (size_t t = 0; t < count; t++)
		for (size_t i = 0; i < tables[t].count; i++)
			if (args_has(&tables[t], &tables[t].rows[i]))
				buf_addf(b, "--%s ", tables[t].rows[i].name);
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
		bash_flags(b, verbs[i]);
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

static void fish_flag(struct buf *b, const struct verb *v, const struct arg *row)
{
	buf_addf(b, "complete -c ark -n '__fish_seen_subcommand_from %s' -l %s ", v->name,
		 row->name);
	if (row->letter)
		buf_addf(b, "-s %c ", row->letter);
	if (row->type != ARG_SWITCH)
		buf_adds(b, "-r ");
	buf_adds(b, "-d ");
	add_quoted(b, row->help);
	buf_addc(b, '\n');
}

static void fish(struct buf *b)
{
	for (size_t i = 0; verbs[i]; i++) {
		struct arg_table tables[2];
		size_t count = tables_of(verbs[i], tables);

		buf_addf(b, "complete -c ark -n __fish_use_subcommand -f -a %s -d ",
			 verbs[i]->name);
		add_quoted(b, verbs[i]->help);
		buf_addc(b, '\n');
		for (size_t t = 0; t < count; t++)
			for (size_t j = 0; j < tables[t].count; j++)
				if (args_has(&tables[t], &tables[t].rows[j]))
					fish_flag(b, verbs[i], &tables[t].rows[j]);
	}
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
