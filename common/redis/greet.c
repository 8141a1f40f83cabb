#include "redis/greet.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum fail password_read(const struct redis_options *options, struct buf *ret_password,
			struct why *why)
{
	struct str path = options->password_file;
	ssize_t n;
	char *room;
	int fd;

	buf_clear(ret_password);
	if (path.len == 0) {
		buf_add(ret_password, options->url->password);
		return FAIL_NONE;
	}
	fd = open(path.ptr, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return failf(why, FAIL_BUSY, "password file '%.*s': %s", STR_ARG(path),
			     strerror(errno));
	room = buf_room(ret_password, PASSWORD_MAX_BYTES);
	PROMISE(room);
	n = read(fd, room, PASSWORD_MAX_BYTES);
	close(fd);
	if (n < 0 || n == PASSWORD_MAX_BYTES)
		return failf(why, FAIL_BUSY, "password file '%.*s': %s", STR_ARG(path),
			     n < 0 ? strerror(errno) : "too long");
	while (n > 0 && (room[n - 1] == '\n' || room[n - 1] == '\r'))
		n--;
	if (n == 0)
		return failf(why, FAIL_BUSY, "password file '%.*s' is empty", STR_ARG(path));
	buf_added(ret_password, (size_t)n);
	return FAIL_NONE;
}

void auth_send(struct wire *wire, const struct redis_options *options, struct str password,
	       void (*fn)(void *arg, const struct reply *r), void *arg)
{
	struct str argv[3] = {STR("AUTH"), options->url->user, password};
	size_t argc = 3;

	if (password.len == 0)
		return;
	if (argv[1].len == 0) {
		argv[1] = password;
		argc = 2;
	}
	PROMISE(wire_call(wire, argv, argc, 0, fn, arg));
}

/* Any step before the last: only a failure matters, and only the first one. */
static void on_step(void *arg, const struct reply *r)
{
	struct greeting *g = arg;

	if (r && r->kind == REPLY_ERROR && !g->failed) {
		g->failed = true;
		why_write(&g->why, "Redis says: %.*s", STR_ARG(r->text));
	}
}

/* Like on_step, but of an answer that might quote the command, which holds the password (an
 * unknown command is answered so), only the first word is told. */
static void on_auth(void *arg, const struct reply *r)
{
	struct greeting *g = arg;
	struct str text;

	if (!r || r->kind != REPLY_ERROR)
		return;
	text = r->text;
	if (reply_error(r) != REPLY_ERROR_DENIED && !str_starts(text, STR("ERR AUTH ")))
		text = reply_error_prefix(r);
	g->failed = true;
	why_write(&g->why, "the login was refused: %.*s", STR_ARG(text));
}

static void on_info(void *arg, const struct reply *r)
{
	struct greeting *g = arg;
	struct server_info info;
	struct str text;
	struct why why;

	if (!r)
		return; /* the wire says so itself */
	on_step(g, r);
	if (g->failed) {
		why = g->why;
		g->done(g->arg, NULL, &why);
		return;
	}
	if (!reply_text(r, &text, &why)) {
		info = server_info_read(text);
		if (!server_info_judge(&info, &why)) {
			g->done(g->arg, &info, NULL);
			return;
		}
	}
	g->done(g->arg, NULL, &why);
}

enum fail
greeting_start(struct greeting *g, struct wire *wire, const struct redis_options *options,
	       void (*done)(void *arg, const struct server_info *info, const struct why *why),
	       void *arg, struct why *why)
{
	AUTO_BUF password = BUF(PASSWORD_MAX_BYTES);
	AUTO_BUF db = BUF(16);
	const struct str name[] = {STR("CLIENT"), STR("SETNAME"), options->name};
	const struct str info[] = {STR("INFO")};
	enum fail f = password_read(options, &password, why);

	if (f)
		return f;
	*g = (struct greeting){.done = done, .arg = arg};
	auth_send(wire, options, buf_str(&password), on_auth, g);
	if (password.ptr)
		explicit_bzero(password.ptr, password.cap);
	if (options->name.len)
		PROMISE(wire_call(wire, name, 3, 0, on_step, g));
	if (options->url->db) {
		buf_addi(&db, options->url->db);
		PROMISE(wire_call(wire, (const struct str[]){STR("SELECT"), buf_str(&db)}, 2, 0,
				  on_step, g));
	}
	PROMISE(wire_call(wire, info, 1, 0, on_info, g));
	return FAIL_NONE;
}
