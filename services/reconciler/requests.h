/* ArkRun objects as requests (SPEC 2.12, 9.2, 9.17): each runs once, one that goes is cancelled. */
#ifndef ARK_RECONCILER_REQUESTS_H
#define ARK_RECONCILER_REQUESTS_H

#include "kinds/object.h"
#include "stream/commit.h"

/* Asks for the run of an ArkRun, in a commit of kind ADMIT: refused with COMMIT_ONCE when it was
 * asked for before, with COMMIT_EXISTS or COMMIT_ONCE when a run has its name. FAIL_INPUT, and
 * nothing is added, when the object cannot be read. */
enum fail request_run(struct commit *c, const struct object *run, int64_t now_ms,
		      struct why *why) MUST_CHECK;
/* The ArkRun object is gone: what is not terminal is cancelled. */
void request_cancel(struct commit *c, struct str namespace, struct str run);

#endif
