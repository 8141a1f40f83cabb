/*
 * Logging in: what is said first on a new wire, in one write: AUTH, CLIENT SETNAME, SELECT, INFO.
 */
#ifndef ARK_REDIS_GREET_H
#define ARK_REDIS_GREET_H

#include "redis/wire.h"
#include "redis/server.h"

struct greeting {
	void (*done)(void *arg, const struct server_info *info, const struct why *why);
	void *arg;
	struct why why; /* the first thing that went wrong */
	bool failed;
};

/* Starts on an open wire. done is called from the loop, with what the server said and has been
 * judged fit (borrowed for the call), or with NULL and the reason. When the wire dies or is freed
 * first, done is not called. g must live until then. Returns a failure, and sends nothing, when
 * the password file cannot be read. */
enum fail
greeting_start(struct greeting *g, struct wire *wire, const struct redis_options *options,
	       void (*done)(void *arg, const struct server_info *info, const struct why *why),
	       void *arg, struct why *why) MUST_CHECK;

/* The password to use now: of the file, read now, else of the URL; empty when there is none. */
enum fail password_read(const struct redis_options *options, struct buf *ret_password,
			struct why *why) MUST_CHECK;
enum { PASSWORD_MAX_BYTES = 4096 };

/* AUTH with a password of password_read. Nothing is sent when it is empty. */
void auth_send(struct wire *wire, const struct redis_options *options, struct str password,
	       void (*fn)(void *arg, const struct reply *r), void *arg);

#endif
