/* Before anything starts: what has to be there, what has to be free, the files that are made once. */
#include "cli/suite_inner.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool suite_port_is_free(int64_t port)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_port = htons((uint16_t)port),
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	bool is_free;

	PROMISE(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	is_free = bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
		  listen(fd, 1) == 0;
	close(fd);
	return is_free;
}

struct str suite_own_folder(struct arena *a)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));
	struct str s = str_n(path, n > 0 ? (size_t)n : 0);
	size_t slash = str_rchr(s, '/');

	return slash == STR_NONE ? STR(".") : arena_str(a, str_sub(s, 0, slash));
}

static enum fail check_programs(struct suite *s, struct why *why)
{
	for (size_t i = 0; i < suite_daemon_count; i++) {
		struct str path = suite_daemon_path(s, &suite_daemons[i]);

		if (suite_daemons[i].required && access(path.ptr, X_OK) != 0)
			return failf(why, FAIL_BUSY, "%s: %s; the daemons live beside ark",
				     path.ptr, strerror(errno));
	}
	return FAIL_NONE;
}

static enum fail check_port(const struct suite *s, int offset, const char *who, struct why *why)
{
	int64_t port = s->plan.port_base + offset;

	if (suite_port_is_free(port))
		return FAIL_NONE;
	return failf(why, FAIL_BUSY,
		     "port %lld, of %s, is in use; --port-base moves all ports (now %lld)",
		     (long long)port, who, (long long)s->plan.port_base);
}

static enum fail check_ports(struct suite *s, struct why *why)
{
	enum fail f = FAIL_NONE;

	for (size_t i = 0; !f && i < suite_daemon_count; i++)
		if (access(suite_daemon_path(s, &suite_daemons[i]).ptr, X_OK) == 0)
			f = check_port(s, suite_daemons[i].port, suite_daemons[i].name, why);
	if (!f)
		f = check_port(s, PORT_TRIGGERS, "the triggers", why);
	if (!f)
		f = check_port(s, PORT_MCP, "the MCP endpoint", why);
	return f;
}

static enum fail make_files(struct suite *s, struct why *why)
{
	enum fail f = make_directory(s->log_dir, why);

	if (!f)
		f = make_directory(s->secret_dir, why);
	if (!f)
		f = secret_make(s->secret_dir, SECRET_SEAL_KEY, NULL, why);
	if (!f)
		f = secret_make(s->secret_dir, SECRET_ADMIN_TOKEN, NULL, why);
	return f;
}

enum fail suite_start_redis(struct suite *s, struct why *why)
{
	struct str dir = arena_printf(s->arena, "%.*s/redis", STR_ARG(s->plan.dir));
	const char *argv[] = {NULL, NULL, NULL};
	struct child_plan plan = {
		.name = STR(REDIS_NAME), .argv = argv, .restart = !s->plan.temporary};
	struct environment env;
	enum fail f = make_directory(dir, why);

	if (!f)
		f = local_redis_prepare(s->arena, environment_get(s->plan.env, "PATH"), dir,
					s->plan.dir, s->plan.temporary, &s->redis, why);
	if (f)
		return f;
	s->owns_redis = true;
	s->redis_url = s->redis.url;
	argv[0] = s->redis.program.ptr;
	argv[1] = s->redis.config.ptr;
	/* It needs no keys and no tokens. */
	environment_init(&env, s->arena, NULL);
	environment_set(&env, "PATH", environment_get(s->plan.env, "PATH"));
	plan.env = environment_list(&env);
	plan.log_path = suite_log_of(s, plan.name);
	return supervisor_start(s->supervisor, &plan, why);
}

enum fail suite_prepare(struct suite *s, struct why *why)
{
	enum fail f = check_programs(s, why);

	if (!f && !s->plan.temporary)
		f = check_ports(s, why);
	return f ? f : make_files(s, why);
}
