/*
 * What a task and its model have said to each other (SPEC 7.12), and its form in Redis.
 *
 * A conversation is a list of turns that only grows: system, user, then assistant and tool
 * results in turn. An assistant turn that asks for tools is followed by one turn with the
 * results of all its calls, in the order asked; until then these calls are open, and a task
 * that is taken over makes them again (SPEC 7.5).
 *
 * Invariants: the encoded form of all turns fits max_bytes (limit conversation-bytes), so what
 * was added can be recorded. A refused addition changes nothing. Texts are copied and must be
 * UTF-8; they live until conversation_release.
 */
#ifndef ARK_AGENT_CONVERSATION_H
#define ARK_AGENT_CONVERSATION_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"

/* SPEC 1.6. Estimated: at least a part was not reported by the provider (SPEC 7.16). */
struct usage {
	int64_t input_tokens, output_tokens;
	bool estimated;
};
/* Sums stay below INT64_MAX. */
void usage_add(struct usage *sum, struct usage u);

struct tool_call {
	struct str id;	      /* by the provider, or made by us when it gave none */
	struct str name;      /* as the model wrote it */
	struct str arguments; /* as the model wrote them: meant to be a JSON object */
};

struct tool_result {
	struct str text;
	bool is_error;
};

enum turn_kind {
	TURN_SYSTEM,
	TURN_USER,
	TURN_ASSISTANT,
	TURN_RESULTS,
};

struct turn {
	enum turn_kind kind;
	struct str text; /* all but results */

	/* Of an assistant. */
	const struct tool_call *calls;
	size_t call_count;
	struct str native;  /* JSON list of content blocks to send back unchanged; empty = none
			      (INTERFACES 12.6) */
	struct usage usage; /* of the model call and of its failed attempts */

	/* Of results: one for each call of the turn before. */
	const struct tool_result *results;
	size_t result_count;
};

struct conversation {
	struct arena arena;
	struct turn *turns;
	size_t count, cap;
	size_t bytes; /* of the encoded form */
	size_t max_bytes;
};

void conversation_init(struct conversation *c, size_t max_bytes);
/* Frees everything; fine on a zeroed or released conversation. */
void conversation_release(struct conversation *c);

/* Each appends one turn. FAIL_INPUT, naming conversation-bytes, when it does not fit. */
enum fail conversation_add_system(struct conversation *c, struct str text,
				  struct why *why) MUST_CHECK;
enum fail conversation_add_user(struct conversation *c, struct str text,
				struct why *why) MUST_CHECK;
enum fail conversation_add_assistant(struct conversation *c, const struct turn *turn,
				     struct why *why) MUST_CHECK;
/* Results of the open calls: exactly one for each, in the order of the calls. */
enum fail conversation_add_results(struct conversation *c, const struct tool_result *results,
				   size_t count, struct why *why) MUST_CHECK;

/* --- reading ---------------------------------------------------------------------------- */

/* The turn whose calls wait for their results, or NULL. */
const struct turn *conversation_open_calls(const struct conversation *c);
/* The text of the last user turn; empty when there is none. */
struct str conversation_last_user(const struct conversation *c);
/* Number of assistant turns, and of those that asked for tools (SPEC 7.18). */
size_t conversation_answers(const struct conversation *c);
size_t conversation_tool_turns(const struct conversation *c);
/* Of all turns together. */
struct usage conversation_usage(const struct conversation *c);

/* --- the form in Redis ------------------------------------------------------------------ */

/* Appends compact JSON: {"version":1,"turns":[{"role":"user","text":...},...]}. */
void conversation_encode(const struct conversation *c, struct buf *out);
/* Adds the turns of an encoded conversation to c, which must be empty. FAIL_INPUT when the text
 * is none: c is then empty again. decode(encode(c)) gives equal turns. */
enum fail conversation_decode(struct conversation *c, struct str text,
			      struct why *why) MUST_CHECK;

#endif
