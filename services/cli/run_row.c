#include "cli/run_row.h"

#include "cli/out.h"
#include "lang/rfc3339.h"
#include "process/clock.h"
#include "runs/run_view.h"

struct value run_row(struct arena *a, const struct run *r)
{
	AUTO_BUF started = BUF(64), cost = BUF(64);
	int64_t ms = run_duration_ms(r);
	struct value_builder b;

	value_map_begin(&b, a);
	value_map_add(&b, STR("namespace"), value_str(r->namespace));
	value_map_add(&b, STR("name"), value_str(r->name));
	value_map_add(&b, STR("team"), value_str(r->team.len ? r->team : r->agent));
	value_map_add(&b, STR("phase"), value_str(str_of(run_phase_name(r->phase))));
	if (r->reason.len)
		value_map_add(&b, STR("reason"), value_str(r->reason));
	value_map_add(&b, STR("tokens"),
		      value_int(r->usage.input_tokens + r->usage.output_tokens));
	money_print(&cost, run_cost(r, NULL));
	value_map_add(&b, STR("costUSD"), value_str(arena_str(a, buf_str(&cost))));
	if (r->start_ms) {
		rfc3339_add(&started, r->start_ms / 1000);
		value_map_add(&b, STR("startTime"), value_str(arena_str(a, buf_str(&started))));
		if (ms < 0)
			ms = process_now_ms() - r->again_ms;
		value_map_add(&b, STR("durationMs"), value_int(ms));
	}
	return value_map_done(&b);
}

void run_rows_print(const struct cli *c, const struct value *rows)
{
	static const struct out_column columns[] = {
		{"NAMESPACE", "namespace", SHOW_PLAIN},
		{"NAME", "name", SHOW_PLAIN},
		{"TEAM", "team", SHOW_PLAIN},
		{"PHASE", "phase", SHOW_PLAIN},
		{"TOKENS", "tokens", SHOW_PLAIN},
		{"COST", "costUSD", SHOW_PLAIN},
		{"STARTED", "startTime", SHOW_AGE},
		{"DURATION", "durationMs", SHOW_DURATION_MS},
	};
	size_t from = c->common.all_namespaces ? 0 : 1;

	out_rows(c, columns + from, sizeof(columns) / sizeof(columns[0]) - from, rows);
}
