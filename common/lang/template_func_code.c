/* JSON, base64 and digests in templates (SPEC 4.9). */
#include "lang/template_exec.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"
#include "lang/rfc3339.h"

enum { INDENT = 2 };

/* ---- writing, as Go's encoding/json without HTML escaping */

static void add_text(struct buf *b, struct str s)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	size_t done = 0, n;

	buf_addc(b, '"');
	for (size_t i = 0; i < s.len && !b->full; i += n) {
		uint32_t point = utf8_decode(str_from(s, i), &n, NULL);
		const char *hit = point > 0 && point < 0x80 ? strchr(from, (int)point) : NULL;

		if (!hit && point >= ' ' && point != 0x2028 && point != 0x2029)
			continue;
		buf_add(b, str_sub(s, done, i));
		done = i + n;
		buf_addc(b, '\\');
		if (hit) {
			buf_addc(b, to[hit - from]);
		} else {
			buf_addc(b, 'u');
			buf_addx(b, point, 4, false);
		}
	}
	buf_add(b, str_from(s, done));
	buf_addc(b, '"');
}

/* Pretty JSON begins a line before each item and before the closing bracket. */
static void new_line(struct buf *b, bool pretty, unsigned depth)
{
	if (!pretty)
		return;
	buf_addc(b, '\n');
	for (unsigned i = 0; i < depth * INDENT; i++)
		buf_addc(b, ' ');
}

static bool add_json(struct buf *b, const struct value *v, bool pretty, unsigned depth)
{
	size_t count = value_count(v);

	switch (v->kind) {
	case VALUE_NIL: buf_adds(b, "null"); return true;
	case VALUE_BOOL: buf_adds(b, v->boolean ? "true" : "false"); return true;
	case VALUE_INT: buf_addi(b, v->integer); return true;
	case VALUE_FLOAT:
		if (isfinite(v->real.number))
			json_add_double(b, v->real.number);
		else
			buf_add(b, v->real.literal);
		return true;
	case VALUE_STR: add_text(b, v->string.text); return true;
	case VALUE_TIME:
		buf_addc(b, '"');
		rfc3339_add_nanos(b, v->time.seconds, v->time.nanos, 0);
		buf_addc(b, '"');
		return true;
	case VALUE_LIST:
	case VALUE_MAP: break;
	}
	if (depth == TEMPLATE_VALUE_DEPTH)
		return false;
	buf_addc(b, v->kind == VALUE_LIST ? '[' : '{');
	for (size_t i = 0; i < count && !b->full; i++) {
		const struct value *item;

		if (i)
			buf_addc(b, ',');
		new_line(b, pretty, depth + 1);
		if (v->kind == VALUE_MAP) {
			const struct value_entry *e = &v->map.entries[v->map.sorted[i]];

			add_text(b, e->key);
			buf_adds(b, pretty ? ": " : ":");
			item = &e->value;
		} else {
			item = &v->list.items[i];
		}
		if (!add_json(b, item, pretty, depth + 1))
			return false;
	}
	if (count)
		new_line(b, pretty, depth);
	buf_addc(b, v->kind == VALUE_LIST ? ']' : '}');
	return true;
}

bool template_json(struct buf *b, const struct value *v)
{
	return add_json(b, v, false, 0);
}

static enum fail to_json(struct exec *x, const struct value *v, bool pretty, struct value *ret)
{
	enum fail f = exec_weigh(x, v);

	if (f)
		return f;
	if (!add_json(text_begin(x), v, pretty, 0))
		return exec_limit(x, "depth");
	return text_end(x, ret);
}

HELPER(func_to_json)
{
	(void)count;
	return to_json(x, &args[0], false, ret);
}

HELPER(func_to_pretty_json)
{
	(void)count;
	return to_json(x, &args[0], true, ret);
}

/* ---- reading */

