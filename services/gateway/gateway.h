/* What the files of ark-gateway share. */
#ifndef ARK_GATEWAY_GATEWAY_H
#define ARK_GATEWAY_GATEWAY_H

#include "gateway/access.h"
#include "gateway/tail.h"
#include "http/http_server.h"
#include "http/rate.h"
#include "process/process.h"
#include "stream/link.h"

struct backlog;

struct gateway_settings {
	struct str trigger_addr, trigger_url;
	struct str admin_token_file, tls_cert_file, tls_key_file;
	struct str trusted_proxies;
	int64_t redis_wait;
};

enum { ROUTES = 6 };

struct gateway {
	struct gateway_settings settings;
	struct process *process;
	struct link *link;
	struct objects *objects;
	struct zones *zones;
	struct access access;
	struct tails *tails;
	struct backlog *backlog;
	struct http_server *http;
	struct http_route routes[ROUTES];
	struct cidr_set proxies;
	struct rate *clients, *failures, *events; /* SPEC 13.1, 13.6 */
	struct condition *has_objects;
	struct event *drain_timer;
	struct sse_call *streams;  /* open event streams */
	struct sync_call *waiting; /* answers that wait for a run */
	int64_t drain_until_ms;	   /* then they wait no longer */
	int64_t stream_count;
	bool objects_seen; /* the first complete copy has come */
	/* SPEC 22.2 */
	struct metric *requests, *durations, *fires;
	struct series *sse_connections, *sse_events, *sse_gaps;
};

/* --- connections ----------------------------------------------------------------------------------- */

/* Commands; and where runs are admitted, which may block for WAIT (ARK_REDIS_WAIT). */
struct redis *gateway_commands(struct gateway *g);
struct redis *gateway_admissions(struct gateway *g);

/* --- refusing (refuse.c) ------------------------------------------------------------------------------ */

/* False: the client failed too often to log in, and was answered 429. Ask before a token is looked
 * at (SPEC 13.1). */
bool gateway_may_log_in(struct gateway *g, struct exchange *x);
/* 401, counted against the client. */
void gateway_refuse_login(struct gateway *g, struct exchange *x, const char *words);
/* 503: Redis is away. */
void gateway_refuse_away(struct exchange *x);

/* --- routes --------------------------------------------------------------------------------------------- */

void fire_head(void *arg, struct exchange *x); /* fire_http.c */
void fire_handler(void *arg, struct exchange *x);
void run_handler(void *arg, struct exchange *x); /* runs_http.c */
void output_handler(void *arg, struct exchange *x);
void cancel_handler(void *arg, struct exchange *x); /* runs_change.c */
void retry_handler(void *arg, struct exchange *x);
void events_handler(void *arg, struct exchange *x); /* events_http.c */

/* Ends all event streams: their clients come back, to another process (SPEC 2.4). */
void events_drain(struct gateway *g);

/* --- answers of a fire that take time -------------------------------------------------------------------- */

struct fired {
	struct str namespace, run;
	bool replayed;	    /* SPEC 13.8 */
	bool tokens;	    /* token events are published */
	int64_t started_ms; /* process_mono_ms of the request */
};

/* Waits for the run and answers (SPEC 13.7, sync_http.c). */
void sync_answer(struct gateway *g, struct exchange *x, const struct fired *fired,
		 int64_t timeout_ms);
/* Answers all who wait 503: the run goes on, its name is in the answer. */
void sync_drain(struct gateway *g);
/* Attaches to the run (SPEC 13.7, events_http.c). */
void sse_answer(struct gateway *g, struct exchange *x, const struct fired *fired);
/* One request to fire was answered (fire_http.c). */
void fire_count(struct gateway *g, enum fire_mode mode, int status, int64_t started_ms);

/* --- answers about runs ---------------------------------------------------------------------------------------- */

/* Ark-Run, and Idempotency-Replayed where it is. Room for two; returns how many. */
size_t run_headers(struct str runs, bool replayed, struct http_field out[2]);
/* {"error":"<words>"} about a run that the caller may see, with Ark-Run. */
void run_refuse(struct exchange *x, int status, struct str run, const char *words);

#endif
