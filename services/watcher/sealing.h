/*
 * What of the Secrets may travel (DESIGN 5): only those that a resource names, with every value
 * sealed for its own place. Webhook tokens travel as a code that they can be checked against.
 */
#ifndef ARK_WATCHER_SEALING_H
#define ARK_WATCHER_SEALING_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/seal.h"
#include "kinds/manifest.h"
#include "watcher/references.h"

/* Names that resources refer to, sorted. */
void secret_names_of(struct arena *a, const struct manifest *m, struct names *ret);
bool secret_is_named(const struct names *names, const struct object *secret);

/* The Secret as it may travel, and what its version is made of (which gives nothing away). */
void secret_seal(struct arena *a, const struct seal_keys *keys, const struct object *secret,
		 struct value *ret_object, struct str *ret_content);

#endif
