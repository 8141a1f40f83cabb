/* Where an attached stream begins: SPEC 13.14. Pure. */
#ifndef ARK_GATEWAY_RESUME_H
#define ARK_GATEWAY_RESUME_H

#include "gateway/event_id.h"

/* What is known of the stream and its run. */
struct resume_facts {
	bool asks;  /* a Last-Event-ID was given */
	bool is_id; /* it has the form of one; `last` is it */
	struct event_id last;
	bool is_kept;	/* the stream has this entry */
	bool has_next;	/* and one behind it */
	bool has_any;	/* the stream has entries */
	bool is_over;	/* the run is terminal */
	int64_t end_ms; /* then: its end */
};

struct resume {
	bool nothing;	       /* 204: it has seen the end, and nothing follows */
	bool gap;	       /* say first what it missed */
	bool flow_only;	       /* the events are gone: the flow event alone */
	struct event_id after; /* else: go on behind this one; {0,0}: from the first kept */
};

struct resume resume_decide(const struct resume_facts *f);

#endif
