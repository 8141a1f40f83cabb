/*
 * From a name to a connected socket, without stopping the loop.
 *
 * Names are looked up by getaddrinfo in a thread of its own, because only it knows all that the
 * machine knows (hosts file, search domains, nsswitch); the loop gets the result through a
 * socket. The addresses are tried in turn. There is no deadline here: who dials has one, and
 * frees the dial.
 */
#ifndef ARK_REDIS_DIAL_H
#define ARK_REDIS_DIAL_H

#include "redis/url.h"

struct event_base;
struct dial;

/* done is called once, never inside dial_new: with a connected, non-blocking fd, which the callee
 * owns from then on, or with -1 and the reason. The callee frees the dial, also inside done. */
struct dial *dial_host(struct event_base *base, const struct redis_host *host,
		       void (*done)(void *arg, int fd, const struct why *why), void *arg);
struct dial *dial_unix(struct event_base *base, struct str path,
		       void (*done)(void *arg, int fd, const struct why *why), void *arg);
/* Gives up; done is not called any more. NULL is fine. */
void dial_free(struct dial *d);

#endif
