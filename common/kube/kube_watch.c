#include "kube/kube_watch.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/json.h"
#include "http/retry.h"
#include "http/uri.h"
#include "kube/kube_frames.h"
#include "process/metrics.h"

enum { VERSION_MAX_BYTES = 256, TOKEN_MAX_BYTES = 64 << 10, QUERY_MAX_BYTES = 256 << 10 };

struct kube_watch {
	struct event_base *base;
	struct kube_watch_plan plan;
	struct arena arena; /* of the plan's texts */
	struct kube_call *call;
	struct event *timer;
	struct buf version; /* the position; empty: list first */
	struct buf more;    /* the list's next page */
	struct kube_frames frames;
	struct arena turn;  /* of one page or event */
	unsigned page;	    /* objects asked for at once */
	unsigned failures;  /* in a row */
	bool anew;	    /* the watch said that its version is forgotten */
	bool held, waiting; /* nothing is asked for; it would be, but for that */
};

static void go_on(struct kube_watch *w);

/* --- waiting ------------------------------------------------------------------------------------------ */

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	go_on(arg);
}

static void again_in(struct kube_watch *w, int64_t ms)
{
	const struct timeval tv = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};

	event_add(w->timer, &tv);
}

static void stumble(struct kube_watch *w, const struct kube_answer *answer)
{
	int64_t ms = retry_backoff_ms(w->failures++, KUBE_BACKOFF_MS, KUBE_BACKOFF_MAX_MS,
				      random_u64());

	/* Rights and kinds come when somebody gives them, not sooner for asking. */
	if (answer->outcome == KUBE_DENIED || answer->outcome == KUBE_NOT_FOUND)
		ms = ms / 2 + KUBE_BACKOFF_MAX_MS / 2;
	if (answer->retry_after_ms >= 0)
		ms = retry_after_wait_ms(answer->retry_after_ms, KUBE_BACKOFF_MAX_MS,
					 random_u64());
	w->plan.failed(w->plan.arg, answer->outcome, answer->words);
	again_in(w, ms);
}

static void forget(struct kube_watch *w)
{
	buf_clear(&w->version);
	buf_clear(&w->more);
}

static void set(struct buf *b, struct str text)
{
	buf_clear(b);
	buf_add(b, text);
}

/* --- list (20.1 to 20.3) --------------------------------------------------------------------------------- */

static void add_query(struct kube_watch *w, struct buf *path)
{
	buf_add(path, w->plan.path);
	buf_addc(path, '?');
	if (w->plan.selector.len) {
		buf_add(path, w->plan.selector);
		buf_addc(path, '&');
	}
}

static void take_page(struct kube_watch *w, const struct value *page)
{
	const struct value *items = value_get(page, STR("items"));

	for (size_t i = 0; i < value_count(items); i++)
		w->plan.object(w->plan.arg, value_at(items, i), false);
	set(&w->more, value_text(value_path(page, "metadata.continue")));
	if (buf_str(&w->more).len)
		return;
	set(&w->version, value_text(value_path(page, "metadata.resourceVersion")));
	w->page = KUBE_LIST_PAGE;
	metric_add(metric_at(w->plan.metrics->lists, LABELS(str_of(w->plan.what))), 1);
	w->plan.listed(w->plan.arg);
}

static void on_listed(void *arg, const struct kube_answer *answer)
{
	struct kube_watch *w = arg;
	struct kube_answer bad = *answer;
	struct value page;
	struct why why;

	w->call = NULL;
	arena_reset(&w->turn);
	if (answer->outcome == KUBE_EXPIRED) { /* 410 while paging: from the beginning (20.6) */
		forget(w);
		stumble(w, answer);
		return;
	}
	if (answer->outcome != KUBE_FINE) {
		/* A page of large objects: try smaller ones. */
		if (answer->status == 200 && w->page > 1)
			w->page /= 2;
		forget(w);
		stumble(w, answer);
		return;
	}
	if (json_parse(&w->turn, answer->body, JSON_LENIENT | JSON_LAST_KEY, JSON_MAX_DEPTH,
		       &page, &why)) {
		bad.outcome = KUBE_LATER;
		bad.words = why_str(&why);
		forget(w);
		stumble(w, &bad);
		return;
	}
	w->failures = 0;
	take_page(w, &page);
	arena_release(&w->turn); /* a page is large, an event is not */
	go_on(w);
}

static void list(struct kube_watch *w)
{
	AUTO_BUF path = BUF(QUERY_MAX_BYTES);
	struct kube_request r = {.done = on_listed, .arg = w};

	add_query(w, &path);
	buf_addf(&path, "limit=%u", w->page);
	if (buf_str(&w->more).len) {
		buf_adds(&path, "&continue=");
		uri_encode(&path, buf_str(&w->more));
	} else {
		w->plan.begin(w->plan.arg);
	}
	r.path = buf_str(&path);
	kube_send(w->plan.client, &r, &w->call);
}

/* --- watch (20.4 to 20.6) ---------------------------------------------------------------------------------- */

static void take_error(struct kube_watch *w, const struct value *status)
{
	const struct value *code = value_get(status, STR("code"));

	w->anew = w->anew || (value_is(code, VALUE_INT) && code->integer == 410) ||
		  str_is(value_text(value_get(status, STR("reason"))), "Expired") ||
		  str_is(value_text(value_get(status, STR("reason"))), "Gone");
}

