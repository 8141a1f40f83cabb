/*
 * The source of a cluster: the API server, listed and watched (DESIGN 5, SPEC 20.14).
 *
 * Watched are the ten kinds, Services, and what the suite made itself, by its label. Secrets and
 * ConfigMaps are watched in namespaces that are bound (the suite has a RoleBinding there, or was
 * told the namespaces), and of those only what an object names is told; the others are not even
 * remembered: when a name becomes wanted, the namespace is listed anew.
 *
 * Collections are listed one after the other, so that memory holds one page; then all of them are
 * watched at once.
 */
#ifndef ARK_WATCHER_API_H
#define ARK_WATCHER_API_H

#include "base/seal.h"
#include "kube/kube_watch.h"
#include "watcher/publish.h"

struct api;

#define BOUND_BY "ark-namespace-read" /* SPEC 20.14: a RoleBinding of this name */

struct api_plan {
	struct kube_client *client;
	const struct seal_keys *keys; /* without a key Secrets are not published */
	struct str_list namespaces;   /* ARK_WATCH_NAMESPACES; empty: all */
	struct str system_namespace;
	struct str prices; /* ARK_COST_CONFIGMAP, in the system namespace; empty: none */
	/* Everything there is was listed and put; or what stands in the way. */
	void (*complete)(void *arg);
	void (*missing)(void *arg, struct str reason);
	void *arg;
};

struct api *api_new(struct event_base *base, const struct api_plan *plan,
		    struct metrics *metrics);
/* NULL is fine. */
void api_free(struct api *a);

/* This process leads: say what there is, into p. */
void api_start(struct api *a, struct publish *p);
/* It does not any more. */
void api_stop(struct api *a);
/* All that was put is published. */
void api_published(struct api *a);
/* For publish_plan with key KEY_VERSIONS. */
void api_learn(void *arg, struct known *k, struct str version);

#endif
