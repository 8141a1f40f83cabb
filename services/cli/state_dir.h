/*
 * The state directory of `ark up`: whose it is, and what others find there (SPEC 21.2, 21.22).
 *
 * The process that runs the suite holds a lock on <dir>/lock, which ends with the process however
 * it ends; what the suite's addresses are stands in <dir>/up.json.
 */
#ifndef ARK_CLI_STATE_DIR_H
#define ARK_CLI_STATE_DIR_H

#include "base/arena.h"
#include "base/fail.h"
#include "base/value.h"

/* Takes the lock. FAIL_BUSY: another suite runs here (the words name its process), or the
 * directory cannot be written to. The lock lasts until *ret_fd is closed. */
enum fail state_dir_lock(struct arena *a, struct str dir, int *ret_fd,
			 struct why *why) MUST_CHECK;
/* Whether a suite runs here. */
bool state_dir_is_used(struct arena *a, struct str dir);

/* What up.json says, while a suite runs here. */
struct up_file {
	struct str redis_url, gateway_url, token_file;
	struct value ports; /* name of daemon to number */
};
/* FAIL_BUSY: no suite runs here, or the file cannot be read. */
enum fail up_file_read(struct arena *a, struct str dir, struct up_file *ret,
		       struct why *why) MUST_CHECK;
enum fail up_file_write(struct arena *a, struct str dir, const struct up_file *up,
			struct why *why) MUST_CHECK;
void up_file_remove(struct arena *a, struct str dir);

#endif
