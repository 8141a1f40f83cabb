#include "stream/bag.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "stream/keys.h"

enum { SLOTS = 4096 }; /* chains of the table; grows with nothing, the cache is bounded */

struct kept {
	struct kept *chain;
	struct kept *newer, *older; /* by use */
	struct kept *wanted;	    /* next in the list of what to load */
	size_t bytes;
	uint64_t version;
	bool is_state, is_loading, is_absent;
	struct str key, data, mark; /* one block, behind this struct */
	char block[];
};

struct bag {
	struct redis *commands;
	struct kept *slots[SLOTS];
	struct kept *newest, *oldest;
	struct kept *wanted; /* asked for in vain */
	size_t bytes, max_bytes;
	/* The load under way. */
	size_t due;
	enum fail failed;
	struct why why;
	void (*fn)(void *arg, enum fail f, const struct why *why);
	void *arg;
};

struct bag *bag_new(struct redis *commands, size_t max_bytes)
{
	struct bag *b = xmalloc(sizeof(*b));

	b->commands = commands;
	b->max_bytes = max_bytes;
	return b;
}

static struct kept **slot_of(struct bag *b, struct str key)
{
	struct kept **k = &b->slots[hash_fast(key, 0) % SLOTS];

	while (*k && !str_eq((*k)->key, key))
		k = &(*k)->chain;
	return k;
}

static void unlink_use(struct bag *b, struct kept *k)
{
	*(k->newer ? &k->newer->older : &b->newest) = k->older;
	*(k->older ? &k->older->newer : &b->oldest) = k->newer;
	k->newer = k->older = NULL;
}

static void link_newest(struct bag *b, struct kept *k)
{
	k->older = b->newest;
	*(b->newest ? &b->newest->newer : &b->oldest) = k;
	b->newest = k;
}

static void drop(struct bag *b, struct kept **slot)
{
	struct kept *k = *slot;

	*slot = k->chain;
	unlink_use(b, k);
	b->bytes -= k->bytes;
	free(k);
}

void bag_trim(struct bag *b)
{
	while (b->bytes > b->max_bytes && b->oldest) {
		struct kept **slot = slot_of(b, b->oldest->key);

		drop(b, slot);
	}
}

/* Puts a value under a key, in place of what was there. */
static struct kept *keep(struct bag *b, struct str key, struct str data, struct str mark)
{
	struct kept **slot = slot_of(b, key), *k;
	size_t bytes = sizeof(*k) + key.len + data.len + mark.len;

	k = xmalloc(bytes);
	memcpy(k->block, key.ptr, key.len);
	if (data.len)
		memcpy(k->block + key.len, data.ptr, data.len);
	if (mark.len)
		memcpy(k->block + key.len + data.len, mark.ptr, mark.len);
	k->key = str_n(k->block, key.len);
	k->data = str_n(k->block + key.len, data.len);
	k->mark = str_n(k->block + key.len + data.len, mark.len);
	k->bytes = bytes;
	if (*slot)
		drop(b, slot);
	slot = &b->slots[hash_fast(key, 0) % SLOTS];
	k->chain = *slot;
	*slot = k;
	link_newest(b, k);
	b->bytes += bytes;
	return k;
}

void bag_free(struct bag *b)
{
	if (!b)
		return;
	bag_forget_all(b);
	for (struct kept *k = b->wanted, *next; k; k = next) {
		next = k->wanted;
		free(k);
	}
	free(b);
}

static struct kept *find(struct bag *b, struct str key)
{
	struct kept *k = *slot_of(b, key);

	if (!k)
		return NULL;
	unlink_use(b, k);
	link_newest(b, k);
	return k;
}

static void want(struct bag *b, struct str key, bool is_state)
{
	struct kept *k;

	for (k = b->wanted; k; k = k->wanted)
		if (str_eq(k->key, key))
			return;
	k = xmalloc(sizeof(*k) + key.len);
	memcpy(k->block, key.ptr, key.len);
	k->key = str_n(k->block, key.len);
	k->is_state = is_state;
	k->wanted = b->wanted;
	b->wanted = k;
}

