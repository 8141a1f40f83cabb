/*
 * The script of the mock provider (SPEC 7.19): what it answers to what.
 *
 * A script is read once per process and says everything but one thing: how often each `error`
 * has been given. That count is the script's only state, and belongs to the process.
 */
#ifndef ARK_AGENT_MOCK_SCRIPT_H
#define ARK_AGENT_MOCK_SCRIPT_H

#include "agent/conversation.h"

enum { MOCK_TOOLS_MAX = 64, MOCK_DELAY_MAX_MS = 60000 };

struct mock_rule {
	struct str match; /* in the last user message, any case; empty matches all */
	struct str model; /* empty = any */
	bool has_reply, has_then;
	struct str reply, then;
	struct tool_call *tools; /* asked for in one turn; ids are empty */
	size_t tool_count;
	int error_status; /* 0 = none */
	struct str error_message;
	int64_t retry_after_ms; /* -1 = none */
	int64_t error_times;	/* how often it fails; INT64_MAX = always */
	int64_t error_given;	/* so far */
};

struct mock_script {
	struct arena arena;
	struct mock_rule *rules;
	size_t rule_count;
	struct str fallback; /* `default` */
	int64_t token_delay_ms;
};

/* Reads a script; the empty text is the script without rules. FAIL_INPUT says line, column and
 * field: "mock script:3:14: rules[0].error.status: ...". On failure there is nothing to release.
 */
enum fail mock_script_load(struct mock_script *ret_script, struct str text,
			   struct why *why) MUST_CHECK;
void mock_script_release(struct mock_script *s);

/* The first rule for this message and model, or NULL. */
struct mock_rule *mock_script_rule(struct mock_script *s, struct str message, struct str model);

#endif
