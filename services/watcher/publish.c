#include "watcher/publish.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/limits.h"
#include "lang/rfc3339.h"
#include "process/clock.h"
#include "process/log.h"
#include "process/metrics.h"
#include "stream/keys.h"

enum {
	SLOTS = 4096,
	BATCH_OBJECTS = 64,
	BATCH_BYTES = 4 << 20,
	SCAN_COUNT = 256,
	VERSION_DIGITS = 16,
	NAME_BYTES = 512,
};

/* What is published of one object. */
struct known {
	struct known *chain;
	struct str field; /* <kind>/<namespace>/<name> */
	char version[VERSION_DIGITS + 1], spec_hash[VERSION_DIGITS + 1], uid[40];
	char created[40];
	int64_t generation;
	struct str file; /* where it came from; empty = not known yet */
	unsigned round;	 /* that saw it last */
	char *block;
};

struct publish {
	struct publish_plan plan;
	struct event *renew;
	struct known *slots[SLOTS];
	struct str epoch;
	char epoch_text[24];
	bool up, leads, loading;
	unsigned turn, round;
	size_t due; /* batches under way */
	struct series *changed;
	struct metric *lead_gauge;
};

struct call {
	struct publish *publish;
	unsigned turn;
};

static struct call *call_new(struct publish *p)
{
	struct call *c = xmalloc(sizeof(*c));

	*c = (struct call){p, p->turn};
	return c;
}

static struct publish *call_end(void *arg)
{
	struct call c = *(struct call *)arg;

	free(arg);
	return c.turn == c.publish->turn ? c.publish : NULL;
}

static void retire(struct publish *p, const char *because)
{
	if (p->leads)
		log_info("another watcher leads", LOG_C("because", because));
	p->leads = p->loading = false;
	p->due = 0;
	metric_set(metric_only(p->lead_gauge), 0);
}

/* --- what is published -------------------------------------------------------------------------- */

static struct known **slot_of(struct publish *p, struct str field)
{
	struct known **k = &p->slots[hash_fast(field, 0) % SLOTS];

	while (*k && !str_eq((*k)->field, field))
		k = &(*k)->chain;
	return k;
}

static void known_free(struct known *k)
{
	free(k->block);
	free((void *)(uintptr_t)k->field.ptr);
	free(k);
}

static void forget_all(struct publish *p)
{
	for (size_t i = 0; i < SLOTS; i++) {
		for (struct known *k = p->slots[i], *next; k; k = next) {
			next = k->chain;
			known_free(k);
		}
		p->slots[i] = NULL;
	}
}

static struct known *known_make(struct publish *p, struct str field)
{
	struct known **slot = slot_of(p, field), *k = *slot;

	if (k)
		return k;
	k = xmalloc(sizeof(*k));
	k->field = str_n(xstrndup(field), field.len);
	k->chain = *slot;
	*slot = k;
	return k;
}

static void digest(struct str text, char out[VERSION_DIGITS + 1])
{
	char hex[SHA256_HEX_SIZE];

	sha256_hex(text, hex);
	memcpy(out, hex, VERSION_DIGITS);
	out[VERSION_DIGITS] = '\0';
}

static void copy_text(char *to, size_t size, struct str s)
{
	size_t n = s.len < size - 1 ? s.len : size - 1;

	if (n)
		memcpy(to, s.ptr, n);
	to[n] = '\0';
}

/* Takes over identities from what an earlier watcher published. */
static void learn(struct publish *p, struct str field, struct str json)
{
	AUTO_ARENA a = ARENA_INIT;
	struct known *k = known_make(p, field);
	struct object o;
	struct value v;

	if (json_parse(&a, json, JSON_STRICT, JSON_MAX_DEPTH, &v, NULL) ||
	    object_load(&v, &o, NULL))
		return; /* version stays empty: it is published anew, or removed */
	copy_text(k->version, sizeof(k->version), o.resource_version);
	copy_text(k->uid, sizeof(k->uid), o.uid);
	copy_text(k->created, sizeof(k->created), o.created);
	copy_text(k->spec_hash, sizeof(k->spec_hash),
		  object_annotation(&o, STR(ARK_LABEL "spec-hash")));
	k->generation = o.generation;
}

/* --- publishing ----------------------------------------------------------------------------------- */

/* One call of the library: objects up to a bound. */
struct batch {
	struct publish *publish;
	struct arena arena;
	struct command command;
	size_t objects, bytes;
};

static void batch_begin(struct batch *b, struct publish *p)
{
	*b = (struct batch){.publish = p};
	b->command = command_begin(&b->arena, "FCALL");
	command_adds(&b->command, "ark_1_publish");
	command_addi(&b->command, 0);
	command_adds(&b->command, "watcher");
	command_add(&b->command, p->epoch);
}

