/* ArkRegistry (SPEC 17.1), as the daemons read it. See parts.h for what a view is. */
#ifndef ARK_KINDS_REGISTRY_H
#define ARK_KINDS_REGISTRY_H

#include "base/fail.h"
#include "kinds/parts.h"

struct registry {
	bool cluster_wide;
	int64_t max_depth;
	bool allow_cross_team;
	struct pair_list mcp_bindings; /* capabilityId, url */
};

enum fail registry_load(struct arena *a, const struct value *spec, struct registry *ret,
			struct why *why) MUST_CHECK;

#endif
