/*
 * One connection to one Redis or Sentinel, from dialling until it dies. Does not reconnect, does
 * not log in: redis.c does, by making links.
 *
 * Calls wait in a queue for their answers, which come in order. No callback runs inside
 * link_new, link_call or link_free; callbacks may call everything, and after link_free none runs.
 */
#ifndef ARK_REDIS_LINK_H
#define ARK_REDIS_LINK_H

#include "redis/reply.h"
#include "redis/url.h"

struct event_base;
struct link;

/* Strings are borrowed as long as the link lives, each ended by a NUL outside its length. */
struct link_options {
	struct redis_host host;
	struct str path;    /* when not empty: a unix socket instead of host */
	bool tls;	    /* host is also the name in the certificate */
	struct str ca_file; /* PEM; empty: the system's */
	unsigned reply_deadline_ms;
	size_t max_pending, max_out_bytes, max_reply_bytes;
};

struct link_events {
	/* Connected, TLS included: calls are taken from now on. */
	void (*open)(void *arg);
	/* Over: every waiting call got its NULL before. Called once; free the link, now or later. */
	void (*dead)(void *arg, const struct why *why);
	/* An error reply came; its call got it before. May be NULL. */
	void (*error)(void *arg, enum reply_error error);
	/* A message of a subscribed channel. May be NULL. */
	void (*message)(void *arg, struct str channel, struct str payload);
};

struct link *link_new(struct event_base *base, const struct link_options *options,
		      const struct link_events *events, void *arg);
/* NULL is fine. */
void link_free(struct link *l);

/* Queues a command; deadline_ms is the silence that means death while this call is the oldest
 * (0: that of the options). False when nothing was queued: not open, or a limit is reached; fn is
 * not called then. */
bool link_call(struct link *l, const struct str *argv, size_t argc, unsigned deadline_ms,
	       void (*fn)(void *arg, const struct reply *reply), void *arg);
/* Takes no more calls, waits for the answers that are due, then dies with these words. */
void link_finish(struct link *l, const struct why *why);
/* Dies now, with these words: the waiting calls get NULL and `dead` is called, before this returns.
 * To be called from the loop. */
void link_kill(struct link *l, const struct why *why);
size_t link_pending(const struct link *l);

#endif
