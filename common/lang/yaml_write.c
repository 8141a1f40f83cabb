/* YAML out of values: block style, quotes where a reader could take the text for something else. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "lang/rfc3339.h"
#include "lang/yaml.h"
#include "lang/yaml_scalar.h"

enum { INDENT = 2 };

static void add_indent(struct buf *b, unsigned depth)
{
	for (unsigned i = 0; i < depth * INDENT; i++)
		buf_addc(b, ' ');
}

/* Code points that YAML has in plain texts and blocks without any doubt. */
static bool is_plain_point(uint32_t point)
{
	return (point >= 0x20 && point < 0x7F) ||
	       (point >= 0xA0 && point < 0xD800 && point != 0x2028 && point != 0x2029) ||
	       (point >= 0xE000 && point < 0xFFFE && point != 0xFEFF) ||
	       (point >= 0x10000 && point <= 0x10FFFF);
}

static bool all_plain_points(struct str s, bool line_ends_too)
{
	size_t n;
	bool valid;

	for (size_t i = 0; i < s.len; i += n) {
		uint32_t point = utf8_decode(str_from(s, i), &n, &valid);

		if (!valid || (!is_plain_point(point) && !(line_ends_too && point == '\n')))
			return false;
	}
	return true;
}

/* Without quotes it is the same text for every reader, as key, value or item. */
static bool is_safe_plain(struct str s)
{
	static const char indicators[] = "-?:,[]{}#&*!|>'\"%@`=<.~";
	AUTO_ARENA a = ARENA_INIT;
	struct value v;

	if (s.len == 0 || s.len > 512 || strchr(indicators, s.ptr[0]) || s.ptr[0] == ' ' ||
	    s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == ':' || !all_plain_points(s, false))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (strchr(",[]{}", s.ptr[i]) || (s.ptr[i] == ':' && s.ptr[i + 1] == ' ') ||
		    (s.ptr[i] == ' ' && s.ptr[i + 1] == '#'))
			return false;
	/* Dates and times are text to us and more to others. */
	if (s.ptr[0] >= '0' && s.ptr[0] <= '9' &&
	    (str_chr(s, '-', 0) != STR_NONE || str_chr(s, ':', 0) != STR_NONE))
		return false;
	return !yaml_resolve(&a, YAML_TAG_PLAIN, s, &v) && v.kind == VALUE_STR;
}

/* A text of several lines that a literal block holds as it is. */
static bool is_safe_block(struct str s)
{
	return s.len && str_chr(s, '\n', 0) != STR_NONE && s.ptr[0] != ' ' &&
	       s.ptr[0] != '\n' && all_plain_points(s, true);
}

static void add_double_quoted(struct buf *b, struct str s)
{
	size_t n;
	bool valid;

	buf_addc(b, '"');
	for (size_t i = 0; i < s.len; i += n) {
		uint32_t point = utf8_decode(str_from(s, i), &n, &valid);

		if (point == '"' || point == '\\')
			buf_addf(b, "\\%c", (int)point);
		else if (point == '\n')
			buf_adds(b, "\\n");
		else if (point == '\t')
			buf_adds(b, "\\t");
		else if (is_plain_point(point))
			utf8_add(b, point);
		else if (point < 0x100)
			buf_addf(b, "\\x%02X", point);
		else
			buf_addf(b, "\\u%04X", point);
	}
	buf_addc(b, '"');
}

static void add_block(struct buf *b, struct str s, unsigned depth)
{
	bool ends = s.ptr[s.len - 1] == '\n';
	bool keep = ends && (s.len == 1 || s.ptr[s.len - 2] == '\n');
	struct str rest = ends ? str_sub(s, 0, s.len - 1) : s, line;

	buf_adds(b, keep ? "|+" : ends ? "|" : "|-");
	while (str_next(&rest, '\n', &line)) {
		buf_addc(b, '\n');
		if (line.len)
			add_indent(b, depth);
		buf_add(b, line);
	}
}

static void add_text(struct buf *b, struct str s, unsigned depth)
{
	if (is_safe_block(s))
		add_block(b, s, depth ? depth : 1);
	else if (is_safe_plain(s))
		buf_add(b, s);
	else
		add_double_quoted(b, s);
}

/* As in JSON, but for -0: in YAML that is an integer, and 0. */
static void add_plain(struct buf *b, const struct value *v)
{
	if (v->kind == VALUE_FLOAT && v->real.number == 0 && signbit(v->real.number))
		buf_adds(b, "-0.0");
	else if (v->kind == VALUE_TIME)
		rfc3339_add(b, v->time.seconds);
	else
		json_add(b, v);
}

static void add_key(struct buf *b, struct str key)
{
	if (is_safe_plain(key)) {
		buf_add(b, key);
		return;
	}
	/* libyaml and its kin look for the ':' of a simple key within 1024 characters. */
	if (key.len > 128)
		buf_adds(b, "? ");
	add_double_quoted(b, key);
}

/* The value behind "key:" or "-", with the blank or line end before it. */
static void add_node(struct buf *b, const struct value *v, unsigned depth, bool in_list);

static void add_list(struct buf *b, const struct value *v, unsigned depth)
{
	for (size_t i = 0; i < v->list.count; i++) {
		if (i)
			add_indent(b, depth);
		buf_addc(b, '-');
		add_node(b, &v->list.items[i], depth + 1, true);
	}
}

static void add_map(struct buf *b, const struct value *v, unsigned depth)
{
	for (size_t i = 0; i < v->map.count; i++) {
		const struct value_entry *e = &v->map.entries[i];

		if (i)
			add_indent(b, depth);
		add_key(b, e->key);
		if (!is_safe_plain(e->key) && e->key.len > 128) {
			buf_addc(b, '\n');
			add_indent(b, depth);
		}
		buf_addc(b, ':');
		add_node(b, &e->value, depth + 1, false);
	}
}

static void add_node(struct buf *b, const struct value *v, unsigned depth, bool in_list)
{
	if (value_count(v)) {
		if (in_list) {
			buf_addc(b, ' ');
		} else {
			buf_addc(b, '\n');
			add_indent(b, v->kind == VALUE_LIST ? depth - 1 : depth);
		}
		if (v->kind == VALUE_LIST)
			add_list(b, v, in_list ? depth : depth - 1);
		else
			add_map(b, v, depth);
		return;
	}
	buf_addc(b, ' ');
	if (v->kind == VALUE_STR)
		add_text(b, v->string.text, depth);
	else
		add_plain(b, v);
	buf_addc(b, '\n');
}

void yaml_add(struct buf *b, const struct value *v)
{
	if (value_is(v, VALUE_LIST) && v->list.count)
		add_list(b, v, 0);
	else if (value_is(v, VALUE_MAP) && v->map.count)
		add_map(b, v, 0);
	else if (v->kind == VALUE_STR) {
		add_text(b, v->string.text, 0);
		buf_addc(b, '\n');
	} else {
		add_plain(b, v);
		buf_addc(b, '\n');
	}
}
