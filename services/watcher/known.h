/* What is published, by name: so that what is unchanged says nothing, and what is gone is seen. */
#ifndef ARK_WATCHER_KNOWN_H
#define ARK_WATCHER_KNOWN_H

#include "base/str.h"

enum { KNOWN_SLOTS = 16384, KNOWN_VERSION_DIGITS = 16 };

/* One object. */
struct known {
	struct known *chain;
	unsigned round;				/* that saw it last */
	char version[KNOWN_VERSION_DIGITS + 1]; /* empty: not published */
	void *more; /* what the source keeps of it; freed with it by free() */
	size_t field_len;
	char field[]; /* <kind>/<namespace>/<name> */
};

struct known_table {
	struct known *slots[KNOWN_SLOTS];
	size_t count;
	unsigned round; /* the newest; counted by the source */
};

struct str known_field(const struct known *k);
/* NULL when there is none. */
struct known *known_find(const struct known_table *t, struct str field);
struct known *known_make(struct known_table *t, struct str field);
/* Forgets one; false when it was not there. */
bool known_remove(struct known_table *t, struct str field);
/* Forgets those that `gone` says true of; it is called once for each, and must not
 * touch the table. */
void known_sweep(struct known_table *t, bool (*gone)(void *arg, struct known *k), void *arg);
void known_clear(struct known_table *t);

/* What a version is made of: 16 hex digits of the SHA-256. */
void known_digest(struct str content, char out[KNOWN_VERSION_DIGITS + 1]);

#endif
