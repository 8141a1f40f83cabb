/* ArkNotify (SPEC 16.1, 16.2), as the daemons read it: both shapes become the list shape. See
 * parts.h for what a view is. */
#ifndef ARK_KINDS_NOTIFY_H
#define ARK_KINDS_NOTIFY_H

#include "base/fail.h"
#include "kinds/agent.h"
#include "kinds/parts.h"

enum channel_type { CHANNEL_SLACK, CHANNEL_WEBHOOK, CHANNEL_PAGERDUTY, CHANNEL_ALERTMANAGER };
/* "slack", "webhook", "pagerduty", "alertmanager" */
const char *channel_type_name(enum channel_type t);

struct channel {
	enum channel_type type;
	bool has_template;
	struct str template;
	/* Where to: url, or the Secret that holds it (slack: always the Secret). */
	struct str url;
	struct key_ref url_from;
	enum http_method method;     /* webhook */
	struct header_list headers;  /* webhook */
	struct key_ref signing;	     /* webhook: signingSecretFrom */
	struct key_ref routing_key;  /* pagerduty */
	struct key_ref bearer_token; /* alertmanager */
	struct pair_list labels;     /* alertmanager, in byte order */
};

/* A type that the policy wants, and its own template if it has one. */
struct notify_event {
	struct str type;
	bool has_template;
	struct str template;
};

struct notify {
	const struct channel *channels;
	size_t channel_count;
	bool all_events; /* `on` empty or absent, and no `events` */
	const struct notify_event *events;
	size_t event_count;
	int64_t window_seconds; /* 0 = no limit */
	int64_t max_per_window;
};

enum fail notify_load(struct arena *a, const struct value *spec, struct notify *ret,
		      struct why *why) MUST_CHECK;

#endif
