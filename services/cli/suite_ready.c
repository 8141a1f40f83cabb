/* Whether the daemons are ready: /readyz of each, again and again. */
#include "cli/suite_inner.h"

#include <stdio.h>

#include "process/clock.h"

enum { READY_ASK_MS = 2000 };

static void on_answer(void *arg, const struct http_result *r)
{
	struct suite_child *c = arg;

	c->asking = false;
	c->ready = r->outcome == HTTP_DONE && r->status == 200;
}

static void ask(struct suite *s, struct suite_child *c, int port)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct http_request request = {
		.url = arena_printf(&a, "%.*s/readyz", STR_ARG(suite_local_url(s, &a, port))),
		.total_ms = READY_ASK_MS,
		.on_done = on_answer,
		.arg = c,
	};

	c->asking = !http_client_send(s->http, &request, NULL, NULL);
}

/* Whoever takes long is named, once. */
static void tell_slow(struct suite *s)
{
	if (s->told_slow || process_mono_ms() < s->look_until_ms)
		return;
	s->told_slow = true;
	for (size_t i = 0; i < suite_daemon_count; i++)
		if (s->daemons[i].started && !s->daemons[i].ready)
			fprintf(stderr, "%s is not ready yet; its log is %.*s/%s.log\n",
				suite_daemons[i].name, STR_ARG(s->log_dir),
				suite_daemons[i].name);
}

bool suite_ask_ready(struct suite *s)
{
	bool all = true;

	tell_slow(s);
	for (size_t i = 0; i < suite_daemon_count; i++) {
		struct suite_child *c = &s->daemons[i];

		if (!c->started || c->ready)
			continue;
		all = false;
		if (!c->asking)
			ask(s, c, suite_daemons[i].port);
	}
	return all;
}
