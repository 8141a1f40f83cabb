#include "http/http_fields.h"

#include <string.h>

struct str http_fields_get(struct http_fields fields, struct str name)
{
	for (size_t i = 0; i < fields.count; i++) {
		if (str_eq_nocase(fields.items[i].name, name)) {
			struct str v = fields.items[i].value;

			return v.ptr ? v : STR("");
		}
	}
	return str_n(NULL, 0);
}

size_t http_fields_count(struct http_fields fields, struct str name)
{
	size_t n = 0;

	for (size_t i = 0; i < fields.count; i++)
		n += str_eq_nocase(fields.items[i].name, name);
	return n;
}

void http_fields_join(struct http_fields fields, struct str name, struct buf *out)
{
	bool first = true;

	for (size_t i = 0; i < fields.count; i++) {
		if (!str_eq_nocase(fields.items[i].name, name))
			continue;
		if (!first)
			buf_adds(out, ", ");
		first = false;
		buf_add(out, fields.items[i].value);
	}
}

static bool is_token_byte(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c && strchr("!#$%&'*+-.^_`|~", c);
}

bool http_is_token(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_token_byte(s.ptr[i]))
			return false;
	return s.len > 0;
}

bool http_is_value(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return str_trim(s).len == s.len;
}
