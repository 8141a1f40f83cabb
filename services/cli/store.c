#include "cli/store.h"

#include <stdlib.h>

#include "base/json.h"
#include "stream/keys.h"
#include "stream/library.h"

int store_run(struct cli *c, struct redis_sync *r, struct str namespace, struct str name,
	      struct run_record *ret)
{
	static const char *const field[] = {"d", NULL};
	struct arena *a = &c->arena;
	struct run_record record = {.found = RUN_NOT_THERE};
	const struct reply *reply;
	struct run_mark mark;
	struct why why;
	int code =
		redis_ask_key(c, r, "HGET", key_run_state(a, namespace, name), field, &reply);

	if (code)
		return code;
	if (reply->kind == REPLY_STRING) {
		record.found = RUN_THERE;
		if (run_decode(a, reply->text, &record.run, &why))
			return cli_fail(c, EXIT_BAD, "run %.*s: %s", STR_ARG(name), why.text);
		*ret = record;
		return EXIT_GOOD;
	}
	code = redis_ask_key(c, r, "GET", key_run_mark(a, namespace, name), NULL, &reply);
	if (code)
		return code;
	if (reply->kind == REPLY_STRING && !run_mark_decode(a, reply->text, &mark, NULL)) {
		record.found = RUN_JUST_ADMITTED;
		record.run = (struct run){
			.namespace = namespace,
			.name = name,
			.team = mark.team,
			.agent = mark.agent,
			.trigger = mark.trigger,
			.created_ms = mark.created_ms,
			.attempt = 1,
		};
	}
	*ret = record;
	return EXIT_GOOD;
}

int store_text(struct cli *c, struct redis_sync *r, const struct kept_text *t,
	       struct str *ret_text, bool *ret_gone)
{
	const struct reply *reply;
	int code;

	if (ret_gone)
		*ret_gone = false;
	*ret_text = t->text;
	if (!t->key.len)
		return EXIT_GOOD;
	code = redis_ask_key(c, r, "GET", t->key, NULL, &reply);
	if (code)
		return code;
	if (reply->kind == REPLY_STRING)
		*ret_text = reply->text;
	else if (ret_gone)
		*ret_gone = true;
	return EXIT_GOOD;
}

/* --- names ------------------------------------------------------------------------------------ */

struct named {
	struct str name;
	int64_t at_ms;
};

static int newest_first(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return x->at_ms == y->at_ms ? str_cmp(x->name, y->name)
				    : (x->at_ms < y->at_ms ? 1 : -1);
}

int store_names(struct cli *c, struct redis_sync *r, struct str_list *ret)
{
	static const char *const sets[] = {KEY_RUNS_ACTIVE, KEY_RUNS_WAITING, KEY_RUNS_ENDED};
	static const char *const all[] = {"0", "-1", "WITHSCORES", NULL};
	struct named *list = NULL;
	size_t count = 0, cap = 0;
	struct str *names;

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		const struct reply *reply;
		int code = redis_ask_key(c, r, "ZRANGE", str_of(sets[i]), all, &reply);

		if (code)
			return code;
		for (size_t j = 0; j + 1 < reply->count; j += 2) {
			struct named n = {.name = reply->items[j].text};

			if (!str_to_i64(reply->items[j + 1].text, &n.at_ms))
				continue;
			list = arena_grow(&c->arena, list, count, &cap, sizeof(*list));
			list[count++] = n;
		}
	}
	if (count)
		qsort(list, count, sizeof(*list), newest_first);
	names = ARENA_ARRAY(&c->arena, count, struct str);
	for (size_t i = 0; i < count; i++)
		names[i] = list[i].name;
	*ret = (struct str_list){names, count};
	return EXIT_GOOD;
}

int store_find(struct cli *c, struct redis_sync *r, struct str name, struct run_record *ret)
{
	struct str namespace = cli_namespace(c), of, run;
	struct str_list names;
	int code = store_run(c, r, namespace, name, ret);

	if (code || ret->found != RUN_NOT_THERE)
		return code;
	code = store_names(c, r, &names);
	for (size_t i = 0; !code && i < names.count; i++) {
		struct run_record record;

		if (!str_cut(names.items[i], '.', &of, &run) || !str_eq(of, namespace))
			continue;
		code = store_run(c, r, of, run, &record);
		if (code || record.found == RUN_NOT_THERE || record.run.parent.len ||
		    !str_eq(record.run.team, name))
			continue;
		*ret = record;
		return EXIT_GOOD;
	}
	if (code)
		return code;
	return cli_fail(c, EXIT_NOT_FOUND,
			"there is no run, and no team with a run, '%.*s' in %.*s",
			STR_ARG(name), STR_ARG(namespace));
}

int store_object(struct cli *c, struct redis_sync *r, enum kind kind, struct str namespace,
		 struct str name, struct value *ret)
{
	struct str field = arena_printf(&c->arena, "%s/%.*s/%.*s", kind_name(kind),
					STR_ARG(namespace), STR_ARG(name));
	const char *const more[] = {field.ptr, NULL};
	const struct reply *reply;
	struct why why;
	int code = redis_ask_key(c, r, "HGET", STR(KEY_SNAPSHOT), more, &reply);

	if (code)
		return code;
	*ret = value_nil;
	if (reply->kind == REPLY_STRING &&
	    json_parse(&c->arena, reply->text, JSON_STRICT, JSON_MAX_DEPTH, ret, &why))
		return cli_fail(c, EXIT_BAD, "%s: %s", field.ptr, why.text);
	return EXIT_GOOD;
}

/* --- writing ---------------------------------------------------------------------------------- */

int store_commit(struct cli *c, struct redis_sync *r, const struct commit *commit,
		 struct commit_result *ret)
{
	const struct reply *reply;
	struct why why;

	for (int attempt = 0;; attempt++) {
		if (redis_sync_send(r, &c->arena, &commit->command, REDIS_AT_WAIT_MS, &reply,
				    &why))
			return cli_fail(c, EXIT_MISSING, "Redis: %s", why.text);
		if (reply_error(reply) != REPLY_ERROR_NO_FUNCTION || attempt)
			break;
		struct command load = command_begin(&c->arena, "FUNCTION");

		command_adds(&load, "LOAD");
		command_adds(&load, library_lua);
		if (redis_sync_send(r, &c->arena, &load, REDIS_AT_WAIT_MS, &reply, &why))
			return cli_fail(c, EXIT_MISSING, "Redis: %s", why.text);
	}
	commit_read(reply, ret);
	return EXIT_GOOD;
}
