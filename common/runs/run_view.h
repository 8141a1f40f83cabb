/*
 * A run as people see it: its JSON (SPEC 13.9), its times, what it cost.
 *
 * The state is written by ark-runner alone; everybody else reads it here. Pure; loading is
 * run_load.h.
 */
#ifndef ARK_RUNS_RUN_VIEW_H
#define ARK_RUNS_RUN_VIEW_H

#include "lang/price.h"
#include "runs/run.h"

enum { RUN_VIEW_OUTPUT_BYTES = 1 << 20 }; /* SPEC 13.9: a longer output is cut */

/* Prices that come before the static list (SPEC 15.4); NULL or none: the static list alone. */
struct run_prices {
	const struct price_entry *entries;
	size_t count;
};

/* A model without price costs nothing (SPEC 15.5); a sum that does not fit is the largest. */
struct money step_cost(const struct step_state *s, const struct run_prices *prices);
struct money run_cost(const struct run *r, const struct run_prices *prices);

/* How long this attempt took; -1 while it goes on or was never started. */
int64_t run_duration_ms(const struct run *r);
/* The step that a sub-step belongs to: `plan` of `plan/writer-1`; empty for others. */
struct str step_parent(const struct step_state *s);
/* What the condition Ready says (SPEC 3.6, 9.7): also while the run goes on. */
struct str run_reason(const struct run *r);

/* The JSON of SPEC 13.9. output is the full text of the run's output; ptr NULL: there is none. */
void run_view_json(struct buf *out, const struct run *r, struct str output,
		   const struct run_prices *prices);
/* {"inputTokens","outputTokens","totalTokens"} (SPEC 1.6) as member `tokenUsage`; left out when
 * nothing was used. */
void run_view_usage(struct buf *out, const struct run_usage *u);

#endif
