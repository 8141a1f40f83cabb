/* Objects of manifest files (SPEC 21.5), and those that the suite makes of them (SPEC 2.12). */
#ifndef ARK_KINDS_MANIFEST_H
#define ARK_KINDS_MANIFEST_H

#include "kinds/check.h"
#include "kinds/object.h"

/* One document of a file, as the YAML or JSON reader gave it. */
struct document {
	struct str file;
	struct value value;
};

struct manifest {
	const struct object *objects; /* in the order of the documents */
	size_t count;
	const size_t *sorted; /* their numbers by kind, namespace and name */
};

/* A finding and the file it is in. */
struct manifest_finding {
	struct str file;
	struct finding finding;
};
struct manifest_findings {
	struct manifest_finding *items;
	size_t count, cap, errors;
};

/* The objects of all documents: the ten kinds, ConfigMap and Secret; a `kind: List` gives its
 * items; others are skipped. A document without apiVersion, kind or name, and an object given
 * twice (both places are named; the first one stays), is a finding. */
void manifest_load(struct arena *a, const struct document *documents, size_t count,
		   struct manifest *ret, struct manifest_findings *findings);

/* The object of that kind, namespace and name, or NULL. */
const struct object *manifest_find(const struct manifest *m, enum kind kind,
				   struct str namespace, struct str name);

/* Adds what the suite makes of the objects: the ArkAgents of inline roles and, where a namespace
 * has an ArkAgent and no ArkRegistry `default`, that registry (SPEC 17.8). */
void manifest_expand(struct arena *a, const struct manifest *m, struct manifest *ret);

/* All checks of all objects (SPEC 21.7), references looked up among them and what follows from
 * them, unless world has a find of its own. Findings in the order of the documents. */
void manifest_check(struct arena *a, const struct manifest *m, const struct check_world *world,
		    struct manifest_findings *findings);

#endif
