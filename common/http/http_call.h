/* One request of the client, inside: shared by http_client.c, http_call.c, http_call_setup.c. */
#ifndef ARK_HTTP_HTTP_CALL_H
#define ARK_HTTP_HTTP_CALL_H

#include <curl/curl.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/queue.h>

#include "http/http_client.h"

/* A call is in one list at a time: queue (waits for a place), flight (in the multi handle), or
 * doomed (cancelled while curl was on the stack; freed when it is not). */
struct http_call {
	TAILQ_ENTRY(http_call) link;
	struct http_client *client;
	enum { CALL_QUEUED, CALL_FLIGHT, CALL_DOOMED, CALL_FINISHING } state;
	bool connected; /* curl has a connection for it: no longer counted in `connecting` */
	bool refused;	/* the egress policy said no to an address */

	CURL *easy;
	struct curl_slist *headers, *connect_to;
	char *url;  /* of the current hop */
	char *body; /* the copy; NULL when borrowed */
	const struct egress *egress;
	bool gets; /* GET or HEAD: may follow redirects */
	enum http_follow follow;
	size_t max_body; /* SIZE_MAX = none */
	int64_t total_ms, idle_ms;
	void (*on_headers)(void *arg, int status, struct http_fields fields);
	void (*on_body)(void *arg, struct str chunk);
	void (*on_done)(void *arg, const struct http_result *result);
	void *arg;

	int64_t sent_ms, byte_ms;  /* monotonic: when sent; when the last byte moved */
	curl_off_t uploaded;	   /* bytes, as last seen */
	struct event timer;	   /* the next of total_ms and idle_ms */
	struct buf head;	   /* the header lines of the current answer */
	struct http_field *fields; /* into head; made when the head is whole */
	size_t field_count, field_cap;
	bool head_done;
	int status;
	size_t body_bytes;
	struct buf gathered;
	char *redirect; /* where this answer sends us */
	unsigned redirects;
	const char *too_large; /* which limit was passed; NULL = none */
	char curl_words[CURL_ERROR_SIZE];
};

TAILQ_HEAD(http_calls, http_call);

struct http_client {
	struct event_base *base;
	CURLM *multi;
	struct event *timer, *kick;
	unsigned max_in_flight, max_queued, max_connecting, connecting;
	char *user_agent, *proxy, *ca_file;
	struct http_calls queue, flight, doomed;
	unsigned inside;  /* curl is on the stack: its handles must not be touched */
	unsigned telling; /* an on_done is on the stack */
	struct http_client_stats stats;
};

/* --- http_call_setup.c ---------------------------------------------------------------------- */

/* Makes a call with its easy handle; it is in no list yet. */
MUST_CHECK enum fail call_new(struct http_client *c, const struct http_request *req,
			      struct http_call **ret_call, struct why *why);
void call_free(struct http_call *call);
/* Forgets the last answer, for the next hop of a redirect. */
void call_next_hop(struct http_call *call);

/* --- http_call.c: curl's callbacks, and the end --------------------------------------------- */

curl_socket_t call_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a);
int call_before_request(void *arg, char *peer_ip, char *local_ip, int peer_port,
			int local_port);
size_t call_header_line(char *ptr, size_t size, size_t count, void *arg);
size_t call_body_bytes(char *ptr, size_t size, size_t count, void *arg);
int call_progress(void *arg, curl_off_t total_down, curl_off_t down, curl_off_t total_up,
		  curl_off_t up);
/* What curl's code means for this call. */
enum http_outcome call_outcome(const struct http_call *call, CURLcode code);
/* Calls on_done. reason NULL: what curl said for code. */
void call_tell(struct http_call *call, enum http_outcome outcome, CURLcode code,
	       const char *reason);

/* --- http_client.c -------------------------------------------------------------------------- */

/* The call has its connection. */
void client_connected(struct http_call *call);

#endif
