#include "kinds/walk.h"

#include <math.h>

#include "base/json.h"
#include "base/utf8.h"

enum { KEY_SHOWN_MAX = 64 };

void walk_init(struct walk *w, struct findings *found, unsigned flags,
	       const struct kind_info *kind, const struct limits *limits, const char *path)
{
	*w = (struct walk){
		.found = found,
		.flags = flags,
		.kind = kind,
		.reason = kind ? kind->invalid : "InvalidSpec",
		.path = BUF(WALK_PATH_MAX),
		.limits = limits ? limits : &limits_default,
	};
	buf_adds(&w->path, path);
}

void walk_release(struct walk *w)
{
	buf_release(&w->path);
}

void walk_error(struct walk *w, const struct value *where, const char *reason, const char *fmt,
		...)
{
	va_list args;

	va_start(args, fmt);
	findings_vadd(w->found, SEVERITY_ERROR, buf_str(&w->path), where, reason, fmt, args);
	va_end(args);
}

/* ---- the path ---- */

static bool plain_key(struct str key)
{
	for (size_t i = 0; i < key.len; i++) {
		char c = key.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') || c == '_' || c == '-'))
			return false;
	}
	return key.len > 0;
}

size_t walk_down(struct walk *w, struct str member)
{
	size_t before = w->path.len;
	struct str shown = utf8_cut(member, KEY_SHOWN_MAX);

	if (plain_key(shown)) {
		if (before > 0)
			buf_addc(&w->path, '.');
		buf_add(&w->path, shown);
	} else {
		buf_addc(&w->path, '[');
		json_add_str(&w->path, shown);
		buf_addc(&w->path, ']');
	}
	return before;
}

size_t walk_down_index(struct walk *w, size_t index)
{
	size_t before = w->path.len;

	buf_addc(&w->path, '[');
	buf_addi(&w->path, (int64_t)index);
	buf_addc(&w->path, ']');
	return before;
}

void walk_up(struct walk *w, size_t before)
{
	buf_cut(&w->path, before);
	w->path.full = false;
}

static bool done(const struct walk *w)
{
	return (w->flags & WALK_FIRST) && w->found->errors > 0;
}

/* ---- members ---- */

bool member_given(const struct value *object, const char *name)
{
	const struct value *v = value_get(object, str_of(name));

	return !value_is_nil(v) && !(v->kind == VALUE_LIST && v->list.count == 0);
}

bool value_to_integer(const struct value *v, int64_t *ret)
{
	double d;

	if (value_is(v, VALUE_INT)) {
		*ret = v->integer;
		return true;
	}
	if (!value_is(v, VALUE_FLOAT))
		return false;
	d = v->real.number;
	if (!(d >= -0x1p53 && d <= 0x1p53) || d != trunc(d))
		return false;
	*ret = (int64_t)d;
	return true;
}

/* ---- one value ---- */

static const struct {
	unsigned type;
	const char *name;
} type_names[] = {
	{T_STRING, "string"},	{T_INTEGER, "integer"},	      {T_NUMBER, "number"},
	{T_BOOLEAN, "boolean"}, {T_OBJECT | T_MAP, "object"}, {T_LIST, "array"},
};

static void wrong_type(struct walk *w, const struct field *row, const struct value *v)
{
	AUTO_BUF want = BUF(128);

	for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++) {
		if (!(row->types & type_names[i].type))
			continue;
		if (want.len > 0)
			buf_adds(&want, " or ");
		buf_adds(&want, type_names[i].name);
	}
	walk_error(w, v, w->reason, "expected %s, got %s", buf_cstr(&want),
		   value_kind_name(v->kind));
}

static bool type_fits(const struct field *row, const struct value *v)
{
	int64_t i;

	if (row->types & T_ANY)
		return true;
	switch (v->kind) {
	case VALUE_BOOL: return row->types & T_BOOLEAN;
	case VALUE_INT: return row->types & (T_INTEGER | T_NUMBER);
	case VALUE_FLOAT:
		return (row->types & T_NUMBER) ||
		       ((row->types & T_INTEGER) && value_to_integer(v, &i));
	case VALUE_STR: return row->types & T_STRING;
	case VALUE_LIST: return row->types & T_LIST;
	case VALUE_MAP: return row->types & (T_OBJECT | T_MAP);
	case VALUE_NIL:
	case VALUE_TIME: break;
	}
	return false;
}

static bool listed(const char *const *texts, struct str s)
{
	for (size_t i = 0; texts[i]; i++) {
		if (str_is(s, texts[i]))
			return true;
	}
	return false;
}

