/*
 * Requests to the API server: INTERFACES 19.6 to 19.8, 21. One client per process, one connection
 * pool; a watch has a connection of its own.
 *
 * The client says who we are: token files are read again every minute and at once after a 401,
 * which then costs the request one repetition. Everything else that fails is for the caller,
 * who knows whether to read again, wait or give up: see enum kube_outcome.
 */
#ifndef ARK_KUBE_KUBE_CLIENT_H
#define ARK_KUBE_KUBE_CLIENT_H

#include "base/arena.h"
#include "base/value.h"
#include "http/http_client.h"
#include "kube/kube_config.h"

struct event_base;
struct metrics;
struct kube_client;
struct kube_call;

enum {
	KUBE_CONNECT_MS = 10000,
	KUBE_TOTAL_MS = 60000, /* of a request that names no other time */
	KUBE_TOKEN_MS = 60000, /* a token file is read again after that */
	KUBE_BACKOFF_MS = 800, /* INTERFACES 19.8 */
	KUBE_BACKOFF_MAX_MS = 30000,
	KUBE_BODY_MAX_BYTES = 32 << 20, /* of an answer that is gathered */
	KUBE_IN_FLIGHT_MAX = 256,
};

struct kube_client_plan {
	const struct kube_config *config; /* must outlive the client */
	const char *user_agent;		  /* "ark-watcher/0.1.0" */
	/* The server has a warning; each text is told once (19.6). May be NULL. */
	void (*warning)(void *arg, struct str text);
	void *arg;
};

/* FAIL_INPUT: a token file cannot be read. */
enum fail kube_client_new(struct event_base *base, const struct kube_client_plan *plan,
			  struct metrics *metrics, struct kube_client **ret,
			  struct why *why) MUST_CHECK;
/* Ends every call without callbacks. NULL is fine. */
void kube_client_free(struct kube_client *c);

/* What an answer asks for (19.8). */
enum kube_outcome {
	KUBE_FINE,	/* 2xx */
	KUBE_NOT_FOUND, /* 404: gone, or its kind is not installed */
	KUBE_CONFLICT,	/* 409: read again, decide again */
	KUBE_EXPIRED,	/* 410: list anew */
	KUBE_DENIED,	/* 401, 403: stays so until somebody gives rights */
	KUBE_REFUSED,	/* any other 4xx: what was sent is wrong and stays wrong */
	KUBE_LATER,	/* 408, 429, 5xx, no answer: wait, then try again */
};
/* "fine", "not found", "conflict", ... */
const char *kube_outcome_name(enum kube_outcome o);

/* Borrowed; lives until done returns. */
struct kube_answer {
	enum kube_outcome outcome;
	int status;	   /* 0: no answer came */
	struct str reason; /* of the Status object: "Conflict"; empty when it is none */
	struct str words;  /* for people: the server's message, or why there was no answer */
	int64_t retry_after_ms; /* the server asked for it; -1 = it did not */
	struct str body;	/* of what was gathered */
};

/* Everything in it is copied. */
struct kube_request {
	const char *method;	  /* NULL = GET */
	struct str path;	  /* "/api/v1/...", with its query, escaped */
	const char *content_type; /* of the body; NULL = application/json */
	struct str body;
	int64_t total_ms;      /* 0 = KUBE_TOTAL_MS; -1 = none */
	int64_t idle_ms;       /* 0 = none */
	size_t max_body_bytes; /* 0 = KUBE_BODY_MAX_BYTES */
	/* With it a 2xx body is not gathered. */
	void (*chunk)(void *arg, struct str bytes);
	void (*done)(void *arg, const struct kube_answer *answer);
	void *arg;
};

/* done is called once, never from inside. The handle (ret may be NULL) is good until then. */
void kube_send(struct kube_client *c, const struct kube_request *r, struct kube_call **ret);
/* done does not come any more. NULL is fine. */
void kube_cancel(struct kube_call *call);

#define KUBE_APPLY "application/apply-patch+yaml"
#define KUBE_MERGE_PATCH "application/merge-patch+json"

/* "/apis/<group>/<version>" or "/api/v1", then "/namespaces/<ns>" unless it is empty, "/<plural>"
 * and, unless empty, "/<name>" (19.7); in the arena. */
struct str kube_path(struct arena *a, struct str api_version, struct str namespace,
		     struct str plural, struct str name);

#endif
