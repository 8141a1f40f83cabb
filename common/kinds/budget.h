/* ArkBudget (SPEC 15.1), as the daemons read it. See parts.h for what a view is. */
#ifndef ARK_KINDS_BUDGET_H
#define ARK_KINDS_BUDGET_H

#include "base/fail.h"
#include "kinds/parts.h"
#include "lang/money.h"

enum budget_period { PERIOD_HOURLY, PERIOD_DAILY, PERIOD_WEEKLY, PERIOD_MONTHLY };
/* "hourly", "daily", "weekly", "monthly" */
const char *budget_period_name(enum budget_period p);

struct budget {
	/* Selector; an empty text matches all (namespace: the budget's own). */
	struct str namespace, team, agent;
	struct str model; /* a name, or a prefix that ends in '*' */
	struct pair_list match_labels;
	enum budget_period period;
	struct money limit; /* 0 = count only */
	struct str currency;
	int64_t warn_at; /* percent; 0 = off */
	bool hard_stop;
	bool deny_unpriced;
	struct str notify;
};

enum fail budget_load(struct arena *a, const struct value *spec, struct budget *ret,
		      struct why *why) MUST_CHECK;

#endif
