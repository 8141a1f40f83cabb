#include "process/settings.h"

#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "process/settings_value.h"
#include "process/url.h"

/* Where a row was found. */
struct found {
	const struct settings_table *table;
	const struct setting *row;
};

static const struct {
	const char *flag;
	enum settings_verb verb;
} verbs[] = {
	{"--check", SETTINGS_CHECK},	 {"--health", SETTINGS_HEALTH},
	{"--help", SETTINGS_HELP},	 {"-h", SETTINGS_HELP},
	{"--version", SETTINGS_VERSION}, {"--reference", SETTINGS_REFERENCE},
};

static bool is_verb(const char *arg, enum settings_verb *ret_verb)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(arg, verbs[i].flag) == 0) {
			if (ret_verb)
				*ret_verb = verbs[i].verb;
			return true;
		}
	return false;
}

enum settings_verb settings_verb(int argc, char *const *argv)
{
	enum settings_verb verb = SETTINGS_RUN;

	for (int i = 1; i < argc; i++)
		if (is_verb(argv[i], &verb))
			break;
	return verb;
}

/* The next row that the program reads; false when there is none. Begins with a zeroed one. */
static bool next_row(const struct settings *s, struct found *f)
{
	const struct settings_table *t = f->table ? f->table : s->tables;
	const struct setting *row = f->row ? f->row + 1 : t->rows;

	for (;; row++) {
		while (row == t->rows + t->count) {
			if (++t == s->tables + s->count)
				return false;
			row = t->rows;
		}
		if (setting_applies(s, row)) {
			*f = (struct found){t, row};
			return true;
		}
	}
}

/* --- unknown flags */

static enum fail unknown_flag(const struct settings *s, struct str flag, struct why *why)
{
	char name[SETTING_NAME_BYTES], best[SETTING_NAME_BYTES];
	struct nearest n = nearest_to(flag);
	struct found f = {NULL, NULL};

	while (next_row(s, &f)) {
		setting_flag(f.row->name, name);
		if (nearest_try(&n, name))
			memcpy(best, name, sizeof(best));
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (nearest_try(&n, verbs[i].flag + strspn(verbs[i].flag, "-")))
			snprintf(best, sizeof(best), "%s", n.found);
	if (n.found)
		return failf(why, FAIL_INPUT, "unknown flag --%.*s; did you mean --%s?",
			     STR_ARG(flag), best);
	return failf(why, FAIL_INPUT, "unknown flag --%.*s; --help lists them", STR_ARG(flag));
}

/* --- one value */

/* `from` is how the value was given: "ARK_MAX_STEPS" or "--max-steps". */
static enum fail store(const struct found *f, struct arena *a, const char *from,
		       struct str text, struct why *why)
{
	AUTO_BUF wanted = BUF(SETTING_WANTED_BYTES);
	const struct setting *row = f->row;

