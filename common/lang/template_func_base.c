/* Built-ins of Go that are not comparisons, and the helpers that choose between values. */
#include "lang/template_exec.h"

#include "base/utf8.h"
#include "lang/unicode.h"

enum { INDEX_READS = 8 }; /* of a key, while it is looked for */

enum fail func_not(struct exec *x, const struct value *args, size_t count, struct value *ret)
{
	(void)x;
	(void)count;
	*ret = value_bool(!is_true(&args[0]));
	return FAIL_NONE;
}

enum fail func_len(struct exec *x, const struct value *args, size_t count, struct value *ret)
{
	const struct value *v = &args[0];

	(void)count;
	switch (v->kind) {
	case VALUE_STR: *ret = value_int((int64_t)v->string.text.len); return FAIL_NONE;
	case VALUE_LIST:
	case VALUE_MAP: *ret = value_int((int64_t)value_count(v)); return FAIL_NONE;
	case VALUE_NIL: return call_failf(x, "len of nil pointer");
	case VALUE_BOOL:
	case VALUE_INT:
	case VALUE_FLOAT:
	case VALUE_TIME: break;
	}
	return call_failf(x, "len of type %s", go_type(v->kind));
}

/* An index of a list or text with `size` items or bytes; max is the largest one allowed. */
static enum fail index_arg(struct exec *x, const struct value *v, size_t max, size_t *ret)
{
	if (v->kind == VALUE_NIL)
		return call_failf(x, "cannot index slice/array with nil");
	if (v->kind != VALUE_INT)
		return call_failf(x, "cannot index slice/array with type %s", go_type(v->kind));
	if (v->integer < 0 || (uint64_t)v->integer > max)
		return call_failf(x, "index out of range: %lld", (long long)v->integer);
	*ret = (size_t)v->integer;
	return FAIL_NONE;
}

static enum fail index_list(struct exec *x, const struct value *list, const struct value *key,
			    const struct value **ret)
{
	size_t i = 0;
	enum fail f;

	if (list->list.count == 0 && key->kind == VALUE_INT)
		return call_failf(x, "index out of range: %lld", (long long)key->integer);
	f = index_arg(x, key, list->list.count - 1, &i);
	if (!f)
		*ret = &list->list.items[i];
	return f;
}

enum fail func_index(struct exec *x, const struct value *args, size_t count, struct value *ret)
{
	const struct value *v = &args[0];
	enum fail f;

	if (v->kind == VALUE_NIL)
		return call_failf(x, "index of untyped nil");
	for (size_t i = 1; i < count; i++) {
		const struct value *key = &args[i];

		if (v->kind == VALUE_NIL)
			return call_failf(x, "index of nil pointer");
		if (v->kind == VALUE_LIST) {
			f = index_list(x, v, key, &v);
			if (f)
				return f;
			continue;
		}
		if (v->kind != VALUE_MAP)
			return call_failf(x, "can't index item of type %s", go_type(v->kind));
		if (key->kind == VALUE_NIL)
			return call_failf(x, "value is nil; should be of type string");
		if (key->kind != VALUE_STR)
			return call_failf(x, "value has type %s; should be string",
					  go_type(key->kind));
		f = exec_read(x, INDEX_READS * key->string.text.len);
		if (f)
			return f;
		v = value_get(v, key->string.text);
		if (!v)
			v = &value_nil;
	}
	*ret = *v;
	return FAIL_NONE;
}

static bool inside_character(struct str s, size_t i)
{
	return i < s.len && ((unsigned char)s.ptr[i] & 0xC0) == 0x80;
}

enum fail func_slice(struct exec *x, const struct value *args, size_t count, struct value *ret)
{
	const struct value *v = &args[0];
	size_t size, at[3];
	enum fail f;

	if (v->kind == VALUE_NIL)
		return call_failf(x, "slice of untyped nil");
	if (v->kind != VALUE_STR && v->kind != VALUE_LIST)
		return call_failf(x, "can't slice item of type %s", go_type(v->kind));
	if (v->kind == VALUE_STR && count == 4)
		return call_failf(x, "cannot 3-index slice a string");
	size = v->kind == VALUE_STR ? v->string.text.len : v->list.count;
	at[0] = 0;
	at[1] = at[2] = size;
	for (size_t i = 1; i < count; i++) {
		f = index_arg(x, &args[i], size, &at[i - 1]);
		if (f)
			return f;
	}
	if (at[0] > at[1])
		return call_failf(x, "invalid slice index: %zu > %zu", at[0], at[1]);
	if (at[1] > at[2])
		return call_failf(x, "invalid slice index: %zu > %zu", at[1], at[2]);
	if (v->kind == VALUE_LIST) {
		*ret = value_list(v->list.items ? v->list.items + at[0] : NULL, at[1] - at[0]);
		return FAIL_NONE;
	}
	for (size_t i = 0; i < 2; i++)
		if (inside_character(v->string.text, at[i]))
			return call_failf(x, "index %zu is inside a character", at[i]);
	*ret = value_str(str_sub(v->string.text, at[0], at[1]));
	return FAIL_NONE;
}

