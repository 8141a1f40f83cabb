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

enum fail file_replace(struct str path, struct str content, unsigned mode, struct why *why)
{
	char *name = xstrndup(path), *temporary = NULL;
	bool fine = false;
	int fd = -1;

	if (asprintf(&temporary, "%s.XXXXXX", name) < 0)
		BROKEN("out of memory");
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd >= 0) {
		fine = write_all(fd, content) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
		fine = close(fd) == 0 && fine;
		fine = fine && rename(temporary, name) == 0;
	}
	if (!fine)
		why_write(why, "%s: %s", name, strerror(errno));
	if (!fine && fd >= 0)
		unlink(temporary);
	free(temporary);
	free(name);
	return fine ? FAIL_NONE : FAIL_BUSY;
}
