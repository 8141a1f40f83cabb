/* POST /triggers/{namespace}/{name}/fire (SPEC 13.6, 13.7): the checks in their order, and answers. */
#include "gateway/gateway.h"

#include <stdlib.h>

#include "base/trace.h"
#include "gateway/backlog.h"
#include "gateway/fire_commit.h"

enum { BUSY_MS = 5000, EVENT_MS = 1000 }; /* Retry-After of check 11 */

struct fire_call {
	struct gateway *g;
	struct exchange *x; /* NULL: the client has gone */
	struct arena arena;
	struct fire_world world;
	struct fire fire;
	struct fire_commit commit;
	int64_t started_ms;
};

void fire_count(struct gateway *g, enum fire_mode mode, int status, int64_t started_ms)
{
	char code[4];

	code[0] = (char)('0' + status / 100 % 10);
	code[1] = (char)('0' + status / 10 % 10);
	code[2] = (char)('0' + status % 10);
	code[3] = '\0';
	metric_add(metric_at(g->requests, LABELS(str_of(fire_mode_name(mode)), str_of(code))),
		   1);
	metric_observe(
		metric_at(g->durations, LABELS(str_of(fire_mode_name(mode)), str_of(code))),
		(double)(process_mono_ms() - started_ms) / 1000);
}

/* --- the end of a call ------------------------------------------------------------------------------------ */

static void call_free(struct fire_call *c)
{
	fire_commit_release(&c->commit);
	arena_release(&c->arena);
	free(c);
}

/* The exchange is answered, or given to who will answer it. */
static struct exchange *take_exchange(struct fire_call *c)
{
	struct exchange *x = c->x;

	exchange_on_close(x, NULL, NULL);
	c->x = NULL;
	return x;
}

static void refuse(struct fire_call *c, const struct refusal *no)
{
	struct exchange *x = take_exchange(c);

	fire_count(c->g, c->fire.mode, no->status, c->started_ms);
	if (no->status == 401)
		gateway_refuse_login(c->g, x, no->why.text);
	else
		exchange_reply_error(x, no->status, "%s", no->why.text);
	call_free(c);
}

static void refuse_for_now(struct fire_call *c, int status, int64_t after_ms, const char *words)
{
	struct exchange *x = take_exchange(c);

	fire_count(c->g, c->fire.mode, status, c->started_ms);
	exchange_reply_retry(x, status, after_ms, "%s", words);
	call_free(c);
}

/* --- answers ------------------------------------------------------------------------------------------------ */

static struct str first_name(struct str names)
{
	struct str first;

	str_cut(names, ',', &first, NULL);
	return first;
}

/* The runs are there: now (SPEC 13.7) or since an earlier request (13.8). */
static void answer(struct fire_call *c, struct str runs, int status, struct str json,
		   bool replayed)
{
	struct fired fired = {.namespace = c->fire.namespace,
			      .run = first_name(runs),
			      .replayed = replayed,
			      .started_ms = c->started_ms};
	struct http_field headers[2];
	size_t n = run_headers(runs, replayed, headers);

	switch (c->fire.mode) {
	case FIRE_ASYNC:
		fire_count(c->g, FIRE_ASYNC, status, c->started_ms);
		exchange_reply(take_exchange(c), status, "application/json", json, headers, n);
		break;
	case FIRE_SYNC: sync_answer(c->g, take_exchange(c), &fired, c->fire.timeout_ms); break;
	case FIRE_SSE: sse_answer(c->g, take_exchange(c), &fired); break;
	}
	call_free(c);
}

static void answer_replay(struct fire_call *c, const struct fire_memory *m)
{
	struct refusal no;

	if (!fire_check_memory(&c->fire, m, &no))
		refuse(c, &no);
	else
		answer(c, m->runs, (int)m->status, m->answer, true);
}

/* 12 */
static void answer_forbidden(struct fire_call *c)
{
	int status = c->fire.mode == FIRE_ASYNC ? 202 : 409;

	fire_count(c->g, c->fire.mode, status, c->started_ms);
	exchange_reply_json(take_exchange(c), status, fire_forbidden_answer(&c->fire));
	call_free(c);
}

