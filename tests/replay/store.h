/*
 * A Redis that is not there: what deciders need of it, kept in memory, with a clock that somebody else
 * turns. It carries out the commits of common/stream/commit.h as common/stream/library.lua would.
 *
 * One history has one store. Everything in it lives in one arena and goes with it.
 */
#ifndef ARK_TESTS_REPLAY_STORE_H
#define ARK_TESTS_REPLAY_STORE_H

#include "stream/commit.h"

enum { STORE_MAX = 4096 };

/* Rules that can be taken away, to show that histories notice. */
enum store_mutant {
	MUTANT_NONE,
	MUTANT_PENDING,
	MUTANT_VERSION,
	MUTANT_ACK,
	MUTANT_ONCE,
	MUTANT_PLACES
};

struct store_pair {
	struct str key, value;
	int64_t number; /* version, score, time */
	bool gone;
};

/* States, texts, members of sets, timers: few of each, so a list will do. */
struct store_list {
	struct store_pair *items;
	size_t count, cap;
};

struct store_entry {
	struct str id;
	const struct str *pairs;
	size_t count;
	int holder; /* consumer it is pending for; -1: nobody has read it, -2: acknowledged */
	int64_t delivered_ms;
	unsigned deliveries;
};

struct store_stream {
	struct store_entry *entries;
	size_t count, cap, next; /* next: the first that nobody has read */
};

struct store {
	struct arena *arena;
	int64_t now_ms;
	uint64_t ids;
	enum store_mutant mutant;
	bool full; /* more was active than there are places, once */
	struct store_list states, texts, timers, active, waiting, ended, counts;
	struct store_stream runs, tasks, events, shown;
};

enum store_verdict { STORE_OK, STORE_LOST, STORE_CONFLICT, STORE_FULL, STORE_EXISTS };

struct store_pair *store_find(struct store_list *l, struct str key);
/* argv of a commit; `holder` and `entry` are what its claim says: -1 = none. */
enum store_verdict store_commit(struct store *s, const struct commit *c, int holder,
				struct store_stream *of, size_t entry);
/* Moves due timers into `runs`. */
void store_fire(struct store *s);
struct str store_field(const struct store_entry *e, const char *name);

#endif
