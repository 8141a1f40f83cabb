#include "lang/go_quote.h"

#include <string.h>

#include "base/utf8.h"
#include "lang/unicode.h"

static const char escape_from[] = "\a\b\f\n\r\t\v\\", escape_to[] = "abfnrtv\\";

static void add_point(struct buf *b, uint32_t point, char quote, bool ascii)
{
	const char *hit = point > 0 && point < 0x80 ? strchr(escape_from, (int)point) : NULL;

	if (point == (unsigned char)quote) {
		buf_addc(b, '\\');
		buf_addc(b, quote);
	} else if (hit) {
		buf_addc(b, '\\');
		buf_addc(b, escape_to[hit - escape_from]);
	} else if (unicode_is_print(point) && (point < 0x80 || !ascii)) {
		utf8_add(b, point);
	} else if (point < ' ' || point == 0x7F) {
		buf_adds(b, "\\x");
		buf_addx(b, point, 2, false);
	} else if (point < 0x10000) {
		buf_adds(b, "\\u");
		buf_addx(b, point, 4, false);
	} else {
		buf_adds(b, "\\U");
		buf_addx(b, point, 8, false);
	}
}

void go_quote_add(struct buf *b, struct str text, bool ascii)
{
	size_t n;

	buf_addc(b, '"');
	for (size_t i = 0; i < text.len && !b->full; i += n)
		add_point(b, utf8_decode(str_from(text, i), &n, NULL), '"', ascii);
	buf_addc(b, '"');
}

void go_quote_add_point(struct buf *b, uint32_t point, bool ascii)
{
	if (point > 0x10FFFF || (point >= 0xD800 && point < 0xE000))
		point = UTF8_REPLACEMENT;
	buf_addc(b, '\'');
	add_point(b, point, '\'', ascii);
	buf_addc(b, '\'');
}

bool go_quote_can_be_raw(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if ((c < ' ' && c != '\t') || c == '`' || c == 0x7F)
			return false;
	}
	return str_find(text, STR("\xef\xbb\xbf"), 0) == STR_NONE;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* count digits of the base at s[*i]. */
static bool number(struct str s, size_t *i, int count, int base, uint32_t *ret)
{
	uint32_t v = 0;

	for (; count > 0; count--, (*i)++) {
		int d = *i < s.len ? digit(s.ptr[*i]) : 99;

		if (d >= base)
			return false;
		v = v * (uint32_t)base + (uint32_t)d;
	}
	*ret = v;
	return true;
}

/* One character or escape at s[*i]. *ret_byte says that it is a byte and no code point. */
static bool unquote_one(struct str s, size_t *i, char quote, uint32_t *ret, bool *ret_byte)
{
	const char *hit;
	size_t n;
	char c = s.ptr[*i];

	*ret_byte = false;
	if (c == quote || c == '\n')
		return false;
	if (c != '\\') {
		*ret = utf8_decode(str_from(s, *i), &n, NULL);
		*i += n;
		return true;
	}
	if (++*i == s.len)
		return false;
	c = s.ptr[(*i)++];
	hit = c ? strchr(escape_to, c) : NULL;
	if (hit) {
		*ret = (unsigned char)escape_from[hit - escape_to];
		return true;
	}
	if (c >= '0' && c <= '7') {
		(*i)--;
		*ret_byte = true;
		return number(s, i, 3, 8, ret) && *ret <= 0xFF;
	}
	if (c == 'x') {
		*ret_byte = true;
		return number(s, i, 2, 16, ret);
	}
	if (c == 'u' || c == 'U')
		return number(s, i, c == 'u' ? 4 : 8, 16, ret) && *ret <= 0x10FFFF &&
		       !(*ret >= 0xD800 && *ret < 0xE000);
	*ret = (unsigned char)c;
	return c == quote;
}

static struct str inside(struct str literal)
{
	return str_sub(literal, 1, literal.len - 1);
}

static struct str kept(struct arena *a, struct buf *b)
{
	AUTO_BUF clean = BUF(3 * b->max);

	if (utf8_valid(buf_str(b)))
		return arena_str(a, buf_str(b));
	utf8_clean(&clean, buf_str(b));
	return arena_str(a, buf_str(&clean));
}

bool go_unquote(struct arena *a, struct str literal, struct str *ret)
{
	struct str s = inside(literal);
	AUTO_BUF b = BUF(literal.len);
	uint32_t point;
	bool is_byte;

	if (literal.ptr[0] == '`') {
		if (str_chr(s, '\r', 0) == STR_NONE) {
			*ret = s;
			return true;
		}
		for (size_t i = 0; i < s.len; i++)
			if (s.ptr[i] != '\r')
				buf_addc(&b, s.ptr[i]);
		*ret = arena_str(a, buf_str(&b));
		return true;
	}
	if (str_chr(s, '\\', 0) == STR_NONE) {
		*ret = s;
		return true;
	}
	for (size_t i = 0; i < s.len;) {
		if (!unquote_one(s, &i, '"', &point, &is_byte))
			return false;
		if (is_byte)
			buf_addc(&b, (char)point);
		else
			utf8_add(&b, point);
	}
	*ret = kept(a, &b);
	return true;
}

bool go_unquote_point(struct str literal, uint32_t *ret)
{
	struct str s = inside(literal);
	size_t i = 0;
	bool is_byte;

	return s.len > 0 && unquote_one(s, &i, '\'', ret, &is_byte) && i == s.len;
}
