/*
 * A URL that is accepted is within its limits, and what is printed of it is accepted again, means
 * the same server and has no password. The words of a refusal are those of a table: they do not
 * depend on user or password.
 */
#include <string.h>

#include "redis/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_BUF printed = BUF(4 * REDIS_URL_MAX_BYTES);
	AUTO_BUF twice = BUF(4 * REDIS_URL_MAX_BYTES);
	struct redis_url u, again;
	struct why why;

	if (redis_url_parse(&a, str_n((const char *)data, size), &u, &why))
		return 0;
	PROMISE(u.db <= REDIS_URL_MAX_DB);
	PROMISE(u.host_count <= REDIS_URL_MAX_HOSTS);
	PROMISE((u.kind == REDIS_UNIX) == (u.host_count == 0));
	PROMISE(u.kind == REDIS_SENTINEL || u.host_count <= 1);
	PROMISE(u.path.len <= REDIS_UNIX_MAX_BYTES);
	PROMISE(u.has_password == (u.password.len > 0));
	for (size_t i = 0; i < u.host_count; i++)
		PROMISE(u.hosts[i].name.len > 0 && u.hosts[i].port > 0);

	u = redis_url_copy(&a, &u);
	redis_url_print(&u, &printed);
	PROMISE(redis_url_parse(&a, buf_str(&printed), &again, &why) == FAIL_NONE);
	PROMISE(again.kind == u.kind && again.db == u.db && again.host_count == u.host_count);
	PROMISE(str_eq(again.path, u.path) && str_eq(again.master, u.master));
	PROMISE(!again.has_password && again.user.len == 0);
	for (size_t i = 0; i < u.host_count; i++)
		PROMISE(str_eq(again.hosts[i].name, u.hosts[i].name) &&
			again.hosts[i].port == u.hosts[i].port);
	redis_url_print(&again, &twice);
	PROMISE(str_eq(buf_str(&printed), buf_str(&twice)));
	return 0;
}
