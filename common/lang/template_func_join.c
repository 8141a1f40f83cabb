/* Helpers that take texts apart, put them together and quote them (SPEC 4.9). */
#include "lang/template_exec.h"

#include "lang/go_quote.h"

/* The parts of args[1] between args[0], each with the mark of the whole. */
static enum fail parts(struct exec *x, const struct value *args, struct value **ret,
		       size_t *ret_count)
{
	struct str s[2], origin = value_origin(&args[1]);
	struct value *items;
	size_t n = 1, from = 0, to;
	enum fail f = arg_texts(x, args, 2, s);

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
	if (!f)
		f = exec_work(x, n * EXEC_ENTRY_WORK);
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
