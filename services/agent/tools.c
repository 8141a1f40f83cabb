#include "agent/tools.h"

#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"
#include "lang/schema.h"

enum {
	NAME_KEPT = 55, /* of a name that is too long (SPEC 7.21) */
	NAME_HASH_DIGITS = 8,
	DESCRIPTION_MAX_BYTES = 64 << 10,
	SCHEMA_WORDS_MAX_BYTES = 8 << 10,
	ARGUMENTS_MAX_DEPTH = 60, /* so that they fit into a request */
};

/* --- names ------------------------------------------------------------------------------ */

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

struct str tool_visible_name(struct arena *a, struct str server, struct str tool)
{
	struct str full =
		server.len ? arena_printf(a, "%.*s__%.*s", STR_ARG(server), STR_ARG(tool))
			   : tool;
	char *clean = arena_alloc(a, full.len + 1);
	char hex[SHA256_HEX_SIZE];

	/* Each character outside becomes one '_', however many bytes it has. */
	size_t len = 0;

	for (size_t i = 0, step; i < full.len; i += step) {
		utf8_decode(str_from(full, i), &step, NULL);
		clean[len++] = is_name_byte(full.ptr[i]) ? full.ptr[i] : '_';
	}
	if (len <= TOOL_NAME_MAX)
		return str_n(clean, len);
	sha256_hex(full, hex);
	return arena_printf(a, "%.*s_%.*s", NAME_KEPT, clean, NAME_HASH_DIGITS, hex);
}

/* --- policy ----------------------------------------------------------------------------- */

bool tool_pattern_valid(struct str pattern)
{
	struct str server, tool;

	return str_cut(pattern, '/', &server, &tool) && server.len && tool.len;
}

static bool matches(struct str pattern, struct str server, struct str tool)
{
	struct str s, t;

	if (!str_cut(pattern, '/', &s, &t))
		return false;
	return str_eq(s, server) && (str_is(t, "*") || str_eq(t, tool));
}

static bool any_matches(const struct str *patterns, size_t count, struct str server,
			struct str tool)
{
	for (size_t i = 0; i < count; i++)
		if (matches(patterns[i], server, tool))
			return true;
	return false;
}

bool tool_policy_allows(const struct tool_policy *p, struct str server, struct str tool)
{
	if (!server.len)
		server = STR("tools");
	if (any_matches(p->deny, p->deny_count, server, tool))
		return false;
	return !p->allow_set || any_matches(p->allow, p->allow_count, server, tool);
}

/* --- the set ---------------------------------------------------------------------------- */

void tool_set_init(struct tool_set *set, struct arena *a)
{
	*set = (struct tool_set){.arena = a};
}

void tool_set_release(struct tool_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		schema_free(set->items[i].own_schema);
	*set = (struct tool_set){.arena = set->arena};
}

const struct tool *tool_set_find(const struct tool_set *set, struct str name)
{
	for (size_t i = 0; i < set->count; i++)
		if (str_eq(set->items[i].name, name))
			return &set->items[i];
	return NULL;
}

bool tool_set_add(struct tool_set *set, const struct tool *tool)
{
	if (tool_set_find(set, tool->name))
		return false;
	set->items =
		arena_grow(set->arena, set->items, set->count, &set->cap, sizeof(*set->items));
	set->items[set->count++] = *tool;
	return true;
}

/* --- built-in tools: SPEC 7.22 ---------------------------------------------------------- */

struct builtin {
	enum tool_kind kind;
	const char *name, *description, *parameters;
	bool waits;
};

#define TEXT_PARAMETER(name, words)                                                            \
	"\"" name "\":{\"type\":\"string\",\"description\":\"" words "\"}"
#define OBJECT(properties, required)                                                           \
	"{\"type\":\"object\",\"properties\":{" properties "},\"required\":[" required         \
	"],\"additionalProperties\":false}"

static const struct builtin builtins[] = {
	{TOOL_SUBMIT_SUBTASK, "submit_subtask",
	 "Gives a part of the work to another worker of your own kind and returns its answer.",
	 OBJECT(TEXT_PARAMETER("prompt", "All that the other worker needs to know."),
		"\"prompt\""),
	 true},
	{TOOL_DELEGATE, "delegate",
	 "Gives a part of the work to the agent of another role and returns its answer.",
	 OBJECT(TEXT_PARAMETER("role", "Who is to do it.") "," TEXT_PARAMETER(
			"prompt", "All that the other agent needs to know."),
		"\"role\",\"prompt\""),
	 true},
	{TOOL_WRITE_ARTIFACT, "write_artifact",
	 "Stores one of the files that this step is declared to make.",
	 OBJECT(TEXT_PARAMETER("name", "The declared name.") "," TEXT_PARAMETER(
			"content",
			"The content, in the given encoding.") "," TEXT_PARAMETER("contentType",
										  "Its media "
										  "type.") ","
											   "\"e"
											   "nco"
											   "din"
											   "g\""
											   ":{"
											   "\"t"
											   "ype"
											   "\":"
											   "\"s"
											   "tri"
											   "ng"
											   "\","
											   "\"e"
											   "num"
											   "\":"
											   "[\""
											   "tex"
											   "t\""
											   ",\""
											   "bas"
											   "e64"
											   "\"]"
											   "}",
		"\"name\",\"content\""),
	 false},
	{TOOL_READ_ARTIFACT, "read_artifact", "Returns a file that an earlier step has made.",
	 OBJECT(TEXT_PARAMETER("name", "The declared name."), "\"name\""), false},
};
enum { BUILTINS = sizeof(builtins) / sizeof(builtins[0]) };

