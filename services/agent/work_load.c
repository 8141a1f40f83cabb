/* How a task begins in this worker: its state is read, and its machine started. */
#include "agent/worker_inner.h"

#include "base/json.h"
#include "lang/regex.h"
#include "process/clock.h"
#include "stream/keys.h"

/* --- reading --------------------------------------------------------------------------------- */

static void retry_later(struct work *w)
{
	const struct timeval tv = {0, WORK_RETRY_MS * 1000};

	w->read_due = true;
	event_add(w->worker->retry, &tv);
}

static void start_machine(struct work *w, struct str turns)
{
	struct arena *a = &w->job->arena;
	AUTO_ARENA scratch = ARENA_INIT;
	struct task_actions actions = {.arena = &scratch};
	struct why why;

	if (w->worker->handing_back) { /* it came too late */
		work_finish(w, &(struct task_outcome){.kind = OUTCOME_HANDED_BACK});
		work_commit(w);
		return;
	}
	if (!w->setup) {
		work_fail(w, "AgentError", true, w->fault);
		return;
	}
	if (work_spec(w, arena_str(a, turns), &why)) {
		work_fail(w, "AgentError", false, why_str(&why));
		return;
	}
	if (w->m->stream_tokens && w->m->run.len)
		w->tokens = tokens_new(w);
	w->task = task_new(&w->spec, process_mono_ms(), &actions);
	work_do(w, &actions);
}

static void on_turns(void *arg, const struct reply *r)
{
	struct work *w = arg;
	struct str turns = STR("");

	w->reading = false;
	if (w->job && reply_check(r, NULL)) {
		retry_later(w);
	} else if (w->job) {
		if (!reply_is_nil(r) && reply_text(r, &turns, NULL))
			turns = STR("");
		start_machine(w, turns); /* turns that are gone are paid again */
	}
	work_unref(w);
}

void work_start(struct work *w)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c;

	if (!w->record.conversation.len) {
		start_machine(w, STR(""));
		return;
	}
	w->reading = true;
	c = command_begin(&a, "GET");
	command_add(&c, key_full(&a, w->record.conversation));
	redis_send(w->worker->plan.commands, &c, on_turns, work_ref(w));
}

/* --- claiming --------------------------------------------------------------------------------- */

static void count_start(struct work *w)
{
	const struct message *m = w->m;
	struct worker_metrics *k = &w->worker->metrics;
	struct str labels[] = {m->namespace, m->agent, m->role};
	int64_t waited = process_now_ms() - m->at_ms;

	metric_add(metric_at(k->started, labels, 3), 1);
	if (!w->first_claim && w->job->again)
		metric_add(metric_at(k->taken_over, labels, 3), 1);
	metric_observe(metric_at(k->queue_wait, labels, 2),
		       waited > 0 ? (double)waited / 1000 : 0);
}

/* A call that a dead holder had in hand is charged as if it had used all it might (SPEC 15.10). */
static void charge_lapsed(struct work *w)
{
	struct task_record *r = &w->record;

	if (!r->call.len)
		return;
	w->lapsed = (struct settlement){
		.call = r->call,
		.model = r->call_model,
		.usage = {r->call_input, r->call_cap, true},
	};
	usage_add(&r->usage, w->lapsed.usage);
	r->call = STR("");
}

static void claim(struct work *w)
{
	struct task_record *r = &w->record;

	charge_lapsed(w);
	w->first_claim = r->claims == 0;
	if (w->first_claim)
		r->since_ms = process_now_ms();
	r->claims++;
	r->holder = w->job->claim.me;
	if (!w->counted)
		count_start(w);
	w->counted = true;
	work_wish(w, WISH_CLAIM);
	/* Without turns the first thing that a machine wants is a reservation: it shares the commit
	 * of the claim. With them the claim must be durable first, since tools may run. */
	if (r->conversation.len)
		work_commit(w);
	else
		work_start(w);
}

void work_guess(struct work *w)
{
	w->guessed = true;
	claim(w);
}

/* The state says otherwise: the claim is made anew, on what it says. Nothing has happened yet but
 * the wish for a reservation, which was refused with the claim. */
static void unclaim(struct work *w)
{
	w->guessed = false;
	tokens_free(w->tokens);
	w->tokens = NULL;
	task_free(w->task);
	w->task = NULL;
	for (size_t i = 0; i < w->spec.reject_count; i++)
		regex_free(w->reject[i]);
	w->spec.reject_count = 0;
	event_del(w->timer);
	w->noticed = false;
	w->record = (struct task_record){.claims = 0};
	w->wishes = 0;
	w->conflicted = false;
}

