#include "agent/mock_script.h"

#include "base/json.h"

enum { MOCK_RULES_MAX = 1000 };

/* Says where: "mock script:3:14: rules[0].error.status: <what>". */
static enum fail wrong(struct why *why, const struct value *v, const char *field,
		       const char *what)
{
	return failf(why, FAIL_INPUT, "mock script:%u:%u: %s: %s", v->line, v->column, field,
		     what);
}

/* --- members ---------------------------------------------------------------------------- */

/* A field that nobody reads is a mistake of its author. */
static enum fail check_fields(const struct value *v, const char *path, const char *const *known,
			      struct why *why)
{
	if (v->kind != VALUE_MAP)
		return wrong(why, v, path, "expected an object");
	for (size_t i = 0; i < v->map.count; i++) {
		const struct value_entry *e = &v->map.entries[i];
		const char *const *k = known;

		while (*k && !str_is(e->key, *k))
			k++;
		if (!*k)
			return failf(why, FAIL_INPUT,
				     "mock script:%u:%u: %s%s%.*s: unknown field", e->line,
				     e->column, path, *path ? "." : "", STR_ARG(e->key));
	}
	return FAIL_NONE;
}

static const char *path_of(struct arena *a, const char *path, const char *field)
{
	return arena_printf(a, "%s%s%s", path, *path ? "." : "", field).ptr;
}

static enum fail read_str(struct arena *a, const struct value *map, const char *path,
			  const char *field, struct str *ret, bool *ret_has, struct why *why)
{
	const struct value *v = value_get(map, str_of(field));

	if (value_is_nil(v))
		return FAIL_NONE;
	if (v->kind != VALUE_STR)
		return wrong(why, v, path_of(a, path, field), "expected a string");
	*ret = arena_str(a, v->string.text);
	if (ret_has)
		*ret_has = true;
	return FAIL_NONE;
}

static enum fail read_int(struct arena *a, const struct value *map, const char *path,
			  const char *field, int64_t min, int64_t max, int64_t *ret,
			  struct why *why)
{
	const struct value *v = value_get(map, str_of(field));

	if (value_is_nil(v))
		return FAIL_NONE;
	if (v->kind != VALUE_INT || v->integer < min || v->integer > max)
		return wrong(why, v, path_of(a, path, field),
			     arena_printf(a, "expected an integer of %lld-%lld", (long long)min,
					  (long long)max)
				     .ptr);
	*ret = v->integer;
	return FAIL_NONE;
}

/* --- tools ------------------------------------------------------------------------------ */

static enum fail read_tool(struct arena *a, const struct value *v, const char *path,
			   struct tool_call *ret, struct why *why)
{
	static const char *const known[] = {"name", "arguments", NULL};
	const struct value *arguments;
	bool named = false;
	enum fail f = check_fields(v, path, known, why);

	if (!f)
		f = read_str(a, v, path, "name", &ret->name, &named, why);
	if (f)
		return f;
	if (!named)
		return wrong(why, v, path_of(a, path, "name"), "missing");
	/* A text goes out as it is: so a script can ask with arguments that are no JSON. */
	arguments = value_get(v, STR("arguments"));
	if (value_is(arguments, VALUE_STR))
		ret->arguments = arena_str(a, arguments->string.text);
	else
		ret->arguments = value_is_nil(arguments) ? STR("{}") : json_text(a, arguments);
	return FAIL_NONE;
}

static enum fail read_tools(struct arena *a, const struct value *v, const char *path,
			    struct mock_rule *rule, struct why *why)
{
	size_t count = v->kind == VALUE_LIST ? value_count(v) : 1;

	if (count == 0 || count > MOCK_TOOLS_MAX)
		return wrong(why, v, path, "expected 1 to 64 tools");
	rule->tools = ARENA_ARRAY(a, count, struct tool_call);
	rule->tool_count = count;
	if (v->kind != VALUE_LIST)
		return read_tool(a, v, path, &rule->tools[0], why);
	for (size_t i = 0; i < count; i++) {
		enum fail f =
			read_tool(a, value_at(v, i), arena_printf(a, "%s[%zu]", path, i).ptr,
				  &rule->tools[i], why);

		if (f)
			return f;
	}
	return FAIL_NONE;
}

/* --- rules ------------------------------------------------------------------------------ */

static enum fail read_error(struct arena *a, const struct value *v, const char *path,
			    struct mock_rule *rule, struct why *why)
{
	static const char *const known[] = {"status", "times", "message", "retryAfter", NULL};
	int64_t status = 0, after = -1;
	enum fail f = check_fields(v, path, known, why);

