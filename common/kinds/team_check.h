/* The checks of SPEC 8.9 that field tables cannot express. */
#ifndef ARK_KINDS_TEAM_CHECK_H
#define ARK_KINDS_TEAM_CHECK_H

#include "kinds/check.h"

/* Adds what is wrong with a team whose structure is sound (no errors of check_structure), in the
 * order of SPEC 8.9. world may be NULL. Linear in the size of the team and of the teams that it
 * refers to. */
void team_check(struct findings *f, const struct object *o, const struct check_world *world);

#endif
