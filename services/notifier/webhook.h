/*
 * A delivery as an HTTP request (SPEC 16.8, 16.13; INTERFACES 17), and what its answer means.
 * Pure: secrets come from a function that the caller gives.
 */
#ifndef ARK_NOTIFIER_WEBHOOK_H
#define ARK_NOTIFIER_WEBHOOK_H

#include "base/limits.h"
#include "http/http_fields.h"
#include "kinds/notify.h"
#include "lang/zone.h"
#include "proto/message.h"

struct webhook_world {
	/* One key of a Secret, in the arena. */
	enum fail (*secret)(void *arg, struct arena *a, struct str namespace,
			    const struct key_ref *ref, struct str *ret, struct why *why);
	void *arg;
	struct zones *zones; /* for templates */
	const struct limits *limits;
	int64_t now_seconds; /* of this attempt */
};

struct webhook {
	const char *method;
	struct str url, body;
	const struct http_field *headers;
	size_t header_count;
};

/* Where to: also for whoever spaces calls. Fails as webhook_make does. */
enum fail webhook_url(struct arena *a, const struct message *delivery,
		      const struct notify *policy, const struct webhook_world *w,
		      struct str *ret, struct why *why) MUST_CHECK;
/* Texts live in the arena. FAIL_INPUT: a Secret is missing or is no secret of its kind; it may
 * be there when this is tried again. */
enum fail webhook_make(struct arena *a, const struct message *delivery,
		       const struct notify *policy, const struct webhook_world *w,
		       struct webhook *ret, struct why *why) MUST_CHECK;

/* Appends one `v1,<base64>` for each line of secrets, with blanks between. FAIL_INPUT when a line
 * is no secret of INTERFACES 17.2. */
enum fail webhook_sign(struct buf *b, struct str secrets, struct str id, int64_t timestamp,
		       struct str body, struct why *why) MUST_CHECK;

enum webhook_verdict {
	WEBHOOK_DELIVERED, /* 2xx */
	WEBHOOK_LATER,	   /* no answer, 408, 425, 429, 5xx */
	WEBHOOK_NEVER,	   /* any other */
	WEBHOOK_GONE,	   /* 410: never again, whatever comes, until the policy changes */
};
/* status 0: no answer. */
enum webhook_verdict webhook_verdict_of(int status);
/* Before the attempt after this one (from 1); 20 % jitter by the identity. retry_after_ms: asked
 * for by the receiver; -1 = not. */
int64_t webhook_wait_ms(struct str identity, int64_t attempt, int64_t retry_after_ms);

#endif
