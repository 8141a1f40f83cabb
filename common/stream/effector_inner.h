/*
 * What the files of the effector share:
 *
 *	effector.c        setup, streams, listing what is mine, mail, life
 *	effector_jobs.c   jobs in hand: places, texts, commits
 *	effector_read.c   reading new entries
 *	effector_peers.c  heartbeats, taking over
 */
#ifndef ARK_STREAM_EFFECTOR_INNER_H
#define ARK_STREAM_EFFECTOR_INNER_H

#include <event2/event.h>

#include "process/metrics.h"
#include "stream/effector.h"

enum {
	EFFECTOR_PAUSE_MS = 200,	/* after Redis refused */
	EFFECTOR_BLOCK_SLACK_MS = 5000, /* beyond BLOCK: then the connection is dead */
	EFFECTOR_BUSY_BLOCK_MS = 100,	/* while a stream waits for a place: look often */
	EFFECTOR_READ_MAX = 256,	/* entries of one read from one stream */
	EFFECTOR_OWN_MAX = 20000,	/* more than a process may have in hand */
	EFFECTOR_JOB_SLOTS = 512,
	EFFECTOR_ID_BYTES = 48, /* of an entry: two numbers of 64 bits, a dash, a NUL */
};

struct hand;
struct peer;
struct committing;

/* A stream that is read. One that was removed stays until nothing refers to it. */
struct lane {
	struct lane *next;
	struct str name; /* own block */
	size_t places, taken;
	size_t jobs;  /* in hand */
	size_t calls; /* answers that are due and name it */
	bool removed, group_made;
	bool trim_wanted;   /* something was acknowledged since the last trim */
	bool in_read;	    /* the read that blocks now covers it */
	bool reading;	    /* a read of its own is under way */
	size_t checked;	    /* by peers: round of the last look at its consumers */
	struct hand *queue; /* jobs that wait for a place, in order */
};

/* What the loop knows of a job beyond its header. */
struct hand {
	struct job job;
	struct hand *chain;
	struct hand *next, *prev;
	struct hand *queued; /* for a place */
	struct lane *lane;
	bool has_place, started;
	bool seen; /* by the listing under way */
	size_t texts_due;
	unsigned fetched; /* turn in which its texts were asked for */
	void (*on_place)(void *arg, struct job *job);
	void *place_arg;
	/* Its commit: on_commit is set until its user knows what became of it. */
	struct committing *committing;
	void (*on_commit)(void *arg, struct job *job, const struct commit_result *r);
	void *commit_arg;
};

struct effector {
	struct effector_plan plan;
	struct event_base *base;
	struct str group, me;
	struct arena arena; /* as long as the effector: my name */
	struct event *pause, *beat, *next;
	struct lane *lanes;
	struct hand *slots[EFFECTOR_JOB_SLOTS];
	struct hand *first;
	struct hand *walk; /* next one of a walk over all; moved when that one goes */
	size_t in_hand;
	bool up, working, paused, reading;
	unsigned turn; /* counts beginnings: answers to an older one are dropped */
	unsigned life; /* counts connections: entries that are read count as long as it lives */
	size_t due;    /* answers of the setup or the listing that are not here yet */
	struct redis *mail;
	void (*on_mail)(void *arg, const struct message *m);
	void *mail_arg;
	char mail_cursor[EFFECTOR_ID_BYTES];
	/* peers */
	struct peer *peers;
	int64_t beat_mono_ms; /* of the last answer */
	size_t round;
	struct metric *handled;
	struct series *in_hand_gauge, *taken_over;
};

/* A call that is under way. */
struct call {
	struct effector *effector;
	unsigned turn, life;
	struct lane *lane;
	struct peer *peer;
	bool setup; /* begin waits for it */
	char id[EFFECTOR_ID_BYTES];
};
/* lane may be NULL; it stays until the answer is here. */
struct call *effector_call(struct effector *e, struct lane *lane);
/* False: too late, something began anew since. Frees the call. */
bool effector_answer(void *arg, struct call *ret);
/* A command of the library for the group; it lives in the arena. */
struct command effector_command(struct arena *a, const char *function);

/* --- effector.c --- */
/* Redis is not as we need it: look again in a while, from the setup on. */
void effector_stumble(struct effector *e, const struct why *why);
/* The first heartbeat is out. */
void effector_beating(struct effector *e);
/* More of the stream is mine than is in hand: finds what no read has brought. */
void effector_list_again(struct effector *e, struct lane *l);
struct lane *effector_lane(struct effector *e, struct str name);

/* --- effector_jobs.c --- */
/* Offers entries that are mine now, unless they are in hand. */
/* Trims the streams of which something was acknowledged (STREAMS 6.1). */
void effector_trim(struct effector *e);
void effector_take(struct effector *e, struct lane *lane, const struct reply *entries,
		   bool again);
void effector_take_entry(struct effector *e, struct lane *lane, const struct entry *entry,
			 bool again);
struct hand *effector_find(struct effector *e, struct str stream, struct str id);
/* The listing is complete: tells users of jobs what became of them. */
void effector_tell_listed(struct effector *e);
/* Places became free: for jobs that wait for one. */
void lane_serve(struct lane *l);
void hand_free(struct hand *h);

/* --- effector_read.c --- */
/* Reads what there are places for, with the next turn of the loop. */
void effector_read_more(struct effector *e);
void effector_on_next(evutil_socket_t fd, short what, void *arg);
size_t lane_free_places(const struct lane *l);

/* --- effector_peers.c --- */
/* Starts to count up the heartbeat and to watch those of others; ready is told after the first. */
void peers_start(struct effector *e);
void peers_stop(struct effector *e);
/* Looks who reads a stream, and takes over from those that are dead. */
void peers_look(struct effector *e, struct lane *l);
void peers_free(struct effector *e);

#endif
