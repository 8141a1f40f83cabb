/* ArkRun (SPEC 9.1), as the daemons read it. See parts.h for what a view is. */
#ifndef ARK_KINDS_RUN_H
#define ARK_KINDS_RUN_H

#include "base/fail.h"
#include "kinds/parts.h"
#include "kinds/team.h"

struct run_spec {
	struct str team; /* exactly one of team and agent is not empty */
	struct str agent;
	struct str prompt;	   /* of an agent run */
	const struct value *input; /* map; NULL = none */
	bool has_snapshot;	   /* a plan is written: `roles` or `routing` is there */
	int64_t team_generation;
	struct team snapshot;		     /* zeroed without one */
	int64_t timeout_seconds, max_tokens; /* 0 = none */
};

enum fail run_spec_load(struct arena *a, const struct value *spec, struct run_spec *ret,
			struct why *why) MUST_CHECK;

#endif
