#include "cli/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"

enum { UP_FILE_MAX_BYTES = 64 << 10 };

static struct str below(struct arena *a, struct str dir, const char *name)
{
	return arena_printf(a, "%.*s/%s", STR_ARG(dir), name);
}

/* --- the lock --------------------------------------------------------------------------------- */

enum fail state_dir_lock(struct arena *a, struct str dir, int *ret_fd, struct why *why)
{
	struct str path = below(a, dir, "lock");
	int fd = open(path.ptr, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char text[32] = "";
	int len;

	if (fd < 0)
		return failf(why, FAIL_BUSY, "%s: %s", path.ptr, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (read(fd, text, sizeof(text) - 1) < 0)
			text[0] = '\0';
		close(fd);
		return failf(why, FAIL_BUSY,
			     "a suite runs in %.*s already (process %.*s); --state-dir names "
			     "another place",
			     STR_ARG(dir), STR_ARG(str_trim(str_of(text))));
	}
	len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) != 0 || write(fd, text, (size_t)len) != len) {
		close(fd);
		return failf(why, FAIL_BUSY, "%s: %s", path.ptr, strerror(errno));
	}
	*ret_fd = fd;
	return FAIL_NONE;
}

bool state_dir_is_used(struct arena *a, struct str dir)
{
	int fd = open(below(a, dir, "lock").ptr, O_RDONLY | O_CLOEXEC);
	bool used;

	if (fd < 0)
		return false;
	used = flock(fd, LOCK_SH | LOCK_NB) != 0;
	close(fd);
	return used;
}

/* --- up.json ---------------------------------------------------------------------------------- */

enum fail up_file_read(struct arena *a, struct str dir, struct up_file *ret, struct why *why)
{
	AUTO_BUF text = BUF(UP_FILE_MAX_BYTES);
	struct up_file up = {.ports = value_nil};
	const struct value *ports = NULL;
	struct value v;
	enum fail f;

	if (!state_dir_is_used(a, dir))
		return failf(why, FAIL_BUSY,
			     "no suite runs in %.*s: start one with `ark up`, or give "
			     "--state-dir or --redis-url",
			     STR_ARG(dir));
	f = file_read(below(a, dir, "up.json"), &text, why);
	if (!f)
		f = json_parse(a, arena_str(a, buf_str(&text)), JSON_STRICT, JSON_MAX_DEPTH, &v,
			       why);
	if (!f)
		f = json_need_str(&v, "redisUrl", &up.redis_url, why);
	if (!f)
		f = json_opt_str(&v, "gatewayUrl", &up.gateway_url, why);
	if (!f)
		f = json_opt_str(&v, "tokenFile", &up.token_file, why);
	if (!f)
		f = json_opt_map(&v, "ports", &ports, why);
	if (f)
		return fail_in(why, FAIL_BUSY, "the suite in %.*s is not up yet", STR_ARG(dir));
	if (ports)
		up.ports = *ports;
	*ret = up;
	return FAIL_NONE;
}

enum fail up_file_write(struct arena *a, struct str dir, const struct up_file *up,
			struct why *why)
{
	AUTO_BUF b = BUF(UP_FILE_MAX_BYTES);

	json_open(&b, '{');
	json_member_str(&b, "redisUrl", up->redis_url);
	json_member_str_if(&b, "gatewayUrl", up->gateway_url);
	json_member_str_if(&b, "tokenFile", up->token_file);
	json_member(&b, "ports", &up->ports);
	json_close(&b, '}');
	buf_addc(&b, '\n');
	return file_replace(below(a, dir, "up.json"), buf_str(&b), 0600, why);
}

void up_file_remove(struct arena *a, struct str dir)
{
	unlink(below(a, dir, "up.json").ptr);
}
