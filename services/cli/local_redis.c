#include "cli/local_redis.h"

#include <errno.h>
#include <stdio.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

enum { SOCKET_MAX_BYTES = 100, VERSION_MAX_BYTES = 512, CONFIG_MAX_BYTES = 16 << 10 };

/* --- the program ------------------------------------------------------------------------------ */

struct str find_program(struct arena *a, struct str path, const char *name)
{
	struct str dir;

	while (str_next(&path, ':', &dir)) {
		struct str file = arena_printf(a, "%.*s/%s", STR_ARG(dir), name);

		if (dir.len && access(file.ptr, X_OK) == 0)
			return file;
	}
	return str_n(NULL, 0);
}

bool redis_version_read(struct str text, bool *ret_valkey, int64_t *ret_major,
			int64_t *ret_minor)
{
	size_t at = str_find(text, STR(" v="), 0);
	struct str version, major, minor;

	*ret_valkey = str_starts(text, STR("Valkey"));
	if (at == STR_NONE || (!*ret_valkey && !str_starts(text, STR("Redis"))))
		return false;
	str_cut(str_from(text, at + 3), ' ', &version, NULL);
	return str_cut(version, '.', &major, &minor) &&
	       (str_cut(minor, '.', &minor, NULL), true) && str_to_i64(major, ret_major) &&
	       str_to_i64(minor, ret_minor);
}

/* What `<program> --version` prints. */
static enum fail ask_version(struct str program, struct buf *out, struct why *why)
{
	char name[] = "redis-server", flag[] = "--version";
	char *const argv[] = {name, flag, NULL};
	int fds[2], status;
	pid_t pid;
	ssize_t n;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return failf(why, FAIL_BUSY, "%s: %s", program.ptr, strerror(errno));
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		execv(program.ptr, argv);
		_exit(127);
	}
	close(fds[1]);
	while (pid > 0) {
		char *room = buf_room(out, 128);

		n = room ? read(fds[0], room, 128) : 0;
		if (n > 0)
			buf_added(out, (size_t)n);
		else if (n == 0 || errno != EINTR)
			break;
	}
	close(fds[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return failf(why, FAIL_BUSY, "%s --version does not work", program.ptr);
	return FAIL_NONE;
}

static enum fail check_version(struct str program, struct why *why)
{
	AUTO_BUF text = BUF(VERSION_MAX_BYTES);
	int64_t major, minor;
	bool valkey;
	enum fail f = ask_version(program, &text, why);

	if (f)
		return f;
	if (!redis_version_read(buf_str(&text), &valkey, &major, &minor))
		return failf(why, FAIL_BUSY, "%s: its version cannot be read from '%.*s'",
			     program.ptr, STR_ARG(str_trim(buf_str(&text))));
	if (major < 7 || (valkey && major == 7 && minor < 2))
		return failf(why, FAIL_BUSY,
			     "%s is version %lld.%lld, too old: Redis 7.0 or Valkey 7.2 or "
			     "newer is needed",
			     program.ptr, (long long)major, (long long)minor);
	return FAIL_NONE;
}

/* --- its files -------------------------------------------------------------------------------- */

/* A quoted text of redis.conf. */
static void add_quoted(struct buf *b, struct str s)
{
	buf_addc(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"' || s.ptr[i] == '\\')
			buf_addc(b, '\\');
		buf_addc(b, s.ptr[i]);
	}
	buf_addc(b, '"');
}

static struct str unix_url(struct arena *a, struct str path)
{
	AUTO_BUF b = BUF(4096);

	buf_adds(&b, "unix://");
	for (size_t i = 0; i < path.len; i++) {
		unsigned char c = (unsigned char)path.ptr[i];

		if (c <= ' ' || c >= 0x7f || strchr("%?#@", c))
			buf_addf(&b, "%%%02X", c);
		else
			buf_addc(&b, (char)c);
	}
	return arena_str(a, buf_str(&b));
}

static enum fail choose_socket(struct arena *a, struct str dir, struct local_redis *r,
			       struct why *why)
{
	char short_dir[] = "/tmp/ark-XXXXXX";

	r->socket = arena_printf(a, "%.*s/redis.sock", STR_ARG(dir));
	if (r->socket.len > SOCKET_MAX_BYTES) {
		if (!mkdtemp(short_dir))
			return failf(why, FAIL_BUSY, "%s: %s", short_dir, strerror(errno));
		r->short_dir = arena_str(a, str_of(short_dir));
		r->socket = arena_printf(a, "%s/redis.sock", short_dir);
	}
	r->url = unix_url(a, r->socket);
	return FAIL_NONE;
}

static enum fail write_config(struct arena *a, struct str dir, bool temporary,
			      struct local_redis *r, struct why *why)
{
	AUTO_BUF b = BUF(CONFIG_MAX_BYTES);

	buf_adds(&b, "# Written by ark at each start.\nport 0\nunixsocket ");
	add_quoted(&b, r->socket);
	buf_adds(&b, "\nunixsocketperm 700\ndir ");
	add_quoted(&b, dir);
	buf_addf(&b,
		 "\nsave \"\"\nappendonly %s\nappendfsync everysec\n"
		 "maxmemory-policy noeviction\n",
		 temporary ? "no" : "yes");
	r->config = arena_printf(a, "%.*s/redis.conf", STR_ARG(dir));
	return file_replace(r->config, buf_str(&b), 0600, why);
}

enum fail local_redis_prepare(struct arena *a, struct str path, struct str dir,
			      struct str socket_dir, bool temporary, struct local_redis *ret,
			      struct why *why)
{
	struct local_redis r = {.program = find_program(a, path, "redis-server")};
	enum fail f;

	if (!r.program.ptr)
		r.program = find_program(a, path, "valkey-server");
	if (!r.program.ptr)
		return failf(why, FAIL_BUSY,
			     "there is no redis-server in PATH: install Redis 7.0 or newer%s",
			     temporary ? "" : ", or give --redis-url");
	f = check_version(r.program, why);
	if (!f)
		f = choose_socket(a, socket_dir, &r, why);
	if (!f)
		f = write_config(a, dir, temporary, &r, why);
	if (f) {
		local_redis_clean(&r);
		return f;
	}
	unlink(r.socket.ptr);
	*ret = r;
	return FAIL_NONE;
}

bool local_redis_listens(const struct local_redis *r)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool listens;

	PROMISE(fd >= 0 && r->socket.len < sizeof(address.sun_path));
	memcpy(address.sun_path, r->socket.ptr, r->socket.len);
	listens = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return listens;
}

void local_redis_clean(const struct local_redis *r)
{
	if (!r->short_dir.len)
		return;
	unlink(r->socket.ptr);
	rmdir(r->short_dir.ptr);
}
