/* One attempt of a model call: over HTTP, or played. */
#include "agent/worker_inner.h"

#include <stdlib.h>

#include "process/clock.h"

enum { TAIL_MS = 100 }; /* after a complete answer its connection may still be kept */

struct model_run {
	struct work *work;
	struct model_call call;
	struct model_stream *stream;
	struct http_call *http;
	struct event *timer; /* the next piece of a played answer, a failed start, the tail */
	size_t request_bytes;
	unsigned attempt;
	int64_t start_mono_ms;
	bool spoke;   /* a first text came */
	bool feeding; /* inside the stream */
	bool freed;   /* ... which has led to the end of the run */
};

const struct model_answer *model_run_answer(const struct model_run *r)
{
	return model_answer(r->stream);
}

size_t model_run_request_bytes(const struct model_run *r)
{
	return r->request_bytes;
}

void model_run_free(struct model_run *r)
{
	if (!r)
		return;
	if (r->feeding) {
		r->freed = true;
		return;
	}
	http_call_cancel(r->http);
	event_free(r->timer);
	model_stream_free(r->stream);
	free(r);
}

/* --- counting ----------------------------------------------------------------------------------- */

static void count(struct model_run *r)
{
	const struct model_answer *a = model_answer(r->stream);
	struct worker_metrics *k = &r->work->worker->metrics;
	struct usage u = model_usage(a, r->request_bytes);
	struct str labels[4] = {str_of(provider_name(r->call.provider)), r->call.model,
				a->error.kind == MODEL_FINE ? STR("ok") : STR("error"),
				STR("")};

	metric_add(metric_at(k->llm_calls, labels, 3), 1);
	if (r->attempt > 1)
		metric_add(metric_at(k->llm_retries, labels, 3), 1);
	metric_observe(metric_at(k->llm_duration, labels, 2),
		       (double)(process_mono_ms() - r->start_mono_ms) / 1000);
	labels[3] = u.estimated ? STR("true") : STR("false");
	labels[2] = STR("input");
	metric_add(metric_at(k->llm_tokens, labels, 4), (double)u.input_tokens);
	labels[2] = STR("output");
	metric_add(metric_at(k->llm_tokens, labels, 4), (double)u.output_tokens);
}

/* --- the answer ----------------------------------------------------------------------------------- */

static void on_text(void *self, struct str piece)
{
	struct model_run *r = self;

	if (r->freed)
		return;
	if (!r->spoke)
		metric_observe(metric_at(r->work->worker->metrics.llm_first_token,
					 LABELS(str_of(provider_name(r->call.provider)),
						r->call.model)),
			       (double)(process_mono_ms() - r->start_mono_ms) / 1000);
	r->spoke = true;
	if (r->work->tokens)
		work_event(r->work, (struct task_event){.kind = TASK_TEXT, .text = piece});
}

/* The machine may start the next attempt while it is told. */
static void answered(struct model_run *r)
{
	struct work *w = r->work;

	count(r);
	w->model = NULL;
	work_event(w, (struct task_event){
			      .kind = TASK_ANSWERED,
			      .answer = model_answer(r->stream),
			      .request_bytes = r->request_bytes,
		      });
	model_run_free(r);
}

/* Steps into the stream end here: true when the run is gone. */
static bool leave(struct model_run *r)
{
	bool freed = r->freed;

	r->feeding = false;
	if (freed)
		model_run_free(r);
	return freed;
}

static void arm(struct model_run *r, int64_t ms)
{
	const struct timeval tv = {ms / 1000, ms % 1000 * 1000};

	event_add(r->timer, &tv);
}

/* --- over HTTP ------------------------------------------------------------------------------------- */

static void on_headers(void *arg, int status, struct http_fields fields)
{
	struct model_run *r = arg;
	const struct model_reply reply = {status, fields, process_now_ms() / 1000};

	model_reply(r->stream, &reply);
}

static void on_body(void *arg, struct str chunk)
{
	struct model_run *r = arg;
	bool more;

	r->feeding = true;
	more = model_feed(r->stream, chunk);
	if (leave(r))
		return;
	if (!more && !event_pending(r->timer, EV_TIMEOUT, NULL))
		arm(r, TAIL_MS);
}

static void on_done(void *arg, const struct http_result *result)
{
	struct model_run *r = arg;

	r->http = NULL;
	r->feeding = true;
	if (result->outcome == HTTP_DONE)
		model_finish(r->stream);
	else
		model_broke(r->stream, str_of(result->words));
	if (!leave(r))
		answered(r);
}

static void on_http_timer(struct model_run *r)
{
	r->feeding = true;
	/* A complete answer stays complete, and so does a call that could not be made. */
	model_finish(r->stream);
	if (!leave(r))
		answered(r);
}

static void request(struct model_run *r)
{
	struct worker *o = r->work->worker;
	AUTO_ARENA a = ARENA_INIT;
	struct model_request m;
	struct why why;
	enum fail f = model_request(&a, &r->call, &m, &why);

	if (f) {
		model_refuse(r->stream, why_str(&why));
		arm(r, 0);
		return;
	}
	r->request_bytes = m.body.len;
	f = http_client_send(o->http,
			     &(struct http_request){
				     .method = "POST",
				     .url = m.url,
				     .headers = m.headers,
				     .header_count = m.header_count,
				     .body = m.body,
				     .idle_ms = o->process->limits.llm_idle_timeout_ms,
				     .egress = o->plan.egress,
				     .on_headers = on_headers,
				     .on_body = on_body,
				     .on_done = on_done,
				     .arg = r,
			     },
			     &r->http, &why);
	if (f == FAIL_INPUT)
		model_refuse(r->stream, why_str(&why));
	else if (f)
		model_broke(r->stream, why_str(&why));
	if (f)
		arm(r, 0);
}

/* --- played ------------------------------------------------------------------------------------------ */

static void play(struct model_run *r)
{
	int64_t delay_ms = 0;
	bool more;

	do {
		r->feeding = true;
		more = model_play(r->stream, &delay_ms);
		if (leave(r))
			return;
	} while (more && !delay_ms);
	if (more)
		arm(r, delay_ms);
	else
		answered(r);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct model_run *r = arg;

	(void)fd;
	(void)what;
	if (provider_is_played(r->call.provider))
		play(r);
	else
		on_http_timer(r);
}

/* --- starting ------------------------------------------------------------------------------------------ */

void model_run_start(struct work *w, const struct task_action *a)
{
	struct model_run *r = xcalloc(1, sizeof(*r));

	PROMISE(!w->model);
	r->work = w;
	r->call = work_call(w, a->cap, a->quirks, a->tools_closed);
	r->attempt = a->attempt;
	r->start_mono_ms = process_mono_ms();
	r->timer = event_new(w->worker->process->base, -1, 0, on_timer, r);
	r->stream = model_stream_new(&r->call, w->spec.limits.conversation_bytes, on_text, r);
	w->model = r;
	if (provider_is_played(r->call.provider))
		arm(r, 0);
	else
		request(r);
}
