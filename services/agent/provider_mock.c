/*
 * The mock provider: makes no network call, is deterministic, follows a script (SPEC 7.19,
 * 7.20). What it will say is decided when the stream is opened; playing says it word by word.
 */
#include "agent/provider_codec.h"

#include "agent/mock_script.h"
#include "base/json.h"
#include "lang/schema.h"

struct mock_play {
	struct str text; /* what is still to be said */
	const struct tool_call *tools;
	size_t tool_count;
};

/* --- what to say ------------------------------------------------------------------------ */

/* The results of the last turn, one per line. */
static struct str join_results(struct arena *a, const struct conversation *c)
{
	const struct turn *last = c->count ? &c->turns[c->count - 1] : NULL;
	AUTO_BUF text = BUF(c->max_bytes);

	for (size_t i = 0; last && i < last->result_count; i++) {
		if (i > 0)
			buf_addc(&text, '\n');
		buf_add(&text, last->results[i].text);
	}
	return arena_str(a, buf_str(&text));
}

/* SPEC 7.20; a schema that is none gets the fallback. */
static struct str instance(struct arena *a, struct str text, struct str fallback)
{
	AUTO_ARENA scratch = ARENA_INIT;
	struct schema *schema;
	struct value v;
	struct why why;
	struct str made = fallback;

	if (schema_compile_text(&scratch, text, NULL, &schema, &why))
		return fallback;
	if (!schema_mock(schema, &scratch, &v, &why))
		made = json_text(a, &v);
	schema_free(schema);
	return made;
}

static struct str unscripted(struct model_stream *s)
{
	const struct model_call *call = &s->call;
	struct str fallback = call->script ? call->script->fallback : STR("mock response");

	switch (call->purpose) {
	case MODEL_FOR_PROBE: return STR("HEALTHY");
	case MODEL_FOR_VALIDATION: return STR("VALID");
	case MODEL_FOR_TASK: break;
	}
	return call->schema.len ? instance(&s->arena, call->schema, fallback) : fallback;
}

/* Whether this conversation has asked for its tools already. */
static bool asked(const struct conversation *c)
{
	return conversation_tool_turns(c) > 0;
}

static void follow(struct model_stream *s, struct mock_play *p, const struct mock_rule *rule)
{
	const struct conversation *c = s->call.conversation;

	if (rule->tool_count && !asked(c) && !s->call.tools_closed) {
		p->tools = rule->tools;
		p->tool_count = rule->tool_count;
	} else if (rule->tool_count) {
		p->text = rule->has_then ? rule->then : join_results(&s->arena, c);
	} else {
		p->text = rule->has_reply ? rule->reply : unscripted(s);
	}
}

static void fail(struct model_stream *s, struct mock_rule *rule)
{
	struct model_error *e = &s->answer.error;

	if (rule->error_given < INT64_MAX)
		rule->error_given++;
	model_reply(s, &(struct model_reply){.status = rule->error_status});
	e->retry_after_ms = rule->retry_after_ms;
	stream_fail(s, e->kind, rule->error_message);
}

/* --- usage ------------------------------------------------------------------------------ */

static size_t conversation_text_bytes(const struct conversation *c)
{
	size_t bytes = 0;

	for (size_t i = 0; i < c->count; i++) {
		const struct turn *t = &c->turns[i];

		bytes += t->text.len;
		for (size_t k = 0; k < t->call_count; k++)
			bytes += t->calls[k].arguments.len;
		for (size_t k = 0; k < t->result_count; k++)
			bytes += t->results[k].text.len;
	}
	return bytes;
}

/* --- playing ---------------------------------------------------------------------------- */

static void mock_open(struct model_stream *s)
{
	struct mock_play *p = ARENA_NEW(&s->arena, struct mock_play);
	struct str message = conversation_last_user(s->call.conversation);
	struct mock_rule *rule = NULL;

	s->state = p;
	s->answer.model = s->call.model;
	if (s->call.script)
		rule = mock_script_rule(s->call.script, message, s->call.model);
	if (rule && rule->error_status && rule->error_given < rule->error_times) {
		fail(s, rule);
		return;
	}
	s->answer.accepted = true;
	if (rule)
		follow(s, p, rule);
	else
		p->text = unscripted(s);
}

/* The next word with the blanks behind it. */
static struct str next_word(struct str *rest)
{
	size_t n = 0;
	struct str word;

	while (n < rest->len && rest->ptr[n] != ' ' && rest->ptr[n] != '\n')
		n++;
	while (n < rest->len && (rest->ptr[n] == ' ' || rest->ptr[n] == '\n'))
		n++;
	word = str_sub(*rest, 0, n);
	*rest = str_from(*rest, n);
	return word;
}

static void finish(struct model_stream *s, const struct mock_play *p)
{
	for (size_t i = 0; i < p->tool_count; i++) {
		struct call_draft *d = stream_draft(s, (int64_t)i);

		d->name = p->tools[i].name;
		stream_arguments(s, d, p->tools[i].arguments);
	}
	s->answer.stop = p->tool_count ? STOP_TOOLS : STOP_END;
	s->answer.usage = (struct usage){
		.input_tokens = tokens_estimate(conversation_text_bytes(s->call.conversation)),
		.output_tokens = tokens_estimate(s->answer.bytes),
	};
	s->answer.usage_known = true;
	stream_complete(s);
}

static bool mock_play(struct model_stream *s, int64_t *ret_delay_ms)
{
	struct mock_play *p = s->state;

	if (s->done)
		return false;
	if (p->text.len)
		stream_text(s, next_word(&p->text));
	if (!p->text.len) {
		finish(s, p);
		return false;
	}
	*ret_delay_ms = s->call.script ? s->call.script->token_delay_ms : 0;
	return true;
}

static const char *const prefixes[] = {"mock-", NULL};

const struct provider provider_mock = {
	.name = "mock",
	.prefixes = prefixes,
	.open = mock_open,
	.play = mock_play,
};
