/* `ark runs`: SPEC 21.12. */
#include <stdio.h>

#include "base/json.h"
#include "cli/follow.h"
#include "cli/out.h"
#include "cli/run_report.h"
#include "cli/run_row.h"
#include "cli/verbs.h"
#include "runs/run_view.h"

struct runs_options {
	int phase; /* index among PHASES */
	int64_t limit;
};

#define PHASES "any pending running succeeded failed"
enum { PHASE_ANY, LIMIT_DEFAULT = 20, LIMIT_MOST = 100000 };

static const struct arg flags[] = {
	{.name = "phase",
	 .type = ARG_CHOICE,
	 .at = ARG_AT_CHOICE(struct runs_options, phase),
	 .value = "PHASE",
	 .choices = PHASES,
	 .help = "only those in this phase: pending, running, succeeded, failed"},
	{.name = "limit",
	 .type = ARG_NUMBER,
	 .at = ARG_AT_NUMBER(struct runs_options, limit),
	 .value = "N",
	 .least = 1,
	 .most = LIMIT_MOST,
	 .help = "at most so many, the newest (default: 20)"},
};

/* --- list ------------------------------------------------------------------------------------- */

static bool is_wanted(const struct runs_options *o, struct str team, const struct run *r)
{
	static const char *const names[] = {"", "Pending", "Running", "Succeeded", "Failed"};

	if (team.len && !str_eq(r->team, team) && !str_eq(r->agent, team))
		return false;
	return o->phase == PHASE_ANY ||
	       str_is(str_of(run_phase_name(r->phase)), names[o->phase]);
}

static int list(struct cli *c, struct redis_sync *r, const struct runs_options *o)
{
	struct str team = c->arguments.count ? c->arguments.items[0] : STR("");
	size_t limit = o->limit ? (size_t)o->limit : LIMIT_DEFAULT, count = 0;
	struct value *rows = ARENA_ARRAY(&c->arena, limit, struct value), all;
	struct str_list names;
	int code = store_names(c, r, &names);

	for (size_t i = 0; !code && i < names.count && count < limit; i++) {
		struct run_record record;
		struct str namespace, name;

		if (!str_cut(names.items[i], '.', &namespace, &name) ||
		    (!c->common.all_namespaces && !str_eq(namespace, cli_namespace(c))))
			continue;
		code = store_run(c, r, namespace, name, &record);
		if (!code && record.found == RUN_THERE && is_wanted(o, team, &record.run))
			rows[count++] = run_row(&c->arena, &record.run);
	}
	if (code)
		return code;
	all = value_list(rows, count);
	run_rows_print(c, &all);
	return EXIT_GOOD;
}

/* --- one -------------------------------------------------------------------------------------- */

static int view(struct cli *c, struct redis_sync *r, struct run_record *record,
		struct value *ret)
{
	AUTO_BUF text = BUF(OUT_MAX_BYTES);
	struct str output;
	struct why why;
	int code = store_text(c, r, &record->run.output, &output, NULL);

	if (code)
		return code;
	run_view_json(&text, &record->run, output, NULL);
	if (json_parse(&c->arena, arena_str(&c->arena, buf_str(&text)), JSON_STRICT,
		       JSON_MAX_DEPTH, ret, &why))
		return cli_fail(c, EXIT_BAD, "%s", why.text);
	return EXIT_GOOD;
}

