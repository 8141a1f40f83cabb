/* The words: error texts, and how values look in them. One line each, cut where they get long. */
#include "lang/schema_node.h"

#include <stdarg.h>

#include "base/json.h"
#include "base/utf8.h"

enum {
	SHOW_VALUE_BYTES = 80,
	SHOW_LIST_BYTES = 240,
	POINTER_MAX_BYTES = 1024,
};

/* --- places ------------------------------------------------------------------------------ */

/* Control characters are shown as JSON escapes, so that an error stays on its line. */
void schema_pointer_add(struct buf *b, struct str key)
{
	buf_addc(b, '/');
	for (size_t i = 0; i < key.len; i++) {
		unsigned char c = (unsigned char)key.ptr[i];

		if (c == '~')
			buf_adds(b, "~0");
		else if (c == '/')
			buf_adds(b, "~1");
		else if (c < 0x20 || c == 0x7F)
			buf_addf(b, "\\u%04x", c);
		else
			buf_addc(b, (char)c);
	}
}

static struct str pointer_of(struct judge *j, const struct place *p)
{
	AUTO_BUF b = BUF(POINTER_MAX_BYTES);
	const struct place *way[256];
	size_t n = 0;

	for (; p->up; p = p->up)
		if (n < sizeof(way) / sizeof(way[0]))
			way[n++] = p;
	while (n > 0 && !b.full) {
		const struct place *at = way[--n];

		if (at->up->value->kind == VALUE_LIST)
			buf_addf(&b, "/%zu", at->index);
		else
			schema_pointer_add(&b, at->key);
	}
	return arena_str(j->scratch, utf8_cut(buf_str(&b), POINTER_MAX_BYTES));
}

/* --- values ------------------------------------------------------------------------------ */

/* JSON of the value without more than max bytes being made. */
static void show(struct buf *b, const struct value *v, size_t max)
{
	AUTO_BUF text = BUF(max);

	if (v->kind == VALUE_STR && v->string.text.len > max) {
		struct value cut = value_str(utf8_cut(v->string.text, max / 2));

		json_add(&text, &cut);
		buf_add(b, buf_str(&text));
		buf_adds(b, "...");
		return;
	}
	json_add(&text, v);
	if (text.full)
		buf_adds(b, v->kind == VALUE_LIST  ? "[...]"
			    : v->kind == VALUE_MAP ? "{...}"
						   : "...");
	else
		buf_add(b, buf_str(&text));
}

static const char *kept(struct judge *j, const struct buf *b)
{
	return arena_str(j->scratch, buf_str(b)).ptr;
}

const char *schema_show(struct arena *a, const struct value *v)
{
	AUTO_BUF b = BUF(2 * SHOW_VALUE_BYTES);

	show(&b, v, SHOW_VALUE_BYTES);
	return arena_str(a, buf_str(&b)).ptr;
}

const char *judge_show(struct judge *j, const struct value *v)
{
	return j->errors ? schema_show(j->scratch, v) : "";
}

const char *judge_quote(struct judge *j, struct str s)
{
	const struct value v = value_str(s);

	return judge_show(j, &v);
}

static void show_next(struct buf *b, const struct value *v)
{
	if (b->len)
		buf_adds(b, ", ");
	show(b, v, SHOW_VALUE_BYTES);
}

const char *judge_show_items(struct judge *j, const struct value *list)
{
	AUTO_BUF b = BUF(2 * SHOW_LIST_BYTES);

	if (!j->errors)
		return "";
	for (size_t i = 0; i < value_count(list); i++) {
		if (b.len > SHOW_LIST_BYTES) {
			buf_addf(&b, " and %zu more", value_count(list) - i);
			break;
		}
		show_next(&b, value_at(list, i));
	}
	return kept(j, &b);
}

const char *judge_show_keys(struct judge *j, const struct value_map *map)
{
	AUTO_BUF b = BUF(2 * SHOW_LIST_BYTES);

	if (!j->errors)
		return "";
	for (size_t i = 0; i < map->count; i++) {
		const struct value key = value_str(map->entries[i].key);

		if (b.len > SHOW_LIST_BYTES) {
			buf_addf(&b, " and %zu more", map->count - i);
			break;
		}
		show_next(&b, &key);
	}
	return kept(j, &b);
}

const char *judge_show_types(struct judge *j, unsigned types)
{
	static const char *const names[] = {"null",   "boolean", "integer", "number",
					    "string", "array",	 "object"};
	AUTO_BUF b = BUF(128);

	if (!j->errors)
		return "";
	if (types & TYPE_INTEGER && types & TYPE_NUMBER)
		types &= ~(unsigned)TYPE_INTEGER;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(types >> i & 1))
			continue;
		if (b.len)
			buf_adds(&b, " or ");
		buf_adds(&b, names[i]);
	}
	return kept(j, &b);
}

/* --- errors ------------------------------------------------------------------------------ */

bool judge_wrong(struct judge *j, const struct place *p, const char *fmt, ...)
{
	struct schema_errors *e = j->errors;
	AUTO_BUF text = BUF(4 * SCHEMA_ERROR_MAX_BYTES);
	struct schema_error error;
	struct str cut;
	va_list args;

	if (!e || j->work < 0)
		return false;
	va_start(args, fmt);
	buf_vaddf(&text, fmt, args);
	va_end(args);
	error.pointer = pointer_of(j, p);
	cut = utf8_cut(buf_str(&text), SCHEMA_ERROR_MAX_BYTES);
	error.text = cut.len < text.len ? arena_printf(j->scratch, "%.*s...", STR_ARG(cut))
					: arena_str(j->scratch, cut);
	for (size_t i = 0; i < e->count; i++) /* one mistake may be found on several ways */
		if (str_eq(e->items[i].pointer, error.pointer) &&
		    str_eq(e->items[i].text, error.text))
			return false;
	if (e->count < j->errors_max)
		e->items[e->count++] = error;
	e->more = e->count == j->errors_max;
	return false;
}

bool judge_count(struct judge *j, const struct place *p, size_t n, size_t min, size_t max,
		 const char *one, const char *many)
{
	if (n < min)
		return judge_wrong(j, p, "must have at least %zu %s, has %zu", min,
				   min == 1 ? one : many, n);
	if (n > max)
		return judge_wrong(j, p, "must have at most %zu %s, has %zu", max,
				   max == 1 ? one : many, n);
	return true;
}

void schema_errors_add(struct buf *out, const struct schema_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		buf_addf(out, "%.*s: %.*s\n", STR_ARG(errors->items[i].pointer),
			 STR_ARG(errors->items[i].text));
}
