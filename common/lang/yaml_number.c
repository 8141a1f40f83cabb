#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lang/yaml_scalar.h"

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct str without_underscores(struct arena *a, struct str s)
{
	char *copy;
	size_t n = 0;

	if (str_chr(s, '_', 0) == STR_NONE)
		return s;
	copy = arena_alloc(a, s.len + 1);
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != '_')
			copy[n++] = s.ptr[i];
	return str_n(copy, n);
}

enum integer { NO_INTEGER, SMALL_INTEGER, BIG_INTEGER }; /* big: above int64 */

static enum integer integer_of(struct str digits, unsigned base, bool has_sign, bool negative,
			       struct value *ret, uint64_t *ret_big)
{
	uint64_t v = 0;

	for (size_t i = 0; i < digits.len; i++) {
		char c = digits.ptr[i], low = (char)(c | 0x20);
		unsigned d = digit(c)			? (unsigned)(c - '0')
			     : low >= 'a' && low <= 'f' ? (unsigned)(low - 'a') + 10
							: 16;

		if (d >= base || __builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, d, &v))
			return NO_INTEGER;
	}
	if (negative && v <= (uint64_t)INT64_MAX + 1) {
		*ret = value_int(v == (uint64_t)INT64_MAX + 1 ? INT64_MIN : -(int64_t)v);
		return SMALL_INTEGER;
	}
	if (!negative && v <= INT64_MAX) {
		*ret = value_int((int64_t)v);
		return SMALL_INTEGER;
	}
	*ret_big = v;
	return has_sign ? NO_INTEGER : BIG_INTEGER;
}

/* Decimal, 0x 0o 0b in either case, or octal with a leading 0. Above int64 only without a sign. */
static enum integer resolve_integer(struct str s, struct value *ret, uint64_t *ret_big)
{
	bool negative = str_starts(s, STR("-")), has_sign = negative || str_starts(s, STR("+"));
	unsigned base = 10;

	if (has_sign)
		s = str_from(s, 1);
	if (s.len == 0)
		return NO_INTEGER;
	if (s.len >= 3 && s.ptr[0] == '0') {
		char c = (char)(s.ptr[1] | 0x20);

		base = c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 10;
	}
	if (base != 10) {
		s = str_from(s, 2);
	} else if (s.len > 1 && s.ptr[0] == '0') {
		base = 8;
		s = str_from(s, 1);
	}
	return integer_of(s, base, has_sign, negative, ret, ret_big);
}

/* [+-]? ( .digits | digits [. digits*] ) ( [eE] [+-]? digits )? */
static bool looks_like_float(struct str s)
{
	size_t i = 0, whole, fraction = 0;

	if (i < s.len && (s.ptr[i] == '+' || s.ptr[i] == '-'))
		i++;
	for (whole = 0; i < s.len && digit(s.ptr[i]); i++)
		whole++;
	if (i < s.len && s.ptr[i] == '.')
		for (i++; i < s.len && digit(s.ptr[i]); i++)
			fraction++;
	if (whole + fraction == 0)
		return false;
	if (i < s.len && (s.ptr[i] | 0x20) == 'e') {
		size_t from;

		i++;
		if (i < s.len && (s.ptr[i] == '+' || s.ptr[i] == '-'))
			i++;
		for (from = i; i < s.len && digit(s.ptr[i]); i++)
			;
		if (i == from)
			return false;
	}
	return i == s.len;
}

/* A float whose value is finite; 1e400 stays text. */
static bool resolve_float(struct arena *a, struct str s, struct value *ret)
{
	double d;

	if (!looks_like_float(s))
		return false;
	d = strtod(arena_str(a, s).ptr, NULL);
	if (!isfinite(d))
		return false;
	*ret = value_float(d);
	return true;
}

/* In a text that starts with a point, '_' may only stand between digits. */
static bool underscores_between_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] == '_' &&
		    (i == 0 || i + 1 == s.len || !digit(s.ptr[i - 1]) || !digit(s.ptr[i + 1])))
			return false;
	return true;
}

bool yaml_resolve_number(struct arena *a, struct str text, struct value *ret)
{
	struct str s;
	uint64_t big;

	/* What starts with '_' is no number, whatever follows. */
	if (text.len == 0 || (!digit(text.ptr[0]) && !strchr("+-.", text.ptr[0])))
		return false;
	s = without_underscores(a, text);
	if (str_starts(text, STR(".")))
		return underscores_between_digits(text) && resolve_float(a, s, ret);
	switch (resolve_integer(s, ret, &big)) {
	case SMALL_INTEGER: return true;
	case BIG_INTEGER:
		*ret = value_float((double)big);
		ret->real.literal = arena_printf(a, "%llu", (unsigned long long)big);
		return true;
	case NO_INTEGER: break;
	}
	if (resolve_float(a, s, ret))
		return true;
	/* The reference takes a sign after 0b: "0b-101" is -5. */
	if (str_starts(s, STR("0b")) && s.len > 3 && (s.ptr[2] == '-' || s.ptr[2] == '+'))
		return integer_of(str_from(s, 3), 2, true, s.ptr[2] == '-', ret, &big) ==
		       SMALL_INTEGER;
	return false;
}
