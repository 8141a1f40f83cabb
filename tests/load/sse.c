/*
 * Many readers of event streams, and what each of them saw.
 *
 *	sse --port 8092 --token FILE [--silent N] [--addresses 16] [--seconds S] [--report FILE] < streams
 *
 * Each line of the input is one reader: "GET /runs/default/x/events" or "POST /triggers/default/y/fire?mode=sse". The
 * first N of them never read. When all others have their 200, a line {"attached":N} comes out; at the end, which is when
 * every reader's stream has ended or after S seconds, one JSON object with the sums. Then the silent ones read what the
 * kernel still has for them, so that their end is known, too.
 *
 * Each reader checks what SPEC 13.11 to 13.14 promise: ids grow; the token texts of a step, joined, are its output; the
 * stream ends after the flow event. --report has a line for each reader, with a digest of all that it was told: readers
 * of one run must agree.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/arena.h"
#include "base/json.h"
#include "http/http_chunked.h"
#include "http/sse_parse.h"
#include "tests/load/client.h"

enum {
	STEPS_MAX = 16, /* of a run whose tokens are checked */
	NAME_MAX_BYTES = 64,
	LINE_MAX_BYTES = 1 << 10,
	EVENT_MAX_BYTES = 4 << 20,
	READ_MAX_BYTES = 1 << 20,
	OPEN_AT_ONCE = 256, /* connections that wait for their head */
	SILENT_RECEIVE_BUFFER = 4096,
};

#define HASH_START UINT64_C(0xcbf29ce484222325)

struct step {
	char name[NAME_MAX_BYTES];
	uint64_t hash;
	size_t tokens;
};

enum outcome {
	READER_OPEN,
	READER_ENDED,	/* after the flow event, properly */
	READER_DROPPED, /* without it */
	READER_REFUSED, /* no 200 */
};

struct reader {
	struct readers *all;
	char *request, *path;
	struct bufferevent *bev;
	bool silent, has_head, flow;
	unsigned status;
	enum outcome outcome;
	char run[NAME_MAX_BYTES * 2];
	struct http_chunked chunks;
	struct sse_parse parse;
	struct step *steps;
	size_t step_count;
	uint64_t last_ms, last_seq, digest, events, tokens, bytes, faults;
	char fault[128]; /* the first */
};

struct readers {
	struct event_base *base;
	struct event *deadline;
	struct reader *list;
	size_t count, begun, heads, ended, silent;
	uint16_t port;
	uint64_t addresses;
	struct str token;
	bool told;
};

static const char *outcome_name(enum outcome o)
{
	switch (o) {
	case READER_OPEN: return "open";
	case READER_ENDED: return "ended";
	case READER_DROPPED: return "dropped";
	case READER_REFUSED: return "refused";
	}
	return "?";
}

