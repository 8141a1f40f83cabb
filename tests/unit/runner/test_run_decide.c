/* The life of a run as tables and permutations: no Redis, no clock, no sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "runner/run_decide.h"
#include "stream/keys.h"

#include <cmocka.h>

/* A run with its world: objects by JSON, texts as the commits kept them, and what was said. */
struct sim {
	struct arena arena;
	struct object team, agent;
	struct str state; /* encoded; every decision starts from its text */
	struct str keys[64], texts[64];
	size_t text_count;
	const struct plan *plan;
	struct str tasks[64]; /* ids, in the order queued */
	size_t task_count;
	struct str said[256]; /* "<stream> <type> <step>" */
	size_t said_count;
	int64_t now_ms;
	bool full;
};

static struct object object_of(struct sim *s, const char *json)
{
	struct value *v = ARENA_NEW(&s->arena, struct value);
	struct object o;

	assert_int_equal(json_parse(&s->arena, str_of(json), 0, 64, v, NULL), FAIL_NONE);
	assert_int_equal(object_load(v, &o, NULL), FAIL_NONE);
	return o;
}

static void sim_init(struct sim *s, const char *team_spec)
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

static void sim_release(struct sim *s)
{
	plan_free((struct plan *)(uintptr_t)s->plan);
	arena_release(&s->arena);
}

/* --- the world ----------------------------------------------------------------------------- */

static const struct object *find(void *arg, enum kind kind, struct str namespace,
				 struct str name)
{
	struct sim *s = arg;

	(void)namespace;
	if (kind == KIND_TEAM && str_is(name, "t"))
		return &s->team;
	return kind == KIND_AGENT && !str_is(name, "missing") ? &s->agent : NULL;
}

static struct str no_fault(void *arg, const struct object *o)
{
	(void)arg;
	(void)o;
	return STR("");
}

static bool text(void *arg, struct str key, struct str *ret)
{
	struct sim *s = arg;

	*ret = STR("");
	for (size_t i = 0; i < s->text_count; i++)
		if (str_eq(s->keys[i], key))
			*ret = s->texts[i];
	return true;
}

static const struct plan *plan_of(void *arg, struct str json, struct why *why)
{
	struct sim *s = arg;
	struct plan *p;

	if (!s->plan && !plan_new(json, &limits_default, &p, why))
		s->plan = p;
	return s->plan;
}

static bool plan(void *arg, struct str key, const struct plan **ret, struct why *why)
{
	(void)key;
	(void)why;
	*ret = ((struct sim *)arg)->plan;
	return true;
}

/* --- what a commit says ---------------------------------------------------------------------- */

static struct str field(const struct str *argv, size_t n, const char *name)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		if (str_is(argv[i], name))
			return argv[i + 1];
	return STR("");
}

static void note_append(struct sim *s, struct str stream, const struct str *fields, size_t n)
{
	struct str kind, id;

	str_cut(stream, ':', &kind, NULL);
	s->said[s->said_count++] = arena_printf(
		&s->arena, "%.*s %.*s%s%.*s", STR_ARG(kind), STR_ARG(field(fields, n, "type")),
		field(fields, n, "step").len ? " " : "", STR_ARG(field(fields, n, "step")));
	id = field(fields, n, "task");
	if (str_is(kind, "tasks"))
		s->tasks[s->task_count++] = arena_str(&s->arena, id);
}

/* Reads the operations as the function library would. */
static void apply(struct sim *s, const struct commit *c)
{
	const struct str *argv = c->command.argv;

	for (size_t i = 7; i < c->command.argc; i++) {
		if (str_is(argv[i], "append")) {
			int64_t n;

			assert_true(str_to_i64(argv[i + 2], &n));
			note_append(s, argv[i + 1], &argv[i + 3], (size_t)n);
			i += 2 + (size_t)n;
		} else if (str_is(argv[i], "text")) {
			s->keys[s->text_count] = arena_str(&s->arena, argv[i + 1]);
			s->texts[s->text_count++] = arena_str(&s->arena, argv[i + 3]);
			i += 3;
		}
	}
}

