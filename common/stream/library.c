#include "stream/library.h"

#include <stdlib.h>
#include <string.h>

#include "stream/keys.h"

struct setup {
	void (*fn)(void *arg, enum fail f, const struct why *why);
	void *arg;
};

static struct setup *setup_new(void (*fn)(void *arg, enum fail f, const struct why *why),
			       void *arg)
{
	struct setup *s = xmalloc(sizeof(*s));

	*s = (struct setup){fn, arg};
	return s;
}

static void finish(struct setup *s, const struct reply *r, bool there_already)
{
	struct setup done = *s;
	struct why why = {""};
	enum fail f = there_already ? FAIL_NONE : reply_check(r, &why);

	free(s);
	if (done.fn)
		done.fn(done.arg, f, &why);
}

static void on_loaded(void *arg, const struct reply *r)
{
	bool exists = r && r->kind == REPLY_ERROR &&
		      str_find(r->text, STR("already exists"), 0) != STR_NONE;

	finish(arg, r, exists);
}

void library_load(struct redis *r, void (*fn)(void *arg, enum fail f, const struct why *why),
		  void *arg)
{
	const struct str argv[] = {STR("FUNCTION"), STR("LOAD"), str_of(library_lua)};

	redis_call(r, argv, 3, on_loaded, setup_new(fn, arg));
}

/* --- groups ---------------------------------------------------------------------------------- */

/* Making one has two steps: whoever waits is told after the second. */
struct making {
	struct redis *redis;
	struct setup *setup;
	struct str stream, group; /* behind the struct */
	char block[];
};

static void on_repaired(void *arg, const struct reply *r)
{
	finish(arg, r, false);
}

/* The group may have lost count of what it has read, when Redis replayed its log (DESIGN 2). */
static void on_group(void *arg, const struct reply *r)
{
	AUTO_ARENA a = ARENA_INIT;
	struct making *m = arg;
	struct command c = command_begin(&a, "FCALL");

	if (reply_error(r) == REPLY_ERROR_BUSYGROUP) {
		command_adds(&c, "ark_1_repair");
		command_addi(&c, 0);
		command_add(&c, m->stream);
		command_add(&c, m->group);
		redis_send(m->redis, &c, on_repaired, m->setup);
	} else {
		finish(m->setup, r, false);
	}
	free(m);
}

void group_make(struct redis *r, struct str stream, struct str group,
		void (*fn)(void *arg, enum fail f, const struct why *why), void *arg)
{
	AUTO_ARENA a = ARENA_INIT;
	struct making *m = xmalloc(sizeof(*m) + stream.len + group.len);
	const struct str argv[] = {
		STR("XGROUP"), STR("CREATE"), key_full(&a, stream),
		group,	       STR("0"),      STR("MKSTREAM"),
	};

	m->redis = r;
	m->setup = setup_new(fn, arg);
	memcpy(m->block, stream.ptr, stream.len);
	memcpy(m->block + stream.len, group.ptr, group.len);
	m->stream = str_n(m->block, stream.len);
	m->group = str_n(m->block + stream.len, group.len);
	redis_call(r, argv, 6, on_group, m);
}
