#include "runs/run_view.h"

#include "base/json.h"
#include "base/utf8.h"
#include "lang/rfc3339.h"

/* --- cost ------------------------------------------------------------------------------------------- */

struct money step_cost(const struct step_state *s, const struct run_prices *prices)
{
	struct price price;
	struct money cost;

	if (!price_find(prices ? prices->entries : NULL, prices ? prices->count : 0, s->model,
			&price))
		return money_zero;
	if (!money_cost(price, s->usage.input_tokens, s->usage.output_tokens, &cost))
		return money_of_micros(INT64_MAX);
	return cost;
}

struct money run_cost(const struct run *r, const struct run_prices *prices)
{
	struct money sum = money_zero;

	for (size_t i = 0; i < r->step_count; i++)
		if (!money_add(sum, step_cost(&r->steps[i], prices), &sum))
			return money_of_micros(INT64_MAX);
	return sum;
}

/* --- times and words ---------------------------------------------------------------------------------- */

int64_t run_duration_ms(const struct run *r)
{
	int64_t start = r->again_ms ? r->again_ms : r->start_ms;

	if (!run_is_terminal(r))
		return -1;
	return start && r->end_ms > start ? r->end_ms - start : 0;
}

struct str step_parent(const struct step_state *s)
{
	size_t slash = str_rchr(s->name, '/');

	return slash == STR_NONE ? STR("") : str_sub(s->name, 0, slash);
}

struct str run_reason(const struct run *r)
{
	if (r->reason.len)
		return r->reason;
	switch (r->phase) {
	case RUN_LOOKING:
	case RUN_WAITING: return STR("Pending");
	case RUN_RUNNING: return STR("Validated");
	case RUN_SUCCEEDED: return STR("Succeeded");
	case RUN_FAILED: return STR("Failed");
	}
	return STR("");
}

/* --- as JSON --------------------------------------------------------------------------------------------- */

static void member_time(struct buf *out, const char *key, int64_t ms)
{
	AUTO_BUF text = BUF(64);

	if (!ms)
		return;
	rfc3339_add(&text, ms / 1000);
	json_member_str(out, key, buf_str(&text));
}

static void member_cost(struct buf *out, struct money cost)
{
	AUTO_BUF text = BUF(64);

	money_print(&text, cost);
	json_member_str(out, "costUSD", buf_str(&text));
}

void run_view_usage(struct buf *out, const struct run_usage *u)
{
	if (!u->input_tokens && !u->output_tokens)
		return;
	json_key(out, "tokenUsage");
	json_open(out, '{');
	json_member_int(out, "inputTokens", u->input_tokens);
	json_member_int(out, "outputTokens", u->output_tokens);
	json_member_int(out, "totalTokens", u->input_tokens + u->output_tokens);
	json_close(out, '}');
}

static void add_step(struct buf *out, const struct step_state *s,
		     const struct run_prices *prices)
{
	json_next(out);
	json_open(out, '{');
	json_member_str(out, "name", s->name);
	json_member_str_if(out, "parent", step_parent(s));
	json_member_str_if(out, "role", s->role);
	json_member_str(out, "phase", str_of(step_phase_name(s->phase)));
	json_member_str_if(out, "reason", s->reason);
	json_member_str_if(out, "message", s->message);
	member_time(out, "startTime", s->start_ms);
	member_time(out, "completionTime", s->end_ms);
	run_view_usage(out, &s->usage);
	if (s->usage.input_tokens || s->usage.output_tokens)
		member_cost(out, step_cost(s, prices));
	json_member_str_if(out, "resolvedAgent", s->agent);
	json_close(out, '}');
}

void run_view_json(struct buf *out, const struct run *r, struct str output,
		   const struct run_prices *prices)
{
	struct str shown = utf8_cut(output, RUN_VIEW_OUTPUT_BYTES);

	json_open(out, '{');
	json_member_str(out, "name", r->name);
	json_member_str(out, "namespace", r->namespace);
	json_member_str_if(out, "team", r->team);
	json_member_str_if(out, "agent", r->agent);
	json_member_str(out, "phase", str_of(run_phase_name(r->phase)));
	json_member_str(out, "reason", run_reason(r));
	json_member_str_if(out, "message", r->message);
	json_member_int(out, "attempt", r->attempt);
	member_time(out, "startTime", r->start_ms);
	member_time(out, "completionTime", r->end_ms);
	if (run_duration_ms(r) >= 0)
		json_member_int(out, "durationMs", run_duration_ms(r));
	if (output.ptr)
		json_member_str(out, "output", shown);
	if (shown.len < output.len)
		json_member_bool(out, "outputTruncated", true);
	run_view_usage(out, &r->usage);
	if (r->usage.input_tokens || r->usage.output_tokens)
		member_cost(out, run_cost(r, prices));
	json_key(out, "steps");
	json_open(out, '[');
	for (size_t i = 0; i < r->step_count; i++)
		add_step(out, &r->steps[i], prices);
	json_close(out, ']');
	json_close(out, '}');
}
