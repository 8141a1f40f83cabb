/* A run as `ark run -o json` tells it (SPEC 21.26). */
#ifndef ARK_CLI_RUN_REPORT_H
#define ARK_CLI_RUN_REPORT_H

#include "base/value.h"
#include "lang/money.h"
#include "runs/run.h"

/* Texts of a run: that of the run, and one per step. ptr NULL = there is none. */
struct run_texts {
	struct str output;
	const struct str *steps;
};

/* Money as a JSON number with six fractional digits. */
struct value money_value(struct arena *a, struct money m);
struct value run_report(struct arena *a, const struct run *r, const struct run_texts *texts);

#endif
