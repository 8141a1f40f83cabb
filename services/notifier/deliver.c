#include "notifier/deliver.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/json.h"
#include "http/retry.h"
#include "notifier/accept.h"
#include "notifier/gate.h"
#include "notifier/webhook.h"
#include "process/clock.h"
#include "process/log.h"
#include "process/metrics.h"
#include "stream/keys.h"

enum {
	AGAIN_MS = 1000, /* after Redis refused */
	TRIM_EVERY_MS = 1000,
	TURN_SLACK_MS = 20, /* Redis must have forgotten the last call when we ask again */
	CONTENT_MAX_BYTES = 1 << 20,
};

enum phase {
	WAITING, /* for a turn at the receiver */
	ASKING,	 /* Redis, for the same */
	CALLING,
	ENDING, /* the outcome is being committed */
};

/* How an attempt ends. */
enum end {
	END_DELIVERED,
	END_LATER,   /* another attempt */
	END_AWAY,    /* the same attempt, when it is its turn */
	END_DEAD,    /* given up */
	END_GONE,    /* given up, and so is the channel */
	END_DROPPED, /* nobody wants it any more */
};

struct attempt {
	struct attempt *next, **link;
	struct deliver *deliver;
	struct job *job;
	struct event *timer;
	struct http_call *call;
	enum phase phase;
	struct notify policy;
	int64_t generation; /* of the policy */
	const char *channel_type;
	int64_t since_mono_ms;
	enum end end;
	struct str words; /* for people; in the job's arena */
	int64_t wait_ms;
};

struct deliver {
	struct deliver_plan plan;
	struct event_base *base;
	struct effector *effector;
	struct http_client *http;
	struct event *trim;
	struct attempt *attempts;
	struct gate gate;
	bool draining;
	void (*drained)(void *arg);
	void *drained_arg;
	struct metric *ended, *seconds;
};

static void end(struct attempt *a, enum end how, int64_t wait_ms, struct str words);
static void hand_in(struct attempt *a);
static void take_turn(struct attempt *a);

/* --- attempts ----------------------------------------------------------------------------------- */

static void wait_for(struct attempt *a, int64_t ms)
{
	const struct timeval tv = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};

	event_add(a->timer, &tv);
}

static void attempt_free(struct attempt *a)
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

static int64_t interval_ms(const struct deliver *d)
{
	return SECOND_MS / d->plan.limits->notify_receiver_rate;
}

/* --- secrets ------------------------------------------------------------------------------------ */

static enum fail open_secret(void *arg, struct arena *a, struct str namespace,
			     const struct key_ref *ref, struct str *ret, struct why *why)
{
	const struct deliver *d = arg;
	const struct object *o =
		objects_get(d->plan.objects, KIND_PLAIN_SECRET, namespace, ref->name);
	struct seal_place place = {namespace, ref->name, ref->key};
	const struct value *sealed;
	AUTO_BUF text = BUF(LIMIT_SECRET_BYTES);
	enum fail f;

	sealed = o ? value_get(value_get(o->value, STR("sealed")), ref->key) : NULL;
	if (!sealed)
		return failf(why, FAIL_INPUT, "there is no Secret '%.*s' with key '%.*s'",
			     STR_ARG(ref->name), STR_ARG(ref->key));
	(void)buf_room(&text, LIMIT_SECRET_BYTES);
	f = seal_open(d->plan.keys, &place, value_text(sealed), &text, why);
	if (f)
		return fail_in(why, f, "Secret '%.*s'", STR_ARG(ref->name));
	*ret = arena_str(a, buf_str(&text));
	buf_wipe(&text);
	return FAIL_NONE;
}

static struct webhook_world world_of(const struct attempt *a)
{
	return (struct webhook_world){.secret = open_secret,
				      .arg = a->deliver,
				      .zones = a->deliver->plan.zones,
				      .limits = a->deliver->plan.limits,
				      .now_seconds = process_now_ms() / 1000};
}

