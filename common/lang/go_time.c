#include "lang/go_time.h"

#include <stdlib.h>

#include "lang/civil.h"

static const char *const months[] = {
	"January", "February", "March",	    "April",   "May",	   "June",
	"July",	   "August",   "September", "October", "November", "December",
};

static const char *const days[] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
};

enum { SHORT_NAME = 3 };

enum element {
	LONG_MONTH,
	SHORT_MONTH,
	MONTH,
	MONTH_2,
	LONG_DAY,
	SHORT_DAY,
	DAY,
	DAY_BLANK,
	DAY_2,
	YEAR_DAY_BLANK,
	YEAR_DAY_3,
	HOUR,
	HOUR_12,
	HOUR_12_2,
	MINUTE,
	MINUTE_2,
	SECOND,
	SECOND_2,
	YEAR,
	YEAR_2,
	UPPER_PM,
	LOWER_PM,
	ZONE_NAME,
	OFFSET, /* -07 and its longer forms, with Z instead of zero or without */
};

/* In this order the first that fits is taken. A short name goes not before a small letter. */
static const struct {
	struct str text;
	enum element element;
} elements[] = {
	{STR_INIT("January"), LONG_MONTH},
	{STR_INIT("Jan"), SHORT_MONTH},
	{STR_INIT("Monday"), LONG_DAY},
	{STR_INIT("Mon"), SHORT_DAY},
	{STR_INIT("MST"), ZONE_NAME},
	{STR_INIT("01"), MONTH_2},
	{STR_INIT("02"), DAY_2},
	{STR_INIT("03"), HOUR_12_2},
	{STR_INIT("04"), MINUTE_2},
	{STR_INIT("05"), SECOND_2},
	{STR_INIT("06"), YEAR_2},
	{STR_INIT("002"), YEAR_DAY_3},
	{STR_INIT("15"), HOUR},
	{STR_INIT("1"), MONTH},
	{STR_INIT("2006"), YEAR},
	{STR_INIT("2"), DAY},
	{STR_INIT("_2"), DAY_BLANK},
	{STR_INIT("__2"), YEAR_DAY_BLANK},
	{STR_INIT("3"), HOUR_12},
	{STR_INIT("4"), MINUTE},
	{STR_INIT("5"), SECOND},
	{STR_INIT("PM"), UPPER_PM},
	{STR_INIT("pm"), LOWER_PM},
	{STR_INIT("-070000"), OFFSET},
	{STR_INIT("-07:00:00"), OFFSET},
	{STR_INIT("-0700"), OFFSET},
	{STR_INIT("-07:00"), OFFSET},
	{STR_INIT("-07"), OFFSET},
	{STR_INIT("Z070000"), OFFSET},
	{STR_INIT("Z07:00:00"), OFFSET},
	{STR_INIT("Z0700"), OFFSET},
	{STR_INIT("Z07:00"), OFFSET},
	{STR_INIT("Z07"), OFFSET},
};

struct moment {
	struct civil local;
	int64_t day; /* since 1970 */
	int32_t nanos, offset;
	struct str zone_name;
};

static void add_padded(struct buf *b, int64_t n, int width)
{
	char digits[20];
	size_t at = sizeof(digits);

	for (uint64_t u = (uint64_t)llabs((long long)n); u || width > 0; u /= 10, width--)
		digits[--at] = (char)('0' + u % 10);
	if (n < 0)
		buf_addc(b, '-');
	buf_add(b, str_n(digits + at, sizeof(digits) - at));
}

/* The form of the layout says what is written: Z for zero, colons, minutes, seconds. */
static void add_offset(struct buf *b, struct str form, int32_t offset)
{
	const char *colon = str_chr(form, ':', 0) == STR_NONE ? "" : ":";
	size_t digits = form.len - 1;
	int32_t all = abs(offset);

	if (form.ptr[0] == 'Z' && offset == 0) {
		buf_addc(b, 'Z');
		return;
	}
	/* Go tells the sign from the whole minutes */
	buf_addf(b, "%c%02d", offset / 60 < 0 ? '-' : '+', all / 3600);
	if (digits > 2)
		buf_addf(b, "%s%02d", colon, all / 60 % 60);
	if (digits > 5)
		buf_addf(b, "%s%02d", colon, all % 60);
}

static int hour_12(const struct civil *c)
{
	return c->hour % 12 ? c->hour % 12 : 12;
}

