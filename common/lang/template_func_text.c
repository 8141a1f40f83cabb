/* Helpers on texts (SPEC 4.9). */
#include "lang/template_exec.h"

#include <string.h>

#include "base/utf8.h"
#include "lang/unicode.h"

static void add_point(struct buf *b, uint32_t point)
{
	if (point < 0x80)
		buf_addc(b, (char)point);
	else
		utf8_add(b, point);
}

static enum fail map_points(struct exec *x, const struct value *args,
			    uint32_t (*to)(uint32_t point), struct value *ret)
{
	struct buf *b;
	struct str s;
	size_t n;
	enum fail f = arg_text(x, &args[0], &s);

	if (!f)
		f = exec_work(x, EXEC_CASE_WORK * s.len);
	if (f)
		return f;
	b = text_begin(x);
	for (size_t i = 0; i < s.len && !b->full; i += n)
		add_point(b, to(utf8_decode(str_from(s, i), &n, NULL)));
	return text_end(x, ret);
}

HELPER(func_upper)
{
	(void)count;
	return map_points(x, args, unicode_upper, ret);
}

HELPER(func_lower)
{
	(void)count;
	return map_points(x, args, unicode_lower, ret);
}

HELPER(func_title)
{
	uint32_t before = 0, point;
	struct buf *b;
	struct str s;
	size_t n;
	enum fail f = arg_text(x, &args[0], &s);

	(void)count;
	if (!f)
		f = exec_work(x, EXEC_CASE_WORK * s.len);
	if (f)
		return f;
	b = text_begin(x);
	for (size_t i = 0; i < s.len && !b->full; i += n) {
		point = utf8_decode(str_from(s, i), &n, NULL);
		if (!unicode_is_word(before) && before != '\'' && unicode_is_letter(point))
			add_point(b, unicode_upper(point));
		else
			add_point(b, point);
		before = point;
	}
	return text_end(x, ret);
}

HELPER(func_trim)
{
	size_t from = 0, to, n;
	struct str s;
	enum fail f = arg_text(x, &args[0], &s);

	(void)count;
	if (!f)
		f = exec_work(x, EXEC_CASE_WORK * s.len);
	if (f)
		return f;
	for (; from < s.len; from += n)
		if (!unicode_is_space(utf8_decode(str_from(s, from), &n, NULL)))
			break;
	to = from;
	for (size_t i = from; i < s.len; i += n)
		if (!unicode_is_space(utf8_decode(str_from(s, i), &n, NULL)))
			to = i + n;
	*ret = value_str(str_sub(s, from, to));
	return FAIL_NONE;
}

HELPER(func_trim_prefix)
{
	struct str s[2];
	enum fail f = arg_texts(x, args, count, s);

	if (!f)
		*ret = value_str(str_starts(s[1], s[0]) ? str_from(s[1], s[0].len) : s[1]);
	return f;
}

HELPER(func_trim_suffix)
{
	struct str s[2];
	enum fail f = arg_texts(x, args, count, s);

	if (!f)
		*ret = value_str(str_ends(s[1], s[0]) ? str_sub(s[1], 0, s[1].len - s[0].len)
						      : s[1]);
	return f;
}

HELPER(func_has_prefix)
{
	struct str s[2];
	enum fail f = arg_texts(x, args, count, s);

	if (!f)
		*ret = value_bool(str_starts(s[1], s[0]));
	return f;
}

HELPER(func_has_suffix)
{
	struct str s[2];
	enum fail f = arg_texts(x, args, count, s);

	if (!f)
		*ret = value_bool(str_ends(s[1], s[0]));
	return f;
}

HELPER(func_contains)
{
	struct str s[2];
	enum fail f = arg_texts(x, args, count, s);

	if (!f)
		*ret = value_bool(str_find(s[1], s[0], 0) != STR_NONE);
	return f;
}

