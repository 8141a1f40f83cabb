#include "kinds/run.h"

#include "kinds/check.h"
#include "kinds/read.h"
#include "kinds/shared.h"
#include "kinds/team_read.h"

enum fail run_spec_load(struct arena *a, const struct value *spec, struct run_spec *ret,
			struct why *why)
{
	struct view v = {a, &table_run, spec};
	struct run_spec r;
	enum fail f;

	f = check_structure(a, &table_run, spec, "spec", why);
	if (f)
		return f;
	r = (struct run_spec){
		.team = read_text(&v, "teamRef"),
		.agent = read_text(&v, "agent"),
		.prompt = read_text(&v, "prompt"),
		.input = read_value(&v, "input"),
		.has_snapshot = read_given(&v, "roles") || read_given(&v, "routing"),
		.team_generation = read_int(&v, "teamGeneration"),
		.timeout_seconds = read_int(&v, "timeoutSeconds"),
		.max_tokens = read_int(&v, "maxTokens"),
	};
	if (r.has_snapshot) {
		team_read(&v, &r.snapshot);
		f = team_links(&r.snapshot, why);
		if (f)
			return fail_in(why, f, "spec");
	}
	*ret = r;
	return FAIL_NONE;
}
