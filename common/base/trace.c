#include "base/trace.h"

#include <string.h>

enum { VERSION_00_LEN = 55, KEY_MAX = 256, VALUE_MAX = 256, LONG_ENTRY = 128 };

/* Lower-case hex only (INTERFACES 4.1). */
static bool hex_bytes(struct str s, uint8_t *out)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		int v = c >= '0' && c <= '9'   ? c - '0'
			: c >= 'a' && c <= 'f' ? c - 'a' + 10
					       : -1;

		if (v < 0)
			return false;
		out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] | v : v << 4);
	}
	return true;
}

static char *hex_text(char *out, const uint8_t *b, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[b[i] >> 4];
		*out++ = digits[b[i] & 15];
	}
	return out;
}

static bool all_zero(const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (b[i])
			return false;
	return true;
}

bool trace_parse(struct str s, struct trace *ret_trace)
{
	struct trace t;
	uint8_t version;

	if (s.len < VERSION_00_LEN || s.ptr[2] != '-' || s.ptr[35] != '-' || s.ptr[52] != '-')
		return false;
	if (!hex_bytes(str_sub(s, 0, 2), &version) || !hex_bytes(str_sub(s, 3, 35), t.id) ||
	    !hex_bytes(str_sub(s, 36, 52), t.span) || !hex_bytes(str_sub(s, 53, 55), &t.flags))
		return false;
	if (version == 0xff || all_zero(t.id, sizeof(t.id)) || all_zero(t.span, sizeof(t.span)))
		return false;
	if (s.len > VERSION_00_LEN && (version == 0 || s.ptr[VERSION_00_LEN] != '-'))
		return false;
	t.flags &= TRACE_SAMPLED | TRACE_RANDOM;
	*ret_trace = t;
	return true;
}

const char *trace_text(const struct trace *t, char out[TRACE_TEXT_BYTES])
{
	uint8_t version = 0;
	char *p = hex_text(out, &version, 1);

	*p++ = '-';
	p = hex_text(p, t->id, sizeof(t->id));
	*p++ = '-';
	p = hex_text(p, t->span, sizeof(t->span));
	*p++ = '-';
	p = hex_text(p, &t->flags, 1);
	*p = '\0';
	return out;
}

struct trace trace_make(const uint8_t random[24], bool sampled)
{
	struct trace t = {.flags = TRACE_RANDOM | (sampled ? TRACE_SAMPLED : 0)};

	memcpy(t.id, random, sizeof(t.id));
	/* All zero is as likely as any other id, and the only invalid one. */
	if (all_zero(t.id, sizeof(t.id)))
		t.id[15] = 1;
	return trace_child(&t, random + sizeof(t.id));
}

struct trace trace_child(const struct trace *parent, const uint8_t random[8])
{
	struct trace t = *parent;

	memcpy(t.span, random, sizeof(t.span));
	if (all_zero(t.span, sizeof(t.span)))
		t.span[7] = 1;
	return t;
}

/* --- tracestate (INTERFACES 4.6) -------------------------------------------------------------
 */

static bool key_ok(struct str key)
{
	if (key.len == 0 || key.len > KEY_MAX)
		return false;
	for (size_t i = 0; i < key.len; i++) {
		char c = key.ptr[i];

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			continue;
		if (i == 0 || c == '\0' || !strchr("_-*/@", c))
			return false;
	}
	return true;
}

static bool value_ok(struct str value)
{
	if (value.len == 0 || value.len > VALUE_MAX)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];

		if (c < 0x20 || c > 0x7e || c == ',' || c == '=')
			return false;
	}
	return true;
}

/* The entries in order, or false when the whole is to be dropped. */
static bool entries_of(struct str s, struct str entries[TRACE_STATE_MAX_ENTRIES],
		       size_t *ret_count)
{
	struct str keys[TRACE_STATE_MAX_ENTRIES], item, value;
	size_t n = 0;

	while (str_next(&s, ',', &item)) {
		item = str_trim(item);
		if (item.len == 0)
			continue;
		if (n == TRACE_STATE_MAX_ENTRIES || !str_cut(item, '=', &keys[n], &value) ||
		    !key_ok(keys[n]) || !value_ok(value))
			return false;
		for (size_t i = 0; i < n; i++)
			if (str_eq(keys[i], keys[n]))
				return false;
		entries[n++] = item;
	}
	*ret_count = n;
	return true;
}

bool trace_state(struct buf *out, struct str s)
{
	struct str entries[TRACE_STATE_MAX_ENTRIES];
	size_t n, total = 0, start = out->len;

	if (!entries_of(s, entries, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		total += entries[i].len + 1;
	for (size_t i = n; i-- > 0 && total > TRACE_STATE_MAX + 1;) {
		if (entries[i].len > LONG_ENTRY) {
			total -= entries[i].len + 1;
			entries[i].len = 0;
		}
	}
	while (n && total > TRACE_STATE_MAX + 1) {
		n--;
		total -= entries[n].len ? entries[n].len + 1 : 0;
	}
	for (size_t i = 0; i < n; i++) {
		if (entries[i].len == 0)
			continue;
		if (out->len > start)
			buf_addc(out, ',');
		buf_add(out, entries[i]);
	}
	return true;
}
