/*
 * Event streams: GET /runs/{namespace}/{name}/events, and the answer of mode=sse (SPEC 13.7, 13.11
 * to 13.17).
 *
 * An attached stream is loaded (run_open), looked up (where does it begin? resume.h), and then
 * follows the run's tail until an attempt ends.
 */
#include "gateway/gateway.h"

#include <stdlib.h>

#include "gateway/resume.h"
#include "gateway/run_open.h"
#include "gateway/sse_event.h"
#include "http/sse_write.h"
#include "runs/run_view.h"
#include "stream/keys.h"

enum { LAST_ID_BYTES = 256, HELLO_BYTES = 4096 };

/* Of an attached one, until it begins. */
struct attaching {
	struct str last_id;
	struct run record; /* as it was loaded */
	struct str output;
	struct resume_facts facts;
	struct str first; /* id of the oldest entry kept */
	enum fail failed;
};

struct sse_call {
	struct gateway *g;
	struct sse_call *next, **at; /* among the open streams, once it is one */
	struct exchange *x;	     /* NULL: the client has gone */
	struct tail_reader *reader;
	struct event_id seen; /* last event that it was given */
	bool begun;
	bool replayed; /* an idempotency key led here (SPEC 13.8) */
	/* Until it begins, and when it missed something: an open stream is small, and there are many. */
	struct arena arena;
	struct str namespace, run;
	struct attaching *a;
	unsigned due; /* answers of Redis */
};

static void call_free(struct sse_call *c)
{
	tail_leave(c->reader);
	arena_release(&c->arena);
	free(c);
}

/* The client has gone, or was told all. */
static void leave(struct sse_call *c)
{
	c->x = NULL;
	if (c->at) {
		*c->at = c->next;
		if (c->next)
			c->next->at = c->at;
		c->g->stream_count--;
		metric_set(c->g->sse_connections, (double)c->g->stream_count);
	}
	if (!c->due) /* else the answers free it */
		call_free(c);
}

static void on_close(void *arg)
{
	leave(arg);
}

/* --- an open stream ------------------------------------------------------------------------------------ */

static void end(struct sse_call *c)
{
	struct exchange *x = c->x;

	exchange_on_close(x, NULL, NULL);
	exchange_end(x);
	leave(c);
}

static void on_entry(void *arg, const struct run_entry *e)
{
	struct sse_call *c = arg;

	c->seen = e->id;
	exchange_write(c->x, e->sse);
	metric_add(c->g->sse_events, 1);
}

static void on_ended(void *arg)
{
	end(arg);
}

static void on_lost(void *arg)
{
	struct sse_call *c = arg;
	AUTO_BUF text = BUF(HELLO_BYTES);

	sse_error_add(&text, STR("the run is no longer known"));
	exchange_write(c->x, buf_str(&text));
	end(c);
}

static void on_gap(void *arg);

static void on_drain(void *arg)
{
	struct sse_call *c = arg;

	if (c->reader)
		tail_resume(c->reader);
}

static size_t backlog(void *arg)
{
	struct sse_call *c = arg;

	return exchange_backlog(c->x);
}

static void wait_for_client(void *arg)
{
	struct sse_call *c = arg;

	exchange_on_drain(c->x, on_drain, c);
}

/* Without the end of the stream: it comes back with the id that it has. */
static void on_drop(void *arg)
{
	struct sse_call *c = arg;

	exchange_abort(c->x);
}

/* The headers, and what comes before the first event. */
static void begin(struct sse_call *c, bool tokens)
{
	AUTO_BUF hello = BUF(HELLO_BYTES);
	struct http_field headers[2];
	size_t n = run_headers(c->run, c->replayed, headers);
	struct gateway *g = c->g;

	exchange_stream_sse(c->x, headers, n);
	exchange_keep_alive(c->x, g->process->limits.sse_heartbeat_ms);
	sse_write_retry(&hello, SSE_RETRY_MS);
	if (!tokens)
		sse_write_comment(&hello, STR("tokens off"));
	exchange_write(c->x, buf_str(&hello));
	c->begun = true;
	c->next = g->streams;
	c->at = &g->streams;
	if (c->next)
		c->next->at = &c->next;
	g->streams = c;
	g->stream_count++;
	metric_set(g->sse_connections, (double)g->stream_count);
}

static void follow(struct sse_call *c, struct event_id after)
{
	const struct limits *limits = &c->g->process->limits;
	const struct tail_plan plan = {.entry = on_entry,
				       .ended = on_ended,
				       .gap = on_gap,
				       .lost = on_lost,
				       .arg = c,
				       .backlog = backlog,
				       .wait = wait_for_client,
				       .drop = on_drop,
				       .max_waiting = (uint64_t)limits->sse_backlog_bytes,
				       .max_wait_ms = limits->sse_stall_ms};

	if (!event_id_is_zero(after))
		c->seen = after;
	c->reader = tail_follow(c->g->tails, c->namespace, c->run, after, &plan);
	arena_release(&c->arena);
	c->a = NULL;
}

