#include "lang/rfc3339.h"

#include "lang/civil.h"

/* Takes exactly n digits off *s. */
static bool take_digits(struct str *s, size_t n, int *ret)
{
	int v = 0;

	if (s->len < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s->ptr[i] < '0' || s->ptr[i] > '9')
			return false;
		v = v * 10 + (s->ptr[i] - '0');
	}
	*s = str_from(*s, n);
	*ret = v;
	return true;
}

static bool take_char(struct str *s, char c)
{
	if (s->len == 0 || s->ptr[0] != c)
		return false;
	*s = str_from(*s, 1);
	return true;
}

static bool take_fraction(struct str *s, int32_t *ret_nanos)
{
	int32_t nanos = 0, unit = 100000000;
	size_t n = 0;

	for (; n < s->len && s->ptr[n] >= '0' && s->ptr[n] <= '9'; n++, unit /= 10)
		nanos += (s->ptr[n] - '0') * unit;
	*s = str_from(*s, n);
	*ret_nanos = nanos;
	return n > 0;
}

/* Z or +hh:mm: hours to 23, minutes to 59 */
static bool take_offset(struct str *s, int *ret_seconds)
{
	bool west;
	int h, m;

	if (take_char(s, 'Z')) {
		*ret_seconds = 0;
		return true;
	}
	west = take_char(s, '-');
	if ((!west && !take_char(s, '+')) || !take_digits(s, 2, &h) || !take_char(s, ':') ||
	    !take_digits(s, 2, &m) || h > 23 || m > 59)
		return false;
	*ret_seconds = (west ? -1 : 1) * (h * 3600 + m * 60);
	return true;
}

static bool parse(struct str s, int64_t *ret_seconds, int32_t *ret_nanos)
{
	struct civil c;
	int year, offset;
	int32_t nanos = 0;

	if (!take_digits(&s, 4, &year) || !take_char(&s, '-') ||
	    !take_digits(&s, 2, &c.month) || !take_char(&s, '-') ||
	    !take_digits(&s, 2, &c.day) || !take_char(&s, 'T') ||
	    !take_digits(&s, 2, &c.hour) || !take_char(&s, ':') ||
	    !take_digits(&s, 2, &c.minute) || !take_char(&s, ':') ||
	    !take_digits(&s, 2, &c.second))
		return false;
	if (take_char(&s, '.') && !take_fraction(&s, &nanos))
		return false;
	if (!take_offset(&s, &offset) || s.len)
		return false;
	c.year = year;
	if (c.month < 1 || c.month > 12 || c.day < 1 ||
	    c.day > civil_month_days(year, c.month) || c.hour > 23 || c.minute > 59 ||
	    c.second > 59)
		return false;
	*ret_seconds = civil_seconds(&c) - offset;
	if (ret_nanos)
		*ret_nanos = nanos;
	return true;
}

enum fail rfc3339_parse(struct str text, int64_t *ret_seconds, int32_t *ret_nanos,
			struct why *why)
{
	if (parse(text, ret_seconds, ret_nanos))
		return FAIL_NONE;
	return failf(why, FAIL_INPUT, "'%.*s' is no time such as 2026-03-30T08:00:00Z",
		     STR_ARG(str_sub(text, 0, 64)));
}

void rfc3339_add_nanos(struct buf *b, int64_t seconds, int32_t nanos, int32_t offset)
{
	static const int64_t first = INT64_C(-62167219200), last = INT64_C(253402300799);
	int64_t local = seconds < first ? first : seconds > last ? last : seconds;
	int minutes = (offset < 0 ? -offset : offset) / 60;
	struct civil c;

	/* The offset may carry the local time out of the years again. */
	local += offset;
	local = local < first ? first : local > last ? last : local;
	c = civil_of(local);
	buf_addf(b, "%04d-%02d-%02dT%02d:%02d:%02d", (int)c.year, c.month, c.day, c.hour,
		 c.minute, c.second);
	if (nanos) {
		char digits[] = ".000000000";
		size_t n = sizeof(digits) - 1;

		for (size_t i = n - 1; i > 0; i--, nanos /= 10)
			digits[i] = (char)('0' + nanos % 10);
		while (digits[n - 1] == '0')
			n--;
		buf_add(b, str_n(digits, n));
	}
	if (offset == 0)
		buf_addc(b, 'Z');
	else
		buf_addf(b, "%c%02d:%02d", offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

void rfc3339_add_offset(struct buf *b, int64_t seconds, int32_t offset)
{
	rfc3339_add_nanos(b, seconds, 0, offset);
}

void rfc3339_add(struct buf *b, int64_t seconds)
{
	rfc3339_add_nanos(b, seconds, 0, 0);
}