/* One message, as ark-runner handles it: from the text of the state and back. */
static struct run tell(struct sim *s, struct message m)
{
	struct arena *a = &s->arena;
	struct world w = {.limits = &limits_default,
			  .full = s->full,
			  .object = find,
			  .fault = no_fault,
			  .text = text,
			  .plan = plan,
			  .plan_of = plan_of,
			  .arg = s};
	struct claim claim = {STR("runs"), STR("runner"), STR("me"), STR("1-0")};
	struct run run = {.attempt = 0};
	struct commit c;
	struct why why = {""};
	bool changed;

	m.id = arena_printf(a, "%zu-0", s->said_count + 1);
	m.at_ms = s->now_ms;
	m.namespace = STR("default");
	m.run = STR("r");
	if (s->state.len)
		assert_int_equal(run_decode(a, s->state, &run, &why), FAIL_NONE);
	commit_begin(&c, a, COMMIT, &claim);
	if (run_decide(a, &run, &m, &w, &c, &changed, &why))
		fail_msg("%s", why.text);
	if (changed) {
		s->state = run_encode(a, &run);
		apply(s, &c);
	} else {
		assert_int_equal(c.command.argc, 7); /* what changes nothing says nothing */
	}
	return run;
}

static struct run request(struct sim *s, const char *input)
{
	return tell(s, (struct message){.type = MSG_RUN_REQUESTED,
					.team = STR("t"),
					.input = str_of(input)});
}

static struct run finish(struct sim *s, struct str task, const char *output)
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

static size_t times_said(const struct sim *s, const char *what)
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
static const char diamond[] =
	"{" ROLES
	",\"pipeline\":[" STEP("a", "") "," STEP("b", ",\"dependsOn\":[\"a\"]") "," STEP(
		"c", ",\"dependsOn\":[\"a\"]") "," STEP("d",
							",\"dependsOn\":[\"b\",\"c\"]") "]}";
static const char three_at_once[] = "{" ROLES ",\"pipeline\":[" STEP("a", "") "," STEP(
	"b", "") "," STEP("c", "") "],\"output\":\"{{.steps.a.output}}{{.steps.b.output}}{{."
				   "steps.c.output}}\"}";

/* --- tests ------------------------------------------------------------------------------------- */

static void test_dependencies(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, diamond);
	r = request(&s, "{}");
	assert_int_equal(r.phase, RUN_RUNNING);
	assert_int_equal(s.task_count, 1);
	finish(&s, s.tasks[0], "A");
	assert_int_equal(s.task_count, 3);
	finish(&s, s.tasks[2], "C");
	assert_int_equal(s.task_count, 3);
	finish(&s, s.tasks[1], "B");
	assert_int_equal(s.task_count, 4);
	r = finish(&s, s.tasks[3], "D");
	assert_int_equal(r.phase, RUN_SUCCEEDED);
	assert_true(str_is(r.output.text, "D"));
	assert_int_equal(r.usage.input_tokens, 8);
	assert_int_equal(times_said(&s, "events run.succeeded"), 1);
	sim_release(&s);
}

