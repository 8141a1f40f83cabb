/* Ids of stream entries, which are also the ids of server-sent events (SPEC 13.11). Pure. */
#ifndef ARK_GATEWAY_EVENT_ID_H
#define ARK_GATEWAY_EVENT_ID_H

#include "base/str.h"

struct event_id {
	uint64_t ms, seq;
};

enum { EVENT_ID_TEXT_BYTES = 42 }; /* two numbers of 20 digits, the dash, a NUL */

/* Exactly as Redis writes it: "<ms>-<seq>", no leading zeros. A Last-Event-ID of another form
 * belongs to no stream. */
bool event_id_parse(struct str s, struct event_id *ret);
/* Ended by a NUL. Returns out. */
const char *event_id_text(struct event_id id, char out[EVENT_ID_TEXT_BYTES]);
/* The largest id before this one, which is not 0-0. */
struct event_id event_id_before(struct event_id id);
bool event_id_is_zero(struct event_id id);
int event_id_cmp(struct event_id a, struct event_id b);

#endif
