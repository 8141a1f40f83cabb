/* What the files of run_decide share. */
#ifndef ARK_RUNNER_DECIDING_H
#define ARK_RUNNER_DECIDING_H

#include "runner/run_decide.h"

/* One decision on its way. */
struct deciding {
	struct arena *a;
	struct run *run;
	const struct plan *plan; /* NULL: an agent run, or not running yet */
	const struct message *m;
	const struct world *w;
	struct commit *c;
	int64_t now_ms;
	struct value *input; /* what templates see; NULL: not asked for yet */
	bool missing;	     /* something is not here yet: whatever is decided does not count */
	bool changed;
};

enum {
	RUN_LOOK_AGAIN_MS = 500,       /* between two looks for a team or agent */
	RUN_AGENT_PATIENCE_MS = 15000, /* SPEC 9.4: does not exist */
	RUN_TEAM_PATIENCE_MS = 60000,  /* SPEC 9.4: is not valid */
	RUN_MESSAGE_BYTES = 1024,      /* SPEC 9.13 */
};

/* --- telling (tell.c) ------------------------------------------------------------------------ */

/* A message about this run, with its cause. */
struct message about_run(const struct deciding *d, enum message_type type);
/* To the readers of the run. */
void tell_readers(struct deciding *d, struct message *m);
/* To those who tell the outside world. */
void tell_events(struct deciding *d, struct message *m);
/* Something worth telling in a run that goes on (SPEC 3.7). */
void note(struct deciding *d, struct str step, const char *reason, struct str message);
/* Cut at RUN_MESSAGE_BYTES and valid UTF-8 (a message that is not is refused by its readers), in the
 * arena. */
struct str short_message(struct deciding *d, struct str text);

/* --- texts (texts.c) -------------------------------------------------------------------------- */

/* Keeps a text with the run: in the state, or under a key that this commit writes. */
struct kept_text keep_text(struct deciding *d, const char *what, struct str step,
			   struct str text);
/* Keeps a text that is already under a key. */
struct kept_text keep_key(struct str key, struct str text);
/* Puts a text in the place of another one, which nothing needs any more. */
void keep_instead(struct deciding *d, struct kept_text *place, struct kept_text text);
/* The text; empty, and d->missing, when it is not here yet. */
struct str kept(struct deciding *d, const struct kept_text *t);

/* What a template of the run sees (SPEC 4.12). extra is the name of one more member, or NULL. */
struct value run_root(struct deciding *d, const struct plan_template *t, const char *extra,
		      struct str extra_text);
/* Renders into the arena. marks: texts of other steps come in envelopes (SPEC 5.1). */
enum fail run_render(struct deciding *d, const struct plan_template *t,
		     const struct value *root, bool marks, struct str *ret_text,
		     struct why *why) MUST_CHECK;

/* --- steps ------------------------------------------------------------------------------------- */

/* Starts every step that may start (SPEC 10.1), and ends the run when all are done (run_end.c). */
void run_advance(struct deciding *d);
/* Queues a task for an execution of the step (step_start.c). */
void step_queue(struct deciding *d, struct step_state *s, const struct plan_step *p,
		enum task_kind kind, struct str prompt);
/* The queued task of the step waits, and no worker of its agent lives: it does so for a limited time
 * (SPEC 10.2). step_taken: not any more. */
void step_strand(struct deciding *d, struct step_state *s);
void step_taken(struct deciding *d, struct step_state *s);
/* Starts the next execution of the loop, or the first. */
void step_start(struct deciding *d, struct step_state *s, const struct plan_step *p);
/* An answer has come (step_answer.c). */
void step_answered(struct deciding *d, struct step_state *s, const struct plan_step *p);
void step_fail(struct deciding *d, struct step_state *s, const char *reason,
	       struct str message);
/* "<reason>: <message>", as every message of a step reads (SPEC 9.10, 9.13). */
struct str step_message(struct deciding *d, const char *reason, struct str message);
/* The plan's part for a step; a fixed one for agent runs. */
const struct plan_step *plan_step_of(const struct deciding *d, const struct step_state *s);

/* --- begin and end ------------------------------------------------------------------------------- */

/* run.requested, run.admitted and timers of a run that has not started (run_start.c). */
enum fail run_try_start(struct deciding *d, struct why *why) MUST_CHECK;
void run_fail(struct deciding *d, const char *reason, struct str message);
/* Every step of the run is over (run_end.c). */
void run_finish(struct deciding *d);
/* Cancels what is queued or under way, and says why (SPEC 9.11, 9.18). */
void run_stop_steps(struct deciding *d, struct str why);
/* SPEC 9.15 */
void run_time_out(struct deciding *d);
/* SPEC 9.19 (run_retry.c). */
enum fail run_retry(struct deciding *d, struct str step, struct why *why) MUST_CHECK;

/* Timers of a run: <what>|<namespace>.<run>|<step>|<number> (STREAMS 4.2). */
struct str timer_name(struct deciding *d, const char *what, struct str step, int64_t number);

#endif
