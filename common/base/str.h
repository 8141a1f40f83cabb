/*
 * Text that somebody else owns: a pointer and a length.
 *
 * Invariants: len bytes are readable at ptr; ptr may be NULL only when len is 0. The bytes may
 * hold NULs and are not ended by one. A struct str never owns what it points to: it lives as
 * long as the arena, buffer or literal that it was cut from.
 *
 * Functions that parse take the whole text or fail; nothing here allocates.
 */
#ifndef ARK_BASE_STR_H
#define ARK_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
	const char *ptr;
	size_t len;
};

/* Several texts; items are borrowed like the texts themselves. */
struct str_list {
	const struct str *items;
	size_t count;
};

/* A literal as struct str; STR_INIT is the form for static initialisers. */
#define STR(lit) ((struct str){"" lit, sizeof(lit) - 1})
#define STR_INIT(lit)                                                                          \
	{                                                                                      \
		"" lit, sizeof(lit) - 1                                                        \
	}
/* For printf's "%.*s". Texts longer than INT_MAX do not pass any of our limits. */
#define STR_ARG(s) (int)(s).len, (s).len ? (s).ptr : ""

/* The text of a C string; NULL gives the empty text. */
struct str str_of(const char *c);
/* The text [ptr, ptr + len). */
struct str str_n(const char *ptr, size_t len);

/* --- comparing ------------------------------------------------------------------------------
 */

bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *c);
/* ASCII letters compare without case; other bytes as they are. */
bool str_eq_nocase(struct str a, struct str b);
/* Byte order, shorter first when one is a prefix of the other: <0, 0, >0. */
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_starts_nocase(struct str s, struct str prefix);

/* --- finding and cutting --------------------------------------------------------------------
 */

/* Offset of the first occurrence at or after from, or STR_NONE. An empty needle is found at
 * from. */
#define STR_NONE ((size_t)-1)
size_t str_find(struct str s, struct str needle, size_t from);
size_t str_find_nocase(struct str s, struct str needle, size_t from);
size_t str_chr(struct str s, char c, size_t from);
size_t str_rchr(struct str s, char c);

/* The bytes [from, to) of s; both are clamped to its length. */
struct str str_sub(struct str s, size_t from, size_t to);
struct str str_from(struct str s, size_t from);
/* Without blanks, tabs, CR and LF at both ends. */
struct str str_trim(struct str s);
/* Cuts s at the first sep: head gets what is before it, tail what is after. Without a sep head
 * is s, tail is empty, and the answer is false. head or tail may be NULL or alias s. */
bool str_cut(struct str s, char sep, struct str *head, struct str *tail);
/* Takes the next field up to sep off *rest; false when *rest was already used up (its ptr is
 * NULL). */
bool str_next(struct str *rest, char sep, struct str *field);

/* --- numbers: the whole text, decimal, no blanks, no '+' -------------------------------------
 */

bool str_to_i64(struct str s, int64_t *ret_value);
bool str_to_u64(struct str s, uint64_t *ret_value);
/* The other way: the number's text, written into room. */
enum { I64_TEXT_BYTES = 20 };
struct str i64_text(int64_t v, char room[I64_TEXT_BYTES]);
/* A size: plain bytes or with a suffix KiB, MiB, GiB (SPEC 23.1). */
bool str_to_bytes(struct str s, uint64_t *ret_bytes);

#endif
