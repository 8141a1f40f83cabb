#include "stream/objects.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "process/log.h"
#include "process/metrics.h"
#include "stream/entry.h"
#include "stream/keys.h"

enum {
	SLOTS = 4096,
	SCAN_COUNT = 256, /* objects of one HSCAN answer, roughly */
	READ_COUNT = 512, /* changes of one read */
	BLOCK_SLACK_MS = 5000,
	PAUSE_MS = 200, /* after an answer that makes no sense */
};

/* An object that is kept. Its value lives in its own arena. */
struct held {
	struct held *chain;
	struct str field; /* <kind>/<namespace>/<name> */
	struct object object;
	struct arena arena;
	size_t bytes;
	unsigned round; /* of the relist that saw it last */
};

struct objects {
	struct objects_plan plan;
	struct event *pause;
	struct held *slots[SLOTS];
	size_t count, bytes;
	size_t per_kind[KIND_COUNT];
	bool up, ready, is_over; /* is_over: its limit, and said so */
	unsigned turn;		 /* answers to an older one are dropped */
	unsigned round;		 /* relists so far */
	struct arena batch;
	struct str cursor; /* id of the last change that was seen */
	char cursor_text[64];
	size_t due; /* objects asked for and not here yet */
	struct series *held_count, *held_bytes;
};

struct call {
	struct objects *objects;
	unsigned turn;
	struct str field; /* in the batch */
};

static void relist(struct objects *o);
static void tail(struct objects *o);

static struct call *call_new(struct objects *o, struct str field)
{
	struct call *c = xmalloc(sizeof(*c));

	*c = (struct call){o, o->turn, field};
	return c;
}

static bool call_end(void *arg, struct call *ret)
{
	*ret = *(struct call *)arg;
	free(arg);
	return ret->turn == ret->objects->turn;
}

static void stumble(struct objects *o, const struct why *why)
{
	const struct timeval tv = {0, PAUSE_MS * 1000};

	log_warn("objects cannot be read", LOG_WHY(why));
	o->turn++;
	event_add(o->pause, &tv);
}

/* --- the copy ---------------------------------------------------------------------------------- */

static struct held **slot_of(const struct objects *o, struct str field)
{
	struct held *const *h = &o->slots[hash_fast(field, 0) % SLOTS];

	while (*h && !str_eq((*h)->field, field))
		h = &(*h)->chain;
	return (struct held **)(uintptr_t)h;
}

static void held_free(struct held *h)
{
	if (!h)
		return;
	arena_release(&h->arena);
	free(h);
}

static void tell(struct objects *o, const struct object *old, const struct object *now)
{
	if (o->plan.changed)
		o->plan.changed(o->plan.arg, old, now);
}

static void count(struct objects *o, const struct held *h, bool more)
{
	o->count += more ? 1 : (size_t)-1;
	o->bytes += more ? h->bytes : (size_t)-1 * h->bytes;
	o->per_kind[h->object.kind] += more ? 1 : (size_t)-1;
	metric_set(o->held_count, (double)o->count);
	metric_set(o->held_bytes, (double)o->bytes);
}

static void forget(struct objects *o, struct held **slot)
{
	struct held *h = *slot;

	*slot = h->chain;
	count(o, h, false);
	tell(o, &h->object, NULL);
	held_free(h);
}

static bool is_wanted(const struct objects *o, struct str field)
{
	struct str kind;

	str_cut(field, '/', &kind, NULL);
	for (int k = 1; k < KIND_COUNT; k++)
		if ((o->plan.kinds >> k & 1) && str_is(kind, kind_name((enum kind)k)))
			return true;
	return false;
}

static struct held *held_new(struct str field, struct str json, struct why *why)
{
	struct held *h = xmalloc(sizeof(*h));
	struct value *v = ARENA_NEW(&h->arena, struct value);
	enum fail f;

	h->field = arena_str(&h->arena, field);
	f = json_parse(&h->arena, arena_str(&h->arena, json), JSON_STRICT, JSON_MAX_DEPTH, v,
		       why);
	if (!f)
		f = object_load(v, &h->object, why);
	if (!f && h->object.kind == KIND_OTHER)
		f = failf(why, FAIL_INPUT, "not a kind of ours");
	if (f) {
		held_free(h);
		return NULL;
	}
	h->bytes = h->arena.used;
	return h;
}

