/*
 * HTTP/1.1 requests on the event loop: INTERFACES 1.6, 1.7. One client per process; it holds
 * one curl multi handle, so connections are reused by all.
 *
 * A request is copied by http_client_send. Callbacks come from the event loop, never from
 * inside a function of this file, and end with exactly one on_done, unless the call is
 * cancelled: then none comes any more. Inside callbacks everything is allowed (send, cancel of
 * this or another call) but http_client_free.
 *
 * A request that goes out on a connection used before, and finds it closed before any byte came
 * back, is sent once more on a new one: so what must happen once carries an idempotency key.
 *
 * Fixed: TLS 1.2 or later and verified, HTTP/1.1, no Expect header, no cookies, no proxy from
 * the environment, TCP keep-alive. Words for people hold scheme, host and port only, since a
 * path or a query may be a secret (SPEC 2.9).
 */
#ifndef ARK_HTTP_HTTP_CLIENT_H
#define ARK_HTTP_HTTP_CLIENT_H

#include "base/fail.h"
#include "http/egress.h"
#include "http/http_fields.h"

struct event_base;
struct http_client;
struct http_call;

enum {
	HTTP_CLIENT_MAX_IN_FLIGHT = 10000,
	HTTP_CLIENT_MAX_QUEUED = 10000,
	HTTP_CLIENT_MAX_CONNECTING = 1024, /* curl resolves names in a thread each */
	HTTP_CONNECT_MS = 10000,
	HTTP_MAX_HEADER_BYTES = 64 * 1024,
	HTTP_MAX_BODY_BYTES = 16 * 1024 * 1024,
	HTTP_MAX_REDIRECTS = 5,
};

/* 0 and NULL mean the default. */
struct http_client_options {
	unsigned max_in_flight;	 /* HTTP_CLIENT_MAX_IN_FLIGHT */
	unsigned max_queued;	 /* waiting for a place in flight; HTTP_CLIENT_MAX_QUEUED */
	unsigned max_connecting; /* HTTP_CLIENT_MAX_CONNECTING */
	const char *user_agent;	 /* "ark/<version>" */
	const char *proxy;	 /* URL of a proxy for every request that names none */
	const char *ca_file;	 /* PEM; default the system's */
};

/* How the peer and we prove who we are. A text (PEM) wins over its file. Borrowed until
 * http_client_send returns. */
struct http_tls {
	const char *ca_file, *cert_file, *key_file;
	struct str ca_pem, cert_pem, key_pem;
	bool insecure; /* kubeconfig's insecure-skip-tls-verify only (INTERFACES 19.4) */
};

enum http_follow {
	HTTP_FOLLOW_NONE,      /* a 3xx is an answer like any other */
	HTTP_FOLLOW_SAME_HOST, /* GET and HEAD, to the same scheme, host and port */
};

struct http_result;

struct http_request {
	const char *method; /* NULL = GET */
	struct str url;	    /* absolute, http or https */
	const struct http_field *headers;
	size_t header_count;
	struct str body;    /* no ptr = no body */
	bool body_borrowed; /* the caller keeps it alive until on_done or cancel; else copied */

	/* milliseconds; 0: connect_ms HTTP_CONNECT_MS, the others no limit. total_ms counts from
	 * the send (waiting for a place included), idle_ms from the last byte in either
	 * direction. */
	int64_t connect_ms, total_ms, idle_ms;
	/* 0: HTTP_MAX_BODY_BYTES, or no limit when on_body is set */
	size_t max_body_bytes;
	size_t max_header_bytes; /* 0: HTTP_MAX_HEADER_BYTES */

	enum http_follow follow;
	/* NULL: any address; else must outlive the call. With a proxy it judges the address of the
	 * proxy. */
	const struct egress *egress;
	const struct http_tls *tls; /* NULL: the system's CAs */
	const char *proxy;	    /* NULL: the client's; "": none */
	const char *connect_to;	    /* "host:port" to connect to instead of the URL's; the URL's
				   host stays the name that TLS checks */

	/* All optional. Without on_body the body is gathered for on_done. */
	void (*on_headers)(void *arg, int status, struct http_fields fields);
	void (*on_body)(void *arg, struct str chunk);
	void (*on_done)(void *arg, const struct http_result *result);
	void *arg;
};

enum http_outcome {
	HTTP_DONE,	      /* a whole answer, whatever its status */
	HTTP_CONNECT_FAILED,  /* name or connection: the request was not sent */
	HTTP_TLS_FAILED,      /* not sent: no trust, or no common version */
	HTTP_TIMED_OUT,	      /* connect_ms or total_ms */
	HTTP_IDLE,	      /* idle_ms */
	HTTP_TOO_LARGE,	      /* max_body_bytes or max_header_bytes */
	HTTP_REFUSED_ADDRESS, /* the egress policy; not sent */
	HTTP_ABORTED,	      /* the peer broke off, or its answer is no HTTP */
};

const char *http_outcome_name(enum http_outcome o);

/* Everything is borrowed and lives until on_done returns. */
struct http_result {
	enum http_outcome outcome;
	int status; /* 0 when no status line came */
	struct http_fields fields;
	struct str body;   /* what was gathered; empty with on_body */
	const char *words; /* what went wrong, for people; "" when HTTP_DONE */
	int64_t took_ms;
};

/* A copy of the options is kept. Never fails (STYLE: out of memory ends the process). Makes the
 * process ignore SIGPIPE. */
struct http_client *http_client_new(struct event_base *base,
				    const struct http_client_options *options);
/* Cancels every call, without callbacks. NULL is fine. Not inside a callback. */
void http_client_free(struct http_client *c);

/* FAIL_INPUT: URL, method or a header is malformed. FAIL_BUSY: the queue is full. The handle
 * (ret_call may be NULL) is valid until on_done returns or http_call_cancel. */
MUST_CHECK enum fail http_client_send(struct http_client *c, const struct http_request *req,
				      struct http_call **ret_call, struct why *why);
/* No callback comes any more; the handle is gone. NULL is fine. */
void http_call_cancel(struct http_call *call);

/* For metrics. Counters only grow; in_flight and queued are of now. */
struct http_client_stats {
	uint64_t sent, cancelled, refused_busy;
	uint64_t outcomes[HTTP_ABORTED + 1];
	uint64_t connections; /* opened */
	uint64_t bytes_received;
	unsigned in_flight, queued;
};
void http_client_stats(const struct http_client *c, struct http_client_stats *ret_stats);

#endif