/* Members of the run one per line, its steps as a table, its output last. */
static void print_view(const struct cli *c, const struct value *v)
{
	static const struct out_column columns[] = {
		{"STEP", "name", SHOW_PLAIN},
		{"PHASE", "phase", SHOW_PLAIN},
		{"TOKENS", "tokenUsage.totalTokens", SHOW_PLAIN},
		{"COST($)", "costUSD", SHOW_PLAIN},
		{"REASON", "reason", SHOW_PLAIN},
		{"MESSAGE", "message", SHOW_PLAIN},
	};
	const struct value *steps = value_get(v, STR("steps"));
	AUTO_BUF text = BUF(OUT_MAX_BYTES);

	for (size_t i = 0; i < v->map.count; i++) {
		const struct value_entry *e = &v->map.entries[i];

		if (str_is(e->key, "steps") || str_is(e->key, "output"))
			continue;
		buf_addf(&text, "%-16.*s ", STR_ARG(e->key));
		if (value_is(&e->value, VALUE_STR))
			out_escape(&text, value_text(&e->value), false);
		else
			json_add(&text, &e->value);
		buf_addc(&text, '\n');
	}
	out_raw(buf_str(&text));
	if (value_count(steps))
		out_rows(c, columns, sizeof(columns) / sizeof(columns[0]), steps);
	if (value_get(v, STR("output"))) {
		out_text(STR("Output:\n"));
		out_line(value_text(value_get(v, STR("output"))));
	}
}

static int show(struct cli *c, struct redis_sync *r, struct run_record *record)
{
	struct value v;
	int code = view(c, r, record, &v);

	if (code)
		return code;
	if (c->common.output == OUTPUT_TEXT)
		print_view(c, &v);
	else
		out_value(c, &v);
	return EXIT_GOOD;
}

static int output(struct cli *c, struct redis_sync *r, struct run_record *record)
{
	const struct kept_text *kept = &record->run.output;
	struct str text;
	bool gone;
	int code;

	if (c->arguments.count == 3) {
		const struct step_state *s = run_step(&record->run, c->arguments.items[2]);

		if (!s)
			return cli_fail(c, EXIT_NOT_FOUND, "there is no step '%.*s'",
					STR_ARG(c->arguments.items[2]));
		kept = &s->output;
	}
	code = store_text(c, r, kept, &text, &gone);
	if (code)
		return code;
	if (gone || !text.ptr)
		return cli_fail(c, EXIT_NOT_FOUND,
				gone ? "the output is no longer kept" : "there is no output");
	out_line(text);
	return EXIT_GOOD;
}

static int one(struct cli *c, struct redis_sync *r, struct str what)
{
	struct run_record record;
	int code = store_find(c, r, c->arguments.items[1], &record);

	if (code)
		return code;
	if (str_is(what, "show"))
		return show(c, r, &record);
	if (str_is(what, "output"))
		return output(c, r, &record);
	return follow_run(c, r, record.run.namespace, record.run.name, FOLLOW_STEPS, 0);
}

static int run(struct cli *c, void *arg)
{
	struct str what = c->arguments.count ? c->arguments.items[0] : STR("");
	const struct runs_options *o = arg;
	bool is_one = str_is(what, "show") || str_is(what, "output") || str_is(what, "watch");
	struct redis_sync *r;
	int code;

	if (is_one && (o->phase != PHASE_ANY || o->limit))
		return cli_fail(c, EXIT_USAGE, "--phase and --limit are for the list of runs");
	if (!cli_takes(c, is_one ? 2 : 0, str_is(what, "output") ? 3 : is_one ? 2 : 1))
		return EXIT_USAGE;
	code = redis_at_open(c, &r);
	if (code)
		return code;
	code = is_one ? one(c, r, what) : list(c, r, o);
	redis_sync_free(r);
	return code;
}

const struct verb verb_runs = {
	.name = "runs",
	.arguments = "[TEAM | show RUN | output RUN [STEP] | watch RUN]",
	.help = "Lists runs, newest first; shows, prints or follows one",
	.details = "For RUN the name of a team means its newest run.\n\n"
		   "  $ ark runs blog --phase failed\n"
		   "  $ ark runs show blog\n"
		   "  $ ark runs output blog-20260330080000-x1y2z3w4 researcher\n",
	VERB_FLAGS(flags),
	.option_bytes = sizeof(struct runs_options),
	.takes = TAKES_NAMESPACE | TAKES_ALL_NAMESPACES | TAKES_OUTPUT | TAKES_SUITE,
	.run = run,
};