static uint64_t hash_on(uint64_t hash, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		hash = (hash ^ (unsigned char)s.ptr[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static void fault(struct reader *r, const char *words, struct str more)
{
	if (!r->faults++)
		snprintf(r->fault, sizeof(r->fault), "%s: %.*s", words,
			 STR_ARG(str_sub(more, 0, 60)));
}

/* --- what the events must say ----------------------------------------------------------------------------- */

static struct step *step_of(struct reader *r, struct str name)
{
	for (size_t i = 0; i < r->step_count; i++)
		if (str_is(name, r->steps[i].name))
			return &r->steps[i];
	if (r->step_count == STEPS_MAX || name.len >= NAME_MAX_BYTES)
		return NULL;
	if (!r->steps)
		r->steps = calloc(STEPS_MAX, sizeof(*r->steps));
	memcpy(r->steps[r->step_count].name, name.ptr, name.len);
	r->steps[r->step_count].hash = HASH_START;
	return &r->steps[r->step_count++];
}

static void check_id(struct reader *r, struct str id)
{
	struct str ms, seq;
	uint64_t m, s;

	if (!str_cut(id, '-', &ms, &seq) || !str_to_u64(ms, &m) || !str_to_u64(seq, &s))
		fault(r, "no id", id);
	else if (m < r->last_ms || (m == r->last_ms && s <= r->last_seq))
		fault(r, "an id that does not grow", id);
	else
		r->last_ms = m, r->last_seq = s;
}

static void check_step(struct reader *r, struct str type, const struct value *data)
{
	struct str name, text;
	struct step *step;
	bool cut = false;

	if (json_need_str(data, "step", &name, NULL) || !(step = step_of(r, name)))
		return;
	if (str_is(type, "step.started") || str_is(type, "token.reset")) {
		step->hash = HASH_START;
		step->tokens = 0;
	} else if (str_is(type, "token")) {
		r->tokens++;
		if (json_need_str(data, "token", &text, NULL))
			fault(r, "a token without text", name);
		else
			step->hash = hash_on(step->hash, text), step->tokens++;
	} else if (str_is(type, "step.completed")) {
		if (json_opt_bool(data, "outputTruncated", &cut, NULL) || cut || !step->tokens)
			return;
		if (json_need_str(data, "output", &text, NULL) ||
		    hash_on(HASH_START, text) != step->hash)
			fault(r, "the tokens are not the output", name);
	}
}

static void on_sse(struct reader *r, const struct sse_event *e)
{
	AUTO_ARENA a = ARENA_INIT;
	struct value data;

	r->events++;
	r->digest = hash_on(hash_on(hash_on(r->digest, e->id), e->type), e->data);
	check_id(r, e->id);
	if (r->flow && !str_is(e->type, "flow.retried"))
		fault(r, "an event after the flow event", e->type);
	if (str_is(e->type, "gap") || str_is(e->type, "error"))
		fault(r, "unexpected event", e->type);
	if (str_is(e->type, "flow.completed") || str_is(e->type, "flow.failed"))
		r->flow = true;
	if (json_parse(&a, e->data, JSON_STRICT, JSON_MAX_DEPTH, &data, NULL))
		fault(r, "data is not JSON", e->data);
	else
		check_step(r, e->type, &data);
}

/* --- connections --------------------------------------------------------------------------------------------- */

static void open_more(struct readers *all);

static void end(struct reader *r, enum outcome outcome)
{
	struct readers *all = r->all;

	r->outcome = outcome;
	bufferevent_free(r->bev);
	r->bev = NULL;
	if (r->silent)
		return;
	if (!r->has_head)
		all->heads++;
	all->ended++;
	if (all->ended == all->count - all->silent)
		event_base_loopbreak(all->base);
	open_more(all);
}

static void read_head(struct reader *r, struct evbuffer *in)
{
	size_t n = evbuffer_get_length(in);
	struct client_head h;

	if (!client_head(str_n((const char *)evbuffer_pullup(in, -1), n), &h))
		return;
	evbuffer_drain(in, h.bytes);
	r->has_head = true;
	r->status = h.status;
	snprintf(r->run, sizeof(r->run), "%.*s", STR_ARG(h.runs));
	if (!r->silent)
		r->all->heads++;
	if (h.status != 200 || !h.chunked)
		end(r, READER_REFUSED);
	else
		open_more(r->all);
}

static void read_events(struct reader *r, struct evbuffer *in)
{
	AUTO_BUF text = BUF(READ_MAX_BYTES);
	enum http_chunked_result c = HTTP_CHUNKED_MORE;
	enum sse_result s;
	struct sse_event e;
	struct str rest;
	size_t used;

	while (c == HTTP_CHUNKED_MORE && evbuffer_get_length(in)) {
		size_t n = evbuffer_get_contiguous_space(in);

		buf_clear(&text);
		c = http_chunked_feed(
			&r->chunks, str_n((const char *)evbuffer_pullup(in, (ev_ssize_t)n), n),
			&text, &used);
		evbuffer_drain(in, used);
		r->bytes += used;
		rest = buf_str(&text);
		while ((s = sse_parse_next(&r->parse, &rest, &e)) == SSE_EVENT)
			on_sse(r, &e);
		if (s != SSE_MORE)
			fault(r, "the stream cannot be read", STR(""));
	}
	if (c == HTTP_CHUNKED_DONE)
		end(r, r->flow ? READER_ENDED : READER_DROPPED);
	else if (c != HTTP_CHUNKED_MORE)
		fault(r, "malformed chunk", STR(""));
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct reader *r = arg;

	if (!r->has_head)
		read_head(r, in);
	if (r->bev && r->has_head)
		read_events(r, in);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if (!(what & BEV_EVENT_CONNECTED))
		end(arg, READER_DROPPED);
}

static void open_reader(struct readers *all, size_t i)
{
	struct reader *r = &all->list[i];
	int fd = client_connect(all->port,
				all->addresses ? (unsigned)(i % all->addresses) + 1 : 0,
				r->silent ? SILENT_RECEIVE_BUFFER : 0);

	sse_parse_init(&r->parse, EVENT_MAX_BYTES, EVENT_MAX_BYTES);
	r->digest = HASH_START;
	r->bev = bufferevent_socket_new(all->base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(r->bev, on_read, NULL, r->silent ? NULL : on_event, r);
	bufferevent_enable(r->bev, EV_WRITE);
	if (r->silent)
		bufferevent_disable(r->bev, EV_READ);
	else
		bufferevent_enable(r->bev, EV_READ);
	bufferevent_write(r->bev, r->request, strlen(r->request));
}

/* Not all at once: a queue of connections longer than the gateway's would only measure the kernel. */
static void open_more(struct readers *all)
{
	while (all->begun < all->count &&
	       (all->list[all->begun].silent ||
		all->begun - all->silent < all->heads + OPEN_AT_ONCE))
		open_reader(all, all->begun++);
	if (all->heads == all->count - all->silent && !all->told) {
		all->told = true;
		printf("{\"attached\":%zu}\n", all->heads - all->ended);
		fflush(stdout);
	}
}

/* --- the whole ------------------------------------------------------------------------------------------------- */

static void read_streams(struct readers *all)
{
	char line[LINE_MAX_BYTES];
	size_t cap = 0;

	while (fgets(line, sizeof(line), stdin)) {
		struct str method, path;
		struct reader *r;

		if (all->count == cap) {
			cap = cap ? cap * 2 : 1024;
			all->list = reallocarray(all->list, cap, sizeof(*all->list));
		}
		if (!str_cut(str_trim(str_of(line)), ' ', &method, &path))
			client_fail("a line is a method and a path, not ", line);
		r = &all->list[all->count++];
		*r = (struct reader){.all = all,
				     .silent = all->count <= all->silent,
				     .path = strndup(path.ptr, path.len)};
		if (asprintf(&r->request,
			     "%.*s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
			     "%.*s\r\nContent-Length: 0\r\n\r\n",
			     STR_ARG(method), r->path, STR_ARG(all->token)) < 0)
			client_fail("out of memory", "");
	}
	if (all->count <= all->silent)
		client_fail("nobody reads", "");
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(arg);
}

/* What the kernel still has for those who never read; a stream that goes on is open. */
static void ask_silent(struct readers *all)
{
	const struct timeval wait = {2, 0};

	for (size_t i = 0; i < all->silent; i++) {
		bufferevent_setcb(all->list[i].bev, on_read, NULL, on_event, &all->list[i]);
		bufferevent_enable(all->list[i].bev, EV_READ);
	}
	if (!all->silent)
		return;
	event_base_loopexit(all->base, &wait);
	event_base_dispatch(all->base);
}

static void report(const struct readers *all, FILE *out)
{
	uint64_t by[4] = {0}, silent[4] = {0}, events = 0, tokens = 0, faults = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct reader *r = &all->list[i];

		(r->silent ? silent : by)[r->outcome]++;
		events += r->events;
		tokens += r->tokens;
		faults += r->silent ? 0 : r->faults;
		if (out)
			fprintf(out,
				"{\"path\":\"%s\",\"run\":\"%s\",\"silent\":%s,\"status\":%u,"
				"\"outcome\":\"%s\",\"events\":%llu,"
				"\"tokens\":%llu,\"bytes\":%llu,\"digest\":\"%016llx\","
				"\"faults\":%llu,\"fault\":\"%s\"}\n",
				r->path, r->run, r->silent ? "true" : "false", r->status,
				outcome_name(r->outcome), (unsigned long long)r->events,
				(unsigned long long)r->tokens, (unsigned long long)r->bytes,
				(unsigned long long)r->digest, (unsigned long long)r->faults,
				r->fault);
	}
	printf("{\"readers\":%zu", all->count - all->silent);
	for (enum outcome o = READER_OPEN; o <= READER_REFUSED; o++)
		printf(",\"%s\":%llu", outcome_name(o), (unsigned long long)by[o]);
	printf(",\"events\":%llu,\"tokens\":%llu,\"faults\":%llu,\"silent\":%zu",
	       (unsigned long long)events, (unsigned long long)tokens,
	       (unsigned long long)faults, all->silent);
	for (enum outcome o = READER_OPEN; o <= READER_REFUSED; o++)
		printf(",\"silent_%s\":%llu", outcome_name(o), (unsigned long long)silent[o]);
	printf("}\n");
}

int main(int argc, char **argv)
{
	static const char *const known[] = {"--port",	 "--token",  "--silent", "--addresses",
					    "--seconds", "--report", NULL};
	const char *path;
	struct readers all = {0};
	FILE *out = NULL;
	uint64_t seconds;

	client_check_flags(argc, argv, known);
	all.port = (uint16_t)client_number(argc, argv, "--port", "8092");
	all.silent = client_number(argc, argv, "--silent", "0");
	all.addresses = client_number(argc, argv, "--addresses", "16");
	seconds = client_number(argc, argv, "--seconds", "86400");
	all.token = client_token(client_flag(argc, argv, "--token", ""));
	path = client_flag(argc, argv, "--report", NULL);
	if (path && !(out = fopen(path, "we")))
		client_fail("cannot write ", path);
	read_streams(&all);
	client_need_descriptors(all.count);
	all.base = event_base_new();
	all.deadline = evtimer_new(all.base, on_deadline, all.base);
	event_add(all.deadline, &(struct timeval){(time_t)seconds, 0});
	open_more(&all);
	event_base_dispatch(all.base);
	ask_silent(&all);
	report(&all, out);
	if (out && fclose(out) != 0)
		client_fail("cannot write ", path);
	return 0;
}
