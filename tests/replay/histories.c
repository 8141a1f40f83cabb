/*
 * Random histories of runs: the decisions of ark-runner, as they are, in a world that is simulated.
 *
 *	histories [--seconds N] [--seed N] [--count N] [--mutant pending|version|ack|once|places]
 *
 * Several runners, workers and callers take turns in an order that a seed decides. Between any two turns one of them
 * crashes or stands still, a commit gets lost, or its answer, or it is carried out long after its connection died; the
 * clock jumps. Then the faults end, what is left is worked off, and what the store holds is compared with what was
 * promised (DESIGN 2, 3). A history that went wrong prints its seed; --seed N tells it again, turn by turn.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "history.h"
#include "runs/run_admit.h"
#include "stream/keys.h"

/* --- chance ------------------------------------------------------------------------------------------------------ */

static uint64_t draw(struct history *h, uint64_t n)
{
	uint64_t z = h->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % n;
}

static bool chance(struct history *h, unsigned per_mille)
{
	return draw(h, 1000) < per_mille;
}

#define TELL(h, ...)                                                                           \
	((h)->tells ? (void)(printf("%8" PRId64 "  ", (h)->store.now_ms % 10000000),           \
			     printf(__VA_ARGS__), putchar('\n'))                               \
		    : (void)0)

static const char *verdict_name(enum store_verdict v)
{
	switch (v) {
	case STORE_OK: return "ok";
	case STORE_LOST: return "lost";
	case STORE_CONFLICT: return "conflict";
	case STORE_FULL: return "full";
	case STORE_EXISTS: return "exists";
	}
	return "?";
}

/* --- what may happen to a commit --------------------------------------------------------------------------------- */

enum outcome { ANSWERED, UNANSWERED };

static enum store_verdict carry_out(struct history *h, const struct flight *f)
{
	return store_commit(&h->store, &f->commit, f->holder, f->of, f->entry);
}

static enum outcome send(struct history *h, const struct flight *f, enum store_verdict *ret)
{
	if (h->faults && chance(h, 15)) {
		TELL(h, "%d: its commit gets lost", f->holder);
		return UNANSWERED;
	}
	if (h->faults && h->late_count < LATE && chance(h, 20)) {
		h->late[h->late_count] = *f;
		h->late[h->late_count++].at_ms = h->store.now_ms + (int64_t)draw(h, 6000);
		TELL(h, "%d: its commit will be late", f->holder);
		return UNANSWERED;
	}
	*ret = carry_out(h, f);
	if (h->faults && chance(h, 20)) {
		TELL(h, "%d: %s, but the answer gets lost", f->holder, verdict_name(*ret));
		return UNANSWERED;
	}
	return ANSWERED;
}

static void carry_out_late(struct history *h)
{
	for (size_t i = 0; i < h->late_count; i++) {
		enum store_verdict v;

		if (h->late[i].at_ms > h->store.now_ms)
			continue;
		v = carry_out(h, &h->late[i]);
		TELL(h, "%d: a late commit: %s", h->late[i].holder, verdict_name(v));
		h->late[i--] = h->late[--h->late_count];
	}
}

/* --- runners ------------------------------------------------------------------------------------------------------- */

static struct cached *cached(struct actor *r, struct str key)
{
	for (size_t i = 0; i < r->cached; i++)
		if (str_eq(r->cache[i].key, key))
			return &r->cache[i];
	return NULL;
}

static struct cached *load(struct history *h, struct actor *r, struct str key)
{
	const struct store_pair *p = store_find(&h->store.states, key);
	struct cached *c = cached(r, key);

	if (c)
		return c; /* however old it is */
	c = &r->cache[r->cached < CACHED ? r->cached++ : draw(h, CACHED)];
	*c = (struct cached){key, p ? p->value : STR(""), p ? (uint64_t)p->number : 0};
	return c;
}

static void forget(struct actor *r, struct str key)
{
	struct cached *c = cached(r, key);

	if (c)
		*c = r->cache[--r->cached];
}

