/*
 * The port to model providers. Where to add one: a row in the table of provider.c.
 *
 * A provider is a pure codec. It writes the HTTP request of one model call, and turns the bytes
 * of the answer into text as it comes, and into one struct model_answer at the end. It does no
 * I/O, reads no clock, keeps nothing from one call to the next. The shell around it sends the
 * request, then says model_reply, model_feed..., model_finish (or model_broke); for a provider
 * without request (mock) it says model_play until nothing is left.
 *
 * What went wrong is part of the answer, sorted by reaction (SPEC 7.15, 7.17): who calls looks
 * at error.kind and at nothing else.
 */
#ifndef ARK_AGENT_PROVIDER_H
#define ARK_AGENT_PROVIDER_H

#include "agent/conversation.h"
#include "agent/tools.h"
#include "http/http_fields.h"

enum provider_kind {
	PROVIDER_ANTHROPIC,
	PROVIDER_OPENAI,
	PROVIDER_MOCK,
};

/* Why a model is called. Only the mock answers differently (SPEC 7.19). */
enum model_purpose {
	MODEL_FOR_TASK,
	MODEL_FOR_VALIDATION,
	MODEL_FOR_PROBE,
};

/* What a server was found not to know. Bits, remembered per model by who calls (SPEC 7.15). */
enum model_quirk {
	QUIRK_OTHER_CAP = 1 << 0, /* max_tokens and max_completion_tokens change places */
	QUIRK_NO_TEMPERATURE = 1 << 1,
	QUIRK_NO_STREAM_OPTIONS = 1 << 2,
	QUIRK_NO_TOOLS = 1 << 3,
};

struct mock_script; /* mock_script.h */

/* One model call. Everything is borrowed until the stream made from it is freed. */
struct model_call {
	enum provider_kind provider;
	enum model_purpose purpose;
	struct str model;
	struct str base_url; /* without the path of the call; a trailing slash is ignored */
	struct str api_key;  /* empty = none */
	const struct conversation *conversation;
	const struct tool *tools;
	size_t tool_count;
	bool tools_closed;	    /* the last call of a task: no tool may be asked for */
	struct str schema;	    /* JSON Schema that the answer must satisfy; empty = none */
	int64_t max_output_tokens;  /* > 0 */
	struct str temperature;	    /* a JSON number; empty = not sent */
	unsigned quirks;	    /* of enum model_quirk */
	struct mock_script *script; /* mock only */
};

/* --- the request ------------------------------------------------------------------------ */

enum { MODEL_HEADERS = 4 };
struct model_request {
	struct str url; /* absolute; the method is POST */
	struct http_field headers[MODEL_HEADERS];
	size_t header_count;
	struct str body;
};

/* --- the answer ------------------------------------------------------------------------- */

enum model_error_kind {
	MODEL_FINE = 0,
	MODEL_RETRY,	 /* away or overloaded: try again later */
	MODEL_REPEAT,	 /* call again at once with `quirk` added */
	MODEL_PERMANENT, /* the same call would fail again */
	MODEL_TOO_LONG,	 /* the answer is over the limit */
};

struct model_error {
	enum model_error_kind kind;
	enum model_quirk quirk; /* of MODEL_REPEAT */
	int status;		/* of HTTP; 0 = the call did not get that far, or got further */
	int64_t retry_after_ms; /* the provider's wish; -1 = none */
	bool scarce;	    /* may be a monthly cap: few tries, long waits (INTERFACES 12.14) */
	struct why message; /* without secrets */
};

enum model_stop {
	STOP_END,
	STOP_LENGTH,
	STOP_TOOLS,
	STOP_REFUSED,
	STOP_PAUSE, /* send the turn back to go on */
};

/* Borrowed from the stream. After an error the rest says how far it got. */
struct model_answer {
	struct model_error error;
	struct str text;
	const struct tool_call *calls;
	size_t call_count;
	struct str native; /* struct turn */
	enum model_stop stop;
	struct str model;   /* that answered, when it said so */
	struct usage usage; /* 0 and not estimated when usage_known is false */
	bool usage_known;
	bool accepted; /* the provider began to answer: from here on it may be paid for */
	size_t bytes;  /* of text and arguments: what an estimate is made from */
};

/* The head of the HTTP answer, borrowed. */
struct model_reply {
	int status;
	struct http_fields fields;
	int64_t now_s; /* Unix time, to read dates of Retry-After */
};

/* --- choosing --------------------------------------------------------------------------- */

/* By name as in AGENT_PROVIDER; false for auto and what nobody knows. */
bool provider_named(struct str name, enum provider_kind *ret_kind);
const char *provider_name(enum provider_kind kind);
/* By the model's name (SPEC 7.13). */
enum provider_kind provider_of_model(struct str model);
/* The mock: model_play instead of request, reply, feed, finish. */
bool provider_is_played(enum provider_kind kind);

/* --- one call --------------------------------------------------------------------------- */

/* Writes the request; everything in it lives in the arena. FAIL_INPUT when the call cannot be
 * made as it is: no key where one is needed, a base URL that is none. */
enum fail model_request(struct arena *a, const struct model_call *call,
			struct model_request *ret_request, struct why *why) MUST_CHECK;

struct model_stream;

/* on_text is told each piece of text as it comes (borrowed until it returns); it may be NULL.
 * An answer may hold max_bytes of text and arguments. */
struct model_stream *model_stream_new(const struct model_call *call, size_t max_bytes,
				      void (*on_text)(void *self, struct str piece),
				      void *self);
void model_stream_free(struct model_stream *s);

/* The head has come. */
void model_reply(struct model_stream *s, const struct model_reply *reply);
/* Some bytes of the body have come. False when the answer is complete or has failed: the rest is
 * of no interest. */
bool model_feed(struct model_stream *s, struct str bytes);
/* The body has ended as HTTP says it should. */
void model_finish(struct model_stream *s);
/* The connection failed, broke, or was silent for too long; words for people. An answer that is
 * complete stays complete. */
void model_broke(struct model_stream *s, struct str what);
/* The call cannot be made as it is: model_request failed, or what it wrote is no request. */
void model_refuse(struct model_stream *s, struct str what);
/* Mock only: says the next piece. True when another follows *ret_delay_ms later. */
bool model_play(struct model_stream *s, int64_t *ret_delay_ms);

/* What came. Final after model_finish, model_broke, or the last model_play. */
const struct model_answer *model_answer(const struct model_stream *s);

/* What a call cost: as reported, else estimated from the bytes that were sent and came (SPEC
 * 7.16). A call that was refused or never reached the provider costs nothing. */
struct usage model_usage(const struct model_answer *answer, size_t request_bytes);
/* The same of an answer that is broken off here. */
struct usage model_usage_so_far(const struct model_answer *answer, size_t request_bytes);
/* Bytes / 4, rounded up. */
int64_t tokens_estimate(size_t bytes);

#endif
