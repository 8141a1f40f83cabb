#include "lang/template_scope.h"

#include "base/hash.h"
#include "lang/template_ast.h"

enum { FIRST_NAMES = 16 };

void scope_init(struct scope *s, struct arena *a)
{
	*s = (struct scope){.arena = a, .name_cap = FIRST_NAMES};
	s->names = ARENA_ARRAY(a, s->name_cap, struct scope_name);
}

/* The place of the name in the table: where it is, or where it would go. */
static struct scope_name *place(const struct scope *s, struct str name)
{
	size_t i = (size_t)hash_fast(name, 0);

	for (;; i++) {
		struct scope_name *n = &s->names[i & (s->name_cap - 1)];

		if (!n->text.ptr || str_eq(n->text, name))
			return n;
	}
}

static void grow(struct scope *s)
{
	struct scope old = *s;

	s->name_cap *= 2;
	s->names = ARENA_ARRAY(s->arena, s->name_cap, struct scope_name);
	for (size_t i = 0; i < old.name_cap; i++)
		if (old.names[i].text.ptr)
			*place(s, old.names[i].text) = old.names[i];
	for (size_t i = 0; i < s->depth; i++)
		s->undo[i].name =
			(size_t)(place(s, old.names[s->undo[i].name].text) - s->names);
}

static void bind(struct scope *s, struct str name, uint32_t slot)
{
	struct scope_name *n;

	if (s->name_count * 2 >= s->name_cap)
		grow(s);
	n = place(s, name);
	if (!n->text.ptr) {
		n->text = name;
		s->name_count++;
	}
	s->undo = arena_grow(s->arena, s->undo, s->depth, &s->undo_cap, sizeof(*s->undo));
	s->undo[s->depth++] = (struct scope_undo){(size_t)(n - s->names), n->frame, n->slot};
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
	const struct scope_name *n = place(s, name);

	if (!n->text.ptr || n->frame != s->frame)
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

		s->names[u->name].frame = u->frame;
		s->names[u->name].slot = u->slot;
	}
}

void scope_hide(struct scope *s, size_t mark)
{
	/* From the newest on: the oldest one says what was there before them all. */
	for (size_t i = s->depth; i > mark; i--) {
		const struct scope_undo *u = &s->undo[i - 1];

		s->names[u->name].slot = u->frame == s->frame ? u->slot : SLOT_UNDEFINED;
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
