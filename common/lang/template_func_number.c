/* Helpers on numbers (SPEC 4.9). */
#include "lang/template_exec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"

enum { ROUND_MAX = 15 };

static enum fail out_of_range(struct exec *x)
{
	return call_failf(x, "result out of range");
}

/* ---- conversions */

/* What int and float64 take: a text that holds no number is 0. */
static enum fail any_number(struct exec *x, const struct value *v, struct number *ret)
{
	bool holds;
	enum fail f;

	if (v->kind == VALUE_BOOL) {
		*ret = (struct number){true, v->boolean, v->boolean};
		return FAIL_NONE;
	}
	if (v->kind != VALUE_STR)
		return arg_number(x, v, ret);
	f = text_number(x, v->string.text, &holds, ret);
	if (!f && !holds)
		*ret = (struct number){.is_integer = true};
	return f;
}

HELPER(func_int)
{
	struct number n;
	enum fail f = any_number(x, &args[0], &n);

	(void)count;
	if (f)
		return f;
	if (!n.is_integer) {
		n.real = trunc(n.real);
		if (n.real < -0x1p63 || n.real >= 0x1p63)
			return out_of_range(x);
		n.integer = (int64_t)n.real;
	}
	*ret = value_int(n.integer);
	return FAIL_NONE;
}

HELPER(func_float64)
{
	struct number n;
	enum fail f = any_number(x, &args[0], &n);

	(void)count;
	if (!f)
		*ret = value_float(n.real);
	return f;
}

/* ---- arithmetic: in integers when all are, else in floats */

struct numbers {
	struct number *items;
	size_t count;
	bool integers;
};

static enum fail all_numbers(struct exec *x, const struct value *args, size_t count,
			     struct numbers *ret)
{
	enum fail f = exec_array(x, count, sizeof(*ret->items), &ret->items);

	ret->count = count;
	ret->integers = true;
	for (size_t i = 0; i < count && !f; i++) {
		f = arg_number(x, &args[i], &ret->items[i]);
		ret->integers = ret->integers && !f && ret->items[i].is_integer;
	}
	return f;
}

static enum fail integer_result(struct exec *x, bool over, int64_t v, struct value *ret)
{
	if (over)
		return out_of_range(x);
	*ret = value_int(v);
	return FAIL_NONE;
}

/* wide is the same in a larger range, for when only a result in between was too large. */
static enum fail float_result(struct exec *x, double d, long double wide, struct value *ret)
{
	if (!isfinite(d))
		d = (double)wide;
	if (!isfinite(d))
		return out_of_range(x);
	*ret = value_float(d);
	return FAIL_NONE;
}

/* The sum of all, whatever it is in between: a sum of 128 bits in two halves. */
static enum fail add_integers(struct exec *x, const struct numbers *n, struct value *ret)
{
	uint64_t low = 0;
	int64_t high = 0;

	for (size_t i = 0; i < n->count; i++) {
		int64_t v = n->items[i].integer;

		low += (uint64_t)v;
		high += (low < (uint64_t)v) - (v < 0);
	}
	return integer_result(x, high != (low > INT64_MAX ? -1 : 0), (int64_t)low, ret);
}

HELPER(func_add)
{
	double real = 0;
	long double wide = 0;
	struct numbers n;
	enum fail f = all_numbers(x, args, count, &n);

	if (f)
		return f;
	if (n.integers)
		return add_integers(x, &n, ret);
	for (size_t i = 0; i < count; i++) {
		real = i ? real + n.items[i].real : n.items[i].real;
		wide += n.items[i].real;
	}
	return float_result(x, real, wide, ret);
}

HELPER(func_sub)
{
	struct numbers n;
	int64_t difference;
	double a, b;
	enum fail f = all_numbers(x, args, count, &n);

	if (f)
		return f;
	if (n.integers) {
		bool over = __builtin_sub_overflow(n.items[0].integer, n.items[1].integer,
						   &difference);

		return integer_result(x, over, difference, ret);
	}
	a = n.items[0].real;
	b = n.items[1].real;
	return float_result(x, a - b, (long double)a - b, ret);
}

/* Once a product has left 64 bits only a factor 0 brings it back. */
static enum fail multiply_integers(struct exec *x, const struct numbers *n, struct value *ret)
{
	uint64_t product = 1, most;
	bool over = false, negative = false, zero = false;

