/* One run on a suite of its own, that is gone afterwards (SPEC 2.8, 2.12). */
#ifndef ARK_CLI_RUN_HERE_H
#define ARK_CLI_RUN_HERE_H

#include "cli/environment.h"
#include "cli/files.h"
#include "cli/run_copy.h"

struct run_here {
	struct cli *cli;
	struct run_overrides overrides;
	const struct files *files;   /* with the overrides */
	const struct manifest *all;  /* the same with what the suite makes of them */
	const struct object *target; /* ArkTeam or ArkAgent */
	struct str prompt, input;    /* of an agent; of a team, as JSON */
	struct environment *env;     /* what the daemons start from */
	int64_t timeout_ms;	     /* 0 = none but the run's own */
	bool watch;
};

/* Runs it under the name `local` and prints what -o and --watch ask for. An exit code. */
int run_here(const struct run_here *plan);

#endif
