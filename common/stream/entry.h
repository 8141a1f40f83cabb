/* Entries as they come from XREADGROUP, XCLAIM, XRANGE and the function library. */
#ifndef ARK_STREAM_ENTRY_H
#define ARK_STREAM_ENTRY_H

#include "proto/message.h"
#include "redis/reply.h"

/* Borrowed from the reply, or from the arena of entry_copy. */
struct entry {
	struct str stream; /* without the prefix */
	struct str id;
	const struct str *pairs; /* names and values in turn; in the arena */
	size_t count;
	bool gone; /* deleted while it was pending: acknowledge it */
};

/* One [id, [name, value, ...]]; a nil instead of the fields means that it is gone. */
enum fail entry_read(struct arena *a, struct str stream, const struct reply *r,
		     struct entry *ret, struct why *why) MUST_CHECK;
/* [[id, fields], ...]; NULL and nil are an empty list. *ret is an array in the arena. */
enum fail entries_read(struct arena *a, struct str stream, const struct reply *r,
		       struct entry **ret, size_t *ret_count, struct why *why) MUST_CHECK;
/* [[stream, entries], ...] of XREADGROUP and XREAD, whose stream names have the prefix. */
enum fail entries_read_streams(struct arena *a, const struct reply *r, struct entry **ret,
			       size_t *ret_count, struct why *why) MUST_CHECK;

struct entry entry_copy(struct arena *a, const struct entry *e);
enum fail entry_decode(const struct entry *e, struct message *ret, struct why *why) MUST_CHECK;

#endif
