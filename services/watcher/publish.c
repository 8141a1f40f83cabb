#include "watcher/publish.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "process/log.h"
#include "process/metrics.h"
#include "stream/keys.h"

enum { BATCH_OBJECTS = 64, BATCH_BYTES = 1 << 20, SCAN_COUNT = 256, REFUSAL_SHIFT_MAX = 5 };

struct publish {
	struct publish_plan plan;
	struct known_table known;
	struct event *renew, *flush;
	struct str epoch;
	char epoch_text[24];
	bool up, leads, loading;
	unsigned turn;	   /* connections so far: part of the candidate's name */
	unsigned term;	   /* ends with each loss of the lead: answers of before do not count */
	unsigned refusals; /* by Redis, in a row */
	size_t due, due_bytes; /* batches under way */

	/* the batch that is being filled; without objects it is not begun */
	struct arena arena;
	struct command command;
	size_t objects, bytes;

	struct series *changed;
	struct metric *lead_gauge;
};

/* What an answer needs to know of its question. */
struct call {
	struct publish *publish;
	unsigned term;
	size_t bytes;
};

static struct call *call_new(struct publish *p, size_t bytes)
{
	struct call *c = xmalloc(sizeof(*c));

	*c = (struct call){p, p->term, bytes};
	return c;
}

/* NULL: the answer is to a question of before. */
static struct publish *call_end(void *arg, size_t *ret_bytes)
{
	struct call c = *(struct call *)arg;

	free(arg);
	if (ret_bytes)
		*ret_bytes = c.bytes;
	return c.term == c.publish->term ? c.publish : NULL;
}

static void batch_drop(struct publish *p)
{
	arena_release(&p->arena);
	p->objects = p->bytes = 0;
}

static void retire(struct publish *p, const char *because)
{
	bool was = p->leads || p->loading;

	if (p->leads)
		log_info("another watcher leads", LOG_C("because", because));
	p->leads = p->loading = false;
	p->term++;
	p->due = p->due_bytes = 0;
	event_del(p->flush);
	batch_drop(p);
	metric_set(metric_only(p->lead_gauge), 0);
	if (was && p->plan.retired)
		p->plan.retired(p->plan.arg);
}

struct known_table *publish_known(struct publish *p)
{
	return &p->known;
}

/* --- publishing ----------------------------------------------------------------------------------- */

static void renew_in(struct publish *p, int64_t ms)
{
	const struct timeval tv = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};

	event_add(p->renew, &tv);
}

/* Redis has no room, say. Everything is read and put anew later, by whoever leads then; later and
 * later, since that is a lot of work. */
static void refused(struct publish *p)
{
	unsigned shift = p->refusals < REFUSAL_SHIFT_MAX ? p->refusals++ : REFUSAL_SHIFT_MAX;

	retire(p, "Redis refused");
	renew_in(p, (int64_t)LIMIT_LEADER_RENEW_MS << shift);
}

static void on_published(void *arg, const struct reply *r)
{
	size_t bytes;
	struct publish *p = call_end(arg, &bytes);
	struct str word;
	struct why why;
	enum fail f;

	if (!p)
		return;
	f = reply_check(r, &why);
	if (!f)
		f = reply_text(reply_item(r, 0), &word, &why);
	if (f) {
		log_error("objects could not be published", LOG_WHY(&why));
		refused(p);
		return;
	}
	if (!str_is(word, "ok")) {
		retire(p, "my epoch is over");
		return;
	}
	p->refusals = 0;
	p->due--;
	p->due_bytes -= bytes;
	if (!p->due && !p->objects && p->plan.done)
		p->plan.done(p->plan.arg);
}

static void batch_begin(struct publish *p)
{
	p->command = command_begin(&p->arena, "FCALL");
	command_adds(&p->command, "ark_1_publish");
	command_addi(&p->command, 0);
	command_adds(&p->command, "watcher");
	command_add(&p->command, p->epoch);
}

bool publish_flush(struct publish *p)
{
	event_del(p->flush);
	if (p->objects) {
		p->due++;
		p->due_bytes += p->bytes;
		metric_add(p->changed, (double)p->objects);
		redis_send(p->plan.commands, &p->command, on_published, call_new(p, p->bytes));
		batch_drop(p);
	}
	return p->due == 0;
}

static void on_flush(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	publish_flush(arg);
}

void publish_put(struct publish *p, const struct published *o)
{
	const struct timeval at_once = {0, 0};
	struct str rest = o->field, kind, namespace, name;

	if (!p->leads)
		return;
	str_next(&rest, '/', &kind);
	str_next(&rest, '/', &namespace);
	str_next(&rest, '/', &name);
	if (p->objects == BATCH_OBJECTS || (p->objects && p->bytes + o->json.len > BATCH_BYTES))
		publish_flush(p);
	if (!p->objects) {
		batch_begin(p);
		event_add(p->flush, &at_once);
	}
	command_add_copy(&p->command, kind);
	command_add_copy(&p->command, namespace);
	command_add_copy(&p->command, name);
	command_add_copy(&p->command, o->version);
	command_add_copy(&p->command, o->uid);
	command_addi(&p->command, o->generation);
	command_add_copy(&p->command, o->json);
	p->objects++;
	p->bytes += o->json.len;
}

void publish_gone(struct publish *p, struct str field)
{
	publish_put(p, &(struct published){.field = field,
					   .version = STR(""),
					   .uid = STR(""),
					   .json = STR("")});
}