const struct bag_state *bag_state(struct bag *b, struct arena *a, struct str key)
{
	struct kept *k = find(b, key);
	struct bag_state *s;

	if (!k) {
		want(b, key, true);
		return NULL;
	}
	s = ARENA_NEW(a, struct bag_state);
	s->version = k->version;
	s->data = arena_str(a, k->data);
	s->mark = arena_str(a, k->mark);
	return s;
}

bool bag_text(struct bag *b, struct arena *a, struct str key, struct str *ret_text)
{
	struct kept *k = find(b, key);

	if (!k) {
		want(b, key, false);
		return false;
	}
	*ret_text = k->is_absent ? str_n(NULL, 0) : arena_str(a, k->data);
	return true;
}

bool bag_is_missing(const struct bag *b)
{
	return b->wanted != NULL;
}

/* --- loading --------------------------------------------------------------------------------- */

struct load {
	struct bag *bag;
	struct kept *what; /* key and kind only */
};

static void loaded_one(struct bag *b)
{
	void (*fn)(void *arg, enum fail f, const struct why *why) = b->fn;

	if (--b->due)
		return;
	b->fn = NULL;
	fn(b->arg, b->failed, &b->why);
}

static struct str text_or_empty(const struct reply *r)
{
	struct str s;

	return reply_is_nil(r) || reply_text(r, &s, NULL) ? str_n(NULL, 0) : s;
}

static enum fail take_state(struct bag *b, struct str key, const struct reply *r,
			    struct why *why)
{
	const struct reply *items;
	struct str text;
	uint64_t version = 0;
	size_t n;
	enum fail f = reply_array(r, 3, 3, &items, &n, why);

	if (f)
		return f;
	text = text_or_empty(&items[0]);
	if (text.len && !str_to_u64(text, &version))
		return failf(why, FAIL_BROKEN, "%.*s: not a version", STR_ARG(key));
	keep(b, key, text_or_empty(&items[1]), text_or_empty(&items[2]))->version = version;
	return FAIL_NONE;
}

static void on_loaded(void *arg, const struct reply *r)
{
	struct load *l = arg;
	struct bag *b = l->bag;
	struct why why;
	enum fail f = reply_check(r, &why);

	if (!f && l->what->is_state)
		f = take_state(b, l->what->key, r, &why);
	else if (!f)
		keep(b, l->what->key, text_or_empty(r), str_n(NULL, 0))->is_absent =
			reply_is_nil(r);
	if (f) {
		b->failed = f;
		b->why = why;
	}
	free(l->what);
	free(l);
	loaded_one(b);
}

void bag_load(struct bag *b, void (*fn)(void *arg, enum fail f, const struct why *why),
	      void *arg)
{
	AUTO_ARENA a = ARENA_INIT;
	struct kept *k = b->wanted, *next;

	PROMISE(!b->fn && k);
	b->wanted = NULL;
	b->fn = fn;
	b->arg = arg;
	b->failed = FAIL_NONE;
	b->due = 0;
	for (next = k; next; next = next->wanted)
		b->due++;
	for (; k; k = next) {
		struct load *l = xmalloc(sizeof(*l));
		struct command c = command_begin(&a, k->is_state ? "HMGET" : "GET");

		next = k->wanted;
		*l = (struct load){b, k};
		command_add(&c, key_full(&a, k->key));
		if (k->is_state) {
			command_adds(&c, "v");
			command_adds(&c, "d");
			command_adds(&c, "mark");
		}
		redis_send(b->commands, &c, on_loaded, l);
	}
}

void bag_wrote(struct bag *b, struct str key, uint64_t version, struct str data)
{
	keep(b, key, data, str_n(NULL, 0))->version = version;
}

void bag_forget(struct bag *b, struct str key)
{
	struct kept **slot = slot_of(b, key);

	if (*slot)
		drop(b, slot);
}

void bag_forget_all(struct bag *b)
{
	while (b->oldest) {
		struct kept **slot = slot_of(b, b->oldest->key);

		drop(b, slot);
	}
}

size_t bag_bytes(const struct bag *b)
{
	return b->bytes;
}
