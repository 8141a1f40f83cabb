/*
 * The loop of an effector (DESIGN 1, STREAMS 5): takes entries, keeps them in hand while their effect
 * on the outside world is under way, and commits the result with the acknowledgement.
 *
 * What keeps an entry mine is my heartbeat: it counts up every 2 s, the first time before the first
 * read. Entries of a process whose heartbeat stands still for a lease are taken over; entries of a
 * live one never are, however long they take. After a restart under the same name, what earlier
 * boots of the name hold is taken over at once. After every reconnect and every refused or unknown
 * commit the loop lists what is pending for it and offers what is not in hand.
 *
 * The effect may happen twice (crash between effect and commit), so it carries an idempotency key
 * derived from the entry.
 */
#ifndef ARK_STREAM_EFFECTOR_H
#define ARK_STREAM_EFFECTOR_H

#include "stream/commit.h"
#include "stream/entry.h"

struct effector;
struct event_base;
struct metrics;

/* An entry in hand. Everything in it lives until job_drop, or until its commit came through. */
struct job {
	struct effector *effector;
	struct claim claim;	/* for commit_begin */
	struct message message; /* texts that were kept beside the entry are filled in */
	struct arena arena;	/* of the job; users may allocate from it */
	bool again;		/* it was delivered before: the effect may have happened */
	bool lost;		/* somebody else has it: stop, and job_drop */
	void *user;
};

struct effector_plan {
	const char *group;
	struct str process; /* name without boot number: unique among live processes */
	struct str
		serves; /* the one whose entries it takes, told with each heartbeat; or empty */
	struct redis *commands, *reads;
	int64_t lease_ms;   /* ARK_WORKER_LEASE */
	bool loads_library; /* control plane only (SPEC 2.11) */

	/* A new entry is in hand. The user starts its effect and returns; later it commits with
	 * job_commit or gives it up with job_park. FAIL_INPUT parks it at once. */
	enum fail (*start)(void *arg, struct job *job, struct why *why);
	/* The entry is not mine any more (job->lost is set): stop the effect, tell nobody, job_drop. */
	void (*lost)(void *arg, struct job *job);
	/* Working, or the reason why not. NULL: nobody wants to know. */
	void (*state)(void *arg, bool working, struct str reason);
	void *arg;
};

struct effector *effector_new(struct event_base *base, const struct effector_plan *plan,
			      struct metrics *metrics);
void effector_free(struct effector *e);

/* Both connections are up, or one is down; the caller owns their state callbacks. */
void effector_up(struct effector *e);
void effector_down(struct effector *e);

/* Streams that are read, each with how many entries may be in hand at once. Streams may come and
 * go at any time (a pool serves the agents that there are); what is in hand of one that is removed
 * stays in hand. The group is made when missing. */
void effector_stream(struct effector *e, struct str stream, size_t places);
void effector_stream_remove(struct effector *e, struct str stream);
/* A job that only waits for others gives its place away (SPEC 7.4), and takes one again: ready is
 * called when it has it. */
void job_give_place(struct job *job);
void job_take_place(struct job *job, void (*ready)(void *arg, struct job *job), void *arg);

/* Stops reading. Jobs in hand go on. */
void effector_pause(struct effector *e);
void effector_resume(struct effector *e);
size_t effector_in_hand(const struct effector *e);
/* The consumer name: process#boot; empty before the first connection. */
struct str effector_me(const struct effector *e);

/* Sends a commit begun with job->claim. fn is called once:
 *   COMMITTED and the entry acknowledged (no commit_keep): the job is freed after fn returns.
 *   COMMITTED and kept: the job goes on.
 *   LOST: job->lost is set; fn, not plan.lost, hears of it; job_drop it.
 *   CONFLICT, FULL, ...: the job goes on; the user looks again.
 *   UNKNOWN, AWAY: the loop finds out what happened when Redis is back: either the entry is
 *   still pending for me, and fn is called with AWAY: commit again; or it is not: LOST. */
void job_commit(struct job *job, struct commit *c,
		void (*fn)(void *arg, struct job *job, const struct commit_result *r),
		void *arg);
/* The input is wrong for good: into `dead` with these words, and done. */
void job_park(struct job *job, const struct why *why);
/* Forgets a job without acknowledging it: it is lost, or the process ends. */
void job_drop(struct job *job);

/* Wake-ups for this process (STREAMS 2.10): mail:<me> is read beside the streams when fn is set. */
void effector_on_mail(struct effector *e, struct redis *mail,
		      void (*fn)(void *arg, const struct message *m), void *arg);

#endif
