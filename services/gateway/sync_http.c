/* mode=sync: the answer waits for the run (SPEC 13.7). */
#include "gateway/gateway.h"

#include <stdlib.h>

#include <event2/event.h>

#include "base/json.h"
#include "gateway/sse_event.h"
#include "lang/duration.h"
#include "runs/run_load.h"
#include "runs/run_view.h"

struct sync_call {
	struct gateway *g;
	struct sync_call *next, **at; /* among all that wait; at NULL: not any more */
	struct exchange *x;	      /* NULL: the client has gone */
	struct arena arena;
	struct fired fired;
	int64_t timeout_ms;
	struct tail_reader *reader;
	struct event *timer;
	bool loading, again;
};

static void call_free(struct sync_call *c)
{
	if (c->at) {
		*c->at = c->next;
		if (c->next)
			c->next->at = c->at;
		c->at = NULL;
	}
	if (c->timer)
		event_free(c->timer);
	c->timer = NULL;
	tail_leave(c->reader);
	c->reader = NULL;
	if (c->loading) /* its answer frees it */
		return;
	arena_release(&c->arena);
	free(c);
}

static void reply(struct sync_call *c, int status, const struct buf *json)
{
	struct http_field headers[2];
	size_t n = run_headers(c->fired.run, c->fired.replayed, headers);
	struct exchange *x = c->x;

	c->x = NULL;
	exchange_on_close(x, NULL, NULL);
	fire_count(c->g, FIRE_SYNC, status, c->fired.started_ms);
	exchange_reply(x, status, "application/json", buf_str(json), headers, n);
	call_free(c);
}

static void reply_words(struct sync_call *c, int status, const char *words)
{
	AUTO_BUF json = BUF(4096);

	json_open(&json, '{');
	json_member_str(&json, "error", str_of(words));
	json_member_int(&json, "durationMs", process_mono_ms() - c->fired.started_ms);
	json_member_str(&json, "run", c->fired.run);
	json_close(&json, '}');
	reply(c, status, &json);
}

static void reply_run(struct sync_call *c, const struct run_record *record)
{
	AUTO_BUF json = BUF(SIZE_MAX / 2);
	const struct run *r = &record->run;
	bool ok = r->phase == RUN_SUCCEEDED;

	json_open(&json, '{');
	json_member_str(&json, "status", ok ? STR("succeeded") : STR("failed"));
	if (ok) {
		json_member_str(&json, "output", record->text);
	} else {
		json_member_str(&json, "error", r->message);
		json_member_str(&json, "reason", r->reason);
	}
	json_member_int(&json, "durationMs", run_duration_ms(r));
	run_view_usage(&json, &r->usage);
	json_member_str(&json, "run", r->name);
	json_close(&json, '}');
	reply(c, ok ? 200 : 500, &json);
}

/* --- looking ------------------------------------------------------------------------------------------------ */

static void look(struct sync_call *c);

static void on_loaded(void *arg, enum fail f, const struct run_record *record,
		      const struct why *why)
{
	struct sync_call *c = arg;

	(void)why;
	c->loading = false;
	if (!c->x) {
		call_free(c);
	} else if (f) {
		c->again =
			false; /* Redis is away: the tail tells when there is something again */
	} else if (record->found == RUN_NOT_THERE || record->text_gone) {
		reply_words(c, 410, "the run is no longer kept");
	} else if (run_is_terminal(&record->run)) {
		reply_run(c, record);
	} else if (c->again) {
		look(c);
	}
}

static void look(struct sync_call *c)
{
	c->again = c->loading;
	if (c->loading)
		return;
	c->loading = true;
	run_load(gateway_commands(c->g), c->fired.namespace, c->fired.run, run_pick_output,
		 on_loaded, c);
}

static void on_entry(void *arg, const struct run_entry *e)
{
	(void)arg;
	(void)e;
}

/* The state says the same, and more: it was written together with the event. */
static void on_ended(void *arg)
{
	look(arg);
}

static void on_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct sync_call *c = arg;
	AUTO_BUF words = BUF(128);

	(void)fd;
	(void)what;
	buf_adds(&words, "timed out after ");
	duration_add(&words, c->timeout_ms * NANOS_PER_MS);
	reply_words(c, 504, buf_cstr(&words));
}

void sync_drain(struct gateway *g)
{
	while (g->waiting)
		reply_words(g->waiting, 503, "the gateway stops; the run goes on");
}

static void on_close(void *arg)
{
	struct sync_call *c = arg;

	c->x = NULL;
	call_free(c);
}

void sync_answer(struct gateway *g, struct exchange *x, const struct fired *fired,
		 int64_t timeout_ms)
{
	int64_t left_ms = timeout_ms - (process_mono_ms() - fired->started_ms);
	struct sync_call *c = xcalloc(1, sizeof(*c));
	const struct tail_plan plan = {
		.entry = on_entry, .ended = on_ended, .lost = on_ended, .arg = c};
	struct timeval tv;

	if (left_ms < 0)
		left_ms = 0;
	tv = (struct timeval){left_ms / 1000, left_ms % 1000 * 1000};
	c->g = g;
	c->x = x;
	c->fired = *fired;
	c->fired.namespace = arena_str(&c->arena, fired->namespace);
	c->fired.run = arena_str(&c->arena, fired->run);
	c->timeout_ms = timeout_ms;
	c->next = g->waiting;
	c->at = &g->waiting;
	if (c->next)
		c->next->at = &c->next;
	g->waiting = c;
	exchange_on_close(x, on_close, c);
	c->timer = evtimer_new(g->process->base, on_timeout, c);
	PROMISE(c->timer);
	event_add(c->timer, &tv);
	c->reader = tail_follow(g->tails, c->fired.namespace, c->fired.run,
				(struct event_id){0, 0}, &plan);
	if (fired->replayed) /* it may be over, and its events gone */
		look(c);
}
