/* The checks of SPEC 8.9 that field tables cannot express. */
#ifndef ARK_KINDS_TEAM_CHECK_H
#define ARK_KINDS_TEAM_CHECK_H

#include "kinds/check.h"

/* Adds what is wrong with a team whose structure is sound (no errors of check_structure), in the
 * order of SPEC 8.9, but for its texts, which check_object compiles next. Linear in the size of
 * the team and of the teams that it refers to. */
void team_check(struct findings *f, const struct object *o, const struct check_world *world);

/* Adds the warnings: what a team can do but hardly means. Its structure is sound; texts that do
 * not compile are passed over. */
void team_warn(struct findings *f, const struct object *o, const struct check_world *world);

#endif
