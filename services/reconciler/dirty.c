#include "reconciler/dirty.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

struct dirty_item {
	struct dirty_item *chain, *next;
	enum kind kind;
	struct str namespace, name; /* in the block */
	char block[];
};

static struct dirty_item **slot_of(struct dirty *d, enum kind kind, struct str namespace,
				   struct str name)
{
	size_t at =
		(size_t)(hash_fast(name, hash_fast(namespace, (uint64_t)kind)) % DIRTY_SLOTS);
	struct dirty_item **i = &d->slots[at];

	while (*i && !((*i)->kind == kind && str_eq((*i)->name, name) &&
		       str_eq((*i)->namespace, namespace)))
		i = &(*i)->chain;
	return i;
}

void dirty_mark(struct dirty *d, enum kind kind, struct str namespace, struct str name)
{
	struct dirty_item **slot = slot_of(d, kind, namespace, name), *i = *slot;

	if (i)
		return;
	i = xmalloc(sizeof(*i) + namespace.len + name.len);
	memcpy(i->block, namespace.ptr, namespace.len);
	memcpy(i->block + namespace.len, name.ptr, name.len);
	i->kind = kind;
	i->namespace = str_n(i->block, namespace.len);
	i->name = str_n(i->block + namespace.len, name.len);
	*slot = i;
	if (d->last)
		d->last->next = i;
	else
		d->first = i;
	d->last = i;
	d->count++;
}

bool dirty_take(struct dirty *d, struct arena *a, struct dirty_name *ret)
{
	struct dirty_item *i = d->first;

	if (!i)
		return false;
	*slot_of(d, i->kind, i->namespace, i->name) = i->chain;
	d->first = i->next;
	if (!d->first)
		d->last = NULL;
	d->count--;
	*ret = (struct dirty_name){i->kind, arena_str(a, i->namespace), arena_str(a, i->name)};
	free(i);
	return true;
}

void dirty_release(struct dirty *d)
{
	for (struct dirty_item *i = d->first, *next; i; i = next) {
		next = i->next;
		free(i);
	}
	*d = (struct dirty){.count = 0};
}
