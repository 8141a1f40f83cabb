/*
 * A model that streams tokens at exact times, and readers that note when each came: both in one
 * process, so by one clock.
 *
 *	token_path MODEL_PORT PORT PATH TOKEN STREAMS COUNT RATE
 *
 * Listens as a server of OpenAI's format on MODEL_PORT. Posts STREAMS times to PORT/PATH, reads the
 * answers as they come, and looks in them for the tokens, which carry their number. Each stream
 * has COUNT tokens, RATE a second. PORT may be MODEL_PORT: then nothing stands between the two.
 * Prints one JSON line with the times from the write at the model to the read at the reader.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "measure.h"

enum { STREAMS_MAX = 1000, DEADLINE_S = 60, TICK_US = 500, TOKEN_LEN = 10 };
/* A token is "<s123456> " of stream and number, in letters that JSON does not change. */
#define TOKEN_FORMAT "[%03zu%05lld"

/* A call of the model: its tokens and when they were written. */
struct call {
	struct bufferevent *bev;
	size_t number;
	int64_t *sent_us, said;
	int64_t start_us;
	bool begun;
};

struct reader {
	struct bufferevent *bev;
};

static struct event_base *base;
static struct call calls[STREAMS_MAX];
static struct reader readers[STREAMS_MAX];
static size_t streams, call_count, ended;
static int64_t count, rate, late_us, seen;
static struct samples times;

/* --- the model ---------------------------------------------------------------------------------- */

static void chunk(struct bufferevent *bev, const char *data)
{
	struct evbuffer *out = bufferevent_get_output(bev);

	evbuffer_add_printf(out, "%zx\r\n%s\r\n", strlen(data), data);
}

static void say(struct call *c)
{
	char data[256];
	int64_t now = now_us(), due = c->start_us + c->said * 1000000 / rate;

	snprintf(data, sizeof(data),
		 "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" TOKEN_FORMAT
		 " \"}}]}\n\n",
		 c->number, (long long)c->said);
	late_us = now - due > late_us ? now - due : late_us;
	c->sent_us[c->said++] = now;
	chunk(c->bev, data);
	if (c->said < count)
		return;
	chunk(c->bev,
	      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],"
	      "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n\n");
	chunk(c->bev, "data: [DONE]\n\n");
	evbuffer_add(bufferevent_get_output(c->bev), "0\r\n\r\n", 5);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	for (size_t i = 0; i < call_count; i++)
		while (calls[i].begun && calls[i].said < count &&
		       now_us() >= calls[i].start_us + calls[i].said * 1000000 / rate)
			say(&calls[i]);
}

/* The body of the request is of no interest; its end is. */
static void on_request(struct bufferevent *bev, void *arg)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
				   "Transfer-Encoding: chunked\r\n\r\n";
	struct evbuffer *in = bufferevent_get_input(bev);
	struct call *c = arg;
	char *text = (char *)evbuffer_pullup(in, -1), *end, *length;
	size_t n = evbuffer_get_length(in);

	end = memmem(text, n, "\r\n\r\n", 4);
	length = end ? memmem(text, (size_t)(end - text), "Content-Length:", 15) : NULL;
	if (!end || !length || n < (size_t)(end - text) + 4 + (size_t)number(length + 15))
		return;
	evbuffer_drain(in, n);
	bufferevent_write(bev, head, sizeof(head) - 1);
	c->begun = true;
	/* Streams shall not speak in step. */
	c->start_us = now_us() + (int64_t)c->number * 1000000 / rate / (int64_t)streams;
}

static void on_model_event(struct bufferevent *bev, short what, void *arg)
{
	(void)what, (void)arg;
	bufferevent_disable(bev, EV_READ | EV_WRITE);
}

