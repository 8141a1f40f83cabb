/*
 * Facts become deliveries (SPEC 16.4 to 16.7, 16.9): one entry in `deliveries` for each channel of
 * the policy, in the commit that acknowledges the fact. Pure but for the bag.
 */
#ifndef ARK_NOTIFIER_ACCEPT_H
#define ARK_NOTIFIER_ACCEPT_H

#include "base/limits.h"
#include "stream/decider.h"
#include "stream/objects.h"

enum {
	/* Longer than all attempts and the time that a dead letter is kept (SPEC 16.8). */
	ACCEPT_DATA_TTL_MS = 16 * 24 * 3600 * 1000,
	/* How long a limit remembers what it suppressed. */
	ACCEPT_RATE_TTL_MS = 7 * 24 * 3600 * 1000,
};

struct accept_world {
	const struct objects *objects;
	struct str dashboard_url;
};

/* What follows from the decision's one message is added to its commit. What the bag lacks is asked
 * for. */
void accept_fact(const struct accept_world *w, struct decision *d);

/* A payload that several deliveries share is not dropped by the first that ends. */
bool accept_is_shared(struct str data_key);

#endif
