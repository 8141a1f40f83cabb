/* `ark dead-letters`: entries that were given up on (SPEC 21.15, 7.9, 16.8). */
#include <stdio.h>

#include "base/json.h"
#include "cli/change.h"
#include "cli/out.h"
#include "cli/verbs.h"
#include "lang/rfc3339.h"
#include "process/clock.h"
#include "stream/entry.h"
#include "stream/keys.h"

struct dead_options {
	struct str agent, notify;
	bool all;
	int64_t older_than_ms;
};

enum { PAGE = 512 };

#define ROW(name_, type_, member, help_)                                                       \
	.name = name_, .type = ARG_##type_, .at = ARG_AT_##type_(struct dead_options, member), \
	.help = help_
static const struct arg flags[] = {
	{ROW("agent", TEXT, agent, "only tasks of this agent"), .value = "NAME"},
	{ROW("notify", TEXT, notify, "only notifications of this policy"), .value = "NAME"},
	{ROW("all", SWITCH, all, "replay or drop every one that is listed")},
	{ROW("older-than", DURATION, older_than_ms, "only those that are older"),
	 .value = "DURATION"},
};

struct letter {
	struct str id;
	struct message m;
};
struct letters {
	struct letter *items;
	size_t count, cap;
};

/* --- finding ---------------------------------------------------------------------------------- */

static bool is_wanted(const struct cli *c, const struct dead_options *o,
		      const struct message *m)
{
	if (!c->common.all_namespaces && m->namespace.len &&
	    !str_eq(m->namespace, cli_namespace(c)))
		return false;
	if (o->agent.len && !str_eq(m->agent, o->agent))
		return false;
	if (o->notify.len && !str_eq(m->policy, o->notify))
		return false;
	return !o->older_than_ms || process_now_ms() - m->at_ms >= o->older_than_ms;
}

/* An entry of another release is shown with what can be read of it: its id, which says when. */
static void add(struct arena *a, struct letters *l, const struct entry *e)
{
	struct letter letter = {.id = e->id};
	struct str ms;

	if (entry_decode(e, &letter.m, NULL)) {
		letter.m =
			(struct message){.type = MSG_ENTRY_PARKED, .reason = STR("Unreadable")};
		if (!str_cut(e->id, '-', &ms, NULL) || !str_to_i64(ms, &letter.m.at_ms))
			letter.m.at_ms = 0;
	}
	l->items = arena_grow(a, l->items, l->count, &l->cap, sizeof(*l->items));
	l->items[l->count++] = letter;
}

static int read_all(struct cli *c, struct redis_sync *r, const struct dead_options *o,
		    struct letters *ret)
{
	struct arena *a = &c->arena;
	struct str from = STR("-");
	size_t count;

	do {
		struct command range = command_begin(a, "XRANGE");
		const struct reply *reply;
		struct entry *entries;
		struct why why;
		int code;

		command_add(&range, key_full(a, STR(STREAM_DEAD)));
		command_add(&range, from);
		command_adds(&range, "+");
		command_adds(&range, "COUNT");
		command_addi(&range, PAGE);
		code = redis_ask(c, r, &range, &reply);
		if (code)
			return code;
		if (entries_read(a, STR(STREAM_DEAD), reply, &entries, &count, &why))
			return cli_fail(c, EXIT_BAD, "%s", why.text);
		for (size_t i = 0; i < count; i++) {
			add(a, ret, &entries[i]);
			if (!is_wanted(c, o, &ret->items[ret->count - 1].m))
				ret->count--;
			from = arena_printf(a, "(%.*s", STR_ARG(entries[i].id));
		}
	} while (count == PAGE);
	return EXIT_GOOD;
}