/* --- the call ----------------------------------------------------------------------------------- */

static int64_t retry_after(const struct http_result *r)
{
	struct str value = http_fields_get(r->fields, STR("retry-after"));
	int64_t ms;

	if (!value.ptr || !retry_after_parse(value, process_now_ms() / 1000, &ms))
		return -1;
	return ms;
}

static void on_done(void *arg, const struct http_result *r)
{
	struct attempt *a = arg;
	struct arena *arena = &a->job->arena;
	struct str words;

	a->call = NULL;
	if (r->outcome == HTTP_REFUSED_ADDRESS) {
		end(a, END_DEAD, 0, arena_str(arena, str_of(r->words)));
		return;
	}
	/* An answer whose body is too long is an answer. */
	if (r->outcome != HTTP_DONE && !(r->outcome == HTTP_TOO_LARGE && r->status)) {
		end(a, END_LATER, -1, arena_str(arena, str_of(r->words)));
		return;
	}
	words = arena_printf(arena, "the receiver answered %d", r->status);
	switch (webhook_verdict_of(r->status)) {
	case WEBHOOK_DELIVERED: end(a, END_DELIVERED, 0, STR("")); break;
	case WEBHOOK_LATER: end(a, END_LATER, retry_after(r), words); break;
	case WEBHOOK_NEVER: end(a, END_DEAD, 0, words); break;
	case WEBHOOK_GONE: end(a, END_GONE, 0, words); break;
	}
}

static void call(struct attempt *a)
{
	struct deliver *d = a->deliver;
	struct webhook_world world = world_of(a);
	struct webhook hook;
	struct http_request request = {.total_ms = d->plan.limits->notify_timeout_ms,
				       .max_body_bytes = DELIVER_ANSWER_BYTES,
				       .follow = HTTP_FOLLOW_NONE,
				       .egress = d->plan.egress,
				       .on_done = on_done,
				       .arg = a};
	struct why why;
	enum fail f;

	a->phase = CALLING;
	if (webhook_make(&a->job->arena, &a->job->message, &a->policy, &world, &hook, &why)) {
		end(a, END_LATER, -1, arena_str(&a->job->arena, why_str(&why)));
		return;
	}
	request.method = hook.method;
	request.url = hook.url;
	request.headers = hook.headers;
	request.header_count = hook.header_count;
	request.body = hook.body;
	f = http_client_send(d->http, &request, &a->call, &why);
	if (f)
		end(a, f == FAIL_INPUT ? END_DEAD : END_LATER, -1,
		    arena_str(&a->job->arena, why_str(&why)));
}

/* --- the turn ----------------------------------------------------------------------------------- */

static struct str gone_key(const struct attempt *a)
{
	const struct message *m = &a->job->message;

	return key_gone(&a->job->arena, m->namespace, m->policy, a->generation, m->channel);
}

static void on_asked(void *arg, struct job *job, const struct commit_result *r)
{
	struct attempt *a = arg;

	switch (r->verdict) {
	case COMMITTED: call(a); break;
	case COMMIT_EXISTS:
		end(a, END_DROPPED, 0,
		    STR("the receiver answered 410 and is not called any more"));
		break;
	case COMMIT_LOST:
		attempt_free(a);
		job_drop(job);
		break;
	case COMMIT_ONCE: take_turn(a); break; /* another process was faster */
	case COMMIT_CONFLICT:
	case COMMIT_FULL:
	case COMMIT_UNKNOWN:
	case COMMIT_AWAY:
	case COMMIT_REFUSED:
		a->phase = WAITING;
		wait_for(a, AGAIN_MS);
		break;
	}
}

