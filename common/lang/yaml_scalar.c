#include "lang/yaml_scalar.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "lang/civil.h"

bool yaml_tag_of(struct str full, enum yaml_tag *ret_tag)
{
	static const struct {
		const char *name;
		enum yaml_tag tag;
	} tags[] = {
		{"str", YAML_TAG_STR},
		{"bool", YAML_TAG_BOOL},
		{"int", YAML_TAG_INT},
		{"float", YAML_TAG_FLOAT},
		{"null", YAML_TAG_NULL},
		{"map", YAML_TAG_COLLECTION},
		{"seq", YAML_TAG_COLLECTION},
		{"binary", YAML_TAG_BINARY},
		{"timestamp", YAML_TAG_TIMESTAMP},
		{"merge", YAML_TAG_MERGE},
	};
	struct str prefix = STR("tag:yaml.org,2002:");

	if (!str_starts(full, prefix))
		return false;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (str_is(str_from(full, prefix.len), tags[i].name)) {
			*ret_tag = tags[i].tag;
			return true;
		}
	return false;
}

/* --- words ------------------------------------------------------------------------------- */

/* "word", "Word" and "WORD" are the three forms of a word; "wOrd" is a text. */
static bool is_word(struct str s, const char *word)
{
	bool upper_first = s.len && s.ptr[0] >= 'A' && s.ptr[0] <= 'Z';
	bool upper_rest = upper_first && s.len > 1 && s.ptr[1] >= 'A' && s.ptr[1] <= 'Z';

	if (s.len != strlen(word))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		bool upper = i == 0 ? upper_first : upper_rest;

		if (s.ptr[i] != (upper ? word[i] - ('a' - 'A') : word[i]))
			return false;
	}
	return true;
}

static bool resolve_word(struct str s, struct value *ret)
{
	static const char *const yes[] = {"true", "yes", "on", "y"}, *const no[] = {"false",
										    "no", "off",
										    "n"};

	if (s.len == 0 || str_is(s, "~") || is_word(s, "null")) {
		*ret = value_nil;
		return true;
	}
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (is_word(s, yes[i]) || is_word(s, no[i])) {
			*ret = value_bool(is_word(s, yes[i]));
			return true;
		}
	return false;
}

/* ".inf", "+.Inf", "-.INF", ".nan", ".NaN": they read as floats that JSON does not have. */
static bool resolve_infinite(struct str s, struct value *ret)
{
	bool negative = s.len && s.ptr[0] == '-',
	     has_sign = s.len && (negative || s.ptr[0] == '+');
	struct str rest = str_from(s, has_sign);

	if (rest.len != 4 || rest.ptr[0] != '.')
		return false;
	rest = str_from(rest, 1);
	if (is_word(rest, "inf"))
		*ret = value_float(negative ? -HUGE_VAL : HUGE_VAL);
	else if (!has_sign && (is_word(rest, "nan") || str_is(rest, "NaN")) &&
		 !str_is(rest, "Nan"))
		*ret = value_float(nan(""));
	else
		return false;
	return true;
}

/* --- numbers ----------------------------------------------------------------------------- */

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

enum integer { NO_INTEGER, SMALL_INTEGER, BIG_INTEGER };

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
	bool negative = s.len && s.ptr[0] == '-',
	     has_sign = s.len && (negative || s.ptr[0] == '+');
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
		if (s.ptr[i] == '_' && (i == 0 || i + 1 == s.len || !digit(s.ptr[i - 1]) ||
					(!digit(s.ptr[i + 1]))))
			return false;
	return true;
}

static bool resolve_number(struct arena *a, struct str text, struct value *ret, bool *ret_big)
{
	struct str s = without_underscores(a, text);
	uint64_t big;

	if (text.ptr[0] == '.')
		return underscores_between_digits(text) && resolve_float(a, s, ret);
	switch (resolve_integer(s, ret, &big)) {
	case SMALL_INTEGER: return true;
	case BIG_INTEGER:
		*ret = value_float((double)big);
		ret->real.literal = arena_printf(a, "%llu", (unsigned long long)big);
		*ret_big = true;
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

/* --- tagged texts ------------------------------------------------------------------------ */

/* Takes one or two (at most max) digits off *s. */
static bool take_number(struct str *s, size_t min, size_t max, int *ret)
{
	size_t n = 0;

	for (*ret = 0; n < s->len && n < max && digit(s->ptr[n]); n++)
		*ret = *ret * 10 + (s->ptr[n] - '0');
	*s = str_from(*s, n);
	return n >= min;
}

static bool take_char(struct str *s, char c)
{
	if (s->len == 0 || s->ptr[0] != c)
		return false;
	*s = str_from(*s, 1);
	return true;
}

/* 2001-1-2, 2001-01-02 3:4:5.6, 2001-01-02T03:04:05Z, ...+01:00 */
static bool is_timestamp(struct str s)
{
	int year, month, day, hour, minute, second, ignored;
	bool zoned;

	if (!take_number(&s, 4, 4, &year) || !take_char(&s, '-') ||
	    !take_number(&s, 1, 2, &month) || !take_char(&s, '-') ||
	    !take_number(&s, 1, 2, &day) || month < 1 || month > 12 || day < 1 ||
	    day > civil_month_days(year, month))
		return false;
	if (s.len == 0)
		return true;
	zoned = take_char(&s, 'T') || take_char(&s, 't');
	if (!zoned && !take_char(&s, ' '))
		return false;
	if (!take_number(&s, 1, 2, &hour) || !take_char(&s, ':') ||
	    !take_number(&s, 1, 2, &minute) || !take_char(&s, ':') ||
	    !take_number(&s, 1, 2, &second) || hour > 23 || minute > 59 || second > 59)
		return false;
	if (take_char(&s, '.') && !take_number(&s, 1, SIZE_MAX, &ignored))
		return false;
	if (!zoned)
		return s.len == 0;
	if (take_char(&s, 'Z'))
		return s.len == 0;
	if (!take_char(&s, '+') && !take_char(&s, '-'))
		return false;
	return take_number(&s, 2, 2, &hour) && take_char(&s, ':') &&
	       take_number(&s, 2, 2, &minute) && s.len == 0 && hour <= 24 && minute < 60;
}

/* Standard base64 with its padding. As in the reference, line ends do not count and neither do
 * the unused bits of the last digit. Text is UTF-8, so other bytes become U+FFFD (SPEC 1.7). */
static bool decode_base64(struct arena *a, struct str s, struct str *ret)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	AUTO_BUF text = BUF(s.len + 1), raw = BUF(s.len + 1), clean = BUF(s.len * 3 + 1);
	size_t padding = 0;
	const char *last;

	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != '\n' && s.ptr[i] != '\r')
			buf_addc(&text, s.ptr[i]);
	while (padding < 2 && padding < text.len && text.ptr[text.len - 1 - padding] == '=')
		padding++;
	if (padding && text.len > padding) {
		char *c = &text.ptr[text.len - 1 - padding];

		last = *c ? strchr(digits, *c) : NULL;
		if (last)
			*c = digits[(last - digits) & (padding == 1 ? 0x3C : 0x30)];
	}
	if (!base64_decode(&raw, buf_str(&text)))
		return false;
	utf8_clean(&clean, buf_str(&raw));
	*ret = arena_str(a, buf_str(&clean));
	return true;
}

