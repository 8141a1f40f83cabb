#include "agent/provider_codec.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"
#include "http/retry.h"

enum {
	REFUSAL_MAX_BYTES = 64 << 10,
	WORDS_MAX_BYTES = 600, /* of what a provider says about an error */
	EVENT_OVERHEAD_BYTES = 64 << 10,
	DRAFTS_MAX = 1024,
};

/* --- the stream ------------------------------------------------------------------------- */

struct model_stream *model_stream_new(const struct model_call *call, size_t max_bytes,
				      void (*on_text)(void *self, struct str piece), void *self)
{
	struct model_stream *s = xcalloc(1, sizeof(*s));

	s->call = *call;
	s->provider = provider_of(call->provider);
	s->on_text = on_text;
	s->self = self;
	s->max_bytes = max_bytes;
	s->text = BUF(max_bytes);
	s->body = BUF(REFUSAL_MAX_BYTES);
	for (size_t i = 0; i < sizeof(s->parts) / sizeof(s->parts[0]); i++)
		s->parts[i] = BUF(4 * max_bytes); /* counted before it is escaped */
	s->answer.error.retry_after_ms = -1;
	/* Escapes may double a text, and compatible servers send large arguments in one event. */
	sse_parse_init(&s->sse, 2 * max_bytes + EVENT_OVERHEAD_BYTES,
		       2 * max_bytes + EVENT_OVERHEAD_BYTES);
	if (s->provider->open)
		s->provider->open(s);
	return s;
}

void model_stream_free(struct model_stream *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->draft_count; i++)
		buf_release(&s->drafts[i].arguments);
	sse_parse_release(&s->sse);
	for (size_t i = 0; i < sizeof(s->parts) / sizeof(s->parts[0]); i++)
		buf_release(&s->parts[i]);
	buf_release(&s->body);
	buf_release(&s->text);
	arena_release(&s->scratch);
	arena_release(&s->arena);
	free(s);
}

const struct model_answer *model_answer(const struct model_stream *s)
{
	return &s->answer;
}

/* Counts against the limit of the answer; false when it is passed. */
static bool count_bytes(struct model_stream *s, size_t bytes)
{
	if (bytes > s->max_bytes - s->answer.bytes) {
		stream_fail(s, MODEL_TOO_LONG,
			    STR("conversation-bytes: the answer of the model is too long"));
		return false;
	}
	s->answer.bytes += bytes;
	return true;
}

void stream_text(struct model_stream *s, struct str piece)
{
	if (s->done || !piece.len || !count_bytes(s, piece.len))
		return;
	buf_add(&s->text, piece);
	s->answer.text = buf_str(&s->text);
	if (s->on_text)
		s->on_text(s->self, piece);
}

void stream_part(struct model_stream *s, struct buf *part, struct str piece)
{
	if (!s->done && count_bytes(s, piece.len))
		buf_add(part, piece);
}

struct call_draft *stream_draft(struct model_stream *s, int64_t index)
{
	for (size_t i = 0; i < s->draft_count; i++)
		if (s->drafts[i].index == index)
			return &s->drafts[i];
	if (s->draft_count == DRAFTS_MAX) {
		stream_fail(s, MODEL_PERMANENT,
			    STR("the model asks for too many tools at once"));
		return &s->drafts[DRAFTS_MAX - 1];
	}
	s->drafts = arena_grow(&s->arena, s->drafts, s->draft_count, &s->draft_cap,
			       sizeof(*s->drafts));
	s->drafts[s->draft_count] = (struct call_draft){
		.index = index,
		.arguments = BUF(s->max_bytes),
	};
	return &s->drafts[s->draft_count++];
}

void stream_arguments(struct model_stream *s, struct call_draft *d, struct str piece)
{
	if (!s->done && count_bytes(s, piece.len))
		buf_add(&d->arguments, piece);
}

void stream_complete(struct model_stream *s)
{
	struct tool_call *calls;

	if (s->done)
		return;
	calls = ARENA_ARRAY(&s->arena, s->draft_count, struct tool_call);
	for (size_t i = 0; i < s->draft_count; i++) {
		const struct call_draft *d = &s->drafts[i];

		calls[i] = (struct tool_call){d->id, d->name, buf_str(&d->arguments)};
		if (!d->id.len)
			calls[i].id = arena_printf(&s->arena, "call_%zu", i + 1);
		if (!str_trim(calls[i].arguments).len)
			calls[i].arguments = STR("{}");
	}
	s->answer.calls = calls;
	s->answer.call_count = s->draft_count;
	s->done = true;
}

/* A provider that quotes the key back must not bring it into a log or a status (SPEC 2.9). */
static void add_without_key(struct buf *out, struct str words, struct str key)
{
	size_t from = 0, at;

	while (key.len && (at = str_find(words, key, from)) != STR_NONE) {
		buf_add(out, str_sub(words, from, at));
		buf_adds(out, "***");
		from = at + key.len;
	}
	buf_add(out, str_from(words, from));
}

