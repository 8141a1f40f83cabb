/* OpenAI Chat Completions, and the many servers that speak it: INTERFACES 10. */
#include "agent/provider_openai.h"

#include "base/json.h"
#include "http/uri.h"

enum { BODY_OVERHEAD_BYTES = 8 << 20 };

static bool is_openai_itself(struct str base_url)
{
	struct uri uri;

	return uri_split(base_url, &uri) && str_eq_nocase(uri.host, STR("api.openai.com"));
}

/* --- the request ------------------------------------------------------------------------ */

static void add_text_message(struct buf *b, const char *role, struct str text)
{
	json_next(b);
	json_open(b, '{');
	json_member_str(b, "role", str_of(role));
	json_member_str(b, "content", text);
	json_close(b, '}');
}

static void add_assistant(struct buf *b, const struct turn *t)
{
	if (!t->call_count) {
		add_text_message(b, "assistant", t->text);
		return;
	}
	json_next(b);
	json_open(b, '{');
	json_member_str(b, "role", STR("assistant"));
	if (t->text.len)
		json_member_str(b, "content", t->text);
	else
		json_member(b, "content", &value_nil);
	json_key(b, "tool_calls");
	json_open(b, '[');
	for (size_t i = 0; i < t->call_count; i++) {
		json_next(b);
		json_open(b, '{');
		json_member_str(b, "id", t->calls[i].id);
		json_member_str(b, "type", STR("function"));
		json_key(b, "function");
		json_open(b, '{');
		add_tool_name(b, t->calls[i].name);
		json_member_str(b, "arguments", t->calls[i].arguments);
		json_close(b, '}');
		json_close(b, '}');
	}
	json_close(b, ']');
	json_close(b, '}');
}

/* Every tool call is answered by a message of its own. */
static void add_results(struct buf *b, const struct turn *asked, const struct turn *t)
{
	for (size_t i = 0; i < t->result_count; i++) {
		json_next(b);
		json_open(b, '{');
		json_member_str(b, "role", STR("tool"));
		json_member_str(b, "tool_call_id", asked->calls[i].id);
		json_member_str(b, "content", t->results[i].text);
		json_close(b, '}');
	}
}

static void add_messages(struct buf *b, const struct conversation *c)
{
	json_key(b, "messages");
	json_open(b, '[');
	for (size_t i = 0; i < c->count; i++) {
		const struct turn *t = &c->turns[i];

		switch (t->kind) {
		case TURN_SYSTEM: add_text_message(b, "system", t->text); break;
		case TURN_USER: add_text_message(b, "user", t->text); break;
		case TURN_ASSISTANT: add_assistant(b, t); break;
		case TURN_RESULTS: add_results(b, t - 1, t); break;
		}
	}
	json_close(b, ']');
}

static void add_tools(struct buf *b, const struct model_call *call)
{
	if (!openai_sends(call, QUIRK_NO_TOOLS))
		return;
	json_key(b, "tools");
	json_open(b, '[');
	for (size_t i = 0; i < call->tool_count; i++) {
		const struct tool *t = &call->tools[i];

		json_next(b);
		json_open(b, '{');
		json_member_str(b, "type", STR("function"));
		json_key(b, "function");
		json_open(b, '{');
		json_member_str(b, "name", t->name);
		json_member_str_if(b, "description", t->description);
		json_key(b, "parameters");
		buf_add(b, t->parameters);
		json_close(b, '}');
		json_close(b, '}');
	}
	json_close(b, ']');
}

bool openai_sends(const struct model_call *call, enum model_quirk quirk)
{
	if (call->quirks & quirk)
		return false;
	switch (quirk) {
	case QUIRK_OTHER_CAP: return true;
	case QUIRK_NO_TEMPERATURE: return call->temperature.len > 0;
	case QUIRK_NO_STREAM_OPTIONS: return true;
	case QUIRK_NO_TOOLS: return call->tool_count > 0 && !call->tools_closed;
	}
	return false;
}

/* SPEC 7.14: the new name where it is known to be understood, or when the old one was refused. */
const char *openai_cap_name(const struct model_call *call)
{
	bool other = call->quirks & QUIRK_OTHER_CAP;

	return is_openai_itself(call->base_url) != other ? "max_completion_tokens"
							 : "max_tokens";
}

static void add_body(struct buf *b, const struct model_call *call)
{
	json_open(b, '{');
	json_member_str(b, "model", call->model);
	add_messages(b, call->conversation);
	json_member_int(b, openai_cap_name(call), call->max_output_tokens);
	if (openai_sends(call, QUIRK_NO_TEMPERATURE)) {
		json_key(b, "temperature");
		buf_add(b, call->temperature);
	}
	add_tools(b, call);
	json_member_bool(b, "stream", true);
	if (openai_sends(call, QUIRK_NO_STREAM_OPTIONS)) {
		json_key(b, "stream_options");
		json_open(b, '{');
		json_member_bool(b, "include_usage", true);
		json_close(b, '}');
	}
	json_close(b, '}');
}

static enum fail request(struct arena *a, const struct model_call *call,
			 struct model_request *ret, struct why *why)
{
	AUTO_BUF body = BUF(2 * call->conversation->max_bytes + BODY_OVERHEAD_BYTES);
	enum fail f = provider_url(a, call->base_url, "/chat/completions", &ret->url, why);

	if (f)
		return f;
	if (!call->api_key.len && is_openai_itself(call->base_url))
		return failf(why, FAIL_INPUT, "OPENAI_API_KEY is not set");
	add_body(&body, call);
	if (body.full)
		return failf(why, FAIL_INPUT, "conversation-bytes: the request is too long");
	ret->body = arena_str(a, buf_str(&body));
	ret->headers[ret->header_count++] =
		(struct http_field){STR("content-type"), STR("application/json")};
	ret->headers[ret->header_count++] =
		(struct http_field){STR("accept"), STR("text/event-stream")};
	if (call->api_key.len)
		ret->headers[ret->header_count++] = (struct http_field){
			STR("authorization"),
			arena_printf(a, "Bearer %.*s", STR_ARG(call->api_key))};
	return FAIL_NONE;
}

/* None of its own: what no other provider claims comes here (SPEC 7.13). */
static const char *const prefixes[] = {NULL};

const struct provider provider_openai = {
	.name = "openai",
	.prefixes = prefixes,
	.request = request,
	.event = openai_event,
	.ended = openai_ended,
	.refused = openai_refused,
};
