/*
 * A value: what JSON, YAML, templates and schemas all talk about (SPEC 4.3, 4.4).
 *
 * Values are plain data in an arena: made once, then read only. A text, list or map points into
 * the same arena (or to memory that lives longer). The zero value is nil.
 *
 * Numbers. An integer literal that fits 64 bits is VALUE_INT. Any other number is VALUE_FLOAT
 * and keeps the literal it was read from, so that nothing is lost when it is compared by its
 * digits or written again.
 *
 * Maps keep their entries in the order of the source; keys are unique. Looking up a key takes
 * O(log n).
 */
#ifndef ARK_BASE_VALUE_H
#define ARK_BASE_VALUE_H

#include "base/arena.h"
#include "base/str.h"

enum value_kind {
	VALUE_NIL = 0,
	VALUE_BOOL,
	VALUE_INT,
	VALUE_FLOAT,
	VALUE_STR,
	VALUE_TIME, /* made by templates only */
	VALUE_LIST,
	VALUE_MAP,
};

struct value;

struct value_list {
	const struct value *items;
	size_t count;
};

struct value_entry;

struct value_map {
	const struct value_entry *entries; /* in the order of the source */
	const uint32_t *sorted;		   /* indexes of entries by the bytes of their keys */
	size_t count;
	const struct str *origin; /* a key was made of the output of this step; NULL = none */
};

struct value {
	enum value_kind kind;
	uint32_t line, column; /* where it stood in its source, from 1; 0 = made by us */
	union {
		bool boolean;
		int64_t integer;
		struct {
			double number;
			struct str
				literal; /* the digits as they were read; empty when computed */
		} real;
		struct {
			struct str text;
			struct str origin; /* step whose output this is (SPEC 5.1); empty = not
					      marked */
		} string;
		struct {
			int64_t seconds; /* since 1970-01-01T00:00:00Z */
			int32_t nanos;
		} time;
		struct value_list list;
		struct value_map map;
	};
};

struct value_entry {
	struct str key;
	uint32_t line, column; /* of the key */
	struct value value;
};

extern const struct value value_nil;

/* --- making ----------------------------------------------------------------------------------
 */

struct value value_bool(bool b);
struct value value_int(int64_t i);
struct value value_float(double d);
/* Borrows the text. */
struct value value_str(struct str s);
struct value value_time(int64_t seconds, int32_t nanos);
/* Borrows the items. */
struct value value_list(const struct value *items, size_t count);

/* A map under construction. entries and room belong to the arena. */
struct value_builder {
	struct arena *arena;
	struct value_entry *entries;
	size_t count, cap;
};
void value_map_begin(struct value_builder *b, struct arena *a);
/* Adds an entry; key and value are borrowed. */
void value_map_add(struct value_builder *b, struct str key, struct value v);
/* The entry just added, to note its position. */
struct value_entry *value_map_last(struct value_builder *b);
/* Sorts the keys and makes the map. With a key twice it fails: false, *ret_duplicate is the
 * index of the later of two equal entries (ret_duplicate may be NULL). */
bool value_map_end(struct value_builder *b, struct value *ret_map, size_t *ret_duplicate);
/* For keys that are known to be unique. */
struct value value_map_done(struct value_builder *b);
/* Of entries with equal keys only the last one counts. */
struct value value_map_last_wins(struct value_builder *b);
/* Or only the first one. */
struct value value_map_first_wins(struct value_builder *b);

/* A copy with everything in it, in the arena. */
struct value value_copy(struct arena *a, const struct value *v);
/* The map base with the entries of over laid on top, key by key, one level deep. Both may be
 * nil. */
struct value value_merge(struct arena *a, const struct value *base, const struct value *over);

/* --- reading ---------------------------------------------------------------------------------
 */

/* The member of a map, or NULL: also when v is NULL or no map. */
const struct value *value_get(const struct value *v, struct str key);
/* The same along a dotted path of plain keys: "spec.limits.maxRetries". */
const struct value *value_path(const struct value *v, const char *path);
/* Item of a list, or NULL. */
const struct value *value_at(const struct value *v, size_t index);
/* Number of items or entries; 0 for what is neither list nor map. */
size_t value_count(const struct value *v);
/* NULL or nil: JSON null equals absent (INTERFACES 1.2). */
bool value_is_nil(const struct value *v);
bool value_is(const struct value *v, enum value_kind kind);
/* The text of a VALUE_STR, else the empty text. */
struct str value_text(const struct value *v);
/* "null", "boolean", "integer", "number", "string", "time", "array", "object": the names that
 * people know from JSON. */
const char *value_kind_name(enum value_kind kind);
/* Same kind and same content; numbers by value, maps whatever their order. Depth is bounded by
 * the parser's. */
bool value_eq(const struct value *a, const struct value *b);

#endif
