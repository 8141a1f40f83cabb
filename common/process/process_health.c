/* --health: asks this machine's /healthz with one plain blocking socket, so that an image without
 * curl has a probe. SPEC 2.13. */
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "process/process_inner.h"

/* A connected socket, or -1. */
static int dial(const char *host, const char *port)
{
	const struct timeval timeout = {.tv_sec = HEALTH_TIMEOUT_MS / 1000};
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	int fd = -1;

	if (getaddrinfo(host, port, &hints, &found) != 0)
		return -1;
	for (const struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
		if (connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(found);
	return fd;
}

static bool answers_200(int fd)
{
	static const char request[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
				      "Connection: close\r\n\r\n";
	static const char want[] = "HTTP/1.1 200 ";
	char got[sizeof(want) - 1];

	return send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) ==
		       (ssize_t)sizeof(request) - 1 &&
	       recv(fd, got, sizeof(got), MSG_WAITALL) == (ssize_t)sizeof(got) &&
	       memcmp(got, want, sizeof(got)) == 0;
}

int process_ask_health(struct str http_addr)
{
	char host[256] = "127.0.0.1", port[8];
	struct str name;
	uint16_t number;
	int fd, code;

	if (!addr_parse(http_addr, &name, &number) || name.len >= sizeof(host)) {
		fprintf(stderr, "ARK_HTTP_ADDR is empty: there is no health port to ask\n");
		return 1;
	}
	/* Who listens on all addresses is asked on the loopback. */
	if (str_is(name, "::"))
		snprintf(host, sizeof(host), "::1");
	else if (name.len && !str_is(name, "0.0.0.0"))
		snprintf(host, sizeof(host), "%.*s", STR_ARG(name));
	snprintf(port, sizeof(port), "%u", number);
	fd = dial(host, port);
	if (fd < 0) {
		fprintf(stderr, "nobody answers on %s port %s\n", host, port);
		return 1;
	}
	code = answers_200(fd) ? 0 : 1;
	if (code)
		fprintf(stderr, "not healthy: %s port %s\n", host, port);
	close(fd);
	return code;
}
