/* What the files of the effector share: effector.c (streams, jobs), effector_peers.c (heartbeats). */
#ifndef ARK_STREAM_EFFECTOR_INNER_H
#define ARK_STREAM_EFFECTOR_INNER_H

#include <event2/event.h>

#include "process/metrics.h"
#include "stream/effector.h"

enum {
	EFFECTOR_PAUSE_MS = 200,	/* after Redis refused */
	EFFECTOR_BLOCK_SLACK_MS = 5000, /* beyond BLOCK: then the connection is dead */
	EFFECTOR_READ_MAX = 256,	/* entries of one read from one stream */
	EFFECTOR_OWN_MAX = 20000,	/* more than a process may have in hand */
	EFFECTOR_JOB_SLOTS = 4096,
};

struct hand;

/* A stream that is read. One that was removed stays until nothing of it is in hand. */
struct lane {
	struct lane *next;
	struct str name;
	size_t places, taken;
	bool removed, group_made;
	bool in_read;	    /* the read that blocks now covers it */
	bool reading;	    /* a read of its own is under way */
	size_t checked;	    /* by peers: round of the last look at its consumers */
	struct hand *queue; /* jobs that want their place back, in order */
};

/* What the loop knows of a job beyond its header. */
struct hand {
	struct job job;
	struct hand *chain;
	struct hand *next, *prev;
	struct hand *queued; /* for a place */
	struct lane *lane;
	bool has_place, started;
	bool seen;   /* by the listing under way */
	bool unsure; /* its last commit: happened or not */
	size_t texts_due;
	void (*on_place)(void *arg, struct job *job);
	void *place_arg;
	void (*on_commit)(void *arg, struct job *job, const struct commit_result *r);
	void *commit_arg;
};

struct peer;

struct effector {
	struct effector_plan plan;
	struct event_base *base;
	struct str group, me;
	struct arena arena; /* as long as the effector: names */
	struct event *pause, *beat, *next;
	struct lane *lanes;
	struct hand *slots[EFFECTOR_JOB_SLOTS];
	struct hand *first;
	size_t in_hand;
	bool up, working, paused, reading, listing;
	unsigned turn; /* answers to an older one are dropped */
	size_t due;    /* answers of the listing that are not here yet */
	struct redis *mail;
	void (*on_mail)(void *arg, const struct message *m);
	void *mail_arg;
	char mail_cursor[64];
	/* peers */
	struct peer *peers;
	int64_t beat_mono_ms; /* of the last answer */
	size_t round;
	struct metric *handled;
	struct series *in_hand_gauge, *taken_over;
};

/* A call whose answer counts only as long as the connection lives. */
struct call {
	struct effector *effector;
	unsigned turn;
	struct lane *lane;
	struct peer *peer;
};
struct call *effector_call(struct effector *e);
/* False: too late. Frees the call. */
bool effector_answer(void *arg, struct call *ret);

/* Redis is not as we need it: look again in a while, from the listing on. */
void effector_stumble(struct effector *e, const struct why *why);
/* Offers entries that are mine now. */
void effector_take(struct effector *e, struct lane *lane, const struct reply *entries,
		   bool again);

/* Starts to count up the heartbeat and to watch those of others; ready is told after the first. */
void peers_start(struct effector *e);
void peers_stop(struct effector *e);
void peers_free(struct effector *e);
/* effector.c: the first heartbeat is out. */
void effector_beating(struct effector *e);

#endif
