/*
 * Durations as people write them: the syntax of Go's time.ParseDuration, narrowed by SPEC 1.4.
 *
 * One or more of <decimal><unit>, units ns us µs (either micro sign) ms s m h, no sign and no
 * blanks: "90s", "1m30s", "1.5h", ".5s". "0" alone has no unit and is refused. Digits below a
 * nanosecond are dropped, as in Go.
 */
#ifndef ARK_LANG_DURATION_H
#define ARK_LANG_DURATION_H

#include "base/buf.h"

#define NANOS_PER_SECOND INT64_C(1000000000)
#define NANOS_PER_MS INT64_C(1000000)

/* The whole text to nanoseconds, 0 to INT64_MAX. FAIL_INPUT when it is no duration or does not
 * fit. */
enum fail duration_parse(struct str text, int64_t *ret_nanos, struct why *why) MUST_CHECK;
/* The same where a positive value is needed: zero is refused too. */
enum fail duration_parse_positive(struct str text, int64_t *ret_nanos,
				  struct why *why) MUST_CHECK;

/* Appends nanoseconds as Go prints them: "1m30s", "1.5s", "250ms", "0s", "-2h0m0s". Every
 * int64_t is fine. */
void duration_add(struct buf *b, int64_t nanos);

#endif
