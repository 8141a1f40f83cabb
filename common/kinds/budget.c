#include "kinds/budget.h"

#include "kinds/check.h"
#include "kinds/read.h"
#include "kinds/shared.h"

const char *budget_period_name(enum budget_period p)
{
	switch (p) {
	case PERIOD_HOURLY: return "hourly";
	case PERIOD_DAILY: return "daily";
	case PERIOD_WEEKLY: return "weekly";
	case PERIOD_MONTHLY: return "monthly";
	}
	return "?";
}

enum fail budget_load(struct arena *a, const struct value *spec, struct budget *ret,
		      struct why *why)
{
	struct view v = {a, &table_budget, spec};
	struct view selector;
	struct money limit;
	enum fail f;

	f = check_structure(a, &table_budget, spec, "spec", why);
	if (f)
		return f;
	f = money_from_value(read_value(&v, "limit"), &limit, why);
	if (f)
		return fail_in(why, f, "spec.limit");
	selector = read_object(&v, "selector");
	*ret = (struct budget){
		.namespace = read_text(&selector, "namespace"),
		.team = read_text(&selector, "team"),
		.agent = read_text(&selector, "agent"),
		.model = read_text(&selector, "model"),
		.match_labels = read_pairs(&selector, "matchLabels"),
		.period = (enum budget_period)read_choice(&v, "period"),
		.limit = limit,
		.currency = read_text(&v, "currency"),
		.warn_at = read_int(&v, "warnAt"),
		.hard_stop = read_bool(&v, "hardStop"),
		.deny_unpriced = str_is(read_text(&v, "unpricedModels"), "Deny"),
		.notify = read_ref(&v, "notifyRef"),
	};
	return FAIL_NONE;
}
