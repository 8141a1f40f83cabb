/* SPEC 10.2: a queued task waits for a worker of its agent for a limited time, whatever it is for. */
#include "sim.h"

static const char one_step[] = "{" ROLES ",\"pipeline\":[" STEP("a", "") "]}";
static const char checked_step[] =
	"{" ROLES ",\"pipeline\":[" STEP("a", ",\"outputSchema\":{\"type\":\"object\"},"
					      "\"validate\":{\"semantic\":\"good\","
					      "\"onFailure\":\"retry\"}") "]}";
static const char loop_step[] =
	"{" ROLES ",\"pipeline\":[" STEP("a", ",\"loop\":{\"condition\":\"yes\"}") "]}";

static struct run started(struct sim *s)
{
	return tell(s, (struct message){.type = MSG_TASK_STARTED,
					.step = STR("a"),
					.task = s->tasks[s->task_count - 1],
					.worker = STR("w")});
}

static struct run waits(struct sim *s, struct str task)
{
	return tell(s,
		    (struct message){.type = MSG_TASK_WAITING, .step = STR("a"), .task = task});
}

/* The timer fires, as Redis would have it: once. */
static struct run fires(struct sim *s, const char *timer)
{
	timer_drop(s, str_of(timer));
	return tell(s, (struct message){.type = MSG_TIMER_FIRED, .timer = str_of(timer)});
}

static void with_a_worker_alive_there_is_no_timer(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, one_step);
	r = request(&s, "{}");
	assert_int_equal(r.steps[0].phase, STEP_WARMING_UP);
	assert_int_equal(s.timer_count, 0);
	r = fires(&s, "warmup|default.r|a|1"); /* of another release, perhaps */
	assert_int_equal(r.phase, RUN_RUNNING);
	sim_release(&s);
}

static void without_one_the_step_fails_in_the_end(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, one_step);
	s.lonely = true;
	request(&s, "{}");
	assert_true(timer_is_set(&s, "warmup|default.r|a|1"));
	r = fires(&s, "warmup|default.r|a|2"); /* not this execution */
	assert_int_equal(r.phase, RUN_RUNNING);
	r = fires(&s, "warmup|default.r|a|1");
	assert_int_equal(r.phase, RUN_FAILED);
	assert_true(str_is(r.steps[0].reason, "AgentNotReady"));
	assert_int_equal(s.timer_count, 0);
	sim_release(&s);
}

static void who_takes_it_stops_the_timer(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, one_step);
	s.lonely = true;
	request(&s, "{}");
	r = started(&s);
	assert_int_equal(r.steps[0].phase, STEP_RUNNING);
	assert_int_equal(s.timer_count, 0);
	r = fires(&s, "warmup|default.r|a|1"); /* it was on its way already */
	assert_int_equal(r.phase, RUN_RUNNING);
	r = finish(&s, s.tasks[0], "A");
	assert_int_equal(r.phase, RUN_SUCCEEDED);
	sim_release(&s);
}

static void an_answer_and_an_end_stop_it_too(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	for (int cancelled = 0; cancelled < 2; cancelled++) {
		sim_init(&s, one_step);
		s.lonely = true;
		request(&s, "{}");
		r = cancelled ? tell(&s, (struct message){.type = MSG_RUN_CANCELLED})
			      : finish(&s, s.tasks[0], "A");
		assert_true(run_is_terminal(&r));
		assert_int_equal(s.timer_count, 0);
		sim_release(&s);
	}
}

/* The agent has a pod by now: the task only waits for its turn. */
static void it_may_wait_for_a_busy_worker(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, one_step);
	s.lonely = true;
	request(&s, "{}");
	s.lonely = false;
	r = fires(&s, "warmup|default.r|a|1");
	assert_int_equal(r.phase, RUN_RUNNING);
	assert_int_equal(s.timer_count, 0);
	s.lonely = true; /* the last worker went away */
	waits(&s, s.tasks[0]);
	assert_true(timer_is_set(&s, "warmup|default.r|a|1"));
	r = fires(&s, "warmup|default.r|a|1");
	assert_true(str_is(r.steps[0].reason, "AgentNotReady"));
	sim_release(&s);
}

