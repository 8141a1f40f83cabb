/*
 * What the world said, told to the suite: each object that is new or different, and each that is
 * gone, once (STREAMS 7).
 *
 * Of several watchers one leads. The leader first reads what was published before it, so that an
 * unchanged object says nothing and identities last: uid, creation time and generation of a local
 * object are made here and kept in what is published (SPEC 2.12).
 */
#ifndef ARK_WATCHER_PUBLISH_H
#define ARK_WATCHER_PUBLISH_H

#include "redis/redis.h"
#include "watcher/source.h"

struct publish;
struct event_base;
struct metrics;

struct publish_plan {
	struct redis *commands;
	struct str me;
	/* This process leads now and knows what is published: say what there is. */
	void (*leading)(void *arg);
	/* Everything that was said is published. */
	void (*done)(void *arg);
	void *arg;
};

struct publish *publish_new(struct event_base *base, const struct publish_plan *plan,
			    struct metrics *metrics);
void publish_free(struct publish *p);
void publish_up(struct publish *p);
void publish_down(struct publish *p);
bool publish_leads(const struct publish *p);
/* Without effect unless leading. */
void publish_say(struct publish *p, const struct said *said);
/* Gives the lead back, so that another watcher need not wait for it to run out. */
void publish_step_down(struct publish *p);

#endif
