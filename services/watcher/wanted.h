/*
 * Which Secrets and ConfigMaps are named by some object, as objects come, change and go.
 */
#ifndef ARK_WATCHER_WANTED_H
#define ARK_WATCHER_WANTED_H

#include "watcher/references.h"

struct wanted;

struct wanted *wanted_new(void);
/* NULL is fine. */
void wanted_free(struct wanted *w);

struct wanted_news {
	void (*wanted)(void *arg, struct str name);   /* named now, and was not */
	void (*unwanted)(void *arg, struct str name); /* not named any more */
	void *arg;
};
/* The object (any text that tells it from others) names these now, NULL: it is gone. */
void wanted_set(struct wanted *w, struct str object, const struct names *names,
		const struct wanted_news *news);
bool wanted_has(const struct wanted *w, struct str name);

#endif
