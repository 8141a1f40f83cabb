#include "cli/http_ask.h"

#include <event2/event.h>

#include "http/http_client.h"

struct asking {
	struct arena *arena;
	struct event_base *base;
	size_t *left;
	struct http_ask *ask;
};

static void on_done(void *arg, const struct http_result *r)
{
	struct asking *q = arg;

	q->ask->status = r->outcome == HTTP_DONE ? r->status : 0;
	q->ask->body =
		arena_str(q->arena, r->outcome == HTTP_DONE ? r->body : str_of(r->words));
	if (--*q->left == 0)
		event_base_loopbreak(q->base);
}

void http_ask_all(struct arena *a, struct http_ask *asks, size_t count)
{
	const struct http_client_options options = {.user_agent = NULL};
	struct event_base *base = event_base_new();
	struct http_client *client;
	size_t left = 0;

	PROMISE(base && count <= HTTP_ASK_MAX);
	client = http_client_new(base, &options);
	for (size_t i = 0; i < count; i++) {
		struct asking *q = ARENA_NEW(a, struct asking);
		const struct http_request request = {
			.url = asks[i].url,
			.total_ms = HTTP_ASK_MS,
			.max_body_bytes = HTTP_ASK_MAX_BYTES,
			.on_done = on_done,
			.arg = q,
		};

		*q = (struct asking){a, base, &left, &asks[i]};
		if (!http_client_send(client, &request, NULL, NULL))
			left++;
	}
	if (left)
		event_base_dispatch(base);
	http_client_free(client);
	event_base_free(base);
}
