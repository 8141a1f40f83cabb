/* URIs and their escapes: RFC 3986, and the query form of HTML. Pure. */
#ifndef ARK_HTTP_URI_H
#define ARK_HTTP_URI_H

#include "base/buf.h"

/* An absolute http or https URL in its parts, as written (escapes kept). */
struct uri {
	struct str scheme;   /* "http" or "https", any case */
	struct str userinfo; /* what is before '@'; ptr NULL when absent */
	struct str host;     /* without brackets */
	struct str port;     /* digits; empty when absent */
	struct str path;     /* begins with '/' or is empty */
	struct str query;    /* after '?'; ptr NULL when absent */
};

/* False for other schemes, an empty host, a bad port, blanks, control bytes and backslashes. A
 * fragment is dropped. */
bool uri_split(struct str url, struct uri *ret_uri);
/* "scheme://host[:port]": all that may be printed of a URL whose path is a secret (SPEC 2.9).
 * "(invalid URL)" when it is none. */
void uri_add_origin(struct buf *out, struct str url);
/* The same with the path: no user information, no query (SPEC 2.9). */
void uri_add_printable(struct buf *out, struct str url);
/* Same scheme, host (without case) and port (defaults known). */
bool uri_same_origin(struct str a, struct str b);

/* Appends the decoded text. False (out may hold a part of it) for a bad escape, a NUL, or text
 * that is not UTF-8. */
MUST_CHECK bool uri_decode(struct buf *out, struct str s);
/* The same for a query: '+' is a blank. */
MUST_CHECK bool uri_decode_query(struct buf *out, struct str s);
/* Appends s with all but A-Z a-z 0-9 - . _ ~ escaped, upper-case hex. */
void uri_encode(struct buf *out, struct str s);

enum uri_param { URI_PARAM_ABSENT, URI_PARAM_FOUND, URI_PARAM_BAD };
/* The first parameter of that (plain) name in a query, decoded into out. BAD: it does not
 * decode or does not fit. */
enum uri_param uri_query_get(struct str query, struct str name, struct buf *out);

#endif
