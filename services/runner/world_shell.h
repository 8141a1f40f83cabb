/* The world of run_decide.h, made of the object cache, the bag and what was compiled before. */
#ifndef ARK_RUNNER_WORLD_SHELL_H
#define ARK_RUNNER_WORLD_SHELL_H

#include "base/memo.h"
#include "runner/run_decide.h"
#include "runner/workers.h"
#include "stream/bag.h"
#include "stream/objects.h"

struct world_shell {
	const struct limits *limits;
	const struct objects *objects;
	const struct workers *workers;
	struct zones *zones;
	struct memo *plans;  /* by key: struct plan */
	struct memo *faults; /* by kind, name and version: struct str */
	/* The decision at hand. */
	struct bag *bag;
	struct arena *arena;
};

void world_shell_init(struct world_shell *s, const struct limits *limits);
void world_shell_release(struct world_shell *s);
/* The world as one decision sees it; lives as long as s and the decision. */
struct world world_shell_for(struct world_shell *s, struct bag *bag, struct arena *a,
			     bool full);

#endif
