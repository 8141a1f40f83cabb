/*
 * Between provider.c, model_stream.c and the codecs: what a provider is, and the stream that they
 * fill together.
 * Nobody else includes this.
 */
#ifndef ARK_AGENT_PROVIDER_CODEC_H
#define ARK_AGENT_PROVIDER_CODEC_H

#include "agent/provider.h"
#include "base/value.h"
#include "http/sse_parse.h"

struct provider {
	const char *name; /* in AGENT_PROVIDER and gen_ai.provider.name */
	/* Model names that begin like this, any case, are its own (SPEC 7.13); ended by NULL. */
	const char *const *prefixes;

	/* NULL: makes no request; open and play instead of the rest. */
	enum fail (*request)(struct arena *a, const struct model_call *call,
			     struct model_request *ret_request, struct why *why);
	/* One event of a stream with status 2xx. */
	void (*event)(struct model_stream *s, const struct sse_event *event);
	/* No more events come: has all been said? */
	bool (*ended)(struct model_stream *s);
	/* The body of an answer with another status, as JSON (nil when it is none): sharpens
	 * the error, which is already sorted by status. */
	void (*refused)(struct model_stream *s, const struct value *body);

	void (*open)(struct model_stream *s);
	bool (*play)(struct model_stream *s, int64_t *ret_delay_ms);
};

extern const struct provider provider_anthropic, provider_openai, provider_mock;
const struct provider *provider_of(enum provider_kind kind);

/* A tool call while its pieces come. */
struct call_draft {
	int64_t index; /* the provider's number for it */
	struct str id, name;
	struct buf arguments;
};

struct model_stream {
	struct model_call call;
	const struct provider *provider;
	void (*on_text)(void *self, struct str piece);
	void *self;

	struct arena arena;   /* what the answer points to */
	struct arena scratch; /* one event */
	struct sse_parse sse;
	struct buf body; /* of a refusal */
	struct buf text;
	struct buf parts[3]; /* more room for the codec */
	struct call_draft *drafts;
	size_t draft_count, draft_cap;
	size_t max_bytes;
	bool refusing; /* the status was not 2xx */
	bool stopped;  /* the model said why it stops */
	bool done;     /* nothing that comes now matters */
	struct model_answer answer;
	void *state; /* the codec's, in the arena */
};

/* A piece of the answer's text. */
void stream_text(struct model_stream *s, struct str piece);
/* A piece of something that is kept, but is neither text nor arguments. */
void stream_part(struct model_stream *s, struct buf *part, struct str piece);
/* The draft with this index, made when it is new. */
struct call_draft *stream_draft(struct model_stream *s, int64_t index);
/* A piece of its arguments. */
void stream_arguments(struct model_stream *s, struct call_draft *d, struct str piece);
/* All has been said: makes the calls of the drafts. */
void stream_complete(struct model_stream *s);
/* The call has failed; the words are cleaned of secrets. The first failure counts. */
void stream_fail(struct model_stream *s, enum model_error_kind kind, struct str words);
/* JSON of an event in the scratch arena; false, and the stream has failed, when it is none. */
bool stream_json(struct model_stream *s, struct str data, struct value *ret);
/* A count that may be absent, null or nonsense: then *ret stays. */
void stream_count(const struct value *object, const char *key, int64_t *ret);

/* Base URL without trailing slashes, and the path, in the arena. FAIL_INPUT when it is no URL. */
enum fail provider_url(struct arena *a, struct str base, const char *path, struct str *ret,
		       struct why *why) MUST_CHECK;

/* Appends "name": a name that the model made up may hold what no provider takes back. */
void add_tool_name(struct buf *b, struct str name);

/* The words say that something is not known to the server: "unsupported", "does not support". */
bool words_refuse(struct str words);
/* The words hold the name of a parameter, not as a part of a longer name. */
bool words_name(struct str words, const char *parameter);
/* One of a list of parts, ended by NULL, stands somewhere in text; any case. */
bool words_hold(struct str text, const char *const *parts);

#endif
