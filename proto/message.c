#include "proto/message.h"

#include "base/json.h"
#include "base/utf8.h"

_Static_assert(MESSAGE_FIELDS <= ENTRY_MAX_FIELDS - 4,
	       "type, at, cause and trace are fields too");

#define WIRE_OF_NAME WIRE_NAME
#define WIRE_OF_WORD WIRE_WORD
#define WIRE_OF_TEXT WIRE_TEXT
#define WIRE_OF_JSON WIRE_JSON
#define WIRE_OF_COUNT WIRE_NUMBER
#define WIRE_OF_MICROS WIRE_MICROS
#define WIRE_OF_FLAG WIRE_FLAG

static const struct message_field_info fields[MESSAGE_FIELDS] = {
#define FIELD(name, type, limit, text) {#name, text, WIRE_OF_##type, limit},
#include "proto/fields.def"
#undef FIELD
};

/* Where the member of a field is; a TEXT and a JSON are followed by their key. */
static const size_t offsets[MESSAGE_FIELDS] = {
#define FIELD(name, type, limit, text) offsetof(struct message, name),
#include "proto/fields.def"
#undef FIELD
};

#define F(name) (UINT64_C(1) << FIELD_##name)
static const struct message_info messages[MSG_COUNT] = {
#define MESSAGE(name, wire, required, optional, text) {wire, text, required, optional},
#include "proto/messages.def"
#undef MESSAGE
};
#undef F

const char *message_name(enum message_type type)
{
	return (unsigned)type < MSG_COUNT ? messages[type].name : "?";
}

const struct message_field_info *message_field_info(enum message_field f)
{
	return &fields[f];
}

const struct message_info *message_info(enum message_type type)
{
	return &messages[type];
}

bool message_type_of(struct str name, enum message_type *ret)
{
	for (size_t i = 0; i < MSG_COUNT; i++)
		if (str_is(name, messages[i].name)) {
			*ret = (enum message_type)i;
			return true;
		}
	return false;
}

static struct str *text_of(struct message *m, size_t f)
{
	return (struct str *)(void *)((char *)m + offsets[f]);
}

static struct str *key_of(struct message *m, size_t f)
{
	return text_of(m, f) + 1;
}

static int64_t *number_of(struct message *m, size_t f)
{
	return (int64_t *)(void *)((char *)m + offsets[f]);
}

static bool *flag_of(struct message *m, size_t f)
{
	return (bool *)(void *)((char *)m + offsets[f]);
}

static bool is_long(size_t f)
{
	return fields[f].type == WIRE_TEXT || fields[f].type == WIRE_JSON;
}

static bool is_number(size_t f)
{
	return fields[f].type == WIRE_NUMBER || fields[f].type == WIRE_MICROS;
}

/* --- decoding -------------------------------------------------------------------------------- */

static bool name_ok(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
			return false;
	}
	return s.len > 0;
}

static bool word_ok(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7F)
			return false;
	return s.len > 0 && utf8_valid(s);
}

/* What is wrong with a text, or NULL. */
static const char *text_fault(size_t f, struct str value)
{
	if (value.len > (uint64_t)fields[f].limit)
		return "too long";
	if (fields[f].type == WIRE_NAME && !name_ok(value))
		return "not a name";
	if (fields[f].type == WIRE_WORD && !word_ok(value))
		return "not a word";
	if (is_long(f) && !utf8_valid(value))
		return "not UTF-8";
	return NULL;
}

static enum fail decode_field(struct message *m, size_t f, struct str value, struct why *why)
{
	const char *fault = NULL;
	int64_t n;

	switch (fields[f].type) {
	case WIRE_NAME:
	case WIRE_WORD:
	case WIRE_TEXT:
	case WIRE_JSON:
		fault = text_fault(f, value);
		*text_of(m, f) = value;
		break;
	case WIRE_NUMBER:
	case WIRE_MICROS:
		if (!str_to_i64(value, &n) || n < 0)
			fault = "not a number";
		else if (n > fields[f].limit)
			fault = "too large";
		else
			*number_of(m, f) = n;
		break;
	case WIRE_FLAG:
		if (!str_is(value, "true"))
			fault = "not 'true'";
		*flag_of(m, f) = true;
		break;
	}
	return fault ? failf(why, FAIL_INPUT, "field '%s': %s", fields[f].name, fault)
		     : FAIL_NONE;
}