static void what_was_begun_waits_again_when_its_worker_died(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, one_step);
	request(&s, "{}");
	r = started(&s);
	assert_true(r.steps[0].start_ms > 0);
	r = waits(&s, STR("default.r/a/7")); /* another execution */
	assert_int_equal(r.steps[0].phase, STEP_RUNNING);
	r = waits(&s, s.tasks[0]);
	assert_int_equal(r.steps[0].phase, STEP_WARMING_UP);
	assert_int_equal(r.steps[0].worker.len, 0);
	assert_int_equal(s.timer_count, 1);
	waits(&s, s.tasks[0]); /* by another ark-runner: it does not begin anew */
	assert_int_equal(s.timer_count, 1);
	r = started(&s);
	assert_int_equal(r.steps[0].phase, STEP_RUNNING);
	assert_int_equal(s.timer_count, 0);
	r = finish(&s, s.tasks[0], "A");
	assert_int_equal(r.phase, RUN_SUCCEEDED);
	r = waits(&s, s.tasks[0]);
	assert_int_equal(r.phase, RUN_SUCCEEDED);
	sim_release(&s);
}

/* Repair, judgement and re-run: each is a task, and may find that its agent has gone. */
static void every_task_of_a_step_has_it(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, checked_step);
	request(&s, "{}");
	s.lonely = true;
	r = finish(&s, s.tasks[0], "not JSON");
	assert_int_equal(r.steps[0].kind, TASK_REPAIR);
	assert_int_equal(r.steps[0].phase, STEP_WARMING_UP);
	assert_true(timer_is_set(&s, "warmup|default.r|a|2"));
	r = finish(&s, s.tasks[1], "{}");
	assert_int_equal(r.steps[0].kind, TASK_VALIDATE);
	assert_int_equal(r.steps[0].phase, STEP_WARMING_UP);
	assert_true(timer_is_set(&s, "warmup|default.r|a|3"));
	r = started(&s);
	assert_int_equal(r.steps[0].phase, STEP_VALIDATING);
	r = finish(&s, s.tasks[2], "INVALID: bad");
	assert_int_equal(r.steps[0].reruns, 1);
	assert_true(timer_is_set(&s, "warmup|default.r|a|4"));
	assert_int_equal(s.timer_count, 1);
	r = fires(&s, "warmup|default.r|a|4");
	assert_true(str_is(r.steps[0].reason, "AgentNotReady"));
	sim_release(&s);
}

static void so_has_every_turn_of_a_loop_and_every_attempt(void **state)
{
	struct sim s;
	struct run r;

	(void)state;
	sim_init(&s, loop_step);
	request(&s, "{}");
	s.lonely = true;
	finish(&s, s.tasks[0], "A");
	assert_true(timer_is_set(&s, "warmup|default.r|a|2"));
	r = fires(&s, "warmup|default.r|a|2");
	assert_int_equal(r.phase, RUN_FAILED);
	tell(&s, (struct message){.type = MSG_RUN_RETRIED});
	assert_true(timer_is_set(&s, "warmup|default.r|a|3"));
	sim_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_a_worker_alive_there_is_no_timer),
		cmocka_unit_test(without_one_the_step_fails_in_the_end),
		cmocka_unit_test(who_takes_it_stops_the_timer),
		cmocka_unit_test(an_answer_and_an_end_stop_it_too),
		cmocka_unit_test(it_may_wait_for_a_busy_worker),
		cmocka_unit_test(what_was_begun_waits_again_when_its_worker_died),
		cmocka_unit_test(every_task_of_a_step_has_it),
		cmocka_unit_test(so_has_every_turn_of_a_loop_and_every_attempt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
