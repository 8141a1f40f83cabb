#include "lang/civil.h"

/*
 * Years are counted from March, so that the leap day is the last day of its year, and in eras of
 * 400 years, which all have the same number of days.
 */
enum { DAYS_PER_ERA = 146097, DAYS_BEFORE_1970 = 719468 }; /* from 0000-03-01 */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

bool civil_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int civil_month_days(int64_t year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && civil_leap(year));
}

/* Days from 1 March to the first day of the month that is m months after March. */
static int days_before(int m)
{
	return (153 * m + 2) / 5;
}

int64_t civil_days(int64_t year, int month, int day)
{
	int64_t y = year - (month <= 2), era = floor_div(y, 400), of_era = y - era * 400;
	int64_t of_year = days_before((month + 9) % 12) + day - 1;

	return era * DAYS_PER_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
	       DAYS_BEFORE_1970;
}

int civil_weekday(int64_t days)
{
	int64_t w = (days + 4) % 7; /* 1970-01-01 was a Thursday */

	return (int)(w < 0 ? w + 7 : w);
}

int civil_yearday(int64_t year, int month, int day)
{
	return (int)(civil_days(year, month, day) - civil_days(year, 1, 1)) + 1;
}

struct civil civil_of(int64_t seconds)
{
	int64_t days = floor_div(seconds, SECONDS_PER_DAY), z = days + DAYS_BEFORE_1970;
	int64_t era = floor_div(z, DAYS_PER_ERA), of_era = z - era * DAYS_PER_ERA;
	/* The last day of 4, 100 and 400 years is a leap day or its absence. */
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int of_year = (int)(of_era - (365 * year + year / 4 - year / 100));
	int m = (5 * of_year + 2) / 153, clock = (int)(seconds - days * SECONDS_PER_DAY);
	struct civil c = {
		.month = m < 10 ? m + 3 : m - 9,
		.day = of_year - days_before(m) + 1,
		.hour = clock / 3600,
		.minute = clock / 60 % 60,
		.second = clock % 60,
	};

	c.year = year + era * 400 + (c.month <= 2);
	return c;
}

int64_t civil_seconds(const struct civil *c)
{
	return civil_days(c->year, c->month, c->day) * SECONDS_PER_DAY + c->hour * 3600 +
	       c->minute * 60 + c->second;
}
