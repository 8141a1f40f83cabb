#include "runs/run_load.h"

#include <stdlib.h>

#include "runs/run_admit.h"
#include "stream/keys.h"

struct load {
	struct redis *commands;
	struct arena arena;
	struct str namespace, name;
	struct run_record record;
	enum fail failed;
	struct why why;
	const struct kept_text *(*pick)(void *arg, const struct run *r);
	void (*fn)(void *arg, enum fail f, const struct run_record *record,
		   const struct why *why);
	void *arg;
};

const struct kept_text *run_pick_output(void *arg, const struct run *r)
{
	(void)arg;
	return &r->output;
}

static void done(struct load *l)
{
	l->fn(l->arg, l->failed, l->failed ? NULL : &l->record, &l->why);
	arena_release(&l->arena);
	free(l);
}

static void on_text(void *arg, const struct reply *r)
{
	struct load *l = arg;
	struct str text;

	if (reply_is_nil(r))
		l->record.text_gone = true;
	else
		l->failed = reply_text(r, &text, &l->why);
	if (!l->failed && !l->record.text_gone)
		l->record.text = text;
	done(l);
}

static void load_text(struct load *l)
{
	const struct kept_text *t = l->pick ? l->pick(l->arg, &l->record.run) : NULL;
	struct command c;

	if (!t || !kept_is_there(t)) {
		done(l);
	} else if (!t->key.len) {
		l->record.text = t->text;
		done(l);
	} else {
		c = command_begin(&l->arena, "GET");
		command_add(&c, key_full(&l->arena, t->key));
		redis_send(l->commands, &c, on_text, l);
	}
}

/* [v, d] of the state. */
static void on_state(void *arg, const struct reply *r)
{
	struct load *l = arg;
	const struct reply *items;
	struct str version, data;
	size_t n;

	l->failed = reply_array(r, 2, 2, &items, &n, &l->why);
	if (l->failed || reply_is_nil(&items[1]))
		return;
	l->failed = reply_text(&items[0], &version, &l->why);
	if (!l->failed)
		l->failed = reply_text(&items[1], &data, &l->why);
	if (!l->failed)
		l->failed = run_decode(&l->arena, arena_str(&l->arena, data), &l->record.run,
				       &l->why);
	if (!l->failed && !str_to_u64(version, &l->record.version))
		l->failed = failf(&l->why, FAIL_INPUT, "state of a run: version");
	if (!l->failed)
		l->record.found = RUN_THERE;
}

static void on_mark(void *arg, const struct reply *r)
{
	struct load *l = arg;
	struct run_mark mark;
	struct str text;

	if (!l->failed && l->record.found == RUN_THERE) {
		load_text(l);
		return;
	}
	if (!l->failed)
		l->failed = reply_check(r, &l->why);
	if (l->failed || reply_is_nil(r)) {
		done(l);
		return;
	}
	l->failed = reply_text(r, &text, &l->why);
	if (!l->failed)
		l->failed =
			run_mark_decode(&l->arena, arena_str(&l->arena, text), &mark, &l->why);
	if (!l->failed) {
		l->record.found = RUN_JUST_ADMITTED;
		l->record.run = (struct run){.namespace = l->namespace,
					     .name = l->name,
					     .team = mark.team,
					     .agent = mark.agent,
					     .trigger = mark.trigger,
					     .phase = RUN_LOOKING,
					     .stream_tokens = mark.stream_tokens,
					     .attempt = 1,
					     .created_ms = mark.created_ms};
	}
	done(l);
}

void run_load(struct redis *commands, struct str namespace, struct str name,
	      const struct kept_text *(*pick)(void *arg, const struct run *r),
	      void (*fn)(void *arg, enum fail f, const struct run_record *record,
			 const struct why *why),
	      void *arg)
{
	struct load *l = xcalloc(1, sizeof(*l));
	struct command c;

	l->commands = commands;
	l->namespace = arena_str(&l->arena, namespace);
	l->name = arena_str(&l->arena, name);
	l->pick = pick;
	l->fn = fn;
	l->arg = arg;
	c = command_begin(&l->arena, "HMGET");
	command_add(&c, key_full(&l->arena, key_run_state(&l->arena, namespace, name)));
	command_adds(&c, "v");
	command_adds(&c, "d");
	redis_send(commands, &c, on_state, l);
	/* Answers come in order: the mark decides when both are here. */
	c = command_begin(&l->arena, "GET");
	command_add(&c, key_full(&l->arena, key_run_mark(&l->arena, namespace, name)));
	redis_send(commands, &c, on_mark, l);
}
