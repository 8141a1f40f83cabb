/* Objects that wait to be looked at: each once, in the order in which they were marked. */
#ifndef ARK_RECONCILER_DIRTY_H
#define ARK_RECONCILER_DIRTY_H

#include "base/arena.h"
#include "kinds/object.h"

enum { DIRTY_SLOTS = 1024 };

struct dirty_item;
struct dirty {
	struct dirty_item *slots[DIRTY_SLOTS];
	struct dirty_item *first, *last;
	size_t count;
};

struct dirty_name {
	enum kind kind;
	struct str namespace, name;
};

void dirty_mark(struct dirty *d, enum kind kind, struct str namespace, struct str name);
/* Takes the first one off; its texts are copied into the arena. False: there is none. */
bool dirty_take(struct dirty *d, struct arena *a, struct dirty_name *ret);
void dirty_release(struct dirty *d);

#endif
