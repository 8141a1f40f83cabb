/*
 * printf: Go's fmt.Sprintf with the two relaxations of SPEC 4.8. Flags, width and precision go
 * down into lists and maps, item by item, as in Go.
 */
#include "lang/template_exec.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "lang/go_float.h"
#include "lang/go_quote.h"
#include "lang/rfc3339.h"
#include "lang/unicode.h"

enum { NUMBER_MAX = 1000000 }; /* widths and precisions, SPEC 4.10 */

struct format {
	struct buf *b;
	struct buf piece; /* one operand, before it is padded */
	bool sharp, zero, plus, minus, space;
	bool sharp_v; /* %#v: '#' means something else there */
	bool has_width, has_precision;
	int width, precision;
};

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

static void pad_text(struct format *f, struct str s)
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

static bool add_integer_verb(struct format *f, int64_t v, uint32_t verb)
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
		pad_text(f, buf_str(b));
		return true;
	case 'q':
		go_quote_add_point(piece(f), point, f->plus);
		pad_text(f, buf_str(b));
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
		pad_text(f, str_from(number, 1));
	} else if (pad_char(f) == '0' && f->has_width && f->width > (int)number.len) {
		buf_addc(f->b, number.ptr[0]);
		add_repeated(f, '0', f->width - (int64_t)number.len);
		buf_add(f->b, str_from(number, 1));
	} else {
		pad_text(f, number);
	}
}

static bool add_float_verb(struct format *f, double d, uint32_t verb)
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
	pad_text(f, buf_str(b));
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
	pad_text(f, buf_str(b));
}

static bool add_text_verb(struct format *f, struct str s, uint32_t verb)
{
	switch (verb) {
	case 'v':
		if (f->sharp_v)
			add_quoted(f, s, false);
		else
			pad_text(f, cut(f, s));
		return true;
	case 's': pad_text(f, cut(f, s)); return true;
	case 'x':
	case 'X': add_hex(f, s, verb == 'X'); return true;
	case 'q': add_quoted(f, s, f->sharp); return true;
	default: return false;
	}
}

/* ---- values */

static bool add_value(struct format *f, const struct value *v, uint32_t verb, unsigned depth);

/* %!d(string=abc) */
static bool add_mismatch(struct format *f, const struct value *v, uint32_t verb)
{
	bool fine = true;

	buf_adds(f->b, "%!");
	utf8_add(f->b, verb);
	buf_addc(f->b, '(');
	if (v->kind == VALUE_NIL) {
		buf_adds(f->b, "<nil>");
	} else {
		buf_adds(f->b, go_type(v->kind));
		buf_addc(f->b, '=');
		fine = add_value(f, v, 'v', 1);
	}
	buf_addc(f->b, ')');
	return fine;
}

static bool add_list(struct format *f, const struct value_list *list, uint32_t verb,
		     unsigned depth)
{
	bool fine = depth < TEMPLATE_VALUE_DEPTH;

	buf_addc(f->b, '[');
	for (size_t i = 0; i < list->count && fine && !f->b->full; i++) {
		if (i)
			buf_addc(f->b, ' ');
		fine = add_value(f, &list->items[i], verb, depth + 1);
	}
	buf_addc(f->b, ']');
	return fine;
}

static bool add_map(struct format *f, const struct value_map *map, uint32_t verb,
		    unsigned depth)
{
	bool fine = depth < TEMPLATE_VALUE_DEPTH;

	buf_adds(f->b, "map[");
	for (size_t i = 0; i < map->count && fine && !f->b->full; i++) {
		const struct value_entry *e = &map->entries[map->sorted[i]];
		struct value key = value_str(e->key);

		if (i)
			buf_addc(f->b, ' ');
		fine = add_value(f, &key, verb, depth + 1);
		buf_addc(f->b, ':');
		fine = fine && add_value(f, &e->value, verb, depth + 1);
	}
	buf_addc(f->b, ']');
	return fine;
}

