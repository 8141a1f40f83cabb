/*
 * `ark streams`: what flows through the suite's Redis, and who reads it (SPEC 21.16, DESIGN 8).
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/out.h"
#include "cli/redis_at.h"
#include "cli/verbs.h"
#include "process/clock.h"
#include "stream/keys.h"

struct streams_options {
	struct str agent;
	bool watch;
};

enum { SCAN_COUNT = 1000, WATCH_SECONDS = 2, STREAMS_MAX = 100000 };

static const struct arg flags[] = {
	{.name = "agent",
	 .type = ARG_TEXT,
	 .at = ARG_AT_TEXT(struct streams_options, agent),
	 .value = "NAME",
	 .help = "only the tasks of this agent"},
	{.name = "watch",
	 .type = ARG_SWITCH,
	 .at = ARG_AT_SWITCH(struct streams_options, watch),
	 .help = "again every 2 s until interrupted"},
};

/* Streams that the suite always has; tasks:* are found by SCAN. */
static const char *const fixed[] = {STREAM_RUNS,    "calls",	   "fires",
				    STREAM_SPEND,   STREAM_EVENTS, STREAM_DELIVERIES,
				    STREAM_OBJECTS, STREAM_DEAD};

struct stream_list {
	struct str *names; /* without prefix */
	size_t count, cap;
};

static void add(struct arena *a, struct stream_list *l, struct str name)
{
	l->names = arena_grow(a, l->names, l->count, &l->cap, sizeof(*l->names));
	l->names[l->count++] = name;
}

