/* Reading a team before it is known to be sound (inside common/kinds). */
#ifndef ARK_KINDS_TEAM_READ_H
#define ARK_KINDS_TEAM_READ_H

#include "kinds/read.h"
#include "kinds/team.h"

/* The team that a spec describes whose structure was checked; v is a view by table_team or, of a
 * snapshot, by table_run. Links that lead nowhere are TEAM_NONE. */
void team_read(const struct view *v, struct team *ret);

/* Fails where team_read left a TEAM_NONE that a run could meet. */
enum fail team_links(const struct team *t, struct why *why) MUST_CHECK;

#endif
