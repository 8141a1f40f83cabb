#include "http/http_chunked.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* "<1 to 15 hex digits>[;extension]": more digits are no honest size. */
static bool chunk_size(struct str line, uint64_t *ret_size)
{
	uint64_t size = 0;
	size_t i;

	for (i = 0; i < line.len && hex(line.ptr[i]) >= 0; i++) {
		if (i == 15)
			return false;
		size = size * 16 + (uint64_t)hex(line.ptr[i]);
	}
	if (i == 0)
		return false;
	line = str_trim(str_from(line, i));
	if (line.len && line.ptr[0] != ';')
		return false;
	*ret_size = size;
	return true;
}

/* Adds one byte of a line; *ret_whole when it was the LF after the CR. False: malformed. */
static bool line_byte(struct http_chunked *c, char byte, bool *ret_whole)
{
	bool after_cr = c->line_len && c->line[c->line_len - 1] == '\r';

	*ret_whole = byte == '\n';
	if (byte == '\0' || after_cr != (byte == '\n'))
		return false;
	if (byte == '\n') {
		c->line_len--;
		return true;
	}
	if (c->line_len == sizeof(c->line))
		return false;
	c->line[c->line_len++] = byte;
	return true;
}

static enum http_chunked_result size_line(struct http_chunked *c)
{
	struct str line = str_n(c->line, c->line_len);

	c->line_len = 0;
	if (!chunk_size(line, &c->left))
		return HTTP_CHUNKED_BAD;
	/* Chunks of one byte with long extensions: the work must follow the size. */
	c->overhead += line.len;
	if (c->overhead > HTTP_CHUNK_MAX_OVERHEAD + c->left)
		return HTTP_CHUNKED_BAD;
	c->overhead = c->overhead > c->left ? c->overhead - (size_t)c->left : 0;
	c->state = c->left ? CHUNK_DATA : CHUNK_TRAILER;
	return HTTP_CHUNKED_MORE;
}

/* Trailers are dropped; an empty line ends the body. */
static enum http_chunked_result trailer_line(struct http_chunked *c)
{
	bool last = c->line_len == 0;

	c->trailer_bytes += c->line_len + 2;
	c->line_len = 0;
	if (last)
		return HTTP_CHUNKED_DONE;
	return c->trailer_bytes > HTTP_CHUNK_MAX_TRAILERS ? HTTP_CHUNKED_BAD
							  : HTTP_CHUNKED_MORE;
}

static enum http_chunked_result byte(struct http_chunked *c, char b)
{
	bool whole = false;

	switch (c->state) {
	case CHUNK_SIZE:
		if (!line_byte(c, b, &whole))
			return HTTP_CHUNKED_BAD;
		return whole ? size_line(c) : HTTP_CHUNKED_MORE;
	case CHUNK_DATA_CR:
		c->state = CHUNK_DATA_LF;
		return b == '\r' ? HTTP_CHUNKED_MORE : HTTP_CHUNKED_BAD;
	case CHUNK_DATA_LF:
		c->state = CHUNK_SIZE;
		return b == '\n' ? HTTP_CHUNKED_MORE : HTTP_CHUNKED_BAD;
	case CHUNK_TRAILER:
		if (!line_byte(c, b, &whole))
			return HTTP_CHUNKED_BAD;
		return whole ? trailer_line(c) : HTTP_CHUNKED_MORE;
	case CHUNK_DATA: break; /* taken in runs by the caller */
	}
	BROKEN("a chunk's data is no framing");
}

enum http_chunked_result http_chunked_feed(struct http_chunked *c, struct str bytes,
					   struct buf *body, size_t *ret_used)
{
	enum http_chunked_result r = HTTP_CHUNKED_MORE;
	size_t i = 0;

	while (i < bytes.len && r == HTTP_CHUNKED_MORE) {
		if (c->state == CHUNK_DATA) {
			size_t n = bytes.len - i;

			if (n > c->left)
				n = (size_t)c->left;
			if (c->left > body->max - body->len)
				return HTTP_CHUNKED_TOO_LARGE;
			buf_add(body, str_n(bytes.ptr + i, n));
			c->left -= n;
			i += n;
			if (c->left == 0)
				c->state = CHUNK_DATA_CR;
		} else {
			r = byte(c, bytes.ptr[i++]);
		}
	}
	*ret_used = i;
	return r;
}
