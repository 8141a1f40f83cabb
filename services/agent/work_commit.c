/* What a task writes to Redis while it is in hand. */
#include "agent/worker_inner.h"

#include "stream/keys.h"

enum { WRITES_STATE = WISH_CLAIM | WISH_RESERVE | WISH_CHECKPOINT };

void work_wish(struct work *w, enum wish wish)
{
	w->wishes |= (unsigned)wish;
}

/* --- what it says ----------------------------------------------------------------------------- */

/* About this task, for people and daemons. */
static struct message about(const struct work *w, enum message_type type)
{
	const struct message *m = w->m;

	return (struct message){
		.type = type,
		.cause = m->id,
		.trace = m->trace,
		.namespace = m->namespace,
		.run = m->run,
		.step = m->step,
		.team = m->team,
		.agent = m->agent,
		.task = m->task,
	};
}

void settle_add(struct work *w, struct commit *c, const struct settlement *s)
{
	struct message said = about(w, MSG_CALL_SETTLED);
	int64_t tokens = s->usage.input_tokens + s->usage.output_tokens;

	if (!s->call.len)
		return;
	if (w->m->accounts.len && s == &w->lapsed)
		commit_lapse(c, s->call);
	else if (w->m->accounts.len)
		commit_settle(c, s->call, tokens);
	if (!tokens)
		return; /* nothing was paid for */
	said.call = s->call;
	said.model = s->model;
	said.input_tokens = s->usage.input_tokens;
	said.output_tokens = s->usage.output_tokens;
	said.estimated = s->usage.estimated;
	commit_append(c, STR(STREAM_SPEND), &said);
}

/* SPEC 13.12, 13.13: once per execution; a repair goes on with the one that it repairs. */
void claim_add(struct work *w, struct commit *c)
{
	struct message said = about(w, MSG_STEP_STARTED);

	settle_add(w, c, &w->lapsed);
	if (!w->first_claim || !w->m->run.len || !str_is(w->m->kind, "step"))
		return;
	said.iteration = w->m->iteration;
	said.rerun = w->m->rerun;
	said.worker = w->job->claim.me;
	commit_show(c, w->m->namespace, w->m->run, &w->worker->process->limits, &said);
}

static void add_notice(struct work *w, struct commit *c)
{
	struct message said = about(w, MSG_TASK_STARTED);

	said.worker = w->job->claim.me;
	if (w->m->run.len)
		commit_append(c, STR(STREAM_RUNS), &said);
}

static void add_checkpoint(struct work *w, struct commit *c)
{
	commit_text(c, w->record.conversation, WORK_TURNS_TTL_MS, buf_str(&w->turns));
	if (w->turns_old.len)
		commit_drop(c, w->turns_old);
	settle_add(w, c, &w->settlement);
}

static void add_tool_limit(struct work *w, struct commit *c)
{
	struct message said = about(w, MSG_RUN_NOTED);

	said.reason = STR("ToolLoopLimit");
	said.message = STR("one last call without tools is made");
	if (w->m->run.len)
		commit_append(c, STR(STREAM_EVENTS), &said);
}

static void add_kept(struct work *w, struct commit *c, unsigned wishes)
{
	const struct task_record *r = &w->record;

	if (wishes & WRITES_STATE) {
		buf_clear(&w->written);
		task_record_encode(r, &w->written);
		commit_state(c, w->state_key, w->version, buf_str(&w->written));
	} else {
		commit_check(c, w->state_key, w->version);
	}
	if (wishes & WISH_CLAIM)
		claim_add(w, c);
	if ((wishes & WISH_RESERVE) && w->m->accounts.len)
		commit_reserve(c, r->call, w->m->accounts, r->call_input, r->call_cap,
			       w->worker->process->limits.reservation_ttl_ms);
	if (wishes & WISH_CHECKPOINT)
		add_checkpoint(w, c);
	if (wishes & WISH_NOTICE)
		add_notice(w, c);
	if (wishes & WISH_TOOL_LIMIT)
		add_tool_limit(w, c);
	commit_keep(c);
}

/* --- what comes of it --------------------------------------------------------------------------- */

