/* The chunked coding of a request's body, RFC 9112 7.1. Pure, incremental, any chunking. */
#ifndef ARK_HTTP_HTTP_CHUNKED_H
#define ARK_HTTP_HTTP_CHUNKED_H

#include "base/buf.h"

enum {
	HTTP_CHUNK_MAX_LINE = 256,	     /* a size with its extensions */
	HTTP_CHUNK_MAX_TRAILERS = 8192,	     /* all trailers, which are read and dropped */
	HTTP_CHUNK_MAX_OVERHEAD = 64 * 1024, /* framing beyond what the body's bytes justify */
};

enum http_chunked_result {
	HTTP_CHUNKED_MORE,
	HTTP_CHUNKED_DONE,
	HTTP_CHUNKED_BAD,	/* refuse with 400 */
	HTTP_CHUNKED_TOO_LARGE, /* the body does not fit into its buffer: 413 */
};

/* Zeroed to begin. */
struct http_chunked {
	enum { CHUNK_SIZE, CHUNK_DATA, CHUNK_DATA_CR, CHUNK_DATA_LF, CHUNK_TRAILER } state;
	char line[HTTP_CHUNK_MAX_LINE];
	size_t line_len, trailer_bytes, overhead;
	uint64_t left; /* of the current chunk */
};

/* Decodes bytes and appends the data to body. *ret_used: how many bytes were taken, fewer than
 * given only when DONE. */
enum http_chunked_result http_chunked_feed(struct http_chunked *c, struct str bytes,
					   struct buf *body, size_t *ret_used);

#endif