void stream_fail(struct model_stream *s, enum model_error_kind kind, struct str words)
{
	AUTO_BUF safe = BUF(2 * REFUSAL_MAX_BYTES);
	struct str cut;

	if (s->done)
		return;
	add_without_key(&safe, words, s->call.api_key);
	cut = utf8_cut(buf_str(&safe), WORDS_MAX_BYTES);
	s->answer.error.kind = kind;
	if (s->answer.error.status)
		why_write(&s->answer.error.message, "%s: status %d: %.*s", s->provider->name,
			  s->answer.error.status, STR_ARG(cut));
	else
		why_write(&s->answer.error.message, "%s: %.*s", s->provider->name,
			  STR_ARG(cut));
	s->done = true;
}

bool stream_json(struct model_stream *s, struct str data, struct value *ret)
{
	struct why why;

	arena_reset(&s->scratch);
	if (!json_parse(&s->scratch, data, JSON_LENIENT | JSON_LAST_KEY, JSON_MAX_DEPTH, ret,
			&why))
		return true;
	stream_fail(s, MODEL_RETRY, STR("an event of the stream is no JSON"));
	return false;
}

void stream_count(const struct value *object, const char *key, int64_t *ret)
{
	const struct value *v = value_get(object, str_of(key));

	if (value_is(v, VALUE_INT) && v->integer >= 0 && v->integer <= INT32_MAX)
		*ret = v->integer;
}

/* --- the head, and answers that are refusals -------------------------------------------- */

/* SPEC 7.17. A redirect is not followed (INTERFACES 1.6). */
static enum model_error_kind kind_of_status(int status)
{
	switch (status) {
	case 408:
	case 409:
	case 425:
	case 429: return MODEL_RETRY;
	default: return status >= 500 ? MODEL_RETRY : MODEL_PERMANENT;
	}
}

void model_reply(struct model_stream *s, const struct model_reply *reply)
{
	struct model_error *e = &s->answer.error;
	struct str should = http_fields_get(reply->fields, STR("x-should-retry"));
	struct str ms = http_fields_get(reply->fields, STR("retry-after-ms"));
	struct str after = http_fields_get(reply->fields, STR("retry-after"));
	int64_t wait;

	if (s->done)
		return;
	if (reply->status >= 200 && reply->status < 300) {
		s->answer.accepted = true;
		return;
	}
	s->refusing = true;
	e->status = reply->status;
	e->kind = kind_of_status(reply->status);
	if (str_eq_nocase(should, STR("true")))
		e->kind = MODEL_RETRY;
	if (str_eq_nocase(should, STR("false")))
		e->kind = MODEL_PERMANENT;
	if (str_to_i64(ms, &wait) && wait >= 0)
		e->retry_after_ms = wait;
	else if (retry_after_parse(after, reply->now_s, &wait))
		e->retry_after_ms = wait;
}

static void refuse(struct model_stream *s)
{
	struct value body = value_nil;
	struct why why;

	arena_reset(&s->scratch);
	if (json_parse(&s->scratch, buf_str(&s->body), JSON_LENIENT | JSON_LAST_KEY,
		       JSON_MAX_DEPTH, &body, &why))
		body = value_nil;
	s->provider->refused(s, &body);
	/* What the provider's own form does not explain: the first words of the body. */
	stream_fail(s, s->answer.error.kind,
		    s->body.len ? str_trim(buf_str(&s->body)) : STR("no reason given"));
}

bool model_feed(struct model_stream *s, struct str bytes)
{
	struct sse_event event;
	enum sse_result r = SSE_MORE;

	if (s->refusing && !s->done) {
		buf_add(&s->body, str_sub(bytes, 0, s->body.max - s->body.len));
		return true;
	}
	while (!s->done && (r = sse_parse_next(&s->sse, &bytes, &event)) == SSE_EVENT)
		s->provider->event(s, &event);
	if (r == SSE_LINE_TOO_LONG || r == SSE_EVENT_TOO_LONG)
		stream_fail(s, MODEL_TOO_LONG,
			    STR("conversation-bytes: an event of the stream is too long"));
	return !s->done;
}

void model_broke(struct model_stream *s, struct str what)
{
	if (s->done)
		return;
	if (s->refusing)
		refuse(s);
	else if (s->provider->ended(s))
		stream_complete(s);
	else
		stream_fail(s, MODEL_RETRY, what);
}

void model_finish(struct model_stream *s)
{
	model_broke(s, STR("the stream ended before the answer did"));
}

void model_refuse(struct model_stream *s, struct str what)
{
	stream_fail(s, MODEL_PERMANENT, what);
}

bool model_play(struct model_stream *s, int64_t *ret_delay_ms)
{
	return s->provider->play(s, ret_delay_ms);
}
