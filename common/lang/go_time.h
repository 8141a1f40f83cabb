/* Times in the reference layouts of Go: "2006-01-02 15:04:05 MST". */
#ifndef ARK_LANG_GO_TIME_H
#define ARK_LANG_GO_TIME_H

#include "base/buf.h"

/* The years that civil.h is exact for. */
#define GO_TIME_MAX_SECONDS INT64_C(9000000000000000)

/* Appends the instant (seconds since 1970 in UTC, at most GO_TIME_MAX_SECONDS away, and
 * nanoseconds) as the layout says, in a zone `offset` seconds east of UTC that is called
 * zone_name. */
void go_time_add(struct buf *b, struct str layout, int64_t seconds, int32_t nanos,
		 int32_t offset, struct str zone_name);

#endif
