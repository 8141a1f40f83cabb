#include "gateway/fire_commit.h"

#include <event2/event.h>

#include "base/json.h"
#include "base/utf8.h"
#include "process/clock.h"
#include "stream/commit.h"
#include "stream/keys.h"

enum { MESSAGE_BYTES = 1024 };

static struct str key_memory_prefix(const struct fire *f)
{
	return arena_printf(f->arena, "fire-key:%.*s.%.*s:", STR_ARG(f->namespace),
			    STR_ARG(f->name));
}

static struct str key_memory(const struct fire *f)
{
	return arena_printf(f->arena, "%.*s%.*s", STR_ARG(key_memory_prefix(f)),
			    STR_ARG(f->key));
}

static struct str key_memories(const struct fire *f)
{
	return arena_printf(f->arena, "fire-keys:%.*s.%.*s", STR_ARG(f->namespace),
			    STR_ARG(f->name));
}

static void tell(struct fire_commit *c, enum fire_outcome outcome)
{
	const struct fire_result r = {.outcome = outcome};

	c->fn(c->arg, &r);
}

static void tell_away(struct fire_commit *c, bool broken, const struct why *why)
{
	const struct fire_result r = {.outcome = FIRE_AWAY, .broken = broken, .why = *why};

	c->fn(c->arg, &r);
}

/* --- 13: with ARK_REDIS_WAIT so many replicas must have it -------------------------------------------------------- */

static void on_replicas(void *arg, const struct reply *r)
{
	struct fire_commit *c = arg;
	struct why why;
	int64_t n;

	if (reply_integer(r, &n, &why)) {
		tell_away(c, false, &why);
	} else if (n < c->replicas) {
		why_write(&why, "%lld of %lld replicas have it", (long long)n,
			  (long long)c->replicas);
		tell_away(c, false, &why);
	} else {
		c->fn(c->arg, &c->result);
	}
}

static void wait_for_replicas(struct fire_commit *c)
{
	struct command wait = command_begin(c->fire->arena, "WAIT");

	command_addi(&wait, c->replicas);
	command_addi(&wait, FIRE_WAIT_MS);
	redis_send(c->redis, &wait, on_replicas, c);
}

static void on_nothing_new(void *arg, const struct commit_result *r)
{
	struct fire_commit *c = arg;

	if (r->verdict == COMMITTED)
		wait_for_replicas(c);
	else
		tell_away(c, r->verdict == COMMIT_REFUSED, &r->why);
}

/* What is in Redis already was written over another connection, and WAIT looks only at what its own
 * has written: so this one writes something that says nothing. */
static void durable_before(struct fire_commit *c)
{
	struct commit commit;

	if (!c->replicas) {
		c->fn(c->arg, &c->result);
		return;
	}
	commit_begin(&commit, c->fire->arena, COMMIT, NULL);
	commit_count(&commit, STR(KEY_COUNTERS), STR(COUNTER_PENDING), 0);
	commit_send(&commit, c->redis, on_nothing_new, c);
}

static void tell_memory(struct fire_commit *c, struct str text)
{
	struct arena *a = c->fire->arena;
	struct why why;

	c->result = (struct fire_result){.outcome = FIRE_REPLAYED};
	if (fire_memory_decode(a, arena_str(a, text), &c->result.memory, &why))
		tell_away(c, true, &why);
	else
		durable_before(c);
}

/* --- 9 ------------------------------------------------------------------------------------------------------- */

static void on_looked(void *arg, const struct reply *r)
{
	struct fire_commit *c = arg;
	struct why why;
	struct str text;
	enum fail f = reply_check(r, &why);

	if (!f && reply_is_nil(r)) {
		tell(c, FIRE_DURABLE);
		return;
	}
	if (!f)
		f = reply_text(r, &text, &why);
	if (f)
		tell_away(c, f != FAIL_BUSY, &why);
	else
		tell_memory(c, text);
}

void fire_commit_look(struct fire_commit *c)
{
	struct arena *a = c->fire->arena;
	struct command get = command_begin(a, "GET");

	command_add(&get, key_full(a, key_memory(c->fire)));
	redis_send(c->redis, &get, on_looked, c);
}

/* --- the commit ------------------------------------------------------------------------------------------------- */

static void add_fact(struct commit *commit, const struct fire_commit *c)
{
	const struct fire *f = c->fire;
	struct str *names = ARENA_ARRAY(f->arena, f->run_count, struct str);
	struct value *items = ARENA_ARRAY(f->arena, f->run_count, struct value);
	struct value runs = value_list(items, f->run_count);
	struct message m = {
		.type = MSG_TRIGGER_FIRED,
		.trace = c->trace,
		.namespace = f->namespace,
		.trigger = f->name,
		.client = c->client,
		.credential = c->credential,
		.kind = STR("webhook"),
	};

	for (size_t i = 0; i < f->run_count; i++) {
		names[i] = f->runs[i].name;
		items[i] = value_str(names[i]);
	}
	m.runs = json_text(f->arena, &runs);
	commit_append(commit, STR(STREAM_EVENTS), &m);
}

