/* Keys and tokens of the suite, as files with random content (SPEC 2.12, 21.32). */
#ifndef ARK_CLI_SECRETS_H
#define ARK_CLI_SECRETS_H

#include "base/arena.h"
#include "base/fail.h"

#define SECRET_SEAL_KEY "seal-key"
#define SECRET_ADMIN_TOKEN "admin-token"

/* Makes a directory with its parents, mode 0700, unless it is there. FAIL_BUSY: it cannot be made
 * or written to. */
enum fail make_directory(struct str path, struct why *why) MUST_CHECK;
/* Makes <dir>/<name> with 64 random hex digits, mode 0600, unless it is there. *ret_made may be
 * NULL. */
enum fail secret_make(struct str dir, const char *name, bool *ret_made,
		      struct why *why) MUST_CHECK;

#endif