/* Reads new entries, or takes over idle ones; after a lost answer first what is pending for it. */
static void take(struct history *h, struct actor *a, struct store_stream *from, bool steals)
{
	struct store *s = &h->store;

	a->at = a->count = 0;
	for (size_t i = 0; i < from->next && a->count < BATCH; i++) {
		struct store_entry *e = &from->entries[i];
		bool mine = e->holder == a->holder;
		bool idle =
			steals ? s->now_ms - e->delivered_ms >= INT64_C(1000)
									<< (e->deliveries - 1)
			       : e->holder >= 0 && s->now_ms - h->seen_ms[e->holder] > LEASE_MS;

		if (e->holder < 0 || !(mine || idle))
			continue;
		if (!mine || idle)
			e->deliveries++;
		e->holder = a->holder;
		e->delivered_ms = s->now_ms;
		a->batch[a->count++] = i;
	}
	while (!a->count || (a->count < BATCH && chance(h, 500))) {
		if (from->next == from->count)
			return;
		from->entries[from->next].holder = a->holder;
		from->entries[from->next].delivered_ms = s->now_ms;
		from->entries[from->next].deliveries = 1;
		a->batch[a->count++] = from->next++;
	}
}

static struct str run_of(const struct message *m)
{
	struct str rest = m->timer, run = m->run, namespace;

	if (m->type == MSG_TIMER_FIRED)
		PROMISE(str_next(&rest, '|', &run) && str_next(&rest, '|', &run) &&
			str_cut(run, '.', &namespace, &run));
	return run;
}

static void decide(struct history *h, struct actor *r)
{
	struct store *s = &h->store;
	struct store_entry *e = &s->runs.entries[r->batch[r->at]];
	struct claim claim = {STR(STREAM_RUNS), STR(GROUP_RUNNER), STR("runner"), e->id};
	struct world w = world_of(s, &h->limits, r->full);
	struct run run = {.attempt = 0};
	struct cached *state;
	struct message m;
	struct why why;
	bool changed;

	if (message_decode(e->id, e->pairs, e->count, &m, &why)) {
		WRONG(h, "an entry cannot be read: %s", why.text);
		return;
	}
	r->key = key_run_state(s->arena, STR("n"), run_of(&m));
	state = load(h, r, r->key);
	r->version = state->version;
	r->data = STR("");
	commit_begin(&r->flight.commit, s->arena, COMMIT, &claim);
	if ((state->version && run_decode(s->arena, state->data, &run, &why)) ||
	    run_decide(s->arena, &run, &m, &w, &r->flight.commit, &changed, &why)) {
		WRONG(h, "a decision is refused: %s", why.text);
		return;
	}
	if (changed) {
		r->data = run_encode(s->arena, &run);
		commit_state(&r->flight.commit, r->key, r->version, r->data);
	} else {
		commit_check(&r->flight.commit, r->key, r->version);
	}
	r->flight.of = &s->runs;
	r->flight.entry = r->batch[r->at];
	r->flight.holder = r->holder;
	r->deciding = true;
}

static void runner_turn(struct history *h, struct actor *r)
{
	enum store_verdict v = STORE_OK;

	if (r->at == r->count) {
		if (chance(h, 300))
			store_fire(&h->store);
		take(h, r, &h->store.runs, true);
		return;
	}
	if (!r->deciding) {
		decide(h, r);
		return;
	}
	r->deciding = false;
	if (send(h, &r->flight, &v) == UNANSWERED) {
		r->count = r->at = r->cached = 0; /* it takes up again what is pending for it */
		return;
	}
	TELL(h, "runner %d, entry %zu, version %" PRIu64 ": %s", r->holder, r->flight.entry,
	     r->version, verdict_name(v));
	forget(r, r->key);
	r->full = v == STORE_FULL;
	if (v == STORE_OK && r->data.len && chance(h, 800)) {
		struct cached *c = load(h, r, r->key);

		*c = (struct cached){r->key, r->data, r->version + 1};
	}
	if (v == STORE_OK || v == STORE_LOST)
		r->at++;
}

/* --- workers -------------------------------------------------------------------------------------------------------- */

static void finish(struct history *h, struct actor *w, const struct message *task)
{
	struct store *s = &h->store;
	bool fails = h->fails && chance(h, 100);
	struct claim claim = {STR("tasks:n.x"), STR(GROUP_AGENTS), STR("worker"), task->id};
	struct message m = {.type = MSG_TASK_FINISHED,
			    .cause = task->id,
			    .namespace = task->namespace,
			    .run = task->run,
			    .step = task->step,
			    .task = task->task,
			    .outcome = fails ? STR("failed") : STR("succeeded"),
			    .output = task->step,
			    .reason = fails ? STR("AgentError") : str_n(NULL, 0),
			    .input_tokens = 1};

	commit_begin(&w->flight.commit, s->arena, COMMIT, &claim);
	commit_append(&w->flight.commit, STR(STREAM_RUNS), &m);
	w->flight.of = &s->tasks;
	w->flight.entry = w->batch[w->at];
	w->flight.holder = w->holder;
	w->deciding = true;
}