	if (setting_store(row, f->table->into, a, text))
		return FAIL_NONE;
	setting_wanted(row, &wanted);
	if (text.len == 0)
		return failf(why, FAIL_INPUT, "%s is empty: wanted %s", from,
			     buf_cstr(&wanted));
	/* A URL may hold a password where it does not belong, too. */
	if ((row->flags & SETTING_SECRET) || row->type == SETTING_URL)
		return failf(why, FAIL_INPUT, "%s: wanted %s", from, buf_cstr(&wanted));
	return failf(why, FAIL_INPUT, "%s: '%.*s' is not %s", from, STR_ARG(text),
		     buf_cstr(&wanted));
}

static void store_default(const struct settings *s, const struct found *f, struct arena *a)
{
	const char *initial = f->row->initial;

	for (const struct setting_default *d = s->defaults; d && d->name; d++)
		if (strcmp(d->name, f->row->name) == 0)
			initial = d->initial;
	if (initial)
		PROMISE(setting_store(f->row, f->table->into, a, str_of(initial)));
	else if (setting_is_number(f->row))
		setting_store_number(f->row, f->table->into, f->row->initial_number);
	else if (f->row->type == SETTING_BOOL)
		PROMISE(setting_store(f->row, f->table->into, a, STR("false")));
	else if (!(f->row->flags & SETTING_REQUIRED))
		PROMISE(setting_store(f->row, f->table->into, a, STR("")));
}

static const char *env_get(char *const *env, const char *name)
{
	size_t n = name ? strlen(name) : 0;

	for (; n && *env; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return *env + n + 1;
	return NULL;
}

static enum fail store_env(const struct found *f, struct arena *a, char *const *env,
			   bool *ret_given, struct why *why)
{
	const char *from = f->row->name, *text = env_get(env, from);

	if (!text) {
		from = f->row->alias;
		text = env_get(env, from);
	}
	*ret_given = text;
	return text ? store(f, a, from, str_of(text), why) : FAIL_NONE;
}

/* --- flags */

static bool find_flag(const struct settings *s, struct str flag, struct found *ret)
{
	char name[SETTING_NAME_BYTES];

	*ret = (struct found){NULL, NULL};
	while (next_row(s, ret)) {
		setting_flag(ret->row->name, name);
		if (str_is(flag, name))
			return true;
		if (!ret->row->alias)
			continue;
		setting_flag(ret->row->alias, name);
		if (str_is(flag, name))
			return true;
	}
	return false;
}

/* Takes the flag at argv[*i] and its value; *i is then at the last one taken. */
static enum fail take_flag(const struct settings *s, struct arena *a, int argc,
			   char *const *argv, int *i, struct why *why)
{
	struct str arg = str_of(argv[*i]), flag, text;
	char from[SETTING_NAME_BYTES + 2];
	struct found f;
	bool given;

	if (!str_starts(arg, STR("--")) || arg.len == 2)
		return failf(why, FAIL_INPUT, "unexpected argument '%.*s'", STR_ARG(arg));
	given = str_cut(str_from(arg, 2), '=', &flag, &text);
	if (!find_flag(s, flag, &f))
		return unknown_flag(s, flag, why);
	snprintf(from, sizeof(from), "--%.*s", STR_ARG(flag));
	if (f.row->flags & SETTING_SECRET)
		return failf(why, FAIL_INPUT,
			     "%s: everyone on the machine can read a secret in a flag; set %s "
			     "in the environment",
			     from, f.row->name);
	if (!given && f.row->type == SETTING_BOOL) {
		text = STR("true");
	} else if (!given) {
		if (*i + 1 >= argc || strncmp(argv[*i + 1], "--", 2) == 0)
			return failf(why, FAIL_INPUT, "%s: its value is missing", from);
		text = str_of(argv[++*i]);
	}
	if (f.row->type == SETTING_URL && url_has_password(text))
		return failf(why, FAIL_INPUT,
			     "%s: everyone on the machine can read a password in a flag; use "
			     "a password file, or set %s in the environment",
			     from, f.row->name);
	return store(&f, a, from, text, why);
}

static bool flag_given(const struct setting *row, int argc, char *const *argv)
{
	char name[SETTING_NAME_BYTES];

	for (int k = 0; k < 2; k++) {
		if (k && !row->alias)
			break;
		setting_flag(k ? row->alias : row->name, name);
		for (int i = 1; i < argc; i++) {
			struct str flag;

			if (strncmp(argv[i], "--", 2) != 0)
				continue;
			str_cut(str_of(argv[i] + 2), '=', &flag, NULL);
			if (str_is(flag, name))
				return true;
		}
	}
	return false;
}

/* --- all */

enum fail settings_read(const struct settings *s, struct arena *a, int argc, char *const *argv,
			char *const *env, struct why *why)
{
	struct found f = {NULL, NULL};
	enum fail fail;

	for (size_t t = 0; t < s->count; t++)
		for (size_t r = 0; r < s->tables[t].count; r++)
			store_default(s, &(struct found){&s->tables[t], &s->tables[t].rows[r]},
				      a);
	while (next_row(s, &f)) {
		bool given;

		/* What a flag overrides is not looked at: the flag wins. */
		if (flag_given(f.row, argc, argv))
			continue;
		fail = store_env(&f, a, env, &given, why);
		if (fail)
			return fail;
		if (!given && (f.row->flags & SETTING_REQUIRED) && !f.row->initial)
			return failf(why, FAIL_INPUT, "%s is not set: %s", f.row->name,
				     f.row->help);
	}
	for (int i = 1; i < argc; i++) {
		if (is_verb(argv[i], NULL))
			continue;
		fail = take_flag(s, a, argc, argv, &i, why);
		if (fail)
			return fail;
	}
	for (size_t t = 0; t < s->count; t++)
		if (s->tables[t].check) {
			fail = s->tables[t].check(s->tables[t].into, a, why);
			if (fail)
				return fail;
		}
	return FAIL_NONE;
}

void settings_files(const struct settings *s, void (*fn)(void *arg, struct str path), void *arg)
{
	struct found f = {NULL, NULL};

	while (next_row(s, &f)) {
		const char *into = f.table->into;
		struct str path;

		if (f.row->type != SETTING_FILE)
			continue;
		memcpy(&path, into + f.row->at, sizeof(path));
		if (path.len)
			fn(arg, path);
	}
}
