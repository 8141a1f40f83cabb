/*
 * What Anthropic answers: the events of a stream (INTERFACES 12.10 to 12.13) and refusals
 * (12.14).
 *
 * Text and tool calls are taken out of the blocks as they come. Blocks of other types (thinking,
 * redacted_thinking) must go back unchanged with the next request: when there is one, the whole
 * content is kept beside, block by block, in the order of the stream.
 */
#include "agent/provider_anthropic.h"

#include "base/json.h"

enum part {
	PART_NATIVE, /* the blocks that have ended, as JSON, with a comma after each */
	PART_THINKING,
	PART_SIGNATURE,
};

enum block {
	BLOCK_NONE,
	BLOCK_TEXT,
	BLOCK_TOOL,
	BLOCK_THINKING,
	BLOCK_OTHER,
};

/* Blocks come one after the other. */
struct progress {
	enum block open;
	int64_t index;
	struct str start;  /* the open block as it was announced: JSON */
	size_t text_start; /* where its text begins in the stream's */
	bool other;	   /* a block was neither text nor tool_use */
	/* The newest of each, -1 = not said (INTERFACES 12.12). */
	int64_t input, cache_write, cache_read, output;
};

static struct progress *progress_of(struct model_stream *s)
{
	struct progress *p = s->state;

	if (p)
		return p;
	p = ARENA_NEW(&s->arena, struct progress);
	*p = (struct progress){.input = -1, .cache_write = -1, .cache_read = -1, .output = -1};
	s->state = p;
	return p;
}

/* --- usage ------------------------------------------------------------------------------ */

/* Counts are cumulative: the newest counts, nothing is added up. The whole input is the sum of
 * its three parts (12.9). */
static void read_usage(struct model_stream *s, const struct value *usage)
{
	struct progress *p = progress_of(s);
	struct usage *u = &s->answer.usage;

	stream_count(usage, "input_tokens", &p->input);
	stream_count(usage, "cache_creation_input_tokens", &p->cache_write);
	stream_count(usage, "cache_read_input_tokens", &p->cache_read);
	stream_count(usage, "output_tokens", &p->output);
	u->input_tokens = 0;
	if (p->input > 0)
		u->input_tokens += p->input;
	if (p->cache_write > 0)
		u->input_tokens += p->cache_write;
	if (p->cache_read > 0)
		u->input_tokens += p->cache_read;
	u->output_tokens = p->output > 0 ? p->output : 0;
	s->answer.usage_known = p->input >= 0 && p->output >= 0;
}

/* --- blocks ----------------------------------------------------------------------------- */

static void start_tool(struct model_stream *s, int64_t index, const struct value *block)
{
	struct call_draft *d = stream_draft(s, index);
	const struct value *input = value_get(block, STR("input"));

	d->id = arena_str(&s->arena, value_text(value_get(block, STR("id"))));
	d->name = arena_str(&s->arena, value_text(value_get(block, STR("name"))));
	/* Mostly {} here, with the pieces to follow; compatible servers may send it whole. */
	if (value_is(input, VALUE_MAP) && value_count(input))
		stream_arguments(s, d, json_text(&s->scratch, input));
}

static void block_start(struct model_stream *s, const struct value *v)
{
	struct progress *p = progress_of(s);
	const struct value *block = value_get(v, STR("content_block"));
	struct str type = value_text(value_get(block, STR("type")));

	p->index = 0;
	stream_count(v, "index", &p->index);
	p->text_start = s->text.len;
	buf_clear(&s->parts[PART_THINKING]);
	buf_clear(&s->parts[PART_SIGNATURE]);
	if (str_is(type, "text")) {
		p->open = BLOCK_TEXT;
		stream_text(s, value_text(value_get(block, STR("text"))));
	} else if (str_is(type, "tool_use")) {
		p->open = BLOCK_TOOL;
		start_tool(s, p->index, block);
	} else if (block) {
		p->open = str_is(type, "thinking") ? BLOCK_THINKING : BLOCK_OTHER;
		p->other = true;
		p->start = json_text(&s->arena, block);
		stream_part(s, &s->parts[PART_THINKING],
			    value_text(value_get(block, STR("thinking"))));
		stream_part(s, &s->parts[PART_SIGNATURE],
			    value_text(value_get(block, STR("signature"))));
	}
}

static void block_delta(struct model_stream *s, const struct value *v)
{
	struct progress *p = progress_of(s);
	const struct value *delta = value_get(v, STR("delta"));
	struct str type = value_text(value_get(delta, STR("type")));

	if (str_is(type, "text_delta"))
		stream_text(s, value_text(value_get(delta, STR("text"))));
	else if (str_is(type, "input_json_delta") && p->open == BLOCK_TOOL)
		stream_arguments(s, stream_draft(s, p->index),
				 value_text(value_get(delta, STR("partial_json"))));
	else if (str_is(type, "thinking_delta"))
		stream_part(s, &s->parts[PART_THINKING],
			    value_text(value_get(delta, STR("thinking"))));
	else if (str_is(type, "signature_delta"))
		stream_part(s, &s->parts[PART_SIGNATURE],
			    value_text(value_get(delta, STR("signature"))));
}

