/* How a task leaves a worker: with its result, to be tried again, or for good. */
#include "agent/worker_inner.h"

#include "base/json.h"
#include "base/utf8.h"
#include "process/clock.h"
#include "process/log.h"
#include "stream/keys.h"

enum { LETTER_MAX_BYTES = LIMIT_ENTRY_BYTES * 2 };

/* --- deciding ----------------------------------------------------------------------------------- */

static int64_t max_retries(const struct work *w)
{
	if (w->m->max_retries)
		return w->m->max_retries;
	return w->setup ? w->setup->config.max_retries : LIMIT_TASK_RETRIES;
}

static enum ending ending_of(const struct work *w, const struct task_outcome *o)
{
	switch (o->kind) {
	case OUTCOME_RESULT: return ENDING_SUCCEEDED;
	case OUTCOME_CANCELLED: return ENDING_CANCELLED;
	case OUTCOME_HANDED_BACK: return ENDING_BACK;
	case OUTCOME_FAILURE: break;
	}
	if (!o->retryable)
		return ENDING_FAILED;
	return w->record.tries < max_retries(w) ? ENDING_RETRIED : ENDING_DEAD;
}

static int64_t less(int64_t a, int64_t b)
{
	return a > b ? a - b : 0;
}

/* What is to be kept for whoever goes on: the turns, and what was paid beyond them. */
static void keep_turns(struct work *w, const struct usage *task)
{
	struct task_record *r = &w->record;
	const struct conversation *c = w->task ? task_conversation(w->task) : NULL;
	struct usage turns;

	r->call = STR("");
	if (!c)
		return;
	turns = conversation_usage(c);
	usage_add(&r->usage, (struct usage){
				     less(task->input_tokens, turns.input_tokens),
				     less(task->output_tokens, turns.output_tokens),
				     task->estimated,
			     });
	if (!conversation_answers(c))
		return;
	buf_clear(&w->turns);
	conversation_encode(c, &w->turns);
	w->turns_old = r->conversation;
	r->conversation =
		key_text(&w->job->arena, w->m->task,
			 arena_printf(&w->job->arena, "turns-%lld-kept", (long long)r->claims));
	if (str_eq(w->turns_old, r->conversation))
		w->turns_old = STR("");
}

/* What a provider says may be anything; what messages carry is UTF-8. */
static struct str words_for_people(struct work *w, struct str words)
{
	AUTO_BUF clean = BUF(4 * WORK_MESSAGE_BYTES);

	utf8_clean(&clean, utf8_cut(words, WORK_MESSAGE_BYTES));
	return arena_str(&w->job->arena, buf_str(&clean));
}

void work_finish(struct work *w, const struct task_outcome *outcome)
{
	struct task_outcome o = *outcome;
	size_t max = (size_t)w->worker->process->limits.step_output_bytes;

	if (o.kind == OUTCOME_RESULT && o.text.len > max) {
		o.kind = OUTCOME_FAILURE;
		o.reason = "AgentError";
		o.text = STR("step-output-bytes: the answer is too long");
	}
	w->ending = ending_of(w, &o);
	w->reason = o.reason;
	w->text = w->ending == ENDING_SUCCEEDED ? arena_str(&w->job->arena, o.text)
						: words_for_people(w, o.text);
	w->total = w->record.usage;
	usage_add(&w->total, o.usage);
	if (w->ending == ENDING_RETRIED)
		w->record.tries++;
	if (w->ending == ENDING_RETRIED || w->ending == ENDING_BACK)
		keep_turns(w, &o.usage);
	work_wish(w, WISH_FINISH);
}

void work_fail(struct work *w, const char *reason, bool retryable, struct str words)
{
	work_finish(w, &(struct task_outcome){.kind = OUTCOME_FAILURE,
					      .reason = reason,
					      .retryable = retryable,
					      .text = words});
	work_commit(w);
}

/* Its state is marked: the run has ended, or has gone on without it. */
void work_cancelled(struct work *w)
{
	if (w->sent)
		return; /* that commit finds the mark too, unless it came first */
	if (w->wishes & WISH_FINISH)
		w->ending = ENDING_CANCELLED;
	else if (w->task)
		work_event(w, (struct task_event){.kind = TASK_CANCEL});
	else
		work_finish(w, &(struct task_outcome){.kind = OUTCOME_CANCELLED});
	work_commit(w);
}

/* --- writing ------------------------------------------------------------------------------------ */

static void add_finished(struct work *w, struct commit *c)
{
	const struct message *m = w->m;
	bool succeeded = w->ending == ENDING_SUCCEEDED;
	int64_t took = process_now_ms() - w->record.since_ms;
	struct message said = {
		.type = MSG_TASK_FINISHED,
		.cause = m->id,
		.trace = m->trace,
		.namespace = m->namespace,
		.run = m->run,
		.step = m->step,
		.task = m->task,
		.outcome = succeeded ? STR("succeeded") : STR("failed"),
		.model = w->model_name,
		.input_tokens = w->total.input_tokens,
		.output_tokens = w->total.output_tokens,
		.estimated = w->total.estimated,
		.calls = w->record.calls,
		.worker = w->job->claim.me,
		.duration_ms = w->record.since_ms && took > 0 ? took : 0,
	};
	bool paid = w->total.input_tokens || w->total.output_tokens;

	if (!m->run.len || (w->ending == ENDING_CANCELLED && !paid))
		return;
	if (succeeded) {
		said.output = w->text;
	} else if (w->ending == ENDING_CANCELLED) {
		said.reason = STR("Cancelled");
	} else {
		said.reason = str_of(w->reason);
		said.message = w->text.len ? w->text : str_n(NULL, 0);
	}
	commit_append(c, STR(STREAM_RUNS), &said);
}

