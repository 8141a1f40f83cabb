#include "lang/decimal.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "e-12" and the like; empty is 0. */
static int64_t literal_exponent(struct str s)
{
	bool negative = s.len > 1 && s.ptr[1] == '-';
	int64_t e = 0;

	for (size_t i = 1; i < s.len; i++) {
		if (!is_digit(s.ptr[i]))
			continue;
		if (e < DECIMAL_EXPONENT_MAX)
			e = e * 10 + (s.ptr[i] - '0');
	}
	if (e > DECIMAL_EXPONENT_MAX)
		e = DECIMAL_EXPONENT_MAX;
	return negative ? -e : e;
}

static void from_literal(struct str s, struct decimal *ret)
{
	size_t end = 0, point, first, last;

	if (s.len && s.ptr[0] == '-') {
		ret->negative = true;
		s = str_from(s, 1);
	}
	while (end < s.len && s.ptr[end] != 'e' && s.ptr[end] != 'E')
		end++;
	point = str_chr(str_sub(s, 0, end), '.', 0);
	if (point == STR_NONE)
		point = end;
	for (first = 0; first < end && (s.ptr[first] == '0' || s.ptr[first] == '.');)
		first++;
	if (first == end) {
		ret->negative = false;
		return;
	}
	for (last = end - 1; s.ptr[last] == '0' || s.ptr[last] == '.';)
		last--;
	ret->digits = str_sub(s, first, last + 1);
	ret->count = ret->digits.len - (first < point && point < last);
	ret->exponent =
		first < point ? (int64_t)(point - first) : -(int64_t)(first - point - 1);
	ret->exponent += literal_exponent(str_from(s, end));
}

static void from_int(int64_t i, struct decimal *ret)
{
	uint64_t rest = i < 0 ? -(uint64_t)i : (uint64_t)i;
	size_t at = sizeof(ret->made), from;

	ret->negative = i < 0;
	for (; rest; rest /= 10)
		ret->made[--at] = (char)('0' + rest % 10);
	from = at;
	ret->exponent = (int64_t)(sizeof(ret->made) - from);
	for (at = sizeof(ret->made); at > from && ret->made[at - 1] == '0';)
		at--;
	ret->count = at - from;
	ret->digits = str_n(ret->made + from, ret->count);
}

void decimal_of(const struct value *number, struct decimal *ret)
{
	int exponent;

	*ret = (struct decimal){0};
	if (number->kind == VALUE_INT) {
		from_int(number->integer, ret);
	} else if (number->real.literal.len) {
		from_literal(number->real.literal, ret);
	} else if (number->real.number < 0 || number->real.number > 0) {
		ret->negative = number->real.number < 0;
		ret->count = double_digits(number->real.number, ret->made, &exponent);
		ret->exponent = exponent;
		ret->digits = str_n(ret->made, ret->count);
	}
}

static int digits_cmp(struct str a, struct str b)
{
	size_t i = 0, j = 0;

	for (;; i++, j++) {
		if (i < a.len && a.ptr[i] == '.')
			i++;
		if (j < b.len && b.ptr[j] == '.')
			j++;
		if (i >= a.len || j >= b.len)
			return (i < a.len) - (j < b.len);
		if (a.ptr[i] != b.ptr[j])
			return a.ptr[i] < b.ptr[j] ? -1 : 1;
	}
}

int decimal_cmp(const struct decimal *a, const struct decimal *b)
{
	int sign_a = a->count == 0 ? 0 : (a->negative ? -1 : 1);
	int sign_b = b->count == 0 ? 0 : (b->negative ? -1 : 1);

	if (sign_a != sign_b)
		return sign_a < sign_b ? -1 : 1;
	if (sign_a == 0)
		return 0;
	if (a->exponent != b->exponent)
		return a->exponent < b->exponent ? -sign_a : sign_a;
	return sign_a * digits_cmp(a->digits, b->digits);
}

int decimal_cmp_values(const struct value *a, const struct value *b)
{
	struct decimal x, y;

	if (a->kind == VALUE_INT && b->kind == VALUE_INT)
		return (a->integer > b->integer) - (a->integer < b->integer);
	decimal_of(a, &x);
	decimal_of(b, &y);
	return decimal_cmp(&x, &y);
}

bool decimal_is_integer(const struct decimal *d)
{
	return d->count == 0 || d->exponent >= (int64_t)d->count;
}