static void on_published(void *arg, const struct reply *r)
{
	struct publish *p = call_end(arg);
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
		retire(p, "Redis refused"); /* the next renewal begins anew */
		return;
	}
	if (!str_is(word, "ok")) {
		retire(p, "my epoch is over");
		return;
	}
	if (--p->due == 0 && p->plan.done)
		p->plan.done(p->plan.arg);
}

static void batch_send(struct batch *b)
{
	if (b->objects) {
		b->publish->due++;
		redis_send(b->publish->plan.commands, &b->command, on_published,
			   call_new(b->publish));
		metric_add(b->publish->changed, (double)b->objects);
	}
	arena_release(&b->arena);
}

static void batch_add(struct batch *b, struct str field, struct str version, struct str uid,
		      int64_t generation, struct str json)
{
	struct str rest = field, kind, namespace, name;

	str_next(&rest, '/', &kind);
	str_next(&rest, '/', &namespace);
	str_next(&rest, '/', &name);
	if (b->objects == BATCH_OBJECTS || b->bytes + json.len > BATCH_BYTES) {
		struct publish *p = b->publish;

		batch_send(b);
		batch_begin(b, p);
	}
	command_add_copy(&b->command, kind);
	command_add_copy(&b->command, namespace);
	command_add_copy(&b->command, name);
	command_add_copy(&b->command, version);
	command_add_copy(&b->command, uid);
	command_addi(&b->command, generation);
	command_add_copy(&b->command, json);
	b->objects++;
	b->bytes += json.len;
}

/* --- identity of local objects (SPEC 2.12) ---------------------------------------------------------- */

static void make_identity(struct arena *a, struct known *k, struct str spec_hash)
{
	int64_t now = process_now_ms();

	if (!k->uid[0]) {
		struct str seed =
			arena_printf(a, "%.*s %lld", STR_ARG(k->field), (long long)now);
		AUTO_BUF created = BUF(40);
		char hex[SHA256_HEX_SIZE];

		sha256_hex(seed, hex);
		copy_text(k->uid, sizeof(k->uid),
			  arena_printf(a, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
				       hex + 16, hex + 20));
		rfc3339_add(&created, now / 1000);
		copy_text(k->created, sizeof(k->created), buf_str(&created));
	}
	if (!str_is(spec_hash, k->spec_hash)) {
		k->generation++;
		copy_text(k->spec_hash, sizeof(k->spec_hash), spec_hash);
	}
}

/* The object with what an API server would have added to its metadata. */
static struct str with_identity(struct arena *a, const struct said_object *s,
				const struct known *k)
{
	struct value_builder object, metadata, marks;
	struct value v, old;

	if (json_parse(a, s->json, JSON_STRICT, JSON_MAX_DEPTH, &v, NULL))
		BROKEN("what was just written does not parse");
	old = value_get(&v, STR("metadata")) ? *value_get(&v, STR("metadata")) : value_nil;
	value_map_begin(&marks, a);
	value_map_add(&marks, STR(ARK_LABEL "spec-hash"), value_str(str_of(k->spec_hash)));
	value_map_begin(&metadata, a);
	value_map_add(&metadata, STR("namespace"), value_str(s->object->namespace));
	value_map_add(&metadata, STR("uid"), value_str(str_of(k->uid)));
	value_map_add(&metadata, STR("generation"), value_int(k->generation));
	value_map_add(&metadata, STR("resourceVersion"), value_str(str_of(k->version)));
	value_map_add(&metadata, STR("creationTimestamp"), value_str(str_of(k->created)));
	{
		struct value mark = value_map_done(&marks), over;

		over = value_merge(a, value_get(&old, STR("annotations")), &mark);
		value_map_add(&metadata, STR("annotations"), over);
		over = value_map_done(&metadata);
		old = value_merge(a, &old, &over);
	}
	value_map_begin(&object, a);
	value_map_add(&object, STR("metadata"), old);
	{
		struct value over = value_map_done(&object);

		v = value_merge(a, &v, &over);
	}
	return json_text(a, &v);
}

static bool came_from_broken(const struct publish *p, const struct known *k,
			     const struct said *said)
{
	(void)p;
	for (size_t i = 0; i < said->broken_count; i++)
		if (!k->file.len || str_starts(k->file, said->broken_files[i]))
			return true;
	return false;
}

