/*
 * Bytes of a server, cut where the first byte says, through the codec and every getter.
 *
 * Properties: how the bytes are cut changes nothing; a copy is equal to its original; the kinds
 * keep their promises; a reply stays within the depth and the memory that it may have.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "redis/codec.h"
#include "redis/server.h"

enum { LIMIT = 64 * 1024, SHOWN_MAX_BYTES = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show(const struct reply *r, unsigned depth, struct buf *out)
{
	PROMISE(depth <= REPLY_MAX_DEPTH);
	buf_addf(out, "%d %lld %zu %zu ", r->kind, (long long)r->integer, r->count,
		 r->text.len);
	buf_add(out, r->text);
	switch (r->kind) {
	case REPLY_STRING:
	case REPLY_STATUS:
	case REPLY_ERROR: PROMISE(r->count == 0 && r->integer == 0); break;
	case REPLY_INTEGER: PROMISE(r->text.len == 0 && r->count == 0); break;
	case REPLY_NIL: PROMISE(r->text.len == 0 && r->count == 0 && r->integer == 0); break;
	case REPLY_ARRAY:
		PROMISE(r->text.len == 0 && (r->count == 0) == (r->items == NULL));
		break;
	}
	for (size_t i = 0; i < r->count; i++)
		show(&r->items[i], depth + 1, out);
}

static void try_getters(const struct reply *r)
{
	const struct reply *items;
	struct why why;
	struct str text;
	int64_t n;
	size_t count;

	PROMISE((reply_error(r) == REPLY_ERROR_NONE) == (r->kind != REPLY_ERROR));
	PROMISE(reply_error_prefix(r).len <= r->text.len);
	if (!reply_text(r, &text, &why)) {
		struct server_info info = server_info_read(text);
		bool fits = server_info_judge(&info, &why) == FAIL_NONE;

		PROMISE(!fits || info.server.version.len > 0);
	}
	if (!reply_integer(r, &n, &why))
		PROMISE(r->kind == REPLY_INTEGER && n == r->integer);
	if (!reply_array(r, 0, 4, &items, &count, &why))
		PROMISE(count <= 4);
	if (!reply_check(r, &why))
		PROMISE(r->kind != REPLY_ERROR || reply_error(r) == REPLY_ERROR_BUSYGROUP);
	PROMISE(!reply_field(r, "lag") || r->count >= 2);
	PROMISE(!reply_item(r, r->count));
}

static void decode(struct str bytes, size_t step, struct buf *out)
{
	struct codec *c = codec_new(LIMIT);
	enum fail f = FAIL_NONE;
	struct why why;

	while (bytes.len && !f) {
		const struct reply *r = NULL;

		f = codec_feed(c, str_sub(bytes, 0, step), &why);
		bytes = str_from(bytes, step);
		while (!f && (f = codec_next(c, &r, &why)) == FAIL_NONE && r) {
			AUTO_ARENA a = ARENA_INIT;
			AUTO_BUF again = BUF(SHOWN_MAX_BYTES);
			size_t before = out->len;

			try_getters(r);
			show(r, 0, out);
			show(reply_copy(&a, r), 0, &again);
			PROMISE(str_eq(buf_str(&again), str_from(buf_str(out), before)));
		}
	}
	buf_adds(out, f ? "failed" : "waits");
	codec_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF whole = BUF(SHOWN_MAX_BYTES);
	AUTO_BUF pieces = BUF(SHOWN_MAX_BYTES);
	struct str bytes;

	/* Beyond the limit, where the bytes are cut does matter: what waits counts. */
	if (size < 1 || size > LIMIT / 2)
		return 0;
	bytes = str_n((const char *)data + 1, size - 1);
	decode(bytes, bytes.len ? bytes.len : 1, &whole);
	decode(bytes, (size_t)data[0] % 16 + 1, &pieces);
	PROMISE(str_eq(buf_str(&whole), buf_str(&pieces)));
	return 0;
}
