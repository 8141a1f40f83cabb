/* `ark status`: is everything well? Problems first (SPEC 21.13). */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/http_ask.h"
#include "cli/out.h"
#include "cli/run_row.h"
#include "cli/store.h"
#include "cli/verbs.h"
#include "stream/keys.h"

struct status_options {
	bool watch;
};

enum { RUNS_SHOWN = 10, WATCH_SECONDS = 2, SCAN_COUNT = 500 };

static const struct arg flags[] = {
	{.name = "watch",
	 .type = ARG_SWITCH,
	 .at = ARG_AT_SWITCH(struct status_options, watch),
	 .help = "again every 2 s until interrupted"},
};

struct rows {
	struct value *items;
	size_t count, cap;
	size_t problems;
};

static void add_row(struct arena *a, struct rows *l, struct value row)
{
	l->items = arena_grow(a, l->items, l->count, &l->cap, sizeof(*l->items));
	l->items[l->count++] = row;
}

/* --- processes -------------------------------------------------------------------------------- */

static void process_row(struct cli *c, struct rows *l, struct str name,
			const struct http_ask *ask)
{
	struct value_builder b;
	bool ready = ask->status == 200;

	value_map_begin(&b, &c->arena);
	value_map_add(&b, STR("process"), value_str(name));
	value_map_add(&b, STR("ready"), value_str(ready ? STR("True") : STR("False")));
	value_map_add(&b, STR("message"), value_str(ready ? STR("") : str_trim(ask->body)));
	add_row(&c->arena, l, value_map_done(&b));
	l->problems += !ready;
}

/* Those of `ark up`; a suite that is reached by its Redis alone has no ports that we know. */
static int read_processes(struct cli *c, struct rows *l)
{
	struct http_ask asks[HTTP_ASK_MAX];
	struct up_file up;
	size_t count;
	int code = redis_at_up_file(c, &up);

	if (code)
		return code;
	count = value_count(&up.ports) < HTTP_ASK_MAX ? value_count(&up.ports) : HTTP_ASK_MAX;
	for (size_t i = 0; i < count; i++)
		asks[i] = (struct http_ask){
			.url = arena_printf(&c->arena, "http://127.0.0.1:%lld/readyz",
					    (long long)up.ports.map.entries[i].value.integer)};
	http_ask_all(&c->arena, asks, count);
	for (size_t i = 0; i < count; i++)
		process_row(c, l, up.ports.map.entries[i].key, &asks[i]);
	return EXIT_GOOD;
}

/* --- objects ---------------------------------------------------------------------------------- */

static const struct value *ready_condition(const struct value *status)
{
	const struct value *list = value_get(status, STR("conditions"));

	for (size_t i = 0; i < value_count(list); i++)
		if (str_is(value_text(value_get(value_at(list, i), STR("type"))), "Ready"))
			return value_at(list, i);
	return NULL;
}

/* field: <kind>/<namespace>/<name>. status NULL: ark-reconciler has not written one. */
static void object_row(struct cli *c, struct rows *l, struct str field,
		       const struct value *status, bool has_reconciler)
{
	const struct value *ready = ready_condition(status);
	struct str kind, namespace, name, word = value_text(value_get(ready, STR("status")));
	struct value_builder b;

	str_cut(field, '/', &kind, &name);
	str_cut(name, '/', &namespace, &name);
	if (!kind_is_ark(kind_by_word(kind)) || str_is(kind, kind_name(KIND_RUN)))
		return;
	if (!c->common.all_namespaces && c->common.namespace.len &&
	    !str_eq(namespace, c->common.namespace))
		return;
	value_map_begin(&b, &c->arena);
	value_map_add(&b, STR("kind"), value_str(kind));
	value_map_add(&b, STR("namespace"), value_str(namespace));
	value_map_add(&b, STR("name"), value_str(name));
	value_map_add(&b, STR("ready"), value_str(word.len ? word : STR("Unknown")));
	value_map_add(&b, STR("phase"), value_str(value_text(value_get(status, STR("phase")))));
	value_map_add(&b, STR("reason"),
		      value_str(value_text(value_get(ready, STR("reason")))));
	value_map_add(&b, STR("message"),
		      value_str(value_text(value_get(ready, STR("message")))));
	add_row(&c->arena, l, value_map_done(&b));
	l->problems += word.len ? !str_is(word, "True") : has_reconciler;
}

/* Of all objects the name, and of each the status that stands in hash `status`. */
static int read_objects(struct cli *c, struct redis_sync *r, struct rows *l)
{
	const struct reply *names, *statuses;
	int code = redis_ask_key(c, r, "HKEYS", STR(KEY_SNAPSHOT), NULL, &names);

	if (!code)
		code = redis_ask_key(c, r, "HGETALL", STR(KEY_STATUS), NULL, &statuses);
	for (size_t i = 0; !code && i < names->count; i++) {
		struct str field = names->items[i].text;
		struct value status = value_nil;

		for (size_t j = 0; j + 1 < statuses->count; j += 2)
			if (str_eq(statuses->items[j].text, field) &&
			    json_parse(&c->arena, statuses->items[j + 1].text, JSON_LENIENT,
				       JSON_MAX_DEPTH, &status, NULL))
				status = value_nil;
		object_row(c, l, field, &status, statuses->count > 0);
	}
	return code;
}

