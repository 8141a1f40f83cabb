/* What curl tells us about one request while its answer comes, and what we make of the end. */
#include "http/http_call.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/uri.h"
#include "process/clock.h"

enum { CALL_MAX_FIELDS = 1000 };

/* --- the egress policy: before a connection is opened, and before an old one is used again ---
 */

curl_socket_t call_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct http_call *call = arg;
	struct ip ip;
	uint16_t port;
	int fd;

	(void)purpose;
	if (call->egress && (!ip_of_sockaddr(&a->addr, &ip, &port) ||
			     egress_refusal(call->egress, &ip, port))) {
		call->refused = true;
		return CURL_SOCKET_BAD;
	}
	fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
	if (fd < 0)
		return CURL_SOCKET_BAD;
	call->client->stats.connections++;
	return fd;
}

int call_before_request(void *arg, char *peer_ip, char *local_ip, int peer_port, int local_port)
{
	struct http_call *call = arg;
	struct ip ip;

	(void)local_ip;
	(void)local_port;
	client_connected(call);
	if (call->egress && (!ip_parse(str_of(peer_ip), &ip) ||
			     egress_refusal(call->egress, &ip, (uint16_t)peer_port))) {
		call->refused = true;
		return CURL_PREREQFUNC_ABORT;
	}
	return CURL_PREREQFUNC_OK;
}

/* --- the answer -----------------------------------------------------------------------------
 */

/* Cuts the gathered lines into fields; the status line is skipped. False: too many. */
static bool cut_fields(struct http_call *call)
{
	struct str rest = buf_str(&call->head), line, name, value;

	call->field_count = 0;
	str_next(&rest, '\n', &line);
	while (str_next(&rest, '\n', &line)) {
		if (!str_cut(line, ':', &name, &value))
			continue;
		if (call->field_count == CALL_MAX_FIELDS)
			return false;
		if (call->field_count == call->field_cap) {
			call->field_cap = call->field_cap ? call->field_cap * 2 : 16;
			call->fields =
				xrealloc(call->fields, call->field_cap, sizeof(*call->fields));
		}
		call->fields[call->field_count++] =
			(struct http_field){str_trim(name), str_trim(value)};
	}
	return true;
}

static struct http_fields fields_of(const struct http_call *call)
{
	return (struct http_fields){call->fields, call->field_count};
}

/* The absolute target of a redirect that we follow; NULL when we do not. */
static char *redirect_target(const struct http_call *call)
{
	struct str location = http_fields_get(fields_of(call), STR("Location"));
	char *text = NULL, *target = NULL, *result = NULL;
	CURLU *u;

	if (call->follow == HTTP_FOLLOW_NONE || !call->gets || location.len == 0)
		return NULL;
	if (call->status != 301 && call->status != 302 && call->status != 303 &&
	    call->status != 307 && call->status != 308)
		return NULL;
	u = curl_url();
	PROMISE(u);
	text = xstrndup(location);
	if (curl_url_set(u, CURLUPART_URL, call->url, 0) == CURLUE_OK &&
	    curl_url_set(u, CURLUPART_URL, text, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_URL, &target, 0) == CURLUE_OK &&
	    uri_same_origin(str_of(call->url), str_of(target)))
		result = xstrndup(str_of(target));
	free(text);
	curl_free(target);
	curl_url_cleanup(u);
	return result;
}

/* The head is whole. False ends the transfer. */
static bool head_done(struct http_call *call)
{
	if (call->status < 200) /* 1xx: the next status line starts over */
		return true;
	if (!cut_fields(call)) {
		call->too_large = "too many header fields";
		return false;
	}
	call->head_done = true;
	call->redirect = redirect_target(call);
	if (call->redirect || !call->on_headers)
		return true;
	call->on_headers(call->arg, call->status, fields_of(call));
	return call->state != CALL_DOOMED;
}

static int status_of(struct str line)
{
	struct str code;
	int64_t n;

	str_cut(line, ' ', NULL, &code);
	return str_to_i64(str_sub(code, 0, 3), &n) ? (int)n : 0;
}