void walk_form(struct walk *w, const struct value *v, const struct pattern *form)
{
	struct str s = value_text(v);

	if (!form->fits(s))
		walk_error(w, v, w->reason, "must be %s", form->words);
	else if (form->max_bytes && s.len > form->max_bytes)
		walk_error(w, v, w->reason, "longer than %u bytes", form->max_bytes);
}

static void check_string(struct walk *w, const struct field *row, const struct value *v)
{
	struct str s = v->string.text;

	if (s.len < row->min_bytes)
		walk_error(w, v, w->reason, "must not be empty");
	else if (row->max_bytes && s.len > row->max_bytes)
		walk_error(w, v, w->reason, "longer than %u bytes", row->max_bytes);
	if (row->choices && !listed(row->choices, s)) {
		AUTO_BUF all = BUF(512);

		for (size_t i = 0; row->choices[i]; i++)
			buf_addf(&all, "%s%s", i ? ", " : "", row->choices[i]);
		walk_error(w, v, w->reason, "must be one of: %s", buf_cstr(&all));
	}
	if (row->reserved && listed(row->reserved, s))
		walk_error(w, v, w->reason, "is the name of a built-in");
	if (row->pattern && s.len >= row->min_bytes)
		walk_form(w, v, row->pattern);
}

static void check_number(struct walk *w, const struct field *row, const struct value *v)
{
	const struct bounds *b = &row->bounds;
	int64_t i;
	bool low, high;

	if (value_to_integer(v, &i)) {
		low = b->has_min && i < b->min;
		high = b->has_max && i > b->max;
	} else {
		/* An integral one above 2^53 lands here too, and is above every bound. */
		double d = v->real.number;

		low = b->has_min && !(d >= (double)b->min);
		high = b->has_max && !(d <= (double)b->max);
	}
	if (!low && !high)
		return;
	if (b->has_min && b->has_max && b->min == b->max)
		walk_error(w, v, w->reason, "must be %lld", (long long)b->min);
	else if (b->has_min && b->has_max)
		walk_error(w, v, w->reason, "must be %lld to %lld", (long long)b->min,
			   (long long)b->max);
	else
		walk_error(w, v, w->reason,
			   low ? "must be at least %lld" : "must be at most %lld",
			   (long long)(low ? b->min : b->max));
}

/* ---- lists and maps ---- */

static void walk_field(struct walk *w, const struct field *row, const struct value *v);

static void check_size(struct walk *w, const struct field *row, const struct value *v)
{
	size_t n = value_count(v);
	const char *reason = row->list_reason ? row->list_reason : w->reason;

	if (n < row->min_items)
		walk_error(w, v, reason, "needs at least %u", row->min_items);
	if (row->max_items && n > row->max_items)
		walk_error(w, v, reason, "%zu, but at most %u are allowed", n, row->max_items);
}

static struct str item_name(const struct field *row, const struct value *item)
{
	return value_text(row->unique ? value_get(item, str_of(row->unique)) : item);
}

/* The item whose name stood before already; v->list.count when all differ. What has no name is
 * reported as such and is no double. */
static size_t find_double(struct arena *a, const struct field *row, const struct value *v)
{
	struct arena_mark mark = arena_mark(a);
	struct value_builder names;
	struct value all;
	size_t twice, found = v->list.count;

	value_map_begin(&names, a);
	for (size_t i = 0; i < v->list.count; i++) {
		struct str name = item_name(row, &v->list.items[i]);

		if (name.len > 0)
			value_map_add(&names, name, value_int((int64_t)i));
	}
	if (!value_map_end(&names, &all, &twice))
		found = (size_t)names.entries[twice].value.integer;
	arena_rewind(a, mark);
	return found;
}

static void check_doubles(struct walk *w, const struct field *row, const struct value *v)
{
	size_t twice = find_double(w->found->arena, row, v), before;

	if (twice == v->list.count)
		return;
	before = walk_down_index(w, twice);
	if (row->unique)
		walk_down(w, str_of(row->unique));
	walk_error(w, &v->list.items[twice], row->list_reason ? row->list_reason : w->reason,
		   "'%.*s' is there twice",
		   STR_ARG(utf8_cut(item_name(row, &v->list.items[twice]), KEY_SHOWN_MAX)));
	walk_up(w, before);
}

