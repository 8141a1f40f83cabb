/*
 * Is this a schema of its draft (SPEC 5.10)?
 *
 * What the meta-schemas say, keyword by keyword: validating each schema against them would cost more than
 * all else. A test holds the two against each other (test_schema_shape.c).
 */
#include "lang/schema_node.h"

#include <stdlib.h>

#include "lang/decimal.h"

static enum fail check_schema(struct compiler *c, const struct value *v, enum draft draft,
			      struct why *why);

static enum fail wrong(struct compiler *c, const struct value *v, struct why *why,
		       const char *what)
{
	return schema_refuse(c, v, why, "must be %s, not %s", what, schema_show(c->arena, v));
}

static enum fail check_kind(struct compiler *c, const struct value *v, enum value_kind kind,
			    struct why *why)
{
	if (v->kind == kind)
		return FAIL_NONE;
	switch (kind) {
	case VALUE_BOOL: return wrong(c, v, why, "true or false");
	case VALUE_STR: return wrong(c, v, why, "a string");
	case VALUE_LIST: return wrong(c, v, why, "an array");
	case VALUE_MAP: return wrong(c, v, why, "an object");
	case VALUE_NIL:
	case VALUE_INT:
	case VALUE_FLOAT:
	case VALUE_TIME: break;
	}
	BROKEN("no keyword has such a value");
}

/* --- lists and maps of schemas ------------------------------------------------------------ */

static enum fail check_list(struct compiler *c, const struct value *v, enum draft draft,
			    struct why *why)
{
	enum fail f = check_kind(c, v, VALUE_LIST, why);

	if (!f && value_count(v) == 0)
		return schema_refuse(c, v, why, "must have at least 1 schema");
	for (size_t i = 0; !f && i < value_count(v); i++)
		f = check_schema(c, value_at(v, i), draft, why);
	return f;
}

/* Each name once. */
static enum fail check_names(struct compiler *c, const struct value *v, struct why *why)
{
	int64_t work = INT64_MAX; /* the size of a schema is limited */
	const struct value **sorted;
	enum fail f = check_kind(c, v, VALUE_LIST, why);

	for (size_t i = 0; !f && i < value_count(v); i++)
		f = check_kind(c, value_at(v, i), VALUE_STR, why);
	if (f || value_count(v) < 2)
		return f;
	sorted = schema_sorted(&work, v);
	for (size_t i = 1; !f && i < value_count(v); i++)
		if (str_eq(value_text(sorted[i - 1]), value_text(sorted[i])))
			f = schema_refuse(c, v, why, "has %s twice",
					  schema_show(c->arena, sorted[i]));
	free(sorted);
	return f;
}

enum member { MEMBER_SCHEMA, MEMBER_NAMES, MEMBER_EITHER, MEMBER_BOOL };

static enum fail check_map(struct compiler *c, const struct value *v, enum draft draft,
			   enum member member, struct why *why)
{
	enum fail f = check_kind(c, v, VALUE_MAP, why);

	for (size_t i = 0; !f && i < value_count(v); i++) {
		const struct value *item = &v->map.entries[i].value;

		if (member == MEMBER_BOOL)
			f = check_kind(c, item, VALUE_BOOL, why);
		else if (member == MEMBER_NAMES ||
			 (member == MEMBER_EITHER && item->kind == VALUE_LIST))
			f = check_names(c, item, why);
		else
			f = check_schema(c, item, draft, why);
	}
	return f;
}

/* --- scalars ------------------------------------------------------------------------------ */

static enum fail check_number(struct compiler *c, const struct value *v, enum shape shape,
			      struct why *why)
{
	struct decimal d;
	bool number = v->kind == VALUE_INT || v->kind == VALUE_FLOAT;

	if (number)
		decimal_of(v, &d);
	if (shape == SHAPE_COUNT && (!number || d.negative || !decimal_is_integer(&d)))
		return wrong(c, v, why, "an integer of at least 0");
	if (shape == SHAPE_ABOVE_ZERO && (!number || d.negative || d.count == 0))
		return wrong(c, v, why, "a number greater than 0");
	return number ? FAIL_NONE : wrong(c, v, why, "a number");
}

static enum fail check_type(struct compiler *c, const struct value *v, struct why *why)
{
	unsigned seen = 0, bit;

