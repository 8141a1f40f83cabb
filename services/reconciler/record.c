#include "reconciler/record.h"

#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

enum { RECORD_MAX_BYTES = 1 << 20, COUNT_MAX = INT32_MAX };
#define MS_MAX (INT64_MAX / 4)

/* --- events ---------------------------------------------------------------------------------- */

const char *record_event_type(struct str reason)
{
	static const char *const words[] = {"Failed",	   "Invalid", "Exceeded", "Rejected",
					    "Mismatch",	   "Limit",   "TimedOut", "Error",
					    "Dead",	   "Dropped", "Skipped",  "Warning",
					    "Unreachable", "Unknown"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_find(reason, str_of(words[i]), 0) != STR_NONE)
			return "Warning";
	return "Normal";
}

void record_note(struct record *r, struct str reason, struct str note, int64_t at_ms)
{
	struct record_event e = {
		.reason = reason, .count = 1, .first_ms = at_ms, .last_ms = at_ms};

	e.note = utf8_cut(note, RECORD_NOTE_BYTES);
	for (size_t i = 0; i < r->event_count; i++) {
		const struct record_event *old = &r->events[i];

		if (!str_eq(old->reason, reason) ||
		    !(str_eq(old->note, e.note) || at_ms - old->last_ms < RECORD_EVENT_GAP_MS))
			continue;
		e.count += old->count;
		e.first_ms = old->first_ms;
		memmove(&r->events[i], &r->events[i + 1], (--r->event_count - i) * sizeof(e));
		break;
	}
	if (r->event_count == RECORD_EVENTS)
		memmove(r->events, r->events + 1, --r->event_count * sizeof(e));
	r->events[r->event_count++] = e;
}

struct record_dispatch *record_dispatch(struct record *r, int64_t channel)
{
	for (size_t i = 0; i < r->dispatch_count; i++)
		if (r->dispatches[i].channel == channel)
			return &r->dispatches[i];
	if (r->dispatch_count == RECORD_CHANNELS)
		return NULL;
	r->dispatches[r->dispatch_count] = (struct record_dispatch){.channel = channel};
	return &r->dispatches[r->dispatch_count++];
}

/* --- writing --------------------------------------------------------------------------------- */

static void number(struct buf *b, const char *key, int64_t v)
{
	if (v)
		json_member_int(b, key, v);
}

static void flag(struct buf *b, const char *key, bool v)
{
	if (v)
		json_member_bool(b, key, v);
}

static void write_dispatches(struct buf *b, const struct record *r)
{
	json_key(b, "dispatches");
	json_open(b, '[');
	for (size_t i = 0; i < r->dispatch_count; i++) {
		const struct record_dispatch *d = &r->dispatches[i];

		json_next(b);
		json_open(b, '{');
		json_member_int(b, "channel", d->channel);
		json_member_int(b, "atMs", d->at_ms);
		json_member_str(b, "event", d->event);
		flag(b, "succeeded", d->succeeded);
		json_member_str_if(b, "error", d->error);
		json_member_int(b, "attempts", d->attempts);
		json_close(b, '}');
	}
	json_close(b, ']');
}

static void write_events(struct buf *b, const struct record *r)
{
	json_key(b, "events");
	json_open(b, '[');
	for (size_t i = 0; i < r->event_count; i++) {
		const struct record_event *e = &r->events[i];

		json_next(b);
		json_open(b, '{');
		json_member_str(b, "type", str_of(record_event_type(e->reason)));
		json_member_str(b, "reason", e->reason);
		json_member_str_if(b, "note", e->note);
		json_member_int(b, "count", e->count);
		json_member_int(b, "firstMs", e->first_ms);
		json_member_int(b, "lastMs", e->last_ms);
		json_close(b, '}');
	}
	json_close(b, ']');
}

struct str record_encode(struct arena *a, const struct record *r)
{
	AUTO_BUF b = BUF(RECORD_MAX_BYTES);

