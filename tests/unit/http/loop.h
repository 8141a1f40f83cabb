/* What the tests of client and server share: a loop that runs until a condition holds, and raw
 * sockets that may send anything. */
#ifndef ARK_TESTS_HTTP_LOOP_H
#define ARK_TESTS_HTTP_LOOP_H

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"

enum { DEADLINE_MS = 20000 };

static inline int64_t mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A thousand streams need more descriptors than a shell often gives. */
static inline int more_descriptors(void **state)
{
	struct rlimit l;

	(void)state;
	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
	return 0;
}

static inline void loop_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* One turn that waits at most 10 ms for something to happen. */
static inline void loop_turn(struct event_base *base)
{
	struct timeval tv = {.tv_usec = 10000};
	struct event tick;

	event_assign(&tick, base, -1, 0, loop_tick, NULL);
	event_add(&tick, &tv);
	event_base_loop(base, EVLOOP_ONCE);
	event_del(&tick);
}

#define RUN_UNTIL(base, condition)                                                             \
	do {                                                                                   \
		int64_t until_ms = mono_ms() + DEADLINE_MS;                                    \
		while (!(condition)) {                                                         \
			if (mono_ms() > until_ms)                                              \
				fail_msg("not in time: %s", #condition);                       \
			loop_turn(base);                                                       \
		}                                                                              \
	} while (0)

static inline int raw_connect(uint16_t port)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* Sends all, turning the loop while the socket is full. A peer that closed ends it. */
static inline void raw_send(struct event_base *base, int fd, struct str bytes)
{
	int64_t end = mono_ms() + DEADLINE_MS;

	while (bytes.len && mono_ms() < end) {
		ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

		if (n > 0)
			bytes = str_from(bytes, (size_t)n);
		else if (errno != EAGAIN)
			return;
		loop_turn(base);
	}
}

/* Takes what is there. False at the end of the stream. */
static inline bool raw_take(int fd, struct buf *out)
{
	char chunk[65536];
	ssize_t n = recv(fd, chunk, sizeof(chunk), 0);

	if (n > 0)
		buf_add(out, str_n(chunk, (size_t)n));
	return n > 0 || (n < 0 && errno == EAGAIN);
}

/* Reads until the peer closes. */
static inline void raw_read_all(struct event_base *base, int fd, struct buf *out)
{
	RUN_UNTIL(base, !raw_take(fd, out));
}

/* Reads until the text is there. */
static inline void raw_read_until(struct event_base *base, int fd, struct buf *out,
				  const char *text)
{
	RUN_UNTIL(base,
		  (raw_take(fd, out), str_find(buf_str(out), str_of(text), 0) != STR_NONE));
}

#endif