/* Whatever order the answers come in, and however often, the run ends once and the same. */
static void test_all_orders_and_doubles(void **state)
{
	static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					 {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	static const char *const outputs[] = {"A", "B", "C"};

	(void)state;
	for (size_t o = 0; o < 6; o++) {
		struct sim s;
		struct run r = {.phase = RUN_LOOKING};

		sim_init(&s, three_at_once);
		request(&s, "{}");
		request(&s, "{}"); /* told twice: one run */
		assert_int_equal(s.task_count, 3);
		for (size_t i = 0; i < 3; i++) {
			finish(&s, s.tasks[orders[o][i]], outputs[orders[o][i]]);
			r = tell(&s,
				 (struct message){.type = MSG_RUN_REQUESTED, .team = STR("t")});
		}
		assert_int_equal(r.phase, RUN_SUCCEEDED);
		assert_true(str_is(r.output.text, "ABC"));
		assert_int_equal(times_said(&s, "run flow.completed"), 1);
		assert_int_equal(times_said(&s, "events run.succeeded"), 1);
		assert_int_equal(r.usage.output_tokens, 3);
		sim_release(&s);
	}
}

/* A second outcome of one task adds its usage and changes nothing else (SPEC 9.12). */
static void test_a_late_outcome(void **state)
{
	struct sim s;
	struct run r;
	size_t said;

	(void)state;
	sim_init(&s, diamond);
	request(&s, "{}");
	finish(&s, s.tasks[0], "A");
	said = s.said_count;
	r = finish(&s, s.tasks[0], "other");
	assert_int_equal(s.said_count, said);
	assert_true(str_is(r.steps[0].output.text, "A"));
	assert_int_equal(r.usage.input_tokens, 4);
	sim_release(&s);
}

static void test_failure_stops_the_rest(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, three_at_once);
	request(&s, "{}");
	r = finish(&s, s.tasks[1], NULL);
	assert_int_equal(r.phase, RUN_FAILED);
	assert_true(str_is(r.reason, "StepFailed"));
	assert_true(str_is(r.failed_step, "b"));
	assert_true(str_is(r.steps[1].reason, "AgentError"));
	assert_true(str_is(r.steps[0].reason, "Cancelled"));
	assert_int_equal(times_said(&s, "events run.failed"), 1);
	/* Retry: only what failed runs again. */
	r = tell(&s, (struct message){.type = MSG_RUN_RETRIED});
	assert_int_equal(r.phase, RUN_RUNNING);
	assert_int_equal(r.attempt, 2);
	assert_int_equal(s.task_count, 6);
	for (size_t i = 3; i < 6; i++)
		r = finish(&s, s.tasks[i], "x");
	assert_int_equal(r.phase, RUN_SUCCEEDED);
	assert_false(str_eq(s.tasks[0], s.tasks[3]));
	sim_release(&s);
}

static void test_timers(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, "{" ROLES ",\"timeoutSeconds\":5,\"pipeline\":[" STEP("a", "") "]}");
	request(&s, "{}");
	r = tell(&s, (struct message){.type = MSG_TIMER_FIRED,
				      .timer = STR("timeout|default.r||2")});
	assert_int_equal(r.phase, RUN_RUNNING); /* of another attempt */
	r = tell(&s, (struct message){.type = MSG_TIMER_FIRED,
				      .timer = STR("timeout|default.r||1")});
	assert_true(str_is(r.reason, "TimedOut"));
	assert_true(str_is(r.steps[0].reason, "TimedOut"));
	r = tell(&s, (struct message){.type = MSG_RUN_CANCELLED});
	assert_true(str_is(r.reason, "TimedOut"));
	sim_release(&s);
}

static void test_waiting_for_a_place(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, three_at_once);
	s.full = true;
	r = request(&s, "{}");
	assert_int_equal(r.phase, RUN_WAITING);
	assert_int_equal(s.task_count, 0);
	s.full = false;
	r = tell(&s, (struct message){.type = MSG_RUN_ADMITTED});
	assert_int_equal(r.phase, RUN_RUNNING);
	assert_int_equal(s.task_count, 3);
	sim_release(&s);
}

