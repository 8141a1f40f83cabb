/*
 * Welcome to ark-gateway: the door of the suite.
 *
 * Whoever wants something of ark over HTTP asks here: webhooks fire events (fire_http.c), people and
 * programs look at runs (runs_http.c), follow them (events_http.c), stop or retry them
 * (runs_change.c). What may happen is decided by pure files (fire_check.c, fire_plan.c, resume.c,
 * sse_event.c); what did happen is what Redis has taken, and nothing else is ever answered.
 *
 * Any number of gateways serve the same runs: a client that loses one goes on with another.
 */
#include "gateway/gateway.h"

#include <event2/event.h>

#include "gateway/backlog.h"
#include "gateway/sse_event.h"
#include "lang/zone.h"

enum {
	READER_OBJECTS,
	READER_MESSAGES,
	READER_ADMISSIONS,
	READERS,
	DRAIN_LOOK_MS = 50,
	DRAIN_WAIT_MS = PROCESS_DRAIN_MS - 5000, /* for runs that somebody waits for */
	EVENT_BUCKETS = 16384,
};

#define AT(type, member) SETTING_AT_##type(struct gateway_settings, member)
static const struct setting rows[] = {
	{.name = "ARK_TRIGGER_ADDR",
	 .type = SETTING_STRING,
	 .at = AT(STR, trigger_addr),
	 .initial = ":8092",
	 .help = "listen address of triggers and runs"},
	{.name = "ARK_TRIGGER_URL",
	 .type = SETTING_URL,
	 .at = AT(STR, trigger_url),
	 .help = "public base URL of the same"},
	{.name = "ARK_ADMIN_TOKEN_FILE",
	 .type = SETTING_FILE,
	 .at = AT(STR, admin_token_file),
	 .help = "file with the admin token; without it nobody is admin"},
	{.name = "ARK_TLS_CERT_FILE",
	 .type = SETTING_FILE,
	 .at = AT(STR, tls_cert_file),
	 .help = "PEM certificate chain; with the key: HTTPS"},
	{.name = "ARK_TLS_KEY_FILE",
	 .type = SETTING_FILE,
	 .at = AT(STR, tls_key_file),
	 .help = "PEM key of the certificate"},
	{.name = "ARK_TRUSTED_PROXIES",
	 .type = SETTING_STRING,
	 .at = AT(STR, trusted_proxies),
	 .help = "networks whose X-Forwarded-For is believed, separated by commas"},
	{.name = "ARK_REDIS_WAIT",
	 .type = SETTING_INT,
	 .at = AT(INT, redis_wait),
	 .most = 100,
	 .help = "replicas that must have a fire before it is answered"},
};

struct redis *gateway_commands(struct gateway *g)
{
	return link_commands(g->link);
}

struct redis *gateway_admissions(struct gateway *g)
{
	return link_reader(g->link, READER_ADMISSIONS);
}

/* --- HTTP --------------------------------------------------------------------------------------------------- */

/* Check 1 of SPEC 13.6, before anything else is looked at. */
static void admit(void *arg, struct exchange *x)
{
	struct gateway *g = arg;
	int64_t wait_ms;

	if (!g->objects_seen) {
		exchange_reply_retry(x, 503, 1000, "starting; try again");
		return;
	}
	if (!str_starts(exchange_path(x), STR("/triggers/")) ||
	    rate_take(g->clients, exchange_client(x), process_mono_ms(), &wait_ms))
		return;
	exchange_reply_retry(x, 429, wait_ms, "too many requests (client-rate)");
	fire_count(g, FIRE_ASYNC, 429, process_mono_ms());
}

