#include "agent/conversation_json.h"

enum {
	FRAME_BYTES = sizeof("{\"version\":1,\"turns\":[]}") - 1,
	FEW_TURNS = 4, /* of a task without tools, and one turn of tools */
};

void usage_add(struct usage *sum, struct usage u)
{
	if (__builtin_add_overflow(sum->input_tokens, u.input_tokens, &sum->input_tokens))
		sum->input_tokens = INT64_MAX;
	if (__builtin_add_overflow(sum->output_tokens, u.output_tokens, &sum->output_tokens))
		sum->output_tokens = INT64_MAX;
	sum->estimated |= u.estimated;
}

void conversation_init(struct conversation *c, size_t max_bytes)
{
	*c = (struct conversation){.bytes = FRAME_BYTES, .max_bytes = max_bytes};
}

void conversation_release(struct conversation *c)
{
	arena_release(&c->arena);
	conversation_init(c, c->max_bytes);
}

/* --- adding ----------------------------------------------------------------------------- */

/* Room that the turn takes when it is encoded, with its comma. */
static enum fail measure(const struct conversation *c, const struct turn *t, size_t *ret_bytes,
			 struct why *why)
{
	AUTO_BUF text = BUF(c->max_bytes > c->bytes ? c->max_bytes - c->bytes : 0);

	turn_encode(&text, t);
	if (c->count)
		buf_addc(&text, ',');
	if (text.full)
		return failf(why, FAIL_INPUT,
			     "conversation-bytes: the conversation is over %zu bytes",
			     c->max_bytes);
	*ret_bytes = text.len;
	return FAIL_NONE;
}

/* Copies everything that the turn points to. */
static struct turn turn_copy(struct arena *a, const struct turn *from)
{
	struct turn t = *from;
	struct tool_call *calls = ARENA_ARRAY(a, t.call_count, struct tool_call);
	struct tool_result *results = ARENA_ARRAY(a, t.result_count, struct tool_result);

	t.text = arena_str(a, from->text);
	t.native = arena_str(a, from->native);
	for (size_t i = 0; i < t.call_count; i++) {
		calls[i].id = arena_str(a, from->calls[i].id);
		calls[i].name = arena_str(a, from->calls[i].name);
		calls[i].arguments = arena_str(a, from->calls[i].arguments);
	}
	for (size_t i = 0; i < t.result_count; i++) {
		results[i] = from->results[i];
		results[i].text = arena_str(a, from->results[i].text);
	}
	t.calls = calls;
	t.results = results;
	return t;
}

enum fail conversation_add(struct conversation *c, const struct turn *t, struct why *why)
{
	size_t bytes;
	enum fail f = measure(c, t, &bytes, why);

	if (f)
		return f;
	if (!c->turns) { /* most have no more */
		c->cap = FEW_TURNS;
		c->turns = ARENA_ARRAY(&c->arena, c->cap, struct turn);
	}
	c->turns = arena_grow(&c->arena, c->turns, c->count, &c->cap, sizeof(*c->turns));
	c->turns[c->count++] = turn_copy(&c->arena, t);
	c->bytes += bytes;
	return FAIL_NONE;
}

enum fail conversation_add_system(struct conversation *c, struct str text, struct why *why)
{
	return conversation_add(c, &(struct turn){.kind = TURN_SYSTEM, .text = text}, why);
}

enum fail conversation_add_user(struct conversation *c, struct str text, struct why *why)
{
	return conversation_add(c, &(struct turn){.kind = TURN_USER, .text = text}, why);
}

enum fail conversation_add_assistant(struct conversation *c, const struct turn *turn,
				     struct why *why)
{
	struct turn t = *turn;

	t.kind = TURN_ASSISTANT;
	t.results = NULL;
	t.result_count = 0;
	return conversation_add(c, &t, why);
}

enum fail conversation_add_results(struct conversation *c, const struct tool_result *results,
				   size_t count, struct why *why)
{
	const struct turn *open = conversation_open_calls(c);

	PROMISE(open && open->call_count == count);
	return conversation_add(
		c,
		&(struct turn){.kind = TURN_RESULTS, .results = results, .result_count = count},
		why);
}

/* --- reading ---------------------------------------------------------------------------- */

const struct turn *conversation_open_calls(const struct conversation *c)
{
	const struct turn *last = c->count ? &c->turns[c->count - 1] : NULL;

	return last && last->kind == TURN_ASSISTANT && last->call_count ? last : NULL;
}

struct str conversation_last_user(const struct conversation *c)
{
	for (size_t i = c->count; i > 0; i--)
		if (c->turns[i - 1].kind == TURN_USER)
			return c->turns[i - 1].text;
	return STR("");
}

size_t conversation_answers(const struct conversation *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++)
		n += c->turns[i].kind == TURN_ASSISTANT;
	return n;
}

size_t conversation_tool_turns(const struct conversation *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++)
		n += c->turns[i].kind == TURN_ASSISTANT && c->turns[i].call_count;
	return n;
}

struct usage conversation_usage(const struct conversation *c)
{
	struct usage sum = {0};

	for (size_t i = 0; i < c->count; i++)
		if (c->turns[i].kind == TURN_ASSISTANT)
			usage_add(&sum, c->turns[i].usage);
	return sum;
}
