/* Values as Go's %v prints them (SPEC 4.6), and whose output is in them. */
#include "lang/template_exec.h"

#include <math.h>

#include "lang/go_float.h"
#include "lang/rfc3339.h"

const char *go_type(enum value_kind kind)
{
	switch (kind) {
	case VALUE_NIL: return "<nil>";
	case VALUE_BOOL: return "bool";
	case VALUE_INT: return "int";
	case VALUE_FLOAT: return "float64";
	case VALUE_STR: return "string";
	case VALUE_TIME: return "time";
	case VALUE_LIST: return "list";
	case VALUE_MAP: return "map";
	}
	return "?";
}

static bool print(struct buf *b, const struct value *v, unsigned depth)
{
	switch (v->kind) {
	case VALUE_NIL: buf_adds(b, "<nil>"); return true;
	case VALUE_BOOL: buf_adds(b, v->boolean ? "true" : "false"); return true;
	case VALUE_INT: buf_addi(b, v->integer); return true;
	case VALUE_FLOAT:
		/* 1e400 in the data is no double: it is printed as it was written */
		if (isfinite(v->real.number))
			go_float_add(b, v->real.number, 'g', -1);
		else
			buf_add(b, v->real.literal);
		return true;
	case VALUE_STR: buf_add(b, v->string.text); return true;
	case VALUE_TIME: rfc3339_add(b, v->time.seconds); return true;
	case VALUE_LIST:
		if (depth == TEMPLATE_VALUE_DEPTH)
			return false;
		buf_addc(b, '[');
		for (size_t i = 0; i < v->list.count && !b->full; i++) {
			if (i)
				buf_addc(b, ' ');
			if (!print(b, &v->list.items[i], depth + 1))
				return false;
		}
		buf_addc(b, ']');
		return true;
	case VALUE_MAP:
		if (depth == TEMPLATE_VALUE_DEPTH)
			return false;
		buf_adds(b, "map[");
		for (size_t i = 0; i < v->map.count && !b->full; i++) {
			const struct value_entry *e = &v->map.entries[v->map.sorted[i]];

			if (i)
				buf_addc(b, ' ');
			buf_add(b, e->key);
			buf_addc(b, ':');
			if (!print(b, &e->value, depth + 1))
				return false;
		}
		buf_addc(b, ']');
		return true;
	}
	return true;
}

bool print_value(struct buf *b, const struct value *v)
{
	return print(b, v, 0);
}

/* Only values that were printed before come here, so a deep or wide one does not. */
static struct str origin_of(const struct value *v, unsigned depth)
{
	struct str origin = {NULL, 0};

	if (v->kind == VALUE_STR)
		return v->string.origin;
	if (depth == TEMPLATE_VALUE_DEPTH)
		return origin;
	if (v->kind == VALUE_LIST)
		for (size_t i = 0; i < v->list.count && !origin.len; i++)
			origin = origin_of(&v->list.items[i], depth + 1);
	if (v->kind == VALUE_MAP && v->map.origin)
		origin = *v->map.origin;
	if (v->kind == VALUE_MAP)
		for (size_t i = 0; i < v->map.count && !origin.len; i++)
			origin = origin_of(&v->map.entries[v->map.sorted[i]].value, depth + 1);
	return origin;
}

struct str value_origin(const struct value *v)
{
	return origin_of(v, 0);
}
