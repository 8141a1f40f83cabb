/* Anthropic Messages: INTERFACES 12. */
#include "agent/provider_anthropic.h"

#include "base/json.h"

enum { BODY_OVERHEAD_BYTES = 8 << 20 };

/* INTERFACES 12.2: the current version takes no sampling value at all. */
#define VERSION_CURRENT STR("2026-10-21")
#define VERSION_WITH_SAMPLING STR("2023-06-01")

bool anthropic_sends_temperature(const struct model_call *call)
{
	return call->temperature.len && !(call->quirks & QUIRK_NO_TEMPERATURE);
}

/* --- messages --------------------------------------------------------------------------- */

static void open_message(struct buf *b, const char *role)
{
	json_next(b);
	json_open(b, '{');
	json_member_str(b, "role", str_of(role));
	json_key(b, "content");
}

/* The input of a tool_use must be an object, whatever the model wrote. */
static void add_input(struct buf *b, struct str arguments)
{
	AUTO_ARENA a = ARENA_INIT;
	struct value v;
	struct why why;

	json_key(b, "input");
	if (!json_parse(&a, arguments, JSON_STRICT, JSON_MAX_DEPTH - 4, &v, &why) &&
	    v.kind == VALUE_MAP)
		json_add(b, &v);
	else
		buf_adds(b, "{}");
}

static void add_blocks(struct buf *b, const struct turn *t)
{
	json_open(b, '[');
	if (str_trim(t->text).len) { /* an empty text block is refused */
		json_open(b, '{');
		json_member_str(b, "type", STR("text"));
		json_member_str(b, "text", t->text);
		json_close(b, '}');
	}
	for (size_t i = 0; i < t->call_count; i++) {
		json_next(b);
		json_open(b, '{');
		json_member_str(b, "type", STR("tool_use"));
		json_member_str(b, "id", t->calls[i].id);
		add_tool_name(b, t->calls[i].name);
		add_input(b, t->calls[i].arguments);
		json_close(b, '}');
	}
	json_close(b, ']');
}

/* Blocks of thought go back unchanged (INTERFACES 12.6). */
static void add_assistant(struct buf *b, const struct turn *t)
{
	AUTO_ARENA a = ARENA_INIT;
	struct value v;
	struct why why;

	open_message(b, "assistant");
	if (t->native.len &&
	    !json_parse(&a, t->native, JSON_STRICT, JSON_MAX_DEPTH, &v, &why) &&
	    v.kind == VALUE_LIST)
		json_add(b, &v);
	else
		add_blocks(b, t);
	json_close(b, '}');
}

/* All results of a turn stand in the one message that follows it (INTERFACES 12.6). */
static void add_results(struct buf *b, const struct turn *asked, const struct turn *t)
{
	open_message(b, "user");
	json_open(b, '[');
	for (size_t i = 0; i < t->result_count; i++) {
		json_next(b);
		json_open(b, '{');
		json_member_str(b, "type", STR("tool_result"));
		json_member_str(b, "tool_use_id", asked->calls[i].id);
		json_member_str_if(b, "content", t->results[i].text);
		if (t->results[i].is_error)
			json_member_bool(b, "is_error", true);
		json_close(b, '}');
	}
	json_close(b, ']');
	json_close(b, '}');
}

static void add_messages(struct buf *b, const struct conversation *c)
{
	json_key(b, "messages");
	json_open(b, '[');
	for (size_t i = 0; i < c->count; i++) {
		const struct turn *t = &c->turns[i];

		switch (t->kind) {
		case TURN_SYSTEM: break; /* stands apart */
		case TURN_USER:
			open_message(b, "user");
			json_add_str(b, t->text);
			json_close(b, '}');
			break;
		case TURN_ASSISTANT: add_assistant(b, t); break;
		case TURN_RESULTS: add_results(b, t - 1, t); break;
		}
	}
	json_close(b, ']');
}

static void add_system(struct buf *b, const struct conversation *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->turns[i].kind == TURN_SYSTEM)
			json_member_str_if(b, "system", c->turns[i].text);
}

/* --- tools ------------------------------------------------------------------------------ */

static void add_tools(struct buf *b, const struct model_call *call)
{
	/* A conversation with tool blocks is refused without the tools' definitions: the last
	 * call of a task keeps them and forbids their use. */
	bool closed = call->tools_closed;

	if (!call->tool_count || (call->quirks & QUIRK_NO_TOOLS) ||
	    (closed && !conversation_tool_turns(call->conversation)))
		return;
	json_key(b, "tools");
	json_open(b, '[');
	for (size_t i = 0; i < call->tool_count; i++) {
		const struct tool *t = &call->tools[i];

		json_next(b);
		json_open(b, '{');
		json_member_str(b, "name", t->name);
		json_member_str_if(b, "description", t->description);
		json_key(b, "input_schema");
		buf_add(b, t->parameters);
		json_close(b, '}');
	}
	json_close(b, ']');
	if (!closed)
		return;
	json_key(b, "tool_choice");
	json_open(b, '{');
	json_member_str(b, "type", STR("none"));
	json_close(b, '}');
}

/* --- the request ------------------------------------------------------------------------ */

static void add_body(struct buf *b, const struct model_call *call)
{
	json_open(b, '{');
	json_member_str(b, "model", call->model);
	json_member_int(b, "max_tokens", call->max_output_tokens);
	add_system(b, call->conversation);
	add_messages(b, call->conversation);
	if (anthropic_sends_temperature(call)) {
		json_key(b, "temperature");
		buf_add(b, call->temperature);
	}
	add_tools(b, call);
	json_member_bool(b, "stream", true);
	json_close(b, '}');
}

static enum fail request(struct arena *a, const struct model_call *call,
			 struct model_request *ret, struct why *why)
{
	AUTO_BUF body = BUF(2 * call->conversation->max_bytes + BODY_OVERHEAD_BYTES);
	enum fail f = provider_url(a, call->base_url, "/v1/messages", &ret->url, why);

	if (f)
		return f;
	if (!call->api_key.len)
		return failf(why, FAIL_INPUT, "ANTHROPIC_API_KEY is not set");
	add_body(&body, call);
	if (body.full)
		return failf(why, FAIL_INPUT, "conversation-bytes: the request is too long");
	ret->body = arena_str(a, buf_str(&body));
	ret->headers[ret->header_count++] =
		(struct http_field){STR("content-type"), STR("application/json")};
	ret->headers[ret->header_count++] =
		(struct http_field){STR("accept"), STR("text/event-stream")};
	ret->headers[ret->header_count++] = (struct http_field){
		STR("anthropic-version"),
		anthropic_sends_temperature(call) ? VERSION_WITH_SAMPLING : VERSION_CURRENT};
	ret->headers[ret->header_count++] =
		(struct http_field){STR("x-api-key"), call->api_key};
	return FAIL_NONE;
}

static const char *const prefixes[] = {"claude-", NULL};

const struct provider provider_anthropic = {
	.name = "anthropic",
	.prefixes = prefixes,
	.request = request,
	.event = anthropic_event,
	.ended = anthropic_ended,
	.refused = anthropic_refused,
};
