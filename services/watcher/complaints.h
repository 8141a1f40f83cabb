/*
 * What is wrong with the files, told once: everything is read again whenever anything changes, and
 * a complaint about a file that is still the same was heard before.
 */
#ifndef ARK_WATCHER_COMPLAINTS_H
#define ARK_WATCHER_COMPLAINTS_H

#include "base/arena.h"

/* Zeroed, nothing was told. */
struct complaints {
	struct arena arena;	       /* of the reading at hand */
	struct file_content *contents; /* in the arena, in the order read */
	size_t content_count, content_cap;
	uint64_t *told, *before; /* codes of complaints; before: of the last reading, sorted */
	size_t told_count, told_cap, before_count;
};

void complaints_release(struct complaints *c);
/* What is said of the file from here on is about this content. */
void complaints_content(struct complaints *c, struct str file, struct str content);
/* Whether it is to be told: not when it was, in this reading or the last, of the same content. */
bool complaint_is_new(struct complaints *c, struct str file, uint32_t line, struct str words);
/* The reading is over. */
void complaints_done(struct complaints *c);

#endif
