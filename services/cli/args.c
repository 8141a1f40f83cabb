#include "cli/args.h"

#include <string.h>

#include "lang/duration.h"

enum { WORD_MAX_BYTES = 64, WORDS_MAX = 128 };

/* Levenshtein, one row at a time. Words are short: longer ones are like no other. */
static size_t distance(struct str a, struct str b)
{
	size_t row[WORD_MAX_BYTES + 1];

	if (a.len > WORD_MAX_BYTES || b.len > WORD_MAX_BYTES)
		return WORD_MAX_BYTES;
	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t best = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b.len];
}

int nearest_word(struct str word, const char *const *words, size_t count)
{
	size_t best = word.len / 3 + 1;
	int found = -1;

	for (size_t i = 0; i < count; i++) {
		size_t d = distance(word, str_of(words[i]));

		if (d < best || (d == best && found < 0)) {
			best = d;
			found = (int)i;
		}
	}
	return found;
}

/* --- one value -------------------------------------------------------------------------------- */

static enum fail choice(const struct arg *arg, struct str text, int *into, struct why *why)
{
	struct str rest = str_of(arg->choices), word;

	for (int i = 0; str_next(&rest, ' ', &word); i++)
		if (str_eq(word, text)) {
			*into = i;
			return FAIL_NONE;
		}
	return failf(why, FAIL_INPUT, "--%s: '%.*s' is none of: %s", arg->name, STR_ARG(text),
		     arg->choices);
}

static enum fail store(struct arena *a, const struct arg *arg, void *into, struct str text,
		       struct why *why)
{
	void *p = (char *)into + arg->at;
	int64_t n;

	switch (arg->type) {
	case ARG_SWITCH:
		if (!str_is(text, "true") && !str_is(text, "false"))
			return failf(why, FAIL_INPUT, "--%s: true or false, not '%.*s'",
				     arg->name, STR_ARG(text));
		*(bool *)p = str_is(text, "true");
		return FAIL_NONE;
	case ARG_TEXT: *(struct str *)p = text; return FAIL_NONE;
	case ARG_LIST: {
		struct str_list *list = p;
		struct str *items = ARENA_ARRAY(a, list->count + 1, struct str);

		if (list->count)
			memcpy(items, list->items, list->count * sizeof(*items));
		items[list->count] = text;
		*list = (struct str_list){items, list->count + 1};
		return FAIL_NONE;
	}
	case ARG_NUMBER:
		if (!str_to_i64(text, &n) || n < arg->least || n > arg->most)
			return failf(why, FAIL_INPUT,
				     "--%s: a number from %lld to %lld, not '%.*s'", arg->name,
				     (long long)arg->least, (long long)arg->most,
				     STR_ARG(text));
		*(int64_t *)p = n;
		return FAIL_NONE;
	case ARG_DURATION:
		if (duration_parse_positive(text, &n, NULL))
			return failf(why, FAIL_INPUT,
				     "--%s: a duration such as 90s or 1m30s, not '%.*s'",
				     arg->name, STR_ARG(text));
		*(int64_t *)p = (n + NANOS_PER_MS - 1) / NANOS_PER_MS;
		return FAIL_NONE;
	case ARG_CHOICE: return choice(arg, text, p, why);
	}
	return FAIL_NONE;
}

/* --- the line --------------------------------------------------------------------------------- */

struct reading {
	struct arena *arena;
	const struct arg_table *tables;
	size_t table_count;
	struct why *why;
};

/* The row of a flag by its long name (name) or, when that is empty, by its letter. */
static const struct arg *find(const struct reading *r, struct str name, char letter,
			      void **ret_into)
{
	for (size_t t = 0; t < r->table_count; t++)
		for (size_t i = 0; i < r->tables[t].count; i++) {
			const struct arg *arg = &r->tables[t].rows[i];

			*ret_into = r->tables[t].into;
			if (name.len ? str_is(name, arg->name) ||
					       (arg->alias && str_is(name, arg->alias))
				     : letter && arg->letter == letter)
				return arg;
		}
	return NULL;
}

static enum fail unknown(const struct reading *r, struct str name)
{
	const char *words[WORDS_MAX];
	size_t count = 0;
	int nearest;

