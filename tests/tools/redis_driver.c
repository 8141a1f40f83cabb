/*
 * The Redis client at the end of a pipe, for component tests: commands come in on stdin, one per
 * line with blanks between the arguments; what happens goes out on stdout, one line each.
 *
 *	up <version> <run_id> valkey=0 aof=1 policy=noeviction changed=0
 *	down <why>
 *	<id> <reply>		the answer to line <id>; "lost" when there was none
 *	message <channel> <payload>
 *
 * A line is "<id> <argument> ..."; "<id> !block <ms> <argument> ..." has a deadline of its own;
 * "<id> !burst <n> <key>" sends n INCR of the key in one turn and answers "ordered <n>" when all
 * answers came in the order of the calls; "!free" frees the client inside the loop.
 *
 *	redis_driver <url> [connect_deadline_ms=] [reply_deadline_ms=] [ca=] [password_file=] [name=]
 *		[max_pending=]
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "redis/redis.h"

enum { LINE_MAX_BYTES = 1 << 20, SHOWN_MAX_BYTES = 1 << 16 };

static struct event_base *base;
static struct redis *client;

struct call {
	char id[32];
	int64_t want, total, first; /* of a burst */
	bool in_order;
};

static void show(const struct reply *r, struct buf *out)
{
	if (!r) {
		buf_adds(out, "lost");
		return;
	}
	switch (r->kind) {
	case REPLY_NIL: buf_adds(out, "nil"); return;
	case REPLY_STRING:
	case REPLY_STATUS:
		if (r->text.len > SHOWN_MAX_BYTES)
			buf_addf(out, "%zu bytes", r->text.len);
		else
			buf_add(out, r->text);
		return;
	case REPLY_ERROR:
		buf_addf(out, "error %s %.*s", reply_error_name(reply_error(r)),
			 STR_ARG(r->text));
		return;
	case REPLY_INTEGER: buf_addi(out, r->integer); return;
	case REPLY_ARRAY:
		buf_addc(out, '[');
		for (size_t i = 0; i < r->count; i++) {
			buf_adds(out, i ? "," : "");
			show(&r->items[i], out);
		}
		buf_addc(out, ']');
		return;
	}
}

static void on_reply(void *arg, const struct reply *r)
{
	AUTO_BUF out = BUF(LINE_MAX_BYTES);
	struct call *c = arg;

	show(r, &out);
	printf("%s %s\n", c->id, buf_cstr(&out));
	free(c);
}

static void on_burst(void *arg, const struct reply *r)
{
	struct call *c = arg;
	struct why why = {""};
	int64_t n = 0;

	if (reply_integer(r, &n, &why)) {
		c->in_order = false;
	} else if (c->want == 0) {
		c->first = n;
	} else if (n != c->first + c->want) {
		c->in_order = false;
	}
	if (++c->want < c->total)
		return;
	printf("%s %s %lld\n", c->id, c->in_order ? "ordered" : "disordered",
	       (long long)c->total);
	free(c);
}

static void on_up(void *arg, const struct redis_server *s)
{
	(void)arg;
	printf("up %.*s %.*s valkey=%d aof=%d policy=%.*s changed=%d\n", STR_ARG(s->version),
	       STR_ARG(s->run_id), s->is_valkey, s->aof_on, STR_ARG(s->maxmemory_policy),
	       s->changed);
}

static void on_down(void *arg, const struct why *why)
{
	(void)arg;
	printf("down %s\n", why->text);
}

static void on_message(void *arg, struct str channel, struct str payload)
{
	(void)arg;
	printf("message %.*s %.*s\n", STR_ARG(channel), STR_ARG(payload));
}

static void run_line(struct str line)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = {.arena = &a};
	struct call *call;
	struct str word;
	uint64_t n = 0;

	if (str_is(line, "!free")) {
		redis_free(client);
		client = NULL;
		printf("freed\n");
		return;
	}
	while (str_next(&line, ' ', &word))
		command_add(&c, word);
	PROMISE(c.argc >= 2);
	call = xmalloc(sizeof(*call));
	snprintf(call->id, sizeof(call->id), "%.*s", STR_ARG(c.argv[0]));
	if (str_is(c.argv[1], "!burst")) {
		const struct str incr[] = {STR("INCR"), c.argv[3]};

		PROMISE(str_to_u64(c.argv[2], &n));
		call->total = (int64_t)n;
		call->in_order = true;
		for (uint64_t i = 0; i < n; i++)
			redis_call(client, incr, 2, on_burst, call);
	} else if (str_is(c.argv[1], "!block")) {
		PROMISE(str_to_u64(c.argv[2], &n));
		redis_call_deadline(client, c.argv + 3, c.argc - 3, (unsigned)n, on_reply,
				    call);
	} else {
		redis_call(client, c.argv + 1, c.argc - 1, on_reply, call);
	}
}

static void on_line(struct bufferevent *bev, void *arg)
{
	char *line;
	size_t n;

	(void)arg;
	while ((line = evbuffer_readln(bufferevent_get_input(bev), &n, EVBUFFER_EOL_LF))) {
		run_line(str_n(line, n));
		free(line);
	}
}

static void on_end(struct bufferevent *bev, short what, void *arg)
{
	(void)bev, (void)what, (void)arg;
	event_base_loopbreak(base);
}

static unsigned number(struct str s)
{
	uint64_t n = 0;

	PROMISE(str_to_u64(s, &n));
	return (unsigned)n;
}

int main(int argc, char **argv)
{
	AUTO_ARENA a = ARENA_INIT;
	struct redis_options options = {0};
	struct redis_url url;
	struct bufferevent *in;
	struct why why;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2 || redis_url_parse(&a, str_of(argv[1]), &url, &why)) {
		fprintf(stderr, "%s\n", argc < 2 ? "no URL" : why.text);
		return 2;
	}
	options.url = &url;
	for (int i = 2; i < argc; i++) {
		struct str name, value;

		str_cut(str_of(argv[i]), '=', &name, &value);
		if (str_is(name, "connect_deadline_ms"))
			options.connect_deadline_ms = number(value);
		else if (str_is(name, "reply_deadline_ms"))
			options.reply_deadline_ms = number(value);
		else if (str_is(name, "max_pending"))
			options.max_pending = number(value);
		else if (str_is(name, "ca"))
			options.tls_ca_file = value;
		else if (str_is(name, "password_file"))
			options.password_file = value;
		else if (str_is(name, "name"))
			options.name = value;
	}
	base = event_base_new();
	client = redis_new(base, &options);
	redis_on_state(client, on_up, on_down, NULL);
	redis_on_message(client, on_message, NULL);
	evutil_make_socket_nonblocking(STDIN_FILENO);
	/* epoll does not take files; a pipe or a socket is fine. */
	in = bufferevent_socket_new(base, STDIN_FILENO, 0);
	bufferevent_setcb(in, on_line, NULL, on_end, NULL);
	bufferevent_enable(in, EV_READ);
	event_base_dispatch(base);
	bufferevent_free(in);
	redis_free(client);
	event_base_free(base);
	return 0;
}
