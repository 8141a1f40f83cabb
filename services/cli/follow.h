/* Following one run to its end through its event stream (SPEC 21.9, 21.12). */
#ifndef ARK_CLI_FOLLOW_H
#define ARK_CLI_FOLLOW_H

#include "cli/store.h"

enum follow_shows {
	FOLLOW_END,    /* --wait: nothing until it ends, then the output */
	FOLLOW_STEPS,  /* --watch: a line per change (SPEC 21.25) */
	FOLLOW_TOKENS, /* --stream: the texts as they are generated */
};

/* Follows the run until its attempt ends; prints as -o and shows say; its output at the end.
 * timeout_ms 0: none. EXIT_BAD when it failed, EXIT_LATE at the timeout (the run goes on),
 * EXIT_INTERRUPTED. */
int follow_run(struct cli *c, struct redis_sync *r, struct str namespace, struct str run,
	       enum follow_shows shows, int64_t timeout_ms);
/* Prints the run's output, and Output: before it after --watch; or what failed, on stderr. The
 * exit code of the outcome. */
int follow_print_end(struct cli *c, struct redis_sync *r, struct str namespace, struct str run,
		     enum follow_shows shows);

#endif
