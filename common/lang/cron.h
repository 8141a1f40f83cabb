/*
 * Cron expressions (SPEC 12.3) and their slots in a time zone (SPEC 12.4, 12.6).
 *
 * An expression is five sets of bits. Finding the next slot steps over whole years, months and
 * days by those bits, so that it takes microseconds also for a slot that is decades away.
 */
#ifndef ARK_LANG_CRON_H
#define ARK_LANG_CRON_H

#include "base/fail.h"
#include "base/str.h"
#include "lang/zone.h"

enum {
	CRON_MAX_BYTES = 1024,
	CRON_CHECK_YEARS = 5, /* an expression needs a slot in this time (SPEC 12.3) */
};

struct cron {
	uint64_t minutes;  /* bit 0-59 */
	uint32_t hours;	   /* bit 0-23 */
	uint32_t days;	   /* bit 1-31 */
	uint32_t months;   /* bit 1-12 */
	uint32_t weekdays; /* bit 0-6, 0 = Sunday */
	bool either_day;   /* both day fields are restricted: one match is enough */
	bool real_time; /* the hour field starts with '*': slots follow real time (SPEC 12.6) */
};

/* The whole text. FAIL_INPUT otherwise, with words that name the field and what is wrong in it. */
enum fail cron_parse(struct str text, struct cron *ret, struct why *why) MUST_CHECK;

/* The first slot after an instant, in UTC seconds (a multiple of 60 unless the zone's offset has
 * seconds). False when there is none, however far away, up to the year 9999. */
bool cron_next(const struct cron *c, const struct zone *z, int64_t after, int64_t *ret_slot);

/* FAIL_INPUT when there is no slot in the CRON_CHECK_YEARS after an instant: InvalidCron. */
enum fail cron_check(const struct cron *c, const struct zone *z, int64_t after,
		     struct why *why) MUST_CHECK;

#endif