/* Puts an object in its place, and tells when it is different from what was there. */
static void hold(struct objects *o, struct str field, struct str json)
{
	struct held **slot = slot_of(o, field), *old = *slot, *h;
	struct why why;

	h = held_new(field, json, &why);
	if (!h) {
		log_error("an object makes no sense", LOG_STR("object", field), LOG_WHY(&why));
		return;
	}
	h->round = o->round;
	if (old && str_eq(old->object.resource_version, h->object.resource_version)) {
		old->round = o->round;
		held_free(h);
		return;
	}
	h->chain = old ? old->chain : NULL;
	*slot = h;
	count(o, h, true);
	if (old)
		count(o, old, false);
	tell(o, old ? &old->object : NULL, &h->object);
	held_free(old);
	if (o->plan.max_bytes && o->bytes > o->plan.max_bytes && !o->is_over)
		log_error("the copy of the objects is over its limit",
			  LOG_INT("bytes", (int64_t)o->bytes));
	o->is_over = o->plan.max_bytes && o->bytes > o->plan.max_bytes;
}

/* --- tailing ------------------------------------------------------------------------------------ */

static void on_object(void *arg, const struct reply *r)
{
	struct call c;
	struct str json;
	struct why why;
	struct held **slot;

	if (!call_end(arg, &c))
		return;
	if (reply_check(r, &why)) {
		stumble(c.objects, &why);
		return;
	}
	slot = slot_of(c.objects, c.field);
	if (!reply_is_nil(r) && !reply_text(r, &json, NULL))
		hold(c.objects, c.field, json);
	else if (*slot)
		forget(c.objects, slot);
	if (--c.objects->due == 0)
		tail(c.objects);
}

/* The stream says what changed; how it is now is in the hash. */
static void ask_for(struct objects *o, struct str field)
{
	struct command c = command_begin(&o->batch, "HGET");

	o->due++;
	command_add(&c, key_full(&o->batch, STR(KEY_SNAPSHOT)));
	command_add(&c, field);
	redis_send(o->plan.commands, &c, on_object, call_new(o, field));
}

static void move_cursor(struct objects *o, struct str id)
{
	PROMISE(id.len < sizeof(o->cursor_text));
	memcpy(o->cursor_text, id.ptr, id.len);
	o->cursor = str_n(o->cursor_text, id.len);
}

static void on_changes(void *arg, const struct reply *r)
{
	struct call c;
	struct objects *o;
	struct entry *entries;
	struct why why;
	size_t n = 0;
	enum fail f;

	if (!call_end(arg, &c))
		return;
	o = c.objects;
	f = reply_check(r, &why);
	if (!f)
		f = entries_read_streams(&o->batch, r, &entries, &n, &why);
	if (f) {
		stumble(o, &why);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct message m;
		struct str field;

		if (entries[i].id.len >= sizeof(o->cursor_text))
			continue;
		move_cursor(o, entries[i].id);
		if (entry_decode(&entries[i], &m, &why)) {
			log_error("a change makes no sense", LOG_STR("entry", o->cursor),
				  LOG_WHY(&why));
			continue;
		}
		field = arena_printf(&o->batch, "%.*s/%.*s/%.*s", STR_ARG(m.kind),
				     STR_ARG(m.namespace), STR_ARG(m.name));
		if (is_wanted(o, field))
			ask_for(o, field);
	}
	if (!o->due)
		tail(o);
}

static void tail(struct objects *o)
{
	struct command c;

	arena_reset(&o->batch);
	c = command_begin(&o->batch, "XREAD");
	command_adds(&c, "COUNT");
	command_addi(&c, READ_COUNT);
	command_adds(&c, "BLOCK");
	command_addi(&c, LIMIT_BLOCK_MS);
	command_adds(&c, "STREAMS");
	command_add(&c, key_full(&o->batch, STR(STREAM_OBJECTS)));
	command_add(&c, o->cursor);
	redis_call_deadline(o->plan.reads, c.argv, c.argc, LIMIT_BLOCK_MS + BLOCK_SLACK_MS,
			    on_changes, call_new(o, STR("")));
}

/* --- the first copy, and every one after a reconnect ----------------------------------------------- */

/* What the relist did not see is gone. */
static void forget_unseen(struct objects *o)
{
	for (size_t i = 0; i < SLOTS; i++)
		for (struct held **slot = &o->slots[i]; *slot;) {
			if ((*slot)->round != o->round)
				forget(o, slot);
			else
				slot = &(*slot)->chain;
		}
}

static void listed(struct objects *o)
{
	forget_unseen(o);
	o->ready = true;
	log_info("objects are here", LOG_INT("objects", (int64_t)o->count));
	tail(o);
	if (o->plan.ready)
		o->plan.ready(o->plan.arg);
}

static void scan(struct objects *o, struct str cursor);

