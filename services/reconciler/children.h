/*
 * What an ArkAgent needs in a cluster (SPEC 20): the objects that ark-reconciler applies, each as
 * a document for server-side apply with exactly the fields that the suite owns. Pure.
 *
 * Equal input gives equal bytes, so that who applied a document once knows by its digest whether
 * to do it again.
 */
#ifndef ARK_RECONCILER_CHILDREN_H
#define ARK_RECONCILER_CHILDREN_H

#include "http/ip.h"
#include "kinds/agent.h"
#include "redis/url.h"
#include "workers/variables.h"

enum {
	CHILD_MAX_BYTES = 3 << 19, /* what etcd takes (INTERFACES 21.13) */
	CHILD_HEALTH_PORT = 8080,
};

/* In the order in which they are applied: what pods need comes before them. */
enum child_kind {
	CHILD_CONFIG,
	CHILD_NETWORK_POLICY,
	CHILD_DEPLOYMENT,
	CHILD_DISRUPTION_BUDGET,
	CHILD_TRIGGER_AUTHENTICATION,
	CHILD_SCALED_OBJECT,
};
enum { CHILD_KINDS = CHILD_SCALED_OBJECT + 1 };

struct child_type {
	const char *api_version, *kind, *plural;
};
extern const struct child_type child_types[CHILD_KINDS];

struct child {
	enum child_kind kind;
	struct str name;
	struct str body; /* JSON; empty: there must be none of that name */
};

struct children {
	struct child items[CHILD_KINDS];
	size_t count;
	const char *reason; /* after a failure (SPEC 3.6) */
};

/* What the agents of a suite have in common, and what is around this one. */
struct child_world {
	struct variables_world variables; /* .pod is set */
	/* A Service of the cluster, or NULL. */
	const struct object *(*service)(void *arg, struct str namespace, struct str name);
	void *service_arg;

	struct str image, pull_policy, service_account;
	struct str redis_url; /* as workers are given it */
	struct str otel_endpoint;
	const struct str *deny_cidrs; /* ARK_EGRESS_DENY_CIDRS */
	size_t deny_cidr_count;
	bool has_defaults; /* its namespace has Secret ark-agent-defaults (SPEC 20.6) */
	bool has_keda;
	bool at_zero;		  /* SPEC 6.11 */
	int64_t desired_replicas; /* of the team's autoscaling (SPEC 8.13); -1 = the agent's */
};

/* FAIL_INPUT, with ret->reason, when something that the agent names cannot be had: what is in the
 * cluster stays as it is. */
enum fail children_of_agent(struct arena *a, const struct object *object,
			    const struct agent *agent, const struct child_world *w,
			    struct children *ret, struct why *why) MUST_CHECK;

#endif
