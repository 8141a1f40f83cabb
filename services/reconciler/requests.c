#include "reconciler/requests.h"

#include "base/json.h"
#include "kinds/run.h"
#include "runs/run_admit.h"
#include "stream/keys.h"

/* SPEC 9.2: labels that the object has, and those of SPEC 3.8 that it lacks. */
static struct str labels_of(struct arena *a, const struct object *o,
			    const struct run_admission *r)
{
	const struct value *own = value_get(o->metadata, STR("labels"));
	struct value made = value_nil, all;

	if (json_parse(a, run_labels(a, r), JSON_STRICT, JSON_MAX_DEPTH, &made, NULL))
		BROKEN("labels that are no JSON");
	all = value_merge(a, &made, own);
	return json_text(a, &all);
}

enum fail request_run(struct commit *c, const struct object *o, int64_t now_ms, struct why *why)
{
	struct arena *a = c->command.arena;
	struct run_spec spec;
	struct run_admission r;
	enum fail f = run_spec_load(a, o->spec, &spec, why);

	if (f)
		return f;
	r = (struct run_admission){
		.namespace = o->namespace,
		.name = o->name,
		.team = spec.team,
		.agent = spec.agent,
		.prompt = spec.prompt,
		.uid = o->uid,
		.by = STR("reconciler"),
		.trace = object_annotation(o, STR(ARK_LABEL "traceparent")),
		.token = o->uid,
		.now_ms = now_ms,
		.stream_tokens = str_is(object_annotation(o, STR(ARK_LABEL "stream")), "true"),
	};
	if (spec.input)
		r.input = json_text(a, spec.input);
	r.labels = labels_of(a, o, &r);
	commit_once(c, key_asked(a, o->uid), LIMIT_MAX_MS, o->name);
	run_admit(c, &r, 1, 0);
	return FAIL_NONE;
}

void request_cancel(struct commit *c, struct str namespace, struct str run)
{
	struct message m = {.type = MSG_RUN_CANCELLED,
			    .namespace = namespace,
			    .run = run,
			    .by = STR("reconciler"),
			    .message = STR("its ArkRun is gone")};

	commit_append(c, STR(STREAM_RUNS), &m);
}
