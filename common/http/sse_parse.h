/*
 * Reading server-sent events: INTERFACES 2.2 to 2.5. Pure, incremental, any chunking.
 *
 *	while ((r = sse_parse_next(&p, &chunk, &event)) == SSE_EVENT)
 *		use(&event);
 *	if (r != SSE_MORE)
 *		give_up(r);
 */
#ifndef ARK_HTTP_SSE_PARSE_H
#define ARK_HTTP_SSE_PARSE_H

#include "base/buf.h"

enum {
	SSE_MAX_NAME = 256, /* event type and id */
};

struct sse_event {
	struct str type; /* "message" when the stream names none */
	struct str data; /* without the last LF */
	struct str id;	 /* the last id of the stream so far; empty when none */
};

enum sse_result {
	SSE_MORE,	    /* the chunk is used up */
	SSE_EVENT,	    /* *ret_event is filled */
	SSE_LINE_TOO_LONG,  /* a line passes the limit; the parser stays here */
	SSE_EVENT_TOO_LONG, /* the data of an event, its type or its id pass the limit */
};

struct sse_parse {
	struct buf line, data, type, id;
	int64_t retry_ms;	/* the last valid retry; -1 when none */
	enum sse_result failed; /* SSE_MORE while fine */
	unsigned bom;		/* bytes of a leading BOM seen; 3 = no more to look for */
	bool after_cr;		/* an LF that follows belongs to the CR */
	bool has_data;		/* a data line was seen since the last dispatch */
	bool delivered;		/* the event's texts are to be cleared on the next call */
};

/* Limits in bytes: of one line, and of the data of one event. */
void sse_parse_init(struct sse_parse *p, size_t max_line, size_t max_event);
void sse_parse_release(struct sse_parse *p);
/* Takes bytes off *chunk up to the next event or the end. The event's texts live until the next
 * call. A failure is final: every later call says it again. */
MUST_CHECK enum sse_result sse_parse_next(struct sse_parse *p, struct str *chunk,
					  struct sse_event *ret_event);

#endif
