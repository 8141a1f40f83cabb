/*
 * Where things are in Redis. All keys start with KEY_PREFIX; everything here is without it, as the
 * function library takes it. STREAMS 1.1, and STREAMS 8 for what each key holds.
 */
#ifndef ARK_STREAM_KEYS_H
#define ARK_STREAM_KEYS_H

#include "base/arena.h"

#define KEY_PREFIX "ark:{0}:"

#define STREAM_RUNS "runs"
#define STREAM_EVENTS "events"
#define STREAM_SPEND "spend"
#define STREAM_LEDGER "ledger"
#define STREAM_DELIVERIES "deliveries"
#define STREAM_OBJECTS "objects"
#define STREAM_DEAD "dead"

#define GROUP_RUNNER "runner"	      /* of runs */
#define GROUP_AGENTS "agents"	      /* of tasks:* */
#define GROUP_BUDGET "budget"	      /* of spend */
#define GROUP_NOTIFIER "notifier"     /* of events and deliveries */
#define GROUP_RECONCILER "reconciler" /* of events */

#define TIMERS_RUNS "runs"
#define TIMERS_SPEND "spend"
#define TIMERS_DELIVERIES "deliveries"
#define TIMERS_TASKS "tasks" /* fired by the runner; entries wait beside it */

#define KEY_SNAPSHOT "snapshot" /* hash <kind>/<namespace>/<name>: JSON of each object */
#define KEY_VERSIONS "snapshot:versions" /* hash <kind>/<namespace>/<name>: its version */
#define KEY_STATUS                                                                             \
	"status" /* hash <kind>/<namespace>/<name>: JSON of its status (local mode) */
#define KEY_HEARTBEATS "heartbeats:"  /* <group>: hash consumer -> count */
#define KEY_RUNS_ACTIVE "runs:active" /* sorted sets of <namespace>.<run> by time */
#define KEY_RUNS_WAITING "runs:waiting"
#define KEY_RUNS_ENDED "runs:ended"
#define KEY_COUNTERS "counters"	  /* hash */
#define COUNTER_PENDING "pending" /* runs accepted and not yet started */

/* A name with the prefix, as commands outside the library need it. */
struct str key_full(struct arena *a, struct str key);

struct str key_tasks(struct arena *a, struct str namespace, struct str agent);
/* <namespace>.<run>: as the function library and the sets of runs name a run */
struct str key_run(struct arena *a, struct str namespace, struct str run);
/* The stream that readers of a run see. */
struct str key_run_stream(struct arena *a, struct str namespace, struct str run);
/* hash v, d: the state of a run; its data is JSON */
struct str key_run_state(struct arena *a, struct str namespace, struct str run);
/* hash v, d, mark: the state of a task */
struct str key_task(struct arena *a, struct str task);
/* A text beside an entry or state: text:<owner>:<what> */
struct str key_text(struct arena *a, struct str owner, struct str what);
/* A plan, shared by all runs with the same one: plan:<first 32 hex digits of its SHA-256> */
struct str key_plan(struct arena *a, struct str plan_json);
/* sorted set of <namespace>.<run>: runs of an ArkEvent that are not terminal (SPEC 12.15). Entered
 * by run_admit, left when ark-runner ends the run. */
struct str key_event_runs(struct arena *a, struct str namespace, struct str event);
struct str key_mail(struct arena *a, struct str process);
/* hash: what the model calls of a run used and cost, for ARK_SPEND_RETENTION; and those of a
 * namespace on one day (YYYY-MM-DD, UTC), for ARK_SPEND_SUM_RETENTION (SPEC 15.13). Written by
 * ark-budget alone; runs/usage.h says what the fields are. */
struct str key_usage_run(struct arena *a, struct str namespace, struct str run);
struct str key_usage_day(struct arena *a, struct str namespace, struct str day);
/* hash v, d: what the suite remembers of an object: JSON with its status, its newest events (SPEC
 * 3.7) and counts. Written by ark-reconciler alone. Of an ArkRun: its events, while they last. */
struct str key_object(struct arena *a, const char *kind, struct str namespace, struct str name);
/* hash v, d: when notifications of a policy, team and type were accepted (SPEC 16.9) */
struct str key_notify_rate(struct arena *a, struct str namespace, struct str policy,
			   struct str team, struct str type);
/* text: nobody calls this receiver before it expires; of its URL the SHA-256 (SPEC 16.8) */
struct str key_receiver(struct arena *a, struct str url);
/* text: this channel answered 410 and is not called before its policy changes (SPEC 16.8) */
struct str key_gone(struct arena *a, struct str namespace, struct str policy,
		    int64_t generation, int64_t channel);
/* text: an ArkRun object of this uid was asked for as a run; it is once only (SPEC 2.12). */
struct str key_asked(struct arena *a, struct str uid);
/* hash v, d: models without a price of which a run was told, one per line (SPEC 15.5) */
struct str key_unpriced(struct arena *a, struct str namespace, struct str run);
/* The account of a run's maxTokens. */
struct str account_run(struct arena *a, struct str namespace, struct str run);

#endif
