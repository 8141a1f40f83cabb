#include "http/route.h"

#include "http/uri.h"

enum { SEGMENT_MAX = 4096 };

static bool is_param(struct str segment)
{
	return segment.len > 2 && segment.ptr[0] == '{' && segment.ptr[segment.len - 1] == '}';
}

enum route_match route_match(struct arena *a, struct str pattern, struct str path,
			     struct http_field *params, size_t *ret_count)
{
	AUTO_BUF text = BUF(SEGMENT_MAX);
	struct str want, have;
	size_t n = 0;

	for (;;) {
		bool more = str_next(&pattern, '/', &want);

		if (str_next(&path, '/', &have) != more)
			return ROUTE_OTHER;
		if (!more)
			break;
		buf_clear(&text);
		if (!uri_decode(&text, have))
			return ROUTE_BAD;
		if (!is_param(want)) {
			if (!str_eq(want, buf_str(&text)))
				return ROUTE_OTHER;
			continue;
		}
		if (text.len == 0)
			return ROUTE_OTHER;
		PROMISE(n < ROUTE_MAX_PARAMS);
		params[n++] = (struct http_field){str_sub(want, 1, want.len - 1),
						  arena_str(a, buf_str(&text))};
	}
	*ret_count = n;
	return ROUTE_FITS;
}

bool route_method(struct str methods, struct str method)
{
	struct str m;

	while (str_next(&methods, ' ', &m))
		if (str_eq(m, method) || (str_is(m, "GET") && str_is(method, "HEAD")))
			return true;
	return false;
}
