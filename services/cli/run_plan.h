/* What a run would do and could cost, without doing it: `ark run --dry-run` (SPEC 21.24). */
#ifndef ARK_CLI_RUN_PLAN_H
#define ARK_CLI_RUN_PLAN_H

#include "cli/cli.h"
#include "kinds/manifest.h"

/*
 * The plan of a team or agent: {"target","mode","steps":[{"step","agent","model","after",
 * "inputTokens","maxOutputTokens","maxCostUSD"}],"inputTokens","maxOutputTokens","maxCostUSD"}.
 * Input tokens are estimated (SPEC 7.16) from prompts and templates as they are written; output
 * tokens are the most that one call of each step may take. all are the objects with those that
 * the suite makes of them.
 */
enum fail run_plan_make(struct arena *a, const struct manifest *all,
			const struct object *target, struct str prompt, struct value *ret,
			struct why *why) MUST_CHECK;
void run_plan_print(const struct cli *c, const struct value *plan);

#endif