static void keep_tool(struct model_stream *s, struct buf *b, const struct call_draft *d)
{
	struct value input;
	struct why why;

	json_open(b, '{');
	json_member_str(b, "type", STR("tool_use"));
	json_member_str(b, "id", d->id);
	add_tool_name(b, d->name);
	json_key(b, "input");
	if (!json_parse(&s->scratch, buf_str(&d->arguments), JSON_LENIENT | JSON_LAST_KEY,
			JSON_MAX_DEPTH - 4, &input, &why) &&
	    input.kind == VALUE_MAP)
		json_add(b, &input);
	else
		buf_adds(b, "{}");
	json_close(b, '}');
}

static void keep_text(struct buf *b, const char *type, struct str text)
{
	json_open(b, '{');
	json_member_str(b, "type", str_of(type));
	json_member_str(b, type, text);
}

/* The block as it goes back. */
static void block_stop(struct model_stream *s)
{
	struct progress *p = progress_of(s);
	struct buf *b = &s->parts[PART_NATIVE];
	struct str text = str_from(buf_str(&s->text), p->text_start);
	size_t before = b->len;

	switch (p->open) {
	case BLOCK_NONE: break;
	case BLOCK_TEXT:
		if (!str_trim(text).len)
			break; /* would be refused */
		keep_text(b, "text", text);
		json_close(b, '}');
		break;
	case BLOCK_TOOL: keep_tool(s, b, stream_draft(s, p->index)); break;
	case BLOCK_THINKING:
		keep_text(b, "thinking", buf_str(&s->parts[PART_THINKING]));
		json_member_str(b, "signature", buf_str(&s->parts[PART_SIGNATURE]));
		json_close(b, '}');
		break;
	case BLOCK_OTHER: buf_add(b, p->start); break;
	}
	if (b->len > before)
		buf_addc(b, ',');
	p->open = BLOCK_NONE;
}

static void complete(struct model_stream *s)
{
	struct progress *p = progress_of(s);
	struct buf *b = &s->parts[PART_NATIVE];

	block_stop(s); /* a block that nobody ended */
	if (p->other && b->len && !b->full)
		s->answer.native = arena_printf(&s->arena, "[%.*s]", (int)b->len - 1, b->ptr);
	stream_complete(s);
}

/* --- events ----------------------------------------------------------------------------- */

static enum model_stop stop_of(struct str reason)
{
	if (str_is(reason, "max_tokens") || str_is(reason, "model_context_window_exceeded"))
		return STOP_LENGTH;
	if (str_is(reason, "tool_use"))
		return STOP_TOOLS;
	if (str_is(reason, "refusal"))
		return STOP_REFUSED;
	if (str_is(reason, "pause_turn"))
		return STOP_PAUSE;
	return STOP_END;
}

static bool type_lasts(struct str type)
{
	static const char *const lasting[] = {
		"invalid_request_error",
		"authentication_error",
		"billing_error",
		"permission_error",
		"not_found_error",
		"request_too_large",
		NULL,
	};

	return words_hold(type, lasting);
}

static void stream_error(struct model_stream *s, const struct value *v)
{
	const struct value *error = value_get(v, STR("error"));
	struct str type = value_text(value_get(error, STR("type")));
	struct str words = value_text(value_get(error, STR("message")));

	if (!words.len)
		words = type.len ? type : STR("an error without words");
	stream_fail(s, type_lasts(type) ? MODEL_PERMANENT : MODEL_RETRY, words);
}

void anthropic_event(struct model_stream *s, const struct sse_event *event)
{
	struct value v;
	struct str type, reason;

	if (!stream_json(s, event->data, &v))
		return;
	type = value_text(value_get(&v, STR("type")));
	if (str_is(type, "message_start")) {
		const struct value *message = value_get(&v, STR("message"));

		s->answer.model =
			arena_str(&s->arena, value_text(value_get(message, STR("model"))));
		read_usage(s, value_get(message, STR("usage")));
	} else if (str_is(type, "content_block_start")) {
		block_start(s, &v);
	} else if (str_is(type, "content_block_delta")) {
		block_delta(s, &v);
	} else if (str_is(type, "content_block_stop")) {
		block_stop(s);
	} else if (str_is(type, "message_delta")) {
		reason = value_text(value_path(&v, "delta.stop_reason"));
		if (reason.len)
			s->answer.stop = stop_of(reason);
		read_usage(s, value_get(&v, STR("usage")));
	} else if (str_is(type, "message_stop")) {
		complete(s);
	} else if (str_is(type, "error")) {
		stream_error(s, &v);
	}
}

/* Without message_stop the answer is incomplete (INTERFACES 12.12). */
bool anthropic_ended(struct model_stream *s)
{
	(void)s;
	return false;
}

/* --- refusals --------------------------------------------------------------------------- */

void anthropic_refused(struct model_stream *s, const struct value *body)
{
	struct model_error *e = &s->answer.error;
	const struct value *error = value_get(body, STR("error"));
	struct str words = value_text(value_get(error, STR("message")));

	/* INTERFACES 12.14: without Retry-After it may be the tier's monthly cap. */
	if (e->status == 429 && e->kind == MODEL_RETRY && e->retry_after_ms < 0)
		e->scarce = true;
	/* INTERFACES 12.2: a sampling value is dropped on a 400 that names it. */
	if (e->status == 400 && anthropic_sends_temperature(&s->call) &&
	    words_name(words, "temperature")) {
		e->kind = MODEL_REPEAT;
		e->quirk = QUIRK_NO_TEMPERATURE;
	}
	if (words.len)
		stream_fail(s, e->kind, words);
}
