#include "redis/url.h"

#include <string.h>

/* Words never quote the input: it may hold the password. */
#define WRONG(why, ...) failf((why), FAIL_INPUT, "Redis URL: " __VA_ARGS__)

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decodes into the arena. Refuses NUL and other control characters: none of our fields
 * has a use for them, and a name with one would not be the text that people see. */
static bool decode(struct arena *a, struct str s, struct str *ret)
{
	char *out = arena_alloc(a, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == '%') {
			int high = i + 2 < s.len ? hex_digit(s.ptr[i + 1]) : -1;
			int low = high >= 0 ? hex_digit(s.ptr[i + 2]) : -1;

			if (low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		}
		if ((unsigned char)c < 0x20 || c == 0x7f)
			return false;
		out[n++] = c;
	}
	*ret = str_n(out, n);
	return true;
}

static bool host_char(char c, bool bracketed)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '.' || c == '-' || c == '_' || (bracketed && (c == ':' || c == '%'));
}

static enum fail parse_host(struct arena *a, struct str s, uint16_t default_port,
			    struct redis_host *ret, struct why *why)
{
	enum { HOST_MAX_BYTES = 253 };
	struct redis_host h = {.port = default_port};
	struct str name, port;
	bool bracketed = str_starts(s, STR("[")), has_port;
	uint64_t n;

	if (bracketed) {
		size_t end = str_chr(s, ']', 0);

		if (end == STR_NONE)
			return WRONG(why, "'[' without ']'");
		name = str_sub(s, 1, end);
		s = str_from(s, end + 1);
		if (s.len && s.ptr[0] != ':')
			return WRONG(why, "after ']' only a port may follow");
		has_port = s.len > 0;
		port = str_from(s, 1);
	} else {
		has_port = str_cut(s, ':', &name, &port);
	}
	if (name.len == 0)
		return WRONG(why, "a host is missing");
	if (bracketed && str_chr(name, ':', 0) == STR_NONE)
		return WRONG(why, "only IPv6 addresses stand in brackets");
	if (name.len > HOST_MAX_BYTES)
		return WRONG(why, "a host name is too long");
	for (size_t i = 0; i < name.len; i++)
		if (!host_char(name.ptr[i], bracketed))
			return WRONG(why,
				     "a host name has a character that does not belong there");
	if (has_port) {
		if (!str_to_u64(port, &n) || n == 0 || n > UINT16_MAX)
			return WRONG(why, "a port is not a number from 1 to 65535");
		h.port = (uint16_t)n;
	}
	h.name = arena_str(a, name);
	*ret = h;
	return FAIL_NONE;
}

static enum fail parse_user(struct arena *a, struct str s, struct redis_url *u, struct why *why)
{
	struct str user, password;

	u->has_password = str_cut(s, ':', &user, &password);
	if (!decode(a, user, &u->user) || !decode(a, password, &u->password))
		return WRONG(why, "user or password: '%%' needs two hexadecimal digits, and "
				  "control characters are not allowed");
	if (u->has_password && u->password.len == 0)
		return WRONG(why, "the password is empty");
	return FAIL_NONE;
}

static enum fail parse_db(struct str s, struct redis_url *u, struct why *why)
{
	uint64_t n;

	if (s.len == 0)
		return FAIL_NONE;
	if (!str_to_u64(s, &n) || n > REDIS_URL_MAX_DB)
		return WRONG(why, "the database is not a number from 0 to %d",
			     REDIS_URL_MAX_DB);
	u->db = (unsigned)n;
	return FAIL_NONE;
}

/* What follows the user in unix://: /path[?db=n] */
static enum fail parse_unix(struct arena *a, struct str rest, struct redis_url *u,
			    struct why *why)
{
	struct str path, query;
	bool has_query = str_cut(rest, '?', &path, &query);

	if (!decode(a, path, &u->path))
		return WRONG(why, "path: '%%' needs two hexadecimal digits");
	if (u->path.len < 2 || u->path.ptr[0] != '/')
		return WRONG(why, "unix:// needs an absolute path");
	if (u->path.len > REDIS_UNIX_MAX_BYTES)
		return WRONG(why, "the path of a socket may have %d bytes",
			     REDIS_UNIX_MAX_BYTES);
	if (has_query && (!str_starts(query, STR("db=")) || query.len == 3))
		return WRONG(why, "after '?' only db=<number> is known");
	return has_query ? parse_db(str_from(query, 3), u, why) : FAIL_NONE;
}

/* What follows the user in the other forms: host[:port][,...][/master][/db] */
static enum fail parse_net(struct arena *a, struct str rest, struct redis_url *u,
			   struct why *why)
{
	bool sentinel = u->kind == REDIS_SENTINEL;
	struct str hosts, path, host;
	enum fail f;

