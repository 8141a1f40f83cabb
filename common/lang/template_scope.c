#include "lang/template_scope.h"

#include "base/hash.h"
#include "lang/template_ast.h"

void scope_init(struct scope *s, struct arena *a)
{
	*s = (struct scope){.arena = a};
}

/* The place of the name in the trie: where it is, or NULL where it would go. */
static struct scope_name **place(struct scope_name **at, struct str name)
{
	uint64_t hash = hash_fast(name, 0);

	for (; *at && !str_eq((*at)->text, name); hash <<= 2)
		at = &(*at)->child[hash >> 62];
	return at;
}

static void bind(struct scope *s, struct str name, uint32_t slot)
{
	struct scope_name **at = place(&s->names, name), *n = *at;

	if (!n) {
		n = *at = ARENA_NEW(s->arena, struct scope_name);
		n->text = name;
	}
	s->undo = arena_grow(s->arena, s->undo, s->depth, &s->undo_cap, sizeof(*s->undo));
	s->undo[s->depth++] = (struct scope_undo){n, n->frame, n->slot};
	n->frame = s->frame;
	n->slot = slot;
}

uint32_t scope_declare(struct scope *s, struct str name)
{
	bind(s, name, s->slots);
	return s->slots++;
}

void scope_mention(struct scope *s, struct str name)
{
	bind(s, name, SLOT_UNDEFINED);
}

bool scope_find(const struct scope *s, struct str name, uint32_t *ret_slot)
{
	struct scope_name *names = s->names;
	const struct scope_name *n = *place(&names, name);

	if (!n || n->frame != s->frame)
		return false;
	*ret_slot = n->slot;
	return true;
}

size_t scope_mark(const struct scope *s)
{
	return s->depth;
}

void scope_leave(struct scope *s, size_t mark)
{
	while (s->depth > mark) {
		const struct scope_undo *u = &s->undo[--s->depth];

		u->name->frame = u->frame;
		u->name->slot = u->slot;
	}
}

void scope_hide(struct scope *s, size_t mark)
{
	/* From the newest on: the oldest one says what was there before them all. */
	for (size_t i = s->depth; i > mark; i--) {
		const struct scope_undo *u = &s->undo[i - 1];

		u->name->slot = u->frame == s->frame ? u->slot : SLOT_UNDEFINED;
	}
}

struct scope_frame scope_enter_frame(struct scope *s)
{
	struct scope_frame outer = {s->frame, s->slots, s->depth};

	s->frame = ++s->frames;
	s->slots = 0;
	scope_declare(s, STR("$"));
	return outer;
}

uint32_t scope_leave_frame(struct scope *s, struct scope_frame outer)
{
	uint32_t slots = s->slots;

	scope_leave(s, outer.depth);
	s->frame = outer.frame;
	s->slots = outer.slots;
	return slots;
}
