/*
 * When a receiver may be called: at most so often (SPEC 16.8), in the order of asking. One process
 * plans its own calls here; that several processes together keep the limit is the matter of a key
 * in Redis. Pure: time is an argument.
 *
 * Receivers share places of a table; two that share one wait for each other.
 */
#ifndef ARK_NOTIFIER_GATE_H
#define ARK_NOTIFIER_GATE_H

#include "base/str.h"

enum { GATE_PLACES = 1024, GATE_WAIT_MS = 5000 };

struct gate {
	struct {
		int64_t next_ms;  /* when the next call may be made */
		int64_t later_ms; /* when the next of those that were sent away may come back */
	} places[GATE_PLACES];
};

/* How long the caller waits for its turn, which is taken. Turns further away than GATE_WAIT_MS are
 * not taken: *ret_come_back is true, and it is how long to stay away before asking again. */
int64_t gate_ask(struct gate *g, struct str url, int64_t now_ms, int64_t interval_ms,
		 bool *ret_come_back);

#endif
