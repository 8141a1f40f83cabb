#include "base/str.h"

#include <string.h>

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_of(const char *c)
{
	return (struct str){c, c ? strlen(c) : 0};
}

struct str str_n(const char *ptr, size_t len)
{
	return (struct str){ptr, len};
}

bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_is(struct str a, const char *c)
{
	return str_eq(a, str_of(c));
}

bool str_eq_nocase(struct str a, struct str b)
{
	return a.len == b.len && str_starts_nocase(a, b);
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.ptr, b.ptr, n) : 0;

	if (c)
		return c;
	return a.len < b.len ? -1 : a.len > b.len;
}

bool str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_eq(str_n(s.ptr, prefix.len), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.len >= suffix.len && str_eq(str_from(s, s.len - suffix.len), suffix);
}

bool str_starts_nocase(struct str s, struct str prefix)
{
	if (s.len < prefix.len)
		return false;
	for (size_t i = 0; i < prefix.len; i++)
		if (lower(s.ptr[i]) != lower(prefix.ptr[i]))
			return false;
	return true;
}

size_t str_find(struct str s, struct str needle, size_t from)
{
	const char *hit;

	if (from > s.len || needle.len > s.len - from)
		return STR_NONE;
	if (needle.len == 0)
		return from;
	if (needle.len == 1)
		return str_chr(s, needle.ptr[0], from);
	hit = memmem(s.ptr + from, s.len - from, needle.ptr, needle.len);
	return hit ? (size_t)(hit - s.ptr) : STR_NONE;
}

size_t str_find_nocase(struct str s, struct str needle, size_t from)
{
	if (from > s.len)
		return STR_NONE;
	for (size_t i = from; needle.len <= s.len - i; i++)
		if (str_starts_nocase(str_from(s, i), needle))
			return i;
	return STR_NONE;
}

size_t str_chr(struct str s, char c, size_t from)
{
	const char *hit;

	if (from >= s.len)
		return STR_NONE;
	hit = memchr(s.ptr + from, c, s.len - from);
	return hit ? (size_t)(hit - s.ptr) : STR_NONE;
}

size_t str_rchr(struct str s, char c)
{
	for (size_t i = s.len; i > 0; i--)
		if (s.ptr[i - 1] == c)
			return i - 1;
	return STR_NONE;
}

struct str str_sub(struct str s, size_t from, size_t to)
{
	if (to > s.len)
		to = s.len;
	if (from > to)
		from = to;
	return (struct str){s.ptr ? s.ptr + from : NULL, to - from};
}

struct str str_from(struct str s, size_t from)
{
	return str_sub(s, from, s.len);
}

struct str str_trim(struct str s)
{
	size_t from = 0, to = s.len;

	while (from < to && blank(s.ptr[from]))
		from++;
	while (to > from && blank(s.ptr[to - 1]))
		to--;
	return str_sub(s, from, to);
}

bool str_cut(struct str s, char sep, struct str *head, struct str *tail)
{
	size_t at = str_chr(s, sep, 0);

	if (head)
		*head = at == STR_NONE ? s : str_sub(s, 0, at);
	if (tail)
		*tail = at == STR_NONE ? (struct str){NULL, 0} : str_from(s, at + 1);
	return at != STR_NONE;
}

bool str_next(struct str *rest, char sep, struct str *field)
{
	struct str all = *rest;

	if (!all.ptr)
		return false;
	str_cut(all, sep, field, rest);
	return true;
}

bool str_to_u64(struct str s, uint64_t *ret_value)
{
	uint64_t v = 0;

	if (s.len == 0 || s.len > 20)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.ptr[i] - '0'), &v))
			return false;
	}
	*ret_value = v;
	return true;
}

bool str_to_i64(struct str s, int64_t *ret_value)
{
	bool minus = s.len && s.ptr[0] == '-';
	uint64_t v;

	if (!str_to_u64(minus ? str_from(s, 1) : s, &v))
		return false;
	if (v > (uint64_t)INT64_MAX + (minus ? 1u : 0u))
		return false;
	*ret_value = minus ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

struct str i64_text(int64_t v, char room[I64_TEXT_BYTES])
{
	uint64_t rest = v < 0 ? -(uint64_t)v : (uint64_t)v;
	char *end = room + I64_TEXT_BYTES, *p = end;

	do {
		*--p = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (v < 0)
		*--p = '-';
	return str_n(p, (size_t)(end - p));
}

bool str_to_bytes(struct str s, uint64_t *ret_bytes)
{
	static const struct {
		struct str suffix;
		unsigned shift;
	} unit[] = {{STR_INIT("KiB"), 10}, {STR_INIT("MiB"), 20}, {STR_INIT("GiB"), 30}};
	unsigned shift = 0;
	uint64_t v;

	for (size_t i = 0; i < sizeof(unit) / sizeof(unit[0]); i++)
		if (str_ends(s, unit[i].suffix)) {
			shift = unit[i].shift;
			s = str_sub(s, 0, s.len - 3);
			break;
		}
	if (!str_to_u64(s, &v) || v > (UINT64_MAX >> shift))
		return false;
	*ret_bytes = v << shift;
	return true;
}