/* MESSAGE_FIELDS when it is unknown. */
static size_t field_find(struct str name)
{
	for (size_t f = 0; f < MESSAGE_FIELDS; f++)
		if (fields[f].name[0] == name.ptr[0] && str_is(name, fields[f].name))
			return f;
	return MESSAGE_FIELDS;
}

static enum fail decode_header(struct message *m, struct str name, struct str value,
			       bool *ret_known, struct why *why)
{
	*ret_known = true;
	if (str_is(name, "at")) {
		if (!str_to_i64(value, &m->at_ms) || m->at_ms < 0)
			return failf(why, FAIL_INPUT, "field 'at': not a time in ms");
	} else if (str_is(name, "cause") || str_is(name, "trace")) {
		if (value.len > 64 || !word_ok(value))
			return failf(why, FAIL_INPUT, "field '%.*s': not an id", STR_ARG(name));
		*(name.ptr[0] == 'c' ? &m->cause : &m->trace) = value;
	} else {
		*ret_known = str_is(name, "type");
	}
	return FAIL_NONE;
}

static enum fail decode_pair(struct message *m, struct str name, struct str value,
			     uint64_t *seen, struct why *why)
{
	bool by_key = str_ends(name, STR(".key"));
	struct str base = by_key ? str_sub(name, 0, name.len - 4) : name;
	size_t f = base.len ? field_find(base) : MESSAGE_FIELDS;

	if (f == MESSAGE_FIELDS || (by_key && !is_long(f)))
		return FAIL_NONE; /* said by a later release */
	if (*seen & UINT64_C(1) << f)
		return failf(why, FAIL_INPUT, "field '%s' is there twice", fields[f].name);
	*seen |= UINT64_C(1) << f;
	if (!by_key)
		return decode_field(m, f, value, why);
	if (value.len > 600 || !word_ok(value))
		return failf(why, FAIL_INPUT, "field '%.*s': not a key", STR_ARG(name));
	*key_of(m, f) = value;
	return FAIL_NONE;
}

static enum fail check_required(const struct message_info *info, uint64_t seen, struct why *why)
{
	for (size_t f = 0; f < MESSAGE_FIELDS; f++)
		if ((info->required & ~seen) >> f & 1)
			return failf(why, FAIL_INPUT, "%s: field '%s' is missing", info->name,
				     fields[f].name);
	return FAIL_NONE;
}

/* The type, which everything else depends on, and the size. */
static enum fail decode_type(const struct str *pairs, size_t count, enum message_type *ret_type,
			     struct why *why)
{
	size_t bytes = 0, types = 0;

	if (count % 2 || count > (size_t)2 * ENTRY_MAX_FIELDS)
		return failf(why, FAIL_INPUT, "an entry of %zu texts", count);
	for (size_t i = 0; i < count; i += 2) {
		bytes += pairs[i].len + pairs[i + 1].len;
		if (!str_is(pairs[i], "type"))
			continue;
		types++;
		if (!message_type_of(pairs[i + 1], ret_type))
			return failf(why, FAIL_INPUT, "unknown message '%.*s'",
				     STR_ARG(utf8_cut(pairs[i + 1], 64)));
	}
	if (types != 1)
		return failf(why, FAIL_INPUT, "field 'type' is there %zu times", types);
	if (bytes > ENTRY_MAX_BYTES)
		return failf(why, FAIL_INPUT, "an entry of %zu bytes; at most %d (entry-bytes)",
			     bytes, ENTRY_MAX_BYTES);
	return FAIL_NONE;
}

enum fail message_decode(struct str id, const struct str *pairs, size_t count,
			 struct message *ret, struct why *why)
{
	struct message m = {.id = id};
	uint64_t seen = 0;
	enum fail f = decode_type(pairs, count, &m.type, why);

	for (size_t i = 0; !f && i < count; i += 2) {
		bool known;

		f = decode_header(&m, pairs[i], pairs[i + 1], &known, why);
		if (!f && !known)
			f = decode_pair(&m, pairs[i], pairs[i + 1], &seen, why);
	}
	if (!f)
		f = check_required(&messages[m.type], seen, why);
	if (!f)
		*ret = m;
	return f;
}

/* --- encoding -------------------------------------------------------------------------------- */

struct encoder {
	struct arena *arena;
	struct str *pairs;
	size_t count, bytes;
};

static void put(struct encoder *e, struct str name, struct str value)
{
	PROMISE(e->count < (size_t)2 * ENTRY_MAX_FIELDS);
	e->pairs[e->count++] = name;
	e->pairs[e->count++] = value;
	e->bytes += name.len + value.len;
}

