#include "base/json.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

void json_add_str(struct buf *b, struct str s)
{
	size_t from = 0, n;
	bool valid;

	buf_addc(b, '"');
	for (size_t i = 0; i < s.len && !b->full; i += n) {
		unsigned char c = (unsigned char)s.ptr[i];
		const char *escape = NULL;

		n = 1;
		if (c >= 0x80) {
			utf8_decode(str_from(s, i), &n, &valid);
			if (valid)
				continue;
		} else if (c >= 0x20 && c != '"' && c != '\\') {
			continue;
		}
		buf_add(b, str_sub(s, from, i));
		from = i + 1;
		switch (c) {
		case '"': escape = "\\\""; break;
		case '\\': escape = "\\\\"; break;
		case '\n': escape = "\\n"; break;
		case '\r': escape = "\\r"; break;
		case '\t': escape = "\\t"; break;
		default: break;
		}
		if (escape) {
			buf_adds(b, escape);
		} else if (c >= 0x80) {
			utf8_add(b, UTF8_REPLACEMENT);
		} else {
			buf_adds(b, "\\u00");
			buf_addx(b, c, 2, false);
		}
	}
	buf_add(b, str_from(s, from));
	buf_addc(b, '"');
}

/* The exponent of printf's "%e" text: always "e", a sign and digits. */
static int exponent_of(const char *text)
{
	const char *e = strchr(text, 'e');
	int v = 0;

	for (const char *p = e + 2; *p; p++)
		v = v * 10 + (*p - '0');
	return e[1] == '-' ? -v : v;
}

/* Around a power of two the numbers above are twice as far apart as those below. So the decimal
 * nearest to it may read back as its neighbour below, where the next decimal above is fine. text
 * is "%.*e" of d, which is not negative. */
static bool next_above_is_fine(char text[40], double d)
{
	int exponent = exponent_of(text), count = 0, longer, e;
	char digits[24];
	long long v = 0;

	if (frexp(d, &e) != 0.5)
		return false;
	for (const char *p = text; *p != 'e'; p++)
		if (*p != '.') {
			v = v * 10 + (*p - '0');
			count++;
		}
	longer = snprintf(digits, sizeof(digits), "%lld", v + 1) - count; /* 99 + 1 */
	snprintf(text, 40, "%c.%se%+03d", digits[0], digits + 1, exponent + longer);
	return strtod(text, NULL) == d;
}

size_t double_digits(double d, char digits[DOUBLE_DIGITS_MAX + 1], int *ret_exponent)
{
	char text[40];
	size_t n = 0;

	/* A decimal of at most 15 digits survives the way through a double, so the first try
	 * that reads back equal is the shortest once its trailing zeros are gone. Numbers below
	 * the normal range have fewer digits than that. */
	for (int precision = fabs(d) < DBL_MIN ? 1 : 15; precision <= DOUBLE_DIGITS_MAX;
	     precision++) {
		snprintf(text, sizeof(text), "%.*e", precision - 1, fabs(d));
		if (precision == DOUBLE_DIGITS_MAX || strtod(text, NULL) == fabs(d) ||
		    next_above_is_fine(text, fabs(d)))
			break;
	}
	for (const char *p = text; *p && *p != 'e'; p++)
		if (*p != '.')
			digits[n++] = *p;
	while (n > 1 && digits[n - 1] == '0')
		n--;
	digits[n] = '\0';
	*ret_exponent = exponent_of(text) + 1;
	return n;
}

void json_add_double(struct buf *b, double d)
{
	char digits[DOUBLE_DIGITS_MAX + 1];
	int point, i;
	size_t n;

	if (signbit(d))
		buf_addc(b, '-');
	if (d == 0) {
		buf_addc(b, '0');
		return;
	}
	n = double_digits(d, digits, &point);
	if (point <= -6 || point > 21) {
		buf_addc(b, digits[0]);
		if (n > 1)
			buf_addf(b, ".%s", digits + 1);
		buf_addf(b, "e%c%d", point - 1 < 0 ? '-' : '+', abs(point - 1));
		return;
	}
	if (point <= 0) {
		buf_adds(b, "0.");
		for (i = point; i < 0; i++)
			buf_addc(b, '0');
		buf_adds(b, digits);
		return;
	}
	for (i = 0; i < point || i < (int)n; i++) {
		if (i == point)
			buf_addc(b, '.');
		buf_addc(b, i < (int)n ? digits[i] : '0');
	}
}

static void add_value(struct buf *b, const struct value *v, bool sorted)
{
	switch (v->kind) {
	case VALUE_NIL: buf_adds(b, "null"); return;
	case VALUE_BOOL: buf_adds(b, v->boolean ? "true" : "false"); return;
	case VALUE_INT: buf_addi(b, v->integer); return;
	case VALUE_FLOAT:
		if (v->real.literal.len)
			buf_add(b, v->real.literal);
		else
			json_add_double(b, v->real.number);
		return;
	case VALUE_STR: json_add_str(b, v->string.text); return;
	case VALUE_TIME: buf_addi(b, v->time.seconds); return;
	case VALUE_LIST:
		buf_addc(b, '[');
		for (size_t i = 0; i < v->list.count; i++) {
			if (i)
				buf_addc(b, ',');
			add_value(b, &v->list.items[i], sorted);
		}
		buf_addc(b, ']');
		return;
	case VALUE_MAP:
		buf_addc(b, '{');
		for (size_t i = 0; i < v->map.count; i++) {
			const struct value_entry *e =
				&v->map.entries[sorted ? v->map.sorted[i] : i];

			if (i)
				buf_addc(b, ',');
			json_add_str(b, e->key);
			buf_addc(b, ':');
			add_value(b, &e->value, sorted);
		}
		buf_addc(b, '}');
		return;
	}
}

void json_add(struct buf *b, const struct value *v)
{
	add_value(b, v, false);
}

void json_add_sorted(struct buf *b, const struct value *v)
{
	add_value(b, v, true);
}

struct str json_text(struct arena *a, const struct value *v)
{
	AUTO_BUF b = BUF(SIZE_MAX / 2);

	json_add(&b, v);
	return arena_str(a, buf_str(&b));
}

void json_open(struct buf *b, char bracket)
{
	buf_addc(b, bracket);
}

void json_close(struct buf *b, char bracket)
{
	buf_addc(b, bracket);
}

void json_next(struct buf *b)
{
	char last = b->len ? b->ptr[b->len - 1] : '{';

	if (last != '{' && last != '[' && last != ':' && last != ',')
		buf_addc(b, ',');
}

void json_key(struct buf *b, const char *key)
{
	json_next(b);
	json_add_str(b, str_of(key));
	buf_addc(b, ':');
}

void json_member_str(struct buf *b, const char *key, struct str s)
{
	json_key(b, key);
	json_add_str(b, s);
}

void json_member_str_if(struct buf *b, const char *key, struct str s)
{
	if (s.len)
		json_member_str(b, key, s);
}

void json_member_int(struct buf *b, const char *key, int64_t i)
{
	json_key(b, key);
	buf_addi(b, i);
}

void json_member_bool(struct buf *b, const char *key, bool v)
{
	json_key(b, key);
	buf_adds(b, v ? "true" : "false");
}

void json_member(struct buf *b, const char *key, const struct value *v)
{
	json_key(b, key);
	json_add(b, v);
}