static void worker_turn(struct history *h, struct actor *w)
{
	struct store_entry *e;
	enum store_verdict v = STORE_OK;
	struct message m;
	struct why why;

	if (w->at == w->count) {
		take(h, w, &h->store.tasks, false);
		return;
	}
	e = &h->store.tasks.entries[w->batch[w->at]];
	if (!w->deciding) {
		if (message_decode(e->id, e->pairs, e->count, &m, &why))
			WRONG(h, "a task cannot be read: %s", why.text);
		else
			finish(h, w, &m);
		return;
	}
	w->deciding = false;
	if (send(h, &w->flight, &v) == UNANSWERED) {
		w->count = w->at = 0;
		return;
	}
	TELL(h, "worker %d, task %zu: %s", w->holder, w->flight.entry, verdict_name(v));
	w->at++;
}

/* --- callers --------------------------------------------------------------------------------------------------------- */

static void ask(struct history *h, size_t i)
{
	struct store *s = &h->store;
	struct run_admission r = {.namespace = STR("n"),
				  .name = arena_str(s->arena, str_of(h->runs[i].name)),
				  .team = str_of(world_team(h->runs[i].team)),
				  .token = STR("t"),
				  .by = STR("gateway"),
				  .now_ms = s->now_ms};
	struct flight f = {.holder = -1};
	enum store_verdict v = STORE_OK;

	commit_begin(&f.commit, s->arena, ADMIT, NULL);
	run_admit(&f.commit, &r, 1, 0);
	if (send(h, &f, &v) == ANSWERED)
		h->runs[i].answered = true; /* exists: an earlier try was carried out */
	TELL(h, "%s is asked for%s", h->runs[i].name,
	     h->runs[i].answered ? ", and promised" : "");
}

static void cancel(struct history *h, size_t i)
{
	struct message m = {.type = MSG_RUN_CANCELLED,
			    .namespace = STR("n"),
			    .run = arena_str(h->store.arena, str_of(h->runs[i].name)),
			    .by = STR("gateway")};
	struct flight f = {.holder = -1};

	commit_begin(&f.commit, h->store.arena, COMMIT, NULL);
	commit_append(&f.commit, STR(STREAM_RUNS), &m);
	h->runs[i].cancelled = true;
	(void)carry_out(h, &f);
	TELL(h, "%s is cancelled", h->runs[i].name);
}

static void caller_turn(struct history *h)
{
	size_t i = draw(h, h->run_count);

	if (!h->runs[i].answered)
		ask(h, i);
	else if (h->cancels && h->faults && !h->runs[i].cancelled && chance(h, 30))
		cancel(h, i);
}

/* --- turns ------------------------------------------------------------------------------------------------------------ */

static void actor_turn(struct history *h, struct actor *a,
		       void (*turn)(struct history *h, struct actor *a))
{
	if (a->asleep_until_ms > h->store.now_ms)
		return;
	if (h->faults && h->holders < 500 && chance(h, 6)) {
		TELL(h, "%d crashes, and is %d now", a->holder, h->holders);
		*a = (struct actor){.holder = h->holders++};
	} else if (h->faults && chance(h, 6)) {
		a->asleep_until_ms = h->store.now_ms + (int64_t)draw(h, 2 * LEASE_MS);
		TELL(h, "%d stands still", a->holder);
		return;
	}
	h->seen_ms[a->holder] = h->store.now_ms;
	turn(h, a);
}

static void turn(struct history *h)
{
	size_t who = draw(h, RUNNERS + WORKERS + 1);

	h->store.now_ms += chance(h, 5) ? 3000 : (int64_t)draw(h, 30);
	carry_out_late(h);
	if (who < RUNNERS)
		actor_turn(h, &h->runners[who], runner_turn);
	else if (who < RUNNERS + WORKERS)
		actor_turn(h, &h->workers[who - RUNNERS], worker_turn);
	else
		caller_turn(h);
}

