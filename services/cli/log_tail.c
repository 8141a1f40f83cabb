#include "cli/log_tail.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/json.h"
#include "cli/out.h"

enum {
	TAILED_FILES_MAX = 16,
	LINE_SHOWN_MAX_BYTES = 16 << 10,
	PIECE_BYTES = 8192,
	LAST_LINES = 5, /* of a log that is about to be removed */
};

struct tailed {
	char *path;
	off_t read_to;
	struct buf rest;  /* a line that has not ended yet */
	struct buf shown; /* the last line that was shown: a repetition says nothing new */
};

struct log_tail {
	struct tailed files[TAILED_FILES_MAX];
	size_t count;
	char *dir;
	enum log_level least;
	int inotify;
	struct event *event;
};

/* --- one line --------------------------------------------------------------------------------- */

static bool level_of(struct str word, enum log_level *ret)
{
	static const char *const words[] = {"debug", "info", "warn", "error"};

	for (size_t i = 0; i < 4; i++)
		if (str_is(word, words[i])) {
			*ret = (enum log_level)i;
			return true;
		}
	return false;
}

static bool is_head(struct str key)
{
	return str_is(key, "time") || str_is(key, "level") || str_is(key, "process") ||
	       str_is(key, "msg");
}

bool log_line_show(struct arena *a, struct str line, enum log_level least, struct buf *out)
{
	enum log_level level;
	struct value v;
	bool first = true;

	if (json_parse(a, line, JSON_LENIENT, JSON_MAX_DEPTH, &v, NULL) ||
	    !level_of(value_text(value_get(&v, STR("level"))), &level) || level < least)
		return false;
	out_escape(out, value_text(value_get(&v, STR("process"))), false);
	buf_addf(out, ": %s: ", level == LEVEL_ERROR ? "error" : "warning");
	out_escape(out, value_text(value_get(&v, STR("msg"))), false);
	for (size_t i = 0; i < v.map.count; i++) {
		const struct value_entry *e = &v.map.entries[i];
		AUTO_BUF text = BUF(LINE_SHOWN_MAX_BYTES);

		if (is_head(e->key))
			continue;
		if (value_is(&e->value, VALUE_STR))
			buf_add(&text, value_text(&e->value));
		else
			json_add(&text, &e->value);
		buf_adds(out, first ? " (" : ", ");
		out_escape(out, e->key, false);
		buf_addc(out, '=');
		out_escape(out, buf_str(&text), false);
		first = false;
	}
	buf_adds(out, first ? "\n" : ")\n");
	return true;
}

/* --- files ------------------------------------------------------------------------------------ */

static struct tailed *file_of(struct log_tail *t, struct str name)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str path = arena_printf(&a, "%s/%.*s", t->dir, STR_ARG(name));

	if (!str_starts(name, STR("ark-")) || !str_ends(name, STR(".log")))
		return NULL;
	for (size_t i = 0; i < t->count; i++)
		if (str_is(path, t->files[i].path))
			return &t->files[i];
	if (t->count == TAILED_FILES_MAX)
		return NULL;
	t->files[t->count] =
		(struct tailed){.path = xstrndup(path), .rest = BUF(LINE_SHOWN_MAX_BYTES)};
	return &t->files[t->count++];
}

/* What an assertion, a sanitizer or the loader says before a process ends. */
static bool show_raw(const struct tailed *f, struct str line, struct buf *out)
{
	struct str name = str_of(f->path);

	line = str_trim(line);
	if (!line.len || line.ptr[0] == '{')
		return false;
	name = str_from(name, str_rchr(name, '/') + 1);
	out_escape(out, str_sub(name, 0, name.len - strlen(".log")), false);
	buf_adds(out, ": ");
	out_escape(out, line, false);
	buf_addc(out, '\n');
	return true;
}

