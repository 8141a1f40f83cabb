/* Model streams under fuzz: the answer is the same however the bytes are cut, what was said piece
 * by piece is the text, and what came can be added to a conversation and read back. */
#ifndef ARK_TESTS_STREAM_FUZZ_H
#define ARK_TESTS_STREAM_FUZZ_H

#include <stdlib.h>

#include "agent/provider.h"
#include "base/json.h"
#include "base/utf8.h"

enum { STREAM_FUZZ_MAX_BYTES = 256 };

static inline void stream_fuzz_gather(void *self, struct str piece)
{
	if (!piece.len)
		abort();
	buf_add(self, piece);
}

static inline struct model_stream *stream_fuzz_run(const struct model_call *call, int status,
						   struct str body, size_t step)
{
	AUTO_BUF pieces = BUF(STREAM_FUZZ_MAX_BYTES);
	struct model_stream *s =
		model_stream_new(call, STREAM_FUZZ_MAX_BYTES, stream_fuzz_gather, &pieces);
	const struct model_answer *a = model_answer(s);

	model_reply(s, &(struct model_reply){.status = status});
	while (body.len && model_feed(s, str_sub(body, 0, step)))
		body = str_from(body, step);
	model_finish(s);
	if (pieces.full || !str_eq(buf_str(&pieces), a->text) || !utf8_valid(a->text))
		abort();
	if (a->bytes > STREAM_FUZZ_MAX_BYTES)
		abort();
	if (a->usage.input_tokens < 0 || a->usage.output_tokens < 0)
		abort();
	return s;
}

static inline void stream_fuzz_same(const struct model_answer *a, const struct model_answer *b)
{
	if (a->error.kind != b->error.kind || a->error.quirk != b->error.quirk ||
	    !str_eq(why_str(&a->error.message), why_str(&b->error.message)))
		abort();
	if (!str_eq(a->text, b->text) || !str_eq(a->native, b->native) ||
	    a->call_count != b->call_count || a->usage_known != b->usage_known ||
	    a->usage.input_tokens != b->usage.input_tokens)
		abort();
	for (size_t i = 0; i < a->call_count; i++)
		if (!str_eq(a->calls[i].id, b->calls[i].id) ||
		    !str_eq(a->calls[i].name, b->calls[i].name) ||
		    !str_eq(a->calls[i].arguments, b->calls[i].arguments))
			abort();
}

/* The answer joins the conversation, and the next request is made of it. */
static inline void stream_fuzz_go_on(const struct model_call *call,
				     const struct model_answer *a)
{
	AUTO_ARENA arena = ARENA_INIT;
	AUTO_BUF text = BUF(1 << 20);
	struct conversation c, d;
	struct model_call next = *call;
	struct model_request request;
	struct value v;
	struct why why;
	struct turn turn = {
		.text = a->text,
		.calls = a->calls,
		.call_count = a->call_count,
		.native = a->native,
	};

	conversation_init(&c, 1 << 20);
	conversation_init(&d, 1 << 20);
	if (conversation_add_assistant(&c, &turn, &why))
		abort();
	conversation_encode(&c, &text);
	if (conversation_decode(&d, buf_str(&text), &why))
		abort();
	next.conversation = &d;
	if (model_request(&arena, &next, &request, &why) ||
	    json_parse(&arena, request.body, JSON_STRICT, 2 * JSON_MAX_DEPTH, &v, &why))
		abort();
	conversation_release(&c);
	conversation_release(&d);
}

static inline int stream_fuzz(const struct model_call *call, const uint8_t *data, size_t size)
{
	struct str body = str_n((const char *)data, size);
	int status = 200;
	struct model_stream *whole, *bytes;

	/* An input that does not begin like a stream is the body of a refusal. */
	if (size && data[0] == '{')
		status = 400 + data[size / 2] % 130;
	whole = stream_fuzz_run(call, status, body, size ? size : 1);
	bytes = stream_fuzz_run(call, status, body, 1);
	stream_fuzz_same(model_answer(whole), model_answer(bytes));
	if (model_answer(whole)->error.kind == MODEL_FINE)
		stream_fuzz_go_on(call, model_answer(whole));
	model_stream_free(whole);
	model_stream_free(bytes);
	return 0;
}

#endif
