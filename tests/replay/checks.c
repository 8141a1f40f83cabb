/* What must hold when a history is over. */
#include "history.h"

#include "stream/keys.h"

static size_t times(const struct store_stream *s, struct str run, const char *type,
		    struct str step)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += str_is(store_field(&s->entries[i], "type"), type) &&
		     str_eq(store_field(&s->entries[i], "run"), run) &&
		     (!step.len || str_eq(store_field(&s->entries[i], "step"), step));
	return n;
}

static void check_run(struct history *h, size_t i)
{
	struct store *s = &h->store;
	struct str name = str_of(h->runs[i].name);
	const struct store_pair *p =
		store_find(&s->states, key_run_state(s->arena, STR("n"), name));
	struct run run;
	struct why why;
	size_t ends, outcomes = times(&s->runs, name, "task.finished", STR(""));

	if (!p || run_decode(s->arena, p->value, &run, &why)) {
		WRONG(h, "%s was promised and is not there", h->runs[i].name);
		return;
	}
	ends = times(&s->events, name, "run.succeeded", STR("")) +
	       times(&s->events, name, "run.failed", STR(""));
	if (!run_is_terminal(&run) || ends != 1)
		WRONG(h, "%s: %s, and its end was told %zu times", run.name.ptr,
		      run_phase_name(run.phase), ends);
	if (times(&s->events, name, "run.started", STR("")) > 1)
		WRONG(h, "%s began more than once", h->runs[i].name);
	if (run.usage.input_tokens != (int64_t)outcomes)
		WRONG(h, "%s: %zu outcomes, of which %lld are counted", h->runs[i].name,
		      outcomes, (long long)run.usage.input_tokens);
	for (size_t n = 0; n < run.step_count; n++)
		if (times(&s->shown, name, "step.completed", run.steps[n].name) > 1)
			WRONG(h, "%s: a step's result was taken twice", h->runs[i].name);
	if (!h->fails && !h->runs[i].cancelled && run.phase != RUN_SUCCEEDED)
		WRONG(h, "%s failed: %.*s", h->runs[i].name, STR_ARG(run.message));
	if (run.phase == RUN_SUCCEEDED &&
	    (!str_is(run.output.text, world_output(h->runs[i].team)) ||
	     outcomes != world_steps(h->runs[i].team)))
		WRONG(h, "%s: output %.*s of %zu tasks", h->runs[i].name,
		      STR_ARG(run.output.text), outcomes);
}

void history_check(struct history *h)
{
	struct store *s = &h->store;
	const struct store_pair *pending = store_find(&s->counts, STR(COUNTER_PENDING));

	for (size_t i = 0; i < h->run_count; i++)
		check_run(h, i);
	if (!pending || pending->number)
		WRONG(h, "%lld runs are counted as waiting",
		      pending ? (long long)pending->number : -1);
	for (size_t i = 0; i < s->active.count; i++)
		if (!s->active.items[i].gone)
			WRONG(h, "%.*s keeps a place", STR_ARG(s->active.items[i].key));
	for (size_t i = 0; i < s->waiting.count; i++)
		if (!s->waiting.items[i].gone)
			WRONG(h, "%.*s waits for ever", STR_ARG(s->waiting.items[i].key));
	for (size_t i = 0; i < s->timers.count; i++)
		if (!s->timers.items[i].gone &&
		    !str_starts(s->timers.items[i].key, STR("warmup|")))
			WRONG(h, "a timer is left: %.*s", STR_ARG(s->timers.items[i].key));
	if (s->full)
		WRONG(h, "more runs were active than there are places");
}