bool tool_is_builtin_name(struct str name)
{
	for (size_t i = 0; i < BUILTINS; i++)
		if (str_is(name, builtins[i].name))
			return true;
	return false;
}

/* SPEC 11.2: the description lists the allowed roles. */
static struct str describe(struct arena *a, const struct builtin *b, const struct str *roles,
			   size_t count)
{
	AUTO_BUF text = BUF(DESCRIPTION_MAX_BYTES);

	buf_adds(&text, b->description);
	for (size_t i = 0; i < count; i++) {
		buf_adds(&text, i ? ", " : " Roles: ");
		buf_add(&text, roles[i]);
	}
	if (count)
		buf_addc(&text, '.');
	return arena_str(a, buf_str(&text));
}

bool tool_set_add_builtin(struct tool_set *set, enum tool_kind kind, const struct str *roles,
			  size_t role_count)
{
	const struct builtin *b = builtins;
	struct schema *schema;
	struct why why;

	while (b < builtins + BUILTINS && b->kind != kind)
		b++;
	PROMISE(b < builtins + BUILTINS);
	if (tool_set_find(set, str_of(b->name)))
		return false;
	if (schema_compile_text(set->arena, str_of(b->parameters), NULL, &schema, &why))
		BROKEN(why.text);
	return tool_set_add(set,
			    &(struct tool){
				    .kind = kind,
				    .name = str_of(b->name),
				    .description = describe(set->arena, b, roles, role_count),
				    .parameters = str_of(b->parameters),
				    .schema = schema,
				    .own_schema = schema,
				    .waits = b->waits,
			    });
}

/* --- calls ------------------------------------------------------------------------------ */

static enum fail check_schema(const struct tool *t, struct arena *a, const struct value *v,
			      struct why *why)
{
	AUTO_BUF words = BUF(SCHEMA_WORDS_MAX_BYTES);
	struct schema_errors errors;

	if (!t->schema || schema_validate(t->schema, v, a, &errors) == SCHEMA_VALID)
		return FAIL_NONE;
	schema_errors_add(&words, &errors);
	return failf(why, FAIL_INPUT, "the arguments do not satisfy the tool's schema:\n%s",
		     buf_cstr(&words));
}

enum fail tool_check(const struct tool_set *set, struct arena *a, struct str name,
		     struct str arguments, const struct tool **ret_tool,
		     struct value *ret_arguments, struct why *why)
{
	const struct tool *t = tool_set_find(set, name);
	struct why parse;
	struct value v;
	enum fail f;

	if (!t)
		return failf(why, FAIL_INPUT, "unknown tool '%.*s'",
			     STR_ARG(utf8_cut(name, 2 * TOOL_NAME_MAX)));
	if (!str_trim(arguments).len)
		arguments = STR("{}");
	if (json_parse(a, arguments, JSON_LENIENT, ARGUMENTS_MAX_DEPTH, &v, &parse))
		return failf(why, FAIL_INPUT, "the arguments are no JSON: %s", parse.text);
	if (v.kind != VALUE_MAP)
		return failf(why, FAIL_INPUT, "the arguments are no JSON object");
	f = check_schema(t, a, &v, why);
	if (f)
		return f;
	*ret_tool = t;
	*ret_arguments = v;
	return FAIL_NONE;
}

struct str tool_error_text(struct arena *a, struct str words)
{
	return arena_printf(a, "Error: %.*s", STR_ARG(words));
}

struct str tool_result_text(struct arena *a, struct str raw, size_t max_bytes)
{
	/* An invalid byte becomes three. */
	AUTO_BUF clean = BUF(3 * raw.len + 1);
	struct str kept;

	utf8_clean(&clean, raw);
	kept = utf8_cut(buf_str(&clean), max_bytes);
	if (kept.len == clean.len)
		return arena_str(a, kept);
	return arena_printf(a, "%.*s[cut: %zu bytes]", STR_ARG(kept), clean.len - kept.len);
}
