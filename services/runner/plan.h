/*
 * The plan of a run: the snapshot of its team with every text compiled.
 *
 * Made once per snapshot and shared by all runs that have the same one (its key is the digest of
 * its JSON), so that a run costs no parsing. Never changes.
 */
#ifndef ARK_RUNNER_PLAN_H
#define ARK_RUNNER_PLAN_H

#include "base/arena.h"
#include "base/limits.h"
#include "kinds/team.h"
#include "lang/regex.h"
#include "lang/schema.h"
#include "lang/template.h"

struct plan_template {
	struct template *parsed; /* NULL: there is none */
	struct template_steps reads;
};

struct plan_step {
	const struct step *step; /* NULL in dynamic mode */
	struct str name, role;
	struct plan_template *inputs; /* of step->inputs, in their order */
	struct plan_template condition, loop, semantic;
	struct schema *output_schema, *valid_schema;
	struct regex **reject;
	size_t reject_count;
	struct str reject_json; /* the patterns as they travel with the task */
	struct regex *contains;
	bool is_last; /* no other step depends on it */
};

struct plan {
	struct arena arena;
	struct template_limits limits;
	struct team team;
	struct plan_template output;
	struct plan_step *steps;
	size_t step_count;
};

/* From the JSON of a snapshot (SPEC 9.1), which is copied. FAIL_INPUT names the field. */
enum fail plan_new(struct str snapshot_json, const struct limits *limits, struct plan **ret,
		   struct why *why) MUST_CHECK;
void plan_free(struct plan *p);

/* The settings as the template language takes them. */
struct template_limits plan_template_limits(const struct limits *limits);

#endif
