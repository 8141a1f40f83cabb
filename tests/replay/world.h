/* What a decision of ark-runner sees in a history: teams, an agent, plans, the texts of the store. */
#ifndef ARK_TESTS_REPLAY_WORLD_H
#define ARK_TESTS_REPLAY_WORLD_H

#include "runner/run_decide.h"
#include "store.h"

enum { TEAMS = 4 };

void world_init(void); /* once for all histories */
void world_release(void);
/* full: the last try found no place among the active runs */
struct world world_of(struct store *s, const struct limits *limits, bool full);
const char *world_team(size_t i);
size_t world_steps(size_t team);
/* The output of a run of that team whose every step answered with its own name. */
const char *world_output(size_t team);

#endif