HELPER(func_replace)
{
	struct str s[3];
	struct buf *b;
	size_t from = 0, hit;
	enum fail f = arg_texts(x, args, count, s);

	if (f)
		return f;
	if (s[0].len == 0)
		return call_failf(x, "the text to replace is empty");
	b = text_begin(x);
	while (!f && !b->full && (hit = str_find(s[2], s[0], from)) != STR_NONE) {
		f = exec_work(x, EXEC_ITEM_WORK);
		buf_add(b, str_sub(s[2], from, hit));
		buf_add(b, s[1]);
		from = hit + s[0].len;
	}
	buf_add(b, str_from(s[2], from));
	return f ? f : text_end(x, ret);
}

/* A number of times or blanks, and a text. */
static enum fail count_and_text(struct exec *x, const struct value *args, int64_t *ret_n,
				struct str *ret_text)
{
	enum fail f = arg_integer(x, &args[0], ret_n);

	if (!f)
		f = arg_text(x, &args[1], ret_text);
	return f;
}

static enum fail negative(struct exec *x)
{
	return call_failf(x, "negative count");
}

HELPER(func_repeat)
{
	struct buf *b;
	char *room;
	struct str s;
	int64_t n;
	enum fail f = count_and_text(x, args, &n, &s);

	(void)count;
	if (f)
		return f;
	if (n < 0)
		return negative(x);
	if (s.len == 0)
		n = 0;
	else if ((uint64_t)n > x->limits->value_bytes / s.len)
		return exec_limit(x, "output");
	b = text_begin(x);
	room = buf_room(b, (size_t)n * s.len);
	for (int64_t i = 0; room && i < n; i++)
		memcpy(room + (size_t)i * s.len, s.ptr, s.len);
	if (room)
		buf_added(b, (size_t)n * s.len);
	return text_end(x, ret);
}

static enum fail indented(struct exec *x, const struct value *args, bool newline,
			  struct value *ret)
{
	struct buf *b;
	struct str s;
	char *room;
	int64_t n;
	size_t from = 0, to;
	enum fail f = count_and_text(x, args, &n, &s);

	if (f)
		return f;
	if (n < 0)
		return negative(x);
	b = text_begin(x);
	if (newline)
		buf_addc(b, '\n');
	for (;; from = to + 1) {
		to = str_chr(s, '\n', from);
		room = buf_room(b, (size_t)n);
		if (!room)
			break;
		memset(room, ' ', (size_t)n);
		buf_added(b, (size_t)n);
		buf_add(b, str_sub(s, from, to == STR_NONE ? s.len : to + 1));
		if (to == STR_NONE)
			break;
	}
	return text_end(x, ret);
}

HELPER(func_indent)
{
	(void)count;
	return indented(x, args, false, ret);
}

HELPER(func_nindent)
{
	(void)count;
	return indented(x, args, true, ret);
}

HELPER(func_trunc)
{
	struct str s;
	size_t all, skipped;
	int64_t n;
	enum fail f = count_and_text(x, args, &n, &s);

	(void)count;
	if (f)
		return f;
	all = utf8_count(s);
	if (n >= 0) {
		s = utf8_first(s, (size_t)n);
	} else if (0 - (uint64_t)n < all) {
		skipped = all - (size_t)(0 - (uint64_t)n);
		s = str_from(s, utf8_first(s, skipped).len);
	}
	*ret = value_str(s);
	return FAIL_NONE;
}

HELPER(func_abbrev)
{
	struct buf *b;
	struct str s;
	int64_t n;
	enum fail f = count_and_text(x, args, &n, &s);

	(void)count;
	if (f)
		return f;
	if (n < 4)
		return call_failf(x, "the length must be at least 4");
	if (utf8_count(s) <= (uint64_t)n) {
		*ret = value_str(s);
		return FAIL_NONE;
	}
	b = text_begin(x);
	buf_add(b, utf8_first(s, (size_t)n - 3));
	buf_adds(b, "...");
	return text_end(x, ret);
}
