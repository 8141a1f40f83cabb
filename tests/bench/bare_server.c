/*
 * The least that a server of fires could do: for each POST one XADD, and 202 when Redis has taken
 * it. libevent's evhttp and hiredis as they come, pipelined; no route, no token, no check, no
 * limits, no run.
 *
 *	bare_server PORT SOCKET		answers until it is ended
 */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <hiredis/adapters/libevent.h>
#include <string.h>

#include "measure.h"

static redisAsyncContext *redis;

static void on_added(redisAsyncContext *c, void *reply, void *arg)
{
	const redisReply *r = reply;
	struct evbuffer *body = evbuffer_new();

	(void)c;
	need(r && r->type == REDIS_REPLY_STRING && body, "XADD");
	evbuffer_add_printf(body, "{\"id\":\"%s\"}", r->str);
	evhttp_send_reply(arg, 202, "Accepted", body);
	evbuffer_free(body);
}

static void on_post(struct evhttp_request *q, void *arg)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(q);
	size_t n = evbuffer_get_length(in);

	(void)arg;
	redisAsyncCommand(redis, on_added, q, "XADD bare * body %b", evbuffer_pullup(in, -1),
			  n);
}

int main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	struct evhttp *http = base ? evhttp_new(base) : NULL;

	if (argc != 3) {
		fprintf(stderr, "usage: bare_server PORT SOCKET\n");
		return 2;
	}
	redis = redisAsyncConnectUnix(argv[2]);
	need(http && redis && !redis->err && redisLibeventAttach(redis, base) == REDIS_OK,
	     "start");
	evhttp_set_gencb(http, on_post, NULL);
	need(evhttp_bind_socket(http, "127.0.0.1", (uint16_t)number(argv[1])) == 0, "listen");
	return event_base_dispatch(base);
}
