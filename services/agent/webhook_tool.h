/*
 * Tools that are one HTTP request: spec.tools[] (SPEC 7.23 to 7.26). Pure: writes the request,
 * reads the answer.
 */
#ifndef ARK_AGENT_WEBHOOK_TOOL_H
#define ARK_AGENT_WEBHOOK_TOOL_H

#include "agent/agent_config.h"

enum {
	WEBHOOK_ERROR_BODY_BYTES = 2 << 10,
	WEBHOOK_URL_MAX_BYTES = 64 << 10,
	WEBHOOK_BODY_MAX_BYTES = 8 << 20,
};

struct webhook_request {
	struct str method, url;
	struct http_field *headers; /* the tool's own, content-type, trace, key */
	size_t header_count;
	struct str body; /* empty for GET */
};

/* The request of one call. key is the Idempotency-Key; traceparent and tracestate may be empty.
 * Everything in it lives in the arena or is borrowed from the arguments. FAIL_INPUT when URL or
 * body grow beyond their limits: words for the model. */
enum fail webhook_request(struct arena *a, const struct webhook_tool *tool,
			  const struct value *arguments, struct str key, struct str traceparent,
			  struct str tracestate, struct webhook_request *ret,
			  struct why *why) MUST_CHECK;

/* What the model gets of an answer with this status. *ret_is_error unless it is 2xx. Lives in
 * the arena. */
struct str webhook_result(struct arena *a, int status, struct str body, size_t max_bytes,
			  bool *ret_is_error);

#endif
