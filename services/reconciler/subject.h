/*
 * An object under reconciliation: its record, from the bag into a commit.
 *
 * The record's version guards every write: two reconcilers, or the two loops of one, that look at
 * one object at the same time are told apart by it, and the later one looks again. Pure but for
 * the bag.
 */
#ifndef ARK_RECONCILER_SUBJECT_H
#define ARK_RECONCILER_SUBJECT_H

#include "base/limits.h"
#include "reconciler/record.h"
#include "reconciler/status.h"
#include "stream/bag.h"
#include "stream/commit.h"
#include "stream/objects.h"

enum { SUBJECT_UNSEEN_TTL_MS = HOUR_MS };

/* What all of them look at. */
struct surroundings {
	const struct objects *objects;
	struct zones *zones;
	const struct limits *limits;
	struct str system_namespace, trigger_url;
};

struct subject {
	enum kind kind;
	struct str namespace, name;
	struct str key;
	uint64_t version;
	struct record record;
	bool touched; /* the record was changed: it is written whatever the status is */
	bool adopted; /* it was made before the object was seen, or for an earlier one */
};

/* False: the bag lacks it. */
bool subject_load(struct subject *s, const struct surroundings *w, struct arena *a,
		  struct bag *bag);
/* Renders the status and writes what is new. True: something is. */
bool subject_write(struct subject *s, const struct surroundings *w, struct arena *a,
		   struct commit *c, int64_t now_ms);
/* There is no such object any more. */
void subject_remove(const struct subject *s, struct arena *a, struct commit *c);

#endif
