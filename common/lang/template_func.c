/* The functions that templates can call, and what their arguments may be (SPEC 4.8, 4.9). */
#include "lang/template_exec.h"

#include <math.h>
#include <stdlib.h>

#include "base/json.h"

#define ANY FUNCTION_ANY
#define MAKES FUNCTION_MAKES

/* By the bytes of their names. */
static const struct function functions[] = {
	{STR_INIT("abbrev"), 2, 2, MAKES, func_abbrev},
	{STR_INIT("add"), 1, ANY, 0, func_add},
	{STR_INIT("and"), 1, ANY, FUNCTION_LAZY, NULL},
	{STR_INIT("b64dec"), 1, 1, MAKES, func_b64dec},
	{STR_INIT("b64enc"), 1, 1, MAKES, func_b64enc},
	{STR_INIT("coalesce"), 0, ANY, 0, func_coalesce},
	{STR_INIT("contains"), 2, 2, 0, func_contains},
	{STR_INIT("date"), 2, 2, MAKES, func_date},
	{STR_INIT("dateInZone"), 3, 3, MAKES, func_date_in_zone},
	{STR_INIT("default"), 2, 2, 0, func_default},
	{STR_INIT("dict"), 0, ANY, 0, func_dict},
	{STR_INIT("div"), 2, 2, 0, func_div},
	{STR_INIT("empty"), 1, 1, 0, func_empty},
	{STR_INIT("eq"), 1, ANY, 0, func_eq},
	{STR_INIT("first"), 1, 1, 0, func_first},
	{STR_INIT("float64"), 1, 1, 0, func_float64},
	{STR_INIT("fromJson"), 1, 1, 0, func_from_json},
	{STR_INIT("ge"), 2, 2, 0, func_ge},
	{STR_INIT("get"), 2, 2, 0, func_get},
	{STR_INIT("gt"), 2, 2, 0, func_gt},
	{STR_INIT("hasKey"), 2, 2, 0, func_has_key},
	{STR_INIT("hasPrefix"), 2, 2, 0, func_has_prefix},
	{STR_INIT("hasSuffix"), 2, 2, 0, func_has_suffix},
	{STR_INIT("html"), 0, ANY, MAKES, func_html},
	{STR_INIT("indent"), 2, 2, MAKES, func_indent},
	{STR_INIT("index"), 1, ANY, 0, func_index},
	{STR_INIT("int"), 1, 1, 0, func_int},
	{STR_INIT("int64"), 1, 1, 0, func_int},
	{STR_INIT("join"), 2, 2, MAKES, func_join},
	{STR_INIT("js"), 0, ANY, MAKES, func_js},
	{STR_INIT("keys"), 1, 1, 0, func_keys},
	{STR_INIT("last"), 1, 1, 0, func_last},
	{STR_INIT("le"), 2, 2, 0, func_le},
	{STR_INIT("len"), 1, 1, 0, func_len},
	{STR_INIT("list"), 0, ANY, 0, func_list},
	{STR_INIT("lower"), 1, 1, MAKES, func_lower},
	{STR_INIT("lt"), 2, 2, 0, func_lt},
	{STR_INIT("max"), 1, ANY, 0, func_max},
	{STR_INIT("min"), 1, ANY, 0, func_min},
	{STR_INIT("mod"), 2, 2, 0, func_mod},
	{STR_INIT("mul"), 1, ANY, 0, func_mul},
	{STR_INIT("ne"), 2, 2, 0, func_ne},
	{STR_INIT("nindent"), 2, 2, MAKES, func_nindent},
	{STR_INIT("not"), 1, 1, 0, func_not},
	{STR_INIT("now"), 0, 0, 0, func_now},
	{STR_INIT("or"), 1, ANY, FUNCTION_LAZY, NULL},
	{STR_INIT("print"), 0, ANY, MAKES, func_print},
	{STR_INIT("printf"), 1, ANY, MAKES | FUNCTION_FORMAT, func_printf},
	{STR_INIT("println"), 0, ANY, MAKES, func_println},
	{STR_INIT("quote"), 0, ANY, MAKES, func_quote},
	{STR_INIT("regexMatch"), 2, 2, FUNCTION_REGEX, func_regex_match},
	{STR_INIT("regexReplaceAll"), 3, 3, MAKES | FUNCTION_REGEX, func_regex_replace_all},
	{STR_INIT("repeat"), 2, 2, MAKES, func_repeat},
	{STR_INIT("replace"), 3, 3, MAKES, func_replace},
	{STR_INIT("rest"), 1, 1, 0, func_rest},
	{STR_INIT("round"), 2, 2, 0, func_round},
	{STR_INIT("sha256sum"), 1, 1, MAKES, func_sha256sum},
	{STR_INIT("slice"), 1, 4, MAKES, func_slice},
	{STR_INIT("sortAlpha"), 1, 1, 0, func_sort_alpha},
	{STR_INIT("split"), 2, 2, 0, func_split},
	{STR_INIT("splitList"), 2, 2, 0, func_split_list},
	{STR_INIT("squote"), 0, ANY, MAKES, func_squote},
	{STR_INIT("sub"), 2, 2, 0, func_sub},
	{STR_INIT("ternary"), 3, 3, 0, func_ternary},
	{STR_INIT("title"), 1, 1, MAKES, func_title},
	{STR_INIT("toJson"), 1, 1, MAKES, func_to_json},
	{STR_INIT("toPrettyJson"), 1, 1, MAKES, func_to_pretty_json},
	{STR_INIT("toString"), 1, 1, MAKES, func_to_string},
	{STR_INIT("trim"), 1, 1, MAKES, func_trim},
	{STR_INIT("trimPrefix"), 2, 2, MAKES, func_trim_prefix},
	{STR_INIT("trimSuffix"), 2, 2, MAKES, func_trim_suffix},
	{STR_INIT("trunc"), 2, 2, MAKES, func_trunc},
	{STR_INIT("uniq"), 1, 1, 0, func_uniq},
	{STR_INIT("unixEpoch"), 1, 1, 0, func_unix_epoch},
	{STR_INIT("upper"), 1, 1, MAKES, func_upper},
	{STR_INIT("urlquery"), 0, ANY, MAKES, func_urlquery},
	{STR_INIT("values"), 1, 1, 0, func_values},
};

