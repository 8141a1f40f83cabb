/* What a pattern costs, by its text, and the pattern of all that its matches can begin with. */
#include "lang/regex_search.h"

#include <string.h>

#include "base/utf8.h"

/*
 * With B(x) for the beginnings of x, which always have the empty text among them:
 *
 *     B(a) = (?:a)?            a character or class
 *     B(a{n,m}) = a{0,m}
 *     B(xy) = B(x) | x B(y), so for a sequence "a b c": (?:a(?:b(?:c)?)?)?
 *     B(x|y) = B(x) | B(y)
 *     B((x){n,m} y) = (?:x){0,m}(?:B(x)|B(y))
 *
 * Written in one pass: what a piece opens is closed at the end of its branch.
 */
enum {
	GROUPS_MAX = 50, /* in each other */
	BEGUN_MAX_BYTES = 1 << 16,
	REPEAT_NEAR = 8, /* more is a loop */
};

/* A search looks far when there is a loop, and a choice that comes to an end without it: '|', or a group that
 * may be left out or repeated. In a plain sequence all that a later search could find behind the match, the
 * loop would have found before; and without a loop a match is short. */
struct parser {
	struct str p;
	size_t at;
	unsigned depth;
	bool loop, choice;
	bool unknown;
	size_t positions, wild;
};

/* A quantifier: how often a piece may stand there. */
struct repeat {
	bool is_there;
	struct str text; /* "*", "+", "{2,}" */
	size_t copies;	 /* of the piece in a program */
};

static bool next_is(const struct parser *p, char c)
{
	return p->at < p->p.len && p->p.ptr[p->at] == c;
}

/* `{` that begins no quantifier stands for itself. */
static size_t counted_end(struct str p, size_t i)
{
	size_t from = ++i;

	while (i < p.len && p.ptr[i] >= '0' && p.ptr[i] <= '9')
		i++;
	if (i == from)
		return STR_NONE;
	if (i < p.len && p.ptr[i] == ',')
		i++;
	while (i < p.len && p.ptr[i] >= '0' && p.ptr[i] <= '9')
		i++;
	return i < p.len && p.ptr[i] == '}' ? i + 1 : STR_NONE;
}

/* Of "{2}", "{2,}" and "{2,5}". */
static size_t copies_of(struct str r)
{
	size_t comma = str_chr(r, ',', 0), end = r.len - 1;
	uint64_t least = 0, most = 0;

	if (comma == STR_NONE)
		comma = end;
	else if (comma + 1 < end && !str_to_u64(str_sub(r, comma + 1, end), &most))
		most = UINT32_MAX;
	if (!str_to_u64(str_sub(r, 1, comma), &least))
		least = UINT32_MAX;
	return most > least ? most : (least ? least : 1);
}

static struct repeat take_repeat(struct parser *p)
{
	struct repeat r = {.is_there = true, .copies = 1};
	size_t from = p->at, end;

	if (next_is(p, '*') || next_is(p, '+') || next_is(p, '?'))
		p->at++;
	else if (next_is(p, '{') && (end = counted_end(p->p, p->at)) != STR_NONE)
		p->at = end;
	else
		return (struct repeat){.copies = 1};
	r.text = str_sub(p->p, from, p->at);
	if (next_is(p, '?')) /* lazy: the same beginnings */
		p->at++;
	if (r.text.len == 1) {
		p->loop = p->loop || !str_is(r.text, "?");
	} else {
		r.copies = copies_of(r.text);
		p->loop =
			p->loop || r.copies > REPEAT_NEAR || r.text.ptr[r.text.len - 2] == ',';
	}
	return r;
}

/* "(?flags:content)" */
static void add_group(struct buf *out, struct str flags, const struct buf *content)
{
	buf_adds(out, "(?");
	buf_add(out, flags);
	buf_addc(out, ':');
	buf_add(out, buf_str(content));
	buf_addc(out, ')');
}