/* --- runs ------------------------------------------------------------------------------------- */

static int read_runs(struct cli *c, struct redis_sync *r, struct rows *l)
{
	struct str_list names;
	int code = store_names(c, r, &names);

	for (size_t i = 0; !code && i < names.count && l->count < RUNS_SHOWN; i++) {
		struct run_record record;
		struct str namespace, name;

		if (!str_cut(names.items[i], '.', &namespace, &name))
			continue;
		code = store_run(c, r, namespace, name, &record);
		if (!code && record.found == RUN_THERE)
			add_row(&c->arena, l, run_row(&c->arena, &record.run));
	}
	return code;
}

/* --- all of it -------------------------------------------------------------------------------- */

/* Problems first, then by kind and name as they are. */
static int problems_first(const void *a, const void *b)
{
	static const char *const keys[] = {"kind", "namespace", "name", "process"};
	bool x = str_is(value_text(value_get(a, STR("ready"))), "True");
	bool y = str_is(value_text(value_get(b, STR("ready"))), "True");
	int order = x - y;

	for (size_t i = 0; !order && i < sizeof(keys) / sizeof(keys[0]); i++)
		order = str_cmp(value_text(value_get(a, str_of(keys[i]))),
				value_text(value_get(b, str_of(keys[i]))));
	return order;
}

static struct value sorted(struct rows *l)
{
	if (l->count)
		qsort(l->items, l->count, sizeof(*l->items), problems_first);
	return value_list(l->items, l->count);
}

static void print(struct cli *c, const struct value *processes, const struct value *objects,
		  const struct value *runs)
{
	static const struct out_column process_columns[] = {
		{"PROCESS", "process", SHOW_PLAIN},
		{"READY", "ready", SHOW_PLAIN},
		{"MESSAGE", "message", SHOW_PLAIN},
	};
	static const struct out_column object_columns[] = {
		{"KIND", "kind", SHOW_PLAIN},	    {"NAMESPACE", "namespace", SHOW_PLAIN},
		{"NAME", "name", SHOW_PLAIN},	    {"READY", "ready", SHOW_PLAIN},
		{"PHASE", "phase", SHOW_PLAIN},	    {"REASON", "reason", SHOW_PLAIN},
		{"MESSAGE", "message", SHOW_PLAIN},
	};

	if (value_count(processes)) {
		out_rows(c, process_columns, 3, processes);
		putchar('\n');
	}
	out_rows(c, object_columns, 7, objects);
	if (value_count(runs)) {
		putchar('\n');
		run_rows_print(c, runs);
	}
}

static int show(struct cli *c, struct redis_sync *r)
{
	struct rows processes = {.count = 0}, objects = {.count = 0}, runs = {.count = 0};
	struct value p, o, n, all;
	struct value_builder b;
	int code = read_processes(c, &processes);

	if (!code)
		code = read_objects(c, r, &objects);
	if (!code)
		code = read_runs(c, r, &runs);
	if (code)
		return code;
	p = sorted(&processes);
	o = sorted(&objects);
	n = value_list(runs.items, runs.count);
	if (c->common.output == OUTPUT_TEXT) {
		print(c, &p, &o, &n);
	} else {
		value_map_begin(&b, &c->arena);
		value_map_add(&b, STR("processes"), p);
		value_map_add(&b, STR("objects"), o);
		value_map_add(&b, STR("runs"), n);
		all = value_map_done(&b);
		out_value(c, &all);
	}
	return processes.problems + objects.problems ? EXIT_BAD : EXIT_GOOD;
}

static int run(struct cli *c, void *arg)
{
	const struct status_options *o = arg;
	struct arena_mark mark;
	struct redis_sync *r;
	int code;

	if (!cli_takes(c, 0, 0))
		return EXIT_USAGE;
	code = redis_at_open(c, &r);
	if (code)
		return code;
	mark = arena_mark(&c->arena);
	code = show(c, r);
	while (o->watch && code <= EXIT_BAD) {
		fflush(stdout);
		sleep(WATCH_SECONDS);
		arena_rewind(&c->arena, mark);
		if (c->common.output == OUTPUT_TEXT)
			putchar('\n');
		code = show(c, r);
	}
	redis_sync_free(r);
	return code;
}

const struct verb verb_status = {
	.name = "status",
	.arguments = "",
	.help = "Shows processes, objects and the newest runs, problems first",
	.details = "Exit code 1 when a process or an object is not Ready: for scripts and "
		   "probes.\n\n"
		   "  $ ark status || ark streams\n",
	VERB_FLAGS(flags),
	.option_bytes = sizeof(struct status_options),
	.takes = TAKES_NAMESPACE | TAKES_ALL_NAMESPACES | TAKES_OUTPUT | TAKES_SUITE,
	.run = run,
};
