/* The objects of `ark run` as the suite gets them: a copy with the overrides of the command line
 * (SPEC 21.24). */
#ifndef ARK_CLI_RUN_COPY_H
#define ARK_CLI_RUN_COPY_H

#include "cli/files.h"

struct run_overrides {
	struct str model;   /* of every agent, inline role and router; empty = as written */
	int64_t max_tokens; /* of a run of a team, of a day of an agent; 0 = as written */
	bool no_mcp;	    /* MCP servers are left out */
};

/* The files with the overrides in every object; ArkRuns are left out. */
struct files run_copy(struct arena *a, const struct files *f, const struct run_overrides *over);
/* Appends the objects as YAML documents. */
void run_copy_add(const struct files *f, struct buf *out);

#endif