/* SPEC 13.17 */
static bool has_room(struct gateway *g, struct exchange *x)
{
	if (g->stream_count < g->process->limits.sse_connections)
		return true;
	exchange_reply_retry(x, 503, 5000, "too many event streams (sse-connections)");
	return false;
}

static struct sse_call *call_new(struct gateway *g, struct exchange *x, struct str namespace,
				 struct str run)
{
	struct sse_call *c = xcalloc(1, sizeof(*c));

	c->g = g;
	c->x = x;
	c->namespace = arena_str(&c->arena, namespace);
	c->run = arena_str(&c->arena, run);
	c->a = ARENA_NEW(&c->arena, struct attaching);
	if (x)
		exchange_on_close(x, on_close, c);
	return c;
}

void events_drain(struct gateway *g)
{
	while (g->streams)
		end(g->streams);
}

/* --- attached: GET .../events ------------------------------------------------------------------------------ */

static void write_gap(struct sse_call *c, bool flow_only)
{
	AUTO_BUF json = BUF(SIZE_MAX / 2), text = BUF(SIZE_MAX / 2);
	const struct event_id end_id = {.ms = (uint64_t)c->a->record.end_ms};
	char flow_id[EVENT_ID_TEXT_BYTES];
	struct str first = flow_only ? str_of(event_id_text(end_id, flow_id)) : c->a->first;

	run_view_json(&json, &c->a->record, c->a->output, NULL);
	sse_gap_add(&text, c->a->last_id, first, buf_str(&json));
	exchange_write(c->x, buf_str(&text));
	metric_add(c->g->sse_gaps, 1);
}

static void write_flow(struct sse_call *c)
{
	AUTO_BUF text = BUF(SIZE_MAX / 2);

	sse_flow_add(&text, &c->a->record, c->a->output);
	exchange_write(c->x, buf_str(&text));
	metric_add(c->g->sse_events, 1);
}

static void attach(struct sse_call *c)
{
	const struct resume r = resume_decide(&c->a->facts);
	struct http_field headers[2];
	size_t n = run_headers(c->run, c->replayed, headers);
	struct exchange *x = c->x;

	if (r.nothing && c->begun) {
		end(c);
		return;
	}
	if (r.nothing) {
		exchange_on_close(x, NULL, NULL);
		exchange_reply(x, 204, "", STR(""), headers, n);
		call_free(c);
		return;
	}
	if (!c->begun)
		begin(c, c->a->record.stream_tokens);
	if (r.gap)
		write_gap(c, r.flow_only);
	if (r.flow_only) {
		write_flow(c);
		end(c);
	} else {
		follow(c, r.after);
	}
}

/* Redis is not there. Who had begun comes again, and names the last event that it has. */
static void refuse_away(struct sse_call *c)
{
	if (c->begun) {
		end(c);
		return;
	}
	exchange_on_close(c->x, NULL, NULL);
	gateway_refuse_away(c->x);
	call_free(c);
}

static void on_answers(struct sse_call *c)
{
	if (--c->due)
		return;
	if (!c->x) {
		call_free(c);
	} else if (c->a->failed) {
		refuse_away(c);
	} else {
		attach(c);
	}
}

/* An XRANGE of at most one entry: whether there is one, and its id. */
static bool has_entry(struct sse_call *c, const struct reply *r, struct str *ret_id)
{
	const struct reply *items;
	struct why why;
	size_t n = 0;
	enum fail f = reply_array(r, 0, 1, &items, &n, &why);

	if (!f && n)
		f = reply_text(reply_item(&items[0], 0), ret_id, &why);
	if (f)
		c->a->failed = f;
	return !f && n;
}

static void on_first(void *arg, const struct reply *r)
{
	struct sse_call *c = arg;
	struct str id;

	c->a->facts.has_any = has_entry(c, r, &id);
	if (c->a->facts.has_any)
		c->a->first = arena_str(&c->arena, id);
	on_answers(c);
}

static void on_kept(void *arg, const struct reply *r)
{
	struct sse_call *c = arg;
	struct str id;

	c->a->facts.is_kept = has_entry(c, r, &id);
	on_answers(c);
}

static void on_next(void *arg, const struct reply *r)
{
	struct sse_call *c = arg;
	struct str id;

	c->a->facts.has_next = has_entry(c, r, &id);
	on_answers(c);
}

static void ask(struct sse_call *c, struct str from, struct str to,
		void (*fn)(void *arg, const struct reply *r))
{
	struct command q = command_begin(&c->arena, "XRANGE");

	command_add(&q, key_full(&c->arena, key_run_stream(&c->arena, c->namespace, c->run)));
	command_add(&q, from);
	command_add(&q, to);
	command_adds(&q, "COUNT");
	command_addi(&q, 1);
	c->due++;
	redis_send(gateway_commands(c->g), &q, fn, c);
}

