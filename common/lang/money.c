#include "lang/money.h"

#include "base/json.h"
#include "base/utf8.h"

enum { FRACTION_DIGITS = 6, MICROS = 1000000 };

/* A typedef, since that is how -Wpedantic lets a compiler's own type pass. */
__extension__ typedef __int128 wide;

const struct money money_zero = {0};

/* Digits, then at most six more after a point; at least one on each side of it. */
static bool parse_decimal(struct str s, int64_t *ret_micros)
{
	struct str whole, fraction;
	bool has_point = str_cut(s, '.', &whole, &fraction);
	int64_t units, micros = 0;

	/* str_to_i64 takes a minus sign, also in front of zero. */
	if (whole.len == 0 || whole.ptr[0] == '-' || !str_to_i64(whole, &units))
		return false;
	if (has_point && (fraction.len == 0 || fraction.len > FRACTION_DIGITS))
		return false;
	for (size_t i = 0; i < FRACTION_DIGITS; i++) {
		char c = i < fraction.len ? fraction.ptr[i] : '0';

		if (c < '0' || c > '9')
			return false;
		micros = micros * 10 + (c - '0');
	}
	return !__builtin_mul_overflow(units, (int64_t)MICROS, &units) &&
	       !__builtin_add_overflow(units, micros, ret_micros);
}

static enum fail refuse(struct str text, struct why *why)
{
	return failf(
		why, FAIL_INPUT,
		"'%.*s' is no amount: digits with at most six after the point, such as 12.50",
		STR_ARG(utf8_cut(text, 64)));
}

enum fail money_parse(struct str text, struct money *ret, struct why *why)
{
	int64_t micros;

	if (!parse_decimal(text, &micros))
		return refuse(text, why);
	ret->micros = micros;
	return FAIL_NONE;
}

enum fail money_from_value(const struct value *v, struct money *ret, struct why *why)
{
	AUTO_BUF digits = BUF(400);

	if (value_is(v, VALUE_STR))
		return money_parse(v->string.text, ret, why);
	if (!value_is(v, VALUE_INT) && !value_is(v, VALUE_FLOAT))
		return failf(why, FAIL_INPUT, "an amount is a text or a number, not %s",
			     value_kind_name(v ? v->kind : VALUE_NIL));
	/* A number's digits are those that it would be written with. */
	json_add(&digits, v);
	return money_parse(buf_str(&digits), ret, why);
}

void money_print(struct buf *b, struct money m)
{
	uint64_t v = m.micros < 0 ? -(uint64_t)m.micros : (uint64_t)m.micros;

	buf_addf(b, "%s%llu.%06llu", m.micros < 0 ? "-" : "", (unsigned long long)(v / MICROS),
		 (unsigned long long)(v % MICROS));
}

enum fail money_parse_printed(struct str text, struct money *ret, struct why *why)
{
	bool negative = text.len && text.ptr[0] == '-';
	struct str rest = str_from(text, negative);
	size_t point = str_chr(rest, '.', 0);
	int64_t micros;

	/* The most negative amount has no positive twin. */
	if (str_is(text, "-9223372036854.775808")) {
		ret->micros = INT64_MIN;
		return FAIL_NONE;
	}
	if (point == STR_NONE || rest.len - point - 1 != FRACTION_DIGITS ||
	    !parse_decimal(rest, &micros))
		return refuse(text, why);
	ret->micros = negative ? -micros : micros;
	return FAIL_NONE;
}

struct money money_of_micros(int64_t micros)
{
	return (struct money){micros};
}

int64_t money_micros(struct money m)
{
	return m.micros;
}

bool money_add(struct money a, struct money b, struct money *ret)
{
	int64_t sum;

	if (__builtin_add_overflow(a.micros, b.micros, &sum))
		return false;
	ret->micros = sum;
	return true;
}

bool money_sub(struct money a, struct money b, struct money *ret)
{
	int64_t difference;

	if (__builtin_sub_overflow(a.micros, b.micros, &difference))
		return false;
	ret->micros = difference;
	return true;
}

int money_cmp(struct money a, struct money b)
{
	return a.micros < b.micros ? -1 : a.micros > b.micros;
}

int64_t money_percent(struct money part, struct money whole)
{
	wide percent;

	if (whole.micros <= 0 || part.micros <= 0)
		return 0;
	percent = (wide)part.micros * 100 / whole.micros;
	return percent > INT64_MAX ? INT64_MAX : (int64_t)percent;
}

bool money_cost(struct price price, int64_t input_tokens, int64_t output_tokens,
		struct money *ret)
{
	/* Micro-units per million tokens times tokens: two products of 63 bits fit 128. */
	wide sum = (wide)price.input.micros * input_tokens +
		   (wide)price.output.micros * output_tokens;
	wide micros = (sum + MICROS - 1) / MICROS;

	PROMISE(sum >= 0);
	if (micros > INT64_MAX)
		return false;
	ret->micros = (int64_t)micros;
	return true;
}