static void answer_away(struct fire_call *c, const struct fire_result *r)
{
	if (r->broken)
		log_error("fire was not stored", LOG_STR("namespace", c->fire.namespace),
			  LOG_STR("trigger", c->fire.name), LOG_WHY(&r->why));
	refuse_for_now(c, 503, EVENT_MS, "the fire could not be stored; try again");
}

/* --- 11 to 13 ------------------------------------------------------------------------------------------------- */

static void on_committed(void *arg, const struct fire_result *r)
{
	struct fire_call *c = arg;

	if (r->outcome == FIRE_DURABLE)
		metric_add(metric_at(c->g->fires, LABELS(c->fire.namespace, c->fire.name)), 1);
	if (!c->x) {
		call_free(c);
		return;
	}
	switch (r->outcome) {
	case FIRE_DURABLE:
		answer(c, fire_run_names(&c->fire), (int)c->fire.event.success_code,
		       fire_answer(&c->fire), false);
		return;
	case FIRE_REPLAYED: answer_replay(c, &r->memory); return;
	case FIRE_FULL:
		refuse_for_now(c, 429, BUSY_MS, "too many runs wait to start (pending-runs)");
		return;
	case FIRE_FORBIDDEN: answer_forbidden(c); return;
	case FIRE_AWAY: answer_away(c, r); return;
	}
}

/* A place among the buckets that are made for addresses: rate.h counts the first 8 bytes. */
static struct ip bucket_of(const struct fire *f)
{
	const struct str parts[] = {f->namespace, STR("/"), f->name};
	unsigned char digest[SHA256_BYTES];
	struct ip ip;

	sha256_parts(parts, 3, digest);
	for (size_t i = 0; i < sizeof(ip.b); i++)
		ip.b[i] = digest[i];
	return ip;
}

/* 10 and 11 */
static void go_on(struct fire_call *c)
{
	struct refusal no = {.status = 0};
	struct ip bucket = bucket_of(&c->fire);
	int64_t wait_ms = EVENT_MS;

	if (!fire_plan(&c->fire, &no)) {
		fire_commit_failed(gateway_commands(c->g), &c->fire, &no, c->commit.trace);
		refuse(c, &no);
		return;
	}
	if (backlog_is_full(c->g->backlog)) {
		refuse_for_now(c, 429, BUSY_MS, "events are not keeping up (facts)");
		return;
	}
	if (!rate_take(c->g->events, &bucket, process_mono_ms(), &wait_ms)) {
		refuse_for_now(c, 429, wait_ms, "this event fires too often (event-rate)");
		return;
	}
	c->commit.fn = on_committed;
	fire_commit_send(&c->commit);
}

/* 9 */
static void on_looked(void *arg, const struct fire_result *r)
{
	struct fire_call *c = arg;

	if (!c->x) {
		call_free(c); /* nothing has happened */
		return;
	}
	switch (r->outcome) {
	case FIRE_DURABLE: go_on(c); return;
	case FIRE_REPLAYED: answer_replay(c, &r->memory); return;
	case FIRE_AWAY: answer_away(c, r); return;
	case FIRE_FULL:
	case FIRE_FORBIDDEN: break;
	}
	BROKEN("looking is not firing");
}

/* --- the request ------------------------------------------------------------------------------------------------- */

static const struct object *find_object(void *arg, enum kind kind, struct str namespace,
					struct str name)
{
	return objects_get(arg, kind, namespace, name);
}

/* A fire's traceparent is the root of the run, else a new one (SPEC 22.5). */
static struct str trace_of(struct arena *a, const struct exchange *x)
{
	char text[TRACE_TEXT_BYTES];
	struct trace given, trace;
	uint8_t random[24];
	bool is_given = http_fields_count(exchange_headers(x), STR("traceparent")) == 1 &&
			trace_parse(exchange_header(x, "traceparent"), &given);

