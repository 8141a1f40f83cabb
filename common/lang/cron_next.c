#include "lang/civil.h"
#include "lang/cron.h"
#include "lang/rfc3339.h"

enum {
	CALENDAR_YEARS = 400, /* then dates and weekdays repeat */
	LAST_YEAR = 9999,
};

/* CALENDAR_YEARS, and some to spare. */
#define CALENDAR_SECONDS (INT64_C(401) * 366 * SECONDS_PER_DAY)
/* More than any two offsets differ. */
#define OFFSETS_DIFFER (INT64_C(53) * 3600)
#define LARGEST_OFFSET (INT64_C(26) * 3600)

/* --- local time -------------------------------------------------------------------------- */

/* The days of a month that match: bit 1-31. */
static uint32_t matching_days(const struct cron *c, int64_t year, int month)
{
	unsigned first = (unsigned)civil_weekday(civil_days(year, month, 1));
	/* The week as it starts on the first of the month, five times over. */
	uint64_t week = (c->weekdays >> first | c->weekdays << (7 - first)) & 0x7F;
	uint32_t by_week = (uint32_t)((week * UINT64_C(0x10204081)) << 1);
	uint32_t in_month = (uint32_t)((UINT64_C(2) << civil_month_days(year, month)) - 2);

	if (!(c->months >> month & 1))
		return 0;
	return (c->either_day ? c->days | by_week : c->days & by_week) & in_month;
}

/* First minute of the day that matches, at or after the given one. */
static bool next_in_day(const struct cron *c, int hour, int minute, int *ret_minute_of_day)
{
	uint64_t minutes = c->minutes >> minute << minute;
	uint32_t hours = c->hours >> hour << hour;

	if (hours >> hour & 1 && minutes) {
		*ret_minute_of_day = hour * 60 + __builtin_ctzll(minutes);
		return true;
	}
	hours = hour < 23 ? c->hours >> (hour + 1) << (hour + 1) : 0;
	if (!hours)
		return false;
	*ret_minute_of_day = __builtin_ctz(hours) * 60 + __builtin_ctzll(c->minutes);
	return true;
}

/* The first matching minute of the calendar at or after `from`, all in local seconds. */
static bool next_local(const struct cron *c, int64_t from, int64_t *ret)
{
	struct civil at = civil_of(from + (60 - from % 60) % 60);
	int64_t last_year = at.year + CALENDAR_YEARS;
	int minute;
	uint32_t days = matching_days(c, at.year, at.month);

	if (last_year > LAST_YEAR)
		last_year = LAST_YEAR;
	if (at.year > last_year)
		return false;
	if (days >> at.day & 1 && next_in_day(c, at.hour, at.minute, &minute)) {
		*ret = civil_days(at.year, at.month, at.day) * SECONDS_PER_DAY + minute * 60;
		return true;
	}
	days = at.day < 31 ? days >> (at.day + 1) << (at.day + 1) : 0;
	while (!days) {
		at.month++;
		if (at.month > 12) {
			at.month = 1;
			at.year++;
		}
		if (at.year > last_year)
			return false;
		days = matching_days(c, at.year, at.month);
	}
	if (!next_in_day(c, 0, 0, &minute))
		return false;
	*ret = civil_days(at.year, at.month, __builtin_ctz(days)) * SECONDS_PER_DAY +
	       minute * 60;
	return true;
}

/* --- real time (SPEC 12.6) --------------------------------------------------------------- */

/* Slots are the instants at which clocks show a matching minute. Offsets hold for a stretch of
 * time; stretches are looked at one after another. */
static bool next_real(const struct cron *c, const struct zone *z, int64_t after, int64_t *ret)
{
	int64_t from = after + 1, local, slot, change;

	for (;;) {
		int32_t offset = zone_at(z, from).seconds;

		if (!next_local(c, from + offset, &local))
			return false;
		slot = local - offset;
		/* A gap that comes every year may hide every slot. */
		if (slot - after > CALENDAR_SECONDS)
			return false;
		if (!zone_next(z, from, &change) || slot < change) {
			*ret = slot;
			return true;
		}
		/* Soon after `from` clocks may show again what they showed before it. Later they
		 * show nothing that matches until they come near `local`. */
		from = change - from > OFFSETS_DIFFER && slot - OFFSETS_DIFFER > change
			       ? slot - OFFSETS_DIFFER
			       : change;
	}
}

/* The latest that clocks have shown up to an instant: more than they show now when they were set
 * back a short while ago. */
static int64_t latest_shown(const struct zone *z, int64_t at)
{
	int64_t latest = at + zone_at(z, at).seconds, change, before = at;

	while (zone_prev(z, before, &change) && change > at - OFFSETS_DIFFER) {
		int64_t shown = change - 1 + zone_at(z, change - 1).seconds;

		if (shown > latest)
			latest = shown;
		before = change - 1;
	}
	return latest;
}

/* The first instant at which clocks show this local time or a later one: the first pass of what is
 * repeated, the end of the gap for what is skipped. */
static int64_t first_reached(const struct zone *z, int64_t local)
{
	int64_t from = local - LARGEST_OFFSET, change;

	for (;;) {
		int64_t at = local - zone_at(z, from).seconds;

		if (at < from)
			at = from;
		if (!zone_next(z, from, &change) || at < change)
			return at;
		from = change;
	}
}

/* Each matching local minute has one instant; several may share it. */
static bool next_fixed(const struct cron *c, const struct zone *z, int64_t after, int64_t *ret)
{
	int64_t local;

	if (!next_local(c, latest_shown(z, after) + 1, &local))
		return false;
	*ret = first_reached(z, local);
	return true;
}

/* Years 0 to 9999, so that nothing comes near the ends of int64_t. */
#define FIRST_INSTANT INT64_C(-62167219200)
#define LAST_INSTANT INT64_C(253402300799)

bool cron_next(const struct cron *c, const struct zone *z, int64_t after, int64_t *ret_slot)
{
	if (after > LAST_INSTANT)
		return false;
	if (after < FIRST_INSTANT)
		after = FIRST_INSTANT;
	return c->real_time ? next_real(c, z, after, ret_slot)
			    : next_fixed(c, z, after, ret_slot);
}

enum fail cron_check(const struct cron *c, const struct zone *z, int64_t after, struct why *why)
{
	AUTO_BUF text = BUF(64);
	struct civil end;
	int64_t slot;

	after = after < FIRST_INSTANT ? FIRST_INSTANT : after;
	end = civil_of(after > LAST_INSTANT ? LAST_INSTANT : after);
	end.year += CRON_CHECK_YEARS;
	if (cron_next(c, z, after, &slot) && slot <= civil_seconds(&end))
		return FAIL_NONE;
	rfc3339_add(&text, after);
	return failf(why, FAIL_INPUT, "no slot in the %d years after %s", (int)CRON_CHECK_YEARS,
		     buf_cstr(&text));
}
