#include "watcher/known.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/hash.h"

struct str known_field(const struct known *k)
{
	return str_n(k->field, k->field_len);
}

static size_t slot_of(struct str field)
{
	return hash_fast(field, 0) % KNOWN_SLOTS;
}

struct known *known_find(const struct known_table *t, struct str field)
{
	struct known *k = t->slots[slot_of(field)];

	while (k && !str_eq(known_field(k), field))
		k = k->chain;
	return k;
}

struct known *known_make(struct known_table *t, struct str field)
{
	struct known *k = known_find(t, field), **slot;

	if (k)
		return k;
	k = xcalloc(1, sizeof(*k) + field.len + 1);
	k->field_len = field.len;
	memcpy(k->field, field.ptr, field.len);
	slot = &t->slots[slot_of(field)];
	k->chain = *slot;
	*slot = k;
	t->count++;
	return k;
}

bool known_remove(struct known_table *t, struct str field)
{
	struct known **slot = &t->slots[slot_of(field)], *k;

	while (*slot && !str_eq(known_field(*slot), field))
		slot = &(*slot)->chain;
	k = *slot;
	if (!k)
		return false;
	*slot = k->chain;
	t->count--;
	free(k->more);
	free(k);
	return true;
}

void known_sweep(struct known_table *t, bool (*gone)(void *arg, struct known *k), void *arg)
{
	for (size_t i = 0; i < KNOWN_SLOTS; i++)
		for (struct known **slot = &t->slots[i], *k; (k = *slot) != NULL;) {
			if (!gone(arg, k)) {
				slot = &k->chain;
				continue;
			}
			*slot = k->chain;
			t->count--;
			free(k->more);
			free(k);
		}
}

static bool every_one(void *arg, struct known *k)
{
	(void)arg;
	(void)k;
	return true;
}

void known_clear(struct known_table *t)
{
	known_sweep(t, every_one, NULL);
}

void known_digest(struct str content, char out[KNOWN_VERSION_DIGITS + 1])
{
	char hex[SHA256_HEX_SIZE];

	sha256_hex(content, hex);
	memcpy(out, hex, KNOWN_VERSION_DIGITS);
	out[KNOWN_VERSION_DIGITS] = '\0';
}
