/*
 * Who the server says it is: the text of INFO, read and judged. Pure.
 */
#ifndef ARK_REDIS_SERVER_H
#define ARK_REDIS_SERVER_H

#include "redis/redis.h"

enum server_role {
	SERVER_PRIMARY,
	SERVER_REPLICA,
	SERVER_UNKNOWN_ROLE, /* INFO did not say */
};

struct server_info {
	struct redis_server server; /* borrowed from the text; changed is not set */
	enum server_role role;
	bool loading;
	bool cluster;
};

/* Reads what is there; what is missing stays empty. */
struct server_info server_info_read(struct str info);

/* May we work with it? (SPEC 2.7.) FAIL_INPUT: another version or a Cluster. FAIL_BUSY: a replica,
 * or it loads its data: later, or another one. */
enum fail server_info_judge(const struct server_info *info, struct why *why) MUST_CHECK;

#endif
