/* Media types and comma lists of header values: INTERFACES 1.3, RFC 9110 5.6 and 8.3. Pure. */
#ifndef ARK_HTTP_MEDIA_H
#define ARK_HTTP_MEDIA_H

#include "base/buf.h"

struct media {
	struct str type;    /* "application" */
	struct str subtype; /* "cloudevents+json" */
	struct str params;  /* what follows the first ';', as written */
};

/* Content-Type in its parts. False when it is no media type. */
bool media_parse(struct str value, struct media *ret_media);
/* Whether a Content-Type is this "type/subtype", without case, whatever its parameters. */
bool media_is(struct str value, struct str type);
/* application/json or anything with the suffix +json (SPEC 13.6). */
bool media_is_json(struct str value);
/* The value of a parameter, quotes undone, appended to out. False when absent or malformed. */
bool media_param(struct str params, struct str name, struct buf *out);

/* Takes the next member off a comma list: trimmed, empty members skipped, commas inside quotes
 * kept. False at the end. */
bool media_list_next(struct str *rest, struct str *ret_item);
/* Whether a member, without its parameters, equals the token (without case). */
bool media_list_has(struct str list, struct str token);

#endif