/* SPEC 4.8: at the top %d takes 2.0 and %f %e %g take 2. */
static bool add_relaxed(struct format *f, const struct value *v, uint32_t verb)
{
	double d;

	if (v->kind == VALUE_INT && verb < 0x80 && strchr("feEgGF", (int)verb))
		return add_float_verb(f, (double)v->integer, verb);
	if (v->kind != VALUE_FLOAT || verb != 'd')
		return false;
	d = v->real.number;
	if (d != trunc(d) || d < -0x1p63 || d >= 0x1p63)
		return false;
	add_integer(f, (int64_t)d, 10, 'd');
	return true;
}

static bool add_time(struct format *f, const struct value *v, uint32_t verb)
{
	AUTO_BUF text = BUF(64);
	bool sharp_v = f->sharp_v, known;

	rfc3339_add(&text, v->time.seconds);
	f->sharp_v = false;
	known = add_text_verb(f, buf_str(&text), verb);
	f->sharp_v = sharp_v;
	return known;
}

/* False when it is nested too deep. depth 0 is an argument of printf. */
static bool add_value(struct format *f, const struct value *v, uint32_t verb, unsigned depth)
{
	bool known = false;

	if (depth == 0 && add_relaxed(f, v, verb))
		return true;
	switch (v->kind) {
	case VALUE_NIL:
		if (depth > 0) {
			buf_adds(f->b, "<nil>");
			return true;
		}
		known = verb == 'v';
		if (known)
			pad_text(f, STR("<nil>"));
		break;
	case VALUE_BOOL:
		known = verb == 't' || verb == 'v';
		if (known)
			pad_text(f, v->boolean ? STR("true") : STR("false"));
		break;
	case VALUE_INT: known = add_integer_verb(f, v->integer, verb); break;
	case VALUE_FLOAT: known = add_float_verb(f, v->real.number, verb); break;
	case VALUE_STR: known = add_text_verb(f, v->string.text, verb); break;
	case VALUE_TIME: known = add_time(f, v, verb); break;
	case VALUE_LIST: f->sharp_v = false; return add_list(f, &v->list, verb, depth);
	case VALUE_MAP: f->sharp_v = false; return add_map(f, &v->map, verb, depth);
	}
	return known || add_mismatch(f, v, verb);
}

/* ---- the format */

struct cursor {
	struct str format;
	size_t i;
	const struct value *args;
	size_t count, next;
	bool reordered; /* [n] was used */
	bool good;	/* the [n] of this verb is an argument */
	bool indexed;	/* the last thing read is a [n] */
};

static char at(const struct cursor *c)
{
	return c->i < c->format.len ? c->format.ptr[c->i] : '\0';
}

/* Digits; more than NUMBER_MAX gives *ret_over. */
static bool read_number(struct cursor *c, int *ret, bool *ret_over)
{
	size_t from = c->i;

	*ret = 0;
	*ret_over = false;
	for (; at(c) >= '0' && at(c) <= '9'; c->i++) {
		if (*ret <= NUMBER_MAX)
			*ret = *ret * 10 + (at(c) - '0');
		*ret_over = *ret > NUMBER_MAX;
	}
	return c->i > from;
}

/* [n]: the next verb takes that argument. */
static void read_index(struct cursor *c)
{
	size_t end = str_chr(c->format, ']', c->i + 1);
	bool over, number;
	int n;

	c->indexed = false;
	if (at(c) != '[')
		return;
	c->reordered = true;
	if (end == STR_NONE || c->format.len - c->i < 3) {
		c->good = false;
		c->i++;
		return;
	}
	c->i++;
	number = read_number(c, &n, &over) && c->i == end;
	c->i = end + 1;
	c->indexed = number && !over;
	if (number && !over && n >= 1 && (size_t)n <= c->count)
		c->next = (size_t)n - 1;
	else
		c->good = false;
}

/* '*' takes an integer argument. */
static bool star(struct cursor *c, int *ret)
{
	const struct value *v = c->next < c->count ? &c->args[c->next] : NULL;

	*ret = 0;
	if (v)
		c->next++;
	if (!v || v->kind != VALUE_INT || v->integer > NUMBER_MAX || v->integer < -NUMBER_MAX)
		return false;
	*ret = (int)v->integer;
	return true;
}

