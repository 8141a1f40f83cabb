/* Turn and request: SPEC 16.8. */
#include "base/hash.h"
#include "http/retry.h"
#include "notifier/deliver_inner.h"
#include "notifier/webhook.h"
#include "process/clock.h"
#include "stream/keys.h"

enum {
	TURN_SLACK_MS = 20, /* Redis must have forgotten the last call when we ask again */
};

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
		attempt_end(a, END_DEAD, 0, arena_str(arena, str_of(r->words)));
		return;
	}
	/* An answer whose body is too long is an answer. */
	if (r->outcome != HTTP_DONE && !(r->outcome == HTTP_TOO_LARGE && r->status)) {
		attempt_end(a, END_LATER, -1, arena_str(arena, str_of(r->words)));
		return;
	}
	words = arena_printf(arena, "the receiver answered %d", r->status);
	switch (webhook_verdict_of(r->status)) {
	case WEBHOOK_DELIVERED: attempt_end(a, END_DELIVERED, 0, STR("")); break;
	case WEBHOOK_LATER: attempt_end(a, END_LATER, retry_after(r), words); break;
	case WEBHOOK_NEVER: attempt_end(a, END_DEAD, 0, words); break;
	case WEBHOOK_GONE: attempt_end(a, END_GONE, 0, words); break;
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
		attempt_end(a, END_LATER, -1, arena_str(&a->job->arena, why_str(&why)));
		return;
	}
	request.method = hook.method;
	request.url = hook.url;
	request.headers = hook.headers;
	request.header_count = hook.header_count;
	request.body = hook.body;
	f = http_client_send(d->http, &request, &a->call, &why);
	if (f)
		attempt_end(a, f == FAIL_INPUT ? END_DEAD : END_LATER, -1,
			    arena_str(&a->job->arena, why_str(&why)));
}

/* --- the turn ----------------------------------------------------------------------------------- */

static int64_t interval_ms(const struct deliver *d)
{
	return SECOND_MS / d->plan.limits->notify_receiver_rate;
}

struct str attempt_gone_key(const struct attempt *a)
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
		attempt_end(a, END_DROPPED, 0,
			    STR("the receiver answered 410 and is not called any more"));
		break;
	case COMMIT_LOST:
		attempt_free(a);
		job_drop(job);
		break;
	case COMMIT_ONCE: attempt_begin(a); break; /* another process was faster */
	case COMMIT_CONFLICT:
	case COMMIT_FULL:
	case COMMIT_UNKNOWN:
	case COMMIT_AWAY:
	case COMMIT_REFUSED:
		a->phase = WAITING;
		attempt_wait(a, DELIVER_AGAIN_MS);
		break;
	}
}

/* All notifiers together call a receiver no more often than they may. */
void attempt_ask(struct attempt *a)
{
	struct webhook_world world = world_of(a);
	struct commit c;
	struct str url;
	struct why why;

	if (webhook_url(&a->job->arena, &a->job->message, &a->policy, &world, &url, &why)) {
		attempt_end(a, END_LATER, -1, arena_str(&a->job->arena, why_str(&why)));
		return;
	}
	a->phase = ASKING;
	commit_begin(&c, &a->job->arena, COMMIT, &a->job->claim);
	commit_free(&c, attempt_gone_key(a));
	commit_once(&c, key_receiver(&a->job->arena, url), interval_ms(a->deliver), STR("-"));
	commit_keep(&c);
	job_commit(a->job, &c, on_asked, a);
}

void attempt_begin(struct attempt *a)
{
	struct deliver *d = a->deliver;
	struct webhook_world world = world_of(a);
	struct str url;
	struct why why;
	bool come_back;
	int64_t ms;

	if (webhook_url(&a->job->arena, &a->job->message, &a->policy, &world, &url, &why)) {
		attempt_end(a, END_LATER, -1, arena_str(&a->job->arena, why_str(&why)));
		return;
	}
	ms = gate_ask(&d->gate, url, process_mono_ms(), interval_ms(d) + TURN_SLACK_MS,
		      &come_back);
	if (come_back) {
		attempt_end(a, END_AWAY, ms, STR(""));
		return;
	}
	a->phase = WAITING;
	attempt_wait(a, ms);
}
