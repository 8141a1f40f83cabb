#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_CHUNK_BYTES = 4096 };

static enum fail read_fd(int fd, struct buf *out, struct why *why)
{
	for (;;) {
		size_t left = out->max - out->len;
		size_t want = left < FILE_CHUNK_BYTES ? left : FILE_CHUNK_BYTES;
		char over, *to = want ? buf_room(out, want) : &over;
		ssize_t n = read(fd, to, want ? want : 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failf(why, FAIL_INPUT, "%s", strerror(errno));
		if (n == 0)
			return FAIL_NONE;
		if (!want)
			return failf(why, FAIL_INPUT, "longer than %zu bytes", out->max);
		buf_added(out, (size_t)n);
	}
}

enum fail file_read(struct str path, struct buf *out, struct why *why)
{
	char *name = xstrndup(path);
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	enum fail f;

	free(name);
	if (fd < 0)
		return failf(why, FAIL_INPUT, "%.*s: %s", STR_ARG(path), strerror(errno));
	f = read_fd(fd, out, why);
	close(fd);
	return f ? fail_in(why, f, "%.*s", STR_ARG(path)) : FAIL_NONE;
}

static bool write_all(int fd, struct str content)
{
	while (content.len) {
		ssize_t n = write(fd, content.ptr, content.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		content = str_from(content, (size_t)n);
	}
	return true;
}

/* A whole file under a temporary name, in the folder of `name`; NULL when the disk does not take
 * it. */
static char *temporary_file(const char *name, struct str content, unsigned mode)
{
	char *temporary = NULL;
	bool fine;
	int fd;

	if (asprintf(&temporary, "%s.XXXXXX", name) < 0)
		BROKEN("out of memory");
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd >= 0) {
		fine = write_all(fd, content) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
		if (close(fd) == 0 && fine)
			return temporary;
		unlink(temporary);
	}
	free(temporary);
	return NULL;
}

enum fail file_replace(struct str path, struct str content, unsigned mode, struct why *why)
{
	char *name = xstrndup(path), *temporary = temporary_file(name, content, mode);
	bool fine = temporary && rename(temporary, name) == 0;

	if (!fine) {
		why_write(why, "%s: %s", name, strerror(errno));
		if (temporary)
			unlink(temporary);
	}
	free(temporary);
	free(name);
	return fine ? FAIL_NONE : FAIL_BUSY;
}

enum fail file_create(struct str path, struct str content, unsigned mode, bool *ret_made,
		      struct why *why)
{
	char *name = xstrndup(path), *temporary = temporary_file(name, content, mode);
	/* Unlike rename, link refuses a name that is taken. */
	bool made = temporary && link(temporary, name) == 0;
	bool fine = made || (temporary && errno == EEXIST);

	if (!fine)
		why_write(why, "%s: %s", name, strerror(errno));
	else if (ret_made)
		*ret_made = made;
	if (temporary)
		unlink(temporary);
	free(temporary);
	free(name);
	return fine ? FAIL_NONE : FAIL_BUSY;
}

static enum fail make_one(const char *path, unsigned mode, struct why *why)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return FAIL_NONE;
	if (errno == EEXIST && stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		errno = ENOTDIR;
	else if (errno == EEXIST)
		return FAIL_NONE;
	return failf(why, FAIL_BUSY, "%s: %s", path, strerror(errno));
}

enum fail folder_make(struct str path, unsigned mode, struct why *why)
{
	char *name = xstrndup(path);
	enum fail f = FAIL_NONE;

	for (size_t i = 1; !f && i < path.len; i++)
		if (name[i] == '/') {
			name[i] = '\0';
			f = make_one(name, mode, why);
			name[i] = '/';
		}
	if (!f)
		f = make_one(name, mode, why);
	free(name);
	return f;
}
