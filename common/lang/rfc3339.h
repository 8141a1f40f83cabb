/* Times as text: RFC 3339 (SPEC 1.3). */
#ifndef ARK_LANG_RFC3339_H
#define ARK_LANG_RFC3339_H

#include "base/buf.h"

/* The whole text "2026-03-30T08:00:00Z", with a fraction of a second or an offset if it has
 * them: seconds since 1970 in UTC and the nanoseconds after them. Upper case T and Z, two digits
 * each, no leap second, as Go takes it; digits below a nanosecond are dropped. FAIL_INPUT
 * otherwise. ret_nanos may be NULL. */
enum fail rfc3339_parse(struct str text, int64_t *ret_seconds, int32_t *ret_nanos,
			struct why *why) MUST_CHECK;

/* Appends the instant in UTC, whole seconds, with Z. Years 0 to 9999; others are clamped. */
void rfc3339_add(struct buf *b, int64_t seconds);
/* The same in local time with its offset in seconds: "2026-03-30T10:00:00+02:00", Z for 0. */
void rfc3339_add_offset(struct buf *b, int64_t seconds, int32_t offset);
/* With fractional digits as far as they are not zero (RFC3339Nano). */
void rfc3339_add_nanos(struct buf *b, int64_t seconds, int32_t nanos, int32_t offset);

#endif