static void make_routes(struct gateway *g)
{
	size_t most = (size_t)g->process->limits.trigger_body_bytes;
	const struct http_route routes[ROUTES] = {
		{"POST", "/triggers/{namespace}/{name}/fire", most, "trigger-body-bytes",
		 fire_head, fire_handler},
		{"GET", "/runs/{namespace}/{name}", 0, NULL, NULL, run_handler},
		{"GET", "/runs/{namespace}/{name}/events", 0, NULL, NULL, events_handler},
		{"GET", "/runs/{namespace}/{name}/steps/{step}/output", 0, NULL, NULL,
		 output_handler},
		{"POST", "/runs/{namespace}/{name}/cancel", most, "trigger-body-bytes", NULL,
		 cancel_handler},
		{"POST", "/runs/{namespace}/{name}/retry", most, "trigger-body-bytes", NULL,
		 retry_handler},
	};

	for (size_t i = 0; i < ROUTES; i++)
		g->routes[i] = routes[i];
}

static enum fail listen_http(struct gateway *g, struct why *why)
{
	const struct limits *l = &g->process->limits;
	const struct gateway_settings *s = &g->settings;
	struct http_server_options options = {
		.routes = g->routes,
		.route_count = ROUTES,
		.arg = g,
		.admit = admit,
		.trusted_proxies = &g->proxies,
		.max_connections = (unsigned)l->sse_connections + 2000,
		/* Readers are paced (tail.h): nothing but one long event is ever in the way. */
		.stream_backlog = 2 * SSE_EVENT_MAX_BYTES,
		.stream_stall_ms = l->sse_stall_ms,
	};
	enum fail f;

	if (!s->tls_cert_file.len != !s->tls_key_file.len)
		return failf(why, FAIL_INPUT,
			     "ARK_TLS_CERT_FILE and ARK_TLS_KEY_FILE go together");
	if (s->tls_cert_file.len) { /* texts of settings end with a NUL */
		options.cert_file = s->tls_cert_file.ptr;
		options.key_file = s->tls_key_file.ptr;
	}
	f = cidr_set_parse(s->trusted_proxies, &g->proxies, why);
	if (f)
		return fail_in(why, f, "ARK_TRUSTED_PROXIES");
	make_routes(g);
	f = http_server_new(g->process->base, s->trigger_addr, &options, &g->http, why);
	if (f)
		return fail_in(why, f, "ARK_TRIGGER_ADDR");
	log_info("listening", LOG_STR("addr", s->trigger_addr),
		 LOG_INT("port", http_server_port(g->http)),
		 LOG_BOOL("tls", s->tls_cert_file.len > 0));
	return FAIL_NONE;
}

static void make_rates(struct gateway *g)
{
	const struct limits *l = &g->process->limits;

	g->clients = rate_new((unsigned)l->client_rate, (unsigned)l->client_burst,
			      RATE_MAX_CLIENTS, random_u64());
	g->failures = rate_new((unsigned)l->auth_failure_rate, LIMIT_AUTH_FAILURE_BURST,
			       RATE_MAX_CLIENTS, random_u64());
	g->events = rate_new((unsigned)l->event_rate, (unsigned)l->event_rate, EVENT_BUCKETS,
			     random_u64());
}

static void make_metrics(struct gateway *g)
{
	struct metrics *m = g->process->metrics;

	g->requests = metrics_counter(m, "ark_trigger_requests_total",
				      "Requests to fire an event.", "mode code");
	g->durations = metrics_histogram(m, "ark_trigger_duration_seconds",
					 "From request to answer of a fire.", "mode code",
					 METRIC_QUICK);
	g->fires = metrics_counter(m, "ark_event_fires_total", "Fires that are durable.",
				   "namespace event");
	g->sse_connections = metric_only(
		metrics_gauge(m, "ark_sse_connections", "Open event streams.", NULL));
	g->sse_events = metric_only(
		metrics_counter(m, "ark_sse_events_total", "Events sent to readers.", NULL));
	g->sse_gaps = metric_only(
		metrics_counter(m, "ark_sse_gaps_total",
				"Times that readers missed events no longer kept.", NULL));
}

/* --- the loop ------------------------------------------------------------------------------------------------- */

static void on_objects(void *arg)
{
	struct gateway *g = arg;

	g->objects_seen = true;
	condition_met(g->has_objects);
}

static void on_up(void *arg, bool changed)
{
	struct gateway *g = arg;

	objects_up(g->objects);
	tails_up(g->tails, changed);
}

static void on_down(void *arg)
{
	struct gateway *g = arg;

	objects_down(g->objects);
}