static void read_flags(struct format *f, struct cursor *c)
{
	f->sharp = f->zero = f->plus = f->minus = f->space = f->sharp_v = false;
	for (;; c->i++) {
		switch (at(c)) {
		case '#': f->sharp = true; break;
		case '0': f->zero = true; break;
		case '+': f->plus = true; break;
		case '-': f->minus = true; break;
		case ' ': f->space = true; break;
		default: return;
		}
	}
}

static void read_width(struct format *f, struct cursor *c)
{
	bool over = false;

	f->width = 0;
	if (at(c) == '*') {
		c->i++;
		f->has_width = star(c, &f->width);
		over = !f->has_width;
		c->indexed = false;
		if (f->width < 0) {
			f->width = -f->width;
			f->minus = true;
			f->zero = false;
		}
	} else {
		f->has_width = read_number(c, &f->width, &over);
		if (c->indexed && f->has_width)
			c->good = false;
	}
	if (over) {
		buf_adds(f->b, "%!(BADWIDTH)");
		f->has_width = false;
	}
}

static void read_precision(struct format *f, struct cursor *c)
{
	bool over = false;

	f->precision = 0;
	f->has_precision = false;
	if (at(c) != '.' || c->i + 1 >= c->format.len)
		return;
	c->i++;
	if (c->indexed)
		c->good = false;
	read_index(c);
	f->has_precision = true;
	if (at(c) == '*') {
		c->i++;
		f->has_precision = star(c, &f->precision) && f->precision >= 0;
		over = !f->has_precision;
		c->indexed = false;
	} else {
		read_number(c, &f->precision, &over);
	}
	if (over) {
		buf_adds(f->b, "%!(BADPREC)");
		f->has_precision = false;
	}
}

/* Behind a '%'. False when a value is nested too deep. */
static bool add_verb(struct format *f, struct cursor *c)
{
	uint32_t verb;
	size_t n;

	c->good = true;
	read_flags(f, c);
	read_index(c);
	read_width(f, c);
	read_precision(f, c);
	if (!c->indexed)
		read_index(c);
	if (c->i >= c->format.len) {
		buf_adds(f->b, "%!(NOVERB)");
		return true;
	}
	verb = utf8_decode(str_from(c->format, c->i), &n, NULL);
	c->i += n;
	if (verb == '%') {
		buf_addc(f->b, '%');
		return true;
	}
	if (!c->good || c->next >= c->count) {
		buf_adds(f->b, "%!");
		utf8_add(f->b, verb);
		buf_adds(f->b, c->good ? "(MISSING)" : "(BADINDEX)");
		return true;
	}
	if (verb == 'v' || verb == 'w') {
		f->sharp_v = f->sharp;
		f->sharp = f->plus = false;
	}
	return add_value(f, &c->args[c->next++], verb, 0);
}

static bool add_extra(struct format *f, const struct cursor *c)
{
	bool fine = true;

	*f = (struct format){.b = f->b, .piece = f->piece};
	buf_adds(f->b, "%!(EXTRA ");
	for (size_t i = c->next; i < c->count && fine; i++) {
		const struct value *v = &c->args[i];

		if (i > c->next)
			buf_adds(f->b, ", ");
		if (v->kind == VALUE_NIL) {
			buf_adds(f->b, "<nil>");
			continue;
		}
		buf_adds(f->b, go_type(v->kind));
		buf_addc(f->b, '=');
		fine = add_value(f, v, 'v', 0);
	}
	buf_addc(f->b, ')');
	return fine;
}

enum fail func_printf(struct exec *x, const struct value *args, size_t count, struct value *ret)
{
	struct format f = {.b = text_begin(x), .piece = BUF(0)};
	struct cursor c = {.args = args + 1, .count = count - 1};
	bool fine = true;

	c.format = args[0].string.text;
	while (fine && c.i < c.format.len && !f.b->full) {
		size_t percent = str_chr(c.format, '%', c.i);

		buf_add(f.b, str_sub(c.format, c.i, percent));
		if (percent == STR_NONE)
			break;
		c.i = percent + 1;
		fine = add_verb(&f, &c);
	}
	if (fine && !c.reordered && c.next < c.count)
		fine = add_extra(&f, &c);
	buf_release(&f.piece);
	return fine ? text_end(x, ret) : exec_limit(x, "depth");
}
