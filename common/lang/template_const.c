#include "lang/template_const.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* Takes out the '_', each of which must stand between digits; the prefix of a base counts as a
 * digit. */
static bool without_underscores(struct str s, bool hex, bool prefixed, char *out)
{
	char before = prefixed ? '0' : '!';

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (is_digit(c) || (hex && is_hex(c))) {
			before = '0';
		} else if (c == '_') {
			if (before != '0')
				return false;
			before = '_';
			continue;
		} else {
			if (before == '_')
				return false;
			before = '!';
		}
		*out++ = c;
	}
	*out = '\0';
	return before != '_';
}

/* All of digits in the base; false when one is none. *ret_over: too large. */
static bool integer(const char *digits, unsigned base, bool negative, int64_t *ret,
		    bool *ret_over)
{
	uint64_t v = 0, limit = negative ? UINT64_C(1) << 63 : INT64_MAX;

	*ret_over = false;
	if (!*digits)
		return false;
	for (; *digits; digits++) {
		unsigned d = is_digit(*digits) ? (unsigned)(*digits - '0')
					       : (unsigned)((*digits | 0x20) - 'a') + 10;

		if (d >= base)
			return false;
		if (*ret_over || __builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, d, &v) || v > limit)
			*ret_over = true;
	}
	*ret = negative ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

/* Digits, a point, an exponent: decimal, or hexadecimal with its 'p'. */
static bool is_float(const char *p, bool hex)
{
	size_t digits = 0;

	for (; hex ? is_hex(*p) : is_digit(*p); p++)
		digits++;
	if (*p == '.')
		for (p++; hex ? is_hex(*p) : is_digit(*p); p++)
			digits++;
	if (digits == 0)
		return false;
	if ((*p | 0x20) == (hex ? 'p' : 'e')) {
		p++;
		if (*p == '+' || *p == '-')
			p++;
		if (!is_digit(*p))
			return false;
		while (is_digit(*p))
			p++;
	} else if (hex) {
		return false;
	}
	return *p == '\0';
}

bool template_number(struct arena *a, struct str text, struct value *ret, const char **ret_what)
{
	struct str s = text;
	char *copy = arena_alloc(a, text.len + 4), *digits = copy + 3;
	bool negative = s.ptr[0] == '-', over, hex, prefixed;
	unsigned base = 10;
	int64_t i;
	double d;

	*ret_what = "illegal number syntax";
	if (s.ptr[0] == '-' || s.ptr[0] == '+')
		s = str_from(s, 1);
	prefixed = s.len > 1 && s.ptr[0] == '0' && strchr("xob", s.ptr[1] | 0x20);
	if (prefixed) {
		base = (s.ptr[1] | 0x20) == 'x' ? 16 : (s.ptr[1] | 0x20) == 'o' ? 8 : 2;
		s = str_from(s, 2);
	} else if (s.len > 1 && s.ptr[0] == '0') {
		base = 8;
	}
	hex = base == 16;
	if (!without_underscores(s, hex, prefixed, digits))
		return false;
	if (!strpbrk(digits, hex ? ".pP" : ".eE")) {
		if (!integer(digits, base, negative, &i, &over))
			return false;
		*ret_what = "integer overflow";
		if (over)
			return false;
		*ret = value_int(i);
		return true;
	}
	if ((prefixed && !hex) || !is_float(digits, hex))
		return false;
	if (hex) {
		*--digits = 'x';
		*--digits = '0';
	}
	if (negative)
		*--digits = '-';
	d = strtod(digits, NULL); /* LC_NUMERIC is "C" */
	if (!isfinite(d))
		return false;
	*ret = value_float(d);
	return true;
}