	random_bytes(random, sizeof(random));
	trace = is_given ? trace_child(&given, random) : trace_make(random, true);
	return arena_str(a, str_of(trace_text(&trace, text)));
}

static struct fire fire_of(struct gateway *g, const struct exchange *x, struct arena *a,
			   const struct fire_world *world)
{
	struct fire f = {
		.arena = a,
		.world = world,
		.namespace = arena_str(a, exchange_param(x, "namespace")),
		.name = arena_str(a, exchange_param(x, "name")),
		.headers = exchange_headers(x),
		.mode_text = exchange_query(x, "mode"),
		.timeout_text = exchange_query(x, "timeout"),
		.now_ms = process_now_ms(),
	};

	f.credential = access_of(&g->access, f.namespace, f.name, access_token(x));
	return f;
}

/* 3, before the body is judged and read. */
void fire_head(void *arg, struct exchange *x)
{
	struct gateway *g = arg;
	AUTO_ARENA a = ARENA_INIT;
	const struct fire_world world = {.limits = &g->process->limits};
	int64_t started_ms = process_mono_ms();
	struct refusal no;
	struct fire f;

	if (!gateway_may_log_in(g, x))
		return;
	f = fire_of(g, x, &a, &world);
	if (fire_check_event(&f, objects_get(g->objects, KIND_EVENT, f.namespace, f.name), &no))
		return;
	fire_count(g, f.mode, no.status, started_ms);
	if (no.status == 401)
		gateway_refuse_login(g, x, no.why.text);
	else
		exchange_reply_error(x, no.status, "%s", no.why.text);
}

static void on_close(void *arg)
{
	struct fire_call *c = arg;

	c->x = NULL; /* what is under way goes on (SPEC 13.7) */
}

static struct str client_text(struct arena *a, const struct exchange *x)
{
	char text[IP_TEXT_BYTES];

	return arena_str(a, str_of(ip_text(exchange_client(x), text)));
}

static struct str credential_text(struct arena *a, const struct exchange *x)
{
	char digest[ACCESS_DIGEST_DIGITS + 1];

	access_digest(access_token(x), digest);
	return arena_str(a, str_of(digest));
}

/* The object may change while the fire waits for Redis: it goes on with what it saw. */
static const struct object *keep_object(struct arena *a, const struct object *o)
{
	struct object *copy;
	struct value *spec;

	if (!o || !o->spec)
		return o;
	copy = ARENA_NEW(a, struct object);
	spec = ARENA_NEW(a, struct value);
	*copy = *o;
	*spec = value_copy(a, o->spec);
	copy->spec = spec;
	return copy;
}

void fire_handler(void *arg, struct exchange *x)
{
	struct gateway *g = arg;
	struct fire_call *c = xcalloc(1, sizeof(*c));
	const struct object *event;
	struct refusal no;

	c->g = g;
	c->x = x;
	c->started_ms = process_mono_ms();
	c->world = (struct fire_world){.limits = &g->process->limits,
				       .zones = g->zones,
				       .object = find_object,
				       .arg = g->objects};
	c->fire = fire_of(g, x, &c->arena, &c->world);
	c->fire.body = exchange_body(x);
	c->commit = (struct fire_commit){
		.fire = &c->fire,
		.base = g->process->base,
		.redis = gateway_admissions(g),
		.replicas = g->settings.redis_wait,
		.client = client_text(&c->arena, x),
		.credential = credential_text(&c->arena, x),
		.trace = trace_of(&c->arena, x),
		.fn = on_looked,
		.arg = c,
	};
	exchange_on_close(x, on_close, c);
	event = keep_object(&c->arena, objects_get(g->objects, KIND_EVENT, c->fire.namespace,
						   c->fire.name));
	/* 3 again: the world may have changed while the body was read. */
	if (!fire_check_event(&c->fire, event, &no) || !fire_check_request(&c->fire, &no))
		refuse(c, &no);
	else if (c->fire.key.len)
		fire_commit_look(&c->commit);
	else
		go_on(c);
}
