/* --help and the reference page, printed from the tables. */
#include "process/settings_value.h"

#include <string.h>

static const char *placeholder(enum setting_type type)
{
	switch (type) {
	case SETTING_STRING: return "TEXT";
	case SETTING_URL: return "URL";
	case SETTING_FILE: return "FILE";
	case SETTING_LIST: return "LIST";
	case SETTING_INT: return "N";
	case SETTING_BYTES: return "SIZE";
	case SETTING_DURATION: return "DURATION";
	case SETTING_BOOL: return "BOOL";
	case SETTING_ENUM: return "WORD";
	case SETTING_ADDR: return "ADDR";
	}
	return "?";
}

/* Appends the default; nothing when it is empty. */
static void add_default(const struct settings *s, const struct setting *row, struct buf *out)
{
	const char *initial = row->initial;

	for (const struct setting_default *d = s->defaults; d && d->name; d++)
		if (strcmp(d->name, row->name) == 0)
			initial = d->initial;
	if (initial)
		buf_adds(out, initial);
	else if (setting_is_number(row))
		setting_add_number(row, row->initial_number, out);
	else if (row->type == SETTING_BOOL)
		buf_adds(out, "false");
}

/* Who reads it, for the reference. */
static void add_readers(const struct setting *row, struct buf *out)
{
	struct str rest = str_of(row->only), word;
	const char *between = "";

	if (!row->only || !row->only[0])
		buf_adds(out, row->only ? "none in this release" : "all");
	while (row->only && row->only[0] && str_next(&rest, ' ', &word)) {
		buf_addf(out, "%s%.*s", between, STR_ARG(word));
		between = ", ";
	}
}

static void help_row(const struct settings *s, const struct setting *row, struct buf *out)
{
	AUTO_BUF initial = BUF(SETTING_WANTED_BYTES);
	char flag[SETTING_NAME_BYTES];

	setting_flag(row->name, flag);
	add_default(s, row, &initial);
	if (row->flags & SETTING_SECRET)
		buf_addf(out, "  %s (environment only)\n", row->name);
	else
		buf_addf(out, "  --%s %s   %s\n", flag, placeholder(row->type), row->name);
	buf_addf(out, "      %s", row->help);
	if (initial.len)
		buf_addf(out, " [%s]", buf_cstr(&initial));
	buf_addc(out, '\n');
}

void settings_help(const struct settings *s, struct buf *out)
{
	buf_addf(out,
		 "%s: %s\n\n"
		 "Usage: %s [--setting value | --setting=value]...\n"
		 "       %s --check | --health | --help | --version\n\n"
		 "Each setting is an environment variable and a flag; the flag wins.\n"
		 "--check reads the settings and exits with 0 or 2; --health asks the running\n"
		 "process on this machine and exits with 0 or 1.\n",
		 s->program, s->about, s->program, s->program);
	for (size_t t = 0; t < s->count; t++) {
		buf_addf(out, "\n%s\n", s->tables[t].title);
		for (size_t r = 0; r < s->tables[t].count; r++)
			if (setting_applies(s, &s->tables[t].rows[r]) &&
			    !(s->tables[t].rows[r].flags & SETTING_HIDDEN))
				help_row(s, &s->tables[t].rows[r], out);
	}
}

/* Text of a table cell: a `|` would end it, a `<` would begin HTML. */
static void add_cell(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '|' || text.ptr[i] == '<')
			buf_addc(out, '\\');
		buf_addc(out, text.ptr[i]);
	}
}

void settings_reference(const struct settings *s, struct buf *out)
{
	for (size_t t = 0; t < s->count; t++) {
		buf_addf(out, "## %s: %s\n\n", s->program, s->tables[t].title);
		buf_adds(out, "| setting | flag | value | default | meaning | read by |\n"
			      "|---|---|---|---|---|---|\n");
		for (size_t r = 0; r < s->tables[t].count; r++) {
			const struct setting *row = &s->tables[t].rows[r];
			AUTO_BUF initial = BUF(SETTING_WANTED_BYTES);
			AUTO_BUF wanted = BUF(SETTING_WANTED_BYTES);
			char flag[SETTING_NAME_BYTES];

			setting_flag(row->name, flag);
			setting_wanted(row, &wanted);
			add_default(s, row, &initial);
			buf_addf(out, "| `%s`", row->name);
			if (row->alias)
				buf_addf(out, " (`%s`)", row->alias);
			if (row->flags & SETTING_SECRET)
				buf_adds(out, " | - | ");
			else
				buf_addf(out, " | `--%s` | ", flag);
			add_cell(out, buf_str(&wanted));
			buf_adds(out, " | ");
			if (initial.len)
				buf_addf(out, "`%s`", buf_cstr(&initial));
			buf_adds(out, " | ");
			add_cell(out, str_of(row->help));
			buf_adds(out, " | ");
			add_readers(row, out);
			buf_adds(out, " |\n");
		}
		buf_addc(out, '\n');
	}
}
