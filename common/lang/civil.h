/*
 * The proleptic Gregorian calendar and the clock of a day, without libc: no zone, no globals.
 *
 * Seconds count from 1970-01-01T00:00:00 and have no leap seconds. All functions are exact for
 * the years -292 000 000 to 292 000 000; inputs outside are the caller's mistake.
 */
#ifndef ARK_LANG_CIVIL_H
#define ARK_LANG_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

enum { SECONDS_PER_DAY = 86400 };

struct civil {
	int64_t year;
	int month; /* 1-12 */
	int day;   /* 1-31 */
	int hour, minute, second;
};

bool civil_leap(int64_t year);
int civil_month_days(int64_t year, int month);

/* Days from 1970-01-01 to this date. The day may lie outside its month: it counts on. */
int64_t civil_days(int64_t year, int month, int day);
/* 0 = Sunday, of a number of days since 1970-01-01. */
int civil_weekday(int64_t days);
/* 1 to 366 */
int civil_yearday(int64_t year, int month, int day);

/* Date and clock of an instant; add a zone's offset first to get local time. */
struct civil civil_of(int64_t seconds);
/* The way back. */
int64_t civil_seconds(const struct civil *c);

#endif
