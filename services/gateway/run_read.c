#include "gateway/run_read.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/sse_event.h"
#include "stream/entry.h"
#include "stream/keys.h"

struct reading {
	struct redis *commands;
	struct arena arena; /* of the request, and of what waits for its texts */
	struct str namespace, run;
	struct event_id asked, after, last;
	bool more;
	unsigned wanted;
	struct run_batch *batch;
	struct message *messages;
	size_t count;
	struct command texts; /* MGET of what stands beside the entries */
	const struct reply *found;
	size_t next; /* text to fill in */
	void (*fn)(void *arg, struct run_batch *b, const struct why *why);
	void *arg;
};

void run_batch_free(struct run_batch *b)
{
	free(b);
}

bool run_batch_gap(const struct run_batch *b)
{
	return !event_id_is_zero(b->asked) && event_id_cmp(b->after, b->asked) > 0;
}

bool run_batch_ends(const struct run_batch *b)
{
	return b->count && sse_event_ends(b->entries[b->count - 1].type);
}

static void done(struct reading *r, const struct why *why)
{
	r->fn(r->arg, why ? NULL : r->batch, why);
	arena_release(&r->arena);
	free(r);
}

/* The entries that are shown, as they are sent; *ret_read: how many were looked at. Stops before the texts get
 * too long. */
static size_t encode(struct reading *r, struct run_entry *entries, struct buf *texts,
		     size_t *ret_read)
{
	size_t n = 0, i;

	for (i = 0; i < r->count; i++) {
		struct run_entry *e = &entries[n];
		size_t start = texts->len;

		if (!event_id_parse(r->messages[i].id, &e->id) ||
		    !sse_event_add(texts, &r->messages[i], r->namespace, r->run))
			continue;
		if (n && texts->len > RUN_READ_BYTES) {
			buf_cut(texts, start);
			break;
		}
		e->type = r->messages[i].type;
		e->sse = str_n(NULL, texts->len - start);
		n++;
	}
	*ret_read = i;
	return n;
}

/* One block of exactly what is needed: many readers of many runs keep batches. */
static void make_batch(struct reading *r)
{
	AUTO_BUF texts = BUF(RUN_READ_BYTES + SSE_EVENT_MAX_BYTES);
	struct run_entry *entries = ARENA_ARRAY(&r->arena, r->count, struct run_entry);
	size_t read, n = encode(r, entries, &texts, &read);
	size_t bytes = sizeof(struct run_batch) + n * sizeof(*entries) + texts.len;
	struct run_batch *b = xmalloc(bytes);
	char *at;

	*b = (struct run_batch){.entries = (struct run_entry *)(b + 1),
				.count = n,
				.bytes = bytes,
				.asked = r->asked,
				.after = r->after,
				.last = r->last,
				.more = r->more};
	at = (char *)(b->entries + n);
	for (size_t i = 0, from = 0; i < n; i++) {
		size_t len = entries[i].sse.len;

		b->entries[i] = entries[i];
		memcpy(at, texts.ptr + from, len);
		b->entries[i].sse = str_n(at, len);
		at += len;
		from += len;
	}
	if (read < r->count) {
		b->last = entries[n - 1].id;
		b->more = true;
	}
	r->batch = b;
}

/* --- texts beside the entries --------------------------------------------------------------------------- */

static void ask_text(void *arg, struct str key, struct str *text)
{
	struct reading *r = arg;

	(void)text;
	command_add(&r->texts, key_full(&r->arena, key));
}

/* In the same order. What is no longer kept stays away. */
static void fill_text(void *arg, struct str key, struct str *text)
{
	struct reading *r = arg;
	struct str found;

	(void)key;
	if (!reply_text(reply_item(r->found, r->next++), &found, NULL))
		*text = found;
}

static void on_texts(void *arg, const struct reply *reply)
{
	struct reading *r = arg;
	const struct reply *items;
	struct why why;
	size_t n;

	if (reply_array(reply, r->texts.argc - 1, r->texts.argc - 1, &items, &n, &why)) {
		done(r, &why);
		return;
	}
	r->found = reply;
	for (size_t i = 0; i < r->count; i++)
		message_missing(&r->messages[i], fill_text, r);
	make_batch(r);
	done(r, NULL);
}

/* --- entries ------------------------------------------------------------------------------------------------ */

/* The first entry that was read should be the one behind which to read: when it is not there any
 * more, neither may be what followed it. Returns how many entries were asked for by this. */
static size_t find_begin(struct reading *r, const struct entry *first)
{
	struct event_id id;

	if (!event_id_parse(first->id, &id))
		return 0;
	if (event_id_cmp(id, r->asked) == 0)
		return 1;
	r->after = event_id_before(id);
	return 0;
}

/* Entries that this release cannot read are another's: readers do without them. */
static enum fail decode(struct reading *r, const struct reply *reply, struct why *why)
{
	struct entry *entries;
	size_t n;
	enum fail f = entries_read(&r->arena, STR(""), reply, &entries, &n, why);

	if (f)
		return f;
	r->messages = ARENA_ARRAY(&r->arena, n, struct message);
	r->count = 0;
	r->more = n == r->wanted;
	r->after = r->last = r->asked;
	for (size_t i = n ? find_begin(r, &entries[0]) : 0; i < n; i++) {
		(void)event_id_parse(entries[i].id, &r->last);
		if (!entry_decode(&entries[i], &r->messages[r->count], NULL))
			r->count++;
	}
	return FAIL_NONE;
}

static void on_entries(void *arg, const struct reply *reply)
{
	struct reading *r = arg;
	struct why why;
	enum fail f = reply_check(reply, &why);

	if (!f)
		f = decode(r, reply, &why);
	if (f) {
		done(r, &why);
		return;
	}
	r->texts = command_begin(&r->arena, "MGET");
	for (size_t i = 0; i < r->count; i++)
		message_missing(&r->messages[i], ask_text, r);
	if (r->texts.argc == 1) {
		make_batch(r);
		done(r, NULL);
		return;
	}
	/* The messages must outlive this answer. */
	if (decode(r, reply_copy(&r->arena, reply), &why))
		BROKEN("a copy of a reply reads as the reply did");
	redis_send(r->commands, &r->texts, on_texts, r);
}

void run_read(struct redis *commands, struct str namespace, struct str run,
	      struct event_id after, unsigned count,
	      void (*fn)(void *arg, struct run_batch *b, const struct why *why), void *arg)
{
	struct reading *r = xcalloc(1, sizeof(*r));
	char id[EVENT_ID_TEXT_BYTES];
	struct command c;

	r->commands = commands;
	r->namespace = arena_str(&r->arena, namespace);
	r->run = arena_str(&r->arena, run);
	r->fn = fn;
	r->arg = arg;
	r->asked = after;
	r->wanted = count + 1; /* the one asked for comes first */
	c = command_begin(&r->arena, "XRANGE");
	command_add(&c, key_full(&r->arena, key_run_stream(&r->arena, namespace, run)));
	command_adds(&c, event_id_text(after, id));
	command_adds(&c, "+");
	command_adds(&c, "COUNT");
	command_addi(&c, r->wanted);
	redis_send(commands, &c, on_entries, r);
}