static struct str event_runs(const struct fire *f)
{
	return key_event_runs(f->arena, f->namespace, f->name);
}

static void on_committed(void *arg, const struct commit_result *r);

static void send_commit(struct fire_commit *c)
{
	struct fire *f = c->fire;
	const struct limits *l = f->world->limits;
	struct commit commit;

	commit_begin(&commit, f->arena, ADMIT, NULL);
	if (f->key.len) /* 9, for who was faster */
		commit_once(&commit, key_memory(f), l->idempotency_retention_ms, c->memory);
	if (f->event.concurrency == CONCURRENCY_REPLACE)
		commit_displace(&commit, event_runs(f));
	run_admit(&commit, f->runs, f->run_count, l->pending_runs); /* 11 */
	if (f->event.concurrency == CONCURRENCY_FORBID)
		commit_free(&commit, event_runs(f)); /* 12 */
	if (f->key.len) {
		commit_index(&commit, key_memories(f), f->key, f->now_ms);
		commit_cap(&commit, key_memories(f), l->idempotency_keys, key_memory_prefix(f));
		commit_ttl(&commit, key_memories(f), l->idempotency_retention_ms);
	}
	add_fact(&commit, c);
	commit_send(&commit, c->redis, on_committed, c);
}

static void draw_names(struct fire_commit *c)
{
	unsigned char random[RUN_NAME_RANDOM_BYTES + 16];

	random_bytes(random, sizeof(random));
	fire_name_runs(c->fire, random);
	if (c->fire->key.len)
		c->memory = fire_memory_encode(c->fire);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	send_commit(arg);
}

/* It happened or not: the same commit again will tell. */
static void try_again(struct fire_commit *c, const struct why *why)
{
	const struct timeval tv = {0, FIRE_AGAIN_MS * 1000};

	if (process_mono_ms() >= c->deadline_ms) {
		tell_away(c, false, why);
		return;
	}
	if (!c->timer)
		c->timer = evtimer_new(c->base, on_again, c);
	PROMISE(c->timer);
	event_add(c->timer, &tv);
}

static void committed(struct fire_commit *c)
{
	c->result = (struct fire_result){.outcome = FIRE_DURABLE};
	if (c->replicas)
		wait_for_replicas(c);
	else
		c->fn(c->arg, &c->result);
}

static void name_taken(struct fire_commit *c)
{
	struct why why;

	if (++c->names >= FIRE_NAMES) {
		why_write(&why, "no free name for a run");
		tell_away(c, true, &why);
		return;
	}
	draw_names(c);
	send_commit(c);
}

/* Something is under one of the keys already: our own commit, whose answer was lost; the name of
 * another run; or what another request left under the idempotency key. */
static void on_once(struct fire_commit *c, struct str value)
{
	const struct fire *f = c->fire;
	struct run_mark mark;

	if ((f->key.len && str_eq(value, c->memory)) ||
	    run_mark_is_ours(f->arena, value, f->runs, f->run_count)) {
		c->result = (struct fire_result){.outcome = FIRE_DURABLE};
		durable_before(c);
	} else if (!run_mark_decode(f->arena, value, &mark, NULL)) {
		name_taken(c);
	} else {
		tell_memory(c, value);
	}
}

static void on_committed(void *arg, const struct commit_result *r)
{
	struct fire_commit *c = arg;

	switch (r->verdict) {
	case COMMITTED: committed(c); return;
	case COMMIT_ONCE: on_once(c, r->value); return;
	case COMMIT_EXISTS:
		if (str_eq(r->value, event_runs(c->fire)))
			tell(c, FIRE_FORBIDDEN);
		else
			name_taken(c);
		return;
	case COMMIT_FULL: tell(c, FIRE_FULL); return;
	case COMMIT_UNKNOWN:
		c->asked = true;
		try_again(c, &r->why);
		return;
	case COMMIT_AWAY:
		if (c->asked)
			try_again(c, &r->why);
		else
			tell_away(c, false, &r->why);
		return;
	case COMMIT_LOST:
	case COMMIT_CONFLICT:
	case COMMIT_REFUSED: tell_away(c, true, &r->why); return;
	}
}

void fire_commit_send(struct fire_commit *c)
{
	c->deadline_ms = process_mono_ms() + FIRE_COMMIT_MS;
	draw_names(c);
	for (size_t i = 0; i < c->fire->run_count; i++)
		c->fire->runs[i].trace = c->trace;
	send_commit(c);
}

void fire_commit_release(struct fire_commit *c)
{
	if (c->timer)
		event_free(c->timer);
	c->timer = NULL;
}

void fire_commit_failed(struct redis *redis, struct fire *f, const struct refusal *no,
			struct str trace)
{
	const struct message m = {
		.type = MSG_FIRE_FAILED,
		.trace = trace,
		.namespace = f->namespace,
		.trigger = f->name,
		.reason = str_of(no->reason),
		.message = utf8_cut(why_str(&no->why), MESSAGE_BYTES),
	};
	struct commit c;

	commit_begin(&c, f->arena, COMMIT, NULL);
	commit_append(&c, STR(STREAM_EVENTS), &m);
	commit_send(&c, redis, NULL, NULL);
}
