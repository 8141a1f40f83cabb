/*
 * The port of ark-watcher: where objects come from.
 *
 * A source says, whenever something may have changed, what there is: the whole set, as objects that
 * live until `said` returns. What is new, different or gone is found out by publish.c. Today there
 * is one source: a folder of manifests (folder.c). A second one is a second file beside it.
 */
#ifndef ARK_WATCHER_SOURCE_H
#define ARK_WATCHER_SOURCE_H

#include "kinds/object.h"

/* One object of the world. */
struct said_object {
	const struct object *object;
	struct str content; /* what its version is made of: equal content, equal version */
	struct str json;    /* as it is published, metadata aside: secrets are sealed in it */
};

/* The world as a source sees it. */
struct said {
	const struct said_object *objects;
	size_t count;
	/* Files that cannot be read as a whole: what came from them before stays as it was. */
	const struct str *broken_files;
	size_t broken_count;
};

#endif