/* The quantifier with 0 as its least. */
static void add_repeat(struct buf *out, struct str r)
{
	size_t comma = str_chr(r, ',', 0);

	if (str_is(r, "+"))
		buf_addc(out, '*');
	else if (r.len == 1)
		buf_add(out, r);
	else if (comma == STR_NONE)
		buf_addf(out, "{0,%.*s}", (int)r.len - 2, r.ptr + 1);
	else if (comma == r.len - 2)
		buf_addc(out, '*');
	else
		buf_addf(out, "{0%.*s", (int)(r.len - comma), r.ptr + comma);
}

/* Behind the end of the [class] that begins at i. */
static size_t class_end(struct str p, size_t i)
{
	i++;
	i += i < p.len && p.ptr[i] == '^';
	i += i < p.len && p.ptr[i] == ']';
	for (; i < p.len && p.ptr[i] != ']'; i++) {
		if (p.ptr[i] == '\\') {
			i++;
		} else if (str_starts(str_from(p, i), STR("[:"))) {
			size_t end = str_find(p, STR(":]"), i);

			i = end == STR_NONE ? i : end + 1;
		}
	}
	return i + 1;
}

/* Behind the end of the escape at i. */
static size_t escape_end(struct str p, size_t i)
{
	size_t from = i + 1, n = 0;
	char c = from < p.len ? p.ptr[from] : '\0';

	if ((c == 'p' || c == 'P' || c == 'x') && from + 1 < p.len && p.ptr[from + 1] == '{') {
		size_t end = str_chr(p, '}', from);

		return end == STR_NONE ? p.len : end + 1;
	}
	if (c == 'p' || c == 'P')
		return from + 2;
	if (c == 'x')
		return from + 3;
	if (c >= '0' && c <= '7') { /* up to three octal digits */
		while (n < 3 && from + n < p.len && p.ptr[from + n] >= '0' &&
		       p.ptr[from + n] <= '7')
			n++;
		return from + n;
	}
	if (from < p.len)
		utf8_decode(str_from(p, from), &n, NULL);
	return from + n;
}

static size_t branches(struct parser *p, struct buf *plain, struct buf *begun);

/* What is open at the end of a branch. */
static void add_ends(struct buf *out, struct buf *ends)
{
	while (ends->len) {
		char c = ends->ptr[ends->len - 1];

		buf_adds(out, c == '?' ? ")?" : ")");
		buf_cut(ends, ends->len - 1);
	}
}

/* A character, class or escape, which is `text` in the pattern. */
static void character(struct parser *p, struct str text, bool wild, struct buf *plain,
		      struct buf *begun, struct buf *ends)
{
	struct repeat r = take_repeat(p);

	p->positions += r.copies;
	p->wild += wild || r.is_there ? r.copies : 0;

	buf_add(plain, text);
	buf_add(plain, r.text);
	if (r.is_there) {
		buf_add(begun, text);
		add_repeat(begun, r.text);
	} else {
		buf_adds(begun, "(?:");
		buf_add(begun, text);
		buf_addc(ends, '?');
	}
}

/* They hold to the end of the group, through all its branches: so they must stand at its beginning, where nothing
 * is open. */
static void flags_for_the_rest(struct parser *p, struct str flags, struct buf *plain,
			       struct buf *begun)
{
	p->unknown = p->unknown || plain->len > 0;
	p->at++;
	p->depth--;
	buf_addf(plain, "(?%.*s)", STR_ARG(flags));
	buf_addf(begun, "(?%.*s)", STR_ARG(flags));
}

