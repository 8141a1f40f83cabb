/*
 * What a fact is to a policy: the type of SPEC 16.4, and the payload of SPEC 16.10 and 16.11.
 *
 * The payload is one JSON map, the root of templates. It goes into the delivery, so that later
 * attempts say what the first one would have said. Pure.
 */
#ifndef ARK_NOTIFIER_NOTICE_H
#define ARK_NOTIFIER_NOTICE_H

#include "kinds/notify.h"
#include "kinds/object.h"
#include "proto/message.h"
#include "runs/run.h"

enum {
	NOTICE_OUTPUT_CHARS = 500, /* of the output in a payload (SPEC 16.10) */
	/* A longer output is cut in `.run.status.output`: payloads of a batch are in memory at
	 * once, and a byte may take six when it is escaped. */
	NOTICE_OUTPUT_BYTES = 512 << 10,
};

struct notice {
	struct str type; /* TeamSucceeded, ... */
	const struct message *fact;
	const struct run *run;	   /* NULL: its state is not kept any more */
	const struct object *team; /* NULL: it is gone */
	struct str input, output;  /* JSON; text */
	struct str dashboard_url;  /* ARK_DASHBOARD_URL; empty = none */
	int64_t suppressed;	   /* before this one (SPEC 16.9) */
};

/* The type of a fact; empty: nobody is told of it. */
struct str notice_type(const struct message *m);
/* What the policy says to this type, by SPEC 16.5 also to one that stands for it; NULL: it does
 * not want it. With all_events a row without template. */
const struct notify_event *notice_wanted(const struct notify *n, struct str type);

struct str notice_payload(struct arena *a, const struct notice *n);
/* The JSON of SPEC 16.10 from that payload: what a channel without template gets. error, when not
 * empty, is added as `templateError` (SPEC 16.15). */
struct str notice_json(struct arena *a, const struct value *payload, struct str error);

/* What makes a delivery the same in all attempts, and different from any other (SPEC 16.6). No
 * dots (INTERFACES 17.1). subject tells objects of one name apart. */
struct str notice_identity(struct arena *a, const struct message *fact, struct str type,
			   struct str policy, struct str subject, int64_t channel);

#endif