/* --- all together ------------------------------------------------------------------------ */

/* What an untagged plain text is. */
static void resolve_plain(struct arena *a, struct str text, struct value *ret, bool *ret_big)
{
	char c = text.len ? text.ptr[0] : '\0';

	*ret_big = false;
	if (resolve_word(text, ret) || resolve_infinite(text, ret))
		return;
	if ((digit(c) || c == '+' || c == '-' || c == '.') &&
	    resolve_number(a, text, ret, ret_big))
		return;
	*ret = value_str(text);
}

const char *yaml_resolve(struct arena *a, enum yaml_tag tag, struct str text, struct value *ret)
{
	struct value v = value_str(text);
	bool big = false;

	switch (tag) {
	case YAML_TAG_STR:
	case YAML_TAG_MERGE:
	case YAML_TAG_COLLECTION: break;
	case YAML_TAG_PLAIN: resolve_plain(a, text, &v, &big); break;
	case YAML_TAG_BOOL:
		if (!resolve_word(text, &v) || v.kind != VALUE_BOOL)
			return "not a !!bool";
		break;
	case YAML_TAG_NULL:
		if (!resolve_word(text, &v) || v.kind != VALUE_NIL)
			return "not a !!null";
		break;
	case YAML_TAG_INT:
		resolve_plain(a, text, &v, &big);
		if (v.kind != VALUE_INT && !big)
			return "not an !!int";
		break;
	case YAML_TAG_FLOAT:
		resolve_plain(a, text, &v, &big);
		if (v.kind == VALUE_INT)
			v = value_float((double)v.integer);
		if (v.kind != VALUE_FLOAT || big)
			return "not a !!float";
		break;
	case YAML_TAG_TIMESTAMP:
		if (!is_timestamp(text))
			return "not a !!timestamp";
		break;
	case YAML_TAG_BINARY:
		if (!decode_base64(a, text, &v.string.text))
			return "not the base64 of a !!binary";
		break;
	}
	*ret = v;
	return NULL;
}

/* A float as Go's strconv writes it in format 'g' with the fewest digits of a float32: that is
 * what sigs.k8s.io/yaml makes of a key. */
static struct str float_key(struct arena *a, double number)
{
	float f = (float)number;
	int precision = 0, exponent;
	char text[40], *e;

	if (isnan(f))
		return STR(".nan");
	if (isinf(f))
		return f > 0 ? STR(".inf") : STR("-.inf");
	for (;; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, (double)f);
		if (precision == 8 || strtof(text, NULL) == f)
			break;
	}
	/* d.ddde+XX stays; small exponents are written out. A float32 has two digits of it. */
	e = strchr(text, 'e');
	exponent = (e[2] - '0') * 10 + (e[3] - '0');
	if (e[1] == '-')
		exponent = -exponent;
	if (exponent >= -4 && exponent < 6)
		snprintf(text, sizeof(text), "%.*f",
			 precision > exponent ? precision - exponent : 0, (double)f);
	return arena_str(a, str_of(text));
}

bool yaml_key_text(struct arena *a, const struct value *v, struct str *ret_key)
{
	switch (v->kind) {
	case VALUE_STR: *ret_key = v->string.text; return true;
	case VALUE_BOOL: *ret_key = v->boolean ? STR("true") : STR("false"); return true;
	case VALUE_INT: *ret_key = arena_printf(a, "%lld", (long long)v->integer); return true;
	case VALUE_FLOAT:
		if (v->real.literal.len) /* above int64: the reference has no text for it */
			return false;
		*ret_key = float_key(a, v->real.number);
		return true;
	case VALUE_NIL:
	case VALUE_TIME:
	case VALUE_LIST:
	case VALUE_MAP: return false;
	}
	return false;
}