/* All notifiers together call a receiver no more often than they may. */
static void ask(struct attempt *a)
{
	struct webhook_world world = world_of(a);
	struct commit c;
	struct str url;
	struct why why;

	if (webhook_url(&a->job->arena, &a->job->message, &a->policy, &world, &url, &why)) {
		end(a, END_LATER, -1, arena_str(&a->job->arena, why_str(&why)));
		return;
	}
	a->phase = ASKING;
	commit_begin(&c, &a->job->arena, COMMIT, &a->job->claim);
	commit_free(&c, gone_key(a));
	commit_once(&c, key_receiver(&a->job->arena, url), interval_ms(a->deliver), STR("-"));
	commit_keep(&c);
	job_commit(a->job, &c, on_asked, a);
}

static void take_turn(struct attempt *a)
{
	struct deliver *d = a->deliver;
	struct webhook_world world = world_of(a);
	struct str url;
	struct why why;
	bool come_back;
	int64_t ms;

	if (webhook_url(&a->job->arena, &a->job->message, &a->policy, &world, &url, &why)) {
		end(a, END_LATER, -1, arena_str(&a->job->arena, why_str(&why)));
		return;
	}
	ms = gate_ask(&d->gate, url, process_mono_ms(), interval_ms(d) + TURN_SLACK_MS,
		      &come_back);
	if (come_back) {
		end(a, END_AWAY, ms, STR(""));
		return;
	}
	a->phase = WAITING;
	wait_for(a, ms);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct attempt *a = arg;

	(void)fd;
	(void)what;
	if (a->phase == ENDING)
		hand_in(a);
	else
		ask(a);
}

/* --- the end ------------------------------------------------------------------------------------ */

static const char *outcome_of(enum end e)
{
	switch (e) {
	case END_DELIVERED: return "delivered";
	case END_LATER: return "retried";
	case END_AWAY: return "postponed";
	case END_DEAD:
	case END_GONE: return "dead-lettered";
	case END_DROPPED: return "dropped";
	}
	return "?";
}

static void tell_end(struct commit *c, const struct attempt *a)
{
	const struct message *m = &a->job->message;
	struct message ended = {.type = MSG_DELIVERY_ENDED,
				.cause = m->id,
				.trace = m->trace,
				.namespace = m->namespace,
				.policy = m->policy,
				.channel = m->channel,
				.event_type = m->event_type,
				.outcome = str_of(outcome_of(a->end)),
				.attempt = m->attempt,
				.identity = m->identity};

	if (a->words.len)
		ended.message = a->words;
	commit_append(c, STR(STREAM_EVENTS), &ended);
}

/* The delivery as it goes into a stream again: a text that is kept beside it stays there. */
static struct message as_entry(const struct attempt *a)
{
	struct message m = a->job->message;

	if (m.data_key.len)
		m.data = str_n(NULL, 0);
	return m;
}

static void come_again(struct commit *c, const struct attempt *a, int64_t attempt)
{
	struct message m = as_entry(a);

	m.attempt = attempt;
	commit_later(c, STR(STREAM_DELIVERIES), a->wait_ms,
		     arena_printf(&a->job->arena, "deliver|%.*s", STR_ARG(m.identity)), &m);
}

/* Whole, so that it can be delivered again with the same identity. */
static void bury(struct commit *c, const struct attempt *a)
{
	const struct message *m = &a->job->message;
	struct message whole = as_entry(a);
	struct str pairs[2 * ENTRY_MAX_FIELDS];
	AUTO_BUF content = BUF(CONTENT_MAX_BYTES);
	struct message dead = {.type = MSG_ENTRY_PARKED,
			       .cause = m->cause,
			       .trace = m->trace,
			       .from = STR(STREAM_DELIVERIES),
			       .group = STR(GROUP_NOTIFIER),
			       .entry = m->id,
			       .reason = STR("DeadLettered"),
			       .message = a->words,
			       .deliveries = m->attempt,
			       .namespace = m->namespace,
			       .policy = m->policy,
			       .run = m->run};
	size_t n;

	if (message_encode(&a->job->arena, &whole, pairs, &n, NULL))
		BROKEN("an entry that was read cannot be written");
	json_open(&content, '[');
	for (size_t i = 0; i < n; i++) {
		json_next(&content);
		json_add_str(&content, pairs[i]);
	}
	json_close(&content, ']');
	dead.content = arena_str(&a->job->arena, buf_str(&content));
	commit_append(c, STR(STREAM_DEAD), &dead);
}