/* Writes one field when it is there; says whether it is. A count of 0 is there only if required. */
static bool encode_field(struct encoder *e, struct message *m, size_t f, bool required)
{
	struct str name = str_of(fields[f].name);

	switch (fields[f].type) {
	case WIRE_NAME:
	case WIRE_WORD:
	case WIRE_TEXT:
	case WIRE_JSON:
		if (is_long(f) && key_of(m, f)->len) {
			put(e, ARENA_JOIN(e->arena, name, STR(".key")), *key_of(m, f));
			return true;
		}
		if (!text_of(m, f)->ptr)
			return false;
		PROMISE(!text_fault(f, *text_of(m, f)));
		put(e, name, *text_of(m, f));
		return true;
	case WIRE_NUMBER:
	case WIRE_MICROS:
		PROMISE(*number_of(m, f) >= 0 && *number_of(m, f) <= fields[f].limit);
		if (!required && *number_of(m, f) == 0)
			return false;
		put(e, name, arena_i64(e->arena, *number_of(m, f)));
		return true;
	case WIRE_FLAG:
		if (*flag_of(m, f))
			put(e, name, STR("true"));
		return *flag_of(m, f);
	}
	return false;
}

enum fail message_encode(struct arena *a, const struct message *m, struct str *pairs,
			 size_t *ret_count, struct why *why)
{
	const struct message_info *info = &messages[m->type];
	struct encoder e = {.arena = a, .pairs = pairs};
	struct message copy = *m;

	put(&e, STR("type"), str_of(info->name));
	if (m->cause.len)
		put(&e, STR("cause"), m->cause);
	if (m->trace.len)
		put(&e, STR("trace"), m->trace);
	for (size_t f = 0; f < MESSAGE_FIELDS; f++) {
		bool required = info->required >> f & 1;

		if (required || (info->optional >> f & 1))
			PROMISE(encode_field(&e, &copy, f, required) || !required);
	}
	if (e.bytes > ENTRY_MAX_BYTES)
		return failf(why, FAIL_INPUT,
			     "%s: an entry of %zu bytes; at most %d (entry-bytes)", info->name,
			     e.bytes, ENTRY_MAX_BYTES);
	*ret_count = e.count;
	return FAIL_NONE;
}

/* --- texts beside the entry -------------------------------------------------------------------- */

void message_missing(struct message *m, void (*fn)(void *arg, struct str key, struct str *text),
		     void *arg)
{
	for (size_t f = 0; f < MESSAGE_FIELDS; f++)
		if (is_long(f) && key_of(m, f)->len && !text_of(m, f)->ptr)
			fn(arg, *key_of(m, f), text_of(m, f));
}

void message_spill(struct message *m, size_t inline_bytes,
		   struct str (*fn)(void *arg, const char *field, struct str text), void *arg)
{
	for (size_t f = 0; f < MESSAGE_FIELDS; f++) {
		if (!is_long(f) || key_of(m, f)->len || text_of(m, f)->len <= inline_bytes)
			continue;
		*key_of(m, f) = fn(arg, fields[f].name, *text_of(m, f));
		*text_of(m, f) = str_n(NULL, 0);
	}
}

/* --- printing -------------------------------------------------------------------------------- */

static void print_text(struct buf *out, struct message *m, size_t f)
{
	enum { SHOWN_BYTES = 120 };
	struct str text = *text_of(m, f), cut = utf8_cut(text, SHOWN_BYTES);

	if (is_long(f) && key_of(m, f)->len) {
		buf_addf(out, " %s@%.*s", fields[f].name, STR_ARG(*key_of(m, f)));
	} else if (text.len) {
		buf_addf(out, " %s=", fields[f].name);
		json_add_str(out, cut);
		buf_adds(out, cut.len < text.len ? "..." : "");
	}
}

void message_print(struct buf *out, const struct message *m)
{
	struct message copy = *m;

	buf_adds(out, message_name(m->type));
	for (size_t f = 0; f < MESSAGE_FIELDS; f++) {
		if (is_number(f) && *number_of(&copy, f))
			buf_addf(out, " %s=%lld", fields[f].name,
				 (long long)*number_of(&copy, f));
		else if (fields[f].type == WIRE_FLAG && *flag_of(&copy, f))
			buf_addf(out, " %s", fields[f].name);
		else if (!is_number(f) && fields[f].type != WIRE_FLAG)
			print_text(out, &copy, f);
	}
}
