/* The source of a cluster, inside: api.c (which collections there are) and api_collection.c (one of
 * them). */
#ifndef ARK_WATCHER_API_INNER_H
#define ARK_WATCHER_API_INNER_H

#include "watcher/api.h"
#include "watcher/wanted.h"

enum {
	RELIST_MS = 50,	     /* after a name became wanted: several come at once */
	RELIST_GAP_MS = 500, /* between two lists of one namespace for that reason */
	DENIED_TRIES = 8,    /* rights in a new namespace take a moment: asked again soon */
	DENIED_MS = 250,
};

/* How far a collection is. */
enum stage {
	STAGE_WAITS,   /* for the ones before it */
	STAGE_LISTING, /* for the first time */
	STAGE_LISTED,
	STAGE_ABSENT, /* it cannot be had now; asked for again and again */
};

struct collection {
	struct collection *next;
	struct api *api;
	enum kind kind;
	struct str namespace; /* empty = all */
	struct kube_watch *watch;
	struct event *relist;
	enum stage stage;
	bool failing;	  /* it was told that it fails */
	bool dirty;	  /* a name is wanted that an earlier list may have passed over */
	unsigned round;	  /* objects of this collection have it; those that have not are gone */
	unsigned denials; /* in a row */
	int64_t again_mono_ms; /* not listed before, for dirt */
	char text[];	       /* of the namespace */
};

struct api {
	struct api_plan plan;
	struct event_base *base;
	struct publish *publish; /* NULL = not leading */
	struct collection *collections;
	struct wanted *wanted;
	struct kube_watch_metrics metrics;
	struct series *unreadable;
	bool complete, told_complete;
};

/* Is it one of the two kinds that are watched in bound namespaces only? */
bool kind_is_bound(enum kind k);
/* Labels make the others ours; those of users and Services have none. */
bool kind_is_labelled(enum kind k);

struct collection *collection_new(struct api *a, enum kind kind, struct str namespace);
void collection_free(struct collection *c);
void collection_start(struct collection *c);
/* A name of it is wanted now. */
void collection_dirty(struct collection *c);
/* All that is known of it is gone. */
void collection_drop(struct collection *c);

/* --- api.c, told by a collection ---------------------------------------------------------------- */

/* It was listed, or cannot be: the next one may begin. */
void api_moved(struct api *a);
/* The suite has rights in the namespace, or lost them. */
void api_bind(struct api *a, struct str namespace);
void api_unbind(struct api *a, struct str namespace);
/* What an object names; names NULL: it is gone. */
void api_refers(struct api *a, struct str field, const struct names *names);

#endif