	rule->error_times = INT64_MAX;
	rule->error_message = STR("error of the mock script");
	if (!f)
		f = read_int(a, v, path, "status", 400, 599, &status, why);
	if (!f)
		f = read_int(a, v, path, "times", 0, INT32_MAX, &rule->error_times, why);
	if (!f)
		f = read_int(a, v, path, "retryAfter", 0, 3600, &after, why);
	if (!f)
		f = read_str(a, v, path, "message", &rule->error_message, NULL, why);
	if (f)
		return f;
	if (!status)
		return wrong(why, v, path_of(a, path, "status"), "missing");
	rule->error_status = (int)status;
	rule->retry_after_ms = after < 0 ? -1 : after * 1000;
	return FAIL_NONE;
}

static enum fail read_rule(struct arena *a, const struct value *v, const char *path,
			   struct mock_rule *rule, struct why *why)
{
	static const char *const known[] = {"match", "model", "reply", "tool",
					    "then",  "error", NULL};
	const struct value *tool, *error;
	enum fail f = check_fields(v, path, known, why);

	rule->retry_after_ms = -1;
	if (!f)
		f = read_str(a, v, path, "match", &rule->match, NULL, why);
	if (!f)
		f = read_str(a, v, path, "model", &rule->model, NULL, why);
	if (!f)
		f = read_str(a, v, path, "reply", &rule->reply, &rule->has_reply, why);
	if (!f)
		f = read_str(a, v, path, "then", &rule->then, &rule->has_then, why);
	if (f)
		return f;
	tool = value_get(v, STR("tool"));
	error = value_get(v, STR("error"));
	if (!value_is_nil(tool))
		f = read_tools(a, tool, path_of(a, path, "tool"), rule, why);
	if (!f && !value_is_nil(error))
		f = read_error(a, error, path_of(a, path, "error"), rule, why);
	return f;
}

static enum fail read_rules(struct mock_script *s, const struct value *list, struct why *why)
{
	struct arena *a = &s->arena;
	size_t count;

	if (value_is_nil(list))
		return FAIL_NONE;
	if (list->kind != VALUE_LIST)
		return wrong(why, list, "rules", "expected a list");
	count = value_count(list);
	if (count > MOCK_RULES_MAX)
		return wrong(why, list, "rules", "more than 1000");
	s->rules = ARENA_ARRAY(a, count, struct mock_rule);
	s->rule_count = count;
	for (size_t i = 0; i < count; i++) {
		enum fail f =
			read_rule(a, value_at(list, i), arena_printf(a, "rules[%zu]", i).ptr,
				  &s->rules[i], why);

		if (f)
			return f;
	}
	return FAIL_NONE;
}

/* --- the script ------------------------------------------------------------------------- */

static enum fail read_script(struct mock_script *s, struct str text, struct why *why)
{
	static const char *const known[] = {"rules", "default", "tokenDelayMs", NULL};
	AUTO_ARENA a = ARENA_INIT;
	struct value v;
	enum fail f = json_parse(&a, text, JSON_STRICT, JSON_MAX_DEPTH, &v, why);

	if (f)
		return fail_in(why, f, "mock script");
	f = check_fields(&v, "", known, why);
	if (!f)
		f = read_rules(s, value_get(&v, STR("rules")), why);
	if (!f)
		f = read_str(&s->arena, &v, "", "default", &s->fallback, NULL, why);
	if (!f)
		f = read_int(&s->arena, &v, "", "tokenDelayMs", 0, MOCK_DELAY_MAX_MS,
			     &s->token_delay_ms, why);
	return f;
}

enum fail mock_script_load(struct mock_script *ret, struct str text, struct why *why)
{
	struct mock_script s = {.fallback = STR("mock response")};
	enum fail f = str_trim(text).len ? read_script(&s, text, why) : FAIL_NONE;

	if (f)
		mock_script_release(&s);
	else
		*ret = s;
	return f;
}

void mock_script_release(struct mock_script *s)
{
	arena_release(&s->arena);
	*s = (struct mock_script){0};
}

struct mock_rule *mock_script_rule(struct mock_script *s, struct str message, struct str model)
{
	for (size_t i = 0; i < s->rule_count; i++) {
		struct mock_rule *r = &s->rules[i];

		if (r->model.len && !str_eq(r->model, model))
			continue;
		if (str_find_nocase(message, r->match, 0) != STR_NONE)
			return r;
	}
	return NULL;
}
