/* ArkEvent (SPEC 12.1), as the daemons read it. See parts.h for what a view is. */
#ifndef ARK_KINDS_EVENT_H
#define ARK_KINDS_EVENT_H

#include "base/fail.h"
#include "kinds/parts.h"

enum event_type { EVENT_CRON, EVENT_WEBHOOK, EVENT_TEAM_OUTPUT };
/* "cron", "webhook", "team-output" */
const char *event_type_name(enum event_type t);

enum event_phase { ON_SUCCEEDED, ON_FAILED, ON_ANY };

enum concurrency { CONCURRENCY_ALLOW, CONCURRENCY_FORBID, CONCURRENCY_REPLACE };

/* SPEC 13.5 */
enum signature_scheme {
	SIGNATURE_NONE,
	SIGNATURE_GITHUB,
	SIGNATURE_STANDARD_WEBHOOKS,
	SIGNATURE_HMAC_SHA256,
};
struct event_signature {
	enum signature_scheme scheme;
	struct key_ref secret;
	struct str header, prefix; /* hmac-sha256 */
	bool base64;		   /* encoding; else hex */
	int64_t tolerance_seconds; /* standard-webhooks */
	bool require;
};

/* Exactly one of team and agent is not empty. */
struct event_target {
	struct str team, agent;
	bool has_prompt;
	struct str prompt;	/* template */
	struct pair_list input; /* templates, keys in byte order */
};

struct event {
	enum event_type type;
	struct str cron, time_zone; /* "UTC" by default */
	int64_t starting_deadline_seconds;
	struct str output_team; /* source.teamOutput */
	enum event_phase on_phase;
	struct event_signature signature;
	struct str idempotency_header; /* empty = none */
	int64_t success_code;
	const struct event_target *targets;
	size_t target_count;
	enum concurrency concurrency;
	bool suspended;
};

enum fail event_load(struct arena *a, const struct value *spec, struct event *ret,
		     struct why *why) MUST_CHECK;

#endif
