/*
 * The ArkRun of a run (SPEC 9): the object itself, and its status as a projection of the run's
 * state. Pure: equal input gives equal bytes.
 */
#ifndef ARK_RECONCILER_RUN_OBJECT_H
#define ARK_RECONCILER_RUN_OBJECT_H

#include "kinds/object.h"
#include "runs/run_view.h"

enum {
	RUN_STATUS_MAX_BYTES = 64 << 10,  /* SPEC 9.13 */
	RUN_STATUS_HEAD_BYTES = 40 << 10, /* of it for all but the steps */
	RUN_STATUS_OUTPUT_BYTES = 16 << 10,
	RUN_STATUS_STEP_BYTES = 4 << 10,
	RUN_STATUS_STEP_LESS_BYTES = 1 << 10,
	RUN_STATUS_MESSAGE_BYTES = 1 << 10,
	RUN_OBJECT_MAX_BYTES = 3 << 19, /* what etcd takes (INTERFACES 21.13) */
};

/* What is around the run: texts that it names by key, and objects that it belongs to. */
struct run_object {
	const struct run *run;
	struct str input; /* as JSON, of an agent run its prompt; ptr NULL: it is not kept */
	struct str plan;  /* the snapshot as JSON; ptr NULL: there is none yet */
	const struct object *event, *team, *parent; /* owners (SPEC 9.3); NULL: not there */
};

/* The document to create or apply. False: it is over RUN_OBJECT_MAX_BYTES. */
bool run_object_add(struct buf *out, struct arena *a, const struct run_object *o) MUST_CHECK;

struct run_status {
	const struct run *run;
	const struct str *outputs; /* of each step; ptr NULL: there is none */
	struct str output;	   /* of the run; ptr NULL: there is none */
	const struct run_prices *prices;
	const struct value *old; /* status as it is, for times of conditions; or NULL */
	int64_t generation, now_ms;
};

/* The status; never over RUN_STATUS_MAX_BYTES. */
void run_status_add(struct buf *out, struct arena *a, const struct run_status *s);

#endif
