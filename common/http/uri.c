#include "http/uri.h"

#include <string.h>

#include "base/utf8.h"
#include "http/ip.h"

static bool plain(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c <= 0x20 || c == 0x7f || c == '\\')
			return false;
	}
	return true;
}

static bool port_ok(struct str port)
{
	uint64_t n;

	return port.len == 0 || (port.len <= 5 && str_to_u64(port, &n) && n <= 65535);
}

static bool is_v6(struct str host)
{
	struct ip ip;

	return str_chr(host, ':', 0) != STR_NONE && ip_parse(host, &ip);
}

/* "[v6]:port" or "host:port" */
static bool split_authority(struct str authority, struct uri *u)
{
	size_t at = str_rchr(authority, '@'), end;
	struct str rest;

	u->userinfo = str_n(NULL, 0);
	if (at != STR_NONE) {
		u->userinfo = str_sub(authority, 0, at);
		authority = str_from(authority, at + 1);
	}
	if (authority.len && authority.ptr[0] == '[') {
		end = str_chr(authority, ']', 0);
		if (end == STR_NONE)
			return false;
		u->host = str_sub(authority, 1, end);
		rest = str_from(authority, end + 1);
		if (!is_v6(u->host) || (rest.len && rest.ptr[0] != ':'))
			return false;
		u->port = str_from(rest, 1);
	} else {
		str_cut(authority, ':', &u->host, &u->port);
		if (str_chr(u->host, '[', 0) != STR_NONE ||
		    str_chr(u->host, ']', 0) != STR_NONE)
			return false;
	}
	return u->host.len > 0 && port_ok(u->port);
}

bool uri_split(struct str url, struct uri *ret_uri)
{
	struct uri u = {0};
	size_t colon = str_find(url, STR("://"), 0), end;

	if (colon == STR_NONE || !plain(url))
		return false;
	u.scheme = str_sub(url, 0, colon);
	if (!str_eq_nocase(u.scheme, STR("http")) && !str_eq_nocase(u.scheme, STR("https")))
		return false;
	url = str_from(url, colon + 3);
	str_cut(url, '#', &url, NULL);
	for (end = 0; end < url.len && url.ptr[end] != '/' && url.ptr[end] != '?';)
		end++;
	if (!split_authority(str_sub(url, 0, end), &u))
		return false;
	if (!str_cut(str_from(url, end), '?', &u.path, &u.query))
		u.query = str_n(NULL, 0);
	else if (!u.query.ptr)
		u.query = STR("");
	*ret_uri = u;
	return true;
}

static void add_origin(struct buf *out, const struct uri *u)
{
	bool v6 = str_chr(u->host, ':', 0) != STR_NONE;

	buf_add(out, u->scheme);
	buf_adds(out, v6 ? "://[" : "://");
	buf_add(out, u->host);
	if (v6)
		buf_addc(out, ']');
	if (u->port.len) {
		buf_addc(out, ':');
		buf_add(out, u->port);
	}
}

void uri_add_origin(struct buf *out, struct str url)
{
	struct uri u;

	if (uri_split(url, &u))
		add_origin(out, &u);
	else
		buf_adds(out, "(invalid URL)");
}

void uri_add_printable(struct buf *out, struct str url)
{
	struct uri u;

	uri_add_origin(out, url);
	if (uri_split(url, &u))
		buf_add(out, u.path);
}

static uint64_t port_of(const struct uri *u)
{
	uint64_t port = str_eq_nocase(u->scheme, STR("https")) ? 443 : 80;

	if (u->port.len && !str_to_u64(u->port, &port))
		return 0;
	return port;
}

bool uri_same_origin(struct str a, struct str b)
{
	struct uri x, y;

	return uri_split(a, &x) && uri_split(b, &y) && str_eq_nocase(x.scheme, y.scheme) &&
	       str_eq_nocase(x.host, y.host) && port_of(&x) == port_of(&y);
}

/* --- escapes --------------------------------------------------------------------------------
 */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool decode(struct buf *out, struct str s, bool plus)
{
	size_t start = out->len;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == '%') {
			int high = i + 2 < s.len ? hex(s.ptr[i + 1]) : -1;
			int low = i + 2 < s.len ? hex(s.ptr[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (c == '\0')
			return false;
		buf_addc(out, c);
	}
	return !out->full && utf8_valid(str_from(buf_str(out), start));
}

bool uri_decode(struct buf *out, struct str s)
{
	return decode(out, s, false);
}

bool uri_decode_query(struct buf *out, struct str s)
{
	return decode(out, s, true);
}

void uri_encode(struct buf *out, struct str s)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || (c && strchr("-._~", c))) {
			buf_addc(out, (char)c);
		} else {
			char escaped[3] = {'%', digits[c >> 4], digits[c & 15]};

			buf_add(out, str_n(escaped, sizeof(escaped)));
		}
	}
}

enum uri_param uri_query_get(struct str query, struct str name, struct buf *out)
{
	struct str pair, key, value;

	while (str_next(&query, '&', &pair)) {
		str_cut(pair, '=', &key, &value);
		if (str_eq(key, name))
			return uri_decode_query(out, value) ? URI_PARAM_FOUND : URI_PARAM_BAD;
	}
	return URI_PARAM_ABSENT;
}