	for (size_t t = 0; t < r->table_count; t++)
		for (size_t i = 0; i < r->tables[t].count && count < WORDS_MAX; i++)
			words[count++] = r->tables[t].rows[i].name;
	nearest = nearest_word(name, words, count);
	if (nearest < 0)
		return failf(r->why, FAIL_INPUT, "there is no flag --%.*s", STR_ARG(name));
	return failf(r->why, FAIL_INPUT, "there is no flag --%.*s; did you mean --%s?",
		     STR_ARG(name), words[nearest]);
}

/* One flag at argv[*i]; moves on over its value. */
static enum fail read_flag(const struct reading *r, int argc, char *const *argv, int *i)
{
	struct str text = str_of(argv[*i]), name = {NULL, 0}, value = {NULL, 0};
	bool is_long = str_starts(text, STR("--"));
	const struct arg *arg;
	void *into = NULL;

	if (is_long) {
		str_cut(str_from(text, 2), '=', &name, &value);
		if (2 + name.len == text.len)
			value.ptr = NULL; /* without `=` */
		else if (!value.ptr)
			value = STR("");
	} else if (text.len > 2) {
		value = str_from(text, 2);
	}
	arg = find(r, name, is_long ? 0 : text.ptr[1], &into);
	if (!arg && is_long)
		return unknown(r, name);
	if (!arg)
		return failf(r->why, FAIL_INPUT, "there is no flag -%c", text.ptr[1]);
	if (arg->type == ARG_SWITCH && !is_long && value.ptr)
		return failf(r->why, FAIL_INPUT, "-%c takes no value", arg->letter);
	if (arg->type == ARG_SWITCH && !value.ptr)
		value = STR("true");
	if (!value.ptr) {
		if (*i + 1 >= argc)
			return failf(r->why, FAIL_INPUT, "--%s: a value is missing", arg->name);
		value = str_of(argv[++*i]);
	}
	return store(r->arena, arg, into, value, r->why);
}

static enum fail read_environment(const struct reading *r, char *const *env)
{
	enum fail f = FAIL_NONE;

	for (size_t t = 0; t < r->table_count; t++)
		for (size_t i = 0; i < r->tables[t].count; i++) {
			const struct arg *arg = &r->tables[t].rows[i];
			struct str name, value;

			for (char *const *e = env; arg->env && e && *e && !f; e++)
				if (str_cut(str_of(*e), '=', &name, &value) &&
				    str_is(name, arg->env) && value.len)
					f = store(r->arena, arg, r->tables[t].into, value,
						  r->why);
			if (f)
				return fail_in(r->why, f, "%s", arg->env);
		}
	return f;
}

enum fail args_read(struct arena *a, const struct arg_table *tables, size_t count, int argc,
		    char *const *argv, char *const *env, struct str_list *ret_rest,
		    struct why *why)
{
	const struct reading r = {a, tables, count, why};
	struct str *rest = ARENA_ARRAY(a, (size_t)argc + 1, struct str);
	size_t rest_count = 0;
	bool flags = true;
	enum fail f = read_environment(&r, env);

	for (int i = 0; !f && i < argc; i++) {
		struct str text = str_of(argv[i]);

		if (flags && str_is(text, "--"))
			flags = false;
		else if (flags && text.len > 1 && text.ptr[0] == '-')
			f = read_flag(&r, argc, argv, &i);
		else
			rest[rest_count++] = text;
	}
	if (f)
		return f;
	*ret_rest = (struct str_list){rest, rest_count};
	return FAIL_NONE;
}

/* --- help ------------------------------------------------------------------------------------- */

void args_help(const struct arg *rows, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct arg *arg = &rows[i];
		AUTO_BUF head = BUF(256);

		if (arg->letter)
			buf_addf(&head, "  -%c, --%s", arg->letter, arg->name);
		else
			buf_addf(&head, "      --%s", arg->name);
		if (arg->alias)
			buf_addf(&head, ", --%s", arg->alias);
		if (arg->value)
			buf_addf(&head, " %s", arg->value);
		buf_addf(out, "%-32s %s", buf_cstr(&head), arg->help);
		if (arg->env)
			buf_addf(out, " [%s]", arg->env);
		buf_addc(out, '\n');
	}
}
