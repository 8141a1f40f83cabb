/*
 * What the suite remembers of one object (key_object): its status as it was last rendered, what
 * it needs to render it again, and its newest events (SPEC 3.7). JSON; texts are borrowed from the
 * arena of the batch.
 */
#ifndef ARK_RECONCILER_RECORD_H
#define ARK_RECONCILER_RECORD_H

#include "base/arena.h"
#include "base/fail.h"

enum {
	RECORD_EVENTS = 20, /* kept of one object */
	RECORD_NOTE_BYTES = 1024,
	RECORD_CHANNELS = 20, /* of a policy (SPEC 3.2) */
	RECORD_EVENT_GAP_MS = 1000,
};

/* SPEC 3.7. The same again counts up. */
struct record_event {
	struct str reason, note;
	int64_t count, first_ms, last_ms;
};

/* SPEC 16.3: what became of the last delivery to a channel. */
struct record_dispatch {
	int64_t channel, at_ms, attempts;
	struct str event, error;
	bool succeeded;
};

struct record {
	struct str uid;	   /* of the object that this is about; empty: not seen yet */
	struct str status; /* JSON; empty: not rendered yet */
	bool was_ready;	   /* condition Ready was True once (SPEC 8.11) */

	/* ArkTeam: the newest run that is no child */
	struct str run, run_phase;
	int64_t run_created_ms, run_attempt;
	bool run_ended; /* this attempt */
	int64_t active_ms;
	/* ArkEvent */
	int64_t fired, skipped, fired_ms;
	/* ArkNotify */
	struct record_dispatch dispatches[RECORD_CHANNELS];
	size_t dispatch_count;
	int64_t suppressed, dead_letters;

	struct record_event events[RECORD_EVENTS]; /* oldest first */
	size_t event_count;
};

/* FAIL_INPUT when it is no record. */
enum fail record_decode(struct arena *a, struct str text, struct record *ret,
			struct why *why) MUST_CHECK;
struct str record_encode(struct arena *a, const struct record *r);

/* Notes an event. Of the same reason only one a second is kept; it counts the others. The oldest
 * goes. The note is cut. */
void record_note(struct record *r, struct str reason, struct str note, int64_t at_ms);
/* "Warning" or "Normal" (SPEC 3.7) */
const char *record_event_type(struct str reason);
/* The channel's dispatch, made when missing; NULL beyond RECORD_CHANNELS. */
struct record_dispatch *record_dispatch(struct record *r, int64_t channel);

#endif
