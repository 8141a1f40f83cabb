/*
 * What a batch of settled model calls adds up to (SPEC 15.4, 15.5, 15.13).
 *
 *	struct ledger l = LEDGER(arena);
 *	ledger_add(&l, message);              for each call.settled
 *	ledger_write(&l, limits, commit);     the sums, and a record of each call in `ledger`
 *	ledger_tell(&l, limits, bag, commit); UnknownModelPrice, once for each run and model
 *
 * Pure. Texts are borrowed from the messages.
 */
#ifndef ARK_BUDGET_LEDGER_H
#define ARK_BUDGET_LEDGER_H

#include "base/limits.h"
#include "proto/message.h"
#include "runs/usage.h"
#include "stream/bag.h"

/* The rows that belong into one hash. */
struct ledger_sheet {
	struct str key;
	bool of_run;
	struct usage_row *rows;
	size_t count, cap;
};

struct ledger {
	struct arena *arena;
	struct ledger_sheet *sheets;
	size_t count, cap;
	struct message *priced; /* one record for each call */
	size_t priced_count, priced_cap;
	const struct message **unpriced; /* calls of runs whose model has no price */
	size_t unpriced_count, unpriced_cap;
};
#define LEDGER(arena_) ((struct ledger){.arena = (arena_)})

/* The message must live as long as the ledger. */
void ledger_add(struct ledger *l, const struct message *settled);
void ledger_write(const struct ledger *l, const struct limits *limits, struct commit *c);
/* Looks up in the bag what runs were told before; what is not there yet is asked for. */
void ledger_tell(const struct ledger *l, const struct limits *limits, struct bag *bag,
		 struct commit *c);

#endif
