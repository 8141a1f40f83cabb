/* Which Secrets and ConfigMaps an object names: only those may travel (DESIGN 5). Pure. */
#ifndef ARK_WATCHER_REFERENCES_H
#define ARK_WATCHER_REFERENCES_H

#include "kinds/object.h"

struct names {
	struct str *items; /* <kind>/<namespace>/<name>, in no order, some of them twice */
	size_t count, cap;
};

/* Adds what the object names, and what goes with it unnamed (ark-api-keys, ark-mcp-token, the token
 * of a webhook event). Nothing for objects that are not ark's. */
void references_add(struct arena *a, const struct object *o, struct names *ret);

#endif
