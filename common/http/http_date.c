#include "http/http_date.h"

#include <stdio.h>

#include "lang/civil.h"

static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char *const long_days[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
					 "Thursday", "Friday", "Saturday"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
				   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

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

static bool take_time(struct str *s, struct civil *d)
{
	return take_digits(s, 2, &d->hour) && take(s, ":") && take_digits(s, 2, &d->minute) &&
	       take(s, ":") && take_digits(s, 2, &d->second);
}

static bool take_year(struct str *s, struct civil *d)
{
	int y;

	if (!take_digits(s, 4, &y))
		return false;
	d->year = y;
	return true;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static bool imf_date(struct str s, struct civil *d)
{
	return take(&s, ", ") && take_digits(&s, 2, &d->day) && take(&s, " ") &&
	       take_month(&s, &d->month) && take(&s, " ") && take_year(&s, d) &&
	       take(&s, " ") && take_time(&s, d) && str_is(s, " GMT");
}

/* "Sun Nov  6 08:49:37 1994" */
static bool asctime_date(struct str s, struct civil *d)
{
	if (!take(&s, " ") || !take_month(&s, &d->month) || !take(&s, " "))
		return false;
	if (!take_digits(&s, 2, &d->day) && !(take(&s, " ") && take_digits(&s, 1, &d->day)))
		return false;
	return take(&s, " ") && take_time(&s, d) && take(&s, " ") && take_year(&s, d) &&
	       s.len == 0;
}

/* "Sunday, 06-Nov-94 08:49:37 GMT"; RFC 9110 5.6.7 says which century. */
static bool rfc850_date(struct str s, int64_t now_s, struct civil *d)
{
	int64_t now_year = civil_of(now_s).year;
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
	struct civil d = {0};
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
	    d.day < 1 || d.day > civil_month_days(d.year, d.month))
		return false;
	*ret_s = civil_seconds(&d);
	return true;
}

const char *http_date_text(int64_t s, char out[HTTP_DATE_BYTES])
{
	struct civil d = civil_of(s);
	int week = civil_weekday(civil_days(d.year, d.month, d.day));

	snprintf(out, HTTP_DATE_BYTES, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[week],
		 d.day % 100, months[d.month - 1], (int)(d.year % 10000), d.hour, d.minute,
		 d.second);
	return out;
}