size_t call_header_line(char *ptr, size_t size, size_t count, void *arg)
{
	struct http_call *call = arg;
	struct str line = str_n(ptr, size * count);

	if (call->state == CALL_DOOMED)
		return 0;
	call->byte_ms = process_mono_ms();
	call->client->stats.bytes_received += line.len;
	if (call->head_done) /* a trailer */
		return line.len;
	if (str_starts(line, STR("HTTP/"))) {
		buf_clear(&call->head);
		call->status = status_of(line);
	}
	buf_add(&call->head, line);
	if (call->head.full) {
		call->too_large = "the headers are larger than the limit";
		return 0;
	}
	if (str_trim(line).len == 0 && !head_done(call))
		return 0;
	return line.len;
}

size_t call_body_bytes(char *ptr, size_t size, size_t count, void *arg)
{
	struct http_call *call = arg;
	struct str chunk = str_n(ptr, size * count);

	if (call->state == CALL_DOOMED)
		return 0;
	call->byte_ms = process_mono_ms();
	call->client->stats.bytes_received += chunk.len;
	if (chunk.len > call->max_body - call->body_bytes) {
		call->too_large = "the body is larger than the limit";
		return 0;
	}
	call->body_bytes += chunk.len;
	if (call->redirect)
		return chunk.len;
	if (!call->on_body) {
		buf_add(&call->gathered, chunk);
		return chunk.len;
	}
	call->on_body(call->arg, chunk);
	return call->state == CALL_DOOMED ? 0 : chunk.len;
}

int call_progress(void *arg, curl_off_t total_down, curl_off_t down, curl_off_t total_up,
		  curl_off_t up)
{
	struct http_call *call = arg;

	(void)total_down;
	(void)down;
	(void)total_up;
	if (up != call->uploaded) {
		call->uploaded = up;
		call->byte_ms = process_mono_ms();
	}
	return call->state == CALL_DOOMED;
}

/* --- the end --------------------------------------------------------------------------------
 */

enum http_outcome call_outcome(const struct http_call *call, CURLcode code)
{
	if (code == CURLE_OK)
		return HTTP_DONE;
	if (call->too_large)
		return HTTP_TOO_LARGE;
	/* With several addresses curl goes on to the next one, so a refusal counts only when
	 * no connection came about. */
	if (call->refused &&
	    (code == CURLE_COULDNT_CONNECT || code == CURLE_ABORTED_BY_CALLBACK))
		return HTTP_REFUSED_ADDRESS;
	if (code == CURLE_OPERATION_TIMEDOUT)
		return HTTP_TIMED_OUT;
	if (call->connected)
		return HTTP_ABORTED;
	if (code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION ||
	    code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CIPHER ||
	    code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_ISSUER_ERROR)
		return HTTP_TLS_FAILED;
	return HTTP_CONNECT_FAILED;
}

/* What curl says of names, connections and certificates holds nothing of the request; the rest
 * gets curl's constant texts, so that no path or header can slip in (SPEC 2.9). */
static const char *curl_reason(const struct http_call *call, CURLcode code)
{
	if (call->too_large)
		return call->too_large;
	if (!call->connected && call->curl_words[0])
		return call->curl_words;
	return curl_easy_strerror(code);
}

void call_tell(struct http_call *call, enum http_outcome outcome, CURLcode code,
	       const char *reason)
{
	AUTO_BUF words = BUF(WHY_MAX_BYTES);

	if (outcome == HTTP_REFUSED_ADDRESS)
		reason = "resolves to an address that the egress policy forbids";
	if (outcome != HTTP_DONE) {
		uri_add_origin(&words, str_of(call->url));
		buf_adds(&words, ": ");
		buf_adds(&words, reason ? reason : curl_reason(call, code));
	}
	call->client->stats.outcomes[outcome]++;
	if (!call->on_done)
		return;
	call->on_done(call->arg, &(struct http_result){
					 .outcome = outcome,
					 .status = call->status,
					 .fields = fields_of(call),
					 .body = buf_str(&call->gathered),
					 .words = buf_cstr(&words),
					 .took_ms = process_mono_ms() - call->sent_ms,
				 });
}
