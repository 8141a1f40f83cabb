#include "base/utf8.h"

#include <string.h>

static bool continues(struct str s, size_t i)
{
	return i < s.len && ((unsigned char)s.ptr[i] & 0xC0) == 0x80;
}

uint32_t utf8_decode(struct str s, size_t *ret_len, bool *ret_valid)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)s.ptr[0];
	uint32_t point;
	size_t n = 1;

	if (ret_valid)
		*ret_valid = true;
	*ret_len = 1;
	if (first < 0x80)
		return first;
	if (first >= 0xC2 && first < 0xE0) {
		n = 2;
		point = first & 0x1Fu;
	} else if (first >= 0xE0 && first < 0xF0) {
		n = 3;
		point = first & 0x0Fu;
	} else if (first >= 0xF0 && first < 0xF5) {
		n = 4;
		point = first & 0x07u;
	} else {
		goto invalid;
	}
	for (size_t i = 1; i < n; i++) {
		if (!continues(s, i))
			goto invalid;
		point = point << 6 | ((unsigned char)s.ptr[i] & 0x3Fu);
	}
	if (point < smallest[n] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000))
		goto invalid;
	*ret_len = n;
	return point;

invalid:
	if (ret_valid)
		*ret_valid = false;
	return UTF8_REPLACEMENT;
}

size_t utf8_encode(uint32_t point, char out[4])
{
	if (point > 0x10FFFF || (point >= 0xD800 && point < 0xE000))
		point = UTF8_REPLACEMENT;
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (char)(0xC0 | point >> 6);
		out[1] = (char)(0x80 | (point & 0x3F));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (char)(0xE0 | point >> 12);
		out[1] = (char)(0x80 | (point >> 6 & 0x3F));
		out[2] = (char)(0x80 | (point & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | point >> 18);
	out[1] = (char)(0x80 | (point >> 12 & 0x3F));
	out[2] = (char)(0x80 | (point >> 6 & 0x3F));
	out[3] = (char)(0x80 | (point & 0x3F));
	return 4;
}

void utf8_add(struct buf *b, uint32_t point)
{
	char bytes[4];

	buf_add(b, str_n(bytes, utf8_encode(point, bytes)));
}

size_t utf8_ascii(struct str s, size_t from)
{
	size_t i = from;
	uint64_t eight;

	for (; i + sizeof(eight) <= s.len; i += sizeof(eight)) {
		memcpy(&eight, s.ptr + i, sizeof(eight));
		if (eight & UINT64_C(0x8080808080808080))
			break;
	}
	while (i < s.len && !(s.ptr[i] & 0x80))
		i++;
	return i - from;
}

bool utf8_valid(struct str s)
{
	size_t n;
	bool valid;

	for (size_t i = utf8_ascii(s, 0); i < s.len; i += n) {
		utf8_decode(str_from(s, i), &n, &valid);
		if (!valid)
			return false;
		n += utf8_ascii(s, i + n);
	}
	return true;
}

void utf8_clean(struct buf *b, struct str s)
{
	size_t from = 0, n;
	bool valid;

	for (size_t i = utf8_ascii(s, 0); i < s.len; i += n) {
		utf8_decode(str_from(s, i), &n, &valid);
		n += utf8_ascii(s, i + n);
		if (valid)
			continue;
		buf_add(b, str_sub(s, from, i));
		utf8_add(b, UTF8_REPLACEMENT);
		from = i + 1;
	}
	buf_add(b, str_from(s, from));
}

size_t utf8_count(struct str s)
{
	size_t i = utf8_ascii(s, 0), count = i, n, run;

	while (i < s.len) {
		utf8_decode(str_from(s, i), &n, NULL);
		run = utf8_ascii(s, i + n);
		i += n + run;
		count += 1 + run;
	}
	return count;
}

struct str utf8_cut(struct str s, size_t max_bytes)
{
	size_t end = max_bytes;

	if (s.len <= max_bytes)
		return s;
	while (end > 0 && max_bytes - end < 4 && continues(s, end))
		end--;
	return str_sub(s, 0, end);
}

struct str utf8_first(struct str s, size_t n)
{
	size_t i = utf8_ascii(str_sub(s, 0, n), 0), len;

	for (n -= i; n > 0 && i < s.len; n--, i += len)
		utf8_decode(str_from(s, i), &len, NULL);
	return str_sub(s, 0, i);
}
