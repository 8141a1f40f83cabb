#include "gateway/run_read.h"

#include <stdlib.h>

#include "gateway/sse_event.h"
#include "stream/entry.h"
#include "stream/keys.h"

struct reading {
	struct redis *commands;
	struct arena arena; /* of the request, and of what waits for its texts */
	struct str namespace, run;
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
	if (!b)
		return;
	arena_release(&b->arena);
	free(b);
}

bool run_batch_gap(const struct run_batch *b)
{
	return !event_id_is_zero(b->asked) && event_id_cmp(b->after, b->asked) > 0;
}

bool run_batch_ends(const struct run_batch *b)
{
	return b->count && !b->more && sse_event_ends(b->entries[b->count - 1].type);
}

static void done(struct reading *r, const struct why *why)
{
	if (why) {
		run_batch_free(r->batch);
		r->batch = NULL;
	}
	r->fn(r->arg, r->batch, why);
	arena_release(&r->arena);
	free(r);
}

static void encode(struct reading *r)
{
	struct run_batch *b = r->batch;
	AUTO_BUF text = BUF(2 * SSE_EVENT_MAX_BYTES);

	b->entries = ARENA_ARRAY(&b->arena, r->count, struct run_entry);
	for (size_t i = 0; i < r->count; i++) {
		struct run_entry *e = &b->entries[b->count];

		buf_clear(&text);
		if (!sse_event_add(&text, &r->messages[i], r->namespace, r->run) ||
		    !event_id_parse(r->messages[i].id, &e->id))
			continue;
		e->type = r->messages[i].type;
		e->sse = arena_str(&b->arena, buf_str(&text));
		b->bytes += e->sse.len;
		b->count++;
	}
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
	encode(r);
	done(r, NULL);
}

/* --- entries ------------------------------------------------------------------------------------------------ */

/* The first entry that was read should be the one behind which to read: when it is not there any
 * more, neither may be what followed it. Returns how many entries were asked for by this. */
static size_t find_begin(struct run_batch *b, const struct entry *first)
{
	struct event_id id;

	if (!event_id_parse(first->id, &id))
		return 0;
	if (event_id_cmp(id, b->asked) == 0)
		return 1;
	b->after = event_id_before(id);
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
	for (size_t i = n ? find_begin(r->batch, &entries[0]) : 0; i < n; i++) {
		(void)event_id_parse(entries[i].id, &r->batch->last);
		if (!entry_decode(&entries[i], &r->messages[r->count], NULL))
			r->count++;
	}
	r->batch->more = n == RUN_READ_ENTRIES;
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
		encode(r);
		done(r, NULL);
		return;
	}
	/* The messages must outlive this answer. */
	if (decode(r, reply_copy(&r->arena, reply), &why))
		BROKEN("a copy of a reply reads as the reply did");
	redis_send(r->commands, &r->texts, on_texts, r);
}

void run_read(struct redis *commands, struct str namespace, struct str run,
	      struct event_id after,
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
	r->batch = xcalloc(1, sizeof(*r->batch));
	r->batch->asked = r->batch->after = r->batch->last = after;
	c = command_begin(&r->arena, "XRANGE");
	command_add(&c, key_full(&r->arena, key_run_stream(&r->arena, namespace, run)));
	command_adds(&c, event_id_text(after, id));
	command_adds(&c, "+");
	command_adds(&c, "COUNT");
	command_addi(&c, RUN_READ_ENTRIES);
	redis_send(commands, &c, on_entries, r);
}
