#include "lang/yaml_surrogate.h"

#include "base/buf.h"
#include "base/utf8.h"

/* Private use, at the very end of the planes. */
enum { FIRST_STAND_IN = 0x10FF00, STAND_INS = 32 };

static int hex_digit(char c)
{
	char low = (char)(c | 0x20);

	if (c >= '0' && c <= '9')
		return c - '0';
	return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* Four hex digits that are a surrogate; 0 when they are none. */
static uint32_t surrogate_at(struct str s, size_t at)
{
	uint32_t v = 0;

	if (s.len < at + 4)
		return 0;
	for (size_t i = at; i < at + 4; i++) {
		int d = hex_digit(s.ptr[i]);

		if (d < 0)
			return 0;
		v = v << 4 | (uint32_t)d;
	}
	return v >= 0xD800 && v < 0xE000 ? v : 0;
}

/* Is this backslash followed by a surrogate, and not itself behind a backslash that escapes it? */
static bool is_escape(struct str s, size_t at)
{
	size_t before = 0;

	if (!str_starts(str_from(s, at), STR("\\u")) || !surrogate_at(s, at + 2))
		return false;
	while (before < at && s.ptr[at - before - 1] == '\\')
		before++;
	return before % 2 == 0;
}

/* The first escaped surrogate from there on. */
static size_t find_escape(struct str s, size_t from)
{
	while (from = str_find(s, STR("\\u"), from), from != STR_NONE && !is_escape(s, from))
		from += 2;
	return from;
}

struct str yaml_hide_surrogates(struct arena *a, struct str text, struct yaml_stand_in *ret)
{
	size_t at = find_escape(text, 0), from = 0;
	AUTO_BUF out = BUF(text.len * 2);
	struct yaml_stand_in mark = {""};

	*ret = mark;
	if (at == STR_NONE)
		return text;
	for (uint32_t i = 0; i < STAND_INS; i++) {
		utf8_encode(FIRST_STAND_IN + i, mark.bytes);
		if (str_find(text, str_n(mark.bytes, 4), 0) == STR_NONE)
			break;
		mark.bytes[0] = '\0';
	}
	if (!mark.bytes[0])
		return text; /* one that has them all is left as it is, and refused */
	for (; at != STR_NONE; at = find_escape(text, from)) {
		buf_add(&out, str_sub(text, from, at));
		buf_add(&out, str_n(mark.bytes, 4));
		from = at + 1;
	}
	buf_add(&out, str_from(text, from));
	*ret = mark;
	return arena_str(a, buf_str(&out));
}

struct str yaml_show_surrogates(struct arena *a, struct str scalar, struct yaml_stand_in mark,
				bool escapes)
{
	struct str m = str_n(mark.bytes, 4);
	AUTO_BUF out = BUF(scalar.len);
	size_t from = 0, at;

	if (!mark.bytes[0] || str_find(scalar, m, 0) == STR_NONE)
		return scalar;
	while (at = str_find(scalar, m, from), at != STR_NONE) {
		uint32_t point, low;

		buf_add(&out, str_sub(scalar, from, at));
		from = at + 4;
		if (!escapes) {
			buf_addc(&out, '\\');
			continue;
		}
		/* What was hidden is "uXXXX", and stays so wherever lines are folded. */
		point = surrogate_at(scalar, from + 1);
		from += 5;
		low = str_starts(str_from(scalar, from), m) ? surrogate_at(scalar, from + 5)
							    : 0;
		if (point < 0xDC00 && low >= 0xDC00) {
			point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
			from += 9;
		}
		utf8_add(&out, point); /* half a pair is no scalar value: U+FFFD */
	}
	buf_add(&out, str_from(scalar, from));
	return arena_str(a, buf_str(&out));
}