static void on_state(void *arg, const struct reply *r)
{
	struct work *w = arg;
	struct str version, data = STR(""), mark = STR("");
	struct why why;

	w->reading = false;
	if (!w->job) {
		work_unref(w);
		return;
	}
	if (reply_check(r, NULL)) {
		retry_later(w);
		work_unref(w);
		return;
	}
	/* It may be gone though it was here: Redis may have come back with an older copy. */
	if (reply_is_nil(reply_item(r, 0)) || reply_text(reply_item(r, 0), &version, NULL) ||
	    !str_to_u64(version, &w->version))
		w->version = 0;
	if (reply_text(reply_item(r, 1), &data, NULL))
		data = STR("");
	if (reply_text(reply_item(r, 2), &mark, NULL))
		mark = STR("");
	if (w->guessed && w->conflicted && !str_eq(data, buf_str(&w->written)))
		unclaim(w);
	if (!w->record.claims && !w->wishes) {
		data = arena_str(&w->job->arena, data);
		if (task_record_decode(&w->job->arena, data, &w->record, &why))
			w->record = (struct task_record){.claims = 0};
		if (mark.len) {
			charge_lapsed(w);
			work_cancelled(w);
		} else {
			claim(w);
		}
	} else if (mark.len) {
		w->conflicted = false;
		work_cancelled(w);
	} else if (w->conflicted) {
		w->conflicted = false;
		work_conflict_read(w, data);
	} else if (!w->task && !w->wishes && !w->sent) {
		work_start(w); /* its turns could not be read before */
	}
	work_unref(w);
}

void work_read(struct work *w)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c;

	if (w->reading)
		return;
	w->reading = true;
	w->read_due = false;
	c = command_begin(&a, "HMGET");
	command_add(&c, key_full(&a, w->state_key));
	command_adds(&c, "v");
	command_adds(&c, "d");
	command_adds(&c, "mark");
	redis_send(w->worker->plan.commands, &c, on_state, work_ref(w));
}

/* --- what the machine is told ------------------------------------------------------------------ */

static enum fail compile_reject(struct work *w, struct why *why)
{
	struct arena *a = &w->job->arena;
	struct value list;
	enum fail f;

	if (!w->m->reject.len)
		return FAIL_NONE;
	f = json_parse(a, w->m->reject, JSON_STRICT, 2, &list, why);
	if (f)
		return fail_in(why, f, "reject");
	w->reject = ARENA_ARRAY(a, value_count(&list), struct regex *);
	for (size_t i = 0; !f && i < value_count(&list); i++) {
		f = regex_new(value_text(value_at(&list, i)), &w->reject[i], why);
		if (!f)
			w->spec.reject_count++;
	}
	w->spec.reject = (const struct regex *const *)w->reject;
	return f;
}

enum fail work_spec(struct work *w, struct str turns, struct why *why)
{
	const struct message *m = w->m;
	const struct agent_config *c = &w->setup->config;
	const struct limits *l = &w->worker->process->limits;
	bool judges = str_is(m->kind, "validate");
	AUTO_ARENA scratch = ARENA_INIT;
	struct model_call call;
	const unsigned *quirks;

	w->model_name = m->model.len ? m->model : c->model;
	call = work_call(w, 1, 0, false);
	quirks = memo_get(w->worker->quirks, work_quirks_key(&scratch, &call));
	w->spec = (struct task_spec){
		.id = m->task,
		.system_prompt = c->system_prompt,
		.prompt = m->prompt,
		.checkpoint = turns,
		.taken_over = !w->first_claim,
		.stream = m->stream_tokens && m->run.len,
		.tools = judges ? &w->setup->no_tools : &w->setup->tools,
		.quirks = quirks ? *quirks : 0,
		.limits =
			{
				.max_output_tokens = m->max_output_tokens
							     ? m->max_output_tokens
							     : c->max_output_tokens,
				.timeout_ms =
					m->timeout_ms ? m->timeout_ms : c->timeout_s * 1000,
				.tool_timeout_ms = c->tool_timeout_s * 1000,
				.max_tool_turns = (unsigned)c->max_tool_turns,
				.llm_attempts = (unsigned)l->llm_attempts,
				.llm_max_backoff_ms = l->llm_backoff_ms,
				.parallel_tools = (unsigned)l->parallel_tools,
				.tool_result_bytes = (size_t)l->tool_result_bytes,
				.conversation_bytes = (size_t)l->conversation_bytes,
			},
	};
	return compile_reject(w, why);
}
