#include "watcher/folder.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "kinds/manifest.h"
#include "lang/yaml.h"
#include "process/log.h"
#include "watcher/complaints.h"
#include "watcher/folder_files.h"
#include "watcher/sealing.h"

enum {
	SECRET_DEPTH = 3, /* <namespace>/<name>/<key> */
	EVENTS = IN_CREATE | IN_DELETE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO |
		 IN_DELETE_SELF | IN_ATTRIB,
};

struct folder {
	struct folder_plan plan;
	int inotify;
	struct event *changed, *settle;
	struct complaints complaints;
};

/* What one reading gathers. */
struct reading {
	struct folder *folder;
	struct arena arena;
	struct document *documents;
	size_t count, cap;
	struct str *broken;
	size_t broken_count, broken_cap;
};

/* --- reading ---------------------------------------------------------------------------------- */

static void add_document(struct reading *r, struct str file, struct value v)
{
	r->documents =
		arena_grow(&r->arena, r->documents, r->count, &r->cap, sizeof(*r->documents));
	r->documents[r->count++] = (struct document){file, v};
}

static void add_broken(struct reading *r, struct str file)
{
	r->broken = arena_grow(&r->arena, r->broken, r->broken_count, &r->broken_cap,
			       sizeof(*r->broken));
	r->broken[r->broken_count++] = file;
}

static void cannot_read(struct reading *r, struct str path, const struct why *why)
{
	if (complaint_is_new(&r->folder->complaints, path, 0, why_str(why)))
		log_error("a manifest cannot be read", LOG_STR("file", path), LOG_WHY(why));
	add_broken(r, path);
}

static void read_manifest(struct reading *r, struct str path)
{
	struct complaints *complaints = &r->folder->complaints;
	struct yaml_document doc;
	struct yaml yaml;
	AUTO_BUF text = BUF(FOLDER_FILE_MAX_BYTES);
	struct why why;

	if (file_read(path, &text, &why)) {
		cannot_read(r, path, &why);
		return;
	}
	complaints_content(complaints, path, buf_str(&text));
	yaml_begin(&yaml, buf_str(&text));
	while (yaml_next(&yaml, &r->arena, &doc)) {
		if (!doc.fail) {
			add_document(r, path, doc.value);
			continue;
		}
		if (complaint_is_new(complaints, path, doc.line, why_str(&doc.why)))
			log_error("a manifest is wrong", LOG_STR("file", path),
				  LOG_INT("document_line", doc.line), LOG_WHY(&doc.why));
		add_broken(r, path);
	}
}

/* The Secret document that a folder of generated keys stands for. */
static void add_secret(struct reading *r, struct str folder, struct str namespace,
		       struct str name, struct value data)
{
	struct value_builder object, metadata;

	value_map_begin(&metadata, &r->arena);
	value_map_add(&metadata, STR("namespace"), value_str(namespace));
	value_map_add(&metadata, STR("name"), value_str(name));
	value_map_begin(&object, &r->arena);
	value_map_add(&object, STR("apiVersion"), value_str(STR("v1")));
	value_map_add(&object, STR("kind"), value_str(STR("Secret")));
	value_map_add(&object, STR("metadata"), value_map_done(&metadata));
	value_map_add(&object, STR("stringData"), data);
	add_document(r, folder, value_map_done(&object));
}

/* Generated Secrets: <namespace>/<name>/<key>. Files of one folder follow each other. */
static void read_secret_files(struct reading *r)
{
	struct str base =
		arena_printf(&r->arena, "%.*s/secrets", STR_ARG(r->folder->plan.state_dir));
	struct file_list files = {.count = 0};
	size_t i = 0;

	files_below(&r->arena, base, SECRET_DEPTH, FOLDER_FILES_MAX, &files);
	while (i < files.count) {
		struct str folder = str_sub(files.paths[i], 0, str_rchr(files.paths[i], '/'));
		struct str rest = str_from(folder, base.len + 1), namespace, name;
		bool is_secret = folder.len > base.len && str_next(&rest, '/', &namespace) &&
				 str_next(&rest, '/', &name) && !rest.ptr;
		struct value_builder data;

		value_map_begin(&data, &r->arena);
		for (;
		     i < files.count &&
		     str_eq(str_sub(files.paths[i], 0, str_rchr(files.paths[i], '/')), folder);
		     i++) {
			AUTO_BUF text = BUF(LIMIT_SECRET_BYTES);

			if (is_secret && !file_read(files.paths[i], &text, NULL))
				value_map_add(&data, str_from(files.paths[i], folder.len + 1),
					      value_str(arena_str(&r->arena, buf_str(&text))));
			buf_wipe(&text);
		}
		if (data.count)
			add_secret(r, folder, namespace, name, value_map_done(&data));
	}
}

static void read_all(struct reading *r)
{
	const struct folder_plan *plan = &r->folder->plan;

	for (size_t i = 0; i < plan->paths.count; i++) {
		struct file_list files = {.count = 0};
		struct why why;

		if (files_of(&r->arena, plan->paths.items[i], FOLDER_FILES_MAX, &files, &why)) {
			cannot_read(r, plan->paths.items[i], &why);
			continue;
		}
		for (size_t j = 0; j < files.count; j++)
			read_manifest(r, files.paths[j]);
	}
}

/* --- saying ----------------------------------------------------------------------------------- */

static void log_findings(struct complaints *c, const struct manifest_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->items[i].finding;

		if (complaint_is_new(c, findings->items[i].file, f->line, f->text))
			log_error("a manifest is wrong",
				  LOG_STR("file", findings->items[i].file),
				  LOG_INT("line", f->line), LOG_INT("column", f->column),
				  LOG_STR("field", f->field), LOG_STR("error", f->text));
	}
}

