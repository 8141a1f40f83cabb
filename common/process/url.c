#include "process/url.h"

/* The offset after `scheme://`, or STR_NONE. RFC 3986 3.1: a letter, then letters, digits and
 * `+ - .` */
static size_t after_scheme(struct str url)
{
	size_t colon = str_find(url, STR("://"), 0);

	if (colon == STR_NONE || colon == 0)
		return STR_NONE;
	for (size_t i = 0; i < colon; i++) {
		char c = url.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!letter &&
		    (i == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.')))
			return STR_NONE;
	}
	return colon + 3;
}

/* The offset of the first of the given bytes at or after from, or the end. */
static size_t first_of(struct str s, size_t from, struct str bytes)
{
	while (from < s.len && str_chr(bytes, s.ptr[from], 0) == STR_NONE)
		from++;
	return from;
}

struct str url_userinfo(struct str url)
{
	const struct str none = {NULL, 0};
	size_t start = after_scheme(url), end, at;
	bool http = str_starts_nocase(url, STR("http://")) ||
		    str_starts_nocase(url, STR("https://"));

	if (start == STR_NONE)
		return none;
	end = first_of(url, start, http ? STR("/?#") : STR("?#"));
	at = str_rchr(str_sub(url, start, end), '@');
	return at == STR_NONE ? none : str_sub(url, start, start + at);
}

bool url_has_password(struct str url)
{
	return str_chr(url_userinfo(url), ':', 0) != STR_NONE;
}

void url_add_clean(struct buf *out, struct str url)
{
	size_t start = after_scheme(url), end;
	struct str user = url_userinfo(url);

	if (start == STR_NONE) {
		buf_adds(out, "(invalid URL)");
		return;
	}
	end = first_of(url, start, STR("?#"));
	buf_add(out, str_sub(url, 0, start));
	buf_add(out, str_sub(url, user.ptr ? start + user.len + 1 : start, end));
}
