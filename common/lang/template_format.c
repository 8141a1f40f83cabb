#include "lang/template_format.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "lang/go_float.h"
#include "lang/go_quote.h"
#include "lang/unicode.h"

/* ---- padding */

static void add_repeated(struct format *f, char c, int64_t n)
{
	char *room = n > 0 ? buf_room(f->b, (size_t)n) : NULL;

	if (!room)
		return;
	memset(room, c, (size_t)n);
	buf_added(f->b, (size_t)n);
}

static char pad_char(const struct format *f)
{
	return f->zero && !f->minus ? '0' : ' ';
}

static void pad(struct format *f, struct str s, char c)
{
	int64_t n = f->has_width ? f->width - (int64_t)utf8_count(s) : 0;

	if (!f->minus)
		add_repeated(f, c, n);
	buf_add(f->b, s);
	if (f->minus)
		add_repeated(f, ' ', n);
	f->b->full = f->b->full || f->piece.full;
}

void format_pad(struct format *f, struct str s)
{
	pad(f, s, pad_char(f));
}

static struct str cut(const struct format *f, struct str s)
{
	return f->has_precision ? utf8_first(s, (size_t)f->precision) : s;
}

static struct buf *piece(struct format *f)
{
	buf_clear(&f->piece);
	f->piece.max = f->b->max - f->b->len;
	return &f->piece;
}

/* ---- verbs of one kind each; false when the verb is none of the kind */

static void add_integer(struct format *f, int64_t v, unsigned base, char verb)
{
	const char *digits = verb == 'X' ? "0123456789ABCDEFX" : "0123456789abcdefx";
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	struct buf *b = piece(f);
	int64_t least = 0, n = 0;
	char text[64];

	if (f->has_precision) {
		least = f->precision;
		if (least == 0 && u == 0) {
			add_repeated(f, ' ', f->has_width ? f->width : 0);
			return;
		}
	} else if (f->zero && !f->minus && f->has_width) {
		least = f->width - (v < 0 || f->plus || f->space);
	}
	do {
		text[n++] = digits[u % base];
		u /= base;
	} while (u);
	if (v < 0)
		buf_addc(b, '-');
	else if (f->plus)
		buf_addc(b, '+');
	else if (f->space)
		buf_addc(b, ' ');
	if (verb == 'O')
		buf_adds(b, "0o");
	if (f->sharp && base == 16)
		buf_addf(b, "0%c", digits[16]);
	else if (f->sharp && base == 2)
		buf_adds(b, "0b");
	else if (f->sharp && base == 8 && least <= n && text[n - 1] != '0')
		buf_addc(b, '0');
	for (int64_t i = n; i < least && !b->full; i++)
		buf_addc(b, '0');
	while (n > 0)
		buf_addc(b, text[--n]);
	pad(f, buf_str(b), ' ');
}

static void add_unicode(struct format *f, int64_t v)
{
	struct buf *b = piece(f);
	int digits = f->has_precision && f->precision > 4 ? f->precision : 4;

	buf_addf(b, "U+%0*llX", digits, (unsigned long long)v);
	if (f->sharp && v >= 0 && v <= 0x10FFFF && unicode_is_print((uint32_t)v)) {
		buf_adds(b, " '");
		utf8_add(b, (uint32_t)v);
		buf_addc(b, '\'');
	}
	pad(f, buf_str(b), ' ');
}

bool format_integer(struct format *f, int64_t v, uint32_t verb)
{
	uint32_t point = v >= 0 && v <= 0x10FFFF ? (uint32_t)v : UTF8_REPLACEMENT;
	struct buf *b = &f->piece;

	switch (verb) {
	case 'v':
	case 'd': add_integer(f, v, 10, 'd'); return true;
	case 'b': add_integer(f, v, 2, 'b'); return true;
	case 'o':
	case 'O': add_integer(f, v, 8, (char)verb); return true;
	case 'x':
	case 'X': add_integer(f, v, 16, (char)verb); return true;
	case 'c':
		utf8_add(piece(f), point);
		format_pad(f, buf_str(b));
		return true;
	case 'q':
		go_quote_add_point(piece(f), point, f->plus);
		format_pad(f, buf_str(b));
		return true;
	case 'U': add_unicode(f, v); return true;
	default: return false;
	}
}

