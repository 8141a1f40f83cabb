/* The client: curl's multi handle on the event loop, places and queue. */
#include "http/http_call.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "process/clock.h"

/* Connections kept for reuse beside those in use. */
enum { IDLE_CONNECTIONS = 256 };

/* One socket that curl waits on. */
struct watched {
	struct event event;
};

const char *http_outcome_name(enum http_outcome o)
{
	switch (o) {
	case HTTP_DONE: return "done";
	case HTTP_CONNECT_FAILED: return "connect-failed";
	case HTTP_TLS_FAILED: return "tls-failed";
	case HTTP_TIMED_OUT: return "timed-out";
	case HTTP_IDLE: return "idle";
	case HTTP_TOO_LARGE: return "too-large";
	case HTTP_REFUSED_ADDRESS: return "refused-address";
	case HTTP_ABORTED: return "aborted";
	}
	return "?";
}

/* --- curl's multi handle: never entered twice, never while one of its callbacks runs --------
 */

static void kick(struct http_client *c)
{
	event_active(c->kick, EV_TIMEOUT, 0);
}

static void multi_add(struct http_call *call)
{
	struct http_client *c = call->client;

	c->connecting++;
	c->inside++;
	PROMISE(curl_multi_add_handle(c->multi, call->easy) == CURLM_OK);
	c->inside--;
}

static void multi_remove(struct http_call *call)
{
	struct http_client *c = call->client;

	client_connected(call);
	c->inside++;
	PROMISE(curl_multi_remove_handle(c->multi, call->easy) == CURLM_OK);
	c->inside--;
}

/* curl's limit counts the connections in use too, so it moves with them: else a busy client
 * would close every connection that becomes free. */
static void set_in_flight(struct http_client *c, unsigned n)
{
	c->stats.in_flight = n;
	curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)n + IDLE_CONNECTIONS);
}

void client_connected(struct http_call *call)
{
	if (call->connected)
		return;
	call->connected = true;
	call->client->connecting--;
	if (!TAILQ_EMPTY(&call->client->queue))
		kick(call->client);
}

/* Takes the call out of its list and the multi handle. */
static void detach(struct http_call *call)
{
	struct http_client *c = call->client;

	event_del(&call->timer);
	switch (call->state) {
	case CALL_QUEUED:
		TAILQ_REMOVE(&c->queue, call, link);
		c->stats.queued--;
		break;
	case CALL_DOOMED:
		TAILQ_REMOVE(&c->doomed, call, link);
		multi_remove(call);
		break;
	case CALL_FLIGHT:
		TAILQ_REMOVE(&c->flight, call, link);
		set_in_flight(c, c->stats.in_flight - 1);
		multi_remove(call);
		if (!TAILQ_EMPTY(&c->queue))
			kick(c);
		break;
	case CALL_FINISHING: BROKEN("a call ends twice");
	}
	call->state = CALL_FINISHING;
}

static void finish(struct http_call *call, enum http_outcome outcome, CURLcode code,
		   const char *reason)
{
	bool connected = call->connected;

	detach(call);
	call->connected = connected;
	call->client->telling++;
	call_tell(call, outcome, code, reason);
	call->client->telling--;
	call_free(call);
}

static void transfer_done(struct http_call *call, CURLcode code)
{
	if (call->state == CALL_DOOMED) {
		detach(call);
		call_free(call);
	} else if (code != CURLE_OK || !call->redirect) {
		finish(call, call_outcome(call, code), code, NULL);
	} else if (call->redirects == HTTP_MAX_REDIRECTS) {
		finish(call, HTTP_ABORTED, CURLE_TOO_MANY_REDIRECTS, NULL);
	} else {
		multi_remove(call);
		call_next_hop(call);
		multi_add(call);
	}
}

static void read_messages(struct http_client *c)
{
	struct http_call *call;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(c->multi, &left))) {
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &call);
		transfer_done(call, code);
	}
}

