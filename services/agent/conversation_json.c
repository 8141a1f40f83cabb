#include "agent/conversation_json.h"

#include "base/json.h"

enum {
	CONVERSATION_VERSION = 1,
	CALLS_MAX = 1024, /* of one turn; far more than any model asks for */
};

/* --- encoding --------------------------------------------------------------------------- */

static const char *const roles[] = {
	[TURN_SYSTEM] = "system",
	[TURN_USER] = "user",
	[TURN_ASSISTANT] = "assistant",
	[TURN_RESULTS] = "results",
};

static void add_calls(struct buf *b, const struct turn *t)
{
	json_key(b, "calls");
	json_open(b, '[');
	for (size_t i = 0; i < t->call_count; i++) {
		json_next(b);
		json_open(b, '{');
		json_member_str(b, "id", t->calls[i].id);
		json_member_str(b, "name", t->calls[i].name);
		json_member_str(b, "arguments", t->calls[i].arguments);
		json_close(b, '}');
	}
	json_close(b, ']');
}

static void add_results(struct buf *b, const struct turn *t)
{
	json_key(b, "results");
	json_open(b, '[');
	for (size_t i = 0; i < t->result_count; i++) {
		json_next(b);
		json_open(b, '{');
		json_member_str(b, "text", t->results[i].text);
		if (t->results[i].is_error)
			json_member_bool(b, "error", true);
		json_close(b, '}');
	}
	json_close(b, ']');
}

static void add_usage(struct buf *b, struct usage u)
{
	json_key(b, "usage");
	json_open(b, '{');
	json_member_int(b, "input", u.input_tokens);
	json_member_int(b, "output", u.output_tokens);
	if (u.estimated)
		json_member_bool(b, "estimated", true);
	json_close(b, '}');
}

void turn_encode(struct buf *b, const struct turn *t)
{
	json_open(b, '{');
	json_member_str(b, "role", str_of(roles[t->kind]));
	if (t->kind != TURN_RESULTS)
		json_member_str(b, "text", t->text);
	if (t->kind == TURN_ASSISTANT) {
		if (t->call_count)
			add_calls(b, t);
		json_member_str_if(b, "native", t->native);
		add_usage(b, t->usage);
	}
	if (t->kind == TURN_RESULTS)
		add_results(b, t);
	json_close(b, '}');
}

void conversation_encode(const struct conversation *c, struct buf *out)
{
	json_open(out, '{');
	json_member_int(out, "version", CONVERSATION_VERSION);
	json_key(out, "turns");
	json_open(out, '[');
	for (size_t i = 0; i < c->count; i++) {
		json_next(out);
		turn_encode(out, &c->turns[i]);
	}
	json_close(out, ']');
	json_close(out, '}');
}

/* --- decoding --------------------------------------------------------------------------- */

static enum fail read_calls(struct arena *a, const struct value *v, struct turn *t,
			    struct why *why)
{
	const struct value *list = NULL;
	enum fail f = json_opt_list(v, "calls", &list, why);
	size_t count = value_count(list);
	struct tool_call *calls;

	if (f)
		return f;
	if (count > CALLS_MAX)
		return failf(why, FAIL_INPUT, "calls: more than %d", CALLS_MAX);
	calls = ARENA_ARRAY(a, count, struct tool_call);
	for (size_t i = 0; i < count; i++) {
		const struct value *call = value_at(list, i);

		f = json_need_str(call, "id", &calls[i].id, why);
		if (!f)
			f = json_need_str(call, "name", &calls[i].name, why);
		if (!f)
			f = json_need_str(call, "arguments", &calls[i].arguments, why);
		if (f)
			return fail_in(why, f, "calls[%zu]", i);
	}
	t->calls = calls;
	t->call_count = count;
	return FAIL_NONE;
}

static enum fail read_usage(const struct value *v, struct usage *ret, struct why *why)
{
	const struct value *map;
	struct usage u = {0};
	enum fail f = json_need_map(v, "usage", &map, why);

