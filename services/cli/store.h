/* Runs as they stand in Redis, read by those who wait. */
#ifndef ARK_CLI_STORE_H
#define ARK_CLI_STORE_H

#include "cli/redis_at.h"
#include "kinds/object.h"
#include "runs/run_admit.h"
#include "runs/run_load.h"

/* Each answers an exit code, which was said already when it is not EXIT_GOOD. */

/* The run, and how it was found. Of one that was just admitted only names and times are there. */
int store_run(struct cli *c, struct redis_sync *r, struct str namespace, struct str name,
	      struct run_record *ret);
/* A text of a run. ptr NULL: there is none, or it is no longer kept (*ret_gone, may be NULL). */
int store_text(struct cli *c, struct redis_sync *r, const struct kept_text *t,
	       struct str *ret_text, bool *ret_gone);
/* Names <namespace>.<run> of all runs that are indexed, newest first. */
int store_names(struct cli *c, struct redis_sync *r, struct str_list *ret);
/* The run of that name, else the newest run of the team of that name. EXIT_NOT_FOUND: neither. */
int store_find(struct cli *c, struct redis_sync *r, struct str name, struct run_record *ret);
/* The object of hash `snapshot`, parsed; nil when there is none. */
int store_object(struct cli *c, struct redis_sync *r, enum kind kind, struct str namespace,
		 struct str name, struct value *ret);

/* Sends a commit; when the function library is not there yet, loads it first. What the commit
 * says is in *ret; only a Redis that is not there is an exit code other than EXIT_GOOD. */
int store_commit(struct cli *c, struct redis_sync *r, const struct commit *commit,
		 struct commit_result *ret);

#endif