static void act(struct http_client *c, curl_socket_t fd, int what)
{
	int running;

	c->inside++;
	curl_multi_socket_action(c->multi, fd, what, &running);
	c->inside--;
	read_messages(c);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	act(arg, fd,
	    (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct http_client *c = arg;
	struct watched *w = socket_arg;
	int events = EV_PERSIST | (what & CURL_POLL_IN ? EV_READ : 0) |
		     (what & CURL_POLL_OUT ? EV_WRITE : 0);

	(void)easy;
	if (w)
		event_del(&w->event);
	if (what == CURL_POLL_REMOVE) {
		free(w);
		return 0;
	}
	if (!w) {
		w = xcalloc(1, sizeof(*w));
		curl_multi_assign(c->multi, fd, w);
	}
	event_assign(&w->event, c->base, fd, (short)events, on_socket, c);
	event_add(&w->event, NULL);
	return 0;
}

static int set_timer(CURLM *multi, long ms, void *arg)
{
	struct http_client *c = arg;
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	(void)multi;
	if (ms < 0)
		event_del(c->timer);
	else
		event_add(c->timer, &tv);
	return 0;
}

/* --- places and queue -----------------------------------------------------------------------
 */

static void on_kick(evutil_socket_t fd, short what, void *arg)
{
	struct http_client *c = arg;
	struct http_call *call;

	(void)fd;
	(void)what;
	while ((call = TAILQ_FIRST(&c->doomed))) {
		detach(call);
		call_free(call);
	}
	while ((call = TAILQ_FIRST(&c->queue)) && c->stats.in_flight < c->max_in_flight &&
	       c->connecting < c->max_connecting) {
		TAILQ_REMOVE(&c->queue, call, link);
		c->stats.queued--;
		TAILQ_INSERT_TAIL(&c->flight, call, link);
		set_in_flight(c, c->stats.in_flight + 1);
		call->state = CALL_FLIGHT;
		call->byte_ms = process_mono_ms();
		multi_add(call);
	}
}

/* --- deadlines ------------------------------------------------------------------------------
 */

/* The next moment to look at the call. The idle time is looked at when it would be over and
 * not moved with each byte. */
static void arm(struct http_call *call)
{
	int64_t at = INT64_MAX, left;
	struct timeval tv;

	if (call->total_ms)
		at = call->sent_ms + call->total_ms;
	if (call->idle_ms && call->byte_ms + call->idle_ms < at)
		at = call->byte_ms + call->idle_ms;
	if (at == INT64_MAX)
		return;
	left = at - process_mono_ms();
	if (left < 1)
		left = 1;
	tv = (struct timeval){.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000};
	event_add(&call->timer, &tv);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct http_call *call = arg;
	int64_t now = process_mono_ms();

	(void)fd;
	(void)what;
	if (call->total_ms && now >= call->sent_ms + call->total_ms)
		finish(call, HTTP_TIMED_OUT, CURLE_OPERATION_TIMEDOUT, "no answer in time");
	else if (call->state == CALL_FLIGHT && call->idle_ms &&
		 now >= call->byte_ms + call->idle_ms)
		finish(call, HTTP_IDLE, CURLE_OPERATION_TIMEDOUT, "no byte for too long");
	else
		arm(call);
}

/* --- what others call -----------------------------------------------------------------------
 */

static char *copy(const char *s)
{
	return s ? xstrndup(str_of(s)) : NULL;
}

struct http_client *http_client_new(struct event_base *base,
				    const struct http_client_options *o)
{
	struct http_client *c = xcalloc(1, sizeof(*c));

	/* OpenSSL does not write with MSG_NOSIGNAL. */
	signal(SIGPIPE, SIG_IGN);
	PROMISE(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	c->base = base;
	c->max_in_flight = o->max_in_flight ? o->max_in_flight : HTTP_CLIENT_MAX_IN_FLIGHT;
	c->max_queued = o->max_queued ? o->max_queued : HTTP_CLIENT_MAX_QUEUED;
	c->max_connecting = o->max_connecting ? o->max_connecting : HTTP_CLIENT_MAX_CONNECTING;
	c->user_agent = copy(o->user_agent ? o->user_agent : "ark/" ARK_VERSION);
	c->proxy = copy(o->proxy);
	c->ca_file = copy(o->ca_file);
	TAILQ_INIT(&c->queue);
	TAILQ_INIT(&c->flight);
	TAILQ_INIT(&c->doomed);
	c->timer = event_new(base, -1, 0, on_timer, c);
	c->kick = event_new(base, -1, 0, on_kick, c);
	c->multi = curl_multi_init();
	PROMISE(c->timer && c->kick && c->multi);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	set_in_flight(c, 0);
	return c;
}

static void free_all(struct http_calls *calls)
{
	struct http_call *call;

	while ((call = TAILQ_FIRST(calls))) {
		detach(call);
		call_free(call);
	}
}

void http_client_free(struct http_client *c)
{
	if (!c)
		return;
	PROMISE(c->inside == 0 && c->telling == 0);
	free_all(&c->queue);
	free_all(&c->flight);
	free_all(&c->doomed);
	curl_multi_cleanup(c->multi);
	event_free(c->timer);
	event_free(c->kick);
	free(c->user_agent);
	free(c->proxy);
	free(c->ca_file);
	free(c);
	curl_global_cleanup();
}

enum fail http_client_send(struct http_client *c, const struct http_request *req,
			   struct http_call **ret_call, struct why *why)
{
	struct http_call *call;
	enum fail f;

	if (c->stats.queued >= c->max_queued) {
		c->stats.refused_busy++;
		return failf(why, FAIL_BUSY, "%u requests wait already (limit http-queue)",
			     c->stats.queued);
	}
	f = call_new(c, req, &call, why);
	if (f)
		return f;
	event_assign(&call->timer, c->base, -1, 0, on_deadline, call);
	arm(call);
	TAILQ_INSERT_TAIL(&c->queue, call, link);
	c->stats.queued++;
	c->stats.sent++;
	kick(c);
	if (ret_call)
		*ret_call = call;
	return FAIL_NONE;
}

void http_call_cancel(struct http_call *call)
{
	struct http_client *c = call ? call->client : NULL;

	/* Inside its own on_done the call is as good as gone. */
	if (!call || call->state == CALL_FINISHING)
		return;
	PROMISE(call->state != CALL_DOOMED);
	c->stats.cancelled++;
	if (call->state == CALL_FLIGHT && c->inside) {
		TAILQ_REMOVE(&c->flight, call, link);
		set_in_flight(c, c->stats.in_flight - 1);
		event_del(&call->timer);
		call->state = CALL_DOOMED;
		TAILQ_INSERT_TAIL(&c->doomed, call, link);
		kick(c);
		return;
	}
	detach(call);
	call_free(call);
}

void http_client_stats(const struct http_client *c, struct http_client_stats *ret_stats)
{
	*ret_stats = c->stats;
}
