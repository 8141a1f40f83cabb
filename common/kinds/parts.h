/*
 * What the typed views of several kinds share: references, Secret keys, headers.
 *
 * A view (struct agent, struct team, ...) is plain data: read once from an object's spec, with
 * every default of SPEC applied and every shorthand undone, then never changed. Its texts are
 * borrowed from the value that it was read from, its arrays live in the arena that was given;
 * both must live as long as the view. An absent text is the empty text; where "absent" and
 * "empty" differ in meaning, the view has a bool beside it.
 *
 * x_load functions check the spec with the field tables first (structure, types, ranges,
 * unions; unknown fields are ignored, null equals absent) and fail with FAIL_INPUT and the words
 * "spec.field: what is wrong". They do not compile templates, schemas and patterns: a view holds
 * their sources. See check.h for all findings at once.
 */
#ifndef ARK_KINDS_PARTS_H
#define ARK_KINDS_PARTS_H

#include "base/arena.h"
#include "base/str.h"
#include "base/value.h"

/* One key of a Secret or ConfigMap in the same namespace (SPEC 1.2). name empty = none. */
struct key_ref {
	struct str name, key;
	bool optional;
};

/* A header of an HTTP request (SPEC 6.3): a value, or one from a Secret. */
struct header {
	struct str name;
	struct str value;      /* used when secret.name is empty */
	struct key_ref secret; /* used otherwise */
};

struct header_list {
	const struct header *items;
	size_t count;
};

/* A name and a text, in the order that SPEC 5.6 gives. */
struct pair {
	struct str name, text;
};

struct pair_list {
	const struct pair *items;
	size_t count;
};

#endif
