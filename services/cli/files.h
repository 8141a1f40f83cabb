/*
 * Manifests that people name on the command line (SPEC 21.5): files, directories, `-`.
 */
#ifndef ARK_CLI_FILES_H
#define ARK_CLI_FILES_H

#include "cli/cli.h"
#include "kinds/manifest.h"

enum {
	FILES_MAX = 4096,	    /* manifests of one command */
	FILES_MAX_BYTES = 64 << 20, /* one manifest */
};

struct files {
	struct document *documents;
	size_t count, cap;
	struct manifest manifest;	   /* what they hold */
	struct manifest_findings findings; /* what is wrong with them so far */
};

/*
 * Reads the paths; all that is read lives in the arena. Documents that are no YAML, and what
 * manifest_load finds, are findings. FAIL_INPUT: a path is not there or cannot be read (exit 3).
 */
enum fail files_read(struct arena *a, struct str_list paths, struct files *ret,
		     struct why *why) MUST_CHECK;
/* All checks of SPEC 21.7, added to the findings. */
void files_check(struct arena *a, struct files *f);
/* One line for each finding (SPEC 21.28). */
void files_print(const struct files *f, struct buf *out);

/* The first object of the kind with that name, in any namespace when namespace is empty. */
const struct object *files_find(const struct files *f, enum kind kind, struct str namespace,
				struct str name);
size_t files_count(const struct files *f, enum kind kind);

#endif
