/* A run and its world, for the tests of the state machine: no Redis, no clock, no sockets. */
#ifndef ARK_TESTS_RUNNER_SIM_H
#define ARK_TESTS_RUNNER_SIM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "runner/run_decide.h"
#include "stream/keys.h"

#include <cmocka.h>

/* A run with its world: objects by JSON, texts as the commits kept them, and what was said. */
struct sim {
	struct arena arena;
	struct object team, agent;
	struct str state; /* encoded; every decision starts from its text */
	struct str keys[512], texts[512];
	size_t text_count;
	const struct plan *plan;
	struct str tasks[512]; /* ids, in the order queued */
	size_t task_count;
	struct str said[4096]; /* "<stream> <type> <step>" */
	size_t said_count;
	struct str prompts[512], prompt_keys[512]; /* of the tasks: one of the two */
	int64_t pending;			   /* the counter, as the commits change it */
	struct str timers[64];			   /* that are set now */
	size_t timer_count;
	int64_t now_ms;
	struct str fault; /* of every object; empty = none */
	struct str mark;  /* that the run was admitted; empty = none */
	bool full, no_team, no_agent, no_plan;
	bool lonely;	   /* no worker lives */
	bool kept;	   /* the last entry stays pending */
	bool refuses;	   /* the next message may be refused */
	enum fail refused; /* what was said then */
};

static inline struct object object_of(struct sim *s, const char *json)
{
	struct value *v = ARENA_NEW(&s->arena, struct value);
	struct object o;

	assert_int_equal(json_parse(&s->arena, str_of(json), 0, 64, v, NULL), FAIL_NONE);
	assert_int_equal(object_load(v, &o, NULL), FAIL_NONE);
	return o;
}

static inline void sim_init(struct sim *s, const char *team_spec)
{
	*s = (struct sim){.now_ms = 1764000000000};
	s->agent =
		object_of(s, "{\"apiVersion\":\"arkonis.dev/v1alpha1\",\"kind\":\"ArkAgent\","
			     "\"metadata\":{\"name\":\"x\"},\"spec\":{\"model\":\"mock\","
			     "\"systemPrompt\":\"x\"}}");
	s->team = object_of(
		s, arena_printf(&s->arena,
				"{\"apiVersion\":\"arkonis.dev/v1alpha1\",\"kind\":\"ArkTeam\","
				"\"metadata\":{\"name\":\"t\",\"generation\":1},\"spec\":%s}",
				team_spec)
			   .ptr);
}

static inline void sim_release(struct sim *s)
{
	plan_free((struct plan *)(uintptr_t)s->plan);
	arena_release(&s->arena);
}

/* --- the world ----------------------------------------------------------------------------- */

static inline const struct object *find(void *arg, enum kind kind, struct str namespace,
					struct str name)
{
	struct sim *s = arg;

	(void)namespace;
	if (kind == KIND_TEAM)
		return s->no_team ? NULL : &s->team;
	return kind == KIND_AGENT && !s->no_agent && !str_is(name, "missing") ? &s->agent
									      : NULL;
}

static inline struct str fault(void *arg, const struct object *o)
{
	(void)o;
	return ((struct sim *)arg)->fault;
}

static inline bool lives(void *arg, struct str namespace, struct str agent)
{
	(void)namespace;
	(void)agent;
	return !((struct sim *)arg)->lonely;
}

static inline bool text(void *arg, struct str key, struct str *ret)
{
	struct sim *s = arg;

	*ret = str_is(key, "admitted:default.r") ? s->mark : STR("");
	for (size_t i = 0; i < s->text_count; i++)
		if (str_eq(s->keys[i], key))
			*ret = s->texts[i];
	return true;
}

static inline const struct plan *plan_of(void *arg, struct str json, struct why *why)
{
	struct sim *s = arg;
	struct plan *p;

	if (!s->plan && !plan_new(json, &limits_default, &p, why))
		s->plan = p;
	return s->plan;
}

static inline bool plan(void *arg, struct str key, const struct plan **ret, struct why *why)
{
	const struct sim *s = arg;

	(void)key;
	*ret = s->no_plan ? NULL : s->plan;
	if (!*ret)
		why_write(why, "the plan of the run is gone");
	return true;
}

/* --- what a commit says ---------------------------------------------------------------------- */

static inline struct str field(const struct str *argv, size_t n, const char *name)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		if (str_is(argv[i], name))
			return argv[i + 1];
	return STR("");
}

static inline void note_append(struct sim *s, struct str stream, const struct str *fields,
			       size_t n)
{
	struct str kind, id;

	str_cut(stream, ':', &kind, NULL);
	s->said[s->said_count++] = arena_printf(
		&s->arena, "%.*s %.*s%s%.*s", STR_ARG(kind), STR_ARG(field(fields, n, "type")),
		field(fields, n, "step").len ? " " : "", STR_ARG(field(fields, n, "step")));
	id = field(fields, n, "task");
	if (str_is(kind, "tasks")) {
		s->prompts[s->task_count] = arena_str(&s->arena, field(fields, n, "prompt"));
		s->prompt_keys[s->task_count] =
			arena_str(&s->arena, field(fields, n, "prompt.key"));
		s->tasks[s->task_count++] = arena_str(&s->arena, id);
	}
}

