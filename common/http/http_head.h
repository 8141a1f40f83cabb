/*
 * The head of a request: request line and header fields, RFC 9112 2 to 6. Pure, and strict:
 * what two parsers may read in two ways is refused (bare LF, NUL, folded lines, blanks before
 * the colon, two lengths).
 */
#ifndef ARK_HTTP_HTTP_HEAD_H
#define ARK_HTTP_HTTP_HEAD_H

#include "base/arena.h"
#include "http/http_fields.h"

enum { HTTP_HEAD_MAX_FIELDS = 128 };

struct http_head {
	struct str method;
	struct str path;  /* begins with '/'; escapes kept */
	struct str query; /* without '?'; empty when absent */
	struct http_fields fields;
	bool http_1_0;
	bool keep_alive;      /* what the client asks for */
	bool expect_continue; /* waits for 100 before it sends the body */
	bool chunked;
	uint64_t length; /* of the body; 0 when there is none or it is chunked */
};

/* How many bytes the head takes, its empty line included; 0: not all there yet; STR_NONE: no
 * head can begin like this (a bare LF, a NUL). *scanned, first 0, is where the next look goes
 * on when more bytes have come. */
size_t http_head_end(struct str bytes, size_t *scanned);

/* Parses a whole head. Texts are borrowed, fields live in the arena. Returns 0, or the status
 * to refuse with (400, 417, 501, 505), and then *ret_words says why. */
int http_head_parse(struct arena *a, struct str bytes, struct http_head *ret_head,
		    const char **ret_words);

#endif
