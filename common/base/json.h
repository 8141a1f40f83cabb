/*
 * JSON (RFC 8259) to values and back. The only way in from JSON that others wrote.
 *
 * Reading takes the whole text and refuses, with line and column: trailing bytes, bad UTF-8, a
 * key twice, nesting over max_depth, control characters in strings, numbers that RFC 8259 does
 * not know. A lone surrogate is refused or becomes U+FFFD, as the caller says (INTERFACES 1.2,
 * SPEC 4.9). No recursion.
 *
 * Writing gives compact UTF-8 JSON that escapes `"`, `\` and U+0000-001F only (INTERFACES 1.1).
 */
#ifndef ARK_BASE_JSON_H
#define ARK_BASE_JSON_H

#include "base/buf.h"
#include "base/value.h"

enum { JSON_MAX_DEPTH = 64 };

enum json_flags {
	JSON_STRICT = 0,
	JSON_LENIENT = 1,  /* bad UTF-8 and lone surrogates become U+FFFD, as in Go */
	JSON_LAST_KEY = 2, /* of a key given twice the last one counts, as in Go */
};

/* Values and texts live in the arena; texts without escapes are borrowed from `text`, which
 * must live as long. *ret_value is written on success only. */
enum fail json_parse(struct arena *a, struct str text, unsigned flags, unsigned max_depth,
		     struct value *ret_value, struct why *why) MUST_CHECK;
/* The same for a prefix: parses one value at the start of text (after blanks) and says how many
 * bytes it took. */
enum fail json_parse_prefix(struct arena *a, struct str text, unsigned flags,
			    unsigned max_depth, struct value *ret_value, size_t *ret_used,
			    struct why *why) MUST_CHECK;

/* Appends the value; maps in the order of their entries. Depth is bounded by that of the value.
 */
void json_add(struct buf *b, const struct value *v);
/* The same with the keys of maps in byte order: equal values give equal texts. */
void json_add_sorted(struct buf *b, const struct value *v);
/* Appends a text as JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD. */
void json_add_str(struct buf *b, struct str s);
/* Compact JSON of a value, in the arena. */
struct str json_text(struct arena *a, const struct value *v);

/* --- writing an object by hand ---------------------------------------------------------- */

/* json_open(b, '{'); json_key(b, "x"); json_add_str(b, ...); json_close(b, '}');
 * A separator is put where one is needed, by looking at the last byte. */
void json_open(struct buf *b, char bracket);
void json_close(struct buf *b, char bracket);
void json_key(struct buf *b, const char *key);
/* A comma unless the list or object was just opened. json_key does it by itself. */
void json_next(struct buf *b);
void json_member_str(struct buf *b, const char *key, struct str s);
void json_member_int(struct buf *b, const char *key, int64_t i);
void json_member_bool(struct buf *b, const char *key, bool v);
void json_member(struct buf *b, const char *key, const struct value *v);
/* Left out when the text is empty. */
void json_member_str_if(struct buf *b, const char *key, struct str s);

/* --- typed getters ---------------------------------------------------------------------- */

/* `need` fails when the member is absent or null, `opt` then leaves *ret as it is. Both fail with
 * FAIL_INPUT on another type or outside the range, and name the member. Texts are borrowed. */
enum fail json_need_str(const struct value *object, const char *key, struct str *ret,
			struct why *why) MUST_CHECK;
enum fail json_opt_str(const struct value *object, const char *key, struct str *ret,
		       struct why *why) MUST_CHECK;
enum fail json_need_int(const struct value *object, const char *key, int64_t min, int64_t max,
			int64_t *ret, struct why *why) MUST_CHECK;
enum fail json_opt_int(const struct value *object, const char *key, int64_t min, int64_t max,
		       int64_t *ret, struct why *why) MUST_CHECK;
enum fail json_opt_bool(const struct value *object, const char *key, bool *ret,
			struct why *why) MUST_CHECK;
/* The member as list or map; *ret is a pointer into object, NULL when it is absent (opt only).
 */
enum fail json_need_list(const struct value *object, const char *key, const struct value **ret,
			 struct why *why) MUST_CHECK;
enum fail json_opt_list(const struct value *object, const char *key, const struct value **ret,
			struct why *why) MUST_CHECK;
enum fail json_need_map(const struct value *object, const char *key, const struct value **ret,
			struct why *why) MUST_CHECK;
enum fail json_opt_map(const struct value *object, const char *key, const struct value **ret,
		       struct why *why) MUST_CHECK;

/* --- numbers ---------------------------------------------------------------------------- */

enum { DOUBLE_DIGITS_MAX = 17 };
/* The fewest decimal digits that read back as d (finite, not 0): digits without trailing zeros,
 * value 0.DIGITS * 10^exponent. Returns the number of digits. The sign is ignored. */
size_t double_digits(double d, char digits[DOUBLE_DIGITS_MAX + 1], int *ret_exponent);
/* Shortest form as Go's encoding/json writes it: 3 for 3.0, 1e+21, 1e-7. d is finite. */
void json_add_double(struct buf *b, double d);

#endif
