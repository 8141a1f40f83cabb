#include "redis/server.h"

enum {
	REDIS_WANTED_MAJOR = 7,
	REDIS_WANTED_MINOR = 0,
	VALKEY_WANTED_MAJOR = 7,
	VALKEY_WANTED_MINOR = 2,
};

static enum server_role role_of(struct str name)
{
	return str_is(name, "master")	 ? SERVER_PRIMARY
	       : str_is(name, "slave")	 ? SERVER_REPLICA
	       : str_is(name, "replica") ? SERVER_REPLICA
					 : SERVER_UNKNOWN_ROLE;
}

struct server_info server_info_read(struct str info)
{
	struct server_info i = {.role = SERVER_UNKNOWN_ROLE};
	struct str redis_version = {NULL, 0}, valkey_version = {NULL, 0};
	struct str line, name, value;

	while (str_next(&info, '\n', &line)) {
		if (!str_cut(str_trim(line), ':', &name, &value))
			continue;
		if (str_is(name, "redis_version"))
			redis_version = value;
		else if (str_is(name, "valkey_version"))
			valkey_version = value;
		else if (str_is(name, "run_id"))
			i.server.run_id = value;
		else if (str_is(name, "master_replid"))
			i.server.master_replid = value;
		else if (str_is(name, "maxmemory_policy"))
			i.server.maxmemory_policy = value;
		else if (str_is(name, "aof_enabled"))
			i.server.aof_on = str_is(value, "1");
		else if (str_is(name, "role"))
			i.role = role_of(value);
		else if (str_is(name, "loading"))
			i.loading = str_is(value, "1");
		else if (str_is(name, "cluster_enabled"))
			i.cluster = str_is(value, "1");
	}
	/* Valkey also names the version of Redis that it can stand in for. */
	i.server.is_valkey = valkey_version.len > 0;
	i.server.version = valkey_version.len ? valkey_version : redis_version;
	return i;
}

/* "7.2.4", "8.0.0-rc1": only the first two numbers matter. */
static bool at_least(struct str version, uint64_t major, uint64_t minor)
{
	struct str first, second;
	uint64_t a, b;

	str_cut(version, '.', &first, &second);
	str_cut(second, '.', &second, NULL);
	if (!str_to_u64(first, &a) || !str_to_u64(second, &b))
		return false;
	return a > major || (a == major && b >= minor);
}

enum fail server_info_judge(const struct server_info *info, struct why *why)
{
	struct str version =
		info->server.version.len ? info->server.version : STR("of unknown version");
	bool fits = info->server.is_valkey
			    ? at_least(version, VALKEY_WANTED_MAJOR, VALKEY_WANTED_MINOR)
			    : at_least(version, REDIS_WANTED_MAJOR, REDIS_WANTED_MINOR);

	if (!fits)
		return failf(why, FAIL_INPUT,
			     "this is %s %.*s; Redis %d.%d or Valkey %d.%d or newer is needed",
			     info->server.is_valkey ? "Valkey" : "Redis", STR_ARG(version),
			     REDIS_WANTED_MAJOR, REDIS_WANTED_MINOR, VALKEY_WANTED_MAJOR,
			     VALKEY_WANTED_MINOR);
	if (info->cluster)
		return failf(why, FAIL_INPUT,
			     "this is a Redis Cluster, which is not supported");
	if (info->loading)
		return failf(why, FAIL_BUSY, "the server is loading its data");
	if (info->role != SERVER_PRIMARY)
		return failf(why, FAIL_BUSY, "the server is a replica, not a primary");
	return FAIL_NONE;
}
