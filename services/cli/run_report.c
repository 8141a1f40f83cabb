#include "cli/run_report.h"

#include "runs/run_view.h"

struct value money_value(struct arena *a, struct money m)
{
	AUTO_BUF text = BUF(64);
	struct value v = value_float((double)money_micros(m) / 1e6);

	money_print(&text, m);
	v.real.literal = arena_str(a, buf_str(&text));
	return v;
}

/* Phases in lower case: succeeded, failed, skipped, pending. */
static struct value status(struct arena *a, const char *phase)
{
	struct str s = str_of(phase);
	char *text = arena_alloc(a, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		text[i] =
			s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] | 0x20) : s.ptr[i];
	return value_str(str_n(text, s.len));
}

static int64_t tokens(const struct run_usage *u)
{
	return u->input_tokens + u->output_tokens;
}

static struct value step_report(struct arena *a, const struct step_state *s, struct str output)
{
	struct value_builder b;

	value_map_begin(&b, a);
	value_map_add(&b, STR("name"), value_str(s->name));
	value_map_add(&b, STR("status"), status(a, step_phase_name(s->phase)));
	value_map_add(&b, STR("tokens"), value_int(tokens(&s->usage)));
	value_map_add(&b, STR("cost_usd"), money_value(a, step_cost(s, NULL)));
	value_map_add(&b, STR("output"), value_str(output));
	return value_map_done(&b);
}

struct value run_report(struct arena *a, const struct run *r, const struct run_texts *texts)
{
	struct value *steps = ARENA_ARRAY(a, r->step_count, struct value);
	int64_t ms = run_duration_ms(r);
	struct value_builder b;

	for (size_t i = 0; i < r->step_count; i++)
		steps[i] = step_report(a, &r->steps[i], texts->steps[i]);
	value_map_begin(&b, a);
	value_map_add(&b, STR("status"), status(a, run_phase_name(r->phase)));
	value_map_add(&b, STR("error"), value_str(r->message.len ? r->message : r->reason));
	if (r->phase == RUN_SUCCEEDED)
		value_map_last(&b)->value = value_str(STR(""));
	value_map_add(&b, STR("duration_ms"), value_int(ms < 0 ? 0 : ms));
	value_map_add(&b, STR("total_tokens"), value_int(tokens(&r->usage)));
	value_map_add(&b, STR("total_cost_usd"), money_value(a, run_cost(r, NULL)));
	value_map_add(&b, STR("output"), value_str(texts->output));
	value_map_add(&b, STR("steps"), value_list(steps, r->step_count));
	return value_map_done(&b);
}
