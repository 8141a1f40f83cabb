#include "redis/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <event2/event.h>

/* Shared by the loop and the thread that looks up; whoever lets go last frees it. */
struct lookup {
	atomic_int holders;
	int tell; /* the thread's end of the pair: closing it says "done" */
	int error;
	struct addrinfo *list;
	char service[6];
	char name[];
};

struct dial {
	struct event_base *base;
	struct event *event; /* start, then end of the lookup, then writable */
	struct lookup *lookup;
	const struct addrinfo *next; /* to be tried; NULL for a unix socket */
	struct sockaddr_un unix_addr;
	bool is_unix;
	int listen; /* our end of the pair while a lookup runs, else -1 */
	int fd;	    /* the socket that is being connected, else -1 */
	struct why why;
	void (*done)(void *arg, int fd, const struct why *why);
	void *arg;
};

/* --- looking up -----------------------------------------------------------------------------
 */

static void lookup_drop(struct lookup *l)
{
	if (!l || atomic_fetch_sub(&l->holders, 1) != 1)
		return;
	if (l->list)
		freeaddrinfo(l->list);
	free(l);
}

static void lookup_addresses(struct lookup *l, int flags)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};

	l->error = getaddrinfo(l->name, l->service, &hints, &l->list);
}

static void *lookup_main(void *arg)
{
	struct lookup *l = arg;
	int tell = l->tell;

	lookup_addresses(l, AI_NUMERICSERV | AI_ADDRCONFIG);
	/* The loop reads the result when it sees the end of the pair: let go first. */
	lookup_drop(l);
	close(tell);
	return NULL;
}

/* Starts the thread; false when the system has none to give. */
static bool lookup_start(struct lookup *l)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t thread;
	int error;

	/* Signals are for the loop's thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	atomic_fetch_add(&l->holders, 1);
	error = pthread_create(&thread, &attr, lookup_main, l);
	if (error)
		atomic_fetch_sub(&l->holders, 1);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0;
}

/* --- connecting -----------------------------------------------------------------------------
 */

static void finish(struct dial *d, int fd)
{
	struct why why = d->why;

	d->fd = -1;
	d->done(d->arg, fd, &why); /* d may be gone now */
}

static void wait_for(struct dial *d, int fd, short what, event_callback_fn fn)
{
	if (d->event)
		event_free(d->event);
	d->event = event_new(d->base, fd, what, fn, d);
	PROMISE(d->event && event_add(d->event, NULL) == 0);
}

/* So that a peer whose machine is gone is noticed on a connection that only listens, too. */
static void keep_alive(int fd)
{
	const int on = 1, idle_s = 15, interval_s = 5, probes = 3;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}

static void try_next(struct dial *d);

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct dial *d = arg;
	socklen_t len = sizeof(int);
	int error = 0;

	(void)what;
	event_del(d->event);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (error == 0) {
		finish(d, fd);
		return;
	}
	why_write(&d->why, "%s", strerror(error));
	close(fd);
	d->fd = -1;
	try_next(d);
}

/* One attempt. True when it is under way or done (then d may be gone). */
static bool try_address(struct dial *d, const struct sockaddr *addr, socklen_t len)
{
	int fd = socket(addr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		why_write(&d->why, "%s", strerror(errno));
		return false;
	}
	if (addr->sa_family != AF_UNIX)
		keep_alive(fd);
	if (connect(fd, addr, len) == 0) {
		finish(d, fd);
		return true;
	}
	/* EAGAIN of a unix socket: its queue is full; nothing is under way. */
	if (errno != EINPROGRESS) {
		why_write(&d->why, "%s", strerror(errno));
		close(fd);
		return false;
	}
	d->fd = fd;
	wait_for(d, fd, EV_WRITE, on_writable);
	return true;
}

static void try_next(struct dial *d)
{
	while (d->next) {
		const struct addrinfo *a = d->next;

		d->next = a->ai_next;
		if (try_address(d, a->ai_addr, a->ai_addrlen))
			return;
	}
	finish(d, -1);
}

static void addresses_known(struct dial *d)
{
	if (d->lookup->error)
		why_write(&d->why, "%s", gai_strerror(d->lookup->error));
	d->next = d->lookup->list;
	try_next(d);
}

static void on_looked_up(evutil_socket_t fd, short what, void *arg)
{
	struct dial *d = arg;

	(void)what;
	event_del(d->event);
	close(fd);
	d->listen = -1;
	addresses_known(d);
}

static void on_start(evutil_socket_t fd, short what, void *arg)
{
	struct dial *d = arg;
	int pair[2];

	(void)fd, (void)what;
	if (d->is_unix) {
		if (!try_address(d, (const struct sockaddr *)&d->unix_addr,
				 sizeof(d->unix_addr)))
			finish(d, -1);
		return;
	}
	lookup_addresses(d->lookup, AI_NUMERICHOST | AI_NUMERICSERV);
	if (d->lookup->error == 0) {
		addresses_known(d);
		return;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		why_write(&d->why, "name lookup: %s", strerror(errno));
		finish(d, -1);
		return;
	}
	d->listen = pair[0];
	d->lookup->tell = pair[1];
	if (!lookup_start(d->lookup)) {
		close(pair[1]);
		why_write(&d->why, "name lookup: no thread to be had");
		finish(d, -1);
		return;
	}
	wait_for(d, d->listen, EV_READ, on_looked_up);
}

/* --- making and freeing ---------------------------------------------------------------------
 */

static struct dial *dial_new(struct event_base *base,
			     void (*done)(void *arg, int fd, const struct why *why), void *arg)
{
	struct dial *d = xmalloc(sizeof(*d));

	d->base = base;
	d->listen = d->fd = -1;
	d->done = done;
	d->arg = arg;
	wait_for(d, -1, 0, on_start);
	event_active(d->event, EV_TIMEOUT, 0);
	return d;
}

struct dial *dial_host(struct event_base *base, const struct redis_host *host,
		       void (*done)(void *arg, int fd, const struct why *why), void *arg)
{
	struct dial *d = dial_new(base, done, arg);
	struct lookup *l = xcalloc(1, sizeof(*l) + host->name.len + 1);

	atomic_init(&l->holders, 1);
	memcpy(l->name, host->name.ptr, host->name.len);
	snprintf(l->service, sizeof(l->service), "%u", host->port);
	d->lookup = l;
	return d;
}

struct dial *dial_unix(struct event_base *base, struct str path,
		       void (*done)(void *arg, int fd, const struct why *why), void *arg)
{
	struct dial *d = dial_new(base, done, arg);

	PROMISE(path.len < sizeof(d->unix_addr.sun_path));
	d->is_unix = true;
	d->unix_addr.sun_family = AF_UNIX;
	memcpy(d->unix_addr.sun_path, path.ptr, path.len);
	return d;
}

void dial_free(struct dial *d)
{
	if (!d)
		return;
	if (d->event)
		event_free(d->event);
	if (d->listen >= 0)
		close(d->listen);
	if (d->fd >= 0)
		close(d->fd);
	lookup_drop(d->lookup);
	free(d);
}