static void tell_reservation(struct work *w, const struct commit_result *r)
{
	AUTO_ARENA a = ARENA_INIT;
	struct task_event e = {.kind = TASK_GRANTED, .cap = w->cap};

	if (w->m->accounts.len && r->reserved) {
		e.cap = r->granted_tokens;
	} else if (w->m->accounts.len && !r->refused_by.len) {
		/* It lapsed before its answer came, and is charged: the call needs another id. */
		w->record.claims++;
		w->record.call = arena_printf(&w->job->arena, "%.*s/again.%lld",
					      STR_ARG(w->m->task), (long long)w->record.claims);
		work_wish(w, WISH_RESERVE);
		work_commit(w);
		return;
	} else if (w->m->accounts.len) {
		bool daily = str_find(r->refused_by, STR("daily"), 0) != STR_NONE;

		e.kind = TASK_DENIED;
		e.reason = daily ? "DailyLimitReached" : "BudgetExceeded";
		e.text = arena_printf(&a, "%.*s: %lld of %lld tokens are used",
				      STR_ARG(r->refused_by), (long long)r->used,
				      (long long)r->limit);
	}
	work_event(w, e);
}

/* These wishes came true. */
static void done(struct work *w, unsigned wishes, const struct commit_result *r)
{
	w->wishes &= ~wishes;
	buf_release(&w->written);
	if (wishes & WISH_CLAIM) {
		w->lapsed = (struct settlement){.call = STR("")};
		w->first_claim = w->guessed = false;
	}
	if (wishes & WISH_CHECKPOINT) {
		w->settlement = (struct settlement){.call = STR("")};
		w->turns_old = STR("");
		buf_release(&w->turns);
	}
	if (w->wishes & WISH_FINISH)
		work_commit(w);
	else if ((wishes & WISH_CLAIM) && !w->task)
		work_start(w);
	else if (wishes & WISH_RESERVE)
		tell_reservation(w, r);
	else if (wishes & WISH_CHECKPOINT)
		work_event(w, (struct task_event){.kind = TASK_RECORDED});
	else
		work_commit(w);
}

static void on_commit(void *arg, struct job *job, const struct commit_result *r)
{
	struct work *w = arg;
	unsigned sent = w->sent;

	(void)job;
	w->sent = 0;
	switch (r->verdict) {
	case COMMITTED:
		if (sent & WISH_FINISH) {
			work_finish_count(w);
			work_end(w);
			return;
		}
		if (sent & WRITES_STATE)
			w->version++;
		done(w, sent, r);
		return;
	case COMMIT_LOST: work_lost(w); return;
	case COMMIT_CONFLICT:
		w->refused = sent;
		w->conflicted = true; /* nothing goes out before the state is here again */
		w->reading = false;   /* an answer that is under way may be too old */
		work_read(w);
		return;
	case COMMIT_AWAY:
	case COMMIT_UNKNOWN: work_commit(w); return;
	case COMMIT_ONCE:
	case COMMIT_EXISTS:
	case COMMIT_FULL:
	case COMMIT_REFUSED: BROKEN("a task's commit cannot be refused like this");
	}
}

void work_commit(struct work *w)
{
	AUTO_ARENA a = ARENA_INIT;
	struct commit c;

	if (w->sent || w->conflicted || !w->wishes || !w->job)
		return;
	if ((w->wishes & WISH_FINISH) && w->tokens && w->ending == ENDING_SUCCEEDED)
		tokens_flush(w->tokens);
	commit_begin(&c, &a, COMMIT, &w->job->claim);
	c.text_ttl_ms = w->worker->process->limits.output_retention_ms;
	w->sent = w->wishes;
	if (w->wishes & WISH_FINISH)
		work_finish_add(w, &c);
	else
		add_kept(w, &c, w->wishes);
	job_commit(w->job, &c, on_commit, w);
}

void work_conflict_read(struct work *w, struct str data)
{
	unsigned sent = w->refused;

	/* The commit of which no answer came did happen. Only what the ledger said is unknown, and
	 * asking again gives the same answer. */
	if ((sent & WRITES_STATE) && !(sent & WISH_FINISH) &&
	    str_eq(data, buf_str(&w->written))) {
		unsigned again = w->m->accounts.len ? sent & WISH_RESERVE : 0u;
		struct commit_result none = {.verdict = COMMITTED};

		if (again) {
			w->wishes &= ~(sent & ~again);
			w->lapsed = (struct settlement){.call = STR("")};
			w->first_claim = w->guessed = false;
			work_commit(w);
		} else {
			done(w, sent, &none);
		}
		return;
	}
	work_commit(w);
}
