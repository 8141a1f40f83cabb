/*
 * The source of local mode: files and directories of manifests, the same as for `kubectl apply`
 * (SPEC 2.12, 21.5), and the generated Secrets below the state directory.
 *
 * Files are read again when inotify says that something in their directories changed. An error is
 * logged with file, line and column, and does not stop the rest.
 */
#ifndef ARK_WATCHER_FOLDER_H
#define ARK_WATCHER_FOLDER_H

#include "base/fail.h"
#include "base/seal.h"
#include "watcher/source.h"

struct folder;
struct event_base;

enum {
	FOLDER_FILE_MAX_BYTES = 16 << 20,
	FOLDER_FILES_MAX = 10000,
	FOLDER_SETTLE_MS = 50, /* editors write in several steps */
};

struct folder_plan {
	struct str_list paths; /* files and directories */
	struct str
		state_dir; /* generated Secrets: <state_dir>/secrets/<namespace>/<name>/<key> */
	const struct seal_keys *keys; /* without a key Secrets are not published */
	void (*said)(void *arg, const struct said *said);
	void *arg;
};

/* FAIL_INPUT: a path does not exist or cannot be watched. */
enum fail folder_new(struct event_base *base, const struct folder_plan *plan,
		     struct folder **ret, struct why *why) MUST_CHECK;
void folder_free(struct folder *f);
/* Reads everything and says it, now. */
void folder_read(struct folder *f);

#endif
