/* Truth and order (SPEC 4.7). */
#include "lang/template_exec.h"

#include <math.h>

bool is_true(const struct value *v)
{
	switch (v->kind) {
	case VALUE_NIL: return false;
	case VALUE_BOOL: return v->boolean;
	case VALUE_INT: return v->integer != 0;
	case VALUE_FLOAT: return v->real.number != 0;
	case VALUE_STR: return v->string.text.len > 0;
	case VALUE_TIME: return true;
	case VALUE_LIST:
	case VALUE_MAP: return value_count(v) > 0;
	}
	return false;
}

static int sign(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

/* Doubles lose the last digits of large integers, so an integer is compared with the integral
 * part first. */
static int integer_cmp_float(int64_t i, double d)
{
	double whole = trunc(d);
	int c;

	if (d >= 0x1p63)
		return -1;
	if (d < -0x1p63)
		return 1;
	c = sign(i, (int64_t)whole);
	return c ? c : (d > whole ? -1 : d < whole);
}

int number_cmp(const struct value *a, const struct value *b)
{
	if (a->kind == VALUE_INT && b->kind == VALUE_INT)
		return sign(a->integer, b->integer);
	if (a->kind == VALUE_INT)
		return integer_cmp_float(a->integer, b->real.number);
	if (b->kind == VALUE_INT)
		return -integer_cmp_float(b->integer, a->real.number);
	return a->real.number < b->real.number ? -1 : a->real.number > b->real.number;
}

static bool is_number(const struct value *v)
{
	return v->kind == VALUE_INT || v->kind == VALUE_FLOAT;
}

bool values_equal(const struct value *a, const struct value *b, bool *ret,
		  const char **ret_what)
{
	*ret_what = "incompatible types for comparison";
	*ret = false;
	if (a->kind == VALUE_NIL || b->kind == VALUE_NIL) {
		*ret = a->kind == b->kind;
		return true;
	}
	if (is_number(a) && is_number(b)) {
		*ret = number_cmp(a, b) == 0;
		return true;
	}
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case VALUE_BOOL: *ret = a->boolean == b->boolean; return true;
	case VALUE_STR: *ret = str_eq(a->string.text, b->string.text); return true;
	case VALUE_TIME:
		*ret = a->time.seconds == b->time.seconds && a->time.nanos == b->time.nanos;
		return true;
	case VALUE_LIST:
	case VALUE_MAP: *ret_what = "non-comparable types"; return false;
	case VALUE_NIL:
	case VALUE_INT:
	case VALUE_FLOAT: break;
	}
	return false;
}

static enum fail equal(struct exec *x, const struct value *a, const struct value *b, bool *ret)
{
	const char *what;
	enum fail f = exec_read(x, value_text(a).len);

	if (f || values_equal(a, b, ret, &what))
		return f;
	return call_failf(x, "%s: %s and %s", what, go_type(a->kind), go_type(b->kind));
}

enum fail func_eq(struct exec *x, const struct value *args, size_t count, struct value *ret)
{
	bool same = false;
	enum fail f;

	if (count == 1)
		return call_failf(x, "missing argument for comparison");
	for (size_t i = 1; i < count && !same; i++) {
		f = equal(x, &args[0], &args[i], &same);
		if (f)
			return f;
	}
	*ret = value_bool(same);
	return FAIL_NONE;
}

enum fail func_ne(struct exec *x, const struct value *args, size_t count, struct value *ret)
{
	bool same;
	enum fail f = equal(x, &args[0], &args[1], &same);

	(void)count;
	if (!f)
		*ret = value_bool(!same);
	return f;
}

static bool has_order(const struct value *v)
{
	return is_number(v) || v->kind == VALUE_STR;
}

static enum fail order(struct exec *x, const struct value *args, int *ret)
{
	const struct value *a = &args[0], *b = &args[1];
	enum fail f;

	if (!has_order(a) || !has_order(b))
		return call_failf(x, "invalid type for comparison");
	if (is_number(a) && is_number(b)) {
		*ret = number_cmp(a, b);
		return FAIL_NONE;
	}
	if (a->kind != b->kind)
		return call_failf(x, "incompatible types for comparison: %s and %s",
				  go_type(a->kind), go_type(b->kind));
	f = exec_read(x, a->string.text.len);
	if (!f)
		*ret = str_cmp(a->string.text, b->string.text);
	return f;
}

#define ORDER(name, holds)                                                                     \
	enum fail name(struct exec *x, const struct value *args, size_t count,                 \
		       struct value *ret)                                                      \
	{                                                                                      \
		int c;                                                                         \
		enum fail f = order(x, args, &c);                                              \
                                                                                               \
		(void)count;                                                                   \
		if (!f)                                                                        \
			*ret = value_bool(holds);                                              \
		return f;                                                                      \
	}

ORDER(func_lt, c < 0)
ORDER(func_le, c <= 0)
ORDER(func_gt, c > 0)
ORDER(func_ge, c >= 0)
