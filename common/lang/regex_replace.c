/* Replacing matches as Go's regexp does: (*Regexp).ReplaceAllString and Expand. */
#include "lang/regex.h"

#include "base/arena.h"
#include "base/utf8.h"
#include "lang/unicode.h"

/* A piece of the replacement: a text, or a group (0 = the whole match). */
struct part {
	bool is_group;
	size_t group;
	struct str text;
};

struct parts {
	struct arena *arena;
	struct part *items;
	size_t count, cap;
};

static void add_part(struct parts *p, struct part part)
{
	if (!part.is_group && part.text.len == 0)
		return;
	p->items = arena_grow(p->arena, p->items, p->count, &p->cap, sizeof(*p->items));
	p->items[p->count++] = part;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Bytes of the name that s begins with. */
static size_t name_length(struct str s)
{
	size_t at = 0, n;

	while (at < s.len && unicode_is_word(utf8_decode(str_from(s, at), &n, NULL)))
		at += n;
	return at;
}

/* A name of digits is a number unless it has a leading zero or is huge. */
static struct part group_part(const struct regex *re, struct str name)
{
	struct part part = {.is_group = true, .group = SIZE_MAX};
	uint64_t number;
	bool digits = true;

	for (size_t i = 0; i < name.len; i++)
		digits = digits && is_digit(name.ptr[i]);
	if (digits && (name.ptr[0] != '0' || name.len == 1)) {
		if (str_to_u64(name, &number))
			part.group = number;
		return part;
	}
	number = regex_group_named(re, name);
	if (number)
		part.group = number;
	return part;
}

static void parse(const struct regex *re, struct str repl, struct parts *p)
{
	size_t from = 0, at = 0;

	while ((at = str_chr(repl, '$', at)) != STR_NONE) {
		bool brace = at + 1 < repl.len && repl.ptr[at + 1] == '{';
		size_t name_at = at + 1 + brace, n, end;

		if (at + 1 < repl.len && repl.ptr[at + 1] == '$') {
			add_part(p, (struct part){.text = str_sub(repl, from, at + 1)});
			from = at = at + 2;
			continue;
		}
		n = name_length(str_from(repl, name_at));
		end = name_at + n;
		if (n == 0 || (brace && (end == repl.len || repl.ptr[end] != '}'))) {
			at++; /* not the name of a group: an ordinary dollar */
			continue;
		}
		add_part(p, (struct part){.text = str_sub(repl, from, at)});
		add_part(p, group_part(re, str_sub(repl, name_at, end)));
		from = at = end + brace;
	}
	add_part(p, (struct part){.text = str_from(repl, from)});
}

static void expand(const struct parts *p, const struct str *groups, size_t count,
		   struct buf *out)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct part *part = &p->items[i];

		if (!part->is_group)
			buf_add(out, part->text);
		else if (part->group < count)
			buf_add(out, groups[part->group]);
	}
}

/* --- patterns that look far ---------------------------------------------------------------
 *
 * A search goes on behind a match while something that is preferred to it may still come: in
 * "aaaa" the pattern a+b|a looks for a 'b' to the end before it settles for one 'a', and does so
 * again at the next 'a'. That takes a loop, and a choice that comes to an end without it: '|', or a
 * group that may be left out or repeated. In a plain sequence all that a later search could find
 * behind the match, the loop would have found before; and without a loop a match is short. */

/* The end of the [class] that begins at i. */
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
	return i;
}

static bool looks_far(struct str p)
{
	bool loop = false, choice = false;
	char before = '\0'; /* the character that a quantifier would belong to */

	for (size_t i = 0; i < p.len; i++) {
		char c = p.ptr[i];

		if (c == '\\') {
			if (i + 1 < p.len && p.ptr[i + 1] == 'Q')
				return true; /* too rare to be looked into */
			i++;
		} else if (c == '[') {
			i = class_end(p, i);
		} else if (c == '|') {
			choice = true;
		} else if (c == '*' || c == '+' || c == '{' || (c == '?' && before != '(')) {
			size_t end = c == '{' ? str_chr(p, '}', i) : STR_NONE;

			choice = choice || before == ')';
			loop = loop || c == '*' || c == '+' ||
			       (end != STR_NONE && p.ptr[end - 1] == ',');
		}
		before = c;
	}
	return loop && choice;
}

enum fail regex_replace(const struct regex *re, struct str text, struct str repl,
			struct buf *out, struct why *why)
{
	AUTO_ARENA arena = ARENA_INIT;
	struct parts parts = {.arena = &arena};
	struct str groups[REGEX_GROUPS_MAX];
	size_t count = regex_groups(re) + 1, at = 0, done = 0;
	uint64_t searched = 0;
	bool far = looks_far(regex_pattern(re));
	bool found;
	enum fail f;

	if (count > REGEX_GROUPS_MAX)
		count = REGEX_GROUPS_MAX;
	parse(re, repl, &parts);
	while (at <= text.len && !out->full) {
		size_t start, end, width = 0;

		searched += far ? text.len - at : 0;
		if (searched > REGEX_REPLACE_MAX_BYTES)
			return failf(why, FAIL_INPUT, "too many matches in %zu bytes of text",
				     text.len);
		f = regex_find(re, text, at, groups, count, &found, why);
		if (f)
			return f;
		if (!found)
			break;
		start = text.len ? (size_t)(groups[0].ptr - text.ptr) : 0;
		end = start + groups[0].len;
		buf_add(out, str_sub(text, done, start));
		if (end > done || start == 0)
			expand(&parts, groups, count, out);
		done = end;
		if (at < text.len)
			utf8_decode(str_from(text, at), &width, NULL);
		if (at + width > end)
			at += width;
		else
			at = at + 1 > end ? at + 1 : end;
	}
	buf_add(out, str_from(text, done));
	return FAIL_NONE;
}
