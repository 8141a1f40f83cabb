#include "watcher/folder_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void add(struct arena *a, struct file_list *list, struct str path)
{
	list->paths = arena_grow(a, list->paths, list->count, &list->cap, sizeof(*list->paths));
	list->paths[list->count++] = path;
}

static int by_name(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Names in a directory, without the hidden ones, sorted. */
static enum fail names_in(struct arena *a, struct str dir, size_t max, struct file_list *ret,
			  struct why *why)
{
	DIR *d = opendir(dir.ptr);
	const struct dirent *e;

	if (!d)
		return failf(why, FAIL_INPUT, "%s: %s", dir.ptr, strerror(errno));
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if (ret->count == max) {
			closedir(d);
			return failf(why, FAIL_INPUT, "%s: more than %zu files", dir.ptr, max);
		}
		add(a, ret, arena_printf(a, "%s/%s", dir.ptr, e->d_name));
	}
	closedir(d);
	if (ret->count)
		qsort(ret->paths, ret->count, sizeof(*ret->paths), by_name);
	return FAIL_NONE;
}

static bool is_manifest(struct str path)
{
	return str_ends(path, STR(".yaml")) || str_ends(path, STR(".yml")) ||
	       str_ends(path, STR(".json"));
}

enum fail files_of(struct arena *a, struct str path, size_t max, struct file_list *ret,
		   struct why *why)
{
	struct str p = arena_str(a, path);
	struct file_list names = {.count = 0};
	struct stat st;
	enum fail f;

	if (stat(p.ptr, &st))
		return failf(why, FAIL_INPUT, "%s: %s", p.ptr, strerror(errno));
	if (!S_ISDIR(st.st_mode)) {
		add(a, ret, p);
		return FAIL_NONE;
	}
	f = names_in(a, p, max, &names, why);
	for (size_t i = 0; !f && i < names.count; i++)
		if (is_manifest(names.paths[i]) && !stat(names.paths[i].ptr, &st) &&
		    S_ISREG(st.st_mode))
			add(a, ret, names.paths[i]);
	return f;
}

void files_below(struct arena *a, struct str dir, unsigned depth, size_t max,
		 struct file_list *ret)
{
	struct file_list names = {.count = 0};
	struct stat st;

	if (names_in(a, arena_str(a, dir), max, &names, NULL))
		return;
	for (size_t i = 0; i < names.count && ret->count < max; i++) {
		if (stat(names.paths[i].ptr, &st))
			continue;
		if (S_ISREG(st.st_mode))
			add(a, ret, names.paths[i]);
		else if (S_ISDIR(st.st_mode) && depth > 1)
			files_below(a, names.paths[i], depth - 1, max, ret);
	}
}

void folders_in(struct arena *a, struct str dir, size_t max, struct file_list *ret)
{
	struct file_list names = {.count = 0};
	struct stat st;

	if (names_in(a, arena_str(a, dir), max, &names, NULL))
		return;
	for (size_t i = 0; i < names.count; i++)
		if (!stat(names.paths[i].ptr, &st) && S_ISDIR(st.st_mode))
			add(a, ret, names.paths[i]);
}
