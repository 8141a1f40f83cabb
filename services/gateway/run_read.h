/* Reading a piece of a run's stream, ready to be sent: entries, the texts beside them, encoded. */
#ifndef ARK_GATEWAY_RUN_READ_H
#define ARK_GATEWAY_RUN_READ_H

#include "gateway/event_id.h"
#include "proto/message.h"
#include "redis/redis.h"

enum {
	RUN_READ_ENTRIES = 64, /* of one read */
	RUN_READ_BYTES =
		64 << 10, /* of what is kept of it; an entry that is longer comes alone */
};

struct run_entry {
	struct event_id id;
	enum message_type type;
	struct str sse; /* the bytes that every reader gets */
};

/* Entries in their order. What readers do not see (SPEC 13.12) is left out, but counts for last. */
struct run_batch {
	struct run_batch *next; /* for who keeps several */
	struct run_entry *entries;
	size_t count;
	size_t bytes;	       /* of memory, all in all */
	struct event_id asked; /* the entry behind which was read; {0,0}: from the first */
	struct event_id after, last; /* all entries with after < id <= last */
	bool more;		     /* there may be more behind last */
};

void run_batch_free(struct run_batch *b);
/* Entries behind the one that was asked for are no longer kept (SPEC 13.14, 13.15). */
bool run_batch_gap(const struct run_batch *b);
/* Its last entry is the last of its attempt (SPEC 13.13); with `more`, there may be another one. */
bool run_batch_ends(const struct run_batch *b);

/* Reads at most `count` entries of what follows the entry `after`. fn is called once, never from inside, and
 * owns the batch; NULL: Redis was not there, or holds something else under this key. */
void run_read(struct redis *commands, struct str namespace, struct str run,
	      struct event_id after, unsigned count,
	      void (*fn)(void *arg, struct run_batch *b, const struct why *why), void *arg);

#endif
