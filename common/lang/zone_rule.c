#include "lang/zone_rule.h"

#include "lang/civil.h"

static bool take_char(struct str *s, char c)
{
	if (s->len == 0 || s->ptr[0] != c)
		return false;
	*s = str_from(*s, 1);
	return true;
}

static bool take_number(struct str *s, int min, int max, int *ret)
{
	int v = 0;
	size_t n = 0;

	for (; n < s->len && n < 3 && s->ptr[n] >= '0' && s->ptr[n] <= '9'; n++)
		v = v * 10 + (s->ptr[n] - '0');
	*s = str_from(*s, n);
	*ret = v;
	return n > 0 && v >= min && v <= max;
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Three letters or more, or anything of letters, digits and signs in angle brackets. */
static bool take_name(struct str *s, struct str *ret)
{
	bool quoted = take_char(s, '<');
	size_t n = 0;

	for (; n < s->len; n++) {
		char c = s->ptr[n];

		if (!is_letter(c) &&
		    !(quoted && (c == '+' || c == '-' || (c >= '0' && c <= '9'))))
			break;
	}
	*ret = str_sub(*s, 0, n);
	*s = str_from(*s, n);
	return n >= 3 && (!quoted || take_char(s, '>'));
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(struct str *s, int max_hours, int32_t *ret_seconds)
{
	bool negative = take_char(s, '-');
	int h, m = 0, sec = 0;

	if (!negative)
		take_char(s, '+');
	if (!take_number(s, 0, max_hours, &h))
		return false;
	if (take_char(s, ':')) {
		if (!take_number(s, 0, 59, &m))
			return false;
		if (take_char(s, ':') && !take_number(s, 0, 59, &sec))
			return false;
	}
	*ret_seconds = (negative ? -1 : 1) * (h * 3600 + m * 60 + sec);
	return true;
}

static bool take_day(struct str *s, struct zone_day *ret)
{
	struct zone_day d = {.seconds = 2 * 3600};

	if (!take_char(s, ','))
		return false;
	if (take_char(s, 'M')) {
		d.kind = DAY_OF_WEEK;
		if (!take_number(s, 1, 12, &d.month) || !take_char(s, '.') ||
		    !take_number(s, 1, 5, &d.week) || !take_char(s, '.') ||
		    !take_number(s, 0, 6, &d.day))
			return false;
	} else if (take_char(s, 'J')) {
		d.kind = DAY_JULIAN;
		if (!take_number(s, 1, 365, &d.day))
			return false;
	} else {
		d.kind = DAY_OF_YEAR;
		if (!take_number(s, 0, 365, &d.day))
			return false;
	}
	if (take_char(s, '/') && !take_time(s, 167, &d.seconds))
		return false;
	*ret = d;
	return true;
}

bool zone_rule_parse(struct str text, struct zone_rule *ret)
{
	struct zone_rule r = {.summer = {.dst = true}};
	int32_t west;

	if (!take_name(&text, &r.standard.name) || !take_time(&text, 24, &west))
		return false;
	r.standard.seconds = -west;
	if (text.len) {
		r.has_summer = true;
		r.summer.seconds = r.standard.seconds + 3600;
		if (!take_name(&text, &r.summer.name))
			return false;
		if (text.len && text.ptr[0] != ',') {
			if (!take_time(&text, 24, &west))
				return false;
			r.summer.seconds = -west;
		}
		if (!take_day(&text, &r.start) || !take_day(&text, &r.end) || text.len)
			return false;
	}
	*ret = r;
	return true;
}

/* Local seconds of the day and time in a year, as if there were no offset. */
static int64_t local_in_year(const struct zone_day *d, int64_t year)
{
	int64_t days = civil_days(year, 1, 1);

	switch (d->kind) {
	case DAY_JULIAN: /* 29 February is never counted */
		days += d->day - 1 + (civil_leap(year) && d->day > 59);
		break;
	case DAY_OF_YEAR: days += d->day; break;
	case DAY_OF_WEEK: {
		int64_t first = civil_days(year, d->month, 1);
		int day = (d->day - civil_weekday(first) + 7) % 7 + 7 * (d->week - 1);

		/* Week 5 is the last one that the month has. */
		while (day >= civil_month_days(year, d->month))
			day -= 7;
		days = first + day;
		break;
	}
	}
	return days * SECONDS_PER_DAY + d->seconds;
}

void zone_rule_changes(const struct zone_rule *r, int64_t year, struct zone_change ret[2])
{
	struct zone_change start = {local_in_year(&r->start, year) - r->standard.seconds, true};
	struct zone_change end = {local_in_year(&r->end, year) - r->summer.seconds, false};
	bool start_first = start.at < end.at;

	ret[0] = start_first ? start : end;
	ret[1] = start_first ? end : start;
}

struct zone_offset zone_rule_at(const struct zone_rule *r, int64_t utc_seconds)
{
	int64_t year = civil_of(utc_seconds).year;
	bool summer = false;
	int64_t latest = INT64_MIN;

	if (!r->has_summer)
		return r->standard;
	/* Times of a day may reach a week into another year. */
	for (int64_t y = year - 2; y <= year + 1; y++) {
		struct zone_change c[2];

		zone_rule_changes(r, y, c);
		for (size_t i = 0; i < 2; i++)
			if (c[i].at <= utc_seconds &&
			    (c[i].at > latest || (c[i].at == latest && c[i].to_summer))) {
				latest = c[i].at;
				summer = c[i].to_summer;
			}
	}
	return summer ? r->summer : r->standard;
}
