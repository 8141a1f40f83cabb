#include "cli/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

enum { SECRET_BYTES = 32 };

static enum fail make_one(const char *path, struct why *why)
{
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return FAIL_NONE;
	if (errno != EEXIST)
		return failf(why, FAIL_BUSY, "%s: %s", path, strerror(errno));
	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		return failf(why, FAIL_BUSY, "%s: is no directory", path);
	return FAIL_NONE;
}

enum fail make_directory(struct str path, struct why *why)
{
	AUTO_ARENA a = ARENA_INIT;
	enum fail f = FAIL_NONE;

	for (size_t at = 1; !f && at < path.len; at++)
		if (path.ptr[at] == '/')
			f = make_one(arena_str(&a, str_sub(path, 0, at)).ptr, why);
	if (!f)
		f = make_one(arena_str(&a, path).ptr, why);
	if (!f && access(arena_str(&a, path).ptr, W_OK | X_OK) != 0)
		f = failf(why, FAIL_BUSY, "%.*s: cannot be written to: %s", STR_ARG(path),
			  strerror(errno));
	return f;
}

/* O_EXCL decides who makes it; a file that was not written to its end is removed again. */
enum fail secret_make(struct str dir, const char *name, bool *ret_made, struct why *why)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *path = arena_printf(&a, "%.*s/%s", STR_ARG(dir), name).ptr;
	unsigned char random[SECRET_BYTES];
	char text[2 * SECRET_BYTES + 1];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool written;

	if (ret_made)
		*ret_made = fd >= 0;
	if (fd < 0)
		return errno == EEXIST ? FAIL_NONE
				       : failf(why, FAIL_BUSY, "%s: %s", path, strerror(errno));
	random_bytes(random, sizeof(random));
	hex_text(str_n((const char *)random, sizeof(random)), text);
	written = write(fd, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1 &&
		  fsync(fd) == 0;
	close(fd);
	wipe(random, sizeof(random));
	wipe(text, sizeof(text));
	if (written)
		return FAIL_NONE;
	unlink(path);
	return failf(why, FAIL_BUSY, "%s: cannot be written", path);
}