static void say_one(struct batch *b, const struct said_object *s)
{
	struct publish *p = b->publish;
	AUTO_ARENA a = ARENA_INIT;
	struct str field =
		arena_printf(&a, "%s/%.*s/%.*s", kind_name(s->object->kind),
			     STR_ARG(s->object->namespace), STR_ARG(s->object->name));
	struct known *k = known_make(p, field);
	char version[VERSION_DIGITS + 1], spec_hash[VERSION_DIGITS + 1];
	AUTO_BUF spec = BUF(SIZE_MAX / 2);

	k->round = p->round;
	if (!str_eq(k->file, s->object->file)) {
		free(k->block);
		k->block = xstrndup(s->object->file);
		k->file = str_n(k->block, s->object->file.len);
	}
	digest(s->content, version);
	if (strcmp(version, k->version) == 0)
		return;
	if (s->object->spec)
		json_add_sorted(&spec, s->object->spec);
	digest(s->object->spec ? buf_str(&spec) : s->content, spec_hash);
	make_identity(&a, k, str_of(spec_hash));
	copy_text(k->version, sizeof(k->version), str_of(version));
	batch_add(b, field, str_of(k->version), str_of(k->uid), k->generation,
		  with_identity(&a, s, k));
}

void publish_say(struct publish *p, const struct said *said)
{
	struct batch b;

	if (!p->leads)
		return;
	p->round++;
	batch_begin(&b, p);
	for (size_t i = 0; i < said->count; i++)
		say_one(&b, &said->objects[i]);
	for (size_t i = 0; i < SLOTS; i++)
		for (struct known **slot = &p->slots[i], *k; (k = *slot) != NULL;) {
			if (k->round == p->round || came_from_broken(p, k, said)) {
				slot = &k->chain;
				continue;
			}
			batch_add(&b, k->field, STR(""), STR(""), 0, STR(""));
			*slot = k->chain;
			known_free(k);
		}
	batch_send(&b);
	if (!p->due && p->plan.done)
		p->plan.done(p->plan.arg);
}

/* --- leading ---------------------------------------------------------------------------------------- */

static void scan(struct publish *p, struct str cursor);

static void on_scanned(void *arg, const struct reply *r)
{
	struct publish *p = call_end(arg);
	struct str cursor, field, json;

	if (!p)
		return;
	if (reply_text(reply_item(r, 0), &cursor, NULL)) {
		retire(p, "Redis refused");
		return;
	}
	for (size_t i = 0; i + 1 < reply_item(r, 1)->count; i += 2)
		if (!reply_text(&reply_item(r, 1)->items[i], &field, NULL) &&
		    !reply_text(&reply_item(r, 1)->items[i + 1], &json, NULL))
			learn(p, field, json);
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

	command_add(&c, key_full(&a, STR(KEY_SNAPSHOT)));
	command_add_copy(&c, cursor);
	command_adds(&c, "COUNT");
	command_addi(&c, SCAN_COUNT);
	redis_send(p->plan.commands, &c, on_scanned, call_new(p));
}

static void on_lead(void *arg, const struct reply *r)
{
	struct publish *p = call_end(arg);
	struct str word, epoch;

	if (!p || reply_text(reply_item(r, 0), &word, NULL) ||
	    reply_text(reply_item(r, 1), &epoch, NULL))
		return;
	if (!str_is(word, "leader")) {
		retire(p, "it took the lead");
		return;
	}
	if ((p->leads || p->loading) && str_eq(epoch, p->epoch))
		return;
	p->leads = false;
	p->loading = true;
	copy_text(p->epoch_text, sizeof(p->epoch_text), epoch);
	p->epoch = str_of(p->epoch_text);
	forget_all(p);
	scan(p, STR("0"));
}

static void lead(struct publish *p)
{
	const struct timeval tv = {LIMIT_LEADER_RENEW_MS / 1000, 0};
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "FCALL");

	command_adds(&c, "ark_1_lead");
	command_addi(&c, 0);
	command_adds(&c, "watcher");
	/* A new connection is a new candidate: what the dead one still says has an older epoch. */
	command_addf(&c, "%.*s/%u", STR_ARG(p->plan.me), p->turn);
	command_addi(&c, LIMIT_LEADER_TTL_MS);
	redis_send(p->plan.commands, &c, on_lead, call_new(p));
	event_add(p->renew, &tv);
}

static void on_renew(evutil_socket_t fd, short what, void *arg)
{
	struct publish *p = arg;

	(void)fd;
	(void)what;
	if (p->up)
		lead(p);
}

void publish_step_down(struct publish *p)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "FCALL");

	event_del(p->renew);
	if (!p->leads)
		return;
	command_adds(&c, "ark_1_step_down");
	command_addi(&c, 0);
	command_adds(&c, "watcher");
	command_addf(&c, "%.*s/%u", STR_ARG(p->plan.me), p->turn);
	redis_send(p->plan.commands, &c, NULL, NULL);
	p->leads = false;
}

/* --- life -------------------------------------------------------------------------------------------- */

struct publish *publish_new(struct event_base *base, const struct publish_plan *plan,
			    struct metrics *metrics)
{
	struct publish *p = xmalloc(sizeof(*p));

	p->plan = *plan;
	p->renew = event_new(base, -1, 0, on_renew, p);
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
	forget_all(p);
	event_free(p->renew);
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
	event_del(p->renew);
}

bool publish_leads(const struct publish *p)
{
	return p->leads;
}
