/*
 * What Redis keeps of a task between its claims: the data of state `task:<task>` (STREAMS 8).
 *
 * Its holder writes it; whoever takes the task over reads it, charges the model call that was in
 * hand (SPEC 15.10) and goes on after the last recorded turn (SPEC 7.5).
 */
#ifndef ARK_AGENT_TASK_RECORD_H
#define ARK_AGENT_TASK_RECORD_H

#include "agent/conversation.h"

enum { TASK_RECORD_MAX_BYTES = 16 << 10 };

struct task_record {
	int64_t claims;	  /* so far: makes the ids of model calls unique */
	int64_t tries;	  /* retryable failures so far (SPEC 7.8) */
	int64_t calls;	  /* model calls made */
	int64_t since_ms; /* Unix time of the first claim */
	struct str holder;
	/* The model call in hand; empty = none. Input and cap are what it is charged with when its
	 * holder dies. */
	struct str call, call_model;
	int64_t call_input, call_cap;
	struct usage usage;	 /* beyond that of the turns */
	struct str conversation; /* key of the text with the turns; empty = none recorded */
};

/* Appends compact JSON. */
void task_record_encode(const struct task_record *r, struct buf *out);
/* Reads it back; texts live in the arena or are borrowed. The empty text is the record of a task
 * that nobody claimed. FAIL_INPUT: not of this form. */
enum fail task_record_decode(struct arena *a, struct str text, struct task_record *ret,
			     struct why *why) MUST_CHECK;

#endif
