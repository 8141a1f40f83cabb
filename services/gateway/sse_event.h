/*
 * Entries of a run's stream as server-sent events: SPEC 13.11, 13.12.
 *
 * Pure: the same entry gives the same bytes for every reader, whenever it asks.
 */
#ifndef ARK_GATEWAY_SSE_EVENT_H
#define ARK_GATEWAY_SSE_EVENT_H

#include "base/buf.h"
#include "proto/message.h"
#include "runs/run.h"

enum {
	SSE_EVENT_MAX_BYTES =
		1 << 20,     /* an output of 48 KiB, each byte escaped, and the rest */
	SSE_RETRY_MS = 2000, /* SPEC 13.11 */
};

/* Appends the event of an entry. False, with nothing appended, when readers do not see this
 * type. The message has all its texts (an output whose text is gone is left out). */
bool sse_event_add(struct buf *out, const struct message *m, struct str namespace,
		   struct str run);
/* Whether it is the last of its attempt (SPEC 13.13). */
bool sse_event_ends(enum message_type type);

/* What a reader missed (SPEC 13.14); first empty: nothing is kept. run_json as SPEC 13.9. These
 * and errors are no entries, and have no id: who reconnects asks for the same place again. */
void sse_gap_add(struct buf *out, struct str requested, struct str first, struct str run_json);
void sse_error_add(struct buf *out, struct str words);
/* The flow event of a finished run whose events are gone, made of its state (SPEC 13.14); output
 * ptr NULL: no longer kept. Its id is the time of the end. */
void sse_flow_add(struct buf *out, const struct run *r, struct str output);

#endif
