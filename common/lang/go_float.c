#include "lang/go_float.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

enum {
	DIGITS_MAX = 1100,     /* a double has no more decimal digits than that */
	SHORTEST_EXPONENT = 6, /* from here on the shortest %g has an exponent */
	MANTISSA_BITS = 52,
	EXPONENT_BIAS = 1023,
	LEAD_BIT = 60, /* where the leading digit of %x is kept */
};

/* |d| = 0.DIGITS * 10^point, without trailing zeros; 0 has no digits. */
struct decimal {
	char digits[DIGITS_MAX + 2];
	int count, point;
};

static void add_repeated(struct buf *b, char c, int n)
{
	char *room = n > 0 ? buf_room(b, (size_t)n) : NULL;

	if (!room)
		return;
	memset(room, c, (size_t)n);
	buf_added(b, (size_t)n);
}

/* Rounded to `count` digits; -1: as many as it takes. */
static void decimal_of(struct decimal *r, double d, int count)
{
	char text[DIGITS_MAX + 40], *e;

	r->count = 0;
	r->point = 0;
	if (d == 0)
		return;
	if (count < 0) {
		r->count = (int)double_digits(d, r->digits, &r->point);
		return;
	}
	snprintf(text, sizeof(text), "%.*e", (count < DIGITS_MAX ? count : DIGITS_MAX) - 1,
		 fabs(d));
	e = strchr(text, 'e');
	for (const char *p = text; p < e; p++)
		if (*p != '.')
			r->digits[r->count++] = *p;
	while (r->count > 0 && r->digits[r->count - 1] == '0')
		r->count--;
	for (const char *p = e + 2; *p; p++)
		r->point = r->point * 10 + (*p - '0');
	r->point = (e[1] == '-' ? -r->point : r->point) + 1;
}

static void add_exponent(struct buf *b, char letter, int exponent)
{
	buf_addf(b, "%c%c%02d", letter, exponent < 0 ? '-' : '+', abs(exponent));
}

/* The digits [from, to), and zeros where there are none. */
static void add_digits(struct buf *b, const struct decimal *r, int from, int to)
{
	int real = to < r->count ? to : r->count;

	if (from < 0) {
		add_repeated(b, '0', (to < 0 ? to : 0) - from);
		from = 0;
	}
	if (real > from) {
		buf_add(b, str_n(r->digits + from, (size_t)(real - from)));
		from = real;
	}
	add_repeated(b, '0', to - from);
}

static void add_e(struct buf *b, const struct decimal *r, int precision, char letter)
{
	add_digits(b, r, 0, 1);
	if (precision > 0) {
		buf_addc(b, '.');
		add_digits(b, r, 1, precision + 1);
	}
	add_exponent(b, letter, r->count ? r->point - 1 : 0);
}

static void add_f(struct buf *b, const struct decimal *r, int precision)
{
	if (r->point > 0)
		add_digits(b, r, 0, r->point);
	else
		buf_addc(b, '0');
	if (precision > 0) {
		buf_addc(b, '.');
		add_digits(b, r, r->point, r->point + precision);
	}
}

/* %f with a precision: the number of digits depends on where the point is. */
static void add_fixed(struct buf *b, double d, int precision)
{
	char text[2 * DIGITS_MAX];
	int given = precision < DIGITS_MAX ? precision : DIGITS_MAX;

	snprintf(text, sizeof(text), "%.*f", given, fabs(d));
	buf_adds(b, text);
	add_repeated(b, '0', precision - given);
}

static void add_g(struct buf *b, double d, int precision, char letter)
{
	struct decimal r;
	int limit;

	if (precision == 0)
		precision = 1;
	decimal_of(&r, d, precision);
	limit = precision < 0 ? SHORTEST_EXPONENT : precision;
	if (precision >= 0 && limit > r.count && r.count >= r.point)
		limit = r.count;
	if (r.point - 1 < -4 || r.point - 1 >= limit)
		add_e(b, &r, r.count - 1, letter);
	else
		add_f(b, &r, r.count - r.point);
}

static void split_bits(double d, uint64_t *ret_mantissa, int *ret_exponent)
{
	uint64_t bits;

	memcpy(&bits, &d, sizeof(bits));
	*ret_exponent = (int)(bits >> MANTISSA_BITS & 0x7FF);
	*ret_mantissa = bits & ((UINT64_C(1) << MANTISSA_BITS) - 1);
	if (*ret_exponent == 0)
		*ret_exponent = 1;
	else
		*ret_mantissa |= UINT64_C(1) << MANTISSA_BITS;
	*ret_exponent -= EXPONENT_BIAS;
}

static void add_binary(struct buf *b, double d)
{
	uint64_t mantissa;
	int exponent;

	split_bits(d, &mantissa, &exponent);
	buf_addf(b, "%llup%+d", (unsigned long long)mantissa, exponent - MANTISSA_BITS);
}

static void add_hex(struct buf *b, double d, int precision, bool upper)
{
	const char *hex = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	uint64_t m, rest;
	int exponent;

	split_bits(d, &m, &exponent);
	if (m == 0)
		exponent = 0;
	m <<= LEAD_BIT - MANTISSA_BITS;
	for (; m && !(m >> LEAD_BIT); exponent--)
		m <<= 1;
	if (precision >= 0 && precision < LEAD_BIT / 4) {
		int drop = LEAD_BIT - 4 * precision;

		rest = m & ((UINT64_C(1) << drop) - 1);
		m >>= drop;
		if (rest > UINT64_C(1) << (drop - 1) ||
		    (rest == UINT64_C(1) << (drop - 1) && (m & 1)))
			m++;
		m <<= drop;
		if (m >> (LEAD_BIT + 1)) {
			m >>= 1;
			exponent++;
		}
	}
	buf_addf(b, "0%c%d", upper ? 'X' : 'x', (int)(m >> LEAD_BIT & 1));
	m <<= 4;
	if (precision > 0 || (precision < 0 && m))
		buf_addc(b, '.');
	for (int i = 0; !b->full && (precision < 0 ? m != 0 : i < precision); i++, m <<= 4)
		buf_addc(b, hex[m >> LEAD_BIT & 15]);
	add_exponent(b, upper ? 'P' : 'p', exponent);
}

void go_float_add(struct buf *b, double d, char format, int precision)
{
	struct decimal r;

	if (isnan(d)) {
		buf_adds(b, "NaN");
		return;
	}
	if (isinf(d)) {
		buf_adds(b, d < 0 ? "-Inf" : "+Inf");
		return;
	}
	if (signbit(d))
		buf_addc(b, '-');
	switch (format) {
	case 'e':
	case 'E':
		decimal_of(&r, d, precision < 0 ? -1 : precision + 1);
		add_e(b, &r, precision < 0 ? r.count - 1 : precision, format);
		break;
	case 'f':
		if (precision >= 0) {
			add_fixed(b, d, precision);
			break;
		}
		decimal_of(&r, d, -1);
		add_f(b, &r, r.count - r.point);
		break;
	case 'b': add_binary(b, d); break;
	case 'x':
	case 'X': add_hex(b, d, precision, format == 'X'); break;
	default: add_g(b, d, precision, format == 'G' ? 'E' : 'e'); break;
	}
}
