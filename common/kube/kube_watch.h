/*
 * A collection of the API server, listed and then watched for ever: INTERFACES 20.
 *
 *	+-> list, page by page  -> begin, object..., listed
 *	|   watch from there    -> object...
 *	|     the stream ends: watch again from the last version
 *	+---- 410: the server has forgotten that version
 *
 * Whoever uses it is told of each object as it is now, and at `listed` knows that what it was not
 * told of since `begin` is gone. Failures wait with growing, jittered delay.
 */
#ifndef ARK_KUBE_KUBE_WATCH_H
#define ARK_KUBE_KUBE_WATCH_H

#include "kube/kube_client.h"

struct kube_watch;
struct metric;

enum {
	KUBE_LIST_PAGE = 500,
	KUBE_WATCH_MIN_S = 300, /* a watch lasts a random time of these (20.4) */
	KUBE_WATCH_MAX_S = 600,
	KUBE_WATCH_GRACE_MS = 30000, /* nothing for longer than the watch lasts: half open */
	KUBE_OBJECT_MAX_BYTES = 4 << 20,
};

/* Declared once, for all watches of a process. */
struct kube_watch_metrics {
	struct metric *lists, *events, *restarts;
};
struct kube_watch_metrics kube_watch_declare(struct metrics *m);

struct kube_watch_plan {
	struct kube_client *client;
	struct str path;     /* of the collection, see kube_path; copied */
	struct str selector; /* more of the query, escaped: "labelSelector=..."; copied */
	const char *what;    /* for metrics: the plural; a literal */
	const struct kube_watch_metrics *metrics;

	void (*begin)(void *arg);
	/* The value lives until it returns. resourceVersion and all: as the server has it; of lists
	 * of built-in kinds without apiVersion and kind (20.1). */
	void (*object)(void *arg, const struct value *object, bool deleted);
	void (*listed)(void *arg);
	/* The collection cannot be had now: outcome says of which sort it is. Told on each failure;
	 * `listed`, or an object, is the end of it. */
	void (*failed)(void *arg, enum kube_outcome outcome, struct str words);
	void *arg;
};

struct kube_watch *kube_watch_new(struct event_base *base, const struct kube_watch_plan *plan);
/* No callback comes any more. NULL is fine. */
void kube_watch_free(struct kube_watch *w);
/* List anew, as a new leader does. */
void kube_watch_again(struct kube_watch *w);
/* The next page, or the watch after the last one, waits until it is let go: for who cannot take more
 * now. */
void kube_watch_hold(struct kube_watch *w, bool hold);

#endif