static void add_element(struct buf *b, enum element e, struct str form, const struct moment *m)
{
	const struct civil *c = &m->local;
	const char *month = months[c->month - 1], *day = days[civil_weekday(m->day)];
	int year_day = civil_yearday(c->year, c->month, c->day);

	switch (e) {
	case LONG_MONTH: buf_adds(b, month); break;
	case SHORT_MONTH: buf_add(b, str_n(month, SHORT_NAME)); break;
	case MONTH: buf_addi(b, c->month); break;
	case MONTH_2: add_padded(b, c->month, 2); break;
	case LONG_DAY: buf_adds(b, day); break;
	case SHORT_DAY: buf_add(b, str_n(day, SHORT_NAME)); break;
	case DAY: buf_addi(b, c->day); break;
	case DAY_BLANK: buf_addf(b, "%2d", c->day); break;
	case DAY_2: add_padded(b, c->day, 2); break;
	case YEAR_DAY_BLANK: buf_addf(b, "%3d", year_day); break;
	case YEAR_DAY_3: add_padded(b, year_day, 3); break;
	case HOUR: add_padded(b, c->hour, 2); break;
	case HOUR_12: buf_addi(b, hour_12(c)); break;
	case HOUR_12_2: add_padded(b, hour_12(c), 2); break;
	case MINUTE: buf_addi(b, c->minute); break;
	case MINUTE_2: add_padded(b, c->minute, 2); break;
	case SECOND: buf_addi(b, c->second); break;
	case SECOND_2: add_padded(b, c->second, 2); break;
	case YEAR: add_padded(b, c->year, 4); break;
	case YEAR_2: add_padded(b, llabs(c->year) % 100, 2); break;
	case UPPER_PM: buf_adds(b, c->hour >= 12 ? "PM" : "AM"); break;
	case LOWER_PM: buf_adds(b, c->hour >= 12 ? "pm" : "am"); break;
	case ZONE_NAME: buf_add(b, m->zone_name); break;
	case OFFSET: add_offset(b, form, m->offset); break;
	}
}

/* ".000" or ",999": as many digits of the second's fraction; with 9 without trailing zeros.
 * Returns the length of the form, 0 when there is none at i. */
static size_t add_fraction(struct buf *b, struct str layout, size_t i, int32_t nanos)
{
	char digit = i + 1 < layout.len ? layout.ptr[i + 1] : '\0', text[16];
	struct buf number = BUF(sizeof(text));
	size_t end = i + 1, keep;

	if ((layout.ptr[i] != '.' && layout.ptr[i] != ',') || (digit != '0' && digit != '9'))
		return 0;
	while (end < layout.len && layout.ptr[end] == digit)
		end++;
	if (end < layout.len && layout.ptr[end] >= '0' && layout.ptr[end] <= '9')
		return 0;
	buf_addf(&number, "%09d", nanos);
	keep = end - i - 1 < 9 ? end - i - 1 : 9;
	while (digit == '9' && keep > 0 && number.ptr[keep - 1] == '0')
		keep--;
	if (keep > 0) {
		buf_addc(b, layout.ptr[i]);
		buf_add(b, str_sub(buf_str(&number), 0, keep));
	}
	buf_release(&number);
	return end - i;
}

static bool small_letter(struct str s, size_t i)
{
	return i < s.len && s.ptr[i] >= 'a' && s.ptr[i] <= 'z';
}

/* Writes the element at i of the layout. Returns its length there, 0 when there is none. */
static size_t add_next(struct buf *b, struct str layout, size_t i, const struct moment *m)
{
	struct str rest = str_from(layout, i);

	/* "_2006" is a '_' and the year */
	if (str_starts(rest, STR("_2006"))) {
		buf_addc(b, '_');
		add_element(b, YEAR, rest, m);
		return 5;
	}
	for (size_t k = 0; k < sizeof(elements) / sizeof(elements[0]); k++) {
		struct str text = elements[k].text;
		enum element e = elements[k].element;

		if (!str_starts(rest, text))
			continue;
		if ((e == SHORT_MONTH || e == SHORT_DAY) && small_letter(rest, SHORT_NAME))
			continue;
		add_element(b, e, text, m);
		return text.len;
	}
	return add_fraction(b, layout, i, m->nanos);
}

void go_time_add(struct buf *b, struct str layout, int64_t seconds, int32_t nanos,
		 int32_t offset, struct str zone_name)
{
	struct moment m = {
		.local = civil_of(seconds + offset),
		.nanos = nanos,
		.offset = offset,
		.zone_name = zone_name,
	};
	size_t n;

	m.day = civil_days(m.local.year, m.local.month, m.local.day);
	for (size_t i = 0; i < layout.len && !b->full; i += n) {
		n = add_next(b, layout, i, &m);
		if (n == 0) {
			buf_addc(b, layout.ptr[i]);
			n = 1;
		}
	}
}