bool publish_busy(const struct publish *p)
{
	return p->due_bytes + p->bytes > PUBLISH_BUSY_BYTES;
}

/* --- leading ---------------------------------------------------------------------------------------- */

static void scan(struct publish *p, struct str cursor);

static void on_scanned(void *arg, const struct reply *r)
{
	struct publish *p = call_end(arg, NULL);
	struct str cursor, field, value;

	if (!p || !p->loading)
		return;
	if (reply_text(reply_item(r, 0), &cursor, NULL)) {
		refused(p);
		return;
	}
	for (size_t i = 0; i + 1 < reply_item(r, 1)->count; i += 2)
		if (!reply_text(&reply_item(r, 1)->items[i], &field, NULL) &&
		    !reply_text(&reply_item(r, 1)->items[i + 1], &value, NULL))
			p->plan.learn(p->plan.arg, known_make(&p->known, field), value);
	if (!str_is(cursor, "0")) {
		scan(p, cursor);
		return;
	}
	p->loading = false;
	p->leads = true;
	metric_set(metric_only(p->lead_gauge), 1);
	log_info("this watcher leads", LOG_STR("epoch", p->epoch));
	p->plan.leading(p->plan.arg);
}

static void scan(struct publish *p, struct str cursor)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "HSCAN");

	command_add(&c, key_full(&a, str_of(p->plan.key)));
	command_add_copy(&c, cursor);
	command_adds(&c, "COUNT");
	command_addi(&c, SCAN_COUNT);
	redis_send(p->plan.commands, &c, on_scanned, call_new(p, 0));
}

static void on_lead(void *arg, const struct reply *r)
{
	struct publish *p = call_end(arg, NULL);
	struct str word, epoch;

	if (!p || reply_text(reply_item(r, 0), &word, NULL) ||
	    reply_text(reply_item(r, 1), &epoch, NULL))
		return;
	if (!str_is(word, "leader")) {
		retire(p, "it took the lead");
		if (p->plan.standby)
			p->plan.standby(p->plan.arg);
		return;
	}
	if ((p->leads || p->loading) && str_eq(epoch, p->epoch))
		return;
	if (p->leads || p->loading)
		retire(p, "a new epoch");
	p->loading = true;
	if (epoch.len >= sizeof(p->epoch_text))
		BROKEN("an epoch of that length");
	memcpy(p->epoch_text, epoch.ptr, epoch.len);
	p->epoch_text[epoch.len] = '\0';
	p->epoch = str_of(p->epoch_text);
	known_clear(&p->known);
	scan(p, STR("0"));
}

static void lead(struct publish *p)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "FCALL");

	command_adds(&c, "ark_1_lead");
	command_addi(&c, 0);
	command_adds(&c, "watcher");
	/* A new connection is a new candidate: what the dead one still says has an older epoch. */
	command_addf(&c, "%.*s/%u", STR_ARG(p->plan.me), p->turn);
	command_addi(&c, LIMIT_LEADER_TTL_MS);
	redis_send(p->plan.commands, &c, on_lead, call_new(p, 0));
	renew_in(p, LIMIT_LEADER_RENEW_MS);
}

static void on_renew(evutil_socket_t fd, short what, void *arg)
{
	struct publish *p = arg;

	(void)fd;
	(void)what;
	if (p->up)
		lead(p);
}

static void on_stepped_down(void *arg, const struct reply *r)
{
	struct publish *p = arg;

	(void)r; /* refused or lost: then the lead runs out */
	p->plan.stepped_down(p->plan.arg);
}

void publish_step_down(struct publish *p)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "FCALL");
	bool led = p->leads;

	publish_flush(p);
	event_del(p->renew);
	p->up = false; /* no candidate any more */
	retire(p, "it ends");
	if (!led) {
		p->plan.stepped_down(p->plan.arg);
		return;
	}
	command_adds(&c, "ark_1_step_down");
	command_addi(&c, 0);
	command_adds(&c, "watcher");
	command_addf(&c, "%.*s/%u", STR_ARG(p->plan.me), p->turn);
	redis_send(p->plan.commands, &c, on_stepped_down, p);
}

/* --- life -------------------------------------------------------------------------------------------- */

struct publish *publish_new(struct event_base *base, const struct publish_plan *plan,
			    struct metrics *metrics)
{
	struct publish *p = xcalloc(1, sizeof(*p));

	p->plan = *plan;
	p->renew = event_new(base, -1, 0, on_renew, p);
	p->flush = event_new(base, -1, 0, on_flush, p);
	p->changed =
		metric_only(metrics_counter(metrics, "ark_objects_published_total",
					    "Objects that were new, different or gone.", NULL));
	p->lead_gauge = metrics_gauge(metrics, "ark_watcher_leads",
				      "1 while this watcher publishes.", NULL);
	return p;
}

void publish_free(struct publish *p)
{
	if (!p)
		return;
	known_clear(&p->known);
	batch_drop(p);
	event_free(p->renew);
	event_free(p->flush);
	free(p);
}

void publish_up(struct publish *p)
{
	p->up = true;
	p->turn++;
	lead(p);
}

void publish_down(struct publish *p)
{
	p->up = false;
	p->turn++;
	retire(p, "Redis is not reachable");
	p->term++;
	event_del(p->renew);
}

bool publish_leads(const struct publish *p)
{
	return p->leads;
}
