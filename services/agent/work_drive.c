/* The machine of a task in the world: what it says is done, what happens is told to it. */
#include "agent/worker_inner.h"

#include <stdlib.h>

#include "process/clock.h"
#include "stream/keys.h"

struct model_call work_call(struct work *w, int64_t cap, unsigned quirks, bool tools_closed)
{
	const struct agent_config *c = &w->setup->config;
	const struct task_spec *spec = &w->spec;
	struct model_call call = {
		.provider = c->provider_forced || !w->m->model.len
				    ? c->provider
				    : provider_of_model(w->m->model),
		.purpose =
			str_is(w->m->kind, "validate") ? MODEL_FOR_VALIDATION : MODEL_FOR_TASK,
		.model = w->model_name,
		.conversation = w->task ? task_conversation(w->task) : NULL,
		.tools = spec->tools ? spec->tools->items : NULL,
		.tool_count = spec->tools ? spec->tools->count : 0,
		.tools_closed = tools_closed,
		.schema = w->m->schema,
		.max_output_tokens = cap,
		.temperature = c->temperature,
		.quirks = quirks,
		.script = &w->setup->script,
	};

	agent_config_endpoint(c, call.provider, &call.base_url, &call.api_key);
	return call;
}

struct str work_quirks_key(struct arena *a, const struct model_call *call)
{
	return arena_printf(a, "%d %.*s %.*s", (int)call->provider, STR_ARG(call->base_url),
			    STR_ARG(call->model));
}

/* --- actions ---------------------------------------------------------------------------------- */

/* SPEC 15.8: request bytes / 4. A provider that is played has no request. */
static int64_t input_estimate(struct work *w, const struct task_action *a)
{
	struct model_call call = work_call(w, a->cap, a->quirks, a->tools_closed);
	struct model_request request;
	AUTO_ARENA scratch = ARENA_INIT;
	size_t bytes = task_conversation(w->task)->bytes;

	if (w->m->accounts.len && !provider_is_played(call.provider) &&
	    !model_request(&scratch, &call, &request, NULL))
		bytes = request.body.len;
	return tokens_estimate(bytes);
}

static void reserve(struct work *w, const struct task_action *a)
{
	struct task_record *r = &w->record;

	w->cap = a->cap;
	r->calls++;
	r->call = arena_printf(&w->job->arena, "%.*s/%u.%lld", STR_ARG(w->m->task), a->call,
			       (long long)r->claims);
	r->call_model = w->model_name;
	r->call_input = input_estimate(w, a);
	r->call_cap = a->cap;
	work_wish(w, WISH_RESERVE);
}

static void settle(struct work *w, const struct task_action *a)
{
	if (a->settles && w->record.call.len)
		w->settlement = (struct settlement){w->record.call, w->model_name, a->usage};
	w->record.call = STR("");
}

static void checkpoint(struct work *w, const struct task_action *a)
{
	struct task_record *r = &w->record;

	settle(w, a);
	buf_clear(&w->turns);
	conversation_encode(task_conversation(w->task), &w->turns);
	w->turns_old = r->conversation;
	r->conversation = key_text(
		&w->job->arena, w->m->task,
		arena_printf(&w->job->arena, "turns-%lld-%u", (long long)r->claims, a->call));
	work_wish(w, WISH_CHECKPOINT);
}

/* What was learned about the model serves the tasks to come (SPEC 7.15). */
static void remember_quirks(struct work *w)
{
	struct model_call call = work_call(w, 1, 0, false);
	unsigned *quirks;
	AUTO_ARENA a = ARENA_INIT;

	if (task_quirks(w->task) == w->spec.quirks)
		return;
	quirks = xmalloc(sizeof(*quirks));
	*quirks = task_quirks(w->task);
	memo_put(w->worker->quirks, work_quirks_key(&a, &call), quirks);
}

static void on_place(void *arg, struct job *job)
{
	struct work *w = arg;

	(void)job;
	w->place_came = true; /* told from the loop: the machine may be at work now */
	event_active(w->timer, 0, 0);
}

static void do_action(struct work *w, const struct task_action *a)
{
	switch (a->kind) {
	case TASK_RESERVE: reserve(w, a); return;
	case TASK_CALL: model_run_start(w, a); return;
	case TASK_ABORT_CALL:
		model_run_free(w->model);
		w->model = NULL;
		return;
	case TASK_RUN_TOOL: tool_run_start(w, a); return;
	case TASK_ABORT_TOOL: tool_run_abort(w, a->index); return;
	case TASK_PUBLISH:
		if (w->tokens)
			tokens_say(w->tokens, a->text);
		return;
	case TASK_RESET:
		if (w->tokens)
			tokens_reset(w->tokens);
		return;
	case TASK_CHECKPOINT: checkpoint(w, a); return;
	case TASK_FREE_PLACE: job_give_place(w->job); return;
	case TASK_TAKE_PLACE: job_take_place(w->job, on_place, w); return;
	case TASK_TOOL_LIMIT: work_wish(w, WISH_TOOL_LIMIT); return;
	case TASK_FINISH:
		remember_quirks(w);
		settle(w, a);
		work_finish(w, &a->outcome);
		return;
	}
}

void work_do(struct work *w, const struct task_actions *actions)
{
	w->driving = true;
	for (size_t i = 0; i < actions->count; i++)
		do_action(w, &actions->items[i]);
	w->driving = false;
	work_arm(w);
	work_commit(w);
}

/* --- events ----------------------------------------------------------------------------------- */

void work_event(struct work *w, struct task_event event)
{
	AUTO_ARENA a = ARENA_INIT;
	struct task_actions actions = {.arena = &a};

	PROMISE(!w->driving);
	if (!w->task)
		return;
	event.now_ms = process_mono_ms();
	if (w->model && !event.answer) {
		event.answer = model_run_answer(w->model);
		event.request_bytes = model_run_request_bytes(w->model);
	}
	task_step(w->task, &event, &actions);
	work_do(w, &actions);
}

void work_arm(struct work *w)
{
	int64_t now = process_mono_ms(), at = w->task ? task_wake_ms(w->task) : INT64_MAX, wait;
	struct timeval tv;

	if (!w->noticed && w->begun_mono_ms + WORK_NOTICED_MS < at)
		at = w->begun_mono_ms + WORK_NOTICED_MS;
	if (!w->task || task_finished(w->task) || at == INT64_MAX) {
		if (!w->place_came)
			event_del(w->timer);
		return;
	}
	wait = at > now ? at - now : 0;
	tv = (struct timeval){wait / 1000, wait % 1000 * 1000};
	event_add(w->timer, &tv);
}