	json_open(&b, '{');
	json_member_str_if(&b, "uid", r->uid);
	if (r->status.len) {
		json_key(&b, "status");
		buf_add(&b, r->status);
	}
	flag(&b, "wasReady", r->was_ready);
	json_member_str_if(&b, "run", r->run);
	json_member_str_if(&b, "runPhase", r->run_phase);
	number(&b, "runCreatedMs", r->run_created_ms);
	number(&b, "runAttempt", r->run_attempt);
	flag(&b, "runEnded", r->run_ended);
	number(&b, "activeMs", r->active_ms);
	number(&b, "fired", r->fired);
	number(&b, "skipped", r->skipped);
	number(&b, "firedMs", r->fired_ms);
	number(&b, "suppressed", r->suppressed);
	number(&b, "deadLetters", r->dead_letters);
	if (r->dispatch_count)
		write_dispatches(&b, r);
	write_events(&b, r);
	json_close(&b, '}');
	PROMISE(!b.full); /* every part has its limit */
	return arena_str(a, buf_str(&b));
}

/* --- reading --------------------------------------------------------------------------------- */

static enum fail read_dispatch(const struct value *v, struct record_dispatch *d,
			       struct why *why)
{
	enum fail f = json_need_int(v, "channel", 0, COUNT_MAX, &d->channel, why);

	if (!f)
		f = json_need_int(v, "atMs", 0, MS_MAX, &d->at_ms, why);
	if (!f)
		f = json_need_str(v, "event", &d->event, why);
	if (!f)
		f = json_opt_bool(v, "succeeded", &d->succeeded, why);
	if (!f)
		f = json_opt_str(v, "error", &d->error, why);
	if (!f)
		f = json_need_int(v, "attempts", 0, COUNT_MAX, &d->attempts, why);
	return f;
}

static enum fail read_event(const struct value *v, struct record_event *e, struct why *why)
{
	enum fail f = json_need_str(v, "reason", &e->reason, why);

	if (!f)
		f = json_opt_str(v, "note", &e->note, why);
	if (!f)
		f = json_need_int(v, "count", 1, MS_MAX, &e->count, why);
	if (!f)
		f = json_need_int(v, "firstMs", 0, MS_MAX, &e->first_ms, why);
	if (!f)
		f = json_need_int(v, "lastMs", 0, MS_MAX, &e->last_ms, why);
	return f;
}

static enum fail read_lists(const struct value *v, struct record *r, struct why *why)
{
	const struct value *list = NULL;
	enum fail f = json_opt_list(v, "dispatches", &list, why);

	for (size_t i = 0; !f && i < value_count(list) && i < RECORD_CHANNELS; i++)
		f = read_dispatch(value_at(list, i), &r->dispatches[r->dispatch_count++], why);
	list = NULL;
	if (!f)
		f = json_opt_list(v, "events", &list, why);
	for (size_t i = 0; !f && i < value_count(list) && i < RECORD_EVENTS; i++)
		f = read_event(value_at(list, i), &r->events[r->event_count++], why);
	return f;
}

enum fail record_decode(struct arena *a, struct str text, struct record *ret, struct why *why)
{
	struct record r = {.event_count = 0};
	const struct {
		const char *key;
		int64_t *to;
	} numbers[] = {
		{"runCreatedMs", &r.run_created_ms},
		{"runAttempt", &r.run_attempt},
		{"activeMs", &r.active_ms},
		{"fired", &r.fired},
		{"skipped", &r.skipped},
		{"firedMs", &r.fired_ms},
		{"suppressed", &r.suppressed},
		{"deadLetters", &r.dead_letters},
	};
	const struct value *status = NULL;
	struct value v;
	enum fail f = json_parse(a, text, JSON_STRICT, JSON_MAX_DEPTH, &v, why);

	if (!f && !value_is(&v, VALUE_MAP))
		f = failf(why, FAIL_INPUT, "expected object");
	if (!f)
		f = json_opt_str(&v, "uid", &r.uid, why);
	if (!f)
		f = json_opt_map(&v, "status", &status, why);
	if (!f)
		f = json_opt_bool(&v, "wasReady", &r.was_ready, why);
	if (!f)
		f = json_opt_str(&v, "run", &r.run, why);
	if (!f)
		f = json_opt_str(&v, "runPhase", &r.run_phase, why);
	if (!f)
		f = json_opt_bool(&v, "runEnded", &r.run_ended, why);
	for (size_t i = 0; !f && i < sizeof(numbers) / sizeof(numbers[0]); i++)
		f = json_opt_int(&v, numbers[i].key, 0, MS_MAX, numbers[i].to, why);
	if (!f)
		f = read_lists(&v, &r, why);
	if (f)
		return fail_in(why, f, "record of an object");
	if (status)
		r.status = json_text(a, status);
	*ret = r;
	return FAIL_NONE;
}