static void on_scanned(void *arg, const struct reply *r)
{
	struct call c;
	struct objects *o;
	const struct reply *parts, *items;
	struct str cursor, field, json;
	struct why why;
	size_t n;
	enum fail f;

	if (!call_end(arg, &c))
		return;
	o = c.objects;
	f = reply_array(r, 2, 2, &parts, &n, &why);
	if (!f)
		f = reply_text(&parts[0], &cursor, &why);
	if (!f)
		f = reply_array(&parts[1], 0, SIZE_MAX, &items, &n, &why);
	for (size_t i = 0; !f && i + 1 < n; i += 2) {
		f = reply_text(&items[i], &field, &why);
		if (!f)
			f = reply_text(&items[i + 1], &json, &why);
		if (!f && is_wanted(o, field))
			hold(o, field, json);
	}
	if (f)
		stumble(o, &why);
	else if (str_is(cursor, "0"))
		listed(o);
	else
		scan(o, cursor);
}

static void scan(struct objects *o, struct str cursor)
{
	struct str at = arena_str(&o->batch, cursor);
	struct command c;

	c = command_begin(&o->batch, "HSCAN");
	command_add(&c, key_full(&o->batch, STR(KEY_SNAPSHOT)));
	command_add(&c, at);
	command_adds(&c, "COUNT");
	command_addi(&c, SCAN_COUNT);
	redis_send(o->plan.commands, &c, on_scanned, call_new(o, STR("")));
}

/* The last id of the stream, before the hash is read: what changes meanwhile is read again. */
static void on_last_id(void *arg, const struct reply *r)
{
	struct call c;
	struct entry *entries;
	struct why why;
	size_t n;
	enum fail f;

	if (!call_end(arg, &c))
		return;
	f = reply_check(r, &why);
	if (!f)
		f = entries_read(&c.objects->batch, STR(STREAM_OBJECTS), r, &entries, &n, &why);
	if (f || (n && entries[0].id.len >= sizeof(c.objects->cursor_text))) {
		stumble(c.objects, &why);
		return;
	}
	move_cursor(c.objects, n ? entries[0].id : STR("0-0"));
	scan(c.objects, STR("0"));
}

static void relist(struct objects *o)
{
	struct command c;

	arena_reset(&o->batch);
	o->turn++;
	o->round++;
	o->due = 0;
	c = command_begin(&o->batch, "XREVRANGE");
	command_add(&c, key_full(&o->batch, STR(STREAM_OBJECTS)));
	command_adds(&c, "+");
	command_adds(&c, "-");
	command_adds(&c, "COUNT");
	command_addi(&c, 1);
	redis_send(o->plan.commands, &c, on_last_id, call_new(o, STR("")));
}

/* --- life --------------------------------------------------------------------------------------- */

static void on_pause(evutil_socket_t fd, short what, void *arg)
{
	struct objects *o = arg;

	(void)fd;
	(void)what;
	if (o->up)
		relist(o);
}

struct objects *objects_new(struct event_base *base, const struct objects_plan *plan,
			    struct metrics *metrics)
{
	struct objects *o = xmalloc(sizeof(*o));

	o->plan = *plan;
	o->pause = event_new(base, -1, 0, on_pause, o);
	o->held_count = metric_only(
		metrics_gauge(metrics, "ark_objects", "Objects in the local copy.", NULL));
	o->held_bytes = metric_only(
		metrics_gauge(metrics, "ark_objects_bytes", "Memory of the local copy.", NULL));
	return o;
}

void objects_free(struct objects *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		for (struct held *h = o->slots[i], *next; h; h = next) {
			next = h->chain;
			held_free(h);
		}
	event_free(o->pause);
	arena_release(&o->batch);
	free(o);
}

void objects_up(struct objects *o)
{
	o->up = true;
	relist(o);
}

void objects_down(struct objects *o)
{
	o->up = false;
	o->turn++;
	event_del(o->pause);
}

bool objects_ready(const struct objects *o)
{
	return o->ready;
}

const struct object *objects_get(const struct objects *o, enum kind kind, struct str namespace,
				 struct str name)
{
	char text[512];
	struct str kind_text = str_of(kind_name(kind));
	size_t n = kind_text.len + namespace.len + name.len + 2;
	struct held *h;

	if (n > sizeof(text) || !namespace.len || !name.len)
		return NULL;
	memcpy(text, kind_text.ptr, kind_text.len);
	text[kind_text.len] = '/';
	memcpy(text + kind_text.len + 1, namespace.ptr, namespace.len);
	text[kind_text.len + 1 + namespace.len] = '/';
	memcpy(text + kind_text.len + namespace.len + 2, name.ptr, name.len);
	h = *slot_of(o, str_n(text, n));
	return h ? &h->object : NULL;
}

void objects_each(const struct objects *o, enum kind kind, struct str namespace,
		  void (*fn)(void *arg, const struct object *object), void *arg)
{
	for (size_t i = 0; i < SLOTS; i++)
		for (const struct held *h = o->slots[i]; h; h = h->chain)
			if (h->object.kind == kind &&
			    (!namespace.len || str_eq(h->object.namespace, namespace)))
				fn(arg, &h->object);
}

size_t objects_count(const struct objects *o, enum kind kind)
{
	return o->per_kind[kind];
}
