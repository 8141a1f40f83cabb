/*
 * One connection to Redis that reconnects by itself (SPEC 2.5, 2.7; INTERFACES 24).
 *
 * A daemon makes several: one for commands, one for blocking reads, one for subscriptions. All
 * run in one event loop and one thread.
 *
 * The connection is up once the server has let us in and is a primary of a version that we
 * know; until then, and after a loss, calls are refused. Whoever lost an answer (the callback got
 * NULL) does not know whether the command was done: commits are made so that repeating them is
 * safe (DESIGN 3). Nothing is repeated here.
 *
 * No callback runs inside redis_new, redis_call or redis_free; redis_close runs them. Callbacks may call everything,
 * redis_free included; after redis_free none runs.
 */
#ifndef ARK_REDIS_REDIS_H
#define ARK_REDIS_REDIS_H

#include "redis/command.h"
#include "redis/reply.h"
#include "redis/url.h"

struct event_base;
struct redis;

enum {
	REDIS_NAME_MAX_BYTES = 255,
	REDIS_CONNECT_DEADLINE_MS = 5000, /* from the name lookup until the server let us in */
	REDIS_REPLY_DEADLINE_MS = 5000,	  /* silence while an answer is due: the peer is dead */
	REDIS_BACKOFF_MIN_MS = 50,	  /* wait before the second attempt; doubles ... */
	REDIS_BACKOFF_MAX_MS = 2000,	  /* ... up to this; each is shortened at random */
	REDIS_MAX_PENDING = 65536,	  /* calls that wait for an answer */
	REDIS_MAX_OUT_BYTES = 64 << 20,	  /* commands that wait to be written */
	REDIS_MAX_REPLY_BYTES = 64 << 20, /* memory that one reply may take */
};

/* A zero or an empty text means the default: the constant above, or none. Copied by redis_new.
 */
struct redis_options {
	const struct redis_url *url;
	struct str name;	  /* CLIENT SETNAME: what CLIENT LIST shows; no blanks */
	struct str password_file; /* read at each connect; wins over the URL's password */
	struct str tls_ca_file;	  /* PEM; read at each connect; none: those of the system */
	unsigned connect_deadline_ms, reply_deadline_ms;
	size_t max_pending, max_out_bytes, max_reply_bytes;
};

/* Whom we are connected to. Strings live until the next change of state. */
struct redis_server {
	struct str run_id, master_replid;
	struct str version; /* of Valkey when it is one */
	struct str maxmemory_policy;
	bool is_valkey;
	bool aof_on;
	bool changed; /* another run_id or master_replid than when last up: reload caches (SPEC
			 2.7) */
};

/* Starts connecting with the next turn of the loop. Never fails: what is wrong is told to
 * `down`. The caller frees it with redis_free, before the base. The process ignores SIGPIPE from
 * then on, unless it handles it. */
struct redis *redis_new(struct event_base *base, const struct redis_options *options);
/* Ends the connection for good, so that everybody who waits can let go: calls that wait get their
 * NULL and refused ones their error before it returns; `down` is not told. Calls from now on are
 * refused. Only redis_free may follow. NULL is fine. */
void redis_close(struct redis *r);
/* Closes the connection; calls that wait are dropped without a callback. NULL is fine. */
void redis_free(struct redis *r);

/* `up`: calls are taken from now on. `down`: the connection was lost, after every call that
 * waited got its NULL; or an attempt failed for another reason than the last one, so that each
 * call of `down` is worth a line in the log. The words name the server, never a password.
 * Either may be NULL. */
void redis_on_state(struct redis *r, void (*up)(void *arg, const struct redis_server *server),
		    void (*down)(void *arg, const struct why *why), void *arg);
bool redis_is_up(const struct redis *r);
/* The server, or NULL while not up. */
const struct redis_server *redis_server(const struct redis *r);

/* Sends a command; fn is called once with the answer, in the order of the calls (fn may be NULL:
 * the answer does not matter). However many calls are made in one turn of the loop, they leave
 * in one write. While not up, or beyond max_pending or max_out_bytes, nothing is sent and fn gets
 * an error reply of class REPLY_ERROR_REFUSED at the next turn of the loop, ahead of answers that
 * are still due. fn gets NULL when the connection was lost first. */
void redis_call(struct redis *r, const struct str *argv, size_t argc,
		void (*fn)(void *arg, const struct reply *reply), void *arg);
/* For a command that blocks: silence of deadline_ms (BLOCK and some slack), not of the usual
 * deadline, means that the peer is dead. Give blocking reads a connection of their own. */
void redis_call_deadline(struct redis *r, const struct str *argv, size_t argc,
			 unsigned deadline_ms, void (*fn)(void *arg, const struct reply *reply),
			 void *arg);
/* redis_call with a built command. */
void redis_send(struct redis *r, const struct command *c,
		void (*fn)(void *arg, const struct reply *reply), void *arg);
/* Calls that wait for their answer. */
size_t redis_pending(const struct redis *r);

/* Messages of channels that this connection subscribed to (redis_call of SUBSCRIBE or
 * PSUBSCRIBE; the answer comes after the last channel was confirmed). A lost connection loses its
 * subscriptions: subscribe in `up`. Texts are valid inside the callback. */
void redis_on_message(struct redis *r,
		      void (*fn)(void *arg, struct str channel, struct str payload), void *arg);

#endif
