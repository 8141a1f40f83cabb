/*
 * The connections of a daemon to its Redis, up and down together.
 *
 * A daemon has one connection for commands and one for each place where it blocks. They are one
 * link: it is up when all are up, and all speak to the same server. The link also keeps the
 * readiness condition "redis", logs what happens to it once, and warns about a server that cannot
 * keep its promises (SPEC 2.7).
 */
#ifndef ARK_STREAM_LINK_H
#define ARK_STREAM_LINK_H

#include "process/process.h"
#include "redis/redis.h"

struct link;

enum { LINK_MAX_READERS = 4 };

struct link_plan {
	size_t readers;	    /* connections besides that for commands */
	bool loads_library; /* control plane: load the function library before up (SPEC 2.11) */
	/* changed: another server, or another life of it, than when last up. */
	void (*up)(void *arg, bool changed);
	void (*down)(void *arg);
	void *arg;
};

/* FAIL_INPUT: the URL is wrong. */
enum fail link_new(struct process *p, const struct link_plan *plan, struct link **ret,
		   struct why *why) MUST_CHECK;
/* Closes the connections: `down` is told when it was up, then calls that wait hear that they are
 * lost. So it goes before the loops that use it. NULL is fine. */
void link_free(struct link *l);

struct redis *link_commands(struct link *l);
struct redis *link_reader(struct link *l, size_t i);
bool link_is_up(const struct link *l);
/* The name of this process among the consumers: ARK_PROCESS_NAME, else <service>-<host>-<pid>. */
struct str link_name(const struct link *l);

#endif