	if (str_chr(rest, '?', 0) != STR_NONE || str_chr(rest, '#', 0) != STR_NONE)
		return WRONG(why, "'?' and '#' are not known here");
	str_cut(rest, '/', &hosts, &path);
	do {
		if (sentinel)
			str_cut(hosts, ',', &host, &hosts);
		else
			host = hosts, hosts = str_n(NULL, 0);
		if (u->host_count == REDIS_URL_MAX_HOSTS)
			return WRONG(why, "more than %d hosts", REDIS_URL_MAX_HOSTS);
		f = parse_host(a, host, sentinel ? REDIS_SENTINEL_PORT : REDIS_PORT,
			       &u->hosts[u->host_count++], why);
		if (f)
			return f;
	} while (hosts.len);
	if (sentinel) {
		struct str master;

		str_cut(path, '/', &master, &path);
		if (master.len == 0)
			return WRONG(why, "the name of the primary is missing: "
					  "redis+sentinel://host:port/<name>/<db>");
		if (!decode(a, master, &u->master))
			return WRONG(why, "primary: '%%' needs two hexadecimal digits");
		if (u->master.len > REDIS_URL_MAX_MASTER_BYTES)
			return WRONG(why, "the name of the primary may have %d bytes",
				     REDIS_URL_MAX_MASTER_BYTES);
	}
	return parse_db(path, u, why);
}

enum fail redis_url_parse(struct arena *a, struct str text, struct redis_url *ret_url,
			  struct why *why)
{
	static const struct {
		struct str scheme;
		enum redis_url_kind kind;
	} forms[] = {
		{STR_INIT("redis://"), REDIS_PLAIN},
		{STR_INIT("rediss://"), REDIS_TLS},
		{STR_INIT("unix://"), REDIS_UNIX},
		{STR_INIT("redis+sentinel://"), REDIS_SENTINEL},
	};
	struct redis_url u = {0};
	struct str rest = {NULL, 0}, authority;
	size_t at;
	enum fail f;

	if (text.len > REDIS_URL_MAX_BYTES)
		return WRONG(why, "longer than %d bytes", REDIS_URL_MAX_BYTES);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (!str_starts_nocase(text, forms[i].scheme))
			continue;
		u.kind = forms[i].kind;
		rest = str_from(text, forms[i].scheme.len);
	}
	if (!rest.ptr)
		return WRONG(why, "must begin with redis://, rediss://, unix:// or "
				  "redis+sentinel://");

	/* The user ends at the last '@' of the authority, so that a '@' in a password that
	 * somebody forgot to encode does not move part of it into the host name. */
	authority = str_sub(rest, 0, str_chr(rest, '/', 0));
	at = str_rchr(authority, '@');
	if (at != STR_NONE) {
		f = parse_user(a, str_sub(authority, 0, at), &u, why);
		if (f)
			return f;
		rest = str_from(rest, at + 1);
	}
	f = u.kind == REDIS_UNIX ? parse_unix(a, rest, &u, why) : parse_net(a, rest, &u, why);
	if (f)
		return f;
	*ret_url = u;
	return FAIL_NONE;
}

/* Keeps what has no meaning in a URL, and keep, encodes the rest. */
static void add_encoded(struct buf *out, struct str s, char keep)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (host_char((char)c, false) || (char)c == keep || c >= 0x80)
			buf_addc(out, (char)c);
		else
			buf_addf(out, "%%%02X", c);
	}
}

void redis_url_print(const struct redis_url *u, struct buf *out)
{
	switch (u->kind) {
	case REDIS_PLAIN: buf_adds(out, "redis://"); break;
	case REDIS_TLS: buf_adds(out, "rediss://"); break;
	case REDIS_UNIX: buf_adds(out, "unix://"); break;
	case REDIS_SENTINEL: buf_adds(out, "redis+sentinel://"); break;
	}
	for (size_t i = 0; i < u->host_count; i++) {
		const struct redis_host *h = &u->hosts[i];
		bool v6 = str_chr(h->name, ':', 0) != STR_NONE;

		buf_addf(out, v6 ? "%s[%.*s]:%u" : "%s%.*s:%u", i ? "," : "", STR_ARG(h->name),
			 h->port);
	}
	if (u->kind == REDIS_UNIX) {
		add_encoded(out, u->path, '/');
		if (u->db)
			buf_addf(out, "?db=%u", u->db);
		return;
	}
	if (u->kind == REDIS_SENTINEL) {
		buf_addc(out, '/');
		add_encoded(out, u->master, '\0');
	}
	buf_addf(out, "/%u", u->db);
}

struct redis_url redis_url_copy(struct arena *a, const struct redis_url *url)
{
	struct redis_url u = *url;

	for (size_t i = 0; i < u.host_count; i++)
		u.hosts[i].name = arena_str(a, u.hosts[i].name);
	u.path = arena_str(a, u.path);
	u.master = arena_str(a, u.master);
	u.user = arena_str(a, u.user);
	u.password = arena_str(a, u.password);
	return u;
}
