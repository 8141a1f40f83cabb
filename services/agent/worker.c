#include "agent/worker_inner.h"

#include <stdlib.h>

#include "agent/task_machine.h"
#include "lang/regex.h"
#include "process/clock.h"
#include "stream/keys.h"

enum { QUIRKS_KEPT = 256 };

/* --- works ---------------------------------------------------------------------------------- */

struct work *work_ref(struct work *w)
{
	w->refs++;
	return w;
}

void work_unref(struct work *w)
{
	if (--w->refs)
		return;
	buf_release(&w->written);
	buf_release(&w->turns);
	free(w);
}

static void told_drained(struct worker *o)
{
	if (o->draining && !o->first)
		o->plan.drained(o->plan.arg);
}

void work_end(struct work *w)
{
	struct worker *o = w->worker;

	if (!w->job)
		return;
	model_run_free(w->model);
	tool_runs_free(w);
	tokens_free(w->tokens);
	task_free(w->task);
	for (size_t i = 0; i < w->spec.reject_count; i++)
		regex_free(w->reject[i]);
	agent_setup_unref(w->setup);
	event_free(w->timer);
	*(w->prev ? &w->prev->next : &o->first) = w->next;
	if (w->next)
		w->next->prev = w->prev;
	w->job->user = NULL;
	w->job = NULL;
	work_unref(w);
	told_drained(o);
}

void work_lost(struct work *w)
{
	struct job *job = w->job;

	work_end(w);
	job_drop(job);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct work *w = arg;

	(void)fd;
	(void)what;
	if (w->place_came) {
		w->place_came = false;
		work_event(w, (struct task_event){.kind = TASK_PLACE});
		return;
	}
	if (w->task && !w->noticed && process_mono_ms() - w->begun_mono_ms >= WORK_NOTICED_MS) {
		w->noticed = true;
		work_wish(w, WISH_NOTICE);
		work_commit(w);
	}
	if (w->task && process_mono_ms() >= task_wake_ms(w->task))
		work_event(w, (struct task_event){.kind = TASK_WAKE});
	else
		work_arm(w);
}

/* --- jobs ----------------------------------------------------------------------------------- */

static enum fail on_start(void *arg, struct job *job, struct why *why)
{
	struct worker *o = arg;
	const struct message *m = &job->message;
	struct why fault;
	struct work *w;

	if (m->type != MSG_TASK_REQUESTED)
		return failf(why, FAIL_INPUT, "%s is no work", message_name(m->type));
	w = xcalloc(1, sizeof(*w));
	*w = (struct work){
		.worker = o,
		.next = o->first,
		.refs = 1,
		.job = job,
		.m = m,
		.begun_mono_ms = process_mono_ms(),
		.state_key = key_task(&job->arena, m->task),
		.written = BUF(TASK_RECORD_MAX_BYTES),
		.turns = BUF((size_t)o->process->limits.conversation_bytes),
	};
	if (w->next)
		w->next->prev = w;
	o->first = w;
	job->user = w;
	w->timer = event_new(o->process->base, -1, 0, on_timer, w);
	if (o->plan.setup(o->plan.arg, m->namespace, m->agent, &w->setup, &fault)) {
		w->setup = NULL;
		w->fault = arena_str(&job->arena, why_str(&fault));
	}
	if (job->again)
		work_read(w);
	else
		work_guess(w);
	return FAIL_NONE;
}

static void on_lost(void *arg, struct job *job)
{
	(void)arg;
	if (job->user)
		work_lost(job->user);
	else
		job_drop(job);
}

static void on_state(void *arg, bool working, struct str reason)
{
	struct worker *o = arg;

	o->plan.state(o->plan.arg, working, reason);
}

/* A wake-up: the run wants no more of a task that is in hand (SPEC 7.11). */
static void on_mail(void *arg, const struct message *m)
{
	struct worker *o = arg;

	if (m->type != MSG_TASK_CANCELLED)
		return;
	for (struct work *w = o->first; w; w = w->next)
		if (str_eq(w->m->task, m->task)) {
			/* The truth is in the state, which has another version now. */
			work_read(w);
			return;
		}
}

