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
	static const char *const yes[] = {"true", "yes", "on", "y"};
	static const char *const no[] = {"false", "no", "off", "n"};

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
	bool negative = str_starts(s, STR("-")), has_sign = negative || str_starts(s, STR("+"));
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

/* --- tagged texts ------------------------------------------------------------------------ */

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Takes min to max digits off *s; max is small. */
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
	int year, month, day, hour, minute, second;
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
	if (take_char(&s, '.')) {
		size_t digits = 0;

		while (digits < s.len && digit(s.ptr[digits]))
			digits++;
		if (digits == 0)
			return false;
		s = str_from(s, digits);
	}
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

/* An integer above int64: the only number that keeps its digits. */
static bool is_big(const struct value *v)
{
	return v->kind == VALUE_FLOAT && v->real.literal.len > 0;
}

/* --- all together ------------------------------------------------------------------------ */

/* What an untagged plain text is. */
static struct value resolve_plain(struct arena *a, struct str text)
{
	struct value v;

	if (resolve_word(text, &v) || resolve_infinite(text, &v) ||
	    yaml_resolve_number(a, text, &v))
		return v;
	return value_str(text);
}

const char *yaml_resolve(struct arena *a, enum yaml_tag tag, struct str text, struct value *ret)
{
	struct value v = value_str(text);

	switch (tag) {
	case YAML_TAG_STR:
	case YAML_TAG_MERGE:
	case YAML_TAG_COLLECTION: break;
	case YAML_TAG_PLAIN: v = resolve_plain(a, text); break;
	case YAML_TAG_BOOL:
		if (!resolve_word(text, &v) || v.kind != VALUE_BOOL)
			return "not a !!bool";
		break;
	case YAML_TAG_NULL:
		if (!resolve_word(text, &v) || v.kind != VALUE_NIL)
			return "not a !!null";
		break;
	case YAML_TAG_INT:
		v = resolve_plain(a, text);
		if (v.kind != VALUE_INT && !is_big(&v))
			return "not an !!int";
		break;
	case YAML_TAG_FLOAT:
		v = resolve_plain(a, text);
		if (v.kind == VALUE_INT)
			v = value_float((double)v.integer);
		if (v.kind != VALUE_FLOAT || is_big(&v))
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
		if (is_big(v))
			return false; /* the reference has no text for it */
		*ret_key = float_key(a, v->real.number);
		return true;
	case VALUE_NIL:
	case VALUE_TIME:
	case VALUE_LIST:
	case VALUE_MAP: return false;
	}
	return false;
}