static enum fail read_tokens(struct gateway *g, struct why *why)
{
	return access_read(&g->access, g->process->settings.seal_key_file,
			   g->settings.admin_token_file, why);
}

static enum fail start(struct process *p, void *arg, struct why *why)
{
	struct gateway *g = arg;
	struct link_plan link = {.readers = READERS,
				 .loads_library = true,
				 .up = on_up,
				 .down = on_down,
				 .arg = g};
	struct objects_plan objects = {.kinds = 1u << KIND_EVENT | 1u << KIND_TEAM |
						1u << KIND_AGENT | 1u << KIND_PLAIN_SECRET,
				       .ready = on_objects,
				       .arg = g};
	enum fail f;

	g->process = p;
	g->has_objects = process_condition(p, "objects");
	g->zones = zones_new(NULL);
	make_metrics(g);
	make_rates(g);
	if (!p->settings.seal_key_file.len)
		log_warn("without ARK_SEAL_KEY_FILE no webhook token can be checked");
	f = read_tokens(g, why);
	if (!f)
		f = link_new(p, &link, &g->link, why);
	if (f)
		return f;
	objects.commands = link_commands(g->link);
	objects.reads = link_reader(g->link, READER_OBJECTS);
	g->objects = objects_new(p->base, &objects, p->metrics);
	g->access.objects = g->objects;
	g->tails = tails_new(p->base, link_commands(g->link),
			     link_reader(g->link, READER_MESSAGES), p->metrics);
	g->backlog = backlog_new(p, link_commands(g->link));
	return listen_http(g, why);
}

static void reload(struct process *p, void *arg)
{
	struct gateway *g = arg;
	struct why why;

	(void)p;
	if (read_tokens(g, &why))
		log_error("tokens stay as they were", LOG_WHY(&why));
	if (http_server_reload(g->http, &why))
		log_error("certificate stays as it was", LOG_WHY(&why));
}

/* Streams end at once and are resumed elsewhere; what is asked is answered. */
static void look_drained(evutil_socket_t fd, short what, void *arg)
{
	struct gateway *g = arg;
	struct http_server_stats stats;

	(void)fd;
	(void)what;
	if (process_mono_ms() >= g->drain_until_ms)
		sync_drain(g);
	http_server_stats(g->http, &stats);
	if (!stats.connections) /* an answer may still be on its way out */
		process_drained(g->process);
}

static void drain(struct process *p, void *arg)
{
	const struct timeval tv = {0, DRAIN_LOOK_MS * 1000};
	struct gateway *g = arg;

	g->drain_until_ms = process_mono_ms() + DRAIN_WAIT_MS;
	http_server_drain(g->http);
	events_drain(g);
	g->drain_timer = event_new(p->base, -1, EV_PERSIST, look_drained, g);
	PROMISE(g->drain_timer);
	event_add(g->drain_timer, &tv);
}

static void stop(struct process *p, void *arg)
{
	struct gateway *g = arg;

	(void)p;
	if (g->drain_timer)
		event_free(g->drain_timer);
	http_server_free(g->http); /* who waits leaves the tails */
	link_free(g->link);	   /* what is asked is told that it is lost */
	backlog_free(g->backlog);
	tails_free(g->tails);
	objects_free(g->objects);
	access_release(&g->access);
	rate_free(g->clients);
	rate_free(g->failures);
	rate_free(g->events);
	cidr_set_release(&g->proxies);
	zones_free(g->zones);
}

int main(int argc, char **argv)
{
	struct gateway g = {.process = NULL};
	const struct settings_table tables[] = {
		{.title = "Gateway",
		 .rows = rows,
		 .count = sizeof(rows) / sizeof(rows[0]),
		 .into = &g.settings},
	};
	const struct process_plan plan = {
		.name = "ark-gateway",
		.about = "Takes triggers over HTTP and shows runs.",
		.tables = tables,
		.table_count = 1,
		.start = start,
		.drain = drain,
		.reload = reload,
		.stop = stop,
		.arg = &g,
	};

	return process_main(&plan, argc, argv);
}
