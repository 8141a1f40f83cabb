/*
 * Fires an event of the gateway over and over, and counts what the gateway says.
 *
 *	fire --port 8092 --path /triggers/default/hello/fire --token FILE
 *	     [--connections 64] [--clients 64] [--rate R] [--count N] [--seconds S] [--body JSON] [--runs FILE]
 *
 * With a rate it is an open loop: requests are due at fixed times, whether earlier ones were answered or not, and
 * times count from when they were due; a request that finds no free connection waits for one. Without, each
 * connection asks again as soon as it has its answer. The connections come from --clients addresses, so that
 * limits per client are those of many clients. Ends after --count requests or --seconds, and when all are answered.
 *
 * Prints one JSON object. --runs: the names of all runs that were accepted, one on each line.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <math.h>

#include "tests/load/client.h"

enum {
	HEAD_MAX = 16 << 10,
	TICK_MS = 1,
	LAST_ANSWERS_MS = 30000, /* for what is under way at the end */
	BUCKETS = 400,		 /* of times: each 5 % longer than the last, from 10 us */
};

struct client {
	struct load *load;
	struct client *next_free;
	struct bufferevent *bev;
	unsigned address;
	int64_t due_us; /* of the request under way */
	bool busy;
};

struct load {
	struct event_base *base;
	struct event *tick;
	struct client *clients, *free;
	char *request;
	size_t request_len;
	uint16_t port;
	uint64_t connections, addresses, rate, count, seconds;
	FILE *runs;
	int64_t start_us, stop_us;
	uint64_t due, sent, answered, accepted, no_retry_after, lost, most_waiting;
	uint64_t by_status[600];
	uint64_t times[BUCKETS], slowest_us;
	bool stopping;
};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- times ----------------------------------------------------------------------------------------------- */

static void count_time(struct load *l, int64_t us)
{
	double at = us > 10 ? log((double)us / 10) / log(1.05) : 0;

	l->times[at < BUCKETS - 1 ? (size_t)at : BUCKETS - 1]++;
	if ((uint64_t)us > l->slowest_us)
		l->slowest_us = (uint64_t)us;
}

static double quantile_ms(const struct load *l, double q)
{
	uint64_t want = (uint64_t)((double)l->answered * q), seen = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		seen += l->times[i];
		if (seen > want)
			return pow(1.05, (double)i + 0.5) / 100;
	}
	return 0;
}

/* --- asking ----------------------------------------------------------------------------------------------- */

static void open_client(struct client *c);

static bool is_over(const struct load *l)
{
	return l->stopping || (l->count && l->sent >= l->count);
}

static void look_done(struct load *l)
{
	if (is_over(l) && l->sent == l->answered + l->lost)
		event_base_loopbreak(l->base);
}

static void ask(struct client *c, int64_t due_us)
{
	c->busy = true;
	c->due_us = due_us;
	c->load->sent++;
	bufferevent_write(c->bev, c->load->request, c->load->request_len);
}

static int64_t due_time(const struct load *l, uint64_t n)
{
	return l->start_us + (int64_t)((double)n * 1e6 / (double)l->rate);
}

/* A connection without work: takes the next request that is due, or waits for one. */
static void next(struct client *c)
{
	struct load *l = c->load;

	c->busy = false;
	if (is_over(l)) {
		look_done(l);
	} else if (!l->rate) {
		ask(c, now_us());
	} else if (due_time(l, l->sent) <= now_us()) {
		ask(c, due_time(l, l->sent));
	} else {
		c->next_free = l->free;
		l->free = c;
	}
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct load *l = arg;
	int64_t now = now_us();

	(void)fd;
	(void)what;
	if (now >= l->stop_us)
		l->stopping = true;
	if (now >= l->stop_us + LAST_ANSWERS_MS * 1000)
		event_base_loopbreak(l->base);
	while (l->rate && l->free && !is_over(l) && due_time(l, l->sent) <= now) {
		struct client *c = l->free;

		l->free = c->next_free;
		ask(c, due_time(l, l->sent));
	}
	look_done(l);
}

/* --- answers ------------------------------------------------------------------------------------------------ */

