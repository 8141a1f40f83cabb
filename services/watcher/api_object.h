/*
 * An object of the API server as the suite tells of it: without what only the server cares about,
 * and with a version that tells whether anything changed that matters. Pure.
 *
 * Of an ark object, what ark-reconciler wrote into its status is no change: else each status
 * written would come back to everybody. What somebody else wrote there is one, so that it is put
 * right (DESIGN 5).
 */
#ifndef ARK_WATCHER_API_OBJECT_H
#define ARK_WATCHER_API_OBJECT_H

#include "base/fail.h"
#include "base/seal.h"
#include "kinds/object.h"

#define STATUS_MANAGER "ark-reconciler-status" /* INTERFACES 21.3 */

struct api_object {
	struct object object; /* cleaned */
	struct str content;   /* equal content, equal version */
	struct str json;      /* as it is published; Secrets are sealed */
};

/* v may lack apiVersion and kind, as items of lists do: they are those of `kind`. keys: for
 * Secrets. FAIL_INPUT when it is no object. */
enum fail api_object_load(struct arena *a, enum kind kind, const struct seal_keys *keys,
			  const struct value *v, struct api_object *ret,
			  struct why *why) MUST_CHECK;

#endif
