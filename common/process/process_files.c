/*
 * Files that settings name: tokens, keys, certificates (SPEC 2.4). Looked at every few seconds
 * with stat, which follows the symlinks that Kubernetes swaps under mounted Secrets; a watch by
 * inotify would have to follow each link of the chain.
 */
#include <stdlib.h>
#include <string.h>

#include "process/process_inner.h"

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void look(const char *path, struct stat *ret)
{
	if (stat(path, ret) != 0)
		memset(ret, 0, sizeof(*ret));
}

void files_watch(struct process *p, struct str path)
{
	struct watched_file *f;

	for (f = p->inner->files; f; f = f->next)
		if (str_is(path, f->path))
			return;
	f = xmalloc(sizeof(*f));
	f->path = xstrndup(path);
	look(f->path, &f->seen);
	f->next = p->inner->files;
	p->inner->files = f;
}

bool files_changed(struct process *p)
{
	bool changed = false;

	for (struct watched_file *f = p->inner->files; f; f = f->next) {
		struct stat now;

		look(f->path, &now);
		/* A file that is gone is not news: it is about to be replaced, and what was read
		 * from it stays good until then. */
		if (same_file(&now, &f->seen) || now.st_ino == 0)
			continue;
		f->seen = now;
		changed = true;
		log_info("file changed", LOG_C("path", f->path));
	}
	return changed;
}

void files_free(struct process *p)
{
	for (struct watched_file *f = p->inner->files, *next; f; f = next) {
		next = f->next;
		free(f->path);
		free(f);
	}
	p->inner->files = NULL;
}
