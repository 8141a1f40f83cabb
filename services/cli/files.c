#include "cli/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/out.h"
#include "lang/yaml.h"

/* --- reading ---------------------------------------------------------------------------------- */

/* A document that is no YAML is a finding like any other. */
static void add_broken(struct arena *a, struct files *f, struct str file,
		       const struct yaml_document *doc)
{
	struct manifest_findings *list = &f->findings;

	list->items = arena_grow(a, list->items, list->count, &list->cap, sizeof(*list->items));
	list->items[list->count++] = (struct manifest_finding){
		.file = file,
		.finding = {.severity = SEVERITY_ERROR,
			    .field = STR("document"),
			    .line = doc->error_line ? doc->error_line : doc->line,
			    .column = doc->error_column,
			    .reason = "InvalidSpec",
			    .text = arena_str(a, str_of(yaml_what(doc)))},
	};
	list->errors++;
}

static void read_text(struct arena *a, struct files *f, struct str file, struct str text)
{
	struct yaml_document doc;
	struct yaml yaml;

	yaml_begin(&yaml, text);
	while (yaml_next(&yaml, a, &doc)) {
		if (doc.fail) {
			add_broken(a, f, file, &doc);
			continue;
		}
		f->documents =
			arena_grow(a, f->documents, f->count, &f->cap, sizeof(*f->documents));
		f->documents[f->count++] = (struct document){file, doc.value};
	}
}

static enum fail read_stdin(struct buf *text, struct why *why)
{
	for (;;) {
		char *room = buf_room(text, 64 << 10);
		ssize_t n;

		if (!room)
			return failf(why, FAIL_INPUT, "-: longer than %d bytes",
				     FILES_MAX_BYTES);
		n = read(STDIN_FILENO, room, 64 << 10);
		if (n < 0 && errno != EINTR)
			return failf(why, FAIL_INPUT, "-: %s", strerror(errno));
		if (n == 0)
			return FAIL_NONE;
		if (n > 0)
			buf_added(text, (size_t)n);
	}
}

static enum fail read_file(struct arena *a, struct files *f, struct str path, struct why *why)
{
	AUTO_BUF text = BUF(FILES_MAX_BYTES);
	enum fail fail =
		str_is(path, "-") ? read_stdin(&text, why) : file_read(path, &text, why);

	if (fail)
		return fail;
	read_text(a, f, str_is(path, "-") ? STR("<stdin>") : path,
		  arena_str(a, buf_str(&text)));
	return FAIL_NONE;
}

/* --- directories ------------------------------------------------------------------------------ */

static bool is_manifest(struct str name)
{
	return !str_starts(name, STR(".")) &&
	       (str_ends(name, STR(".yaml")) || str_ends(name, STR(".yml")) ||
		str_ends(name, STR(".json")));
}

static int by_name(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The manifests of a directory, in byte order, as ark-watcher takes them. */
static enum fail read_directory(struct arena *a, struct files *f, struct str dir,
				struct why *why)
{
	DIR *d = opendir(dir.ptr);
	const struct dirent *e;
	struct str *paths = NULL;
	size_t count = 0, cap = 0;
	enum fail fail = FAIL_NONE;

	if (!d)
		return failf(why, FAIL_INPUT, "%s: %s", dir.ptr, strerror(errno));
	while (!fail && (e = readdir(d)) != NULL) {
		if (!is_manifest(str_of(e->d_name)))
			continue;
		if (count == FILES_MAX)
			fail = failf(why, FAIL_INPUT, "%s: more than %d files", dir.ptr,
				     FILES_MAX);
		paths = arena_grow(a, paths, count, &cap, sizeof(*paths));
		paths[count++] = arena_printf(a, "%s/%s", dir.ptr, e->d_name);
	}
	closedir(d);
	if (count)
		qsort(paths, count, sizeof(*paths), by_name);
	for (size_t i = 0; !fail && i < count; i++) {
		struct stat st;

		if (stat(paths[i].ptr, &st) == 0 && S_ISREG(st.st_mode))
			fail = read_file(a, f, paths[i], why);
	}
	return fail;
}

enum fail files_read(struct arena *a, struct str_list paths, struct files *ret, struct why *why)
{
	enum fail fail = FAIL_NONE;

	*ret = (struct files){.count = 0};
	for (size_t i = 0; !fail && i < paths.count; i++) {
		struct str path = arena_str(a, paths.items[i]);
		struct stat st;

		if (str_is(path, "-"))
			fail = read_file(a, ret, path, why);
		else if (stat(path.ptr, &st) != 0)
			fail = failf(why, FAIL_INPUT, "%s: %s", path.ptr, strerror(errno));
		else if (S_ISDIR(st.st_mode))
			fail = read_directory(a, ret, path, why);
		else
			fail = read_file(a, ret, path, why);
	}
	if (!fail)
		manifest_load(a, ret->documents, ret->count, &ret->manifest, &ret->findings);
	return fail;
}

/* --- checking and finding --------------------------------------------------------------------- */

void files_check(struct arena *a, struct files *f)
{
	const struct check_world world = {
		.zones = zones_new(NULL),
		.now_seconds = (int64_t)time(NULL),
	};

	manifest_check(a, &f->manifest, &world, &f->findings);
	zones_free(world.zones);
}

void files_print(const struct files *f, struct buf *out)
{
	for (size_t i = 0; i < f->findings.count; i++) {
		const struct manifest_finding *m = &f->findings.items[i];

		out_escape(out, m->file, false);
		buf_addf(out, ":%u: %s: ", m->finding.line, severity_name(m->finding.severity));
		out_escape(out, m->finding.field.len ? m->finding.field : STR("document"),
			   false);
		buf_adds(out, ": ");
		out_escape(out, m->finding.text, false);
		buf_addc(out, '\n');
	}
}

const struct object *files_find(const struct files *f, enum kind kind, struct str namespace,
				struct str name)
{
	for (size_t i = 0; i < f->manifest.count; i++) {
		const struct object *o = &f->manifest.objects[i];

		if (o->kind == kind && str_eq(o->name, name) &&
		    (!namespace.len || str_eq(o->namespace, namespace)))
			return o;
	}
	return NULL;
}

size_t files_count(const struct files *f, enum kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < f->manifest.count; i++)
		n += f->manifest.objects[i].kind == kind;
	return n;
}