static void show_lines(struct log_tail *t, struct tailed *f)
{
	AUTO_ARENA a = ARENA_INIT;
	struct str all = buf_str(&f->rest), line;
	size_t taken = 0, end;

	while ((end = str_chr(all, '\n', taken)) != STR_NONE) {
		AUTO_BUF shown = BUF(LINE_SHOWN_MAX_BYTES);

		line = str_sub(all, taken, end);
		if ((log_line_show(&a, line, t->least, &shown) || show_raw(f, line, &shown)) &&
		    !str_eq(buf_str(&shown), buf_str(&f->shown))) {
			fputs(buf_cstr(&shown), stderr);
			buf_clear(&f->shown);
			buf_add(&f->shown, buf_str(&shown));
		}
		taken = end + 1;
	}
	buf_drop(&f->rest, taken);
	if (f->rest.full) { /* longer than any line of ours: skip to the next one */
		buf_release(&f->rest);
		f->rest = BUF(LINE_SHOWN_MAX_BYTES);
	}
}

static void read_on(struct log_tail *t, struct tailed *f)
{
	int fd = open(f->path, O_RDONLY | O_CLOEXEC);
	char piece[PIECE_BYTES];
	ssize_t n;

	if (fd < 0)
		return;
	while ((n = pread(fd, piece, sizeof(piece), f->read_to)) > 0) {
		f->read_to += n;
		buf_add(&f->rest, str_n(piece, (size_t)n));
		show_lines(t, f);
	}
	close(fd);
}

void log_tail_look(struct log_tail *t)
{
	DIR *d = opendir(t->dir);
	const struct dirent *e;

	while (d && (e = readdir(d)) != NULL)
		(void)file_of(t, str_of(e->d_name));
	if (d)
		closedir(d);
	for (size_t i = 0; i < t->count; i++)
		read_on(t, &t->files[i]);
}

static void on_change(evutil_socket_t fd, short what, void *arg)
{
	struct log_tail *t = arg;
	char events[4096];

	(void)what;
	/* Which file it was does not matter: they are few. */
	while (read(fd, events, sizeof(events)) > 0)
		;
	log_tail_look(t);
}

struct log_tail *log_tail_new(struct event_base *base, struct str dir, enum log_level least)
{
	struct log_tail *t = xmalloc(sizeof(*t));
	DIR *d;
	const struct dirent *e;

	t->dir = xstrndup(dir);
	t->least = least;
	d = opendir(t->dir);
	while (d && (e = readdir(d)) != NULL) {
		struct tailed *f = file_of(t, str_of(e->d_name));
		int fd = f ? open(f->path, O_RDONLY | O_CLOEXEC) : -1;

		if (fd >= 0) {
			f->read_to = lseek(fd, 0, SEEK_END);
			close(fd);
		}
	}
	if (d)
		closedir(d);
	t->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	PROMISE(t->inotify >= 0);
	(void)inotify_add_watch(t->inotify, t->dir, IN_MODIFY | IN_CREATE);
	t->event = event_new(base, t->inotify, EV_READ | EV_PERSIST, on_change, t);
	PROMISE(t->event && event_add(t->event, NULL) == 0);
	return t;
}

void log_tail_free(struct log_tail *t)
{
	if (!t)
		return;
	log_tail_look(t);
	event_free(t->event);
	close(t->inotify);
	for (size_t i = 0; i < t->count; i++) {
		free(t->files[i].path);
		buf_release(&t->files[i].rest);
		buf_release(&t->files[i].shown);
	}
	free(t->dir);
	free(t);
}

void log_show_last(struct str path)
{
	AUTO_BUF text = BUF(LINE_SHOWN_MAX_BYTES), shown = BUF(8 * LINE_SHOWN_MAX_BYTES);
	char piece[PIECE_BYTES];
	struct str all, line;
	size_t from, lines = 0;
	FILE *f = fopen(path.ptr, "re");
	size_t n;

	while (f && (n = fread(piece, 1, sizeof(piece), f)) > 0) {
		if (text.len + n > LINE_SHOWN_MAX_BYTES)
			buf_drop(&text, text.len);
		buf_add(&text, str_n(piece, n));
	}
	if (f)
		fclose(f);
	all = str_trim(buf_str(&text));
	for (from = all.len; from > 0; from--)
		if (all.ptr[from - 1] == '\n' && ++lines == LAST_LINES)
			break;
	all = str_from(all, from);
	while (str_next(&all, '\n', &line)) {
		buf_adds(&shown, "  ");
		out_escape(&shown, line, false);
		buf_addc(&shown, '\n');
	}
	fputs(buf_cstr(&shown), stderr);
}