size_t decimal_to_size(const struct decimal *d)
{
	size_t size = 0;
	int64_t left = d->exponent;

	if (d->negative)
		return 0;
	for (size_t i = 0; left > 0; i++) {
		unsigned digit = 0;

		if (i < d->digits.len) {
			if (d->digits.ptr[i] == '.')
				continue;
			digit = (unsigned)(d->digits.ptr[i] - '0');
		}
		if (__builtin_mul_overflow(size, 10u, &size) ||
		    __builtin_add_overflow(size, digit, &size))
			return SIZE_MAX;
		left--;
		if (size == 0)
			break; /* zero has no digits */
	}
	return size;
}

/* --- multiples ---------------------------------------------------------------------------
 *
 * With a = A * 10^x and b = B * 10^y, A and B whole and not divisible by 10: when x < y, a is no
 * multiple, because B * 10^(y-x) does not divide A. Else the remainder of A * 10^(x-y) by B is
 * built digit by digit. B holds at most log2(B) factors 2 and as many 5, so that more zeros than
 * that change nothing. */

enum { LIMB = 1000000000, LIMB_DIGITS = 9, SMALL_DIGITS = 18 };

static int64_t last_place(const struct decimal *d)
{
	return d->exponent - (int64_t)d->count;
}

/* Zeros to append to A: at most 4 for each digit of B (log2 10 < 4). */
static size_t zeros(const struct decimal *a, const struct decimal *b)
{
	uint64_t k = (uint64_t)(last_place(a) - last_place(b));

	return k < 4 * (uint64_t)b->count ? (size_t)k : 4 * b->count;
}

/* The i-th digit of A * 10^k, *at walks over the text. */
static unsigned next_digit(const struct decimal *a, size_t *at)
{
	if (*at < a->digits.len && a->digits.ptr[*at] == '.')
		++*at;
	return *at < a->digits.len ? (unsigned)(a->digits.ptr[(*at)++] - '0') : 0;
}

static bool small_multiple(const struct decimal *a, const struct decimal *b, size_t steps)
{
	uint64_t divisor = 0, rest = 0;
	size_t at = 0;

	for (size_t i = 0; i < b->count; i++)
		divisor = divisor * 10 + next_digit(b, &at);
	at = 0;
	for (size_t i = 0; i < steps; i++)
		rest = (rest * 10 + next_digit(a, &at)) % divisor;
	return rest == 0;
}

/* Little-endian limbs of nine digits. */
static void times_ten_plus(uint32_t *n, size_t limbs, unsigned digit)
{
	uint64_t carry = digit;

	for (size_t i = 0; i < limbs; i++) {
		carry += (uint64_t)n[i] * 10;
		n[i] = (uint32_t)(carry % LIMB);
		carry /= LIMB;
	}
}

static bool less(const uint32_t *a, const uint32_t *b, size_t limbs)
{
	for (size_t i = limbs; i-- > 0;)
		if (a[i] != b[i])
			return a[i] < b[i];
	return false;
}

static void subtract(uint32_t *a, const uint32_t *b, size_t limbs)
{
	uint32_t borrow = 0;

	for (size_t i = 0; i < limbs; i++) {
		uint32_t take = b[i] + borrow;

		borrow = a[i] < take;
		a[i] = a[i] + (borrow ? (uint32_t)LIMB : 0) - take;
	}
}

bool decimal_is_multiple(const struct decimal *a, const struct decimal *b)
{
	AUTO_ARENA arena = ARENA_INIT;
	size_t steps, limbs, at = 0;
	uint32_t *divisor, *rest;

	if (a->count == 0)
		return true;
	if (last_place(a) < last_place(b))
		return false;
	steps = a->count + zeros(a, b);
	if (b->count <= SMALL_DIGITS)
		return small_multiple(a, b, steps);
	limbs = b->count / LIMB_DIGITS + 2; /* ten times the rest fits */
	divisor = ARENA_ARRAY(&arena, limbs, uint32_t);
	rest = ARENA_ARRAY(&arena, limbs, uint32_t);
	for (size_t i = 0; i < b->count; i++)
		times_ten_plus(divisor, limbs, next_digit(b, &at));
	at = 0;
	for (size_t i = 0; i < steps; i++) {
		times_ten_plus(rest, limbs, next_digit(a, &at));
		while (!less(rest, divisor, limbs))
			subtract(rest, divisor, limbs);
	}
	for (size_t i = 0; i < limbs; i++)
		if (rest[i])
			return false;
	return true;
}

uint64_t decimal_multiple_cost(const struct decimal *a, const struct decimal *b)
{
	uint64_t limbs = b->count <= SMALL_DIGITS ? 1 : b->count / LIMB_DIGITS * 6;

	if (a->count == 0 || last_place(a) < last_place(b))
		return 1;
	return (a->count + zeros(a, b)) * limbs;
}
