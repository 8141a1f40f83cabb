/*
 * Generated tokens of local mode (SPEC 2.12, 13.4, 14.2): each is a file
 * <state-dir>/secrets/<namespace>/<name>/token, mode 0600, that ark-watcher reads and publishes. A
 * file is made whole or not at all and never again, so any number of processes may make the same.
 */
#ifndef ARK_RECONCILER_TOKENS_H
#define ARK_RECONCILER_TOKENS_H

#include "base/arena.h"
#include "kinds/object.h"

enum { TOKEN_BYTES = 32 };

/* The name of the Secret that the object needs; empty: none. */
struct str token_wanted(struct arena *a, const struct object *o);
/* Makes the file unless it is there. *ret_made (may be NULL) says whether. */
enum fail token_make(struct str state_dir, struct str namespace, struct str secret,
		     bool *ret_made, struct why *why) MUST_CHECK;

#endif
