/*
 * printf: Go's fmt.Sprintf with the two relaxations of SPEC 4.8. Flags, width and precision go
 * down into lists and maps, item by item, as in Go.
 */
#include "lang/template_exec.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "lang/rfc3339.h"
#include "lang/template_format.h"

enum {
	NUMBER_MAX = 1000000, /* widths and precisions, SPEC 4.10 */
	VERB_WORK = 100,      /* for a byte of the format: it may print without adding a text */
};

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
		return format_float(f, (double)v->integer, verb);
	if (v->kind != VALUE_FLOAT || verb != 'd')
		return false;
	d = v->real.number;
	if (d != trunc(d) || d < -0x1p63 || d >= 0x1p63)
		return false;
	return format_integer(f, (int64_t)d, 'd');
}

static bool add_time(struct format *f, const struct value *v, uint32_t verb)
{
	AUTO_BUF text = BUF(64);
	bool sharp_v = f->sharp_v, known;

	rfc3339_add(&text, v->time.seconds);
	f->sharp_v = false;
	known = format_text(f, buf_str(&text), verb);
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
			format_pad(f, STR("<nil>"));
		break;
	case VALUE_BOOL:
		known = verb == 't' || verb == 'v';
		if (known)
			format_pad(f, v->boolean ? STR("true") : STR("false"));
		break;
	case VALUE_INT: known = format_integer(f, v->integer, verb); break;
	case VALUE_FLOAT: known = format_float(f, v->real.number, verb); break;
	case VALUE_STR: known = format_text(f, v->string.text, verb); break;
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
	bool no_end;	/* there is no ']' any more */
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
	bool over, number;
	size_t end;
	int n;

	c->indexed = false;
	if (at(c) != '[')
		return;
	c->reordered = true;
	end = c->no_end ? STR_NONE : str_chr(c->format, ']', c->i + 1);
	c->no_end = end == STR_NONE;
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
	enum fail failed = exec_work(x, VERB_WORK * args[0].string.text.len);
	bool fine = true;

	for (size_t i = 1; i < count && !failed; i++)
		failed = exec_weigh(x, &args[i]);
	if (failed)
		return failed;
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