/* Behind a '(': flags for the rest, or a group. */
static void group(struct parser *p, struct buf *plain, struct buf *begun, struct buf *ends)
{
	AUTO_BUF inner = BUF(BEGUN_MAX_BYTES);
	AUTO_BUF inner_begun = BUF(BEGUN_MAX_BYTES);
	struct str flags = STR("");
	size_t positions = p->positions, wild = p->wild;
	struct repeat r;

	if (++p->depth > GROUPS_MAX) {
		p->unknown = true;
		return;
	}
	if (next_is(p, '?')) {
		size_t from = p->at + 1;

		if (from < p->p.len && p->p.ptr[from] == 'P') { /* (?P<name> */
			size_t end = str_chr(p->p, '>', from);

			p->at = end == STR_NONE ? p->p.len : end + 1;
		} else {
			for (p->at = from;
			     p->at < p->p.len && !next_is(p, ':') && !next_is(p, ')'); p->at++)
				;
			flags = str_sub(p->p, from, p->at);
			if (next_is(p, ')')) {
				flags_for_the_rest(p, flags, plain, begun);
				return;
			}
			p->at++;
		}
	}
	/* a choice between characters is a class */
	p->wild += branches(p, &inner, &inner_begun) > 1;
	if (!next_is(p, ')'))
		p->unknown = true;
	p->at++;
	p->depth--;
	r = take_repeat(p);
	p->positions = positions + (p->positions - positions) * r.copies;
	p->wild = wild + (p->wild - wild) * r.copies;
	p->choice = p->choice || r.is_there;
	p->loop = p->loop || (r.is_there && !str_is(r.text, "?"));
	add_group(plain, flags, &inner);
	buf_add(plain, r.text);
	if (r.is_there) {
		add_group(begun, flags, &inner);
		add_repeat(begun, r.text);
	}
	buf_adds(begun, "(?:");
	add_group(begun, flags, &inner_begun);
	buf_addc(begun, '|');
	if (!r.is_there)
		add_group(begun, flags, &inner);
	buf_addc(ends, ')');
	p->unknown = p->unknown || inner.full || inner_begun.full;
}

/* x|y|z up to the end or a ')'. How many there are. */
static size_t branches(struct parser *p, struct buf *plain, struct buf *begun)
{
	size_t count = 1;
	AUTO_BUF ends = BUF(BEGUN_MAX_BYTES);

	while (!p->unknown && p->at < p->p.len && !next_is(p, ')')) {
		bool assertion = false, wild = false;
		size_t from = p->at, n;
		char c = p->p.ptr[p->at];

		if (c == '|') {
			p->choice = true;
			p->at++;
			count++;
			add_ends(begun, &ends);
			buf_addc(plain, '|');
			buf_addc(begun, '|');
			continue;
		}
		if (c == '(') {
			p->at++;
			group(p, plain, begun, &ends);
			continue;
		}
		if (c == '^' || c == '$') {
			p->at++;
			assertion = true;
		} else if (c == '\\') {
			char e = p->at + 1 < p->p.len ? p->p.ptr[p->at + 1] : '\0';

			p->unknown = e == 'Q' || e == '\0'; /* \Q...\E: too rare */
			p->at = escape_end(p->p, p->at);
			assertion = e == 'b' || e == 'B' || e == 'A' || e == 'z';
			wild = strchr("dDsSwWpP", e) != NULL;
		} else if (c == '[') {
			p->at = class_end(p->p, p->at);
			wild = true;
		} else {
			utf8_decode(str_from(p->p, p->at), &n, NULL);
			p->at += n;
			wild = c == '.';
		}
		if (!assertion) {
			character(p, str_sub(p->p, from, p->at), wild, plain, begun, &ends);
		} else { /* a repeated one is no more than one */
			buf_add(plain, str_sub(p->p, from, p->at));
			buf_add(plain, take_repeat(p).text);
		}
	}
	add_ends(begun, &ends);
	p->unknown = p->unknown || ends.full || plain->full || begun->full;
	return count;
}

struct regex_shape regex_shape_of(struct str pattern, struct buf *ret_begun)
{
	AUTO_BUF plain = BUF(BEGUN_MAX_BYTES), begun = BUF(BEGUN_MAX_BYTES);
	struct parser p = {.p = pattern};
	struct regex_shape shape;

	branches(&p, &plain, &begun);
	if (p.unknown || p.at != pattern.len)
		return (struct regex_shape){LOOK_UNKNOWN, SIZE_MAX, SIZE_MAX};
	shape = (struct regex_shape){.positions = p.positions, .wild = p.wild};
	if (p.loop && p.choice)
		shape.look = LOOK_FAR;
	if (ret_begun) {
		add_group(ret_begun, STR(""), &begun);
		buf_adds(ret_begun, "\\z");
	}
	return shape;
}
