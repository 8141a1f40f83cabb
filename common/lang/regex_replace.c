/* Replacing matches as Go's regexp does: (*Regexp).ReplaceAllString and Expand. */
#include "lang/regex_search.h"

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

/* How many groups to ask for: those that the replacement uses, the whole match included. */
static size_t groups_in(const struct regex *re, const struct parts *p)
{
	size_t count = 1, most = regex_groups(re) + 1;

	if (most > REGEX_GROUPS_MAX)
		most = REGEX_GROUPS_MAX;
	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].is_group && p->items[i].group < most &&
		    p->items[i].group >= count)
			count = p->items[i].group + 1;
	return count;
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

/* --- matches, one after the other ---------------------------------------------------------- */

enum { WINDOW_BYTES = 64 };

/* Where a window that begins at `from` ends: not inside a character. */
static size_t window_end(struct str text, size_t from, size_t size)
{
	if (size >= text.len - from)
		return text.len;
	for (from += size; from < text.len && ((unsigned char)text.ptr[from] & 0xC0) == 0x80;)
		from++;
	return from;
}

/* regex_find that looks no further behind the match than it must. */
static enum fail find_next(const struct regex *re, struct str text, size_t from,
			   struct str *groups, size_t count, int64_t *work, bool *ret_found,
			   struct why *why)
{
	size_t size = WINDOW_BYTES;

	if (regex_look(re) != LOOK_FAR)
		return regex_find(re, text, from, groups, count, work, ret_found, why);
	for (;;) {
		size_t end = window_end(text, from, size), begun;
		enum fail f =
			regex_find_in(re, text, from, end, groups, count, work, ret_found, why);

		if (f || end == text.len)
			return f;
		f = regex_begun_at(re, text, from, end, work, &begun, why);
		if (f)
			return f;
		if (*ret_found && begun > (size_t)(groups[0].ptr - text.ptr))
			return FAIL_NONE;
		/* No match begins before `begun`; what begins there may go on. */
		if (*ret_found || begun == from) {
			size *= 2;
		} else {
			from = begun;
			size = WINDOW_BYTES;
		}
	}
}

enum fail regex_replace(const struct regex *re, struct str text, struct str repl, int64_t *work,
			struct buf *out, struct why *why)
{
	AUTO_ARENA arena = ARENA_INIT;
	struct parts parts = {.arena = &arena};
	struct str groups[REGEX_GROUPS_MAX];
	int64_t own = REGEX_WORK_MAX;
	size_t count, at = 0, done = 0;
	bool found;
	enum fail f;

	if (!work)
		work = &own;
	parse(re, repl, &parts);
	count = groups_in(re, &parts);
	while (at <= text.len && !out->full) {
		size_t start, end, width = 0;

		f = find_next(re, text, at, groups, count, work, &found, why);
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
