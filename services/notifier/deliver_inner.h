/* What the files of the effector share: deliver.c (the loop), deliver_call.c (turn and request),
 * deliver_end.c (outcomes). */
#ifndef ARK_NOTIFIER_DELIVER_INNER_H
#define ARK_NOTIFIER_DELIVER_INNER_H

#include <event2/event.h>

#include "kinds/notify.h"
#include "notifier/deliver.h"
#include "notifier/gate.h"
#include "process/metrics.h"

enum { DELIVER_AGAIN_MS = 1000 }; /* after Redis refused */

enum phase {
	WAITING, /* for a turn at the receiver */
	ASKING,	 /* Redis, for the same */
	CALLING,
	ENDING, /* the outcome is being committed */
};

/* How an attempt ends. */
enum end {
	END_DELIVERED,
	END_LATER,   /* another attempt */
	END_AWAY,    /* the same attempt, when it is its turn */
	END_DEAD,    /* given up */
	END_GONE,    /* given up, and so is the channel */
	END_DROPPED, /* nobody wants it any more */
};

/* A delivery in hand. It goes with its job. */
struct attempt {
	struct attempt *next, **link;
	struct deliver *deliver;
	struct job *job;
	struct event *timer;
	struct http_call *call;
	enum phase phase;
	struct notify policy;
	int64_t generation; /* of the policy */
	const char *channel_type;
	int64_t since_mono_ms;
	enum end end;
	struct str words; /* for people; in the job's arena */
	int64_t wait_ms;
};

struct deliver {
	struct deliver_plan plan;
	struct event_base *base;
	struct effector *effector;
	struct http_client *http;
	struct event *trim;
	struct attempt *attempts;
	struct gate gate;
	bool draining;
	void (*drained)(void *arg);
	void *drained_arg;
	struct metric *ended, *seconds;
};

/* deliver.c */
void attempt_free(struct attempt *a);
/* The timer of the attempt; what it does follows from the phase. */
void attempt_wait(struct attempt *a, int64_t ms);
/* Something was acknowledged: the inbox is trimmed soon. */
void deliver_trim_soon(struct deliver *d);

/* deliver_call.c */
/* Waits for a turn at the receiver, then calls it; ends in attempt_end. */
void attempt_begin(struct attempt *a);
/* It may be its turn. */
void attempt_ask(struct attempt *a);
/* The key that stands for a channel which answered 410. */
struct str attempt_gone_key(const struct attempt *a);

/* deliver_end.c */
/* words: for people, in the job's arena. wait_ms: of END_LATER what the receiver asked for, or -1;
 * of END_AWAY how long. After the last attempt END_LATER is END_DEAD. */
void attempt_end(struct attempt *a, enum end how, int64_t wait_ms, struct str words);
/* Commits the outcome, again if need be. */
void attempt_hand_in(struct attempt *a);

#endif
