#include "stream/library.h"

#include <stdlib.h>

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

static void on_group(void *arg, const struct reply *r)
{
	finish(arg, r, reply_error(r) == REPLY_ERROR_BUSYGROUP);
}

void group_make(struct redis *r, struct str stream, struct str group,
		void (*fn)(void *arg, enum fail f, const struct why *why), void *arg)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct str argv[] = {
		STR("XGROUP"), STR("CREATE"), key_full(&a, stream),
		group,	       STR("0"),      STR("MKSTREAM"),
	};

	redis_call(r, argv, 6, on_group, setup_new(fn, arg));
}
