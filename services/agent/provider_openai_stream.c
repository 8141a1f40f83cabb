/*
 * What an OpenAI server answers: chunks of a stream (INTERFACES 10.8 to 10.10) and refusals
 * (10.11), with the tolerance that compatible servers need (SPEC 7.15).
 */
#include "agent/provider_openai.h"

#include "base/json.h"

/* --- tool calls ------------------------------------------------------------------------- */

static struct call_draft *draft_with_id(struct model_stream *s, struct str id)
{
	for (size_t i = 0; i < s->draft_count; i++)
		if (str_eq(s->drafts[i].id, id))
			return &s->drafts[i];
	return NULL;
}

/* The call that a piece belongs to. Without an index its position counts; but a server that
 * leaves the index out and sends call after call, each first of its chunk, tells them apart by
 * id. */
static struct call_draft *draft_of(struct model_stream *s, const struct value *piece,
				   size_t position, struct str id)
{
	const struct value *index = value_get(piece, STR("index"));
	struct call_draft *d;

	if (value_is(index, VALUE_INT) && index->integer >= 0 && index->integer < INT32_MAX)
		return stream_draft(s, index->integer);
	d = id.len ? draft_with_id(s, id) : NULL;
	if (d)
		return d;
	if (id.len && position < s->draft_count && s->drafts[position].id.len)
		position = s->draft_count;
	return stream_draft(s, (int64_t)position);
}

static void tool_piece(struct model_stream *s, const struct value *piece, size_t position)
{
	const struct value *function = value_get(piece, STR("function"));
	const struct value *arguments = value_get(function, STR("arguments"));
	struct str id = value_text(value_get(piece, STR("id")));
	struct str name = value_text(value_get(function, STR("name")));
	struct call_draft *d;

	if (!value_is(piece, VALUE_MAP))
		return;
	d = draft_of(s, piece, position, id);
	if (id.len && !d->id.len)
		d->id = arena_str(&s->arena, id);
	if (name.len && !d->name.len)
		d->name = arena_str(&s->arena, name);
	if (value_is(arguments, VALUE_MAP))
		stream_arguments(s, d, json_text(&s->scratch, arguments));
	else
		stream_arguments(s, d, value_text(arguments));
}

/* --- chunks ----------------------------------------------------------------------------- */

static void read_usage(struct model_stream *s, const struct value *usage)
{
	if (!value_is(usage, VALUE_MAP))
		return;
	stream_count(usage, "prompt_tokens", &s->answer.usage.input_tokens);
	stream_count(usage, "completion_tokens", &s->answer.usage.output_tokens);
	if (value_get(usage, STR("prompt_tokens")) &&
	    value_get(usage, STR("completion_tokens")))
		s->answer.usage_known = true;
}

static enum model_stop stop_of(struct str reason)
{
	if (str_is(reason, "length"))
		return STOP_LENGTH;
	if (str_is(reason, "tool_calls") || str_is(reason, "function_call"))
		return STOP_TOOLS;
	if (str_is(reason, "content_filter"))
		return STOP_REFUSED;
	return STOP_END;
}

static void read_choice(struct model_stream *s, const struct value *choice)
{
	const struct value *delta = value_get(choice, STR("delta"));
	const struct value *calls = value_get(delta, STR("tool_calls"));
	struct str reason = value_text(value_get(choice, STR("finish_reason")));

	stream_text(s, value_text(value_get(delta, STR("content"))));
	/* What the model says when it refuses is its answer too. */
	stream_text(s, value_text(value_get(delta, STR("refusal"))));
	if (value_is(calls, VALUE_LIST))
		for (size_t i = 0; i < value_count(calls); i++)
			tool_piece(s, value_at(calls, i), i);
	if (!reason.len)
		return;
	s->answer.stop = stop_of(reason);
	s->stopped = true;
}

static const struct value *error_of(const struct value *v)
{
	const struct value *e = value_get(v, STR("error"));

	return value_is_nil(e) ? NULL : e;
}

/* --- errors ----------------------------------------------------------------------------- */

/* About money or the account: waiting will not help (SPEC 7.17). */
static bool about_quota(struct str code, struct str type, struct str words)
{
	static const char *const parts[] = {"insufficient_quota", "billing", "spending",
					    "quota", NULL};

	return words_hold(code, parts) || words_hold(type, parts) || words_hold(words, parts);
}

