#include "runner/sweep.h"

#include <event2/event.h>
#include <stdlib.h>

#include "kinds/object.h"
#include "process/clock.h"
#include "process/log.h"
#include "process/metrics.h"
#include "runs/run.h"
#include "stream/commit.h"
#include "stream/keys.h"

enum {
	SWEEP_EVERY_MS = 5000,
	SWEEP_BATCH =
		100, /* runs in one go; when there were more, the next go follows at once */
};

struct sweep {
	struct redis *commands;
	const struct limits *limits;
	struct event *timer;
	struct arena batch;
	struct series *swept, *over;
	unsigned turn; /* answers to an older one are dropped */
	unsigned due;  /* answers of this one */
	bool more;     /* it found a whole batch */
	bool up;
};

struct step {
	struct sweep *sweep;
	unsigned turn;
	struct str run; /* <namespace>.<run>, in the batch */
};

static struct step *step_new(struct sweep *s, struct str run)
{
	struct step *t = xmalloc(sizeof(*t));

	*t = (struct step){s, s->turn, run};
	s->due++;
	return t;
}

static bool step_begin(struct step *t, struct step *ret)
{
	*ret = *t;
	free(t);
	return ret->turn == ret->sweep->turn;
}

static void arm(struct sweep *s, int64_t ms)
{
	const struct timeval tv = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};

	event_add(s->timer, &tv);
}

/* Whoever handles an answer of this turn ends with this. */
static void step_end(struct sweep *s)
{
	if (--s->due == 0)
		arm(s, s->more ? 0 : SWEEP_EVERY_MS);
}

static void drop_text(struct commit *c, const struct kept_text *t)
{
	if (t->key.len)
		commit_drop(c, t->key);
}

static void on_forgotten(void *arg, const struct commit_result *r)
{
	struct step t;

	if (!step_begin(arg, &t))
		return;
	if (r->verdict == COMMITTED)
		metric_add(t.sweep->swept, 1);
	else
		t.sweep->more = false; /* not at once: Redis is away, or the run goes on */
	step_end(t.sweep);
}

/* Everything that belongs to the run. Its plan is shared and expires by itself. */
static void forget_run(struct sweep *s, struct str id, struct str key, uint64_t version,
		       const struct run *r)
{
	struct str namespace, name;
	struct commit c;

	commit_begin(&c, &s->batch, COMMIT, NULL);
	if (version)
		commit_forget(&c, key, version);
	commit_unindex(&c, STR(KEY_RUNS_ENDED), id);
	commit_drop(&c, arena_printf(&s->batch, "run:%.*s", STR_ARG(id)));
	commit_drop(&c, arena_printf(&s->batch, "account:run:%.*s", STR_ARG(id)));
	commit_drop(&c, arena_printf(&s->batch, "usage:run:%.*s", STR_ARG(id)));
	commit_drop(&c, arena_printf(&s->batch, "unpriced:%.*s", STR_ARG(id)));
	if (str_cut(id, '.', &namespace, &name))
		commit_drop(&c, key_object(&s->batch, kind_name(KIND_RUN), namespace, name));
	if (r) {
		drop_text(&c, &r->input);
		drop_text(&c, &r->output);
	}
	for (size_t i = 0; r && i < r->step_count; i++) {
		drop_text(&c, &r->steps[i].prompt);
		drop_text(&c, &r->steps[i].candidate);
		drop_text(&c, &r->steps[i].output);
	}
	commit_send(&c, s->commands, on_forgotten, step_new(s, id));
}

static void on_state(void *arg, const struct reply *reply)
{
	struct step t;
	struct sweep *s;
	struct str version, data, key;
	struct run r;
	uint64_t v = 0;

	if (!step_begin(arg, &t))
		return;
	s = t.sweep;
	key = arena_printf(&s->batch, "run-state:%.*s", STR_ARG(t.run));
	if (reply_check(reply, NULL))
		s->more = false;
	else if (reply_text(reply_item(reply, 0), &version, NULL) || !str_to_u64(version, &v) ||
		 reply_text(reply_item(reply, 1), &data, NULL))
		forget_run(s, t.run, key, 0, NULL);
	else if (run_decode(&s->batch, arena_str(&s->batch, data), &r, NULL))
		forget_run(s, t.run, key, v, NULL);
	else if (run_is_terminal(&r))
		forget_run(s, t.run, key, v, &r);
	step_end(s);
}

