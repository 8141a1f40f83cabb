/*
 * A Kubernetes-shaped object: who it is, and where its parts are.
 *
 * The same view serves what the API server sends, what a file holds and what the suite makes
 * itself. Everything is borrowed from the value that it was read from.
 */
#ifndef ARK_KINDS_OBJECT_H
#define ARK_KINDS_OBJECT_H

#include "base/fail.h"
#include "base/value.h"

#define ARK_GROUP "arkonis.dev"
#define ARK_API_VERSION ARK_GROUP "/v1alpha1"
#define ARK_LABEL "arkonis.dev/" /* prefix of all labels and annotations (SPEC 3.8) */

enum kind {
	KIND_OTHER = 0, /* none of the kinds below */
	KIND_AGENT,
	KIND_TEAM,
	KIND_RUN,
	KIND_EVENT,
	KIND_BUDGET,
	KIND_NOTIFY,
	KIND_REGISTRY,
	KIND_SETTINGS,
	KIND_MEMORY,
	KIND_SECRET, /* ArkSecret */
	KIND_CONFIG_MAP,
	KIND_PLAIN_SECRET, /* Secret of Kubernetes */
	/* what the suite makes in a cluster (SPEC 20.1), and what it must know of it */
	KIND_SERVICE,
	KIND_DEPLOYMENT,
	KIND_NETWORK_POLICY,
	KIND_DISRUPTION_BUDGET,
	KIND_SERVICE_ACCOUNT,
	KIND_ROLE_BINDING,
	KIND_SCALED_OBJECT,
	KIND_TRIGGER_AUTHENTICATION,
};
enum { KIND_COUNT = KIND_TRIGGER_AUTHENTICATION + 1 };

/* "ArkAgent", ..., "ConfigMap", "Deployment"; "" for KIND_OTHER. */
const char *kind_name(enum kind k);
/* By apiVersion and kind: an ArkAgent of another group is KIND_OTHER. */
enum kind kind_of(struct str api_version, struct str kind);
/* By a kind's name, plural or short name in any letter case ("arkteam", "arkteams", "aoteam"). */
enum kind kind_by_word(struct str word);
/* The ten kinds of SPEC 3, not ConfigMap and Secret. */
bool kind_is_ark(enum kind k);
/* Those, ConfigMap and Secret: what files may hold (SPEC 21.5). */
bool kind_is_of_files(enum kind k);
/* "arkonis.dev/v1alpha1", "apps/v1", ...; and "arkagents", "deployments", ...; "" for KIND_OTHER. */
const char *kind_api_version(enum kind k);
const char *kind_plural(enum kind k);

struct object {
	enum kind kind;
	struct str api_version, kind_text;
	struct str namespace; /* `default` when it has none */
	struct str name, uid, resource_version;
	int64_t generation;
	struct str created; /* metadata.creationTimestamp; empty = none */
	bool deleting;	    /* metadata.deletionTimestamp is set */
	const struct value *metadata, *spec, *status; /* NULL when absent */
	const struct value *value;		      /* the whole object */
	struct str file;			      /* where it came from; empty = no file */
};

/* Fails when it is no map, has no apiVersion, kind or metadata.name, or these are no texts. A
 * name's form is check.h's. */
enum fail object_load(const struct value *v, struct object *ret, struct why *why) MUST_CHECK;

/* A label or annotation; the empty text when it is not there. */
struct str object_label(const struct object *o, struct str key);
struct str object_annotation(const struct object *o, struct str key);
bool object_has_annotation(const struct object *o, struct str key);

/* One text of a ConfigMap or Secret: `stringData` before `data`; the base64 of a Secret's `data`
 * is decoded into the arena. False when there is no such key or it is not base64. */
bool object_data(struct arena *a, const struct object *o, struct str key, struct str *ret_text);

/* Same kind, namespace and name. */
bool object_same(const struct object *a, const struct object *b);

#endif