/* No float that is too large for a double? */
static bool all_finite(const struct value *v)
{
	bool fine = v->kind != VALUE_FLOAT || isfinite(v->real.number);

	for (size_t i = 0; fine && v->kind == VALUE_LIST && i < v->list.count; i++)
		fine = all_finite(&v->list.items[i]);
	for (size_t i = 0; fine && v->kind == VALUE_MAP && i < v->map.count; i++)
		fine = all_finite(&v->map.entries[i].value);
	return fine;
}

/* An upper bound of what the values of a JSON text take. */
static size_t values_size(struct str s)
{
	size_t n = 1;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == ',' || s.ptr[i] == '[' || s.ptr[i] == '{';
	return n * (sizeof(struct value_entry) + sizeof(uint32_t)) + s.len;
}

HELPER(func_from_json)
{
	/* Reading needs several times as much as the values; only these are kept. */
	AUTO_ARENA reading = ARENA_INIT;
	struct value v;
	struct str s;
	size_t size;
	enum fail f;

	(void)count;
	*ret = args[0];
	if (args[0].kind != VALUE_STR)
		return FAIL_NONE;
	s = args[0].string.text;
	size = values_size(s);
	f = exec_work(x, size + EXEC_PARSED_WORK * s.len);
	if (!f)
		f = exec_room(x, size);
	if (f)
		return f;
	if (json_parse(&reading, s, JSON_LENIENT | JSON_LAST_KEY, TEMPLATE_VALUE_DEPTH, &v,
		       NULL)) {
		*ret = value_nil;
		return FAIL_NONE;
	}
	if (!all_finite(&v))
		return call_failf(x, "number out of range");
	*ret = value_copy(x->arena, &v);
	return FAIL_NONE;
}

/* ---- bytes */

HELPER(func_b64enc)
{
	struct str s;
	enum fail f = arg_text(x, &args[0], &s);

	(void)count;
	if (f)
		return f;
	base64_add(text_begin(x), s);
	return text_end(x, ret);
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* As Go's StdEncoding: line breaks are skipped, and the unused bits of the last digit may be
 * anything. */
static bool base64_lenient(struct buf *b, struct str s)
{
	uint32_t bits = 0;
	unsigned digits = 0, padding = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		int d = base64_digit(c);

		if (c == '\n' || c == '\r')
			continue;
		if (c == '=') {
			padding++;
			continue;
		}
		if (d < 0 || padding)
			return false;
		bits = bits << 6 | (uint32_t)d;
		if (++digits % 4 == 0) {
			buf_addc(b, (char)(bits >> 16 & 0xFF));
			buf_addc(b, (char)(bits >> 8 & 0xFF));
			buf_addc(b, (char)(bits & 0xFF));
		}
	}
	switch (digits % 4) {
	case 0: return padding == 0;
	case 2: buf_addc(b, (char)(bits >> 4 & 0xFF)); return padding == 2;
	case 3:
		buf_addc(b, (char)(bits >> 10 & 0xFF));
		buf_addc(b, (char)(bits >> 2 & 0xFF));
		return padding == 1;
	default: return false;
	}
}

HELPER(func_b64dec)
{
	AUTO_BUF bytes = BUF(x->limits->value_bytes);
	struct str s;
	enum fail f = arg_text(x, &args[0], &s);

	(void)count;
	if (!f)
		f = exec_work(x, EXEC_MADE_WORK * s.len);
	if (f)
		return f;
	if (!base64_lenient(&bytes, s))
		return call_failf(x, "not base64");
	utf8_clean(text_begin(x), buf_str(&bytes));
	return text_end(x, ret);
}

HELPER(func_sha256sum)
{
	char hex[SHA256_HEX_SIZE];
	struct str s;
	enum fail f = arg_text(x, &args[0], &s);

	(void)count;
	if (!f)
		f = exec_work(x, EXEC_MADE_WORK * s.len);
	if (f)
		return f;
	sha256_hex(s, hex);
	buf_adds(text_begin(x), hex);
	return text_end(x, ret);
}
