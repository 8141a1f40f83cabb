#include "http/http_date.h"

#include <stdio.h>
#include <string.h>

static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char *const long_days[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
					 "Thursday", "Friday", "Saturday"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
				   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct date {
	int64_t year;
	int month, day, hour, minute, second; /* month and day from 1 */
};

/* Days from 1970-01-01 in the proleptic Gregorian calendar. Years begin in March, so that the
 * leap day is the last; an era is 400 years, 146097 days. */
static int64_t days_of(int64_t year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t era = y / 400, in_era = y - era * 400;
	int64_t in_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static struct date date_of(int64_t s)
{
	int64_t z = s / 86400 + 719468, rest = s % 86400;
	int64_t era, in_era, year, in_year, month;
	struct date d;

	if (rest < 0) {
		rest += 86400;
		z--;
	}
	era = z / 146097;
	in_era = z - era * 146097;
	year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	in_year = in_era - (365 * year + year / 4 - year / 100);
	month = (5 * in_year + 2) / 153;
	d.day = (int)(in_year - (153 * month + 2) / 5 + 1);
	d.month = (int)(month < 10 ? month + 3 : month - 9);
	d.year = year + era * 400 + (d.month <= 2);
	d.hour = (int)(rest / 3600);
	d.minute = (int)(rest / 60 % 60);
	d.second = (int)(rest % 60);
	return d;
}

static int days_in(int64_t year, int month)
{
	static const int in[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return in[month - 1] + (month == 2 && leap);
}

/* --- reading: each takes its part off the front ---------------------------------------------
 */

static bool take(struct str *s, const char *lit)
{
	struct str l = str_of(lit);

	if (!str_starts(*s, l))
		return false;
	*s = str_from(*s, l.len);
	return true;
}

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

static bool take_month(struct str *s, int *ret)
{
	for (int m = 0; m < 12; m++) {
		if (take(s, months[m])) {
			*ret = m + 1;
			return true;
		}
	}
	return false;
}

static bool take_time(struct str *s, struct date *d)
{
	return take_digits(s, 2, &d->hour) && take(s, ":") && take_digits(s, 2, &d->minute) &&
	       take(s, ":") && take_digits(s, 2, &d->second);
}

static bool take_year(struct str *s, struct date *d)
{
	int y;

	if (!take_digits(s, 4, &y))
		return false;
	d->year = y;
	return true;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static bool imf_date(struct str s, struct date *d)
{
	return take(&s, ", ") && take_digits(&s, 2, &d->day) && take(&s, " ") &&
	       take_month(&s, &d->month) && take(&s, " ") && take_year(&s, d) &&
	       take(&s, " ") && take_time(&s, d) && str_is(s, " GMT");
}

/* "Sun Nov  6 08:49:37 1994" */
static bool asctime_date(struct str s, struct date *d)
{
	if (!take(&s, " ") || !take_month(&s, &d->month) || !take(&s, " "))
		return false;
	if (!take_digits(&s, 2, &d->day) && !(take(&s, " ") && take_digits(&s, 1, &d->day)))
		return false;
	return take(&s, " ") && take_time(&s, d) && take(&s, " ") && take_year(&s, d) &&
	       s.len == 0;
}

/* "Sunday, 06-Nov-94 08:49:37 GMT"; RFC 9110 5.6.7 says which century. */
static bool rfc850_date(struct str s, int64_t now_s, struct date *d)
{
	int64_t now_year = date_of(now_s).year;
	int y;

	if (!take(&s, ", ") || !take_digits(&s, 2, &d->day) || !take(&s, "-") ||
	    !take_month(&s, &d->month) || !take(&s, "-") || !take_digits(&s, 2, &y) ||
	    !take(&s, " ") || !take_time(&s, d) || !str_is(s, " GMT"))
		return false;
	d->year = now_year - now_year % 100 + y;
	if (d->year > now_year + 50)
		d->year -= 100;
	return true;
}

bool http_date_parse(struct str s, int64_t now_s, int64_t *ret_s)
{
	struct date d = {0};
	bool ok = false;

	for (int i = 0; i < 7 && !ok; i++) {
		struct str rest = s;

		if (take(&rest, long_days[i]))
			ok = rfc850_date(rest, now_s, &d);
		else if (take(&rest, days[i]))
			ok = imf_date(rest, &d) || asctime_date(rest, &d);
	}
	/* A leap second, 60, is read as the second after it. The day of the week is not checked:
	 * a peer that errs there still means the date. */
	if (!ok || d.year < 1601 || d.hour > 23 || d.minute > 59 || d.second > 60 ||
	    d.day < 1 || d.day > days_in(d.year, d.month))
		return false;
	*ret_s = days_of(d.year, d.month, d.day) * 86400 + d.hour * 3600 + d.minute * 60 +
		 d.second;
	return true;
}

const char *http_date_text(int64_t s, char out[HTTP_DATE_BYTES])
{
	struct date d = date_of(s);
	int64_t day = (s - (s % 86400 + 86400) % 86400) / 86400;
	int week = (int)(((day + 4) % 7 + 7) % 7);

	snprintf(out, HTTP_DATE_BYTES, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[week],
		 d.day % 100, months[d.month - 1], (int)(d.year % 10000), d.hour, d.minute,
		 d.second);
	return out;
}
