/* POST /runs/{namespace}/{name}/cancel and .../retry (SPEC 13.2, 9.18, 9.19). */
#include <stdlib.h>

#include "base/json.h"
#include "gateway/run_open.h"
#include "stream/commit.h"
#include "stream/keys.h"

enum { RETRY_ONCE_MS = 600000, ANSWER_BYTES = 4096 };

struct change {
	struct gateway *g;
	struct exchange *x; /* NULL: the client has gone */
	struct arena arena;
	struct str step; /* of a retry; ptr NULL: none */
	struct str run, answer;
};

static void change_free(void *arg)
{
	struct change *c = arg;

	arena_release(&c->arena);
	free(c);
}

static void on_close(void *arg)
{
	struct change *c = arg;

	c->x = NULL; /* what was asked for is done */
}

static void on_committed(void *arg, const struct commit_result *r)
{
	struct change *c = arg;
	struct http_field headers[2];

	if (c->x) {
		exchange_on_close(c->x, NULL, NULL);
		if (r->verdict == COMMITTED || r->verdict == COMMIT_ONCE)
			exchange_reply(c->x, 202, "application/json", c->answer, headers,
				       run_headers(c->run, false, headers));
		else if (r->verdict == COMMIT_CONFLICT)
			run_refuse(c->x, 409, c->run, "the run has changed meanwhile");
		else
			gateway_refuse_away(c->x);
	}
	if (r->verdict == COMMIT_REFUSED || r->verdict == COMMIT_LOST)
		log_error("a change of a run was refused", LOG_STR("run", c->run),
			  LOG_WHY(&r->why));
	change_free(c);
}

static void commit_change(struct change *c, struct exchange *x, struct commit *commit,
			  const struct message *m)
{
	commit_append(commit, STR(STREAM_RUNS), m);
	c->x = x;
	exchange_on_close(x, on_close, c);
	commit_send(commit, gateway_commands(c->g), on_committed, c);
}

static struct message about(const struct run *r, enum message_type type)
{
	return (struct message){
		.type = type,
		.trace = r->trace,
		.namespace = r->namespace,
		.run = r->name,
		.by = STR("gateway"),
	};
}

static void cancel(void *arg, struct exchange *x, const struct run_record *record,
		   bool is_admin)
{
	struct change *c = arg;
	struct message m = about(&record->run, MSG_RUN_CANCELLED);
	struct commit commit;

	(void)is_admin;
	if (run_is_terminal(&record->run)) {
		run_refuse(x, 409, record->run.name, "the run has ended already");
		change_free(c);
		return;
	}
	c->run = arena_str(&c->arena, record->run.name);
	c->answer = STR("{\"cancelled\":true}");
	commit_begin(&commit, &c->arena, COMMIT, NULL);
	commit_change(c, x, &commit, &m);
}

static bool has_step(const struct run *r, struct str name)
{
	for (size_t i = 0; i < r->step_count; i++)
		if (str_eq(r->steps[i].name, name))
			return true;
	return false;
}

/* Asked twice for the same attempt, it is one retry. */
static void retry(void *arg, struct exchange *x, const struct run_record *record, bool is_admin)
{
	struct change *c = arg;
	const struct run *r = &record->run;
	struct message m = about(r, MSG_RUN_RETRIED);
	struct commit commit;

	if (!is_admin || r->phase != RUN_FAILED || (c->step.ptr && !has_step(r, c->step))) {
		if (!is_admin)
			run_refuse(x, 403, r->name, "only the admin token may retry a run");
		else if (r->phase != RUN_FAILED)
			run_refuse(x, 409, r->name, "the run has not failed");
		else
			run_refuse(x, 400, r->name, "the run has no such step");
		change_free(c);
		return;
	}
	m.step = c->step;
	c->run = arena_str(&c->arena, r->name);
	c->answer = arena_printf(&c->arena, "{\"retried\":true,\"attempt\":%lld}",
				 (long long)r->attempt + 1);
	commit_begin(&commit, &c->arena, COMMIT, NULL);
	commit_once(&commit,
		    arena_printf(&c->arena, "retry:%.*s.%.*s:%lld", STR_ARG(r->namespace),
				 STR_ARG(r->name), (long long)r->attempt),
		    RETRY_ONCE_MS, c->answer);
	commit_check(&commit, key_run_state(&c->arena, r->namespace, r->name), record->version);
	commit_change(c, x, &commit, &m);
}

static struct change *change_new(struct gateway *g)
{
	struct change *c = xcalloc(1, sizeof(*c));

	c->g = g;
	return c;
}

void cancel_handler(void *arg, struct exchange *x)
{
	const struct run_opening o = {.g = arg,
				      .x = x,
				      .fn = cancel,
				      .given_up = change_free,
				      .arg = change_new(arg)};

	run_open(&o);
}

/* {"step":"x"}, or nothing. */
static enum fail read_step(struct change *c, struct str body, struct why *why)
{
	struct str text = arena_str(&c->arena, body);
	struct value v;
	enum fail f;

	if (!str_trim(text).len)
		return FAIL_NONE;
	f = json_parse(&c->arena, text, JSON_STRICT, JSON_MAX_DEPTH, &v, why);
	if (!f && v.kind != VALUE_MAP)
		f = failf(why, FAIL_INPUT, "not an object");
	if (!f)
		f = json_opt_str(&v, "step", &c->step, why);
	return f;
}

void retry_handler(void *arg, struct exchange *x)
{
	struct change *c = change_new(arg);
	const struct run_opening o = {
		.g = arg, .x = x, .fn = retry, .given_up = change_free, .arg = c};
	struct why why;

	if (read_step(c, exchange_body(x), &why)) {
		exchange_reply_error(x, 400, "body: %s", why.text);
		change_free(c);
		return;
	}
	run_open(&o);
}
