/* What the load clients share: flags, connecting from many addresses, heads of answers. */
#ifndef TESTS_LOAD_CLIENT_H
#define TESTS_LOAD_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "process/clock.h"

enum {
	CLIENT_SPARE_FDS = 64,
	CLIENT_ADDRESSES_MAX = 250 * 250, /* 127.1.1.1 to 127.1.250.250 */
};

static inline void client_fail(const char *words, const char *more)
{
	fprintf(stderr, "%s%s\n", words, more);
	exit(2);
}

/* "--name value" pairs. The value of name, or initial. */
static inline const char *client_flag(int argc, char **argv, const char *name,
				      const char *initial)
{
	for (int i = 1; i + 1 < argc; i += 2)
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	return initial;
}

static inline uint64_t client_number(int argc, char **argv, const char *name,
				     const char *initial)
{
	uint64_t n;

	if (!str_to_u64(str_of(client_flag(argc, argv, name, initial)), &n))
		client_fail("not a number: ", name);
	return n;
}

static inline void client_check_flags(int argc, char **argv, const char *const *known)
{
	for (int i = 1; i < argc; i += 2) {
		size_t k = 0;

		while (known[k] && strcmp(argv[i], known[k]) != 0)
			k++;
		if (!known[k])
			client_fail("unknown flag ", argv[i]);
		if (i + 1 == argc)
			client_fail("no value: ", argv[i]);
	}
}

/* The soft limit is raised to the hard one; what still does not fit is said before anything starts. */
static inline void client_need_descriptors(uint64_t count)
{
	struct rlimit fds;
	char words[128];

	if (getrlimit(RLIMIT_NOFILE, &fds) != 0)
		return;
	fds.rlim_cur = fds.rlim_max;
	setrlimit(RLIMIT_NOFILE, &fds);
	if (fds.rlim_max >= count + CLIENT_SPARE_FDS)
		return;
	snprintf(words, sizeof(words),
		 "%llu connections need as many descriptors; 'ulimit -Hn' is %llu",
		 (unsigned long long)count, (unsigned long long)fds.rlim_max);
	client_fail(words, "");
}

/* A socket that connects to 127.0.0.1, from the n-th address of many (0: from any). receive_buffer 0:
 * the system's. */
static inline int client_connect(uint16_t port, unsigned n, int receive_buffer)
{
	struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		client_fail("socket: ", strerror(errno));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (receive_buffer)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
	to.sin_port = htons(port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	from.sin_addr.s_addr =
		htonl(0x7f010000u | ((n - 1) / 250 + 1) << 8 | ((n - 1) % 250 + 1));
	/* The port is chosen at connect, so that the addresses share the ports. */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (n && bind(fd, (const struct sockaddr *)&from, sizeof(from)) != 0)
		client_fail("bind: ", strerror(errno));
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0 && errno != EINPROGRESS)
		client_fail("connect: ", strerror(errno));
	return fd;
}

/* The head of an answer. Texts are borrowed. */
struct client_head {
	unsigned status;
	size_t bytes; /* with its empty line */
	uint64_t length;
	bool chunked, close;
	struct str retry_after, runs;
};

/* False: not all there yet. An answer that is none ends the program. */
static inline bool client_head(struct str in, struct client_head *ret)
{
	struct client_head h = {.status = 0};
	size_t end = str_find(in, STR("\r\n\r\n"), 0);
	struct str head, line, name, value;
	uint64_t status;

	if (end == STR_NONE)
		return false;
	head = str_sub(in, 0, end);
	if (!str_starts(head, STR("HTTP/1.1 ")) || !str_to_u64(str_sub(head, 9, 12), &status))
		client_fail("not an answer of HTTP/1.1", "");
	h.status = (unsigned)status;
	h.bytes = end + 4;
	while (str_next(&head, '\n', &line)) {
		if (!str_cut(str_trim(line), ':', &name, &value))
			continue;
		value = str_trim(value);
		if (str_eq_nocase(name, STR("Content-Length")))
			(void)str_to_u64(value, &h.length);
		else if (str_eq_nocase(name, STR("Transfer-Encoding")))
			h.chunked = true;
		else if (str_eq_nocase(name, STR("Connection")))
			h.close = str_eq_nocase(value, STR("close"));
		else if (str_eq_nocase(name, STR("Retry-After")))
			h.retry_after = value;
		else if (str_eq_nocase(name, STR("Ark-Run")))
			h.runs = value;
	}
	*ret = h;
	return true;
}

/* The token in a file, without the line end; never on a command line, which everybody sees. */
static inline struct str client_token(const char *path)
{
	static char text[512];
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		client_fail("no token in ", path);
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	return str_trim(str_n(text, n));
}

#endif
