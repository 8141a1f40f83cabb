/*
 * What happened, as records of the objects concerned see it (SPEC 3.7, 8.10, 8.11, 12.2, 16.3).
 *
 * Pure. Entries of several replicas may come out of order: what a fact says is taken only when it
 * is newer than what the record has.
 */
#ifndef ARK_RECONCILER_FACTS_H
#define ARK_RECONCILER_FACTS_H

#include "kinds/object.h"
#include "proto/message.h"
#include "reconciler/record.h"

enum { FACT_SUBJECTS = 2 };

/* An object that a message says something about. Names are borrowed from the message. */
struct fact_subject {
	enum kind kind;
	struct str name;
};

/* Which objects of the message's namespace it is about. Returns how many. */
size_t fact_subjects(const struct message *m, struct fact_subject ret[FACT_SUBJECTS]);
/* The team's record needs to know when the run was asked for. */
bool fact_needs_run(const struct message *m);
/* run_created_ms: of the run, 0 when it is not known any more. */
void fact_take(struct record *r, enum kind kind, const struct message *m,
	       int64_t run_created_ms);

#endif