static void drop_data(struct commit *c, const struct attempt *a)
{
	struct str key = a->job->message.data_key;

	if (key.len && !accept_is_shared(key))
		commit_drop(c, key);
}

static void log_end(const struct attempt *a, const struct message *m)
{
	if (a->end == END_DEAD || a->end == END_GONE)
		log_warn("a notification was given up", LOG_STR("namespace", m->namespace),
			 LOG_STR("policy", m->policy), LOG_INT("channel", m->channel),
			 LOG_STR("event", m->event_type), LOG_STR("error", a->words));
	else if (a->end == END_LATER)
		log_info("a notification is tried again", LOG_STR("namespace", m->namespace),
			 LOG_STR("policy", m->policy), LOG_INT("channel", m->channel),
			 LOG_INT("attempt", m->attempt), LOG_STR("error", a->words),
			 LOG_INT("wait_ms", a->wait_ms));
}

static void on_ended(void *arg, struct job *job, const struct commit_result *r)
{
	struct attempt *a = arg;
	struct deliver *d = a->deliver;
	const struct message *m = &job->message;
	struct str labels[] = {str_of(a->channel_type), m->event_type,
			       str_of(outcome_of(a->end))};

	if (r->verdict == COMMIT_LOST) {
		attempt_free(a);
		job_drop(job);
		return;
	}
	if (r->verdict != COMMITTED) {
		wait_for(a, AGAIN_MS);
		return;
	}
	metric_add(metric_at(d->ended, labels, 3), 1);
	metric_observe(metric_at(d->seconds, labels, 3),
		       (double)(process_mono_ms() - a->since_mono_ms) / 1000.0);
	log_end(a, m);
	if (!event_pending(d->trim, EV_TIMEOUT, NULL)) {
		const struct timeval tv = {TRIM_EVERY_MS / 1000, 0};

		event_add(d->trim, &tv);
	}
	attempt_free(a);
}

static void hand_in(struct attempt *a)
{
	const struct message *m = &a->job->message;
	struct commit c;

	commit_begin(&c, &a->job->arena, COMMIT, &a->job->claim);
	c.text_ttl_ms = ACCEPT_DATA_TTL_MS;
	switch (a->end) {
	case END_LATER: come_again(&c, a, m->attempt + 1); break;
	case END_AWAY: come_again(&c, a, m->attempt); break;
	case END_GONE:
		commit_text(&c, gone_key(a), LIMIT_MAX_MS, STR("410"));
		bury(&c, a);
		tell_end(&c, a);
		break;
	case END_DEAD:
		bury(&c, a);
		tell_end(&c, a);
		break;
	case END_DELIVERED:
	case END_DROPPED:
		drop_data(&c, a);
		tell_end(&c, a);
		break;
	}
	job_commit(a->job, &c, on_ended, a);
}

/* wait_ms of END_LATER is what the receiver asked for, or -1. */
static void end(struct attempt *a, enum end how, int64_t wait_ms, struct str words)
{
	const struct message *m = &a->job->message;

	if (how == END_LATER && m->attempt >= a->deliver->plan.limits->notify_attempts)
		how = END_DEAD;
	a->phase = ENDING;
	a->end = how;
	a->words = words;
	a->wait_ms =
		how == END_LATER ? webhook_wait_ms(m->identity, m->attempt, wait_ms) : wait_ms;
	hand_in(a);
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
		end(a, END_DROPPED, 0, STR("the policy or its channel is gone"));
		return FAIL_NONE;
	}
	type = a->policy.channels[m->channel].type;
	a->channel_type = channel_type_name(type);
	if (type != CHANNEL_WEBHOOK)
		end(a, END_DEAD, 0,
		    STR("this release delivers to channels of type webhook only"));
	else
		take_turn(a);
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