/* The entry as it was, for `ark dead-letters` (SPEC 7.9). */
static void add_letter(struct work *w, struct commit *c)
{
	struct arena *a = c->command.arena;
	const struct message *m = w->m;
	struct str pairs[2 * ENTRY_MAX_FIELDS];
	AUTO_BUF content = BUF(LETTER_MAX_BYTES);
	struct message said = {
		.type = MSG_ENTRY_PARKED,
		.cause = m->id,
		.trace = m->trace,
		.from = w->job->claim.stream,
		.group = w->job->claim.group,
		.entry = m->id,
		.reason = str_of(w->reason),
		.message = w->text.len ? w->text : str_n(NULL, 0),
		.deliveries = w->record.tries + 1,
		.namespace = m->namespace,
		.agent = m->agent,
		.run = m->run,
		.step = m->step,
		.task = m->task,
	};
	struct why why;
	size_t n;

	if (message_encode(a, m, pairs, &n, &why))
		n = 0; /* it was an entry, so it fits one */
	json_open(&content, '[');
	for (size_t i = 0; i < n; i++) {
		json_next(&content);
		json_add_str(&content, pairs[i]);
	}
	json_close(&content, ']');
	said.content = arena_str(a, buf_str(&content));
	commit_append(c, STR(STREAM_DEAD), &said);
}

/* Texts beside the entry: a dead letter needs them as long as it is kept. */
static void drop_texts(struct work *w, struct commit *c)
{
	const struct str keys[] = {w->m->prompt_key, w->m->schema_key, w->m->reject_key};
	int64_t keep_ms = w->worker->process->limits.task_dead_letter_retention_ms;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!keys[i].len)
			continue;
		if (w->ending == ENDING_DEAD)
			commit_ttl(c, keys[i], keep_ms);
		else
			commit_drop(c, keys[i]);
	}
	if (w->record.conversation.len)
		commit_drop(c, w->record.conversation);
	if (w->turns_old.len)
		commit_drop(c, w->turns_old);
}

/* The same task once more; its state stays. */
static void add_again(struct work *w, struct commit *c)
{
	struct message again = *w->m;

	again.deliveries = 0; /* this one got it committed */
	buf_clear(&w->written);
	task_record_encode(&w->record, &w->written);
	commit_state(c, w->state_key, w->version, buf_str(&w->written));
	if (w->turns.len)
		commit_text(c, w->record.conversation, WORK_TURNS_TTL_MS, buf_str(&w->turns));
	if (w->turns_old.len)
		commit_drop(c, w->turns_old);
	if (w->ending == ENDING_BACK)
		commit_append(c, w->job->claim.stream, &again);
	else
		commit_later(c, w->job->claim.stream,
			     task_retry_delay_ms((unsigned)w->record.tries), w->m->task,
			     &again);
}

void work_finish_add(struct work *w, struct commit *c)
{
	if ((w->wishes & WISH_CLAIM) && w->ending != ENDING_CANCELLED)
		claim_add(w, c);
	else
		settle_add(w, c, &w->lapsed);
	if (w->ending == ENDING_RETRIED || w->ending == ENDING_BACK) {
		add_again(w, c);
	} else {
		commit_forget(c, w->state_key, w->version);
		drop_texts(w, c);
		add_finished(w, c);
	}
	if (w->ending == ENDING_DEAD)
		add_letter(w, c);
	settle_add(w, c, &w->settlement);
}

/* --- counting ------------------------------------------------------------------------------------ */

void work_finish_count(struct work *w)
{
	const struct message *m = w->m;
	struct worker_metrics *k = &w->worker->metrics;
	struct str labels[] = {m->namespace, m->agent, m->role,
			       w->reason ? str_of(w->reason) : STR("")};

	metric_observe(metric_at(k->duration, labels, 2),
		       (double)(process_mono_ms() - w->begun_mono_ms) / 1000);
	switch (w->ending) {
	case ENDING_SUCCEEDED: metric_add(metric_at(k->completed, labels, 3), 1); return;
	case ENDING_CANCELLED:
		labels[3] = STR("Cancelled");
		metric_add(metric_at(k->failed, labels, 4), 1);
		return;
	case ENDING_RETRIED: metric_add(metric_at(k->retried, labels, 4), 1); break;
	case ENDING_DEAD:
		metric_add(metric_at(k->dead, labels, 4), 1);
		metric_add(metric_at(k->failed, labels, 4), 1);
		break;
	case ENDING_FAILED: metric_add(metric_at(k->failed, labels, 4), 1); break;
	case ENDING_BACK: return;
	}
	log_warn("task failed", LOG_STR("task", m->task), LOG_STR("agent", m->agent),
		 LOG_STR("reason", labels[3]), LOG_STR("error", w->text),
		 LOG_BOOL("again", w->ending == ENDING_RETRIED));
}
