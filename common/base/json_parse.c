#include "base/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* An open list or object. Items are gathered in an array of its own and handed over when it
 * closes. */
struct level {
	bool is_map;
	struct value_builder map;   /* also holds the items of a list, with empty keys */
	struct value_entry pending; /* key that waits for its value */
	uint32_t line, column;
};

struct parser {
	struct arena *arena;
	struct str text;
	size_t at;
	size_t line_start; /* offset of the first byte of the current line */
	uint32_t line;
	unsigned flags;
	struct level *levels;
	size_t depth, cap, max_depth;
	struct why *why;
};

static uint32_t column(const struct parser *p, size_t at)
{
	return (uint32_t)(at - p->line_start) + 1;
}

static enum fail refuse(struct parser *p, size_t at, const char *what)
{
	return failf(p->why, FAIL_INPUT, "line %u column %u: %s", p->line, column(p, at), what);
}

static int peek(const struct parser *p)
{
	return p->at < p->text.len ? (unsigned char)p->text.ptr[p->at] : -1;
}

static void skip_blanks(struct parser *p)
{
	for (; p->at < p->text.len; p->at++) {
		char c = p->text.ptr[p->at];

		if (c == '\n') {
			p->line++;
			p->line_start = p->at + 1;
		} else if (c != ' ' && c != '\t' && c != '\r') {
			return;
		}
	}
}

