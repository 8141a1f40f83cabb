#include "cli/args.h"

#include <string.h>

#include "base/nearest.h"
#include "lang/duration.h"
#include "process/url.h"

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
	case ARG_URL:
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
	case ARG_LATER: break;
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

bool args_has(const struct arg_table *t, const struct arg *row)
{
	return row->type != ARG_LATER && (!row->group || (row->group & t->takes));
}

/* The row of a flag by its long name (name) or, when that is empty, by its letter. */
static const struct arg *find(const struct reading *r, struct str name, char letter,
			      const struct arg_table **ret_table)
{
	for (size_t t = 0; t < r->table_count; t++)
		for (size_t i = 0; i < r->tables[t].count; i++) {
			const struct arg *arg = &r->tables[t].rows[i];

			*ret_table = &r->tables[t];
			if (name.len ? str_is(name, arg->name) ||
					       (arg->alias && str_is(name, arg->alias))
				     : letter && arg->letter == letter)
				return arg;
		}
	return NULL;
}

static enum fail unknown(const struct reading *r, struct str name)
{
	struct nearest n = nearest_to(name);

	for (size_t t = 0; t < r->table_count; t++)
		for (size_t i = 0; i < r->tables[t].count; i++)
			if (args_has(&r->tables[t], &r->tables[t].rows[i]))
				nearest_try(&n, r->tables[t].rows[i].name);
	if (!n.found)
		return failf(r->why, FAIL_INPUT, "there is no flag --%.*s", STR_ARG(name));
	return failf(r->why, FAIL_INPUT, "there is no flag --%.*s; did you mean --%s?",
		     STR_ARG(name), n.found);
}

/* One flag at argv[*i]; moves on over its value. */
static enum fail read_flag(const struct reading *r, int argc, char *const *argv, int *i)
{
	struct str text = str_of(argv[*i]), name = {NULL, 0}, value = {NULL, 0};
	bool is_long = str_starts(text, STR("--"));
	const struct arg_table *table;
	const struct arg *arg;

	if (is_long) {
		str_cut(str_from(text, 2), '=', &name, &value);
		if (2 + name.len == text.len)
			value.ptr = NULL; /* without `=` */
		else if (!value.ptr)
			value = STR("");
	} else if (text.len > 2) {
		value = str_from(text, 2);
	}
	arg = find(r, name, is_long ? 0 : text.ptr[1], &table);
	if (!arg && is_long)
		return unknown(r, name);
	if (!arg)
		return failf(r->why, FAIL_INPUT, "there is no flag -%c", text.ptr[1]);
	if (arg->type == ARG_LATER)
		return failf(r->why, FAIL_INPUT, "--%s: not in this release, %s", arg->name,
			     arg->help);
	if (!args_has(table, arg))
		return failf(
			r->why, FAIL_INPUT,
			"--%s has no effect on this command; its --help lists those that do",
			arg->name);
	if (arg->type == ARG_SWITCH && !is_long && value.ptr)
		return failf(r->why, FAIL_INPUT, "-%c takes no value", arg->letter);
	if (arg->type == ARG_SWITCH && !value.ptr)
		value = STR("true");
	if (!value.ptr) {
		if (*i + 1 >= argc)
			return failf(r->why, FAIL_INPUT, "--%s: a value is missing", arg->name);
		value = str_of(argv[++*i]);
	}
	if (arg->type == ARG_URL && url_has_password(value))
		return failf(r->why, FAIL_INPUT,
			     "--%s: everyone on the machine can read a password in a flag; use "
			     "a password file",
			     arg->name);
	return store(r->arena, arg, table->into, value, r->why);
}

static enum fail read_environment(const struct reading *r, char *const *env)
{
	enum fail f = FAIL_NONE;

	for (size_t t = 0; t < r->table_count; t++)
		for (size_t i = 0; i < r->tables[t].count; i++) {
			const struct arg *arg = &r->tables[t].rows[i];
			struct str name, value;

			/* What has no effect is no mistake here: all commands share this. */
			if (!arg->env || !args_has(&r->tables[t], arg))
				continue;
			for (char *const *e = env; e && *e && !f; e++)
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

void args_help(const struct arg_table *t, struct buf *out)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct arg *arg = &t->rows[i];
		AUTO_BUF head = BUF(256);

		if (!args_has(t, arg))
			continue;
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