static int name_to_function(const void *name, const void *f)
{
	return str_cmp(*(const struct str *)name, ((const struct function *)f)->name);
}

const struct function *function_find(struct str name)
{
	return bsearch(&name, functions, sizeof(functions) / sizeof(functions[0]),
		       sizeof(functions[0]), name_to_function);
}

bool function_takes_pattern(const struct function *f)
{
	return f->flags & FUNCTION_REGEX;
}

/* ---- arguments */

static enum fail wrong_type(struct exec *x, const char *want, const struct value *v)
{
	return call_failf(x, "wrong type for value; expected %s; got %s", want,
			  go_type(v->kind));
}

enum fail arg_text(struct exec *x, const struct value *v, struct str *ret)
{
	AUTO_BUF b = BUF(512);
	enum fail f;

	switch (v->kind) {
	case VALUE_STR: *ret = v->string.text; return exec_read(x, ret->len);
	case VALUE_NIL: *ret = str_n("", 0); return FAIL_NONE;
	case VALUE_BOOL:
	case VALUE_INT:
	case VALUE_FLOAT:
	case VALUE_TIME:
		f = exec_print(x, &b, v);
		if (!f)
			*ret = arena_str(x->arena, buf_str(&b));
		return f;
	case VALUE_LIST:
	case VALUE_MAP: break;
	}
	return wrong_type(x, "string", v);
}

enum fail arg_texts(struct exec *x, const struct value *args, size_t n, struct str *ret)
{
	enum fail f = FAIL_NONE;

	for (size_t i = 0; i < n && !f; i++)
		f = arg_text(x, &args[i], &ret[i]);
	return f;
}

static struct number number_of_integer(int64_t i)
{
	return (struct number){true, i, (double)i};
}

enum fail text_number(struct exec *x, struct str text, bool *ret_holds, struct number *ret)
{
	struct value v;
	struct str s = str_trim(text);

	enum fail f = exec_work(x, EXEC_PARSED_WORK * text.len);

	*ret_holds = false;
	if (f)
		return f;
	s = str_trim(text);
	/* The parser takes values of all kinds, and this one only numbers. */
	if (s.len == 0 || !(s.ptr[0] == '-' || (s.ptr[0] >= '0' && s.ptr[0] <= '9')))
		return FAIL_NONE;
	if (json_parse(x->arena, s, JSON_STRICT, 1, &v, NULL))
		return FAIL_NONE;
	*ret_holds = true;
	if (v.kind == VALUE_INT) {
		*ret = number_of_integer(v.integer);
		return FAIL_NONE;
	}
	if (!isfinite(v.real.number))
		return call_failf(x, "number out of range");
	*ret = (struct number){.real = v.real.number};
	return FAIL_NONE;
}

enum fail arg_number(struct exec *x, const struct value *v, struct number *ret)
{
	bool holds;
	enum fail f;

	switch (v->kind) {
	case VALUE_NIL: *ret = number_of_integer(0); return FAIL_NONE;
	case VALUE_INT: *ret = number_of_integer(v->integer); return FAIL_NONE;
	case VALUE_FLOAT:
		if (!isfinite(v->real.number)) /* 1e400 in the data */
			return call_failf(x, "number out of range");
		*ret = (struct number){.real = v->real.number};
		return FAIL_NONE;
	case VALUE_STR:
		f = text_number(x, v->string.text, &holds, ret);
		if (f || holds)
			return f;
		return call_failf(x, "the text holds no number");
	case VALUE_BOOL:
	case VALUE_TIME:
	case VALUE_LIST:
	case VALUE_MAP: break;
	}
	return wrong_type(x, "number", v);
}

enum fail arg_integer(struct exec *x, const struct value *v, int64_t *ret)
{
	struct number n;
	enum fail f = arg_number(x, v, &n);

	if (f)
		return f;
	if (!n.is_integer) {
		if (n.real != trunc(n.real))
			return call_failf(x, "expected an integer");
		if (n.real < -0x1p63 || n.real >= 0x1p63)
			return call_failf(x, "number out of range");
		n.integer = (int64_t)n.real;
	}
	*ret = n.integer;
	return FAIL_NONE;
}

enum fail arg_list(struct exec *x, const struct value *v, struct value_list *ret)
{
	if (v->kind != VALUE_LIST && v->kind != VALUE_NIL)
		return wrong_type(x, "list", v);
	*ret = v->kind == VALUE_LIST ? v->list : (struct value_list){NULL, 0};
	return FAIL_NONE;
}

enum fail arg_map(struct exec *x, const struct value *v, struct value *ret)
{
	if (v->kind != VALUE_MAP && v->kind != VALUE_NIL)
		return wrong_type(x, "map", v);
	*ret = v->kind == VALUE_MAP ? *v : (struct value){.kind = VALUE_MAP};
	return FAIL_NONE;
}

struct value number_value(struct number n)
{
	return n.is_integer ? value_int(n.integer) : value_float(n.real);
}