/* '#' keeps the point and the trailing zeros of a float: b holds its sign and digits. */
static void keep_zeros(struct format *f, struct buf *b, char verb, int precision)
{
	AUTO_BUF number = BUF(b->max);
	int digits = 0;
	bool point = false, seen = false;
	size_t i;

	if (verb == 'g' || verb == 'G' || verb == 'x')
		digits = precision < 0 ? 6 : precision;
	for (i = 1; i < b->len; i++) {
		char c = b->ptr[i];

		if (c == 'p' || c == 'P' ||
		    ((c == 'e' || c == 'E') && verb != 'x' && verb != 'X'))
			break;
		if (c == '.') {
			point = true;
			continue;
		}
		seen = seen || c != '0';
		if (seen)
			digits--;
	}
	buf_add(&number, str_sub(buf_str(b), 0, i));
	if (!point) {
		if (i == 2 && b->ptr[1] == '0')
			digits--;
		buf_addc(&number, '.');
	}
	for (; digits > 0 && !number.full; digits--)
		buf_addc(&number, '0');
	buf_add(&number, str_from(buf_str(b), i));
	buf_clear(b);
	buf_add(b, buf_str(&number));
	f->b->full = f->b->full || number.full;
}

static void add_float(struct format *f, double d, char format, int precision)
{
	struct buf *b = piece(f);
	struct str number;

	if (f->has_precision)
		precision = f->precision;
	if (!signbit(d))
		buf_addc(b, f->space && !f->plus ? ' ' : '+');
	go_float_add(b, d, format, precision);
	if (f->sharp && format != 'b')
		keep_zeros(f, b, format, precision);
	if (b->full) {
		f->b->full = true;
		return;
	}
	number = buf_str(b);
	if (!f->plus && number.ptr[0] == '+') {
		format_pad(f, str_from(number, 1));
	} else if (pad_char(f) == '0' && f->has_width && f->width > (int)number.len) {
		buf_addc(f->b, number.ptr[0]);
		add_repeated(f, '0', f->width - (int64_t)number.len);
		buf_add(f->b, str_from(number, 1));
	} else {
		format_pad(f, number);
	}
}

bool format_float(struct format *f, double d, uint32_t verb)
{
	switch (verb) {
	case 'v': add_float(f, d, 'g', -1); return true;
	case 'b':
	case 'g':
	case 'G':
	case 'x':
	case 'X': add_float(f, d, (char)verb, -1); return true;
	case 'f':
	case 'e':
	case 'E': add_float(f, d, (char)verb, 6); return true;
	case 'F': add_float(f, d, 'f', 6); return true;
	default: return false;
	}
}

static void add_hex(struct format *f, struct str s, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	struct buf *b = piece(f);

	if (f->has_precision && s.len > (size_t)f->precision)
		s = str_sub(s, 0, (size_t)f->precision);
	for (size_t i = 0; i < s.len && !b->full; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (f->space && i > 0)
			buf_addc(b, ' ');
		if (f->sharp && (f->space || i == 0))
			buf_adds(b, upper ? "0X" : "0x");
		buf_addc(b, digits[c >> 4]);
		buf_addc(b, digits[c & 15]);
	}
	format_pad(f, buf_str(b));
}

static void add_quoted(struct format *f, struct str s, bool raw)
{
	struct buf *b = piece(f);

	s = cut(f, s);
	if (raw && go_quote_can_be_raw(s)) {
		buf_addc(b, '`');
		buf_add(b, s);
		buf_addc(b, '`');
	} else {
		go_quote_add(b, s, f->plus);
	}
	format_pad(f, buf_str(b));
}

bool format_text(struct format *f, struct str s, uint32_t verb)
{
	switch (verb) {
	case 'v':
		if (f->sharp_v)
			add_quoted(f, s, false);
		else
			format_pad(f, cut(f, s));
		return true;
	case 's': format_pad(f, cut(f, s)); return true;
	case 'x':
	case 'X': add_hex(f, s, verb == 'X'); return true;
	case 'q': add_quoted(f, s, f->sharp); return true;
	default: return false;
	}
}
