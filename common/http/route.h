/* Path patterns with {name} segments. Pure. */
#ifndef ARK_HTTP_ROUTE_H
#define ARK_HTTP_ROUTE_H

#include "base/arena.h"
#include "http/http_fields.h"

enum { ROUTE_MAX_PARAMS = 8 };

enum route_match {
	ROUTE_OTHER, /* the path is not of this pattern */
	ROUTE_FITS,
	ROUTE_BAD, /* a segment does not decode */
};

/* "/runs/{namespace}/{name}" against a raw path. Segments are decoded one by one, so an escaped
 * slash stays inside its segment; {name} takes one segment that is not empty. Values live in
 * the arena; params has ROUTE_MAX_PARAMS places. */
enum route_match route_match(struct arena *a, struct str pattern, struct str path,
			     struct http_field *params, size_t *ret_count);
/* Whether a list such as "GET POST" has the method; GET stands for HEAD too. */
bool route_method(struct str methods, struct str method);

#endif
