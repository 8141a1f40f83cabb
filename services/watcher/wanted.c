#include "watcher/wanted.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/hash.h"

enum { SLOTS = 4096 };

struct name {
	struct name *chain;
	size_t objects; /* that name it */
	size_t len;
	char text[];
};

/* An object and what it names. */
struct holder {
	struct holder *chain;
	struct name **names;
	size_t count;
	size_t len;
	char object[];
};

struct wanted {
	struct name *names[SLOTS];
	struct holder *holders[SLOTS];
};

static size_t slot_of(struct str text)
{
	return hash_fast(text, 0) % SLOTS;
}

static struct name **name_at(struct wanted *w, struct str text)
{
	struct name **n = &w->names[slot_of(text)];

	while (*n && !str_eq(str_n((*n)->text, (*n)->len), text))
		n = &(*n)->chain;
	return n;
}

static struct holder **holder_at(struct wanted *w, struct str object)
{
	struct holder **h = &w->holders[slot_of(object)];

	while (*h && !str_eq(str_n((*h)->object, (*h)->len), object))
		h = &(*h)->chain;
	return h;
}

static struct name *hold(struct wanted *w, struct str text, const struct wanted_news *news)
{
	struct name **at = name_at(w, text), *n = *at;

	if (n) {
		n->objects++;
		return n;
	}
	n = xcalloc(1, sizeof(*n) + text.len + 1);
	n->objects = 1;
	n->len = text.len;
	memcpy(n->text, text.ptr, text.len);
	*at = n;
	if (news)
		news->wanted(news->arg, text);
	return n;
}

static void let_go(struct wanted *w, struct name *n, const struct wanted_news *news)
{
	struct name **at;

	if (--n->objects)
		return;
	at = name_at(w, str_n(n->text, n->len));
	PROMISE(*at == n);
	*at = n->chain;
	if (news)
		news->unwanted(news->arg, str_n(n->text, n->len));
	free(n);
}

void wanted_set(struct wanted *w, struct str object, const struct names *names,
		const struct wanted_news *news)
{
	struct holder **at = holder_at(w, object), *h = *at;
	struct name **old = h ? h->names : NULL;
	size_t old_count = h ? h->count : 0;

	if (!h && !names)
		return;
	if (!h) {
		h = xcalloc(1, sizeof(*h) + object.len + 1);
		h->len = object.len;
		memcpy(h->object, object.ptr, object.len);
		*at = h;
	}
	h->names = NULL;
	h->count = names ? names->count : 0;
	if (h->count)
		h->names = xcalloc(h->count, sizeof(struct name *));
	/* First the new, then the old: what stays named is no news. */
	for (size_t i = 0; i < h->count; i++)
		h->names[i] = hold(w, names->items[i], news);
	for (size_t i = 0; i < old_count; i++)
		let_go(w, old[i], news);
	free(old);
	if (!names) {
		*at = h->chain;
		free(h);
	}
}

bool wanted_has(const struct wanted *w, struct str name)
{
	const struct name *n = w->names[slot_of(name)];

	while (n && !str_eq(str_n(n->text, n->len), name))
		n = n->chain;
	return n != NULL;
}

struct wanted *wanted_new(void)
{
	return xcalloc(1, sizeof(struct wanted));
}

void wanted_free(struct wanted *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < SLOTS; i++) {
		struct name *n;
		struct holder *h;

		while ((n = w->names[i]) != NULL) {
			w->names[i] = n->chain;
			free(n);
		}
		while ((h = w->holders[i]) != NULL) {
			w->holders[i] = h->chain;
			free(h->names);
			free(h);
		}
	}
	free(w);
}