static void no_delay(evutil_socket_t fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *peer,
		      int len, void *arg)
{
	struct call *c = &calls[call_count];

	(void)l, (void)peer, (void)len, (void)arg;
	need(call_count < streams, "more calls than streams");
	c->number = call_count++;
	c->sent_us = calloc((size_t)count, sizeof(*c->sent_us));
	c->bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	need(c->sent_us && c->bev, "memory");
	no_delay(fd);
	bufferevent_setcb(c->bev, on_request, NULL, on_model_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

/* --- the readers ---------------------------------------------------------------------------------- */

static void on_text(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t n = evbuffer_get_length(in), from = 0;
	const char *text = (const char *)evbuffer_pullup(in, -1), *at;
	int64_t now = now_us();

	(void)arg;
	/* The text of the run's end has all tokens once more: only the first sight of each counts. */
	while ((at = memchr(text + from, '[', n - from)) &&
	       (size_t)(at - text) + TOKEN_LEN <= n) {
		size_t stream;
		long long token;
		char part[TOKEN_LEN + 1] = "";

		memcpy(part, at, TOKEN_LEN);
		from = (size_t)(at - text) + 1;
		if (sscanf(part, "[%3zu%5lld ", &stream, &token) != 2 || part[9] != ' ' ||
		    stream >= call_count || token >= calls[stream].said ||
		    !calls[stream].sent_us[token])
			continue;
		samples_add(&times, now - calls[stream].sent_us[token]);
		calls[stream].sent_us[token] = 0;
		seen++;
	}
	evbuffer_drain(in, at ? (size_t)(at - text) : n);
	if (seen == count * (int64_t)streams)
		event_base_loopbreak(base);
}

static void on_reader_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev, (void)arg;
	if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) && ++ended == streams)
		event_base_loopbreak(base);
}

static void post(struct reader *r, uint16_t port, const char *path, const char *token)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	r->bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	need(r->bev && !bufferevent_socket_connect(r->bev, (struct sockaddr *)&address,
						   sizeof(address)),
	     "connect");
	bufferevent_setcb(r->bev, on_text, NULL, on_reader_event, r);
	bufferevent_enable(r->bev, EV_READ | EV_WRITE);
	evbuffer_add_printf(
		bufferevent_get_output(r->bev),
		"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
		"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
		path, token);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	event_base_loopbreak(base);
}

static void on_interval(int64_t us, short flags, event_callback_fn fn)
{
	const struct timeval tv = {us / 1000000, us % 1000000};

	need(event_add(event_new(base, -1, flags, fn, NULL), &tv) == 0, "timer");
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct event_config *config = event_config_new();

	if (argc != 8) {
		fprintf(stderr,
			"usage: token_path MODEL_PORT PORT PATH TOKEN STREAMS COUNT RATE\n");
		return 2;
	}
	streams = (size_t)number(argv[5]);
	count = number(argv[6]);
	rate = number(argv[7]);
	need(streams <= STREAMS_MAX && count <= 99999, "too many");
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	base = event_base_new_with_config(config);
	address.sin_port = htons((uint16_t)number(argv[1]));
	need(evconnlistener_new_bind(base, on_accept, NULL, LEV_OPT_REUSEABLE, -1,
				     (struct sockaddr *)&address, sizeof(address)) != NULL,
	     "listen");
	for (size_t i = 0; i < streams; i++)
		post(&readers[i], (uint16_t)number(argv[2]), argv[3], argv[4]);
	on_interval(TICK_US, EV_PERSIST, on_tick);
	on_interval(DEADLINE_S * INT64_C(1000000), 0, on_deadline);
	event_base_dispatch(base);
	printf("{\"tokens\":%lld,\"of\":%lld,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"most_ms\":%.3f,"
	       "\"late_ms\":%.3f}\n",
	       (long long)seen, (long long)(count * (int64_t)streams), samples_ms(&times, 500),
	       samples_ms(&times, 990), samples_ms(&times, 1000), (double)late_us / 1000.0);
	return seen == count * (int64_t)streams ? 0 : 1;
}
