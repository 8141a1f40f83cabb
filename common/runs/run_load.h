/* Reading a run from Redis: its state, and one of its texts. */
#ifndef ARK_RUNS_RUN_LOAD_H
#define ARK_RUNS_RUN_LOAD_H

#include "redis/redis.h"
#include "runs/run.h"

enum run_found {
	RUN_NOT_THERE,
	RUN_JUST_ADMITTED, /* ark-runner has not seen it yet: `run` is what its mark says */
	RUN_THERE,
};

struct run_record {
	enum run_found found;
	struct run run;
	uint64_t version; /* of the state; 0 unless RUN_THERE */
	struct str text;  /* that was asked for; ptr NULL: there is none */
	bool text_gone;	  /* there was one, and it is no longer kept (SPEC 8.14) */
};

/* A pick: the run's output. arg is not used. */
const struct kept_text *run_pick_output(void *arg, const struct run *r);

/*
 * Loads a run and the text that pick wants (pick NULL, or its answer: none). fn is called once, never from
 * inside; the record lives until it returns and is NULL when f says so: FAIL_BUSY, Redis is not
 * there; FAIL_INPUT, the state is not readable.
 */
void run_load(struct redis *commands, struct str namespace, struct str name,
	      const struct kept_text *(*pick)(void *arg, const struct run *r),
	      void (*fn)(void *arg, enum fail f, const struct run_record *record,
			 const struct why *why),
	      void *arg);

#endif
