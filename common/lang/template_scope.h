/*
 * The variables that a place in a template can see, while it is parsed.
 *
 * Each declaration gets a slot of its own in its frame (the main text, a define or a block), so
 * that running needs no names. A frame sees only its own variables. Looking up and declaring take time by
 * the logarithm of their number, whatever the names are; leaving a scope takes constant time per variable.
 */
#ifndef ARK_LANG_TEMPLATE_SCOPE_H
#define ARK_LANG_TEMPLATE_SCOPE_H

#include "base/arena.h"

/* A trie of hashes, two bits a level. */
struct scope_name {
	struct scope_name *child[4];
	struct str text;
	uint32_t frame, slot; /* of the innermost declaration; frame 0: none */
};

struct scope_undo {
	struct scope_name *name;
	uint32_t frame, slot;
};

struct scope {
	struct arena *arena;
	struct scope_name *names;
	struct scope_undo *undo;
	size_t depth, undo_cap;
	uint32_t frame, frames, slots; /* current one, used so far, slots of the current one */
};

struct scope_frame {
	uint32_t frame, slots;
	size_t depth;
};

void scope_init(struct scope *s, struct arena *a);
/* A new frame with the variable $ in slot 0. Hand the result to scope_leave_frame, which says
 * how many slots the frame needs. */
struct scope_frame scope_enter_frame(struct scope *s);
uint32_t scope_leave_frame(struct scope *s, struct scope_frame outer);

/* Where the visible variables end; scope_leave forgets those declared since. */
size_t scope_mark(const struct scope *s);
void scope_leave(struct scope *s, size_t mark);
/* The same for an "else": the names stay known. Those that nothing outside declared get
 * SLOT_UNDEFINED. */
void scope_hide(struct scope *s, size_t mark);

/* name with its '$'; borrowed. Returns the slot. */
uint32_t scope_declare(struct scope *s, struct str name);
/* Makes the name known, with SLOT_UNDEFINED. */
void scope_mention(struct scope *s, struct str name);
bool scope_find(const struct scope *s, struct str name, uint32_t *ret_slot);

#endif
