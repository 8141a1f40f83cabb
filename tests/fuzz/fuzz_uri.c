/* URLs and escapes: what decodes encodes and decodes to the same; what is printed holds neither
 * query nor user information. */
#include <stdlib.h>

#include "http/media.h"
#include "http/route.h"
#include "http/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_escapes(struct str text)
{
	AUTO_BUF plain = BUF(text.len), again = BUF(text.len), escaped = BUF(3 * text.len);

	if (!uri_decode(&plain, text))
		return;
	uri_encode(&escaped, buf_str(&plain));
	if (!uri_decode(&again, buf_str(&escaped)) || !str_eq(buf_str(&plain), buf_str(&again)))
		abort();
}

static void check_url(struct str url)
{
	AUTO_BUF shown = BUF(url.len + 100);
	struct uri u, v;

	uri_add_printable(&shown, url);
	if (!uri_split(url, &u))
		return;
	if (!uri_same_origin(url, url) || !uri_split(buf_str(&shown), &v))
		abort();
	if (v.userinfo.ptr || v.query.ptr || !str_eq(u.host, v.host) ||
	    !str_eq(u.path, v.path) || !str_eq(u.port, v.port))
		abort();
}

static void check_headers(struct str value)
{
	AUTO_BUF out = BUF(value.len);
	struct str item;
	struct media m;

	while (media_list_next(&value, &item))
		if (item.len == 0)
			abort();
	if (media_parse(value, &m))
		(void)media_param(m.params, STR("charset"), &out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n((const char *)data, size);
	struct http_field params[ROUTE_MAX_PARAMS];
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF value = BUF(size);
	size_t n = 0;

	check_escapes(text);
	check_url(text);
	check_headers(text);
	(void)uri_query_get(text, STR("a"), &value);
	if (route_match(&a, STR("/a/{b}/{c}"), text, params, &n) == ROUTE_FITS &&
	    (n != 2 || params[0].value.len == 0 || params[1].value.len == 0))
		abort();
	return 0;
}
