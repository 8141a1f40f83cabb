/*
 * One request that a server received, and its answer.
 *
 * A handler either answers before it returns, or sets on_close and answers later. An exchange
 * is valid until it is answered (exchange_reply..., exchange_end) or until on_close was called:
 * that tells that the client has left, or was closed as too slow, or that the server ends.
 * on_close never comes from inside a function of this file, and never after the answer.
 *
 * Every answer gets Date, X-Content-Type-Options, Content-Security-Policy, a length or chunks,
 * and with 401 WWW-Authenticate, with 429 and 503 Retry-After, unless the handler gives them
 * (SPEC 13.1). HEAD is answered as GET without the body, also for streams.
 */
#ifndef ARK_HTTP_EXCHANGE_H
#define ARK_HTTP_EXCHANGE_H

#include "base/fail.h"
#include "http/http_fields.h"
#include "http/ip.h"

struct exchange;

/* --- the request; texts live as long as the exchange ----------------------------------------
 */

struct str exchange_method(const struct exchange *x);
/* The path as sent, escapes kept, without the query. */
struct str exchange_path(const struct exchange *x);
/* The raw query, without '?'. */
struct str exchange_query_raw(const struct exchange *x);
/* A {name} segment of the route's pattern, decoded. A name that the pattern does not have is a
 * broken promise. */
struct str exchange_param(const struct exchange *x, const char *name);
/* A query parameter, decoded. ptr is NULL when absent. A query that does not decode was
 * answered 400 before any handler. */
struct str exchange_query(const struct exchange *x, const char *name);
/* The first header of that name; ptr is NULL when absent. */
struct str exchange_header(const struct exchange *x, const char *name);
struct http_fields exchange_headers(const struct exchange *x);
/* Empty in a route's head function: the body has not been read then. */
struct str exchange_body(const struct exchange *x);
/* Who asks: the peer, or whom trusted proxies name (SPEC 2.5 ARK_TRUSTED_PROXIES). */
const struct ip *exchange_client(const struct exchange *x);
bool exchange_is_tls(const struct exchange *x);

/* --- waiting --------------------------------------------------------------------------------
 */

/* Sets who is told that the client has gone; NULL takes it back. After the call the exchange
 * does not exist any more. */
void exchange_on_close(struct exchange *x, void (*on_close)(void *arg), void *arg);

/* --- plain answers: each ends the exchange --------------------------------------------------
 */

/* type "" = no Content-Type. Headers are copied; a header that is no valid field is a broken
 * promise, so clean what comes from outside (http_is_value). */
void exchange_reply(struct exchange *x, int status, const char *type, struct str body,
		    const struct http_field *headers, size_t header_count);
void exchange_reply_json(struct exchange *x, int status, struct str json);
/* {"error":"<text>"} */
void exchange_reply_error(struct exchange *x, int status, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* The same with Retry-After, rounded up to seconds, at least 1. */
void exchange_reply_retry(struct exchange *x, int status, int64_t after_ms, const char *fmt,
			  ...) PRINTF_LIKE(4, 5);

/* --- streams --------------------------------------------------------------------------------
 */

/* Sends the headers at once; what follows goes out with exchange_write. on_close must be set
 * before the handler returns, also here. The texts of the request are gone afterwards. */
void exchange_stream(struct exchange *x, int status, const char *type,
		     const struct http_field *headers, size_t header_count);
/* exchange_stream for server-sent events, with the headers of SPEC 13.11. */
void exchange_stream_sse(struct exchange *x, const struct http_field *headers,
			 size_t header_count);
/* Appends to the stream, flushed at once. When more than the server's stream_backlog bytes wait
 * for stream_stall_ms, or more than four times as much at any time, the client is disconnected
 * (SPEC 13.17); on_close tells later. */
void exchange_write(struct exchange *x, struct str chunk);
/* Bytes that wait for the client. A producer that can wait does so when this is large ... */
size_t exchange_backlog(const struct exchange *x);
/* ... and is told once when all of it has gone. NULL takes it back. */
void exchange_on_drain(struct exchange *x, void (*on_drain)(void *arg), void *arg);
/* After ms without a write send a comment (SPEC 13.11: 15000); 0 = never. For SSE only. */
void exchange_keep_alive(struct exchange *x, int64_t ms);
/* Closes the connection at once, as when the client leaves: on_close is called. For clients that do not read. */
void exchange_abort(struct exchange *x);
/* Ends the stream and the exchange. */
void exchange_end(struct exchange *x);

#endif
