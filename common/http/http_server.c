/* Servers: listening, TLS, routes. */
#include "http/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/http_conn.h"

enum {
	LISTEN_BACKLOG = 1024,
	SURPLUS_MAX =
		64, /* connections over the limit that are told so; more are just closed */
	RESUME_MS = 100,
};

/* --- routes ---------------------------------------------------------------------------------
 */

static void reply_405(struct exchange *x, struct str allow)
{
	AUTO_BUF body = BUF(1024);
	struct http_field header = {STR("Allow"), allow};

	answer_error_body(&body, STR("method not allowed"));
	exchange_reply(x, 405, "application/json", buf_str(&body), &header, 1);
}

static void add_allowed(struct buf *allow, struct str methods)
{
	struct str m;

	while (str_next(&methods, ' ', &m)) {
		if (allow->len)
			buf_adds(allow, ", ");
		buf_add(allow, m);
		if (str_is(m, "GET"))
			buf_adds(allow, ", HEAD");
	}
}

void server_route(struct exchange *x)
{
	const struct http_server_options *o = &x->conn->server->options;
	AUTO_BUF allow = BUF(1024);

	for (size_t i = 0; i < o->route_count; i++) {
		const struct http_route *r = &o->routes[i];

		switch (route_match(&x->arena, str_of(r->path), x->head.path, x->params,
				    &x->param_count)) {
		case ROUTE_OTHER: continue;
		case ROUTE_BAD:
			exchange_reply_error(x, 400, "the path does not decode");
			return;
		case ROUTE_FITS: break;
		}
		if (route_method(str_of(r->methods), x->head.method)) {
			x->route = r;
			return;
		}
		add_allowed(&allow, str_of(r->methods));
	}
	if (allow.len)
		reply_405(x, buf_str(&allow));
	else
		exchange_reply_error(x, 404, "not found");
}

/* --- TLS ------------------------------------------------------------------------------------
 */

static enum fail tls_failed(SSL_CTX *ctx, const char *file, struct why *why)
{
	char words[256];

	ERR_error_string_n(ERR_get_error(), words, sizeof(words));
	ERR_clear_error();
	SSL_CTX_free(ctx);
	return failf(why, FAIL_INPUT, "%s: %s", file, words);
}

static enum fail tls_load(struct http_server *s, SSL_CTX **ret_ctx, struct why *why)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	PROMISE(ctx);
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					 SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	if (SSL_CTX_use_certificate_chain_file(ctx, s->cert_file) != 1)
		return tls_failed(ctx, s->cert_file, why);
	if (SSL_CTX_use_PrivateKey_file(ctx, s->key_file, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1)
		return tls_failed(ctx, s->key_file, why);
	*ret_ctx = ctx;
	return FAIL_NONE;
}

enum fail http_server_reload(struct http_server *s, struct why *why)
{
	SSL_CTX *ctx;
	enum fail f;

	if (!s->cert_file)
		return FAIL_NONE;
	f = tls_load(s, &ctx, why);
	if (f)
		return f;
	SSL_CTX_free(s->tls);
	s->tls = ctx;
	return FAIL_NONE;
}

/* --- listening ------------------------------------------------------------------------------
 */

static void on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *peer,
		      int len, void *arg)
{
	struct http_server *s = arg;
	bool surplus = s->stats.connections >= s->options.max_connections;

	(void)l;
	(void)len;
	s->stats.accepted++;
	if (surplus)
		s->stats.refused++;
	if (surplus && (s->tls || s->surplus >= SURPLUS_MAX))
		close(fd);
	else
		conn_new(s, fd, peer);
}

/* No descriptor is left: the listener would be called again at once, for ever. */
static void on_accept_error(struct evconnlistener *l, void *arg)
{
	struct http_server *s = arg;
	struct timeval tv = {.tv_usec = RESUME_MS * 1000};

	evconnlistener_disable(l);
	event_add(s->resume, &tv);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *s = arg;

	(void)fd;
	(void)what;
	if (s->listener)
		evconnlistener_enable(s->listener);
}

