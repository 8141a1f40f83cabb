/*
 * Bytes to replies and commands to bytes: hiredis as a codec (STYLE 5). The only place that
 * knows hiredis; builds with 0.14 and 1.x.
 *
 * A codec belongs to one connection: after a failure it stays failed.
 */
#ifndef ARK_REDIS_CODEC_H
#define ARK_REDIS_CODEC_H

#include "redis/reply.h"

struct codec;
struct evbuffer;

/* max_bytes bounds the memory that one reply takes, parsed and unparsed together. */
struct codec *codec_new(size_t max_bytes);
/* NULL is fine. Replies that it gave are gone afterwards. */
void codec_free(struct codec *c);

/* Takes bytes as they come, cut anywhere. FAIL_INPUT: not RESP2, nested deeper than
 * REPLY_MAX_DEPTH, or larger than max_bytes. */
enum fail codec_feed(struct codec *c, struct str bytes, struct why *why) MUST_CHECK;
/* The next whole reply, or NULL in *ret_reply when more bytes are needed. It lives until the next
 * call for this codec. Fails as codec_feed does. */
enum fail codec_next(struct codec *c, const struct reply **ret_reply,
		     struct why *why) MUST_CHECK;
/* Appends a command; argc is at least 1. */
void codec_write(struct evbuffer *out, const struct str *argv, size_t argc);

#endif