/* --- what happens to all of them ------------------------------------------------------------- */

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct worker *o = arg;

	(void)fd;
	(void)what;
	if (!o->up)
		return;
	for (struct work *w = o->first; w; w = w->next)
		if (w->read_due)
			work_read(w);
}

static void renew(struct worker *o, struct str call)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "FCALL");

	command_adds(&c, "ark_1_renew");
	command_addi(&c, 0);
	command_add(&c, call);
	command_addi(&c, o->process->limits.reservation_ttl_ms);
	redis_send(o->plan.commands, &c, NULL, NULL);
}

static void on_renew(evutil_socket_t fd, short what, void *arg)
{
	struct worker *o = arg;

	(void)fd;
	(void)what;
	for (struct work *w = o->first; o->up && w; w = w->next)
		if (w->record.call.len && w->m->accounts.len)
			renew(o, w->record.call);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct worker *o = arg;

	(void)fd;
	(void)what;
	o->handing_back = true;
	for (struct work *w = o->first, *next; w; w = next) {
		next = w->next;
		if (w->task)
			work_event(w, (struct task_event){.kind = TASK_HAND_BACK});
	}
}

/* --- life ------------------------------------------------------------------------------------- */

struct worker *worker_new(struct process *p, const struct worker_plan *plan)
{
	struct worker *o = xcalloc(1, sizeof(*o));
	const struct effector_plan effector = {
		.group = GROUP_AGENTS,
		.process = plan->name,
		.serves = plan->serves,
		.commands = plan->commands,
		.reads = plan->reads,
		.lease_ms = p->limits.worker_lease_ms,
		.start = on_start,
		.lost = on_lost,
		.state = on_state,
		.arg = o,
	};
	const struct timeval every = {WORK_RENEW_MS / 1000, 0};

	o->process = p;
	o->plan = *plan;
	o->effector = effector_new(p->base, &effector, p->metrics);
	effector_on_mail(o->effector, plan->mail, on_mail, o);
	o->http = http_client_new(p->base, &(struct http_client_options){.max_in_flight = 0});
	o->quirks = memo_new(QUIRKS_KEPT, free);
	o->retry = event_new(p->base, -1, 0, on_retry, o);
	o->renew = event_new(p->base, -1, EV_PERSIST, on_renew, o);
	o->deadline = event_new(p->base, -1, 0, on_deadline, o);
	event_add(o->renew, &every);
	worker_metrics_init(&o->metrics, p->metrics);
	return o;
}

/* After the connections are closed: no answer of Redis comes any more. */
void worker_free(struct worker *o)
{
	if (!o)
		return;
	o->draining = false;
	while (o->first)
		work_lost(o->first);
	effector_free(o->effector);
	http_client_free(o->http);
	memo_free(o->quirks);
	event_free(o->retry);
	event_free(o->renew);
	event_free(o->deadline);
	free(o);
}

void worker_up(struct worker *o)
{
	const struct timeval soon = {0, 0};

	o->up = true;
	effector_up(o->effector);
	for (struct work *w = o->first; w; w = w->next)
		if (w->tokens)
			tokens_flush(w->tokens);
	event_add(o->retry, &soon);
}

void worker_down(struct worker *o)
{
	o->up = false;
	effector_down(o->effector);
}

void worker_serve(struct worker *o, struct str namespace, struct str agent, int64_t places)
{
	AUTO_ARENA a = ARENA_INIT;

	effector_stream(o->effector, key_tasks(&a, namespace, agent), (size_t)places);
}

void worker_serve_no_more(struct worker *o, struct str namespace, struct str agent)
{
	AUTO_ARENA a = ARENA_INIT;

	effector_stream_remove(o->effector, key_tasks(&a, namespace, agent));
}

void worker_drain(struct worker *o, int64_t finish_ms)
{
	const struct timeval tv = {finish_ms / 1000, finish_ms % 1000 * 1000};

	o->draining = true;
	effector_pause(o->effector);
	event_add(o->deadline, &tv);
	told_drained(o);
}
