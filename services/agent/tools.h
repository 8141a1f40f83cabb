/*
 * The tools of a task: which there are, what the model calls them, what may be called, and
 * whether the arguments of a call are right (SPEC 7.21 to 7.25). How each kind of tool is run is
 * the affair of others: webhook_tool.h, MCP, artifacts, delegation.
 */
#ifndef ARK_AGENT_TOOLS_H
#define ARK_AGENT_TOOLS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/value.h"

enum { TOOL_NAME_MAX = 64 };

struct schema;	     /* lang/schema.h */
struct webhook_tool; /* agent_config.h */

enum tool_kind {
	TOOL_SUBMIT_SUBTASK,
	TOOL_DELEGATE,
	TOOL_WRITE_ARTIFACT,
	TOOL_READ_ARTIFACT,
	TOOL_WEBHOOK,
	TOOL_MCP,
};

struct tool {
	enum tool_kind kind;
	struct str name;	     /* as the model knows it */
	struct str description;	     /* may be empty */
	struct str parameters;	     /* JSON Schema, compact JSON */
	const struct schema *schema; /* the same, compiled; NULL = not checked here (MCP) */
	struct schema *own_schema;   /* the same when it belongs to the set */
	bool waits; /* for other tasks: gives its place away meanwhile, has no tool timeout
			   (SPEC 6.5, 7.4) */
	struct str server; /* MCP: whose tool it is ... */
	struct str remote; /* ... and its name there */
	const struct webhook_tool *webhook;
};

struct tool_set {
	struct arena *arena;
	struct tool *items;
	size_t count, cap;
};

/* --- names and policy ------------------------------------------------------------------- */

/* The name that the model sees (SPEC 7.21): server__tool, or the tool's own when server is
 * empty. */
struct str tool_visible_name(struct arena *a, struct str server, struct str tool);

/* toolPolicy (SPEC 6.1): deny wins; with allow_set everything else is denied. */
struct tool_policy {
	const struct str *allow, *deny;
	size_t allow_count, deny_count;
	bool allow_set;
};
/* Server is the MCP server's name, or empty for tools[]; built-ins are not asked about. */
bool tool_policy_allows(const struct tool_policy *p, struct str server, struct str tool);
/* Whether a text is such a pattern: <server>/<tool>, <server>/ and a star, tools/<name>. */
bool tool_pattern_valid(struct str pattern);

/* --- the set ---------------------------------------------------------------------------- */

/* What a tool points to is borrowed; the set itself lies in the arena, but call
 * tool_set_release before the arena goes. */
void tool_set_init(struct tool_set *set, struct arena *a);
void tool_set_release(struct tool_set *set);
/* False, and nothing is added, when a tool of that name is there already. */
bool tool_set_add(struct tool_set *set, const struct tool *tool);
const struct tool *tool_set_find(const struct tool_set *set, struct str name);
/* A built-in with its name, description and schema from the table of SPEC 7.22. `roles` are
 * those that may be delegated to; they are listed in the description of delegate (SPEC 11.2). */
bool tool_set_add_builtin(struct tool_set *set, enum tool_kind kind, const struct str *roles,
			  size_t role_count);
bool tool_is_builtin_name(struct str name);

/* --- calls and results ------------------------------------------------------------------ */

/* Finds the tool of a call and reads its arguments (empty text counts as an empty object).
 * FAIL_INPUT with words for the model (SPEC 7.23): unknown tool, arguments that are no JSON
 * object or do not satisfy the schema. */
enum fail tool_check(const struct tool_set *set, struct arena *a, struct str name,
		     struct str arguments, const struct tool **ret_tool,
		     struct value *ret_arguments, struct why *why) MUST_CHECK;
/* The text of a failed call: "Error: " and the words. */
struct str tool_error_text(struct arena *a, struct str words);
/* A result as the model gets it: UTF-8, cut at max_bytes with "[cut: N bytes]" at its end, which
 * does not count (SPEC 7.24). */
struct str tool_result_text(struct arena *a, struct str raw, size_t max_bytes);

#endif
