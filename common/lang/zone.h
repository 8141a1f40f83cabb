/*
 * IANA time zones, read by ark itself: what libc does with TZ is global and not reentrant.
 *
 * A zone is made from the bytes of a TZif file (RFC 8536, version 2 or later, with the POSIX TZ
 * rule of its footer for the time after the last transition) and never changes afterwards. All
 * instants are seconds since 1970 in UTC.
 */
#ifndef ARK_LANG_ZONE_H
#define ARK_LANG_ZONE_H

#include "base/fail.h"
#include "base/str.h"

struct zone;

struct zone_offset {
	int32_t seconds; /* east of UTC; local time = UTC + seconds */
	bool dst;
	struct str name; /* "CEST"; lives as long as the zone */
};

/* A zone from the bytes of a TZif file; the caller owns it. NULL and words when the bytes are no
 * valid TZif, are of version 1, or count leap seconds. */
struct zone *zone_parse(struct str tzif, struct why *why);
/* Frees it. NULL is fine. Returns NULL. */
struct zone *zone_free(struct zone *z);
/* The one zone that needs no file. Not to be freed. */
const struct zone *zone_utc(void);

/* What clocks show at an instant. */
struct zone_offset zone_at(const struct zone *z, int64_t utc_seconds);
/* The first transition after the instant: *ret_at is the first second of the new offset. A
 * transition changes the offset, the name or the dst flag. False when there is none. */
bool zone_next(const struct zone *z, int64_t after, int64_t *ret_at);
/* The last transition at or before the instant. False when there is none. */
bool zone_prev(const struct zone *z, int64_t at, int64_t *ret_at);

/* --- the zones of the system ------------------------------------------------------------- */

/* Loads each file once and keeps it. For one thread. */
struct zones;
/* dir: where the files are; NULL = /usr/share/zoneinfo. Nothing is read yet. */
struct zones *zones_new(const char *dir);
/* Frees it and every zone that it gave. NULL is fine. Returns NULL. */
struct zones *zones_free(struct zones *zs);
/* The zone of that IANA name ("Europe/Berlin"); "" and "UTC" are zone_utc(). NULL when it is
 * unknown: no such file, no TZif in it, or a name with other characters than letters, digits,
 * '_', '+', '-' and single '/' between them. Lives as long as zs. */
const struct zone *zones_get(struct zones *zs, struct str name);

#endif