static int by_name(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static int find_tasks(struct cli *c, struct redis_sync *r, struct stream_list *l)
{
	struct str cursor = STR("0");
	size_t from = l->count, kept;

	do {
		struct command scan = command_begin(&c->arena, "SCAN");
		const struct reply *reply, *keys;
		int code;

		command_add(&scan, cursor);
		command_adds(&scan, "MATCH");
		command_add(&scan, key_full(&c->arena, STR("tasks:*")));
		command_adds(&scan, "COUNT");
		command_addi(&scan, SCAN_COUNT);
		command_adds(&scan, "TYPE");
		command_adds(&scan, "stream");
		code = redis_ask(c, r, &scan, &reply);
		if (code)
			return code;
		keys = reply_item(reply, 1);
		if (!keys || reply->items[0].kind != REPLY_STRING)
			break;
		for (size_t i = 0; i < keys->count && l->count < STREAMS_MAX; i++)
			add(&c->arena, l, str_from(keys->items[i].text, STR(KEY_PREFIX).len));
		cursor = reply->items[0].text;
	} while (!str_is(cursor, "0"));
	if (l->count - from < 2)
		return EXIT_GOOD;
	qsort(l->names + from, l->count - from, sizeof(*l->names), by_name);
	/* SCAN may give a key twice. */
	kept = from + 1;
	for (size_t i = kept; i < l->count; i++)
		if (!str_eq(l->names[i], l->names[kept - 1]))
			l->names[kept++] = l->names[i];
	l->count = kept;
	return EXIT_GOOD;
}

/* --- rows ------------------------------------------------------------------------------------- */

static int64_t id_ms(struct str id)
{
	struct str ms;
	int64_t n = 0;

	str_cut(id, '-', &ms, NULL);
	return str_to_i64(ms, &n) ? n : 0;
}

static void add_number(struct value_builder *b, const char *key, const struct reply *r)
{
	if (r && r->kind == REPLY_INTEGER)
		value_map_add(b, str_of(key), value_int(r->integer));
}

/* How long the oldest entry that a group still needs has been there: the first one that is in
 * flight, else the first one after the last delivered. */
static int oldest_age(struct cli *c, struct redis_sync *r, struct str stream,
		      const struct reply *group, int64_t *ret_ms)
{
	struct str name = reply_field(group, "name")->text;
	const struct reply *pending = reply_field(group, "pending");
	const struct reply *last = reply_field(group, "last-delivered-id"), *reply;
	struct str after =
		arena_printf(&c->arena, "(%.*s", STR_ARG(last ? last->text : STR("0")));
	const char *const next[] = {after.ptr, "+", "COUNT", "1", NULL};
	const char *const summary[] = {arena_str(&c->arena, name).ptr, NULL};
	struct str id = STR("");
	int code;

	*ret_ms = -1;
	if (pending && pending->integer > 0) {
		code = redis_ask_key(c, r, "XPENDING", stream, summary, &reply);
		if (!code && reply_item(reply, 1))
			id = reply_item(reply, 1)->text;
	} else {
		code = redis_ask_key(c, r, "XRANGE", stream, next, &reply);
		if (!code && reply_item(reply_item(reply, 0), 0))
			id = reply_item(reply_item(reply, 0), 0)->text;
	}
	if (!code && id.len)
		*ret_ms = process_now_ms() - id_ms(id);
	return code;
}

static int group_row(struct cli *c, struct redis_sync *r, struct str stream, int64_t length,
		     const struct reply *group, struct value *ret)
{
	struct value_builder b;
	int64_t age_ms = -1;
	int code = EXIT_GOOD;

	value_map_begin(&b, &c->arena);
	value_map_add(&b, STR("stream"), value_str(stream));
	value_map_add(&b, STR("length"), value_int(length));
	if (group) {
		value_map_add(&b, STR("group"), value_str(reply_field(group, "name")->text));
		add_number(&b, "waiting", reply_field(group, "lag"));
		add_number(&b, "inFlight", reply_field(group, "pending"));
		add_number(&b, "consumers", reply_field(group, "consumers"));
		code = oldest_age(c, r, stream, group, &age_ms);
		if (age_ms >= 0)
			value_map_add(&b, STR("oldestMs"), value_int(age_ms));
	}
	*ret = value_map_done(&b);
	return code;
}

struct row_list {
	struct value *items;
	size_t count, cap;
};

static int add_stream(struct cli *c, struct redis_sync *r, struct str stream,
		      struct row_list *rows)
{
	static const char *const none[] = {NULL};
	struct command info = command_begin(&c->arena, "XINFO");
	const struct reply *length, *groups;
	struct value row;
	int code = redis_ask_key(c, r, "EXISTS", stream, none, &length);

	if (code || !length->integer)
		return code;
	code = redis_ask_key(c, r, "XLEN", stream, none, &length);
	command_adds(&info, "GROUPS");
	command_add(&info, key_full(&c->arena, stream));
	if (!code)
		code = redis_ask(c, r, &info, &groups);
	for (size_t i = 0; !code && i < (groups->count ? groups->count : 1); i++) {
		code = group_row(c, r, stream, length->integer, reply_item(groups, i), &row);
		rows->items = arena_grow(&c->arena, rows->items, rows->count, &rows->cap,
					 sizeof(*rows->items));
		rows->items[rows->count++] = row;
	}
	return code;
}

static int show(struct cli *c, struct redis_sync *r, const struct streams_options *o)
{
	static const struct out_column columns[] = {
		{"STREAM", "stream", SHOW_PLAIN},
		{"LENGTH", "length", SHOW_PLAIN},
		{"GROUP", "group", SHOW_PLAIN},
		{"WAITING", "waiting", SHOW_PLAIN},
		{"IN-FLIGHT", "inFlight", SHOW_PLAIN},
		{"OLDEST", "oldestMs", SHOW_DURATION_MS},
		{"CONSUMERS", "consumers", SHOW_PLAIN},
	};
	struct stream_list streams = {.count = 0};
	struct row_list rows = {.count = 0};
	struct value list;
	int code = EXIT_GOOD;

	if (o->agent.len) {
		add(&c->arena, &streams, key_tasks(&c->arena, cli_namespace(c), o->agent));
	} else {
		for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
			add(&c->arena, &streams, str_of(fixed[i]));
		code = find_tasks(c, r, &streams);
	}
	for (size_t i = 0; !code && i < streams.count; i++)
		code = add_stream(c, r, streams.names[i], &rows);
	if (code)
		return code;
	if (o->agent.len && !rows.count)
		return cli_fail(c, EXIT_NOT_FOUND, "there are no tasks of agent '%.*s' in %.*s",
				STR_ARG(o->agent), STR_ARG(cli_namespace(c)));
	list = value_list(rows.items, rows.count);
	out_rows(c, columns, sizeof(columns) / sizeof(columns[0]), &list);
	return EXIT_GOOD;
}

/* --- removing a group -------------------------------------------------------------------------- */

/* A group that nobody reads holds its stream back (STREAMS 6); one with live consumers stays. */
static int drop_group(struct cli *c, struct redis_sync *r)
{
	struct str stream = c->arguments.items[1], group = c->arguments.items[2];
	struct command consumers = command_begin(&c->arena, "XINFO");
	struct command destroy = command_begin(&c->arena, "XGROUP");
	const struct reply *reply;
	int code;

	command_adds(&consumers, "CONSUMERS");
	command_add(&consumers, key_full(&c->arena, stream));
	command_add(&consumers, group);
	code = redis_ask(c, r, &consumers, &reply);
	if (code)
		return EXIT_NOT_FOUND;
	for (size_t i = 0; i < reply->count; i++) {
		const struct reply *idle = reply_field(&reply->items[i], "idle");

		if (idle && idle->integer < LIMIT_WORKER_LEASE_MS)
			return cli_fail(c, EXIT_BAD, "group %.*s is read by %.*s",
					STR_ARG(group),
					STR_ARG(reply_field(&reply->items[i], "name")->text));
	}
	command_adds(&destroy, "DESTROY");
	command_add(&destroy, key_full(&c->arena, stream));
	command_add(&destroy, group);
	code = redis_ask(c, r, &destroy, &reply);
	if (!code)
		cli_note(c, "group %.*s of %.*s is gone", STR_ARG(group), STR_ARG(stream));
	return code;
}

static int run(struct cli *c, void *arg)
{
	const struct streams_options *o = arg;
	bool drop = c->arguments.count && str_is(c->arguments.items[0], "drop-group");
	struct arena_mark mark;
	struct redis_sync *r;
	int code;

	if (!cli_takes(c, drop ? 3 : 0, drop ? 3 : 0))
		return EXIT_USAGE;
	if (drop && (o->agent.len || o->watch))
		return cli_fail(c, EXIT_USAGE, "drop-group takes neither --agent nor --watch");
	code = redis_at_open(c, &r);
	if (code)
		return code;
	mark = arena_mark(&c->arena);
	if (drop)
		code = drop_group(c, r);
	else
		code = show(c, r, o);
	while (!code && !drop && o->watch) {
		fflush(stdout);
		sleep(WATCH_SECONDS);
		arena_rewind(&c->arena, mark);
		if (c->common.output == OUTPUT_TEXT)
			putchar('\n');
		code = show(c, r, o);
	}
	redis_sync_free(r);
	return code;
}

const struct verb verb_streams = {
	.name = "streams",
	.arguments = "[drop-group STREAM GROUP]",
	.help = "Shows the streams and groups: what waits, what is in flight, how old it is",
	.details =
		"WAITING is what no process has taken yet, IN-FLIGHT what is taken and not\n"
		"finished, OLDEST the age of the oldest of these. Streams are ark:{0}:<name> "
		"in\n"
		"Redis; redis-cli XRANGE shows their entries.\n\n"
		"  $ ark streams --agent writer\n"
		"  $ ark streams drop-group events old-notifier\n\n"
		"drop-group removes a group that no process reads, which would keep a stream\n"
		"from being trimmed.\n",
	VERB_FLAGS(flags),
	.option_bytes = sizeof(struct streams_options),
	.takes = TAKES_NAMESPACE | TAKES_OUTPUT | TAKES_SUITE,
	.run = run,
};