static inline bool timer_is_set(const struct sim *s, const char *name)
{
	for (size_t i = 0; i < s->timer_count; i++)
		if (str_is(s->timers[i], name))
			return true;
	return false;
}

static inline void timer_drop(struct sim *s, struct str name)
{
	for (size_t i = 0; i < s->timer_count; i++)
		if (str_eq(s->timers[i], name))
			s->timers[i] = s->timers[--s->timer_count];
}

/* Reads the operations as the function library would. */
static inline void apply(struct sim *s, const struct commit *c)
{
	const struct str *argv = c->command.argv;

	for (size_t i = 7; i < c->command.argc; i++) {
		if (str_is(argv[i], "append")) {
			int64_t n;

			assert_true(str_to_i64(argv[i + 2], &n));
			note_append(s, argv[i + 1], &argv[i + 3], (size_t)n);
			i += 2 + (size_t)n;
		} else if (str_is(argv[i], "show")) {
			int64_t n;

			assert_true(str_to_i64(argv[i + 4], &n));
			note_append(s, STR("run"), &argv[i + 5], (size_t)n);
			i += 4 + (size_t)n;
		} else if (str_is(argv[i], "text")) {
			s->keys[s->text_count] = arena_str(&s->arena, argv[i + 1]);
			s->texts[s->text_count++] = arena_str(&s->arena, argv[i + 3]);
			i += 3;
		} else if (str_is(argv[i], "drop")) {
			for (size_t t = 0; t < s->text_count; t++)
				if (str_eq(s->keys[t], argv[i + 1]))
					s->keys[t] = STR("");
			i++;
		} else if (str_is(argv[i], "after") && str_is(argv[i + 1], "runs")) {
			timer_drop(s, argv[i + 2]);
			s->timers[s->timer_count++] = arena_str(&s->arena, argv[i + 2]);
			i += 3;
		} else if (str_is(argv[i], "untimer") && str_is(argv[i + 1], "runs")) {
			timer_drop(s, argv[i + 2]);
			i += 2;
		} else if (str_is(argv[i], "count") && str_is(argv[i + 2], "pending")) {
			int64_t n;

			assert_true(str_to_i64(argv[i + 3], &n));
			s->pending += n;
			i += 3;
		}
	}
}

/* One message, as ark-runner handles it: from the text of the state and back. */
static inline struct run tell(struct sim *s, struct message m)
{
	struct arena *a = &s->arena;
	struct world w = {.limits = &limits_default,
			  .full = s->full,
			  .object = find,
			  .fault = fault,
			  .lives = lives,
			  .text = text,
			  .plan = plan,
			  .plan_of = plan_of,
			  .arg = s};
	struct claim claim = {STR("runs"), STR("runner"), STR("me"), STR("1-0")};
	struct run run = {.attempt = 0};
	struct commit c;
	struct why why = {""};
	bool changed;

	if (m.type == MSG_RUN_REQUESTED && !s->state.len)
		s->pending++; /* by who asked for it */
	m.id = arena_printf(a, "%zu-0", s->said_count + 1);
	m.at_ms = s->now_ms;
	m.namespace = STR("default");
	m.run = STR("r");
	if (s->state.len)
		assert_int_equal(run_decode(a, s->state, &run, &why), FAIL_NONE);
	commit_begin(&c, a, COMMIT, &claim);
	s->refused = run_decide(a, &run, &m, &w, &c, &changed, &why);
	if (s->refused && s->refuses)
		return run;
	if (s->refused)
		fail_msg("%s", why.text);
	s->kept = c.keeps;
	if (c.keeps) {
		assert_false(changed);
	} else if (changed) {
		s->state = run_encode(a, &run);
		apply(s, &c);
	} else {
		assert_int_equal(c.command.argc, 7); /* what changes nothing says nothing */
	}
	return run;
}

static inline struct run request(struct sim *s, const char *input)
{
	return tell(s, (struct message){.type = MSG_RUN_REQUESTED,
					.team = STR("t"),
					.input = str_of(input)});
}

static inline struct run finish(struct sim *s, struct str task, const char *output)
{
	struct str rest = task, step;

	str_next(&rest, '/', &step);
	str_next(&rest, '/', &step);
	s->now_ms += 10;
	return tell(s, (struct message){.type = MSG_TASK_FINISHED,
					.step = step,
					.task = task,
					.outcome = output ? STR("succeeded") : STR("failed"),
					.output = str_of(output),
					.reason = output ? STR("") : STR("AgentError"),
					.message = output ? STR("") : STR("no"),
					.input_tokens = 2,
					.output_tokens = 1});
}

static inline size_t times_said(const struct sim *s, const char *what)
{
	size_t n = 0;

	for (size_t i = 0; i < s->said_count; i++)
		n += str_is(s->said[i], what);
	return n;
}

#define ROLES                                                                                  \
	"\"roles\":[{\"name\":\"a\",\"arkAgent\":\"x\"},{\"name\":\"b\",\"arkAgent\":\"x\"},"  \
	"{\"name\":\"c\",\"arkAgent\":\"x\"},{\"name\":\"d\",\"arkAgent\":\"x\"}]"
#define STEP(name, more) "{\"role\":\"" name "\",\"inputs\":{\"prompt\":\"p\"}" more "}"

#endif