static void count_answer(struct load *l, const struct client_head *h)
{
	struct str runs = h->runs, run;

	l->answered++;
	l->by_status[h->status < 600 ? h->status : 0]++;
	if ((h->status == 429 || h->status == 503) && !h->retry_after.len)
		l->no_retry_after++;
	if (h->status / 100 != 2)
		return;
	l->accepted++;
	while (l->runs && runs.len && str_next(&runs, ',', &run))
		fprintf(l->runs, "%.*s\n", STR_ARG(run));
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct client *c = arg;
	struct client_head h;
	size_t n = evbuffer_get_length(in);

	if (n > HEAD_MAX)
		n = HEAD_MAX;
	if (!client_head(str_n((const char *)evbuffer_pullup(in, (ev_ssize_t)n), n), &h)) {
		if (n == HEAD_MAX)
			client_fail("an endless head", "");
		return;
	}
	if (h.chunked || !c->busy)
		client_fail("not the answer to a fire", "");
	if (evbuffer_get_length(in) < h.bytes + h.length)
		return;
	count_time(c->load, now_us() - c->due_us);
	count_answer(c->load, &h);
	evbuffer_drain(in, h.bytes + h.length);
	if (h.close) {
		c->busy = false;
		bufferevent_free(c->bev);
		open_client(c);
	} else {
		next(c);
	}
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct client *c = arg;

	if (what & BEV_EVENT_CONNECTED)
		return;
	if (c->busy)
		c->load->lost++;
	if (!c->busy && c->load->rate) { /* it may be in the list of those who wait */
		struct client **at = &c->load->free;

		while (*at && *at != c)
			at = &(*at)->next_free;
		if (*at)
			*at = c->next_free;
	}
	c->busy = false;
	bufferevent_free(bev);
	c->bev = NULL;
	if (!is_over(c->load))
		open_client(c);
	else
		look_done(c->load);
}

static void open_client(struct client *c)
{
	int fd = client_connect(c->load->port, c->address, 0);

	c->bev = bufferevent_socket_new(c->load->base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(c->bev, on_read, NULL, on_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	next(c);
}

/* --- the whole ------------------------------------------------------------------------------------------------ */

static void make_request(struct load *l, int argc, char **argv)
{
	const char *path = client_flag(argc, argv, "--path", "/"),
		   *token = client_flag(argc, argv, "--token", NULL);
	const char *body = client_flag(argc, argv, "--body", "{}");
	struct str t = token ? client_token(token) : STR("");
	int n = asprintf(&l->request,
			 "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %.*s\r\n"
			 "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
			 path, STR_ARG(t), strlen(body), body);

	if (n < 0)
		client_fail("out of memory", "");
	l->request_len = (size_t)n;
}

static void report(const struct load *l)
{
	const char *comma = "";

	printf("{\"seconds\":%.3f,\"sent\":%llu,\"answered\":%llu,\"accepted\":%llu,\"lost\":%"
	       "llu,\"no_retry_after\":%llu,",
	       (double)(now_us() - l->start_us) / 1e6, (unsigned long long)l->sent,
	       (unsigned long long)l->answered, (unsigned long long)l->accepted,
	       (unsigned long long)l->lost, (unsigned long long)l->no_retry_after);
	printf("\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f,\"answers\":{",
	       quantile_ms(l, 0.5), quantile_ms(l, 0.99), (double)l->slowest_us / 1e3);
	for (unsigned s = 0; s < 600; s++) {
		if (!l->by_status[s])
			continue;
		printf("%s\"%u\":%llu", comma, s, (unsigned long long)l->by_status[s]);
		comma = ",";
	}
	printf("}}\n");
}

int main(int argc, char **argv)
{
	static const char *const known[] = {"--port",	 "--path", "--token", "--connections",
					    "--clients", "--rate", "--count", "--seconds",
					    "--body",	 "--runs", NULL};
	const struct timeval tick = {0, TICK_MS * 1000};
	const char *runs;
	struct load l = {0};

	client_check_flags(argc, argv, known);
	l.port = (uint16_t)client_number(argc, argv, "--port", "8092");
	l.connections = client_number(argc, argv, "--connections", "64");
	l.addresses = client_number(argc, argv, "--clients", "64");
	l.rate = client_number(argc, argv, "--rate", "0");
	l.count = client_number(argc, argv, "--count", "0");
	l.seconds = client_number(argc, argv, "--seconds", l.count ? "86400" : "10");
	runs = client_flag(argc, argv, "--runs", NULL);
	if (runs && !(l.runs = fopen(runs, "we")))
		client_fail("cannot write ", runs);
	if (!l.connections || !l.addresses || l.addresses > CLIENT_ADDRESSES_MAX)
		client_fail("connections and clients are 1 at least; clients 62500 at most",
			    "");
	client_need_descriptors(l.connections);
	make_request(&l, argc, argv);
	l.base = event_base_new();
	l.clients = calloc(l.connections, sizeof(*l.clients));
	l.tick = event_new(l.base, -1, EV_PERSIST, on_tick, &l);
	event_add(l.tick, &tick);
	l.start_us = now_us();
	l.stop_us = l.start_us + (int64_t)l.seconds * 1000000;
	for (uint64_t i = 0; i < l.connections; i++) {
		l.clients[i].load = &l;
		l.clients[i].address = (unsigned)(i % l.addresses) + 1;
		open_client(&l.clients[i]);
	}
	event_base_dispatch(l.base);
	report(&l);
	if (l.runs && fclose(l.runs) != 0)
		client_fail("cannot write ", runs);
	return 0;
}
