/* Making a run through Redis itself (SPEC 2.12, 21.9). */
#ifndef ARK_CLI_ADMISSION_H
#define ARK_CLI_ADMISSION_H

#include "cli/store.h"

enum { ADMISSION_NAMES = 5 }; /* names drawn until one is free (SPEC 9.3) */

struct admission_plan {
	struct str namespace;
	struct str team, agent; /* exactly one */
	struct str input;	/* JSON object, of a team */
	struct str prompt;	/* of an agent */
	bool stream_tokens;
};

/* Draws a name and asks for the run. An exit code, said already when it is not EXIT_GOOD:
 * EXIT_MISSING when too many runs wait (SPEC 2.10). *ret_name lives in c->arena. */
int admission_make(struct cli *c, struct redis_sync *r, const struct admission_plan *plan,
		   struct str *ret_name);

#endif
