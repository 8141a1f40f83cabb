#include <stdlib.h>

#include "notifier/deliver_inner.h"
#include "process/clock.h"
#include "stream/keys.h"

enum { TRIM_EVERY_MS = 1000 };

/* --- attempts ----------------------------------------------------------------------------------- */

void attempt_wait(struct attempt *a, int64_t ms)
{
	const struct timeval tv = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};

	event_add(a->timer, &tv);
}

void attempt_free(struct attempt *a)
{
	struct deliver *d = a->deliver;

	http_call_cancel(a->call);
	event_free(a->timer);
	*a->link = a->next;
	if (a->next)
		a->next->link = a->link;
	free(a);
	if (d->draining && !d->attempts && d->drained) {
		void (*drained)(void *arg) = d->drained;

		d->drained = NULL;
		drained(d->drained_arg);
	}
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct attempt *a = arg;

	(void)fd;
	(void)what;
	if (a->phase == ENDING)
		attempt_hand_in(a);
	else
		attempt_ask(a);
}

/* --- the effector ------------------------------------------------------------------------------- */

static struct attempt *attempt_new(struct deliver *d, struct job *job)
{
	struct attempt *a = xmalloc(sizeof(*a));

	a->deliver = d;
	a->job = job;
	a->timer = event_new(d->base, -1, 0, on_timer, a);
	a->channel_type = "none";
	a->since_mono_ms = process_mono_ms();
	a->next = d->attempts;
	a->link = &d->attempts;
	if (a->next)
		a->next->link = &a->next;
	d->attempts = a;
	job->user = a;
	return a;
}

/* The policy as it is now (SPEC 16.16), in the job's arena. */
static bool read_policy(struct attempt *a)
{
	const struct message *m = &a->job->message;
	struct arena *arena = &a->job->arena;
	const struct object *o =
		objects_get(a->deliver->plan.objects, KIND_NOTIFY, m->namespace, m->policy);
	struct value *spec;

	if (!o || !o->spec)
		return false;
	spec = ARENA_NEW(arena, struct value);
	*spec = value_copy(arena, o->spec);
	a->generation = o->generation;
	return !notify_load(arena, spec, &a->policy, NULL) &&
	       (size_t)m->channel < a->policy.channel_count;
}

static enum fail start(void *arg, struct job *job, struct why *why)
{
	struct deliver *d = arg;
	const struct message *m = &job->message;
	struct attempt *a;
	enum channel_type type;

	if (m->type != MSG_DELIVERY_REQUESTED)
		return failf(why, FAIL_INPUT, "%s: no delivery", message_name(m->type));
	job->message.attempt = m->attempt ? m->attempt : 1;
	a = attempt_new(d, job);
	if (!read_policy(a)) {
		attempt_end(a, END_DROPPED, 0, STR("the policy or its channel is gone"));
		return FAIL_NONE;
	}
	type = a->policy.channels[m->channel].type;
	a->channel_type = channel_type_name(type);
	if (type != CHANNEL_WEBHOOK)
		attempt_end(a, END_DEAD, 0,
			    STR("this release delivers to channels of type webhook only"));
	else
		attempt_begin(a);
	return FAIL_NONE;
}

static void on_lost(void *arg, struct job *job)
{
	(void)arg;
	if (job->user)
		attempt_free(job->user);
	job_drop(job);
}

static void on_state(void *arg, bool working, struct str reason)
{
	const struct deliver *d = arg;

	d->plan.state(d->plan.arg, working, reason);
}

static void on_trim(evutil_socket_t fd, short what, void *arg)
{
	const struct deliver *d = arg;
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "FCALL");

	(void)fd;
	(void)what;
	command_adds(&c, "ark_1_trim");
	command_addi(&c, 0);
	command_adds(&c, STREAM_DELIVERIES);
	redis_send(d->plan.commands, &c, NULL, NULL);
}

void deliver_trim_soon(struct deliver *d)
{
	const struct timeval tv = {TRIM_EVERY_MS / 1000, 0};

	if (!event_pending(d->trim, EV_TIMEOUT, NULL))
		event_add(d->trim, &tv);
}

struct deliver *deliver_new(struct event_base *base, const struct deliver_plan *plan,
			    struct metrics *metrics)
{
	struct deliver *d = xmalloc(sizeof(*d));
	const struct effector_plan effector = {.group = GROUP_NOTIFIER,
					       .process = plan->process,
					       .commands = plan->commands,
					       .reads = plan->reads,
					       .lease_ms = plan->limits->worker_lease_ms,
					       .loads_library = true,
					       .start = start,
					       .lost = on_lost,
					       .state = on_state,
					       .arg = d};

	d->plan = *plan;
	d->base = base;
	d->effector = effector_new(base, &effector, metrics);
	effector_stream(d->effector, STR(STREAM_DELIVERIES), DELIVER_PLACES);
	d->http = http_client_new(base, &(struct http_client_options){.max_queued = 0});
	d->trim = event_new(base, -1, 0, on_trim, d);
	d->ended = metrics_counter(metrics, "ark_notifications_total",
				   "Attempts to deliver, by what became of them.",
				   "channel_type event outcome");
	d->seconds = metrics_histogram(metrics, "ark_notification_duration_seconds",
				       "From the read of a delivery to its recorded outcome.",
				       "channel_type event outcome", METRIC_QUICK);
	return d;
}

void deliver_free(struct deliver *d)
{
	if (!d)
		return;
	d->drained = NULL;
	while (d->attempts)
		attempt_free(d->attempts);
	http_client_free(d->http);
	effector_free(d->effector);
	event_free(d->trim);
	free(d);
}

void deliver_up(struct deliver *d)
{
	effector_up(d->effector);
}

void deliver_down(struct deliver *d)
{
	effector_down(d->effector);
}

void deliver_drain(struct deliver *d, void (*drained)(void *arg), void *arg)
{
	struct attempt *next;

	effector_pause(d->effector);
	for (struct attempt *a = d->attempts; a; a = next) {
		struct job *job = a->job;

		next = a->next;
		if (a->phase != WAITING)
			continue;
		attempt_free(a);
		job_drop(job);
	}
	d->draining = true;
	if (d->attempts) {
		d->drained = drained;
		d->drained_arg = arg;
		return;
	}
	drained(arg);
}
