/* Small files, whole: tokens, keys, certificates, manifests. */
#ifndef ARK_BASE_FILE_H
#define ARK_BASE_FILE_H

#include "base/buf.h"
#include "base/fail.h"

/* Appends the content of a file to out. FAIL_INPUT, with path and reason, when it cannot be read
 * or does not fit; what was read until then stays in out. */
enum fail file_read(struct str path, struct buf *out, struct why *why) MUST_CHECK;

/* Writes a file so that whoever reads it sees the old content or the new one, never a part, also
 * after a crash: a temporary file in the same folder, renamed. mode as 0600. FAIL_BUSY when the
 * disk does not take it. */
enum fail file_replace(struct str path, struct str content, unsigned mode,
		       struct why *why) MUST_CHECK;

/* The same for a file that may be there already: then it stays as it is, whoever made it, and
 * *ret_made (may be NULL) is false. */
enum fail file_create(struct str path, struct str content, unsigned mode, bool *ret_made,
		      struct why *why) MUST_CHECK;

/* Makes a folder and those above it that are missing, each with this mode (0700). One that is
 * there is fine. FAIL_BUSY, with path and reason, otherwise. */
enum fail folder_make(struct str path, unsigned mode, struct why *why) MUST_CHECK;

#endif
