/* What a resource may say that only a cluster can make true (SPEC 2.12). */
#ifndef ARK_RECONCILER_LOCAL_H
#define ARK_RECONCILER_LOCAL_H

#include "kinds/object.h"

enum { LOCAL_FIELDS_MAX = 8 };

/* The fields of the object that have no effect on one machine, as paths ("spec.replicas").
 * Returns how many; the texts are constants. */
size_t local_without_effect(const struct object *o, const char *ret_fields[LOCAL_FIELDS_MAX]);

#endif
