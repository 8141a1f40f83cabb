#include "lang/reference.h"

#include <string.h>

/* Each part with its own delimiter, empty when absent: "http:" "//host" "/path" "?query". */
struct parts {
	struct str scheme, authority, path, query, fragment;
};

static size_t first_of(struct str s, const char *set)
{
	size_t i = 0;

	while (i < s.len && !(s.ptr[i] && strchr(set, s.ptr[i])))
		i++;
	return i;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct str take(struct str *rest, size_t n)
{
	struct str head = str_sub(*rest, 0, n);

	*rest = str_from(*rest, n);
	return head;
}

static struct parts parts_of(struct str uri)
{
	struct parts p = {.fragment = {NULL, 0}};
	size_t n = first_of(uri, ":/?#");

	if (n > 0 && n < uri.len && uri.ptr[n] == ':' && is_letter(uri.ptr[0]))
		p.scheme = take(&uri, n + 1);
	if (str_starts(uri, STR("//")))
		p.authority = take(&uri, 2 + first_of(str_from(uri, 2), "/?#"));
	p.path = take(&uri, first_of(uri, "?#"));
	p.query = take(&uri, first_of(uri, "#"));
	p.fragment = uri;
	return p;
}

/* RFC 3986, 5.2.4, in place; a relative path keeps being one. Returns the new length. */
static size_t remove_dots(char *path, size_t len)
{
	size_t root = len && path[0] == '/', in = root, out = root;

	while (in < len) {
		size_t end = in;

		while (end < len && path[end] != '/')
			end++;
		if (end - in == 2 && path[in] == '.' && path[in + 1] == '.') {
			out -= out > root; /* the slash behind the segment that goes */
			while (out > root && path[out - 1] != '/')
				out--;
		} else if (!(end - in == 1 && path[in] == '.')) {
			memmove(path + out, path + in, end - in);
			out += end - in;
			if (end < len)
				path[out++] = '/';
		}
		in = end + 1;
	}
	return out;
}

/* RFC 3986, 5.2.3: ref in the place of what follows the last '/' of base. */
static struct str merge(struct arena *a, const struct parts *base, struct str ref)
{
	size_t slash = str_rchr(base->path, '/');
	struct str path, folder;

	folder = slash == STR_NONE ? str_n(NULL, 0) : str_sub(base->path, 0, slash + 1);
	if (base->authority.len && base->path.len == 0)
		folder = STR("/");
	path = ARENA_JOIN(a, folder, ref);
	return path;
}

struct str reference_resolve(struct arena *a, struct str base, struct str ref)
{
	struct parts r = parts_of(ref), b = parts_of(base);
	struct str path = r.path;
	char *copy;

	if (r.scheme.len == 0) {
		r.scheme = b.scheme;
		if (r.authority.len == 0) {
			r.authority = b.authority;
			if (path.len == 0) {
				path = b.path;
				if (r.query.len == 0)
					r.query = b.query;
			} else if (path.ptr[0] != '/') {
				path = merge(a, &b, path);
			}
		}
	}
	copy = arena_alloc(a, path.len + 1);
	if (path.len)
		memcpy(copy, path.ptr, path.len);
	path = str_n(copy, remove_dots(copy, path.len));
	return ARENA_JOIN(a, r.scheme, r.authority, path, r.query, r.fragment);
}

void reference_split(struct str uri, struct str *ret_absolute, struct str *ret_fragment)
{
	struct str fragment = {NULL, 0};

	str_cut(uri, '#', &uri, &fragment);
	*ret_absolute = uri;
	*ret_fragment = fragment;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool reference_unescape(struct arena *a, struct str s, struct str *ret)
{
	char *out = arena_alloc(a, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != '%') {
			out[n++] = s.ptr[i];
			continue;
		}
		if (i + 2 >= s.len || hex(s.ptr[i + 1]) < 0 || hex(s.ptr[i + 2]) < 0)
			return false;
		out[n++] = (char)(hex(s.ptr[i + 1]) << 4 | hex(s.ptr[i + 2]));
		i += 2;
	}
	*ret = str_n(out, n);
	return true;
}