/* Those that the arguments after the verb name, or all with --all. */
static int pick(struct cli *c, const struct dead_options *o, struct letters *l)
{
	size_t kept = 0, names = c->arguments.count - 1;

	if (o->all)
		return names ? cli_fail(c, EXIT_USAGE, "either --all or ids") : EXIT_GOOD;
	for (size_t i = 0; i < l->count; i++)
		for (size_t j = 1; j <= names; j++)
			if (str_eq(l->items[i].id, c->arguments.items[j])) {
				l->items[kept++] = l->items[i];
				break;
			}
	l->count = kept;
	if (kept < names)
		return cli_fail(c, EXIT_NOT_FOUND, "%zu of the ids are no dead letters",
				names - kept);
	return EXIT_GOOD;
}

/* --- showing ---------------------------------------------------------------------------------- */

static void member(struct value_builder *b, const char *key, struct str s)
{
	if (s.len)
		value_map_add(b, str_of(key), value_str(s));
}

static struct value letter_value(struct arena *a, const struct letter *l, bool whole)
{
	const struct message *m = &l->m;
	AUTO_BUF at = BUF(64);
	struct value_builder b;
	struct value content;

	rfc3339_add(&at, m->at_ms / 1000);
	value_map_begin(&b, a);
	member(&b, "id", l->id);
	value_map_add(&b, STR("at"), value_str(arena_str(a, buf_str(&at))));
	member(&b, "from", m->from);
	member(&b, "reason", m->reason);
	member(&b, "message", m->message);
	member(&b, "namespace", m->namespace);
	member(&b, "agent", m->agent);
	member(&b, "policy", m->policy);
	member(&b, "run", m->run);
	member(&b, "step", m->step);
	member(&b, "task", m->task);
	value_map_add(&b, STR("deliveries"), value_int(m->deliveries));
	if (whole && m->content.len &&
	    !json_parse(a, m->content, JSON_LENIENT, JSON_MAX_DEPTH, &content, NULL))
		value_map_add(&b, STR("content"), content);
	return value_map_done(&b);
}

static int show_list(struct cli *c, const struct letters *l)
{
	static const struct out_column columns[] = {
		{"ID", "id", SHOW_PLAIN},	    {"AGE", "at", SHOW_AGE},
		{"FROM", "from", SHOW_PLAIN},	    {"REASON", "reason", SHOW_PLAIN},
		{"RUN", "run", SHOW_PLAIN},	    {"STEP", "step", SHOW_PLAIN},
		{"MESSAGE", "message", SHOW_PLAIN},
	};
	struct value *rows = ARENA_ARRAY(&c->arena, l->count, struct value), all;

	for (size_t i = 0; i < l->count; i++)
		rows[i] = letter_value(&c->arena, &l->items[i], false);
	all = value_list(rows, l->count);
	out_rows(c, columns, sizeof(columns) / sizeof(columns[0]), &all);
	return EXIT_GOOD;
}

static int show_whole(struct cli *c, const struct letters *l)
{
	if (c->common.output == OUTPUT_TEXT)
		c->common.output = OUTPUT_YAML;
	for (size_t i = 0; i < l->count; i++) {
		struct value v = letter_value(&c->arena, &l->items[i], true);

		out_value(c, &v);
	}
	return EXIT_GOOD;
}

/* --- replaying and dropping --------------------------------------------------------------------- */

static int drop_one(struct cli *c, struct redis_sync *r, const struct letter *l)
{
	const char *const id[] = {arena_str(&c->arena, l->id).ptr, NULL};
	const struct reply *reply;

	return redis_ask_key(c, r, "XDEL", STR(STREAM_DEAD), id, &reply);
}

/* The entry as it was. */
static int message_of(struct cli *c, const struct letter *l, struct message *ret)
{
	struct str *pairs;
	struct value content;
	struct why why;

	if (json_parse(&c->arena, l->m.content, JSON_LENIENT, JSON_MAX_DEPTH, &content, &why) ||
	    content.kind != VALUE_LIST)
		return cli_fail(c, EXIT_BAD, "%.*s: its content cannot be read",
				STR_ARG(l->id));
	pairs = ARENA_ARRAY(&c->arena, content.list.count, struct str);
	for (size_t i = 0; i < content.list.count; i++)
		pairs[i] = value_text(&content.list.items[i]);
	if (message_decode(l->id, pairs, content.list.count, ret, &why))
		return cli_fail(c, EXIT_BAD, "%.*s: %s", STR_ARG(l->id), why.text);
	return EXIT_GOOD;
}