static void walk_list(struct walk *w, const struct field *row, const struct value *v)
{
	if (w->flags & WALK_STRUCTURE) {
		check_size(w, row, v);
		if (row->max_items && v->list.count > row->max_items)
			return; /* what is over a limit is not looked at */
		if (row->unique || row->unique_items)
			check_doubles(w, row, v);
	}
	for (size_t i = 0; i < v->list.count && row->items && !done(w); i++) {
		const struct value *item = &v->list.items[i];
		size_t before = walk_down_index(w, i);

		if (item->kind == VALUE_NIL && !(row->items->types & T_ANY)) {
			if (w->flags & WALK_STRUCTURE)
				wrong_type(w, row->items, item);
		} else {
			walk_field(w, row->items, item);
		}
		walk_up(w, before);
	}
}

static void walk_key(struct walk *w, const struct value_entry *e, const struct pattern *form)
{
	if (!form->fits(e->key))
		walk_error(w, &e->value, w->reason, "the name must be %s", form->words);
	else if (form->max_bytes && e->key.len > form->max_bytes)
		walk_error(w, &e->value, w->reason, "the name is longer than %u bytes",
			   form->max_bytes);
}

static void walk_map(struct walk *w, const struct field *row, const struct value *v)
{
	if (w->flags & WALK_STRUCTURE) {
		check_size(w, row, v);
		if (row->max_items && v->map.count > row->max_items)
			return;
	}
	if (!row->values || (row->values->types & T_ANY))
		return;
	for (size_t i = 0; i < v->map.count && !done(w); i++) {
		size_t before = walk_down(w, v->map.entries[i].key);

		if ((w->flags & WALK_STRUCTURE) && row->keys)
			walk_key(w, &v->map.entries[i], row->keys);
		if (v->map.entries[i].value.kind != VALUE_NIL)
			walk_field(w, row->values, &v->map.entries[i].value);
		walk_up(w, before);
	}
}

static void walk_field(struct walk *w, const struct field *row, const struct value *v)
{
	const char *reason = w->reason;

	if (row->reason)
		w->reason = row->reason;
	if (!type_fits(row, v)) {
		if (w->flags & WALK_STRUCTURE)
			wrong_type(w, row, v);
		w->reason = reason;
		return;
	}
	if (w->flags & WALK_STRUCTURE) {
		if (v->kind == VALUE_STR)
			check_string(w, row, v);
		if ((v->kind == VALUE_INT || v->kind == VALUE_FLOAT) &&
		    row->text != TEXT_MONEY && row->text != TEXT_DECIMAL)
			check_number(w, row, v);
		if (row->text != TEXT_PLAIN)
			text_cheap(w, row, v);
	}
	if (w->flags & WALK_UNKNOWN && row->no_effect)
		findings_add(w->found, SEVERITY_WARNING, buf_str(&w->path), v,
			     "UnsupportedField", "is accepted and without effect");
	if (w->compile && row->text != TEXT_PLAIN)
		w->compile(w, row, v);
	if (v->kind == VALUE_MAP && (row->types & T_OBJECT))
		walk_table(w, row->object, v);
	else if (v->kind == VALUE_MAP)
		walk_map(w, row, v);
	else if (v->kind == VALUE_LIST)
		walk_list(w, row, v);
	w->reason = reason;
}

/* ---- objects ---- */

static void unknown_field(struct walk *w, const struct table *t, const struct value_entry *e)
{
	const char *near = table_nearest(t, e->key);
	size_t before = walk_down(w, e->key);
	struct value at = {.line = e->line, .column = e->column};

	if (near)
		walk_error(w, &at, w->reason, "unknown field; did you mean %s?", near);
	else
		walk_error(w, &at, w->reason, "unknown field");
	walk_up(w, before);
}

void walk_table(struct walk *w, const struct table *t, const struct value *v)
{
	const struct field *row;

	for (size_t i = 0; value_is(v, VALUE_MAP) && i < v->map.count && !done(w); i++) {
		const struct value_entry *e = &v->map.entries[i];
		size_t before;

		row = table_field(t, e->key);
		if (!row) {
			if ((w->flags & WALK_UNKNOWN) && !t->open)
				unknown_field(w, t, e);
			continue;
		}
		if (e->value.kind == VALUE_NIL)
			continue; /* INTERFACES 1.2: null equals absent */
		before = walk_down(w, e->key);
		walk_field(w, row, &e->value);
		walk_up(w, before);
	}
	if (!(w->flags & WALK_STRUCTURE) || done(w))
		return;
	for (size_t i = 0; (row = table_row(t, i)); i++) {
		size_t before;

		if (!row->required || !value_is_nil(value_get(v, str_of(row->name))))
			continue;
		before = walk_down(w, str_of(row->name));
		walk_error(w, v, row->reason ? row->reason : w->reason, "is required");
		walk_up(w, before);
	}
	walk_rules(w, t, v);
}