static bool hex4(struct str s, size_t at, uint32_t *ret)
{
	uint32_t v = 0;

	if (s.len < at + 4)
		return false;
	for (size_t i = at; i < at + 4; i++) {
		char c = s.ptr[i];

		v <<= 4;
		if (c >= '0' && c <= '9')
			v |= (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v |= (uint32_t)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			v |= (uint32_t)(c - 'A' + 10);
		else
			return false;
	}
	*ret = v;
	return true;
}

/* "\uXXXX", p->at stands on the u. Pairs of surrogates are one code point. */
static enum fail unicode_escape(struct parser *p, uint32_t *ret_point)
{
	uint32_t point, low;
	size_t start = p->at - 1;

	if (!hex4(p->text, p->at + 1, &point))
		return refuse(p, start, "\\u needs four hex digits");
	p->at += 5;
	if (point >= 0xD800 && point < 0xDC00 &&
	    str_starts(str_from(p->text, p->at), STR("\\u")) &&
	    hex4(p->text, p->at + 2, &low) && low >= 0xDC00 && low < 0xE000) {
		p->at += 6;
		*ret_point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
		return FAIL_NONE;
	}
	if (point >= 0xD800 && point < 0xE000) {
		if (!(p->flags & JSON_LENIENT))
			return refuse(p, start, "half a surrogate pair");
		point = UTF8_REPLACEMENT;
	}
	*ret_point = point;
	return FAIL_NONE;
}

static enum fail unescape(struct parser *p, char **out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *hit;
	uint32_t point;
	enum fail f;
	int c;

	p->at++; /* the backslash */
	c = peek(p);
	if (c == 'u') {
		f = unicode_escape(p, &point);
		if (f)
			return f;
		*out += utf8_encode(point, *out);
		return FAIL_NONE;
	}
	hit = c > 0 ? strchr(from, c) : NULL;
	if (!hit)
		return refuse(p, p->at - 1, "unknown escape in a string");
	*(*out)++ = to[hit - from];
	p->at++;
	return FAIL_NONE;
}

/* How many bytes s begins with that stand for themselves. */
static size_t plain_run(struct str s)
{
	const char *escape = s.len ? memchr(s.ptr, '\\', s.len) : NULL;

	return utf8_ascii(str_sub(s, 0, escape ? (size_t)(escape - s.ptr) : s.len), 0);
}

/* A string, p->at stands on the opening quote. Borrowed from the text when nothing in it has to
 * change. */
static enum fail parse_string(struct parser *p, struct str *ret)
{
	size_t open = p->at, from = p->at + 1, end, n;
	bool escapes = false, ascii = true, valid;
	uint32_t point;
	char *copy, *out;
	enum fail f;

	for (end = from; end < p->text.len && p->text.ptr[end] != '"'; end++) {
		unsigned char c = (unsigned char)p->text.ptr[end];

		if (c < 0x20)
			return refuse(p, end, "control character in a string");
		ascii = ascii && c < 0x80;
		if (c == '\\') {
			escapes = true;
			end++;
		}
	}
	if (end >= p->text.len)
		return refuse(p, open, "string without an end");
	*ret = str_sub(p->text, from, end);
	if (!escapes && (ascii || utf8_valid(*ret))) {
		p->at = end + 1;
		return FAIL_NONE;
	}
	/* An escape is never shorter than what it stands for; a bad byte grows to three. */
	copy = out =
		arena_alloc(p->arena, (end - from) * (p->flags & JSON_LENIENT ? 3 : 1) + 1);
	for (p->at = from; p->at < end;) {
		if (p->text.ptr[p->at] == '\\') {
			f = unescape(p, &out);
			if (f)
				return f;
			continue;
		}
		n = plain_run(str_sub(p->text, p->at, end));
		if (n) {
			memcpy(out, p->text.ptr + p->at, n);
			out += n;
			p->at += n;
			continue;
		}
		/* U+FFFD has three bytes: only the lenient have room for it */
		point = utf8_decode(str_from(p->text, p->at), &n, &valid);
		if (!valid && !(p->flags & JSON_LENIENT))
			return refuse(p, p->at, "not UTF-8");
		out += utf8_encode(point, out);
		p->at += n;
	}
	p->at = end + 1;
	*ret = str_n(copy, (size_t)(out - copy));
	return FAIL_NONE;
}

static size_t digits(struct parser *p)
{
	size_t from = p->at;

	while (peek(p) >= '0' && peek(p) <= '9')
		p->at++;
	return p->at - from;
}

static enum fail parse_number(struct parser *p, struct value *ret)
{
	size_t from = p->at, n;
	bool integral = true;
	struct str literal;
	char small[64], *copy = small;
	double d;

	if (peek(p) == '-')
		p->at++;
	n = p->at;
	if (digits(p) == 0)
		return refuse(p, from, "not a JSON value");
	if (p->text.ptr[n] == '0' && p->at - n > 1)
		return refuse(p, from, "number with a leading zero");
	if (peek(p) == '.') {
		p->at++;
		integral = false;
		if (digits(p) == 0)
			return refuse(p, from, "number without digits after the point");
	}
	if (peek(p) == 'e' || peek(p) == 'E') {
		p->at++;
		integral = false;
		if (peek(p) == '+' || peek(p) == '-')
			p->at++;
		if (digits(p) == 0)
			return refuse(p, from, "number without digits in its exponent");
	}
	literal = str_sub(p->text, from, p->at);
	if (integral && str_to_i64(literal, &ret->integer)) {
		/* -0 is no integer: it keeps its sign as a float */
		if (!(literal.len == 2 && literal.ptr[0] == '-' && literal.ptr[1] == '0')) {
			ret->kind = VALUE_INT;
			return FAIL_NONE;
		}
	}
	if (literal.len >= sizeof(small))
		copy = arena_alloc(p->arena, literal.len + 1);
	memcpy(copy, literal.ptr, literal.len);
	copy[literal.len] = '\0';
	d = strtod(copy, NULL); /* LC_NUMERIC is "C": nothing here calls setlocale */
	ret->kind = VALUE_FLOAT;
	ret->real.number = d;
	ret->real.literal = literal;
	return FAIL_NONE;
}

static bool take_word(struct parser *p, const char *word)
{
	if (!str_starts(str_from(p->text, p->at), str_of(word)))
		return false;
	p->at += strlen(word);
	return true;
}

static enum fail open_level(struct parser *p, bool is_map)
{
	struct level *l;

	if (p->depth == p->max_depth)
		return refuse(p, p->at, "beyond the limit json-depth");
	p->levels = arena_grow(p->arena, p->levels, p->depth, &p->cap, sizeof(*p->levels));
	l = &p->levels[p->depth++];
	*l = (struct level){.is_map = is_map, .line = p->line, .column = column(p, p->at)};
	value_map_begin(&l->map, p->arena);
	p->at++;
	return FAIL_NONE;
}

static enum fail close_level(struct parser *p, struct value *ret)
{
	struct level *l = &p->levels[--p->depth];
	size_t twice;

	p->at++;
	if (!l->is_map) {
		struct value *items = ARENA_ARRAY(p->arena, l->map.count, struct value);

		for (size_t i = 0; i < l->map.count; i++)
			items[i] = l->map.entries[i].value;
		*ret = value_list(items, l->map.count);
	} else if (!value_map_end(&l->map, ret, &twice)) {
		const struct value_entry *e = &l->map.entries[twice];

		if (!(p->flags & JSON_LAST_KEY))
			return failf(p->why, FAIL_INPUT,
				     "line %u column %u: key \"%.*s\" is there twice", e->line,
				     e->column, STR_ARG(e->key));
		*ret = value_map_last_wins(&l->map);
	}
	ret->line = l->line;
	ret->column = l->column;
	return FAIL_NONE;
}

static enum fail parse_scalar(struct parser *p, struct value *ret)
{
	uint32_t line = p->line, col = column(p, p->at);
	enum fail f = FAIL_NONE;

	*ret = value_nil;
	if (peek(p) == '"') {
		struct str s;

		f = parse_string(p, &s);
		if (!f)
			*ret = value_str(s);
	} else if (take_word(p, "true")) {
		*ret = value_bool(true);
	} else if (take_word(p, "false")) {
		*ret = value_bool(false);
	} else if (!take_word(p, "null")) {
		f = p->at == p->text.len ? refuse(p, p->at, "ends too early")
					 : parse_number(p, ret);
	}
	ret->line = line;
	ret->column = col;
	return f;
}

/* `"key" :` into the level's pending entry. */
static enum fail parse_key(struct parser *p, struct level *l)
{
	enum fail f;

	if (peek(p) != '"')
		return refuse(p, p->at, "expected a key in double quotes");
	l->pending = (struct value_entry){.line = p->line, .column = column(p, p->at)};
	f = parse_string(p, &l->pending.key);
	if (f)
		return f;
	skip_blanks(p);
	if (peek(p) != ':')
		return refuse(p, p->at, "expected ':' after a key");
	p->at++;
	skip_blanks(p);
	return FAIL_NONE;
}

static void add_to_level(struct level *l, const struct value *v)
{
	value_map_add(&l->map, l->pending.key, *v);
	value_map_last(&l->map)->line = l->pending.line;
	value_map_last(&l->map)->column = l->pending.column;
}

/* Reads values until the outermost one is complete. */
static enum fail parse_value(struct parser *p, struct value *ret)
{
	struct value v;
	enum fail f;

	for (;;) {
		struct level *l = p->depth ? &p->levels[p->depth - 1] : NULL;
		bool complete = true;

		skip_blanks(p);
		if (l && l->map.count == 0 && peek(p) == (l->is_map ? '}' : ']')) {
			f = close_level(p, &v);
		} else {
			f = l && l->is_map ? parse_key(p, l) : FAIL_NONE;
			if (!f && (peek(p) == '{' || peek(p) == '[')) {
				f = open_level(p, peek(p) == '{');
				complete = false;
			} else if (!f) {
				f = parse_scalar(p, &v);
			}
		}
		while (!f && complete && p->depth) {
			l = &p->levels[p->depth - 1];
			add_to_level(l, &v);
			skip_blanks(p);
			if (peek(p) == ',') {
				p->at++;
				skip_blanks(p);
				if (peek(p) == ']' || peek(p) == '}')
					return refuse(p, p->at, "nothing after ','");
				complete = false;
			} else if (peek(p) == (l->is_map ? '}' : ']')) {
				f = close_level(p, &v);
			} else {
				f = refuse(p, p->at,
					   p->at == p->text.len ? "ends too early"
					   : l->is_map		? "expected ',' or '}'"
								: "expected ',' or ']'");
			}
		}
		if (f)
			return f;
		if (complete) {
			*ret = v;
			return FAIL_NONE;
		}
	}
}

enum fail json_parse_prefix(struct arena *a, struct str text, unsigned flags,
			    unsigned max_depth, struct value *ret_value, size_t *ret_used,
			    struct why *why)
{
	struct parser p = {.arena = a,
			   .text = text,
			   .line = 1,
			   .flags = flags,
			   .max_depth = max_depth,
			   .why = why};
	struct value v;
	enum fail f = parse_value(&p, &v);

	if (f)
		return f;
	*ret_value = v;
	*ret_used = p.at;
	return FAIL_NONE;
}

enum fail json_parse(struct arena *a, struct str text, unsigned flags, unsigned max_depth,
		     struct value *ret_value, struct why *why)
{
	struct parser p = {.arena = a,
			   .text = text,
			   .line = 1,
			   .flags = flags,
			   .max_depth = max_depth,
			   .why = why};
	struct value v;
	enum fail f = parse_value(&p, &v);

	if (f)
		return f;
	skip_blanks(&p);
	if (p.at != text.len)
		return refuse(&p, p.at, "text after the value");
	*ret_value = v;
	return FAIL_NONE;
}
