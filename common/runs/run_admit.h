/*
 * New runs: their names, and the commit that lets them in (SPEC 2.10, 9.3, 12.14).
 *
 * Who makes a run (gateway, cli, reconciler) says what it is and sends the commit:
 *
 *	commit_begin(&c, a, ADMIT, NULL);
 *	commit_once(&c, ...);                      a key of the caller's own, where it has one
 *	run_admit(&c, runs, count, pending_limit); all of them or none
 *	commit_send(&c, redis, on_admitted, me);
 *
 * From the commit until ark-runner has made the run's state, the mark admitted:<ns>.<run> stands
 * for it: the name is taken, and who asks for the run finds it Pending. The mark holds a token of
 * the admission. So when the outcome of the commit is not known, the same commit may be sent
 * again: COMMIT_ONCE with a mark that has our token says that it was done the first time.
 */
#ifndef ARK_RUNS_RUN_ADMIT_H
#define ARK_RUNS_RUN_ADMIT_H

#include "runs/run.h"
#include "stream/commit.h"

enum {
	RUN_NAME_RANDOM_BYTES = 8,
	/* The mark outlives a runner that is away for so long; ark-runner cuts it to the second
	 * time, which is longer than anybody tries an admission again. */
	RUN_MARK_TTL_MS = 86400000,
	RUN_MARK_STARTED_TTL_MS = 60000,
};

/* --- names: SPEC 9.3, 1.8; in the arena -------------------------------------------------------- */

/* Made by people: <team or agent>-<YYYYMMDDHHMMSS>-<8 random> */
struct str run_name_by_hand(struct arena *a, struct str target, int64_t now_seconds,
			    const unsigned char random[RUN_NAME_RANDOM_BYTES]);
/* Made by a fire: <event>-<target>-<YYYYMMDD-HHMMSS>-<8 random>, and -<nth> for the second and
 * later targets of the same name in one fire. random NULL: a cron slot, whose names have none. */
struct str run_name_of_fire(struct arena *a, struct str event, struct str target,
			    int64_t fired_seconds,
			    const unsigned char random[RUN_NAME_RANDOM_BYTES], unsigned nth);

/* --- admission ---------------------------------------------------------------------------------- */

/* A run that is asked for. Texts are borrowed until the commit is sent; empty ones are left out. */
struct run_admission {
	struct str namespace, name;
	struct str team, agent; /* exactly one */
	struct str input;	/* of a team run: JSON object; empty = {} */
	struct str prompt;	/* of an agent run */
	struct str uid;		/* of the ArkRun object, where there is one already */
	struct str trigger;	/* ArkEvent */
	struct str parent;	/* run whose step it is */
	struct str by;		/* "gateway", "cli", "reconciler" */
	/* JSON object of labels; empty: those of SPEC 12.14 (run_labels). */
	struct str labels;
	struct str trace; /* traceparent */
	struct str token; /* of this admission: random, the same when it is sent again */
	int64_t depth;	  /* SPEC 12.16 */
	int64_t now_ms;
	bool stream_tokens; /* SPEC 13.16 */
};

/* The labels of SPEC 3.8 that follow from the other members, as JSON in the arena. */
struct str run_labels(struct arena *a, const struct run_admission *r);

/*
 * Adds to the commit: it is refused with COMMIT_ONCE (value: the mark) or COMMIT_EXISTS (value: the
 * state's key) when a name is in use, and with COMMIT_FULL when pending_limit runs wait to start
 * (0 = no limit). Else each run is pending, indexed under its event (key_event_runs), and asked
 * for in `runs`. Verdicts come in this order.
 */
void run_admit(struct commit *c, const struct run_admission *runs, size_t count,
	       int64_t pending_limit);

/* --- the mark ------------------------------------------------------------------------------------ */

struct run_mark {
	struct str token, team, agent, trigger;
	int64_t created_ms;
	bool stream_tokens;
};

struct str key_run_mark(struct arena *a, struct str namespace, struct str run);
/* FAIL_INPUT when it is no mark. */
enum fail run_mark_decode(struct arena *a, struct str text, struct run_mark *ret,
			  struct why *why) MUST_CHECK;
/* Whether the text that refused a commit is the mark of one of these runs with its token. */
bool run_mark_is_ours(struct arena *a, struct str text, const struct run_admission *runs,
		      size_t count);

#endif
