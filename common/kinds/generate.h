/* Objects that follow from others alone: pure functions, the same in a cluster and in local mode
 * (SPEC 2.12). */
#ifndef ARK_KINDS_GENERATE_H
#define ARK_KINDS_GENERATE_H

#include "kinds/object.h"

/* The ArkAgents of a team's inline roles (SPEC 8.4, 8.12), as whole objects with labels,
 * annotations and owner reference; the team's structure must be sound (else none are made).
 * Returns an array of *ret_count objects. */
const struct object *generate_agents(struct arena *a, const struct object *team,
				     size_t *ret_count);
/* ArkRegistry `default` of a namespace (SPEC 17.8). */
struct object generate_registry(struct arena *a, struct str namespace);

#endif
