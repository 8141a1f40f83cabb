/* /healthz, /readyz and /metrics: SPEC 2.3. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/exchange.h"
#include "http/http_server.h"
#include "process/process_inner.h"

enum {
	HEALTH_MAX_CONNECTIONS = 64, /* probes and scrapers */
	READY_TEXT_BYTES = 4096,
};

/* --- conditions */

struct condition *process_condition(struct process *p, const char *name)
{
	struct condition *c = xmalloc(sizeof(*c)), **last = &p->inner->conditions;

	c->name = name;
	snprintf(c->reason, sizeof(c->reason), "not yet");
	while (*last)
		last = &(*last)->next;
	*last = c;
	return c;
}

void condition_met(struct condition *c)
{
	c->met = true;
}

void condition_missing(struct condition *c, struct str reason)
{
	c->met = false;
	snprintf(c->reason, sizeof(c->reason), "%.*s", STR_ARG(reason));
	for (char *at = c->reason; *at; at++)
		if ((unsigned char)*at < ' ')
			*at = ' '; /* the answer has one line */
}

bool process_ready(const struct process *p)
{
	if (p->draining)
		return false;
	for (const struct condition *c = p->inner->conditions; c; c = c->next)
		if (!c->met)
			return false;
	return true;
}

void conditions_free(struct process *p)
{
	for (struct condition *c = p->inner->conditions, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	p->inner->conditions = NULL;
}

/* --- answers */

static const char plain[] = "text/plain; charset=utf-8";

static void on_healthz(void *arg, struct exchange *x)
{
	struct process *p = arg;
	int64_t idle_ms = process_mono_ms() - p->inner->last_turn_ms;

	if (idle_ms <= LIMIT_HEALTH_TURN_MS)
		exchange_reply(x, 200, plain, STR("ok"), NULL, 0);
	else
		exchange_reply(x, 503, plain, STR("the loop hung"), NULL, 0);
}

static void on_readyz(void *arg, struct exchange *x)
{
	struct process *p = arg;
	AUTO_BUF text = BUF(READY_TEXT_BYTES);

	if (process_ready(p)) {
		exchange_reply(x, 200, plain, STR("ok"), NULL, 0);
		return;
	}
	if (p->draining)
		buf_adds(&text, "draining");
	for (const struct condition *c = p->inner->conditions; c; c = c->next)
		if (!c->met)
			buf_addf(&text, "%s%s: %s", text.len ? "; " : "", c->name, c->reason);
	exchange_reply(x, 503, plain, buf_str(&text), NULL, 0);
}

static void on_metrics(void *arg, struct exchange *x)
{
	struct process *p = arg;
	enum metrics_form form = metrics_form(exchange_header(x, "Accept"));
	AUTO_BUF text = BUF(METRICS_MAX_BYTES);

	metrics_write(p->metrics, form, &text);
	exchange_reply(x, 200, metrics_content_type(form), buf_str(&text), NULL, 0);
}

static const struct http_route routes[] = {
	{.methods = "GET", .path = "/healthz", .handler = on_healthz},
	{.methods = "GET", .path = "/readyz", .handler = on_readyz},
	{.methods = "GET", .path = "/metrics", .handler = on_metrics},
};

enum fail process_http_start(struct process *p, struct why *why)
{
	const struct http_server_options options = {
		.routes = routes,
		.route_count = sizeof(routes) / sizeof(routes[0]),
		.arg = p,
		.max_connections = HEALTH_MAX_CONNECTIONS,
	};

	if (!p->settings.http_addr.len)
		return FAIL_NONE;
	return http_server_new(p->base, p->settings.http_addr, &options, &p->inner->http, why);
}

void process_http_stop(struct process *p)
{
	http_server_free(p->inner->http);
	p->inner->http = NULL;
}
