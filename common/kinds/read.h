/*
 * Reading a spec that was checked: with its defaults, and without anything that can fail
 * (inside common/kinds).
 *
 * Every reader takes the view of an object and the name of a field of its table; a name that
 * the table does not have, and a value that the check should have refused, is a broken promise.
 */
#ifndef ARK_KINDS_READ_H
#define ARK_KINDS_READ_H

#include "kinds/fields.h"
#include "kinds/parts.h"

struct view {
	struct arena *arena;
	const struct table *table;
	const struct value *value; /* NULL = absent: only defaults */
};

/* The member, or its default, or NULL. */
const struct value *read_value(const struct view *v, const char *name);
/* It is written, not null, and no empty list. */
bool read_given(const struct view *v, const char *name);

struct str read_text(const struct view *v, const char *name);
int64_t read_int(const struct view *v, const char *name);
double read_number(const struct view *v, const char *name);
bool read_bool(const struct view *v, const char *name);
/* Index in the field's choices: enums of views are in the order of the tables. 0 without value
 * and default. */
unsigned read_choice(const struct view *v, const char *name);
/* A schema as JSON text, from either form; empty = none. */
struct str read_schema(const struct view *v, const char *name);

/* A member that is an object. */
struct view read_object(const struct view *v, const char *name);
/* A list of objects: read_count, then read_item for each. */
size_t read_count(const struct view *v, const char *name);
struct view read_item(const struct view *v, const char *name, size_t index);

/* A ref, or the name itself. */
struct str read_ref(const struct view *v, const char *name);
struct key_ref read_key(const struct view *v, const char *name);
struct str_list read_texts(const struct view *v, const char *name);
/* A map of texts, in byte order of its keys (SPEC 5.6). */
struct pair_list read_pairs(const struct view *v, const char *name);
/* Headers in any of the forms of SPEC 6.3. */
struct header_list read_headers(const struct view *v, const char *name);

#endif
