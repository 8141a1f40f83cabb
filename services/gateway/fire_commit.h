/*
 * Making a fire durable: checks 9 and 11 to 13 of SPEC 13.6, and what became of it.
 *
 * The commit says everything at once: the key, the runs, the concurrency policy, the fact
 * trigger.fired. Its answer may get lost; the same commit is then sent again until it is known
 * whether the runs exist, or until a deadline.
 */
#ifndef ARK_GATEWAY_FIRE_COMMIT_H
#define ARK_GATEWAY_FIRE_COMMIT_H

#include "gateway/fire.h"
#include "redis/redis.h"

struct event_base;

enum {
	FIRE_COMMIT_MS = 5000, /* longest time until a fire is durable */
	FIRE_AGAIN_MS = 100,   /* between two tries */
	FIRE_NAMES = 4,	       /* names that are drawn before giving up */
	FIRE_WAIT_MS = 1000,   /* for replicas (ARK_REDIS_WAIT) */
};

enum fire_outcome {
	FIRE_DURABLE,
	FIRE_REPLAYED,	/* 9: the key was used; memory says for what */
	FIRE_FULL,	/* 11: pending-runs */
	FIRE_FORBIDDEN, /* 12 */
	FIRE_AWAY,	/* 13 */
};

struct fire_result {
	enum fire_outcome outcome;
	struct fire_memory memory; /* of REPLAYED; in the arena of the fire */
	bool broken;		   /* of AWAY: our own mistake, why says which */
	struct why why;
};

struct fire_commit {
	struct fire *fire;
	struct event_base *base;
	struct redis *redis;
	int64_t replicas;  /* ARK_REDIS_WAIT */
	struct str client; /* address, for the audit */
	struct str credential;
	struct str trace;
	void (*fn)(void *arg, const struct fire_result *r);
	void *arg;
	/* Its own. */
	struct str memory;
	struct fire_result result; /* to be told once so many replicas have it */
	struct event *timer;
	int64_t deadline_ms;
	unsigned names;
	bool asked; /* an answer may have been lost */
};

/* 9, before the templates: what the key holds. fn is called with REPLAYED, with AWAY, or with
 * DURABLE when the key is new. */
void fire_commit_look(struct fire_commit *c);
/* 11 to 13. fn is called once, never from inside; c must live until then. */
void fire_commit_send(struct fire_commit *c);
void fire_commit_release(struct fire_commit *c);
/* 12.11: the fact that it failed; nobody waits for it. */
void fire_commit_failed(struct redis *redis, struct fire *f, const struct refusal *no,
			struct str trace);

#endif
