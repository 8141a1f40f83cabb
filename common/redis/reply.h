/*
 * What Redis answered: a borrowed view, valid inside the callback that it was given to.
 * (INTERFACES 24.1: RESP2.)
 *
 * Invariants: text is set for STRING, STATUS and ERROR, integer for INTEGER, items and count for
 * ARRAY; all else is zero. Depth is at most REPLY_MAX_DEPTH.
 *
 * The getters take a reply of any kind, NULL too (the connection was lost, the outcome is
 * unknown), so that a callback reads an answer in one line: NULL and errors come out as the
 * enum fail of their reaction, a reply of another kind as FAIL_BROKEN.
 */
#ifndef ARK_REDIS_REPLY_H
#define ARK_REDIS_REPLY_H

#include "base/arena.h"
#include "base/fail.h"

enum { REPLY_MAX_DEPTH = 7 };

enum reply_kind {
	REPLY_NIL,
	REPLY_STRING,
	REPLY_STATUS, /* "+OK" */
	REPLY_INTEGER,
	REPLY_ERROR, /* "-ERR ..."; text is without the dash */
	REPLY_ARRAY,
};

struct reply {
	enum reply_kind kind;
	int64_t integer;
	struct str text;
	const struct reply *items;
	size_t count;
};

/* The table of INTERFACES 24: one value per reaction. */
enum reply_error {
	REPLY_ERROR_NONE,      /* not an error */
	REPLY_ERROR_REFUSED,   /* this client did not send it: not connected, or too much waits.
				    Certainly without effect: wait and try again */
	REPLY_ERROR_BUSYGROUP, /* the group exists: fine */
	REPLY_ERROR_NOGROUP,   /* create the group, go on */
	REPLY_ERROR_UNBLOCKED, /* a key vanished or the role changed under a blocked read */
	REPLY_ERROR_FULL, /* OOM, MISCONF, NOREPLICAS: writes refused: wait, 503 at the door */
	REPLY_ERROR_AWAY, /* LOADING, MASTERDOWN, TRYAGAIN, CLUSTERDOWN: wait and retry */
	REPLY_ERROR_READONLY, /* a replica; the client is already looking for the primary */
	REPLY_ERROR_CLUSTER,  /* MOVED, ASK: a Cluster is not supported */
	REPLY_ERROR_BUSY,     /* a script runs too long: wait */
	REPLY_ERROR_DENIED,   /* NOAUTH, WRONGPASS, NOPERM: configuration: say so, back off */
	REPLY_ERROR_NO_FUNCTION, /* the library is not loaded: load it, repeat */
	REPLY_ERROR_BUG,   /* WRONGTYPE, CROSSSLOT, ERR syntax, ERR unknown command: stop */
	REPLY_ERROR_OTHER, /* any other prefix, for instance of our own functions */
};

/* The class of an error reply; NONE for other replies and for NULL. */
enum reply_error reply_error(const struct reply *r);
/* The first word of an error ("CONFLICT"); empty for other replies and for NULL. */
struct str reply_error_prefix(const struct reply *r);
const char *reply_error_name(enum reply_error e);
const char *reply_kind_name(enum reply_kind k);

/* FAIL_NONE for any reply that is not an error. NULL, REFUSED, FULL, AWAY, READONLY, BUSY,
 * DENIED, NO_FUNCTION, UNBLOCKED and NOGROUP: FAIL_BUSY; CLUSTER, BUG and OTHER: FAIL_BROKEN.
 * BUSYGROUP is fine: FAIL_NONE. */
enum fail reply_check(const struct reply *r, struct why *why) MUST_CHECK;

/* --- typed getters: results are borrowed from the reply -------------------------------------
 */

/* A STRING or STATUS. */
enum fail reply_text(const struct reply *r, struct str *ret_text, struct why *why) MUST_CHECK;
/* An INTEGER. */
enum fail reply_integer(const struct reply *r, int64_t *ret_value, struct why *why) MUST_CHECK;
/* An ARRAY of at least min and at most max items; nil counts as an empty array. */
enum fail reply_array(const struct reply *r, size_t min, size_t max,
		      const struct reply **ret_items, size_t *ret_count,
		      struct why *why) MUST_CHECK;
/* The value that follows the name in an array of name, value, name, value ... (XINFO, CONFIG
 * GET, the fields of an entry); NULL when there is none. */
const struct reply *reply_field(const struct reply *r, const char *name);
/* Item i, or NULL when r is not an array or is shorter. */
const struct reply *reply_item(const struct reply *r, size_t i);
bool reply_is_nil(const struct reply *r);
/* A STRING or STATUS of exactly this text ("OK"). */
bool reply_is(const struct reply *r, const char *text);

/* A deep copy in the arena, to keep a reply beyond its callback. NULL stays NULL. */
const struct reply *reply_copy(struct arena *a, const struct reply *r);

#endif
