/* Writing server-sent events: INTERFACES 2.6, 2.7, SPEC 13.11. Pure. */
#ifndef ARK_HTTP_SSE_WRITE_H
#define ARK_HTTP_SSE_WRITE_H

#include "base/buf.h"

/* Appends one event with its empty line. id and type may be empty (then left out); data gets one
 * "data:" line per line (split at CRLF, LF, CR). False, with nothing appended, when id or type
 * holds CR, LF or NUL. */
MUST_CHECK bool sse_write_event(struct buf *out, struct str id, struct str type,
				struct str data);
/* ": text" and an empty line; CR and LF in the text become blanks. */
void sse_write_comment(struct buf *out, struct str text);
/* "retry: ms" and an empty line. */
void sse_write_retry(struct buf *out, unsigned ms);

#endif
