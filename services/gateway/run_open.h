/* Opening a run for a caller: who may see it (SPEC 13.3), and what it is. */
#ifndef ARK_GATEWAY_RUN_OPEN_H
#define ARK_GATEWAY_RUN_OPEN_H

#include "gateway/gateway.h"
#include "runs/run_load.h"

struct run_opening {
	struct gateway *g;
	struct exchange *x;
	/* Which text is wanted, see run_load; NULL = none. */
	const struct kept_text *(*pick)(void *arg, const struct run *r);
	/* The caller may see the run, and there is one. The record lives until it returns. Must
	 * answer, or wait with an on_close of its own. */
	void (*fn)(void *arg, struct exchange *x, const struct run_record *record,
		   bool is_admin);
	/* The caller was answered, or has gone; or NULL. */
	void (*given_up)(void *arg);
	void *arg;
};

/* Refuses with 401, 404, 429 or 503, else calls fn. Exactly one of fn and given_up is called. */
void run_open(const struct run_opening *o);

#endif