	for (size_t i = 0; i < n->count; i++) {
		int64_t v = n->items[i].integer;

		zero = zero || v == 0;
		negative = negative != (v < 0);
		over = over ||
		       __builtin_mul_overflow(product, v < 0 ? 0 - (uint64_t)v : (uint64_t)v,
					      &product);
	}
	if (zero)
		return integer_result(x, false, 0, ret);
	most = (uint64_t)INT64_MAX + negative;
	return integer_result(x, over || product > most,
			      (int64_t)(negative ? 0 - product : product), ret);
}

HELPER(func_mul)
{
	double real = 1;
	long double wide = 1;
	struct numbers n;
	enum fail f = all_numbers(x, args, count, &n);

	if (f)
		return f;
	if (n.integers)
		return multiply_integers(x, &n, ret);
	for (size_t i = 0; i < count; i++) {
		real *= n.items[i].real;
		wide *= n.items[i].real;
	}
	return float_result(x, real, wide, ret);
}

HELPER(func_div)
{
	struct numbers n;
	int64_t a, b;
	enum fail f = all_numbers(x, args, count, &n);

	if (f)
		return f;
	if (n.items[1].real == 0)
		return call_failf(x, "division by zero");
	if (!n.integers)
		return float_result(x, n.items[0].real / n.items[1].real, INFINITY, ret);
	a = n.items[0].integer;
	b = n.items[1].integer;
	return a == INT64_MIN && b == -1 ? out_of_range(x)
					 : integer_result(x, false, a / b, ret);
}

HELPER(func_mod)
{
	int64_t a = 0, b = 0;
	enum fail f = arg_integer(x, &args[0], &a);

	(void)count;
	if (!f)
		f = arg_integer(x, &args[1], &b);
	if (f)
		return f;
	if (b == 0)
		return call_failf(x, "division by zero");
	*ret = value_int(b == -1 ? 0 : a % b); /* INT64_MIN % -1 traps */
	return FAIL_NONE;
}

static int compare(const struct number *a, const struct number *b)
{
	struct value x = number_value(*a), y = number_value(*b);
	int c = number_cmp(&x, &y);

	/* -0 is less than 0 */
	if (c == 0 && a->real == 0)
		return (signbit(b->real) != 0) - (signbit(a->real) != 0);
	return c;
}

/* direction: 1 for max, -1 for min */
static enum fail extreme(struct exec *x, const struct value *args, size_t count, int direction,
			 struct value *ret)
{
	const struct number *best;
	struct numbers n;
	enum fail f = all_numbers(x, args, count, &n);

	if (f)
		return f;
	best = &n.items[0];
	for (size_t i = 1; i < count; i++)
		if (compare(&n.items[i], best) * direction > 0)
			best = &n.items[i];
	*ret = n.integers ? value_int(best->integer) : value_float(best->real);
	return FAIL_NONE;
}

HELPER(func_max)
{
	return extreme(x, args, count, 1, ret);
}

HELPER(func_min)
{
	return extreme(x, args, count, -1, ret);
}

/* ---- round */

/* d to `places` digits behind the point, half away from zero, counted on its shortest decimal
 * form: 0.DIGITS * 10^point. */
static double rounded(double d, int places)
{
	char digits[DOUBLE_DIGITS_MAX + 1], text[64];
	long long whole = 0;
	int point, keep;

	if (d == 0)
		return d;
	if ((int)double_digits(d, digits, &point) <= point + places)
		return d;
	keep = point + places;
	if (keep < 0)
		return copysign(0, d);
	for (int i = 0; i < keep; i++)
		whole = whole * 10 + (digits[i] - '0');
	whole += digits[keep] >= '5';
	snprintf(text, sizeof(text), "%llde%d", whole, -places);
	return copysign(strtod(text, NULL), d); /* LC_NUMERIC is "C" */
}

HELPER(func_round)
{
	struct number n;
	int64_t places;
	enum fail f = arg_number(x, &args[0], &n);

	(void)count;
	if (!f)
		f = arg_integer(x, &args[1], &places);
	if (f)
		return f;
	if (places < 0 || places > ROUND_MAX)
		return call_failf(x, "the number of places must be 0 to 15");
	*ret = n.is_integer ? value_int(n.integer) : value_float(rounded(n.real, (int)places));
	return FAIL_NONE;
}
