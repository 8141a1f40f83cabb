/* Helpers on texts (SPEC 4.9). */
#include "lang/template_exec.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "lang/go_quote.h"
#include "lang/unicode.h"

/* The first n arguments as texts. */
static enum fail texts(struct exec *x, const struct value *args, size_t n, struct str *ret)
{
	enum fail f = FAIL_NONE;

	for (size_t i = 0; i < n && !f; i++)
		f = arg_text(x, &args[i], &ret[i]);
	return f;
}

static enum fail map_points(struct exec *x, const struct value *args,
			    uint32_t (*to)(uint32_t point), struct value *ret)
{
	struct buf *b;
	struct str s;
	size_t n;
	enum fail f = arg_text(x, &args[0], &s);

	if (f)
		return f;
	b = text_begin(x);
	for (size_t i = 0; i < s.len && !b->full; i += n)
		utf8_add(b, to(utf8_decode(str_from(s, i), &n, NULL)));
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
	if (f)
		return f;
	b = text_begin(x);
	for (size_t i = 0; i < s.len && !b->full; i += n) {
		point = utf8_decode(str_from(s, i), &n, NULL);
		if (!unicode_is_word(before) && before != '\'' && unicode_is_letter(point))
			utf8_add(b, unicode_upper(point));
		else
			utf8_add(b, point);
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
	enum fail f = texts(x, args, count, s);

	if (!f)
		*ret = value_str(str_starts(s[1], s[0]) ? str_from(s[1], s[0].len) : s[1]);
	return f;
}

HELPER(func_trim_suffix)
{
	struct str s[2];
	enum fail f = texts(x, args, count, s);

	if (!f)
		*ret = value_str(str_ends(s[1], s[0]) ? str_sub(s[1], 0, s[1].len - s[0].len)
						      : s[1]);
	return f;
}

HELPER(func_has_prefix)
{
	struct str s[2];
	enum fail f = texts(x, args, count, s);

	if (!f)
		*ret = value_bool(str_starts(s[1], s[0]));
	return f;
}

HELPER(func_has_suffix)
{
	struct str s[2];
	enum fail f = texts(x, args, count, s);

	if (!f)
		*ret = value_bool(str_ends(s[1], s[0]));
	return f;
}

HELPER(func_contains)
{
	struct str s[2];
	enum fail f = texts(x, args, count, s);

	if (!f)
		*ret = value_bool(str_find(s[1], s[0], 0) != STR_NONE);
	return f;
}

HELPER(func_replace)
{
	struct str s[3];
	struct buf *b;
	size_t from = 0, hit;
	enum fail f = texts(x, args, count, s);

	if (f)
		return f;
	if (s[0].len == 0)
		return call_failf(x, "the text to replace is empty");
	b = text_begin(x);
	while (!b->full && (hit = str_find(s[2], s[0], from)) != STR_NONE) {
		buf_add(b, str_sub(s[2], from, hit));
		buf_add(b, s[1]);
		from = hit + s[0].len;
	}
	buf_add(b, str_from(s[2], from));
	return text_end(x, ret);
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

/* The parts of args[1] between args[0], each with the mark of the whole. */
static enum fail parts(struct exec *x, const struct value *args, struct value **ret,
		       size_t *ret_count)
{
	struct str s[2], origin = value_origin(&args[1]);
	struct value *items;
	size_t n = 1, from = 0, to;
	enum fail f = texts(x, args, 2, s);

	if (f)
		return f;
	if (s[0].len == 0)
		return call_failf(x, "the separator is empty");
	for (size_t i = str_find(s[1], s[0], 0); i != STR_NONE;
	     i = str_find(s[1], s[0], i + s[0].len))
		n++;
	f = exec_array(x, n, sizeof(*items), &items);
	if (f)
		return f;
	if (!origin.len)
		origin = value_origin(&args[0]);
	for (size_t i = 0; i < n; i++) {
		to = str_find(s[1], s[0], from);
		items[i] = value_str(str_sub(s[1], from, to));
		items[i].string.origin = origin;
		from = to + s[0].len;
	}
	*ret = items;
	*ret_count = n;
	return FAIL_NONE;
}

HELPER(func_split_list)
{
	struct value *items;
	size_t n;
	enum fail f = parts(x, args, &items, &n);

	(void)count;
	if (!f)
		*ret = value_list(items, n);
	return f;
}

HELPER(func_split)
{
	struct value_builder map;
	struct value *items;
	size_t n;
	enum fail f = parts(x, args, &items, &n);

	(void)count;
	/* A key takes 16 bytes; building the map moves its entries at most twice. */
	if (!f)
		f = exec_room(x, n * (4 * sizeof(struct value_entry) + 32));
	if (f)
		return f;
	value_map_begin(&map, x->arena);
	for (size_t i = 0; i < n; i++)
		value_map_add(&map, arena_printf(x->arena, "_%zu", i), items[i]);
	*ret = value_map_done(&map);
	return FAIL_NONE;
}

HELPER(func_join)
{
	/* join SEP L, and join L SEP as well */
	bool swapped = args[0].kind == VALUE_LIST && args[1].kind != VALUE_LIST;
	const struct value *sep_arg = &args[swapped], *list_arg = &args[!swapped];
	struct value_list list;
	struct buf *b;
	struct str sep;
	bool some = false;
	enum fail f;

	(void)count;
	if (list_arg->kind != VALUE_LIST && sep_arg->kind == VALUE_NIL) {
		list_arg = &args[0];
		sep_arg = &args[1];
	}
	f = arg_text(x, sep_arg, &sep);
	if (!f)
		f = arg_list(x, list_arg, &list);
	if (f)
		return f;
	b = text_begin(x);
	for (size_t i = 0; i < list.count && !b->full; i++) {
		if (list.items[i].kind == VALUE_NIL)
			continue;
		if (some)
			buf_add(b, sep);
		some = true;
		f = exec_print(x, b, &list.items[i]);
		if (f)
			return f;
	}
	return text_end(x, ret);
}

HELPER(func_to_string)
{
	enum fail f;

	(void)count;
	if (args[0].kind == VALUE_STR) {
		*ret = args[0];
		return FAIL_NONE;
	}
	text_begin(x);
	f = args[0].kind == VALUE_NIL ? FAIL_NONE : exec_print(x, &x->text, &args[0]);
	return f ? f : text_end(x, ret);
}

/* Go escapes in double quotes, or none in single ones. */
static enum fail quoted(struct exec *x, const struct value *args, size_t count, bool escapes,
			struct value *ret)
{
	AUTO_BUF text = BUF(x->limits->value_bytes);
	struct buf *b = text_begin(x);
	enum fail f;

	for (size_t i = 0; i < count; i++) {
		if (args[i].kind == VALUE_NIL)
			continue;
		if (b->len)
			buf_addc(b, ' ');
		buf_clear(&text);
		f = exec_print(x, &text, &args[i]);
		if (f)
			return f;
		if (text.full)
			return exec_limit(x, "output");
		if (escapes) {
			go_quote_add(b, buf_str(&text), false);
		} else {
			buf_addc(b, '\'');
			buf_add(b, buf_str(&text));
			buf_addc(b, '\'');
		}
	}
	return text_end(x, ret);
}

HELPER(func_quote)
{
	return quoted(x, args, count, true, ret);
}

HELPER(func_squote)
{
	return quoted(x, args, count, false, ret);
}

/* ---- regular expressions */

static enum fail pattern(struct exec *x, struct str text, const struct regex **ret)
{
	struct exec_pattern *p;
	struct regex *re;
	struct why why;

	for (size_t i = 0; i < EXEC_PATTERNS; i++) {
		p = &x->patterns[i];
		if (p->regex && str_eq(str_n(p->text, p->len), text)) {
			*ret = p->regex;
			return FAIL_NONE;
		}
	}
	if (regex_new(text, &re, &why))
		return call_failf(x, "%s", why.text);
	p = &x->patterns[x->pattern_next++ % EXEC_PATTERNS];
	regex_free(p->regex);
	free(p->text);
	*p = (struct exec_pattern){.text = xstrndup(text), .len = text.len, .regex = re};
	*ret = re;
	return FAIL_NONE;
}

HELPER(func_regex_match)
{
	const struct regex *re;
	struct str s[2];
	struct why why;
	bool matched;
	enum fail f = texts(x, args, count, s);

	if (!f)
		f = pattern(x, s[0], &re);
	if (f)
		return f;
	if (regex_match(re, s[1], &matched, &why))
		return call_failf(x, "%s", why.text);
	*ret = value_bool(matched);
	return FAIL_NONE;
}

HELPER(func_regex_replace_all)
{
	const struct regex *re;
	struct str s[3];
	struct why why;
	enum fail f = texts(x, args, count, s);

	if (!f)
		f = pattern(x, s[0], &re);
	if (f)
		return f;
	if (regex_replace(re, s[1], s[2], text_begin(x), &why))
		return call_failf(x, "%s", why.text);
	return text_end(x, ret);
}
