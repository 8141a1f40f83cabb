/*
 * Inside of the time zones: the POSIX TZ rule in the footer of a TZif file (RFC 8536 section
 * 3.3), "CET-1CEST,M3.5.0,M10.5.0/3".
 */
#ifndef ARK_LANG_ZONE_RULE_H
#define ARK_LANG_ZONE_RULE_H

#include "lang/zone.h"

/* A day of each year and the local time on it. */
struct zone_day {
	enum { DAY_JULIAN, DAY_OF_YEAR, DAY_OF_WEEK } kind; /* Jn, n, Mm.w.d */
	int month, week, day;
	int32_t seconds; /* from midnight: -167 to 167 hours */
};

struct zone_rule {
	struct zone_offset standard, summer;
	bool has_summer;
	struct zone_day start, end; /* of summer: in standard time, in summer time */
};

/* The whole text. Names are borrowed from it. */
bool zone_rule_parse(struct str text, struct zone_rule *ret);

/* The two changes of a year in the order of time. Of two at one instant the start counts, so it
 * stands second. */
struct zone_change {
	int64_t at;
	bool to_summer;
};
void zone_rule_changes(const struct zone_rule *r, int64_t year, struct zone_change ret[2]);

/* What holds at an instant. */
struct zone_offset zone_rule_at(const struct zone_rule *r, int64_t utc_seconds);

#endif
