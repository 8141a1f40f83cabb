/*
 * What a request to fire a webhook event leads to: SPEC 13.6 to 13.8, 12.11 to 12.13. Pure.
 *
 * The shell (fire_http.c) asks check by check, in the order of the table in SPEC 13.6, and does
 * between them what needs the world. A check that fails fills the refusal; then nothing has
 * happened. What the checks find out stands in struct fire; everything lives in its arena.
 */
#ifndef ARK_GATEWAY_FIRE_H
#define ARK_GATEWAY_FIRE_H

#include "base/hash.h"
#include "base/limits.h"
#include "http/http_fields.h"
#include "kinds/event.h"
#include "kinds/object.h"
#include "runs/run_admit.h"

struct zones;

/* What the caller's token is good for (access.h). */
enum credential {
	CREDENTIAL_NONE,      /* none, or one that nobody here has */
	CREDENTIAL_NAMESPACE, /* of another event of the namespace */
	CREDENTIAL_EVENT,     /* of this event */
	CREDENTIAL_ADMIN,
};

enum fire_mode { FIRE_ASYNC, FIRE_SYNC, FIRE_SSE };
const char *fire_mode_name(enum fire_mode m); /* async, sync, sse */

enum { FIRE_KEY_DIGITS = 32, FIRE_REFUSAL_BYTES = 1024 };

/* Why a request is refused. */
struct refusal {
	int status;
	const char *reason; /* member `reason` of the answer, and of fire.failed; NULL = none */
	bool is_fire_failed; /* FireFailed is written (12.11) */
	struct why why;
};

/* The world as the checks may see it. */
struct fire_world {
	const struct limits *limits;
	struct zones *zones;
	const struct object *(*object)(void *arg, enum kind kind, struct str namespace,
				       struct str name);
	void *arg;
};

struct fire {
	struct arena *arena;
	const struct fire_world *world;
	/* The request; borrowed. */
	struct str namespace, name;
	enum credential credential;
	struct http_fields headers;
	struct str mode_text, timeout_text; /* of the query; ptr NULL: not given */
	struct str body;
	int64_t now_ms;
	/* What was found. */
	struct event event;
	struct str event_fault; /* the event cannot be read */
	enum fire_mode mode;
	int64_t timeout_ms;
	struct value body_value;
	struct str key;			 /* idempotency key as digits; empty = none */
	char body_hash[SHA256_HEX_SIZE]; /* when there is a key */
	/* The runs to make, as fire_plan made them; names come with fire_name_runs. */
	struct run_admission *runs;
	size_t run_count;
};

/* 3: the event exists and is of type webhook. event NULL: it does not. */
bool fire_check_event(struct fire *f, const struct object *event,
		      struct refusal *no) MUST_CHECK;
/* 5 to 8: token, suspension, media type, body, mode, timeout, number of targets. */
bool fire_check_request(struct fire *f, struct refusal *no) MUST_CHECK;
/* 10: targets exist, templates work, inputs fit. Makes the runs, without names. */
bool fire_plan(struct fire *f, struct refusal *no) MUST_CHECK;

/* Draws names (SPEC 9.3). random: fresh bytes; used also for the token of the admission. */
void fire_name_runs(struct fire *f, const unsigned char random[RUN_NAME_RANDOM_BYTES + 16]);

/* --- answers -------------------------------------------------------------------------------------- */

/* What an idempotency key holds: the first answer, and the digest of its body (SPEC 13.8). */
struct fire_memory {
	struct str body_hash;
	struct str answer; /* JSON of the async answer */
	int64_t status;
	struct str runs; /* names, comma separated: header Ark-Run */
};

/* {"fired":true,...} of SPEC 13.7. */
struct str fire_answer(struct fire *f);
/* {"fired":false,...,"reason":"ConcurrencyForbidden"} of SPEC 13.6. */
struct str fire_forbidden_answer(struct fire *f);
/* The names of the runs, separated by a comma. */
struct str fire_run_names(struct fire *f);
struct str fire_memory_encode(struct fire *f);
enum fail fire_memory_decode(struct arena *a, struct str text, struct fire_memory *ret,
			     struct why *why) MUST_CHECK;
/* 9: false when the key was used with another body. */
bool fire_check_memory(struct fire *f, const struct fire_memory *m,
		       struct refusal *no) MUST_CHECK;

#endif
