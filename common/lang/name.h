/* Names of Kubernetes objects: checking them, and making long ones short (SPEC 1.8). */
#ifndef ARK_LANG_NAME_H
#define ARK_LANG_NAME_H

#include "base/arena.h"
#include "base/str.h"

enum {
	NAME_MAX_BYTES = 63,  /* of a label, and of a generated name */
	NAME_KEPT_BYTES = 54, /* of a full name that is too long */
	NAME_HASH_DIGITS = 8,
	NAME_SUBDOMAIN_MAX_BYTES = 253,
};

/* The name itself up to NAME_MAX_BYTES; of a longer one the first NAME_KEPT_BYTES without
 * trailing '-' and '.', a '-', and the first NAME_HASH_DIGITS hex digits of the SHA-256 of the
 * full name. In the arena, or borrowed when nothing had to change. Pure: the same name gives the
 * same answer for ever. */
struct str name_shorten(struct arena *a, struct str full);

/* A DNS label (RFC 1123): 1 to 63 of a-z 0-9 '-', a letter or digit at both ends. */
bool name_is_label(struct str s);
/* Labels joined by '.', of any length each, at most 253 bytes in all: the name of most
 * objects. */
bool name_is_subdomain(struct str s);

#endif