	if (v->kind == VALUE_STR && schema_type_bit(v->string.text))
		return FAIL_NONE;
	if (v->kind != VALUE_LIST || value_count(v) == 0)
		return wrong(c, v, why,
			     "\"array\", \"boolean\", \"integer\", \"null\", \"number\", "
			     "\"object\", \"string\" or a list of them");
	for (size_t i = 0; i < value_count(v); i++, seen |= bit) {
		bit = schema_type_bit(value_text(value_at(v, i)));
		if (!bit)
			return wrong(c, value_at(v, i), why, "the name of a type");
		if (seen & bit)
			return schema_refuse(c, v, why, "has a type twice");
	}
	return FAIL_NONE;
}

static bool is_anchor(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char ch = s.ptr[i];
		bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_';

		if (!letter &&
		    (i == 0 || !((ch >= '0' && ch <= '9') || ch == '-' || ch == '.')))
			return false;
	}
	return s.len > 0;
}

/* In 2020-12 an $id has no fragment, in draft-07 it may be one. */
static enum fail check_id(struct compiler *c, const struct value *v, enum draft draft,
			  struct why *why)
{
	size_t hash = str_chr(value_text(v), '#', 0);

	if (v->kind != VALUE_STR)
		return wrong(c, v, why, "a string");
	if (draft == DRAFT_2020 && hash != STR_NONE && hash + 1 < v->string.text.len)
		return wrong(c, v, why, "a URI reference without fragment");
	return FAIL_NONE;
}

/* ------------------------------------------------------------------------------------------ */

static enum fail check_keyword(struct compiler *c, const struct value *v, enum shape shape,
			       enum draft draft, struct why *why)
{
	switch (shape) {
	case SHAPE_ANY: return FAIL_NONE;
	case SHAPE_BOOL: return check_kind(c, v, VALUE_BOOL, why);
	case SHAPE_TEXT: return check_kind(c, v, VALUE_STR, why);
	case SHAPE_LIST: return check_kind(c, v, VALUE_LIST, why);
	case SHAPE_ID: return check_id(c, v, draft, why);
	case SHAPE_ANCHOR:
		return is_anchor(value_text(v))
			       ? FAIL_NONE
			       : wrong(c, v, why,
				       "a name of letters, digits, `-`, `_` and `.`");
	case SHAPE_NUMBER:
	case SHAPE_ABOVE_ZERO:
	case SHAPE_COUNT: return check_number(c, v, shape, why);
	case SHAPE_TYPE: return check_type(c, v, why);
	case SHAPE_NAMES: return check_names(c, v, why);
	case SHAPE_UNUSED_SCHEMA:
	case SHAPE_SCHEMA: return check_schema(c, v, draft, why);
	case SHAPE_SCHEMAS: return check_list(c, v, draft, why);
	case SHAPE_ITEMS:
		return draft == DRAFT_7 && v->kind == VALUE_LIST
			       ? check_list(c, v, draft, why)
			       : check_schema(c, v, draft, why);
	case SHAPE_MAP: return check_map(c, v, draft, MEMBER_SCHEMA, why);
	case SHAPE_MAP_OF_NAMES: return check_map(c, v, draft, MEMBER_NAMES, why);
	case SHAPE_MAP_MIXED: return check_map(c, v, draft, MEMBER_EITHER, why);
	case SHAPE_MAP_OF_BOOLS: return check_map(c, v, draft, MEMBER_BOOL, why);
	}
	return FAIL_NONE;
}

/* Recursion is bounded by the depth of the document. */
static enum fail check_schema(struct compiler *c, const struct value *v, enum draft draft,
			      struct why *why)
{
	enum fail f = FAIL_NONE;

	if (v->kind != VALUE_BOOL && v->kind != VALUE_MAP)
		return wrong(c, v, why, "a schema, which is an object or true or false");
	for (size_t i = 0; !f && i < value_count(v); i++) {
		const struct value_entry *e = &v->map.entries[i];
		const struct keyword_info *k = schema_keyword(e->key, draft);

		if (k)
			f = check_keyword(c, &e->value, k->shape, draft, why);
	}
	return f;
}

enum fail schema_check_shape(struct compiler *c, const struct value *v, enum draft draft,
			     struct why *why)
{
	return check_schema(c, v, draft, why);
}