static bool named(const struct model_call *call, struct str param, struct str words,
		  enum model_quirk quirk, const char *name)
{
	if (!openai_sends(call, quirk))
		return false;
	return param.len ? words_name(param, name) : words_name(words, name);
}

/* SPEC 7.15: the parameter that a 400 does not know, and that can be left out or renamed. */
static bool unknown_parameter(const struct model_call *call, struct str param, struct str code,
			      struct str words, enum model_quirk *ret)
{
	if (!words_refuse(words) && !words_refuse(code))
		return false;
	if (named(call, param, words, QUIRK_OTHER_CAP, openai_cap_name(call)))
		*ret = QUIRK_OTHER_CAP;
	else if (named(call, param, words, QUIRK_NO_TEMPERATURE, "temperature"))
		*ret = QUIRK_NO_TEMPERATURE;
	else if (named(call, param, words, QUIRK_NO_STREAM_OPTIONS, "stream_options") ||
		 named(call, param, words, QUIRK_NO_STREAM_OPTIONS, "include_usage"))
		*ret = QUIRK_NO_STREAM_OPTIONS;
	else if (named(call, param, words, QUIRK_NO_TOOLS, "tools") ||
		 named(call, param, words, QUIRK_NO_TOOLS, "tool_choice"))
		*ret = QUIRK_NO_TOOLS;
	else
		return false;
	return true;
}

/* The error member is an object, or on some servers a text. */
static struct str error_words(const struct value *error)
{
	struct str words = value_text(error);

	return words.len ? words : value_text(value_get(error, STR("message")));
}

void openai_refused(struct model_stream *s, const struct value *body)
{
	struct model_error *e = &s->answer.error;
	const struct value *error = error_of(body);
	struct str words = error_words(error ? error : body);
	struct str code = value_text(value_get(error, STR("code")));
	struct str type = value_text(value_get(error, STR("type")));
	struct str param = value_text(value_get(error, STR("param")));

	if (e->status == 429 && about_quota(code, type, words))
		e->kind = MODEL_PERMANENT;
	/* 422 is what servers built on FastAPI say. */
	if ((e->status == 400 || e->status == 422) &&
	    unknown_parameter(&s->call, param, code, words, &e->quirk))
		e->kind = MODEL_REPEAT;
	if (words.len)
		stream_fail(s, e->kind, words);
}

/* An error after status 200 (INTERFACES 10.10): it comes from a server that had accepted the
 * call, so it is tried again unless it says that it will stay. */
static void stream_error(struct model_stream *s, const struct value *error)
{
	static const char *const lasting[] = {
		"invalid_request", "authentication", "permission", "not_found",
		"invalid_api_key", "context_length", NULL};
	const struct value *number = value_get(error, STR("code"));
	struct str code = value_text(number);
	struct str type = value_text(value_get(error, STR("type")));
	struct str words = error_words(error);
	enum model_error_kind kind = MODEL_RETRY;

	if (about_quota(code, type, words) || words_hold(code, lasting) ||
	    words_hold(type, lasting))
		kind = MODEL_PERMANENT;
	if (value_is(number, VALUE_INT) && number->integer >= 400 && number->integer < 500 &&
	    number->integer != 408 && number->integer != 409 && number->integer != 425 &&
	    number->integer != 429)
		kind = MODEL_PERMANENT;
	stream_fail(s, kind, words.len ? words : STR("an error without words"));
}

/* --- events ----------------------------------------------------------------------------- */

bool openai_ended(struct model_stream *s)
{
	return s->stopped;
}

void openai_event(struct model_stream *s, const struct sse_event *event)
{
	struct value chunk;
	const struct value *error, *choices;
	struct str model;

	if (str_is(str_trim(event->data), "[DONE]")) {
		if (!s->stopped && !s->answer.bytes && !s->draft_count)
			stream_fail(s, MODEL_RETRY, STR("the answer is empty"));
		stream_complete(s);
		return;
	}
	if (!stream_json(s, event->data, &chunk))
		return;
	error = error_of(&chunk);
	if (error) {
		stream_error(s, error);
		return;
	}
	model = value_text(value_get(&chunk, STR("model")));
	if (model.len && !s->answer.model.len)
		s->answer.model = arena_str(&s->arena, model);
	read_usage(s, value_get(&chunk, STR("usage")));
	/* One answer was asked for. The chunk with the usage has none. */
	choices = value_get(&chunk, STR("choices"));
	if (value_is(choices, VALUE_LIST))
		read_choice(s, value_at(choices, 0));
}
