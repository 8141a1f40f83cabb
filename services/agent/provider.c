#include "agent/provider_codec.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"
#include "http/retry.h"
#include "http/uri.h"

enum {
	REFUSAL_MAX_BYTES = 64 << 10,
	WORDS_MAX_BYTES = 600, /* of what a provider says about an error */
	EVENT_OVERHEAD_BYTES = 64 << 10,
	DRAFTS_MAX = 1024,
};

/* A new provider is a row here and a file that has its functions. */
static const struct provider *const providers[] = {
	[PROVIDER_ANTHROPIC] = &provider_anthropic,
	[PROVIDER_OPENAI] = &provider_openai,
	[PROVIDER_MOCK] = &provider_mock,
};
enum { PROVIDERS = sizeof(providers) / sizeof(providers[0]) };

/* --- choosing --------------------------------------------------------------------------- */

bool provider_named(struct str name, enum provider_kind *ret_kind)
{
	for (size_t i = 0; i < PROVIDERS; i++) {
		if (!str_is(name, providers[i]->name))
			continue;
		*ret_kind = (enum provider_kind)i;
		return true;
	}
	return false;
}

const char *provider_name(enum provider_kind kind)
{
	return providers[kind]->name;
}

static bool has_prefix(const struct provider *p, struct str model)
{
	for (const char *const *prefix = p->prefixes; *prefix; prefix++)
		if (str_starts_nocase(model, str_of(*prefix)))
			return true;
	return false;
}

enum provider_kind provider_of_model(struct str model)
{
	if (str_eq_nocase(model, STR("mock")))
		return PROVIDER_MOCK;
	for (size_t i = 0; i < PROVIDERS; i++)
		if (has_prefix(providers[i], model))
			return (enum provider_kind)i;
	return PROVIDER_OPENAI;
}

bool provider_is_played(enum provider_kind kind)
{
	return !providers[kind]->request;
}

/* --- the request ------------------------------------------------------------------------ */

enum fail model_request(struct arena *a, const struct model_call *call,
			struct model_request *ret_request, struct why *why)
{
	struct model_request r = {0};
	enum fail f;

	PROMISE(!provider_is_played(call->provider));
	f = providers[call->provider]->request(a, call, &r, why);
	if (!f)
		*ret_request = r;
	return f;
}

enum fail provider_url(struct arena *a, struct str base, const char *path, struct str *ret,
		       struct why *why)
{
	struct uri uri;

	while (base.len && base.ptr[base.len - 1] == '/')
		base.len--;
	if (!uri_split(base, &uri) || uri.query.ptr)
		return failf(why, FAIL_INPUT, "the provider's base URL is no http(s) URL");
	*ret = arena_printf(a, "%.*s%s", STR_ARG(base), path);
	return FAIL_NONE;
}

/* --- the stream ------------------------------------------------------------------------- */

struct model_stream *model_stream_new(const struct model_call *call, size_t max_bytes,
				      void (*on_text)(void *self, struct str piece), void *self)
{
	struct model_stream *s = xcalloc(1, sizeof(*s));

	s->call = *call;
	s->provider = providers[call->provider];
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

bool model_play(struct model_stream *s, int64_t *ret_delay_ms)
{
	return s->provider->play(s, ret_delay_ms);
}

/* --- usage ------------------------------------------------------------------------------ */

int64_t tokens_estimate(size_t bytes)
{
	return (int64_t)(bytes / 4 + (bytes % 4 != 0));
}

struct usage model_usage_so_far(const struct model_answer *answer, size_t request_bytes)
{
	struct usage u = answer->usage;
	int64_t output = tokens_estimate(answer->bytes);

	if (!answer->accepted)
		return (struct usage){0};
	if (!answer->usage_known)
		u.input_tokens = tokens_estimate(request_bytes);
	/* What an unfinished stream has reported is a lower bound (INTERFACES 12.12). */
	if (u.output_tokens < output)
		u.output_tokens = output;
	u.estimated = true;
	return u;
}

struct usage model_usage(const struct model_answer *answer, size_t request_bytes)
{
	if (answer->usage_known && answer->error.kind == MODEL_FINE)
		return answer->usage;
	return model_usage_so_far(answer, request_bytes);
}

/* --- small helpers of the codecs -------------------------------------------------------- */

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

void add_tool_name(struct buf *b, struct str name)
{
	char clean[TOOL_NAME_MAX];
	size_t len = name.len < sizeof(clean) ? name.len : sizeof(clean);

	for (size_t i = 0; i < len; i++) {
		bool fine = is_name_byte(name.ptr[i]) || name.ptr[i] == '-';

		clean[i] = fine ? name.ptr[i] : '_';
	}
	json_member_str(b, "name", len ? str_n(clean, len) : STR("_"));
}

/* --- words ------------------------------------------------------------------------------ */

bool words_hold(struct str text, const char *const *parts)
{
	for (; *parts; parts++)
		if (str_find_nocase(text, str_of(*parts), 0) != STR_NONE)
			return true;
	return false;
}

bool words_refuse(struct str words)
{
	static const char *const parts[] = {
		"unsupported", "not support",	   "n't support",   "unrecogni",
		"unknown",     "unexpected",	   "not permitted", "not allowed",
		"deprecated",  "only the default", "not available", NULL,
	};

	return words_hold(words, parts);
}

bool words_name(struct str words, const char *parameter)
{
	struct str name = str_of(parameter);
	size_t at = 0;

	for (; (at = str_find_nocase(words, name, at)) != STR_NONE; at++) {
		size_t end = at + name.len;

		if (at > 0 && is_name_byte(words.ptr[at - 1]))
			continue;
		if (end == words.len || !is_name_byte(words.ptr[end]))
			return true;
	}
	return false;
}