static void on_ended(void *arg, const struct reply *reply)
{
	const struct reply *ids;
	struct step t;
	struct sweep *s;
	size_t n;

	if (!step_begin(arg, &t))
		return;
	s = t.sweep;
	if (reply_array(reply, 0, SWEEP_BATCH, &ids, &n, NULL))
		n = 0;
	s->more = s->more || n == SWEEP_BATCH;
	for (size_t i = 0; i < n; i++) {
		struct str id = arena_str(&s->batch, ids[i].text);
		struct command c = command_begin(&s->batch, "HMGET");

		command_add(&c, key_full(&s->batch, arena_printf(&s->batch, "run-state:%.*s",
								 STR_ARG(id))));
		command_adds(&c, "v");
		command_adds(&c, "d");
		redis_send(s->commands, &c, on_state, step_new(s, id));
	}
	step_end(s);
}

static void send_old(struct sweep *s)
{
	struct command c = command_begin(&s->batch, "ZRANGEBYSCORE");

	command_add(&c, key_full(&s->batch, STR(KEY_RUNS_ENDED)));
	command_adds(&c, "-inf");
	command_addi(&c, process_now_ms() - s->limits->output_retention_ms);
	command_adds(&c, "LIMIT");
	command_addi(&c, 0);
	command_addi(&c, SWEEP_BATCH);
	redis_send(s->commands, &c, on_ended, step_new(s, STR("")));
}

static void send_over(struct sweep *s, int64_t over)
{
	struct command c = command_begin(&s->batch, "ZRANGE");

	command_add(&c, key_full(&s->batch, STR(KEY_RUNS_ENDED)));
	command_addi(&c, 0);
	command_addi(&c, over < SWEEP_BATCH ? over - 1 : SWEEP_BATCH - 1);
	redis_send(s->commands, &c, on_ended, step_new(s, STR("")));
}

static void on_count(void *arg, const struct reply *reply)
{
	struct step t;
	struct sweep *s;
	int64_t count;

	if (!step_begin(arg, &t))
		return;
	s = t.sweep;
	if (!reply_integer(reply, &count, NULL)) {
		count -= s->limits->ended_runs;
		metric_set(s->over, count > 0 ? (double)count : 0);
		if (count > 0)
			send_over(s, count);
	}
	step_end(s);
}

static void send_trim(struct sweep *s, const char *stream, int64_t keep_ms)
{
	struct command c = command_begin(&s->batch, "FCALL");

	command_adds(&c, "ark_1_trim_facts");
	command_addi(&c, 0);
	command_adds(&c, stream);
	command_addi(&c, keep_ms);
	command_addi(&c, LIMIT_FACTS_KEPT);
	redis_send(s->commands, &c, NULL, NULL);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct sweep *s = arg;
	struct command c;

	(void)fd;
	(void)what;
	if (!s->up)
		return;
	s->turn++;
	s->due = 0;
	s->more = false;
	arena_reset(&s->batch);
	send_old(s);
	c = command_begin(&s->batch, "ZCARD");
	command_add(&c, key_full(&s->batch, STR(KEY_RUNS_ENDED)));
	redis_send(s->commands, &c, on_count, step_new(s, STR("")));
	send_trim(s, STREAM_EVENTS, LIMIT_FACTS_RETENTION_MS);
	send_trim(s, STREAM_OBJECTS, LIMIT_FACTS_RETENTION_MS);
	send_trim(s, STREAM_DEAD, s->limits->notify_dead_letter_retention_ms); /* the longest */
}

struct sweep *sweep_new(struct event_base *base, struct redis *commands,
			const struct limits *limits, struct metrics *metrics)
{
	struct sweep *s = xmalloc(sizeof(*s));

	s->commands = commands;
	s->limits = limits;
	s->timer = event_new(base, -1, 0, on_timer, s);
	s->swept =
		metric_only(metrics_counter(metrics, "ark_runs_swept_total",
					    "Records of ended runs that were removed.", NULL));
	s->over = metric_only(metrics_gauge(metrics, "ark_runs_to_sweep",
					    "Ended runs beyond ARK_MAX_ENDED_RUNS.", NULL));
	return s;
}

void sweep_free(struct sweep *s)
{
	if (!s)
		return;
	event_free(s->timer);
	arena_release(&s->batch);
	free(s);
}

void sweep_up(struct sweep *s)
{
	s->up = true;
	arm(s, SWEEP_EVERY_MS);
}

void sweep_down(struct sweep *s)
{
	s->up = false;
	s->turn++;
	event_del(s->timer);
}
