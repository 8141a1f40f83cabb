/*
 * The status of an object in local mode (SPEC 3.5, 3.6): from the object, the world around it and
 * what its record remembers. Pure.
 */
#ifndef ARK_RECONCILER_STATUS_H
#define ARK_RECONCILER_STATUS_H

#include "base/buf.h"
#include "kinds/check.h"
#include "reconciler/record.h"

struct status_world {
	struct check_world check;
	struct str trigger_url; /* ARK_TRIGGER_URL; empty: not known */
	int64_t now_ms;
};

/* Where a condition stands. */
struct condition_place {
	const struct value
		*old; /* status as it was, or NULL: a time moves only with the status */
	int64_t generation, now_ms;
};
/* Adds one to a list of conditions (SPEC 3.5). The message is cut. */
void status_add_condition(struct buf *b, const struct condition_place *p, const char *type,
			  bool is_true, struct str reason, struct str message);
void status_add_time(struct buf *b, const char *key, int64_t ms);

/* Renders r->status anew: true when it is another than before. */
bool status_render(struct arena *a, const struct object *o, const struct status_world *w,
		   struct record *r);

/* --- inside: what kinds add (status_kinds.c) ---------------------------------------------------- */

/* Condition Ready as it is now. */
struct status_ready {
	bool is_true;
	const char *reason;
	struct str message;
};
/* The reason of Ready when all checks passed; sets is_true to false where SPEC 3.6 says so. */
struct status_ready status_ready_of(struct arena *a, const struct object *o);
/* The members that the kind adds. */
void status_add_members(struct buf *b, struct arena *a, const struct object *o,
			const struct status_world *w, const struct record *r, bool is_ready);

#endif