static int open_listener(const struct ip *ip, uint16_t port)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	bool is_v4 = ip_is_v4(ip);
	int on = 1, off = 0, saved;
	int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			0);

	if (fd < 0)
		return -1;
	memcpy(&v6.sin6_addr, ip->b, 16);
	memcpy(&v4.sin_addr, ip->b + 12, 4);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!is_v4) /* [::] takes IPv4 too */
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6,
		 is_v4 ? sizeof(v4) : sizeof(v6)) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static enum fail start_listening(struct http_server *s, struct str addr, struct why *why)
{
	struct sockaddr_storage name = {0};
	socklen_t len = sizeof(name);
	struct ip ip, bound;
	uint16_t port;
	bool any;
	int fd;

	if (!ip_listen_parse(addr, &ip, &port, &any))
		return failf(why, FAIL_INPUT, "'%.*s' is no listen address (such as :8092)",
			     STR_ARG(addr));
	fd = open_listener(&ip, port);
	if (fd < 0 && any && errno != EADDRINUSE && ip_parse(STR("0.0.0.0"), &ip))
		fd = open_listener(&ip, port); /* a machine without IPv6 */
	if (fd < 0)
		return failf(why, FAIL_INPUT, "listen on %.*s: %s", STR_ARG(addr),
			     strerror(errno));
	s->listener = evconnlistener_new(s->base, on_accept, s,
					 LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
					 LISTEN_BACKLOG, fd);
	PROMISE(s->listener);
	evconnlistener_set_error_cb(s->listener, on_accept_error);
	PROMISE(getsockname(fd, (struct sockaddr *)&name, &len) == 0);
	PROMISE(ip_of_sockaddr((const struct sockaddr *)&name, &bound, &s->port));
	return FAIL_NONE;
}

/* --- what others call -----------------------------------------------------------------------
 */

static void set_defaults(struct http_server_options *o)
{
	if (!o->max_connections)
		o->max_connections = HTTP_SERVER_MAX_CONNECTIONS;
	if (!o->head_ms)
		o->head_ms = HTTP_SERVER_HEAD_MS;
	if (!o->body_ms)
		o->body_ms = HTTP_SERVER_BODY_MS;
	if (!o->idle_ms)
		o->idle_ms = HTTP_SERVER_IDLE_MS;
	if (!o->stream_backlog)
		o->stream_backlog = HTTP_SERVER_STREAM_BACKLOG;
	if (!o->stream_stall_ms)
		o->stream_stall_ms = HTTP_SERVER_STREAM_STALL_MS;
}

enum fail http_server_new(struct event_base *base, struct str addr,
			  const struct http_server_options *options,
			  struct http_server **ret_server, struct why *why)
{
	struct http_server *s;
	enum fail f = FAIL_NONE;

	if (!options->cert_file != !options->key_file)
		return failf(why, FAIL_INPUT, "TLS needs both a certificate and a key file");
	/* Neither evbuffers nor OpenSSL write with MSG_NOSIGNAL. */
	signal(SIGPIPE, SIG_IGN);
	s = xcalloc(1, sizeof(*s));
	s->base = base;
	s->options = *options;
	set_defaults(&s->options);
	LIST_INIT(&s->conns);
	s->resume = event_new(base, -1, 0, on_resume, s);
	PROMISE(s->resume);
	if (options->cert_file) {
		s->cert_file = xstrndup(str_of(options->cert_file));
		s->key_file = xstrndup(str_of(options->key_file));
		f = tls_load(s, &s->tls, why);
	}
	if (!f)
		f = start_listening(s, addr, why);
	if (f) {
		http_server_free(s);
		return f;
	}
	*ret_server = s;
	return FAIL_NONE;
}

void http_server_free(struct http_server *s)
{
	struct http_conn *c;

	if (!s)
		return;
	while ((c = LIST_FIRST(&s->conns)))
		conn_free(c);
	if (s->listener)
		evconnlistener_free(s->listener);
	event_free(s->resume);
	SSL_CTX_free(s->tls);
	free(s->cert_file);
	free(s->key_file);
	free(s);
}

uint16_t http_server_port(const struct http_server *s)
{
	return s->port;
}

void http_server_drain(struct http_server *s)
{
	struct http_conn *c, *next;

	s->draining = true;
	if (s->listener)
		evconnlistener_free(s->listener);
	s->listener = NULL;
	for (c = LIST_FIRST(&s->conns); c; c = next) {
		next = LIST_NEXT(c, link);
		if (c->state == CONN_IDLE)
			conn_free(c);
	}
}

void http_server_stats(const struct http_server *s, struct http_server_stats *ret_stats)
{
	*ret_stats = s->stats;
}
