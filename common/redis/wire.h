/*
 * One connection to one Redis or Sentinel, from dialling until it dies. Does not reconnect, does
 * not log in: redis.c does, by making wires.
 *
 * Calls wait in a queue for their answers, which come in order. No callback runs inside
 * wire_new, wire_call or wire_free; callbacks may call everything, and after wire_free none runs.
 */
#ifndef ARK_REDIS_WIRE_H
#define ARK_REDIS_WIRE_H

#include "redis/reply.h"
#include "redis/url.h"

struct event_base;
struct wire;

/* Strings are borrowed as long as the wire lives, each ended by a NUL outside its length. */
struct wire_options {
	struct redis_host host;
	struct str path;    /* when not empty: a unix socket instead of host */
	bool tls;	    /* host is also the name in the certificate */
	struct str ca_file; /* PEM; empty: the system's */
	unsigned reply_deadline_ms;
	size_t max_reply_bytes;
};

struct wire_events {
	/* Connected, TLS included: calls are taken from now on. */
	void (*open)(void *arg);
	/* Over: every waiting call got its NULL before. Called once; free the wire, now or later. */
	void (*dead)(void *arg, const struct why *why);
	/* An error reply came; its call got it before. May be NULL. */
	void (*error)(void *arg, enum reply_error error);
	/* A message of a subscribed channel. May be NULL. */
	void (*message)(void *arg, struct str channel, struct str payload);
};

struct wire *wire_new(struct event_base *base, const struct wire_options *options,
		      const struct wire_events *events, void *arg);
/* NULL is fine. */
void wire_free(struct wire *w);

/* How many calls may wait for an answer, and how many bytes to be written. A new wire has what
 * logging in needs. */
enum { WIRE_LOGIN_PENDING = 8, WIRE_LOGIN_OUT_BYTES = 16 * 1024 };
void wire_set_limits(struct wire *w, size_t max_pending, size_t max_out_bytes);

/* Queues a command; deadline_ms is the silence that means death while this call is the oldest
 * (0: that of the options). False when nothing was queued: not open, or a limit is reached; fn is
 * not called then. */
bool wire_call(struct wire *w, const struct str *argv, size_t argc, unsigned deadline_ms,
	       void (*fn)(void *arg, const struct reply *reply), void *arg);
/* Takes no more calls, waits for the answers that are due, then dies with these words. */
void wire_finish(struct wire *w, const struct why *why);
/* Dies now, with these words: the waiting calls get NULL and `dead` is called, before this returns.
 * To be called from the loop. */
void wire_kill(struct wire *w, const struct why *why);
/* Does it take calls (within the limits)? False from the moment it dies. */
bool wire_is_open(const struct wire *w);
size_t wire_pending(const struct wire *w);

#endif
