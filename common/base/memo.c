#include "base/memo.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/hash.h"

struct item {
	struct item *newer, *older; /* by use */
	struct item *chain;
	struct str key;
	void *value;
	char block[];
};

struct memo {
	size_t count, max, slot_count;
	void (*free_value)(void *value);
	struct item *newest, *oldest;
	struct item *slots[];
};

struct memo *memo_new(size_t max, void (*free_value)(void *value))
{
	struct memo *m = xmalloc(sizeof(*m) + max * sizeof(m->slots[0]));

	m->max = m->slot_count = max;
	m->free_value = free_value;
	return m;
}

static struct item **find(struct memo *m, struct str key)
{
	struct item **i = &m->slots[hash_fast(key, 0) % m->slot_count];

	while (*i && !str_eq((*i)->key, key))
		i = &(*i)->chain;
	return i;
}

static void unlink_item(struct memo *m, struct item *i)
{
	*(i->newer ? &i->newer->older : &m->newest) = i->older;
	*(i->older ? &i->older->newer : &m->oldest) = i->newer;
}

static void make_newest(struct memo *m, struct item *i)
{
	i->newer = NULL;
	i->older = m->newest;
	*(m->newest ? &m->newest->newer : &m->oldest) = i;
	m->newest = i;
}

static void drop(struct memo *m, struct item **slot)
{
	struct item *i = *slot;

	*slot = i->chain;
	unlink_item(m, i);
	m->free_value(i->value);
	free(i);
	m->count--;
}

void *memo_get(struct memo *m, struct str key)
{
	struct item *i = *find(m, key);

	if (!i)
		return NULL;
	unlink_item(m, i);
	make_newest(m, i);
	return i->value;
}

void memo_put(struct memo *m, struct str key, void *value)
{
	struct item **slot = find(m, key), *i;

	if (*slot)
		drop(m, slot);
	if (m->count == m->max)
		drop(m, find(m, m->oldest->key));
	i = xmalloc(sizeof(*i) + key.len);
	memcpy(i->block, key.ptr, key.len);
	i->key = str_n(i->block, key.len);
	i->value = value;
	slot = &m->slots[hash_fast(key, 0) % m->slot_count];
	i->chain = *slot;
	*slot = i;
	make_newest(m, i);
	m->count++;
}

void memo_clear(struct memo *m)
{
	while (m->count)
		drop(m, find(m, m->oldest->key));
}

void memo_free(struct memo *m)
{
	if (!m)
		return;
	memo_clear(m);
	free(m);
}
