/*
 * The only way in and out of the streams: entries to messages and back.
 *
 * messages.def and fields.def are the definition; this file turns them into one struct, a decoder
 * that checks types, limits and required fields, an encoder, and a printer. The streams are
 * described in streams.md, whose rules are cited as STREAMS n.
 */
#ifndef ARK_PROTO_MESSAGE_H
#define ARK_PROTO_MESSAGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/limits.h"

enum message_type {
#define MESSAGE(name, wire, required, optional, text) MSG_##name,
#include "proto/messages.def"
#undef MESSAGE
	MSG_COUNT
};

enum message_field {
#define FIELD(name, type, limit, text) FIELD_##name,
#include "proto/fields.def"
#undef FIELD
	MESSAGE_FIELDS
};

enum wire_type {
	WIRE_NAME,
	WIRE_WORD,
	WIRE_TEXT,
	WIRE_JSON,
	WIRE_NUMBER,
	WIRE_MICROS,
	WIRE_FLAG
};

enum {
	ENTRY_MAX_BYTES = LIMIT_ENTRY_BYTES, /* names and values of one entry */
	ENTRY_MAX_FIELDS = LIMIT_ENTRY_FIELDS,
	/* A longer TEXT or JSON is kept beside its entry; seven of this size still fit in one. */
	ENTRY_INLINE_BYTES = 8192,
	/* In run:* readers get the text itself, cut to 48 KiB (SPEC 13.12). */
	ENTRY_SHOWN_BYTES = 49152,
};

/*
 * A message. Texts are borrowed: from the reply that was decoded, or from the caller who encodes.
 * A field that is not there is empty, 0 or false; a text that is there but empty has a ptr. A TEXT
 * or JSON that is kept beside its entry has its key in <name>_key, and <name> is empty until the
 * reader has fetched it.
 */
struct message {
	enum message_type type;
	struct str id; /* of the entry; empty in a message that is not yet in a stream */
	int64_t at_ms; /* when Redis took it: what decisions take for the present time */
	struct str cause, trace;
#define FIELD_MEMBER_NAME(name) struct str name;
#define FIELD_MEMBER_WORD(name) struct str name;
#define FIELD_MEMBER_TEXT(name) struct str name, name##_key;
#define FIELD_MEMBER_JSON(name) struct str name, name##_key;
#define FIELD_MEMBER_COUNT(name) int64_t name;
#define FIELD_MEMBER_MICROS(name) int64_t name;
#define FIELD_MEMBER_FLAG(name) bool name;
#define FIELD(name, type, limit, text) FIELD_MEMBER_##type(name)
#include "proto/fields.def"
#undef FIELD
};

/* "run.requested"; "?" for what is no message. */
const char *message_name(enum message_type type);
bool message_type_of(struct str name, enum message_type *ret);

/*
 * Decodes the fields of an entry: names and values in turn. FAIL_INPUT, naming the field: an
 * unknown type, a field twice, a value outside its type or limit, a required field missing, an odd
 * count. Fields that this release does not know are skipped, so that the next one may say more.
 */
enum fail message_decode(struct str id, const struct str *pairs, size_t count,
			 struct message *ret, struct why *why) MUST_CHECK;

/*
 * Encodes into names and values in turn (room for 2 * ENTRY_MAX_FIELDS), without `at`, which Redis
 * adds. Numbers are printed into the arena. *ret_count is the number of texts. A message that its
 * own decoder would refuse is a broken promise, except for its size: FAIL_INPUT beyond
 * ENTRY_MAX_BYTES, which message_spill makes impossible.
 */
enum fail message_encode(struct arena *a, const struct message *m, struct str *pairs,
			 size_t *ret_count, struct why *why) MUST_CHECK;

/* Calls fn for each field that has a key and no text yet; fn may fill *text. */
void message_missing(struct message *m, void (*fn)(void *arg, struct str key, struct str *text),
		     void *arg);
/* Calls fn for each TEXT or JSON longer than inline_bytes: fn stores the text and says under
 * which key; the text is taken out of the message. */
void message_spill(struct message *m, size_t inline_bytes,
		   struct str (*fn)(void *arg, const char *field, struct str text), void *arg);

/* One line for people: type and fields, long texts cut. */
void message_print(struct buf *out, const struct message *m);

/* --- the tables, for the reference page and tests ------------------------------------------- */

struct message_field_info {
	const char *name, *text;
	enum wire_type type;
	int64_t limit;
};
struct message_info {
	const char *name, *text;
	uint64_t required, optional; /* bit FIELD_x */
};
const struct message_field_info *message_field_info(enum message_field f);
const struct message_info *message_info(enum message_type type);

#endif
