/*
 * Where Redis is: the URL forms of SPEC 2.5.
 *
 *	redis://[user[:password]@]host[:6379][/db]
 *	rediss://[user[:password]@]host[:6379][/db]			TLS
 *	unix://[user[:password]@]/path[?db=n]
 *	redis+sentinel://[user[:password]@]host[:26379][,host...]/master[/db]
 *
 * User, password and path are percent-decoded. An IPv6 address stands in brackets. In
 * "redis://:secret@host" the user is empty, which is Redis' default user. No error text and
 * nothing printed ever holds the password.
 */
#ifndef ARK_REDIS_URL_H
#define ARK_REDIS_URL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"

enum {
	REDIS_URL_MAX_BYTES = 4096,
	REDIS_URL_MAX_HOSTS = 8,
	REDIS_URL_MAX_DB = 1023,
	REDIS_URL_MAX_MASTER_BYTES = 255,
	REDIS_PORT = 6379,
	REDIS_SENTINEL_PORT = 26379,
	REDIS_UNIX_MAX_BYTES = 107, /* sun_path without its NUL */
};

enum redis_url_kind {
	REDIS_PLAIN,
	REDIS_TLS,
	REDIS_UNIX,
	REDIS_SENTINEL, /* hosts are Sentinels; the primary is asked for */
};

struct redis_host {
	struct str name; /* a host name or an IP address, without brackets */
	uint16_t port;
};

struct redis_url {
	enum redis_url_kind kind;
	struct redis_host hosts[REDIS_URL_MAX_HOSTS]; /* one, but for Sentinel; none for unix */
	size_t host_count;
	struct str path;   /* unix only */
	struct str master; /* Sentinel only: the name of the primary */
	struct str user, password;
	bool has_password;
	unsigned db;
};

/* Reads a URL; its strings live in the arena, each ended by a NUL outside its length.
 * FAIL_INPUT with words that do not quote the URL. */
enum fail redis_url_parse(struct arena *a, struct str text, struct redis_url *ret_url,
			  struct why *why) MUST_CHECK;
/* Appends the URL without user and password (SPEC 2.9). */
void redis_url_print(const struct redis_url *url, struct buf *out);
/* A copy whose strings live in the arena. */
struct redis_url redis_url_copy(struct arena *a, const struct redis_url *url);

#endif
