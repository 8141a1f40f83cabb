/*
 * A growing text with a named maximum.
 *
 * Invariants: len <= max; ptr is NULL or holds len bytes and a NUL after them. What does not
 * fit is dropped whole and `full` is set, and stays set: so a writer appends a lot without
 * checking, and checks once at the end.
 */
#ifndef ARK_BASE_BUF_H
#define ARK_BASE_BUF_H

#include <stdarg.h>

#include "base/fail.h"
#include "base/str.h"

struct buf {
	char *ptr;
	size_t len, cap;
	size_t max; /* bytes; set by BUF() and never changed */
	bool full;  /* something did not fit */
};

#define BUF(max_bytes) ((struct buf){.max = (max_bytes)})
/* A buffer that releases itself when its scope ends: AUTO_BUF text = BUF(LIMIT); */
#define AUTO_BUF __attribute__((cleanup(buf_release))) struct buf

/* Frees the memory; the buffer is empty and usable again. Fine on a zeroed or released buffer.
 */
void buf_release(struct buf *b);
/* Empties the buffer and keeps its memory. */
void buf_clear(struct buf *b);
/* What is in it. Valid until the next append, clear or release. */
struct str buf_str(const struct buf *b);
/* The same as a C string, never NULL. */
const char *buf_cstr(const struct buf *b);
/* Gives the text away: the caller frees it with free(). The buffer is empty afterwards. */
char *buf_detach(struct buf *b);

void buf_add(struct buf *b, struct str s);
void buf_adds(struct buf *b, const char *c);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vaddf(struct buf *b, const char *fmt, va_list args) PRINTF_LIKE(2, 0);
void buf_addi(struct buf *b, int64_t v);
/* The last `digits` (at most 16) hexadecimal digits of v. */
void buf_addx(struct buf *b, uint64_t v, unsigned digits, bool upper);
/* Room for n bytes to write directly, then buf_added. NULL (and full) when they do not fit. */
char *buf_room(struct buf *b, size_t n);
void buf_added(struct buf *b, size_t n);
/* Drops the first n bytes. */
void buf_drop(struct buf *b, size_t n);
/* Cuts the text to at most n bytes. */
void buf_cut(struct buf *b, size_t n);

#endif