/* The header, else the query (SPEC 13.14). */
static struct str last_id_of(const struct exchange *x)
{
	struct str id = exchange_header(x, "Last-Event-ID");

	return id.ptr ? id : exchange_query(x, "lastEventId");
}

/* What outlives the record: the status that a gap tells, and the flow event. */
static void keep_record(struct sse_call *c, const struct run_record *record)
{
	struct run copy;

	if (run_decode(&c->arena, run_encode(&c->arena, &record->run), &copy, NULL))
		BROKEN("a run that was read can be written");
	c->a->record = copy;
	c->a->output = record->text.ptr ? arena_str(&c->arena, record->text) : record->text;
	c->a->facts.is_over = run_is_terminal(&record->run);
	c->a->facts.end_ms = record->run.end_ms;
}

static void on_open(void *arg, struct exchange *x, const struct run_record *record,
		    bool is_admin)
{
	struct gateway *g = arg;
	struct str last_id = last_id_of(x);
	struct sse_call *c;

	(void)is_admin;
	if (!has_room(g, x))
		return;
	c = call_new(g, x, record->run.namespace, record->run.name);
	keep_record(c, record);
	c->a->last_id = arena_str(&c->arena, str_sub(last_id, 0, LAST_ID_BYTES));
	c->a->facts.asks = last_id.len > 0;
	c->a->facts.is_id = event_id_parse(last_id, &c->a->facts.last);
	if (c->a->facts.is_id) {
		ask(c, c->a->last_id, c->a->last_id, on_kept);
		ask(c, arena_printf(&c->arena, "(%.*s", STR_ARG(c->a->last_id)), STR("+"),
		    on_next);
	}
	ask(c, STR("-"), STR("+"), on_first);
}

void events_handler(void *arg, struct exchange *x)
{
	const struct run_opening o = {
		.g = arg, .x = x, .pick = run_pick_output, .fn = on_open, .arg = arg};

	run_open(&o);
}

/* --- one that does not keep up (SPEC 13.15) ----------------------------------------------------------------- */

static void on_reloaded(void *arg, enum fail f, const struct run_record *record,
			const struct why *why)
{
	struct sse_call *c = arg;

	(void)why;
	c->due = 0;
	if (!c->x) {
		call_free(c);
	} else if (f) {
		refuse_away(c);
	} else if (record->found == RUN_NOT_THERE) {
		on_lost(c);
	} else {
		keep_record(c, record);
		ask(c, STR("-"), STR("+"), on_first);
	}
}

/* As if it came back with the last event that it has. */
static void on_gap(void *arg)
{
	struct sse_call *c = arg;
	char seen[EVENT_ID_TEXT_BYTES];
	struct str namespace, run;

	tail_names(c->reader, &namespace, &run);
	c->namespace = arena_str(&c->arena, namespace);
	c->run = arena_str(&c->arena, run);
	c->a = ARENA_NEW(&c->arena, struct attaching);
	tail_leave(c->reader);
	c->reader = NULL;
	c->a->last_id = arena_str(&c->arena, str_of(event_id_text(c->seen, seen)));
	c->a->facts = (struct resume_facts){.asks = true, .is_id = true, .last = c->seen};
	c->due = 1;
	run_load(gateway_commands(c->g), c->namespace, c->run, run_pick_output, on_reloaded, c);
}

/* --- mode=sse --------------------------------------------------------------------------------------------------- */

/* A key was used before: its run may be long gone, or over. */
static void on_replayed(void *arg, enum fail f, const struct run_record *record,
			const struct why *why)
{
	struct sse_call *c = arg;

	(void)why;
	c->due = 0;
	if (!c->x) {
		call_free(c);
	} else if (f) {
		refuse_away(c);
	} else if (record->found == RUN_NOT_THERE) {
		exchange_on_close(c->x, NULL, NULL);
		run_refuse(c->x, 410, c->run, "the run is no longer kept");
		call_free(c);
	} else {
		keep_record(c, record);
		ask(c, STR("-"), STR("+"), on_first);
	}
}

void sse_answer(struct gateway *g, struct exchange *x, const struct fired *fired)
{
	struct sse_call *c;

	if (!has_room(g, x)) {
		fire_count(g, FIRE_SSE, 503, fired->started_ms);
		return;
	}
	c = call_new(g, x, fired->namespace, fired->run);
	fire_count(g, FIRE_SSE, 200, fired->started_ms);
	if (!fired->replayed) {
		begin(c, true);
		follow(c, (struct event_id){0, 0});
		return;
	}
	c->replayed = true;
	c->due = 1;
	run_load(gateway_commands(g), c->namespace, c->run, run_pick_output, on_replayed, c);
}
