/* W3C Trace Context: INTERFACES 4. Pure: random bytes are an argument. */
#ifndef ARK_BASE_TRACE_H
#define ARK_BASE_TRACE_H

#include "base/buf.h"

enum {
	TRACE_SAMPLED = 1,
	TRACE_RANDOM = 2,      /* the trace id was made at random */
	TRACE_TEXT_BYTES = 56, /* a version 00 traceparent with its NUL */
	TRACE_STATE_MAX = 512,
	TRACE_STATE_MAX_ENTRIES = 32,
};

struct trace {
	uint8_t id[16];	 /* never all zero */
	uint8_t span[8]; /* never all zero */
	uint8_t flags;	 /* TRACE_SAMPLED, TRACE_RANDOM; no other bit */
};

/* A traceparent header or field. False: start a new trace (INTERFACES 4.1 to 4.3). */
bool trace_parse(struct str s, struct trace *ret_trace);
/* Writes version 00, ended by a NUL. Returns out. */
const char *trace_text(const struct trace *t, char out[TRACE_TEXT_BYTES]);
/* A new trace: 16 random bytes for the id, 8 for the span. */
struct trace trace_make(const uint8_t random[24], bool sampled);
/* The next hop: same trace, a new span from 8 random bytes (INTERFACES 4.5). */
struct trace trace_child(const struct trace *parent, const uint8_t random[8]);

/* Checks a tracestate (several headers joined with a comma) and appends what is to be carried,
 * at most TRACE_STATE_MAX bytes: whole entries are dropped, those over 128 bytes first, then
 * the last (INTERFACES 4.6). False, with nothing appended, when it is to be dropped. */
bool trace_state(struct buf *out, struct str s);

#endif