/* fmt.Sprint: a blank between two that are no texts. no_value: nil is <no value>. */
static enum fail sprint(struct exec *x, struct buf *b, const struct value *args, size_t count,
			bool no_value)
{
	enum fail f;

	for (size_t i = 0; i < count; i++) {
		bool text = args[i].kind == VALUE_STR || (no_value && value_is_nil(&args[i]));
		bool before = i && (args[i - 1].kind == VALUE_STR ||
				    (no_value && value_is_nil(&args[i - 1])));

		if (i && !text && !before)
			buf_addc(b, ' ');
		if (no_value && value_is_nil(&args[i])) {
			buf_adds(b, "<no value>");
			continue;
		}
		f = exec_print(x, b, &args[i]);
		if (f)
			return f;
	}
	return FAIL_NONE;
}

enum fail func_print(struct exec *x, const struct value *args, size_t count, struct value *ret)
{
	enum fail f = sprint(x, text_begin(x), args, count, false);

	return f ? f : text_end(x, ret);
}

enum fail func_println(struct exec *x, const struct value *args, size_t count,
		       struct value *ret)
{
	struct buf *b = text_begin(x);
	enum fail f;

	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_addc(b, ' ');
		f = exec_print(x, b, &args[i]);
		if (f)
			return f;
	}
	buf_addc(b, '\n');
	return text_end(x, ret);
}

/* ---- escapers: html, js, urlquery print their arguments and escape the text */

static enum fail printed(struct exec *x, const struct value *args, size_t count,
			 struct str *ret)
{
	struct value v;
	enum fail f = sprint(x, text_begin(x), args, count, true);

	if (!f)
		f = text_end(x, &v);
	if (!f)
		*ret = v.string.text;
	return f;
}

enum fail func_html(struct exec *x, const struct value *args, size_t count, struct value *ret)
{
	struct str s = {NULL, 0};
	struct buf *b;
	enum fail f = printed(x, args, count, &s);

	if (f)
		return f;
	b = text_begin(x);
	for (size_t i = 0; i < s.len && !b->full; i++) {
		switch (s.ptr[i]) {
		case '\0': utf8_add(b, UTF8_REPLACEMENT); break;
		case '"': buf_adds(b, "&#34;"); break;
		case '\'': buf_adds(b, "&#39;"); break;
		case '&': buf_adds(b, "&amp;"); break;
		case '<': buf_adds(b, "&lt;"); break;
		case '>': buf_adds(b, "&gt;"); break;
		default: buf_addc(b, s.ptr[i]); break;
		}
	}
	return text_end(x, ret);
}

static void add_js(struct buf *b, uint32_t point)
{
	switch (point) {
	case '\\': buf_adds(b, "\\\\"); return;
	case '\'': buf_adds(b, "\\'"); return;
	case '"': buf_adds(b, "\\\""); return;
	case '<':
	case '>':
	case '&':
	case '=': break;
	default:
		if (point == 0x7F || unicode_is_print(point)) {
			utf8_add(b, point);
			return;
		}
	}
	buf_adds(b, "\\u");
	buf_addx(b, point, point < 0x10000 ? 4 : point < 0x100000 ? 5 : 6, true);
}

enum fail func_js(struct exec *x, const struct value *args, size_t count, struct value *ret)
{
	struct str s = {NULL, 0};
	struct buf *b;
	size_t n;
	enum fail f = printed(x, args, count, &s);

	if (f)
		return f;
	b = text_begin(x);
	for (size_t i = 0; i < s.len && !b->full; i += n)
		add_js(b, utf8_decode(str_from(s, i), &n, NULL));
	return text_end(x, ret);
}

enum fail func_urlquery(struct exec *x, const struct value *args, size_t count,
			struct value *ret)
{
	struct str s = {NULL, 0};
	struct buf *b;
	enum fail f = printed(x, args, count, &s);

	if (f)
		return f;
	b = text_begin(x);
	for (size_t i = 0; i < s.len && !b->full; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if ((c < 0x80 && unicode_is_word(c)) || c == '-' || c == '.' || c == '~') {
			buf_addc(b, (char)c);
		} else if (c == ' ') {
			buf_addc(b, '+');
		} else {
			buf_addc(b, '%');
			buf_addx(b, c, 2, true);
		}
	}
	return text_end(x, ret);
}

/* ---- choosing */

enum fail func_default(struct exec *x, const struct value *args, size_t count,
		       struct value *ret)
{
	(void)x;
	(void)count;
	*ret = is_true(&args[1]) ? args[1] : args[0];
	return FAIL_NONE;
}

enum fail func_coalesce(struct exec *x, const struct value *args, size_t count,
			struct value *ret)
{
	(void)x;
	*ret = value_nil;
	for (size_t i = 0; i < count; i++) {
		if (!is_true(&args[i]))
			continue;
		*ret = args[i];
		break;
	}
	return FAIL_NONE;
}

enum fail func_ternary(struct exec *x, const struct value *args, size_t count,
		       struct value *ret)
{
	(void)x;
	(void)count;
	*ret = is_true(&args[2]) ? args[0] : args[1];
	return FAIL_NONE;
}

enum fail func_empty(struct exec *x, const struct value *args, size_t count, struct value *ret)
{
	(void)x;
	(void)count;
	*ret = value_bool(!is_true(&args[0]));
	return FAIL_NONE;
}