/* A Secret in a manifest wins over the generated one of the same name (SPEC 2.12). */
static void drop_shadowed(struct reading *r, size_t manifests)
{
	size_t kept = manifests;

	for (size_t i = manifests; i < r->count; i++) {
		struct object generated, o;
		bool shadowed = object_load(&r->documents[i].value, &generated, NULL);

		for (size_t j = 0; j < manifests && !shadowed; j++)
			shadowed = !object_load(&r->documents[j].value, &o, NULL) &&
				   object_same(&o, &generated);
		if (!shadowed)
			r->documents[kept++] = r->documents[i];
	}
	r->count = kept;
}

static void say(struct reading *r, size_t manifests)
{
	struct folder *f = r->folder;
	struct manifest_findings findings = {.count = 0};
	struct names names;
	struct manifest given, all;
	struct said said = {.broken_files = r->broken, .broken_count = r->broken_count};
	struct said_object *objects;

	drop_shadowed(r, manifests);
	manifest_load(&r->arena, r->documents, r->count, &given, &findings);
	log_findings(&f->complaints, &findings);
	manifest_expand(&r->arena, &given, &all);
	secret_names_of(&r->arena, &all, &names);
	objects = ARENA_ARRAY(&r->arena, all.count, struct said_object);
	for (size_t i = 0; i < all.count; i++) {
		const struct object *o = &all.objects[i];
		struct said_object *s = &objects[said.count];
		struct value sealed;

		if (o->kind == KIND_PLAIN_SECRET) {
			if (!f->plan.keys->count || !secret_is_named(&names, o))
				continue;
			secret_seal(&r->arena, f->plan.keys, o, &sealed, &s->content);
			s->json = json_text(&r->arena, &sealed);
		} else {
			s->json = json_text(&r->arena, o->value);
			s->content = s->json;
		}
		s->object = o;
		said.count++;
	}
	said.objects = objects;
	f->plan.said(f->plan.arg, &said);
}

void folder_read(struct folder *f)
{
	struct reading r = {.folder = f};
	size_t manifests;

	read_all(&r);
	manifests = r.count;
	if (f->plan.state_dir.len)
		read_secret_files(&r);
	say(&r, manifests);
	complaints_done(&f->complaints);
	arena_release(&r.arena);
}

/* --- watching --------------------------------------------------------------------------------- */

static void on_settled(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	folder_read(arg);
}

/* Directories come and go; watching one twice is watching it once. */
static void watch_tree(struct folder *f, struct arena *a, struct str dir, unsigned depth)
{
	struct file_list dirs = {.count = 0};

	(void)inotify_add_watch(f->inotify, dir.ptr, EVENTS);
	if (depth > 1)
		folders_in(a, dir, FOLDER_FILES_MAX, &dirs);
	for (size_t i = 0; i < dirs.count; i++)
		watch_tree(f, a, dirs.paths[i], depth - 1);
}

/* The state directory, and the generated Secrets below it. */
static void watch_secrets(struct folder *f)
{
	AUTO_ARENA a = ARENA_INIT;

	if (!f->plan.state_dir.len)
		return;
	(void)inotify_add_watch(f->inotify, arena_str(&a, f->plan.state_dir).ptr,
				IN_CREATE | IN_MOVED_TO);
	watch_tree(f, &a, arena_printf(&a, "%.*s/secrets", STR_ARG(f->plan.state_dir)),
		   SECRET_DEPTH);
}

static void on_changed(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval settle = {0, FOLDER_SETTLE_MS * 1000};
	struct folder *f = arg;
	char events[4096];

	(void)what;
	/* Which file it was does not matter: everything is read again. */
	while (read(fd, events, sizeof(events)) > 0)
		;
	watch_secrets(f);
	event_add(f->settle, &settle);
}

/* A file is watched through its directory: editors replace it, so its inode changes. */
static enum fail watch(struct folder *f, struct str path, struct why *why)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str dir = arena_str(&a, path);
	size_t slash = str_rchr(path, '/');
	struct stat st;

	if (stat(dir.ptr, &st))
		return failf(why, FAIL_INPUT, "%s: %s", dir.ptr, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		dir = slash == STR_NONE ? STR(".")
					: arena_str(&a, str_sub(path, 0, slash ? slash : 1));
	if (inotify_add_watch(f->inotify, dir.ptr, EVENTS) < 0)
		return failf(why, FAIL_INPUT, "%s: cannot be watched: %s", dir.ptr,
			     strerror(errno));
	return FAIL_NONE;
}

enum fail folder_new(struct event_base *base, const struct folder_plan *plan,
		     struct folder **ret, struct why *why)
{
	struct folder *f = xmalloc(sizeof(*f));
	enum fail fail = FAIL_NONE;

	f->plan = *plan;
	f->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	PROMISE(f->inotify >= 0);
	for (size_t i = 0; !fail && i < plan->paths.count; i++)
		fail = watch(f, plan->paths.items[i], why);
	if (fail) {
		folder_free(f);
		return fail;
	}
	watch_secrets(f);
	f->changed = event_new(base, f->inotify, EV_READ | EV_PERSIST, on_changed, f);
	f->settle = event_new(base, -1, 0, on_settled, f);
	event_add(f->changed, NULL);
	*ret = f;
	return FAIL_NONE;
}

void folder_free(struct folder *f)
{
	if (!f)
		return;
	if (f->changed)
		event_free(f->changed);
	if (f->settle)
		event_free(f->settle);
	close(f->inotify);
	complaints_release(&f->complaints);
	free(f);
}
