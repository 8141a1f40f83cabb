/*
 * Posts to one path over connections that are kept:
 *
 *	fire PORT PATH TOKEN COUNT CONNECTIONS
 *	fire PORT PATH TOKEN COUNT 0 RATE
 *
 * Without RATE each of the CONNECTIONS posts again as soon as it was answered. With RATE (a second) the
 * times are fixed before the first post: who answers late makes nobody post later, since a post
 * whose time has come takes a further connection, and is measured from its time (no coordinated
 * omission). Prints one JSON line; exit status 1 when the server closes or talks nonsense.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

enum { CONNECTIONS_MAX = 512, REQUEST_MAX = 2048, ANSWER_MAX = 8192, NUMBER_DIGITS = 9 };

struct conn {
	bool busy;
	int64_t since_us;
	size_t len;
	char answer[ANSWER_MAX];
};

static struct conn conns[CONNECTIONS_MAX];
static struct pollfd fds[CONNECTIONS_MAX];
static size_t opened, busy;
static uint16_t port;
static char request[REQUEST_MAX];
static size_t request_len;
static int64_t sent, answered, accepted, late_us;
static struct samples times;

static void make_request(const char *path, const char *token)
{
	int n = snprintf(request, sizeof(request),
			 "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
			 "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
			 "{\"n\":\"%0*d\"}",
			 path, token, NUMBER_DIGITS + 8, NUMBER_DIGITS, 0);

	need(n > 0 && n < REQUEST_MAX, "path and token are too long");
	request_len = (size_t)n;
}

static size_t open_conn(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	need(opened < CONNECTIONS_MAX, "more connections than there may be");
	need(fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address)), "connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	need(fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "fcntl");
	fds[opened] = (struct pollfd){.fd = fd, .events = POLLIN};
	return opened++;
}

static size_t free_conn(void)
{
	for (size_t i = 0; busy < opened && i < opened; i++)
		if (!conns[i].busy)
			return i;
	return open_conn();
}

/* The number in the body makes each post another one. */
static void post(size_t at, int64_t since_us)
{
	char *digit = request + request_len - 2;

	for (int64_t rest = sent++, i = 0; i < NUMBER_DIGITS; i++, rest /= 10)
		*--digit = (char)('0' + rest % 10);
	need(write(fds[at].fd, request, request_len) == (ssize_t)request_len, "write");
	conns[at].busy = true;
	conns[at].since_us = since_us;
	conns[at].len = 0;
	busy++;
}

/* True when the answer is whole. */
static bool is_whole(const struct conn *c)
{
	const char *head_end = strstr(c->answer, "\r\n\r\n");
	const char *length = strcasestr(c->answer, "\r\nContent-Length:");
	size_t body;

	if (!head_end)
		return false;
	need(length && length < head_end, "an answer without a length");
	body = (size_t)number(length + strlen("\r\nContent-Length:"));
	return c->len >= (size_t)(head_end - c->answer) + 4 + body;
}

static bool read_answer(size_t at)
{
	struct conn *c = &conns[at];
	ssize_t n = read(fds[at].fd, c->answer + c->len, ANSWER_MAX - 1 - c->len);

	if (n < 0 && errno == EAGAIN)
		return false;
	need(n > 0, "the server closed");
	c->len += (size_t)n;
	c->answer[c->len] = '\0';
	if (!c->busy || !is_whole(c))
		return false;
	samples_add(&times, now_us() - c->since_us);
	answered++;
	accepted += strncmp(c->answer, "HTTP/1.1 202", strlen("HTTP/1.1 202")) == 0;
	c->busy = false;
	busy--;
	return true;
}

static void wait_until_us(int64_t at_us)
{
	int64_t left = at_us < 0 ? 0 : at_us - now_us();
	struct timespec t = {0, 0};

	if (left > 0)
		t = (struct timespec){left / 1000000, left % 1000000 * 1000};
	need(ppoll(fds, opened, at_us < 0 ? NULL : &t, NULL) >= 0, "poll");
}

int main(int argc, char **argv)
{
	int64_t count, connections, rate, start;

	if (argc < 6 || argc > 7) {
		fprintf(stderr, "usage: fire PORT PATH TOKEN COUNT CONNECTIONS [RATE]\n");
		return 2;
	}
	port = (uint16_t)number(argv[1]);
	make_request(argv[2], argv[3]);
	count = number(argv[4]);
	connections = number(argv[5]);
	rate = argc > 6 ? number(argv[6]) : 0;
	/* With RATE they are opened as they are needed: who connects and says nothing is closed. */
	while (!rate && (int64_t)opened < connections)
		open_conn();
	start = now_us();
	for (size_t i = 0; !rate && i < opened && sent < count; i++)
		post(i, now_us());
	while (answered < count) {
		int64_t due = rate ? start + sent * 1000000 / rate : -1;

		wait_until_us(sent < count ? due : -1);
		for (size_t i = 0; i < opened; i++)
			if ((fds[i].revents & ~0) && read_answer(i) && !rate && sent < count)
				post(i, now_us());
		for (; rate && sent < count && now_us() >= due;
		     due = start + sent * 1000000 / rate) {
			late_us = now_us() - due > late_us ? now_us() - due : late_us;
			post(free_conn(), due);
		}
	}
	printf("{\"accepted\":%lld,\"refused\":%lld,\"seconds\":%.6f,\"p50_ms\":%.3f,"
	       "\"p99_ms\":%.3f,\"late_ms\":%.3f,\"connections\":%zu}\n",
	       (long long)accepted, (long long)(answered - accepted),
	       (double)(now_us() - start) / 1e6, samples_ms(&times, 500),
	       samples_ms(&times, 990), (double)late_us / 1000.0, opened);
	free(times.us);
	return 0;
}