static void test_verdicts(void **state)
{
	static const struct {
		const char *judgement;
		bool good;
		const char *message;
	} cases[] = {
		{"VALID", true, ""},
		{"valid.", true, ""},
		{"It is VALID indeed", true, ""},
		{"INVALID: too long\nmore", false, "too long"},
		{"invalid", false, "no reason given"},
		{"VALID? No: INVALID  rude", false, "rude"},
		{"Valido", false, "no verdict: Valido"},
		{"who knows", false, "no verdict: who knows"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sim s;
		struct run r;

		sim_init(&s, "{" ROLES ",\"pipeline\":[" STEP(
				     "a", ",\"validate\":{\"semantic\":\"c\"}") "]}");
		request(&s, "{}");
		r = finish(&s, s.tasks[0], "text");
		assert_int_equal(r.steps[0].phase, STEP_VALIDATING);
		r = finish(&s, s.tasks[1], cases[i].judgement);
		assert_int_equal(r.phase, cases[i].good ? RUN_SUCCEEDED : RUN_FAILED);
		assert_true(str_is(r.steps[0].validation_message, cases[i].message));
		sim_release(&s);
	}
}

static void test_loop_limit(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s,
		 "{" ROLES ",\"pipeline\":[" STEP(
			 "a", ",\"loop\":{\"condition\":\"yes\",\"maxIterations\":3}") "]}");
	r = request(&s, "{}");
	for (size_t i = 0; i < 3; i++)
		r = finish(&s, s.tasks[i], "x");
	assert_int_equal(r.phase, RUN_SUCCEEDED);
	assert_int_equal(r.steps[0].iterations, 3);
	assert_int_equal(s.task_count, 3);
	assert_int_equal(times_said(&s, "events run.noted a"), 1);
	sim_release(&s);
}

/* Without a living worker a queued step waits for a limited time (SPEC 10.2). */
static void test_warm_up(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, three_at_once);
	r = request(&s, "{}");
	assert_int_equal(r.steps[1].phase, STEP_WARMING_UP);
	r = tell(&s, (struct message){.type = MSG_TASK_STARTED,
				      .step = STR("a"),
				      .task = s.tasks[0],
				      .worker = STR("w")});
	assert_int_equal(r.steps[0].phase, STEP_RUNNING);
	r = tell(&s, (struct message){.type = MSG_TIMER_FIRED,
				      .timer = STR("warmup|default.r|a|1")});
	assert_int_equal(r.phase, RUN_RUNNING); /* it is being worked on */
	r = tell(&s, (struct message){.type = MSG_TIMER_FIRED,
				      .timer = STR("warmup|default.r|b|1")});
	assert_true(str_is(r.steps[1].reason, "AgentNotReady"));
	assert_int_equal(r.phase, RUN_FAILED);
	sim_release(&s);
}

static void test_missing_agent(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s,
		 "{\"roles\":[{\"name\":\"a\",\"arkAgent\":\"missing\"}],\"pipeline\":[" STEP(
			 "a", "") "]}");
	r = request(&s, "{}");
	assert_int_equal(r.phase, RUN_FAILED);
	assert_true(str_is(r.steps[0].reason, "AgentNotFound"));
	sim_release(&s);
}

/* The state comes back from its JSON as it went. */
static void test_state_round_trip(void **state)
{
	struct sim s;
	struct run r, back;

	(void)state;
	sim_init(&s, diamond);
	request(&s, "{\"topic\":\"x\"}");
	r = finish(&s, s.tasks[0], "A");
	assert_int_equal(run_decode(&s.arena, s.state, &back, NULL), FAIL_NONE);
	assert_true(str_eq(run_encode(&s.arena, &back), s.state));
	assert_int_equal(back.step_count, r.step_count);
	assert_int_equal(
		run_decode(&s.arena, STR("{\"version\":99,\"steps\":[]}"), &back, NULL),
		FAIL_INPUT);
	assert_int_equal(run_decode(&s.arena, STR("[]"), &back, NULL), FAIL_INPUT);
	sim_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dependencies),
		cmocka_unit_test(test_all_orders_and_doubles),
		cmocka_unit_test(test_a_late_outcome),
		cmocka_unit_test(test_failure_stops_the_rest),
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_waiting_for_a_place),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_loop_limit),
		cmocka_unit_test(test_warm_up),
		cmocka_unit_test(test_missing_agent),
		cmocka_unit_test(test_state_round_trip),
	};

	return cmocka_run_group_tests_name("run_decide", tests, NULL, NULL);
}
