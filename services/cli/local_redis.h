/* The redis-server that `ark up` and `ark run` start (SPEC 2.12, 21.22). */
#ifndef ARK_CLI_LOCAL_REDIS_H
#define ARK_CLI_LOCAL_REDIS_H

#include "base/arena.h"
#include "base/fail.h"

struct local_redis {
	struct str program;   /* path of redis-server */
	struct str config;    /* path of its redis.conf */
	struct str socket;    /* unix socket */
	struct str url;	      /* unix://... */
	struct str short_dir; /* of the socket when it is not in the folder; empty = it is */
};

/* The first executable file of that name in a PATH; ptr is NULL when there is none. */
struct str find_program(struct arena *a, struct str path, const char *name);

/* Major and minor of `Redis server v=7.0.15 ...` or `Valkey server v=8.0.1 ...`. False: it is
 * neither. */
bool redis_version_read(struct str text, bool *ret_valkey, int64_t *ret_major,
			int64_t *ret_minor);

/*
 * Finds redis-server (or valkey-server) in path, asks its version (SPEC 2.7: Redis 7.0, Valkey
 * 7.2), and writes redis.conf into dir, where its data goes too; the socket is redis.sock in
 * socket_dir, or in a new folder below /tmp when that path is over 100 bytes. temporary: nothing
 * is kept, no AOF. FAIL_BUSY: there is none, it is too old, or the folder cannot be written to.
 */
enum fail local_redis_prepare(struct arena *a, struct str path, struct str dir,
			      struct str socket_dir, bool temporary, struct local_redis *ret,
			      struct why *why) MUST_CHECK;
/* Whether somebody listens on the socket. */
bool local_redis_listens(const struct local_redis *r);
/* Removes the folder below /tmp, if there is one. */
void local_redis_clean(const struct local_redis *r);

#endif
