#include "runner/rescue.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/memo.h"
#include "process/log.h"
#include "stream/keys.h"

enum {
	TOLD_AGENTS = 4096, /* of which is known what was told; of more it is told again */
	TOLD_AT_ONCE = 256, /* tasks in one call */
};

static const struct str nothing_told = STR_INIT("0-0");

struct rescue {
	struct redis *commands;
	struct memo *told; /* by agent: id of the last entry that was told, a C string */
	struct metric *queued_again;
};

/* One agent's queue, while calls about it are under way. */
struct job {
	struct rescue *rescue;
	struct arena arena;
	struct str agent, dead, sign;
	bool for_good;
};

static struct job *job_new(struct rescue *r, struct str agent)
{
	struct job *j = xcalloc(1, sizeof(*j));

	j->rescue = r;
	j->agent = arena_str(&j->arena, agent);
	return j;
}

static void job_free(struct job *j)
{
	arena_release(&j->arena);
	free(j);
}

static struct command call(struct job *j, const char *function)
{
	struct command c = command_begin(&j->arena, "FCALL");

	command_adds(&c, function);
	command_addi(&c, 0);
	return c;
}

static struct command call_stream(struct job *j, const char *function)
{
	struct command c = call(j, function);

	command_add(&c, arena_printf(&j->arena, "tasks:%.*s", STR_ARG(j->agent)));
	command_adds(&c, GROUP_AGENTS);
	return c;
}

/* --- what a dead worker holds --------------------------------------------------------------------- */

static void send_requeue(struct job *j);

static void bury(struct job *j)
{
	struct command c = call(j, "ark_1_bury");

	command_adds(&c, GROUP_AGENTS);
	command_add(&c, j->dead);
	command_add(&c, j->sign);
	redis_send(j->rescue->commands, &c, NULL, NULL);
}

static void count(struct job *j, int64_t entries)
{
	struct str namespace, agent;

	if (!entries)
		return;
	str_cut(j->agent, '.', &namespace, &agent);
	metric_add(metric_at(j->rescue->queued_again, LABELS(namespace, agent)),
		   (double)entries);
	log_info("tasks of a dead worker are queued again", LOG_STR("worker", j->dead),
		 LOG_STR("namespace", namespace), LOG_STR("agent", agent),
		 LOG_INT("tasks", entries));
}

static void on_requeued(void *arg, const struct reply *r)
{
	struct job *j = arg;
	const struct reply *items;
	struct str word, left = STR("");
	int64_t entries = 0;
	struct why why;
	size_t n;
	enum fail f = reply_array(r, 1, 3, &items, &n, &why);

	if (!f)
		f = reply_text(&items[0], &word, &why);
	if (!f && n == 3)
		f = reply_integer(&items[1], &entries, &why);
	if (!f && n == 3)
		f = reply_text(&items[2], &left, &why);
	if (f && r)
		log_warn("tasks of a dead worker stay where they are",
			 LOG_STR("worker", j->dead), LOG_STR("agent", j->agent), LOG_WHY(&why));
	count(j, entries);
	if (str_is(left, "more")) {
		send_requeue(j);
		return;
	}
	if (left.len && j->for_good)
		bury(j);
	job_free(j);
}

static void send_requeue(struct job *j)
{
	struct command c = call_stream(j, "ark_1_requeue");

	command_add(&c, j->dead);
	command_add(&c, j->sign);
	command_addi(&c, LIMIT_TAKEOVER_ENTRIES);
	redis_send(j->rescue->commands, &c, on_requeued, j);
}

void rescue_from(struct rescue *r, struct str agent, const struct roll_member *dead,
		 bool for_good)
{
	struct job *j = job_new(r, agent);

	j->dead = arena_str(&j->arena, dead->name);
	j->sign = arena_str(&j->arena, dead->sign);
	j->for_good = for_good;
	send_requeue(j);
}

/* --- who waits ------------------------------------------------------------------------------------- */

static void send_waiting(struct job *j);

static void on_told(void *arg, const struct reply *r)
{
	struct job *j = arg;
	struct memo *told = j->rescue->told;
	struct str id;
	int64_t n = 0;
	struct why why;
	enum fail f = reply_text(reply_item(r, 0), &id, &why);

	if (!f)
		f = reply_integer(reply_item(r, 1), &n, &why);
	if (!f)
		memo_put(told, j->agent, xstrndup(id));
	else if (r)
		log_warn("tasks that wait cannot be told", LOG_STR("agent", j->agent),
			 LOG_WHY(&why));
	if (n == TOLD_AT_ONCE)
		send_waiting(j);
	else
		job_free(j);
}

static void send_waiting(struct job *j)
{
	struct command c = call_stream(j, "ark_1_waiting");
	const char *told = memo_get(j->rescue->told, j->agent);

	command_add(&c, told ? str_of(told) : nothing_told);
	command_addi(&c, TOLD_AT_ONCE);
	redis_send(j->rescue->commands, &c, on_told, j);
}

void rescue_tell(struct rescue *r, struct str agent)
{
	send_waiting(job_new(r, agent));
}

void rescue_served(struct rescue *r, struct str agent)
{
	if (memo_get(r->told, agent))
		memo_put(r->told, agent, xstrndup(nothing_told));
}

/* --- life ------------------------------------------------------------------------------------------- */

struct rescue *rescue_new(struct redis *commands, struct metrics *metrics)
{
	struct rescue *r = xmalloc(sizeof(*r));

	r->commands = commands;
	r->told = memo_new(TOLD_AGENTS, free);
	r->queued_again = metrics_counter(metrics, "ark_tasks_queued_again_total",
					  "Tasks of dead workers that were queued again.",
					  "namespace agent");
	return r;
}

void rescue_free(struct rescue *r)
{
	if (!r)
		return;
	memo_free(r->told);
	free(r);
}
