#include "cli/environment.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"

/* --- the list --------------------------------------------------------------------------------- */

static size_t find(const struct environment *e, struct str name)
{
	struct str key;

	for (size_t i = 0; i < e->count; i++)
		if (str_cut(str_of(e->items[i]), '=', &key, NULL) && str_eq(key, name))
			return i;
	return e->count;
}

static void put(struct environment *e, size_t at, struct str name, struct str value)
{
	if (at == e->count) {
		e->items = arena_grow(e->arena, e->items, e->count, &e->cap, sizeof(*e->items));
		e->count++;
	}
	e->items[at] = arena_printf(e->arena, "%.*s=%.*s", STR_ARG(name), STR_ARG(value)).ptr;
}

void environment_init(struct environment *e, struct arena *a, char *const *base)
{
	struct str name, value;

	*e = (struct environment){.arena = a};
	for (; base && *base; base++)
		if (str_cut(str_of(*base), '=', &name, &value))
			put(e, find(e, name), name, value);
}

void environment_copy(struct environment *e, struct arena *a, const struct environment *from)
{
	*e = (struct environment){.arena = a};
	for (size_t i = 0; i < from->count; i++) {
		struct str name, value;

		str_cut(str_of(from->items[i]), '=', &name, &value);
		put(e, e->count, name, value);
	}
}

void environment_set(struct environment *e, const char *name, struct str value)
{
	put(e, find(e, str_of(name)), str_of(name), value);
}

void environment_default(struct environment *e, struct str name, struct str value)
{
	size_t at = find(e, name);

	if (at == e->count)
		put(e, at, name, value);
}

void environment_unset(struct environment *e, const char *name)
{
	size_t at = find(e, str_of(name));

	if (at < e->count)
		e->items[at] = e->items[--e->count];
}

struct str environment_get(const struct environment *e, const char *name)
{
	size_t at = find(e, str_of(name));
	struct str value = {NULL, 0};

	if (at < e->count)
		str_cut(str_of(e->items[at]), '=', NULL, &value);
	return value;
}

const char *const *environment_list(struct environment *e)
{
	e->items = arena_grow(e->arena, e->items, e->count, &e->cap, sizeof(*e->items));
	e->items[e->count] = NULL;
	return e->items;
}

/* --- files ------------------------------------------------------------------------------------ */

static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

		if (!letter && !(i > 0 && c >= '0' && c <= '9'))
			return false;
	}
	return s.len > 0;
}

/* What stands behind a closing quote may be a comment only. */
static bool is_rest(struct str s)
{
	s = str_trim(s);
	return !s.len || s.ptr[0] == '#';
}

static bool unquote(struct str s, struct buf *out)
{
	char quote = s.ptr[0];

	for (size_t i = 1; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == quote)
			return is_rest(str_from(s, i + 1));
		if (c == '\\' && quote == '"' && i + 1 < s.len) {
			c = s.ptr[++i];
			if (c == 'n' || c == 't')
				c = c == 'n' ? '\n' : '\t';
			else if (c != '"' && c != '\\' && c != '$')
				buf_addc(out, '\\');
		}
		buf_addc(out, c);
	}
	return false;
}

static enum fail read_line(struct environment *e, struct str line, struct why *why)
{
	struct str name, value;
	AUTO_BUF text = BUF(ENV_FILE_MAX_BYTES);
	size_t comment;

	line = str_trim(line);
	if (!line.len || line.ptr[0] == '#')
		return FAIL_NONE;
	if (str_starts(line, STR("export ")))
		line = str_trim(str_from(line, 7));
	if (!str_cut(line, '=', &name, &value) || !is_name(str_trim(name)))
		return failf(why, FAIL_INPUT, "NAME=value is wanted");
	name = str_trim(name);
	value = str_trim(value);
	if (value.len && (value.ptr[0] == '"' || value.ptr[0] == '\'')) {
		if (!unquote(value, &text))
			return failf(why, FAIL_INPUT, "a quote is not closed");
	} else {
		comment = str_find(value, STR(" #"), 0);
		buf_add(&text, str_trim(str_sub(value, 0, comment)));
	}
	environment_default(e, name, buf_str(&text));
	return FAIL_NONE;
}

enum fail environment_read(struct environment *e, struct str text, struct why *why)
{
	struct str line;
	enum fail f;

	for (unsigned n = 1; str_next(&text, '\n', &line); n++) {
		f = read_line(e, line, why);
		if (f)
			return fail_in(why, f, "line %u", n);
	}
	return FAIL_NONE;
}

enum fail environment_mock_file(struct environment *e, struct str path, struct why *why)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF text = BUF(MOCK_FILE_MAX_BYTES);
	char full[PATH_MAX];
	struct value script;
	struct why inner;

	if (file_read(path, &text, why))
		return FAIL_BUSY;
	if (json_parse(&a, buf_str(&text), JSON_STRICT, JSON_MAX_DEPTH, &script, &inner))
		return failf(why, FAIL_INPUT, "%.*s: %s", STR_ARG(path), inner.text);
	if (!realpath(arena_str(&a, path).ptr, full))
		return failf(why, FAIL_BUSY, "%.*s: %s", STR_ARG(path), strerror(errno));
	environment_set(e, "ARK_MOCK_FILE", str_of(full));
	return FAIL_NONE;
}
