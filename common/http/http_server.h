/*
 * HTTP/1.1 servers on the event loop: SPEC 13.1, 13.17, 13.19, INTERFACES 1.9.
 *
 * The server is written on bufferevents and not on evhttp: that one accepts folded headers,
 * NULs and both lengths at once, knows only idle times (so that one byte per second holds a
 * connection for ever), and has no limits by default. Parsing is http_head.[ch] and
 * http_chunked.[ch], both pure.
 *
 * One server = one listen address = one table of routes. Everything happens on its event base.
 *
 * A client that sends its next request before it has the answer (pipelining) gets the answer,
 * then 400, and is disconnected.
 */
#ifndef ARK_HTTP_HTTP_SERVER_H
#define ARK_HTTP_HTTP_SERVER_H

#include "http/exchange.h"

struct event_base;
struct http_server;

enum {
	HTTP_SERVER_MAX_CONNECTIONS = 12000, /* more than the SSE connections of SPEC 13.17 */
	HTTP_SERVER_MAX_HEAD = 32 * 1024, /* request line and headers; also the limit on both */
	HTTP_SERVER_HEAD_MS = 5000,
	HTTP_SERVER_BODY_MS = 15000,
	HTTP_SERVER_IDLE_MS = 60000,
	HTTP_SERVER_STREAM_BACKLOG = 1024 * 1024,
	HTTP_SERVER_STREAM_STALL_MS = 30000,
};

/* A path is literal segments and {name} segments: "/runs/{namespace}/{name}". Routes of one
 * path may differ in their methods; of several paths that fit, the first wins. */
struct http_route {
	const char *methods; /* "GET", "GET POST"; GET implies HEAD */
	const char *path;
	size_t max_body_bytes; /* 0 = a body is refused with 413 */
	const char
		*body_limit; /* its name, for the words of the 413 (SPEC 23.1); may be NULL */
	/* Optional: called when the head is read, before the body and before the body's size is
	 * judged. May answer, and then nothing else is called. */
	void (*head)(void *arg, struct exchange *x);
	/* Called with the whole body. */
	void (*handler)(void *arg, struct exchange *x);
};

/* 0 and NULL mean the default. */
struct http_server_options {
	const struct http_route *routes; /* borrowed for the life of the server */
	size_t route_count;
	void *arg; /* for every function of the routes and for admit */
	/* Optional: called for every request before its route is looked up (rate limits). May
	 * answer, and then nothing else is called. */
	void (*admit)(void *arg, struct exchange *x);
	const struct cidr_set *trusted_proxies; /* borrowed */
	unsigned max_connections;
	int64_t head_ms, body_ms, idle_ms;
	size_t stream_backlog;
	int64_t stream_stall_ms;
	const char *cert_file, *key_file; /* PEM; both: TLS 1.2 or later */
};

/* Listens on addr (SPEC 2.5: ":8092", "127.0.0.1:0"). FAIL_INPUT: the address, certificate or
 * key is wrong, or the address is taken. Makes the process ignore SIGPIPE. */
MUST_CHECK enum fail http_server_new(struct event_base *base, struct str addr,
				     const struct http_server_options *options,
				     struct http_server **ret_server, struct why *why);
/* Closes everything; exchanges that wait get on_close. NULL is fine. Not inside a callback. */
void http_server_free(struct http_server *s);
/* The port really listened on. */
uint16_t http_server_port(const struct http_server *s);
/* Reads certificate and key again; connections that are open keep the old ones. On failure the
 * old ones stay in use. Fine without TLS. */
MUST_CHECK enum fail http_server_reload(struct http_server *s, struct why *why);
/* Stops accepting, closes idle connections, and closes each other one after its answer. */
void http_server_drain(struct http_server *s);

/* For metrics. Counters only grow; the unsigned ones are of now. */
struct http_server_stats {
	uint64_t accepted, refused, requests, bad_requests, slow_clients, timeouts;
	uint64_t by_class[6]; /* answers, by the first digit of their status */
	unsigned connections, exchanges, streams;
};
void http_server_stats(const struct http_server *s, struct http_server_stats *ret_stats);

#endif
