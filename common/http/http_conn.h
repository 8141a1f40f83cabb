/* A connection of the server, inside: shared by http_server.c, http_conn.c,
 * http_conn_read.c and exchange.c. */
#ifndef ARK_HTTP_HTTP_CONN_H
#define ARK_HTTP_HTTP_CONN_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <openssl/ssl.h>
#include <sys/queue.h>

#include "base/arena.h"
#include "http/http_chunked.h"
#include "http/http_date.h"
#include "http/http_head.h"
#include "http/http_server.h"
#include "http/route.h"

/* The life of a connection. Each state has one deadline, set by conn_enter. */
enum conn_state {
	CONN_IDLE,     /* between requests: idle_ms */
	CONN_HEAD,     /* the head comes: head_ms */
	CONN_BODY,     /* the body comes: body_ms */
	CONN_HANDLING, /* a handler has the exchange: no deadline */
	CONN_STREAM,   /* an answer of unknown length: keep-alive and stall */
	CONN_FLUSH,    /* the answer is in the output buffer: must make progress */
	CONN_LINGER,   /* said all; reads on, so that the answer is not lost to a reset */
};

struct exchange {
	struct http_conn *conn;
	struct arena arena; /* the head's bytes and everything made of them */
	struct http_head head;
	struct http_field params[ROUTE_MAX_PARAMS];
	size_t param_count;
	struct http_fields query; /* decoded */
	struct ip client;
	const struct http_route *route;
	struct buf body;
	struct http_chunked chunks;
	void (*on_close)(void *arg);
	void *on_close_arg;
	void (*on_drain)(void *arg);
	void *on_drain_arg;
};

struct http_conn {
	LIST_ENTRY(http_conn) link;
	struct http_server *server;
	struct bufferevent *bev;
	struct event timer;
	struct ip peer;
	enum conn_state state;
	struct exchange *x;  /* NULL between requests and when answered */
	size_t scanned;	     /* of the head that comes */
	uint64_t body_left;  /* bytes of a body with a length that are not read yet */
	bool body_chunked;   /* a chunked body that is not read to its end yet */
	bool tls, surplus;   /* surplus: accepted only to be refused */
	bool keep_alive;     /* after this answer */
	bool unread;	     /* the client may still be sending: linger */
	bool pipelined;	     /* more came before the answer was given */
	bool chunked_out;    /* the stream goes out in chunks */
	bool mute;	     /* a stream for HEAD: its bytes are not sent */
	bool dead;	     /* a stream far beyond its backlog: to be closed */
	int64_t comment_ms;  /* silence after which a comment goes out; 0 = never */
	int64_t write_ms;    /* of the last write to a stream, monotonic */
	int64_t stall_at_ms; /* when a stream over its backlog is closed; 0 = it is not */
	size_t flush_left;   /* bytes that waited when the flush was last looked at */
};

struct http_server {
	struct event_base *base;
	struct evconnlistener *listener; /* NULL when draining */
	struct event *resume;		 /* accepts again after descriptors ran out */
	struct http_server_options options;
	char *cert_file, *key_file;
	SSL_CTX *tls; /* NULL = plain */
	uint16_t port;
	bool draining;
	unsigned surplus;
	LIST_HEAD(, http_conn) conns;
	struct http_server_stats stats;
	int64_t date_s; /* the second that `date` is the text of */
	char date[HTTP_DATE_BYTES];
};

/* --- http_conn.c ---------------------------------------------------------------------------- */

/* Takes the socket. */
void conn_new(struct http_server *s, evutil_socket_t fd, const struct sockaddr *peer);
void conn_free(struct http_conn *c); /* with on_close, when an exchange waits */
void conn_enter(struct http_conn *c, enum conn_state state);
/* Sets the timer of a stream to its next deadline. */
void conn_arm_stream(struct http_conn *c);
/* Answers without an exchange, and closes. */
void conn_refuse(struct http_conn *c, int status, const char *words);

/* --- http_conn_read.c ----------------------------------------------------------------------- */

/* Goes on with the bytes that are there, as far as the state allows. */
void conn_read(struct http_conn *c);

/* --- exchange.c ----------------------------------------------------------------------------- */

/* Frees the exchange without a word. */
void exchange_free(struct exchange *x);
/* Status line and fields, up to the empty line. body_len < 0: no length, it is a stream. */
void answer_head(struct http_conn *c, bool http_1_0, int status, const char *type,
		 struct http_fields fields, int64_t body_len);
/* {"error":"<words>"} */
void answer_error_body(struct buf *out, struct str words);

/* --- http_server.c -------------------------------------------------------------------------- */

/* Finds the route of an exchange, or answers 400, 404 or 405. */
void server_route(struct exchange *x);

#endif
