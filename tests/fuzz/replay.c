/* Runs a fuzz target over files and folders, for compilers without libFuzzer: replay PATH... */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REPLAY_MAX_BYTES = 1 << 20 };

static unsigned replayed;

static int replay_file(const char *path)
{
	AUTO_BUF content = BUF(REPLAY_MAX_BYTES);
	unsigned char *copy;
	struct why why;

	if (file_read(str_of(path), &content, &why)) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	/* An allocation of exactly this size lets a sanitizer see a read beyond it. */
	copy = malloc(content.len ? content.len : 1);
	if (!copy)
		return 1;
	if (content.len)
		memcpy(copy, content.ptr, content.len);
	/* Named before it runs: after a crash this line is the last one. */
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(copy, content.len);
	free(copy);
	replayed++;
	return 0;
}

static int replay(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int failed = 0;

	if (!dir)
		return replay_file(path);
	while ((entry = readdir(dir))) {
		AUTO_BUF name = BUF(4096);

		if (entry->d_name[0] == '.')
			continue;
		buf_addf(&name, "%s/%s", path, entry->d_name);
		failed |= replay_file(buf_cstr(&name));
	}
	closedir(dir);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	fprintf(stderr, "replayed %u\n", replayed);
	return failed;
}