static void take_event(struct kube_watch *w, struct str text)
{
	const struct value *object;
	struct value event;
	struct str type, version;

	arena_reset(&w->turn);
	if (json_parse(&w->turn, text, JSON_LENIENT | JSON_LAST_KEY, JSON_MAX_DEPTH, &event,
		       NULL)) {
		w->anew = true; /* what it said is lost: list instead */
		return;
	}
	type = value_text(value_get(&event, STR("type")));
	object = value_get(&event, STR("object"));
	metric_add(metric_at(w->plan.metrics->events, LABELS(str_of(w->plan.what), type)), 1);
	if (str_is(type, "ERROR")) {
		take_error(w, object);
		return;
	}
	version = value_text(value_path(object, "metadata.resourceVersion"));
	if (version.len)
		set(&w->version, version);
	w->failures = 0;
	if (str_is(type, "ADDED") || str_is(type, "MODIFIED"))
		w->plan.object(w->plan.arg, object, false);
	else if (str_is(type, "DELETED"))
		w->plan.object(w->plan.arg, object, true);
}

static void on_chunk(void *arg, struct str bytes)
{
	struct kube_watch *w = arg;
	struct str object;
	enum kube_frame r = KUBE_FRAME_MORE;

	while (!w->anew && (r = kube_frames_next(&w->frames, &bytes, &object)) == KUBE_FRAME)
		take_event(w, object);
	w->anew = w->anew || r == KUBE_FRAME_BAD;
}

static void on_ended(void *arg, const struct kube_answer *answer)
{
	struct kube_watch *w = arg;

	w->call = NULL;
	kube_frames_release(&w->frames);
	metric_add(metric_at(w->plan.metrics->restarts, LABELS(str_of(w->plan.what))), 1);
	if (w->anew || answer->outcome == KUBE_EXPIRED)
		forget(w);
	/* An orderly end, or a stream that broke after it said something, goes on soon. */
	if (answer->outcome == KUBE_FINE || w->anew) {
		again_in(w,
			 retry_backoff_ms(0, KUBE_BACKOFF_MS, KUBE_BACKOFF_MS, random_u64()));
		return;
	}
	stumble(w, answer);
}

static void watch(struct kube_watch *w)
{
	unsigned seconds = KUBE_WATCH_MIN_S +
			   (unsigned)(random_u64() % (KUBE_WATCH_MAX_S - KUBE_WATCH_MIN_S + 1));
	AUTO_BUF path = BUF(QUERY_MAX_BYTES);
	struct kube_request r = {.total_ms = -1,
				 .idle_ms = (int64_t)seconds * 1000 + KUBE_WATCH_GRACE_MS,
				 .chunk = on_chunk,
				 .done = on_ended,
				 .arg = w};

	w->anew = false;
	kube_frames_init(&w->frames, KUBE_OBJECT_MAX_BYTES);
	add_query(w, &path);
	buf_adds(&path, "watch=true&allowWatchBookmarks=true&resourceVersion=");
	uri_encode(&path, buf_str(&w->version));
	buf_addf(&path, "&timeoutSeconds=%u", seconds);
	r.path = buf_str(&path);
	kube_send(w->plan.client, &r, &w->call);
}

/* --- life ---------------------------------------------------------------------------------------------------- */

static void go_on(struct kube_watch *w)
{
	w->waiting = w->held;
	if (w->held)
		return;
	if (buf_str(&w->version).len)
		watch(w);
	else
		list(w);
}

static void stop_call(struct kube_watch *w)
{
	kube_cancel(w->call);
	w->call = NULL;
	kube_frames_release(&w->frames);
	event_del(w->timer);
	w->waiting = false;
}

void kube_watch_again(struct kube_watch *w)
{
	stop_call(w);
	forget(w);
	w->anew = true; /* what is left of a chunk in hand is of before */
	w->failures = 0;
	again_in(w, 0);
}

void kube_watch_hold(struct kube_watch *w, bool hold)
{
	w->held = hold;
	if (!hold && w->waiting)
		again_in(w, 0);
}

struct kube_watch_metrics kube_watch_declare(struct metrics *m)
{
	return (struct kube_watch_metrics){
		.lists = metrics_counter(m, "ark_kube_lists_total",
					 "Collections of the API server read as a whole.",
					 "collection"),
		.events = metrics_counter(m, "ark_kube_watch_events_total",
					  "What watches said.", "collection type"),
		.restarts = metrics_counter(m, "ark_kube_watch_restarts_total",
					    "Watches that ended and went on anew.", "kind"),
	};
}

struct kube_watch *kube_watch_new(struct event_base *base, const struct kube_watch_plan *plan)
{
	struct kube_watch *w = xcalloc(1, sizeof(*w));

	w->base = base;
	w->plan = *plan;
	w->plan.path = arena_str(&w->arena, plan->path);
	w->plan.selector = arena_str(&w->arena, plan->selector);
	w->version = BUF(VERSION_MAX_BYTES);
	w->more = BUF(TOKEN_MAX_BYTES);
	w->page = KUBE_LIST_PAGE;
	w->timer = evtimer_new(base, on_timer, w);
	again_in(w, 0);
	return w;
}

void kube_watch_free(struct kube_watch *w)
{
	if (!w)
		return;
	stop_call(w);
	event_free(w->timer);
	kube_frames_release(&w->frames);
	buf_release(&w->version);
	buf_release(&w->more);
	arena_release(&w->turn);
	arena_release(&w->arena);
	free(w);
}
