/* Teams that run teams (inside common/kinds). */
#ifndef ARK_KINDS_TEAM_REFS_H
#define ARK_KINDS_TEAM_REFS_H

#include "kinds/check.h"

/* A circle among the teams that a team reaches over `arkTeam` roles (SPEC 8.9), as "cycle: a ->
 * b -> a" in the arena; empty when there is none or the world is not known. Teams that do not
 * exist lead nowhere. */
struct str team_refs_cycle(struct arena *a, const struct object *team,
			   const struct check_world *world);

#endif
