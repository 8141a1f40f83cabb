/* Between conversation.c, which keeps the turns, and conversation_json.c, their form in Redis. */
#ifndef ARK_AGENT_CONVERSATION_JSON_H
#define ARK_AGENT_CONVERSATION_JSON_H

#include "agent/conversation.h"

/* One turn as JSON. */
void turn_encode(struct buf *b, const struct turn *t);
/* Appends a copy of a turn of any kind; FAIL_INPUT when it does not fit. */
enum fail conversation_add(struct conversation *c, const struct turn *t,
			   struct why *why) MUST_CHECK;

#endif
