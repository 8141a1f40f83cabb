/* The tool calls of a turn, as far as they are one HTTP request each (SPEC 7.23 to 7.26). */
#include "agent/worker_inner.h"

#include <stdlib.h>

#include "agent/webhook_tool.h"
#include "base/hash.h"
#include "base/trace.h"
#include "process/clock.h"

struct tool_run {
	struct tool_run *next;
	struct work *work;
	size_t index;
	const struct tool *tool;
	struct http_call *http;
	struct event *soon; /* a call that failed before it was made says so from the loop */
	struct arena arena;
	struct str result;
	bool is_error;
	int64_t start_mono_ms;
};

static void tool_run_free(struct tool_run *t)
{
	http_call_cancel(t->http);
	event_free(t->soon);
	arena_release(&t->arena);
	free(t);
}

static struct tool_run **find(struct work *w, size_t index)
{
	struct tool_run **at = &w->tools;

	while (*at && (*at)->index != index)
		at = &(*at)->next;
	return at;
}

void tool_run_abort(struct work *w, size_t index)
{
	struct tool_run **at = find(w, index), *t = *at;

	if (!t)
		return;
	*at = t->next;
	tool_run_free(t);
}

void tool_runs_free(struct work *w)
{
	while (w->tools)
		tool_run_abort(w, w->tools->index);
}

static void count(const struct tool_run *t)
{
	const struct message *m = t->work->m;
	struct worker_metrics *k = &t->work->worker->metrics;
	struct str labels[] = {m->namespace, m->agent, t->tool->name, STR("webhook"),
			       t->is_error ? STR("error") : STR("ok")};

	metric_add(metric_at(k->tool_calls, labels, 5), 1);
	metric_observe(metric_at(k->tool_duration, labels, 4),
		       (double)(process_mono_ms() - t->start_mono_ms) / 1000);
}

static void done(struct tool_run *t)
{
	struct work *w = t->work;
	struct task_event e = {
		.kind = TASK_TOOL_DONE,
		.index = t->index,
		.text = t->result,
		.is_error = t->is_error,
	};

	count(t);
	*find(w, t->index) = t->next; /* the machine may start the next one while it is told */
	work_event(w, e);
	tool_run_free(t);
}

static void on_soon(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	done(arg);
}

static void fail(struct tool_run *t, struct str words)
{
	t->result = tool_error_text(&t->arena, words);
	t->is_error = true;
}

static void on_done(void *arg, const struct http_result *r)
{
	struct tool_run *t = arg;

	t->http = NULL;
	if (r->outcome == HTTP_DONE)
		t->result =
			webhook_result(&t->arena, r->status, r->body,
				       t->work->spec.limits.tool_result_bytes, &t->is_error);
	else
		fail(t, arena_str(&t->arena, str_of(r->words)));
	done(t);
}

/* The next hop of the run's trace (SPEC 22.5); empty when the run has none. */
static struct str next_hop(struct arena *a, struct str traceparent)
{
	char text[TRACE_TEXT_BYTES];
	struct trace parent, child;
	uint8_t random[8];

	if (!trace_parse(traceparent, &parent))
		return STR("");
	random_bytes(random, sizeof(random));
	child = trace_child(&parent, random);
	return arena_str(a, str_of(trace_text(&child, text)));
}

static enum fail call_webhook(struct tool_run *t, const struct task_action *a, struct why *why)
{
	struct worker *o = t->work->worker;
	struct webhook_request r;
	enum fail f = webhook_request(&t->arena, t->tool->webhook, a->arguments, a->key,
				      next_hop(&t->arena, t->work->m->trace), STR(""), &r, why);

	if (f)
		return f;
	return http_client_send(o->http,
				&(struct http_request){
					.method = arena_str(&t->arena, r.method).ptr,
					.url = r.url,
					.headers = r.headers,
					.header_count = r.header_count,
					.body = r.body.len ? r.body : str_n(NULL, 0),
					.total_ms = a->timeout_ms,
					.follow = HTTP_FOLLOW_SAME_HOST,
					.egress = o->plan.egress,
					.on_done = on_done,
					.arg = t,
				},
				&t->http, why);
}

void tool_run_start(struct work *w, const struct task_action *a)
{
	struct tool_run *t = xcalloc(1, sizeof(*t));
	const struct timeval now = {0, 0};
	struct why why;

	t->work = w;
	t->index = a->index;
	t->tool = a->tool;
	t->start_mono_ms = process_mono_ms();
	t->soon = event_new(w->worker->process->base, -1, 0, on_soon, t);
	t->next = w->tools;
	w->tools = t;
	PROMISE(a->tool->kind == TOOL_WEBHOOK); /* agent_setup.c offers no others */
	if (!call_webhook(t, a, &why))
		return;
	fail(t, why_str(&why));
	event_add(t->soon, &now);
}
