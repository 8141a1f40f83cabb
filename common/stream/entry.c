#include "stream/entry.h"

#include "stream/keys.h"

enum { READ_MAX_ENTRIES = 100000, READ_MAX_STREAMS = 4096, READ_MAX_TEXTS = 4096 };

enum fail entry_read(struct arena *a, struct str stream, const struct reply *r,
		     struct entry *ret, struct why *why)
{
	const struct reply *parts, *texts;
	struct entry e = {.stream = stream};
	struct str *pairs;
	size_t n;
	enum fail f = reply_array(r, 2, 2, &parts, &n, why);

	if (!f)
		f = reply_text(&parts[0], &e.id, why);
	if (f)
		return f;
	e.gone = reply_is_nil(&parts[1]);
	f = reply_array(&parts[1], 0, READ_MAX_TEXTS, &texts, &e.count, why);
	pairs = ARENA_ARRAY(a, e.count, struct str);
	for (size_t i = 0; !f && i < e.count; i++)
		f = reply_text(&texts[i], &pairs[i], why);
	if (f)
		return f;
	e.pairs = pairs;
	*ret = e;
	return FAIL_NONE;
}

/* Adds the entries of one list to an array that has room for them. */
static enum fail add_entries(struct arena *a, struct str stream, const struct reply *items,
			     size_t count, struct entry *to, size_t *used, struct why *why)
{
	for (size_t i = 0; i < count; i++) {
		enum fail f;

		if (reply_is_nil(&items[i])) /* claimed, but deleted meanwhile */
			continue;
		f = entry_read(a, stream, &items[i], &to[*used], why);
		if (f)
			return f;
		++*used;
	}
	return FAIL_NONE;
}

enum fail entries_read(struct arena *a, struct str stream, const struct reply *r,
		       struct entry **ret, size_t *ret_count, struct why *why)
{
	const struct reply *items;
	struct entry *list;
	size_t n, used = 0;
	enum fail f = reply_array(r, 0, READ_MAX_ENTRIES, &items, &n, why);

	if (f)
		return f;
	list = ARENA_ARRAY(a, n, struct entry);
	f = add_entries(a, stream, items, n, list, &used, why);
	if (f)
		return f;
	*ret = list;
	*ret_count = used;
	return FAIL_NONE;
}

static struct str without_prefix(struct str key)
{
	return str_starts(key, STR(KEY_PREFIX)) ? str_from(key, STR(KEY_PREFIX).len) : key;
}

enum fail entries_read_streams(struct arena *a, const struct reply *r, struct entry **ret,
			       size_t *ret_count, struct why *why)
{
	const struct reply *streams, *parts, *items;
	struct entry *list;
	struct str name;
	size_t n, pair, count, total = 0, used = 0;
	enum fail f = reply_array(r, 0, READ_MAX_STREAMS, &streams, &n, why);

	for (size_t i = 0; !f && i < n; i++) {
		f = reply_array(&streams[i], 2, 2, &parts, &pair, why);
		if (!f)
			f = reply_array(&parts[1], 0, READ_MAX_ENTRIES, &items, &count, why);
		if (!f)
			total += count;
	}
	if (f)
		return f;
	list = ARENA_ARRAY(a, total, struct entry);
	for (size_t i = 0; !f && i < n; i++) {
		parts = streams[i].items;
		f = reply_text(&parts[0], &name, why);
		if (!f)
			f = add_entries(a, without_prefix(name), parts[1].items, parts[1].count,
					list, &used, why);
	}
	if (f)
		return f;
	*ret = list;
	*ret_count = used;
	return FAIL_NONE;
}

struct entry entry_copy(struct arena *a, const struct entry *e)
{
	struct str *pairs = ARENA_ARRAY(a, e->count, struct str);
	struct entry copy = *e;

	for (size_t i = 0; i < e->count; i++)
		pairs[i] = arena_str(a, e->pairs[i]);
	copy.stream = arena_str(a, e->stream);
	copy.id = arena_str(a, e->id);
	copy.pairs = pairs;
	return copy;
}

enum fail entry_decode(const struct entry *e, struct message *ret, struct why *why)
{
	return message_decode(e->id, e->pairs, e->count, ret, why);
}
