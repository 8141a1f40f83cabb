/*
 * The one rule that everything rests on (DESIGN 3, STREAMS 3): what a handled entry leads to is
 * written in one call of the function library, whole or not at all.
 *
 *	struct commit c;
 *	commit_begin(&c, a, COMMIT, &claim);              the entry it answers
 *	commit_state(&c, key, version, data);             refused when another one was faster
 *	commit_append(&c, STR(STREAM_EVENTS), &message);
 *	commit_after(&c, TIMERS_RUNS, member, 30000);
 *	commit_send(&c, redis, on_result, me);
 *
 * The entry is acknowledged by the same call, unless commit_keep says otherwise. Texts are
 * borrowed until commit_send returns. Each operation is described where it is carried out, in
 * library.lua.
 */
#ifndef ARK_STREAM_COMMIT_H
#define ARK_STREAM_COMMIT_H

#include "base/limits.h"
#include "proto/message.h"
#include "redis/redis.h"

enum {
	/* Texts of one commit. Far below what Lua can unpack, since no entry is longer than its
	 * own limit; far above what the largest run of SPEC 23 needs in one decision. */
	COMMIT_MAX_TEXTS = 32768,
};

/* Whose entry a commit answers. All texts are borrowed. */
struct claim {
	struct str stream, group, me, id;
};

enum commit_kind {
	COMMIT, /* finishes work: goes on when Redis is out of memory */
	ADMIT,	/* lets new work in: refused then */
};

enum commit_verdict {
	COMMITTED,
	COMMIT_LOST,	 /* the entry is not mine any more: forget it */
	COMMIT_CONFLICT, /* a state changed since it was read: load it again, decide again */
	COMMIT_ONCE,	 /* it was done before; value is what the first time left */
	COMMIT_EXISTS,	 /* the name is taken */
	COMMIT_FULL,	 /* a limit is reached; value names it */
	COMMIT_UNKNOWN,	 /* the connection was lost: it happened or not; look before going on */
	COMMIT_AWAY,	 /* Redis refuses writes or was not reached: nothing happened; wait */
	COMMIT_REFUSED,	 /* our own mistake, or foreign bytes under one of our keys */
};

struct commit_result {
	enum commit_verdict verdict;
	int64_t now_ms;	  /* of Redis; 0 unless COMMITTED */
	struct str value; /* of ONCE, FULL, CONFLICT; borrowed from the reply */
	/* Verdict of commit_reserve. */
	bool reserved;		/* granted, or granted before */
	int64_t granted_tokens; /* the output cap that fits */
	struct str refused_by;	/* account without room; empty when reserved */
	int64_t limit, used;	/* of that account */
	struct why why;		/* of UNKNOWN, AWAY, REFUSED */
};

/* A state that the commit writes: what it will be when it comes through. */
struct commit_state {
	struct str key, data;
	uint64_t version; /* that it was read with; it will be one more */
	bool last;	  /* nobody will look at it soon: not worth a place in a cache */
};

struct commit {
	struct command command;
	struct claim claim;
	enum commit_kind kind;
	size_t spilled;	     /* texts kept beside entries so far: makes their keys unique */
	int64_t text_ttl_ms; /* how long such texts are kept at most */
	bool keeps;	     /* the entry stays pending */
	int64_t soonest_ms;  /* shortest delay of a timer that it sets; -1 = none */
	struct commit_state *states;
	size_t state_count, state_cap;
};

/* claim may be NULL: nothing is acknowledged. The arena must live until commit_send. */
void commit_begin(struct commit *c, struct arena *a, enum commit_kind kind,
		  const struct claim *claim);
/* fn is called once. r->value and the like are borrowed from the reply. */
void commit_send(struct commit *c, struct redis *r,
		 void (*fn)(void *arg, const struct commit_result *r), void *arg);
/* What an answer of the library says. r may be NULL: the connection was lost. */
void commit_read(const struct reply *r, struct commit_result *ret);

/* --- what may refuse it ---------------------------------------------------------------------- */

void commit_state(struct commit *c, struct str key, uint64_t version, struct str data);
/* The same, of something that is over. */
void commit_state_last(struct commit *c, struct str key, uint64_t version, struct str data);
void commit_check(struct commit *c, struct str key, uint64_t version);
void commit_forget(struct commit *c, struct str key, uint64_t version);
void commit_free(struct commit *c, struct str key);
void commit_once(struct commit *c, struct str key, int64_t ttl_ms, struct str value);
void commit_below(struct commit *c, const char *hash, const char *field, int64_t limit);
void commit_enter(struct commit *c, struct str run, int64_t limit);
void commit_wait(struct commit *c, struct str run, int64_t limit);

/* --- what it writes -------------------------------------------------------------------------- */

/* Appends a message. A TEXT or JSON longer than ENTRY_INLINE_BYTES is kept beside the entry, below
 * the key text:<owner>:<what>, where owner is the run of the message. */
void commit_append(struct commit *c, struct str stream, const struct message *m);
/* Appends an event for the readers of a run. So many of the oldest go that the stream stays within
 * run_stream_bytes and run_token_events (SPEC 13.15). */
void commit_show(struct commit *c, struct str namespace, struct str run,
		 const struct limits *limits, const struct message *m);
void commit_wake(struct commit *c, struct str process, const struct message *m);
/* Appends m to a task stream after delay_ms; member names the timer (STREAMS 4.5). */
void commit_later(struct commit *c, struct str stream, int64_t delay_ms, struct str member,
		  const struct message *m);
void commit_mark(struct commit *c, struct str key, const char *word);
void commit_timer(struct commit *c, const char *set, struct str member, int64_t at_ms);
void commit_after(struct commit *c, const char *set, struct str member, int64_t delay_ms);
void commit_untimer(struct commit *c, const char *set, struct str member);
void commit_text(struct commit *c, struct str key, int64_t ttl_ms, struct str text);
void commit_drop(struct commit *c, struct str key);
void commit_ttl(struct commit *c, struct str key, int64_t ttl_ms);
void commit_count(struct commit *c, struct str hash, struct str field, int64_t delta);
/* Counts up many fields of a hash, each once; a hash that is new goes after ttl_ms. One tally of a
 * hash in a commit, and no commit_count beside it. */
struct tally {
	struct str field;
	int64_t delta;
};
enum { TALLY_MAX = 3000 }; /* fields; the library can take no more */
void commit_tally(struct commit *c, struct str hash, int64_t ttl_ms, const struct tally *items,
		  size_t count);
void commit_set(struct commit *c, struct str hash, struct str field, struct str text);
void commit_unset(struct commit *c, struct str hash, struct str field);
void commit_index(struct commit *c, struct str zset, struct str member, int64_t score);
void commit_unindex(struct commit *c, struct str zset, struct str member);
void commit_cap(struct commit *c, struct str zset, int64_t max, struct str key_prefix);
void commit_leave(struct commit *c, struct str run, int64_t limit);
void commit_displace(struct commit *c, struct str zset);

/* --- the ledger ------------------------------------------------------------------------------ */

void commit_account(struct commit *c, struct str account, int64_t limit_tokens);
/* accounts is a comma list. The answer is in the result. */
void commit_reserve(struct commit *c, struct str call, struct str accounts,
		    int64_t input_tokens, int64_t output_cap, int64_t ttl_ms);
void commit_settle(struct commit *c, struct str call, int64_t tokens);
void commit_lapse(struct commit *c, struct str call);

/* The entry stays pending for me. */
void commit_keep(struct commit *c);

#endif