static bool is_over(const struct store_stream *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->entries[i].holder != -2)
			return false;
	return true;
}

static bool at_rest(struct history *h)
{
	for (size_t i = 0; i < h->run_count; i++)
		if (!h->runs[i].answered)
			return false;
	return !h->late_count && is_over(&h->store.runs) && is_over(&h->store.tasks);
}

/* One history; what was wrong is in h->wrong. */
static void history(struct history *h, struct arena *a, uint64_t seed, enum store_mutant mutant,
		    bool tells)
{
	*h = (struct history){.random = seed, .faults = true, .tells = tells};
	h->store =
		(struct store){.arena = a, .now_ms = INT64_C(1764000000000), .mutant = mutant};
	h->limits = limits_default;
	h->limits.active_runs = PLACES;
	h->fails = chance(h, 300);
	h->cancels = chance(h, 300);
	h->run_count = 1 + draw(h, RUNS);
	for (size_t i = 0; i < h->run_count; i++) {
		h->runs[i].team = draw(h, TEAMS);
		snprintf(h->runs[i].name, sizeof(h->runs[i].name), "r%zu", i);
	}
	for (size_t i = 0; i < RUNNERS; i++)
		h->runners[i].holder = h->holders++;
	for (size_t i = 0; i < WORKERS; i++)
		h->workers[i].holder = h->holders++;
	for (int n = 0; n < TURNS + TURNS_REST && !h->wrong[0]; n++) {
		h->faults = n < TURNS;
		turn(h);
		if (!h->faults && n % 16 == 0 && at_rest(h)) {
			history_check(h);
			return;
		}
	}
	WRONG(h, "it does not come to rest");
}

/* --- the program ------------------------------------------------------------------------------------------------------------ */

static const char *const mutants[] = {"none", "pending", "version", "ack", "once", "places"};

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID,
		      &t); /* of the processor: others may run here, too */
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Runs histories until the time or their number is over; how many were wrong. */
static size_t tell_all(uint64_t seed, uint64_t count, uint64_t limit_s,
		       enum store_mutant mutant, bool tells, size_t *ret_count)
{
	static struct history h;
	struct arena a = ARENA_INIT;
	double begun = seconds();
	size_t wrong = 0, n = 0;

	for (; n < count && (n % 64 || seconds() - begun < (double)limit_s); n++) {
		history(&h, &a, seed + n, mutant, tells);
		if (h.wrong[0] && !wrong++ && (tells || mutant == MUTANT_NONE))
			printf("seed %" PRIu64 ": %s (--seed %" PRIu64 " tells it again)\n",
			       seed + n, h.wrong, seed + n);
		arena_reset(&a);
		if (wrong && mutant != MUTANT_NONE)
			break;
	}
	arena_release(&a);
	*ret_count = n;
	return wrong;
}

int main(int argc, char **argv)
{
	double begun;
	uint64_t seed = 1, count = UINT64_MAX, limit_s = 3;
	size_t n, wrong;
	enum store_mutant only = MUTANT_NONE;
	bool tells = false;
	int status = 0;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--seconds"))
			(void)str_to_u64(str_of(argv[i + 1]), &limit_s);
		else if (!strcmp(argv[i], "--count"))
			(void)str_to_u64(str_of(argv[i + 1]), &count);
		else if (!strcmp(argv[i], "--seed"))
			tells = str_to_u64(str_of(argv[i + 1]), &seed), count = 1;
		for (size_t m = 1; m < sizeof(mutants) / sizeof(mutants[0]); m++)
			if (!strcmp(argv[i], "--mutant") && !strcmp(argv[i + 1], mutants[m]))
				only = (enum store_mutant)m;
	}
	world_init();
	begun = seconds();
	wrong = tell_all(seed, count, limit_s, only, tells, &n);
	printf("%zu histories, %zu wrong, %.0f a second of a processor\n", n, wrong,
	       (double)n / (seconds() - begun));
	status = wrong > 0;
	for (size_t m = 1;
	     !tells && only == MUTANT_NONE && m < sizeof(mutants) / sizeof(mutants[0]); m++) {
		wrong = tell_all(1, 20000, 20, (enum store_mutant)m, false, &n);
		printf("without the rule '%s': %s after %zu histories\n", mutants[m],
		       wrong ? "noticed" : "NOT NOTICED", n + 1);
		status |= !wrong;
	}
	world_release();
	return status;
}
