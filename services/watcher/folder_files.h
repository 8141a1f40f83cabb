/* Which files there are. */
#ifndef ARK_WATCHER_FOLDER_FILES_H
#define ARK_WATCHER_FOLDER_FILES_H

#include "base/arena.h"
#include "base/fail.h"

struct file_list {
	struct str *paths; /* each ended by a NUL */
	size_t count, cap;
};

/* Adds the manifests that a path stands for: itself, or the files *.yaml, *.yml, *.json of a
 * directory, in byte order. FAIL_INPUT when there is no such path, or there are too many. */
enum fail files_of(struct arena *a, struct str path, size_t max, struct file_list *ret,
		   struct why *why) MUST_CHECK;
/* Adds every plain file below a directory, `depth` levels down, in byte order. A directory that
 * is not there has none. */
void files_below(struct arena *a, struct str dir, unsigned depth, size_t max,
		 struct file_list *ret);
/* Adds the directories in a directory. One that is not there has none. */
void folders_in(struct arena *a, struct str dir, size_t max, struct file_list *ret);

#endif