	if (!f)
		f = json_need_int(map, "input", 0, INT64_MAX, &u.input_tokens, why);
	if (!f)
		f = json_need_int(map, "output", 0, INT64_MAX, &u.output_tokens, why);
	if (!f)
		f = json_opt_bool(map, "estimated", &u.estimated, why);
	if (!f)
		*ret = u;
	return f;
}

static enum fail read_results(struct arena *a, const struct value *v, struct turn *t,
			      struct why *why)
{
	const struct value *list;
	struct tool_result *results;
	enum fail f = json_need_list(v, "results", &list, why);
	size_t count;

	if (f)
		return f;
	count = value_count(list);
	results = ARENA_ARRAY(a, count, struct tool_result);
	for (size_t i = 0; i < count; i++) {
		const struct value *result = value_at(list, i);

		f = json_need_str(result, "text", &results[i].text, why);
		if (!f)
			f = json_opt_bool(result, "error", &results[i].is_error, why);
		if (f)
			return fail_in(why, f, "results[%zu]", i);
	}
	t->results = results;
	t->result_count = count;
	return FAIL_NONE;
}

static enum fail read_kind(const struct value *v, enum turn_kind *ret, struct why *why)
{
	struct str role;
	enum fail f = json_need_str(v, "role", &role, why);

	if (f)
		return f;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (!str_is(role, roles[i]))
			continue;
		*ret = (enum turn_kind)i;
		return FAIL_NONE;
	}
	return failf(why, FAIL_INPUT, "role: '%.*s' is none", STR_ARG(role));
}

static enum fail read_turn(struct arena *a, const struct value *v, struct turn *t,
			   struct why *why)
{
	enum fail f = read_kind(v, &t->kind, why);

	if (f)
		return f;
	if (t->kind == TURN_RESULTS)
		return read_results(a, v, t, why);
	f = json_need_str(v, "text", &t->text, why);
	if (f || t->kind != TURN_ASSISTANT)
		return f;
	f = read_calls(a, v, t, why);
	if (!f)
		f = json_opt_str(v, "native", &t->native, why);
	if (!f)
		f = read_usage(v, &t->usage, why);
	return f;
}

static enum fail add_decoded(struct conversation *c, const struct turn *t, struct why *why)
{
	const struct turn *open = conversation_open_calls(c);

	/* Results follow the calls they belong to, and nothing else does. */
	if ((t->kind == TURN_RESULTS) != (open != NULL))
		return failf(why, FAIL_INPUT,
			     open ? "results are missing" : "results of nothing");
	if (open && open->call_count != t->result_count)
		return failf(why, FAIL_INPUT, "%zu results of %zu calls", t->result_count,
			     open->call_count);
	return conversation_add(c, t, why);
}

static enum fail decode(struct conversation *c, struct arena *a, struct str text,
			struct why *why)
{
	struct value root;
	const struct value *turns;
	int64_t version;
	enum fail f = json_parse(a, text, JSON_STRICT, JSON_MAX_DEPTH, &root, why);

	if (!f)
		f = json_need_int(&root, "version", CONVERSATION_VERSION, CONVERSATION_VERSION,
				  &version, why);
	if (!f)
		f = json_need_list(&root, "turns", &turns, why);
	for (size_t i = 0; !f && i < value_count(turns); i++) {
		struct turn t = {0};

		f = read_turn(a, value_at(turns, i), &t, why);
		if (!f)
			f = add_decoded(c, &t, why);
		if (f)
			f = fail_in(why, f, "turns[%zu]", i);
	}
	return f;
}

enum fail conversation_decode(struct conversation *c, struct str text, struct why *why)
{
	AUTO_ARENA a = ARENA_INIT;
	enum fail f;

	PROMISE(c->count == 0);
	f = decode(c, &a, text, why);
	if (f)
		conversation_release(c);
	return f;
}