/* SPEC 7.9: a run that failed because of it goes on as by a retry, which queues a new task; else
 * the entry is put back where it came from. */
static int replay_one(struct cli *c, struct redis_sync *r, const struct letter *l)
{
	struct run_record record = {.found = RUN_NOT_THERE};
	struct message m;
	int code = EXIT_GOOD;

	if (l->m.run.len && l->m.namespace.len)
		code = store_run(c, r, l->m.namespace, l->m.run, &record);
	if (code)
		return code;
	if (record.found == RUN_THERE && record.run.phase == RUN_FAILED && l->m.step.len) {
		m = (struct message){.type = MSG_RUN_RETRIED,
				     .namespace = l->m.namespace,
				     .run = l->m.run,
				     .step = l->m.step,
				     .by = STR("cli")};
		code = change_say(c, r, STR(STREAM_RUNS), &m);
	} else {
		code = message_of(c, l, &m);
		m.deliveries = 0; /* it begins anew */
		if (!code)
			code = change_say(c, r, l->m.from, &m);
	}
	return code ? code : drop_one(c, r, l);
}

static int each(struct cli *c, struct redis_sync *r, const struct letters *l, bool replays)
{
	for (size_t i = 0; i < l->count; i++) {
		int code =
			replays ? replay_one(c, r, &l->items[i]) : drop_one(c, r, &l->items[i]);

		if (code)
			return code;
	}
	cli_note(c, "%zu %s", l->count, replays ? "replayed" : "dropped");
	return EXIT_GOOD;
}

static int run(struct cli *c, void *arg)
{
	const struct dead_options *o = arg;
	struct letters letters = {.count = 0};
	struct redis_sync *r;
	struct str what;
	int code;

	if (!cli_takes(c, 1, SIZE_MAX))
		return EXIT_USAGE;
	what = c->arguments.items[0];
	if (!str_is(what, "list") && !str_is(what, "show") && !str_is(what, "replay") &&
	    !str_is(what, "drop"))
		return cli_fail(c, EXIT_USAGE, "'%.*s' is none of: %s", STR_ARG(what),
				c->verb->arguments);
	if (!str_is(what, "list") && c->arguments.count == 1 && !o->all)
		return cli_fail(c, EXIT_USAGE, "an id is missing, or --all");
	code = redis_at_open(c, &r);
	if (code)
		return code;
	code = read_all(c, r, o, &letters);
	if (!code && !str_is(what, "list"))
		code = pick(c, o, &letters);
	if (!code)
		code = str_is(what, "list")   ? show_list(c, &letters)
		       : str_is(what, "show") ? show_whole(c, &letters)
					      : each(c, r, &letters, str_is(what, "replay"));
	redis_sync_free(r);
	return code;
}

const struct verb verb_dead_letters = {
	.name = "dead-letters",
	.arguments = "list | show ID... | replay ID... | drop ID...",
	.help = "Lists, shows, replays or drops entries that were given up on",
	.details = "A replayed task lets its failed run go on; any other entry is put back "
		   "into the\n"
		   "stream that it came from.\n\n"
		   "  $ ark dead-letters list --agent writer\n"
		   "  $ ark dead-letters replay 1760000000000-0\n"
		   "  $ ark dead-letters drop --all --older-than 24h\n",
	VERB_FLAGS(flags),
	.option_bytes = sizeof(struct dead_options),
	.takes = TAKES_NAMESPACE | TAKES_ALL_NAMESPACES | TAKES_OUTPUT | TAKES_SUITE,
	.run = run,
};
