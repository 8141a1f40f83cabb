/*
 * Header fields, the same for what we send and what we receive.
 *
 * Names compare without case (INTERFACES 1.3). Values of received fields have no blanks at
 * their ends. Everything is borrowed.
 */
#ifndef ARK_HTTP_HTTP_FIELDS_H
#define ARK_HTTP_HTTP_FIELDS_H

#include "base/buf.h"

struct http_field {
	struct str name, value;
};

struct http_fields {
	const struct http_field *items;
	size_t count;
};

/* The value of the first field of that name; ptr is NULL when there is none. */
struct str http_fields_get(struct http_fields fields, struct str name);
/* How many fields have that name. */
size_t http_fields_count(struct http_fields fields, struct str name);
/* Appends all values of that name, joined with ", " (INTERFACES 1.3). */
void http_fields_join(struct http_fields fields, struct str name, struct buf *out);

/* RFC 9110 5.6.2: one or more token bytes. */
bool http_is_token(struct str s);
/* A value that may stand in a field: no control byte but the tab, no blank at either end. */
bool http_is_value(struct str s);

#endif
