/* How deliveries end, and what is recorded of it: SPEC 16.6 to 16.8. */
#include "base/json.h"
#include "notifier/accept.h"
#include "notifier/deliver_inner.h"
#include "notifier/webhook.h"
#include "process/clock.h"
#include "process/log.h"
#include "stream/keys.h"

enum { CONTENT_MAX_BYTES = 1 << 20 };

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
		attempt_wait(a, DELIVER_AGAIN_MS);
		return;
	}
	metric_add(metric_at(d->ended, labels, 3), 1);
	metric_observe(metric_at(d->seconds, labels, 3),
		       (double)(process_mono_ms() - a->since_mono_ms) / 1000.0);
	log_end(a, m);
	deliver_trim_soon(d);
	attempt_free(a);
}

void attempt_hand_in(struct attempt *a)
{
	const struct message *m = &a->job->message;
	struct commit c;

	commit_begin(&c, &a->job->arena, COMMIT, &a->job->claim);
	c.text_ttl_ms = ACCEPT_DATA_TTL_MS;
	switch (a->end) {
	case END_LATER: come_again(&c, a, m->attempt + 1); break;
	case END_AWAY: come_again(&c, a, m->attempt); break;
	case END_GONE:
		commit_text(&c, attempt_gone_key(a), LIMIT_MAX_MS, STR("410"));
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
void attempt_end(struct attempt *a, enum end how, int64_t wait_ms, struct str words)
{
	const struct message *m = &a->job->message;

	if (how == END_LATER && m->attempt >= a->deliver->plan.limits->notify_attempts)
		how = END_DEAD;
	a->phase = ENDING;
	a->end = how;
	a->words = words;
	a->wait_ms =
		how == END_LATER ? webhook_wait_ms(m->identity, m->attempt, wait_ms) : wait_ms;
	attempt_hand_in(a);
}
