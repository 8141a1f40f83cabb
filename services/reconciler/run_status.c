/*
 * What an ArkRun's status says (SPEC 9.7 to 9.13).
 *
 * It stays below RUN_STATUS_MAX_BYTES. Each step is rendered by itself; while the whole is too
 * long, the oldest step that can be shorter is rendered again: its output cut further, then left
 * out, then the step reduced to what is counted.
 */
#include "reconciler/run_object.h"

#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"
#include "reconciler/status.h"

#define CUT_MARK "..."

/* How much of a step is shown. */
enum detail { DETAIL_ALL, DETAIL_LESS, DETAIL_NO_OUTPUT, DETAIL_COUNTED, DETAIL_GONE };

struct shown {
	enum detail detail;
	struct str json;
};

/* --- pieces ------------------------------------------------------------------------------------------ */

static void add_time_if(struct buf *b, const char *key, int64_t ms)
{
	if (ms)
		status_add_time(b, key, ms);
}

static void add_cost(struct buf *b, const char *key, struct money cost)
{
	AUTO_BUF text = BUF(64);

	money_print(&text, cost);
	json_member_str(b, key, buf_str(&text));
}

static void add_message(struct buf *b, struct str message)
{
	json_member_str_if(b, "message", utf8_cut(message, RUN_STATUS_MESSAGE_BYTES));
}

static void add_usage(struct buf *b, const char *key, const struct run_usage *u)
{
	json_key(b, key);
	json_open(b, '{');
	json_member_int(b, "inputTokens", u->input_tokens);
	json_member_int(b, "outputTokens", u->output_tokens);
	json_member_int(b, "totalTokens", u->input_tokens + u->output_tokens);
	json_close(b, '}');
}

/* A text of at most max bytes; a longer one is cut and refers to the whole. step "-": the run's
 * own. max 0: only the reference. */
static void add_output(struct buf *b, const struct run *r, struct str step, struct str text,
		       size_t max)
{
	AUTO_BUF cut = BUF(RUN_STATUS_OUTPUT_BYTES);
	AUTO_BUF path = BUF(1024);
	char hex[SHA256_HEX_SIZE];

	if (!text.ptr)
		return;
	if (text.len <= max) {
		json_member_str(b, "output", text);
		return;
	}
	if (max > strlen(CUT_MARK)) {
		buf_add(&cut, utf8_cut(text, max - strlen(CUT_MARK)));
		buf_adds(&cut, CUT_MARK);
		json_member_str(b, "output", buf_str(&cut));
	}
	sha256_hex(text, hex);
	buf_addf(&path, "/runs/%.*s/%.*s/steps/%.*s/output", STR_ARG(r->namespace),
		 STR_ARG(r->name), STR_ARG(step));
	json_key(b, "outputRef");
	json_open(b, '{');
	json_member_int(b, "bytes", (int64_t)text.len);
	json_member_str(b, "sha256", str_of(hex));
	json_member_str(b, "path", buf_str(&path));
	json_close(b, '}');
}

/* --- a step -------------------------------------------------------------------------------------------- */

static size_t step_output_max(enum detail d)
{
	return d == DETAIL_ALL	  ? RUN_STATUS_STEP_BYTES
	       : d == DETAIL_LESS ? RUN_STATUS_STEP_LESS_BYTES
				  : 0;
}

static void add_step_details(struct buf *b, const struct run *r, const struct step_state *s,
			     struct str output, enum detail d, const struct run_prices *prices)
{
	json_member_str_if(b, "reason", s->reason);
	add_message(b, s->message);
	json_member_str_if(b, "role", s->role);
	json_member_str_if(b, "taskID", s->task);
	add_output(b, r, s->name, output, step_output_max(d));
	add_time_if(b, "startTime", s->start_ms);
	add_time_if(b, "completionTime", s->end_ms);
	if (s->iterations)
		json_member_int(b, "iterations", s->iterations);
	if (s->usage.estimated)
		json_member_bool(b, "usageEstimated", true);
	if (s->usage.input_tokens || s->usage.output_tokens)
		add_cost(b, "costUSD", step_cost(s, prices));
	json_member_str_if(b, "model", s->model);
	if (s->validation_attempts)
		json_member_int(b, "validationAttempts", s->validation_attempts);
	json_member_str_if(b, "validationMessage",
			   utf8_cut(s->validation_message, RUN_STATUS_MESSAGE_BYTES));
	if (s->reruns)
		json_member_int(b, "reruns", s->reruns);
	json_member_str_if(b, "resolvedAgent", s->agent);
}

static struct str step_json(struct arena *a, const struct run_status *st, size_t index,
			    enum detail d)
{
	const struct step_state *s = &st->run->steps[index];
	struct str output = st->outputs ? st->outputs[index] : str_n(NULL, 0);
	AUTO_BUF b = BUF(RUN_STATUS_MAX_BYTES);

