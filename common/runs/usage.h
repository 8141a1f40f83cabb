/*
 * Sums of what model calls used and cost (SPEC 15.13): ark-budget adds them up, people ask for
 * them.
 *
 * A hash holds sums by scope and name. That of a run (key_usage_run) has `all` and each `model`;
 * that of a namespace and day (key_usage_day) also each `team` and `agent`. A field is
 * <scope>/<name>/<what>, or <scope>/<what> where the scope has no names; names may hold slashes.
 */
#ifndef ARK_RUNS_USAGE_H
#define ARK_RUNS_USAGE_H

#include "redis/reply.h"
#include "stream/commit.h"

struct usage_sum {
	int64_t calls;
	int64_t estimated; /* calls of these whose usage is not what a provider said */
	int64_t unpriced;  /* calls of these whose model has no price: they cost 0 */
	int64_t input_tokens, output_tokens;
	int64_t micros; /* USD */
};

struct usage_row {
	struct str scope; /* "all", "model", "team", "agent" */
	struct str name;  /* of the model, team or agent */
	struct usage_sum sum;
};

/* Adds the rows, each another one, to what the hash has; one that is new goes after ttl_ms. */
void usage_add(struct commit *c, struct str hash, int64_t ttl_ms, const struct usage_row *rows,
	       size_t count);

/* The rows of a hash, from the answer to its HGETALL: `all` first, the others by scope and name.
 * No such hash: no rows. FAIL_INPUT when a field is no sum. Texts are borrowed from the reply. */
enum fail usage_read(struct arena *a, const struct reply *hgetall, struct usage_row **ret_rows,
		     size_t *ret_count, struct why *why) MUST_CHECK;

#endif