	json_open(&b, '{');
	json_member_str(&b, "name", s->name);
	json_member_str_if(&b, "parent", step_parent(s));
	json_member_str(&b, "phase", str_of(step_phase_name(s->phase)));
	if (s->usage.input_tokens || s->usage.output_tokens)
		add_usage(&b, "tokenUsage", &s->usage);
	if (d < DETAIL_COUNTED)
		add_step_details(&b, st->run, s, output, d, st->prices);
	json_close(&b, '}');
	PROMISE(!b.full); /* every part has its limit */
	return arena_str(a, buf_str(&b));
}

/* --- all steps ------------------------------------------------------------------------------------------ */

static bool can_be_less(const struct run_status *st, size_t i, enum detail now,
			enum detail next)
{
	size_t have = st->outputs ? st->outputs[i].len : 0;

	if (now >= next)
		return false;
	if (next <= DETAIL_NO_OUTPUT)
		return have > step_output_max(next);
	return step_is_terminal(&st->run->steps[i]);
}

/* Takes from the oldest first, a detail of all steps before the next one of any. */
static void shorten(struct arena *a, const struct run_status *st, struct shown *steps,
		    size_t total, size_t room)
{
	for (int next = DETAIL_LESS; next <= DETAIL_GONE; next++)
		for (size_t i = 0; i < st->run->step_count && total > room; i++) {
			struct shown *s = &steps[i];

			if (!can_be_less(st, i, s->detail, (enum detail)next))
				continue;
			total -= s->json.len;
			s->detail = (enum detail)next;
			s->json =
				next == DETAIL_GONE ? STR("") : step_json(a, st, i, s->detail);
			total += s->json.len;
		}
}

static void add_steps(struct buf *b, struct arena *a, const struct run_status *st, size_t room)
{
	size_t count = st->run->step_count, total = 0;
	struct shown *steps = ARENA_ARRAY(a, count, struct shown);

	for (size_t i = 0; i < count; i++) {
		steps[i] = (struct shown){DETAIL_ALL, step_json(a, st, i, DETAIL_ALL)};
		total += steps[i].json.len;
	}
	shorten(a, st, steps, total + count, room);
	json_key(b, "steps");
	json_open(b, '[');
	for (size_t i = 0; i < count; i++) {
		if (!steps[i].json.len)
			continue;
		json_next(b);
		buf_add(b, steps[i].json);
	}
	json_close(b, ']');
}

/* --- conditions (SPEC 3.6) ---------------------------------------------------------------------------------- */

static void add_conditions(struct buf *b, const struct run_status *st)
{
	const struct run *r = st->run;
	bool ended = run_is_terminal(r), failed = r->phase == RUN_FAILED;
	const struct condition_place place = {st->old, st->generation, st->now_ms};

	json_key(b, "conditions");
	json_open(b, '[');
	if (ended || r->phase == RUN_RUNNING)
		status_add_condition(b, &place, "Ready", !failed, run_reason(r), r->message);
	status_add_condition(b, &place, "Complete", ended,
			     ended		       ? run_reason(r)
			     : r->phase == RUN_RUNNING ? STR("Running")
						       : STR("Pending"),
			     STR(""));
	json_close(b, ']');
}

/* --- the whole ---------------------------------------------------------------------------------------------- */

static void add_head(struct buf *b, const struct run_status *st, size_t output_max)
{
	const struct run *r = st->run;

	json_member_int(b, "observedGeneration", st->generation);
	json_member_str(b, "phase", str_of(run_phase_name(r->phase)));
	json_member_str(b, "reason", run_reason(r));
	add_message(b, r->message);
	add_output(b, r, STR("-"), st->output, output_max);
	add_time_if(b, "startTime", r->start_ms);
	add_time_if(b, "completionTime", r->end_ms);
	json_member_str_if(b, "failedStep", r->failed_step);
	add_usage(b, "totalTokenUsage", &r->usage);
	if (r->usage.estimated)
		json_member_bool(b, "usageEstimated", true);
	add_cost(b, "totalCostUSD", run_cost(r, st->prices));
	json_member_int(b, "attempt", r->attempt);
	/* Of 00-<32 hex digits>-<16>-<2>. */
	if (r->trace.len >= 35)
		json_member_str(b, "traceId", str_sub(r->trace, 3, 35));
}

void run_status_add(struct buf *out, struct arena *a, const struct run_status *st)
{
	AUTO_BUF head = BUF(RUN_STATUS_HEAD_BYTES), tail = BUF(RUN_STATUS_MAX_BYTES);
	size_t used, output_max = RUN_STATUS_OUTPUT_BYTES;

	json_open(&head, '{');
	add_head(&head, st, output_max);
	/* Escapes may make a text six times as long. */
	while (head.full && output_max) {
		output_max /= 2;
		buf_clear(&head);
		json_open(&head, '{');
		add_head(&head, st, output_max);
	}
	add_conditions(&tail, st);
	used = buf_str(&head).len + buf_str(&tail).len + sizeof("\"steps\":[],,}");
	buf_add(out, buf_str(&head));
	add_steps(out, a, st, RUN_STATUS_MAX_BYTES - used);
	json_next(out);
	buf_add(out, buf_str(&tail));
	json_close(out, '}');
}
