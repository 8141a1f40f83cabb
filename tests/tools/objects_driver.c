/*
 * The copy of the objects at the end of a pipe, for component tests: what changes goes out on
 * stdout, one line each.
 *
 *	ready <objects>
 *	new <kind> <name> <version>, changed <kind> <name> <version>, gone <kind> <name>
 */
#include <stdio.h>

#include "process/process.h"
#include "stream/link.h"
#include "stream/objects.h"

static struct link *the_link;
static struct objects *objects;

static void on_changed(void *arg, const struct object *old, const struct object *now)
{
	const struct object *o = now ? now : old;

	(void)arg;
	printf("%s %s %.*s %.*s\n", now ? (old ? "changed" : "new") : "gone",
	       kind_name(o->kind), STR_ARG(o->name),
	       STR_ARG(now ? o->resource_version : STR("")));
}

static void on_ready(void *arg)
{
	(void)arg;
	printf("ready %zu\n",
	       objects_count(objects, KIND_TEAM) + objects_count(objects, KIND_AGENT));
}

static void on_up(void *arg, bool changed)
{
	(void)arg, (void)changed;
	objects_up(objects);
}

static void on_down(void *arg)
{
	(void)arg;
	objects_down(objects);
}

static enum fail begin(struct process *p, void *arg, struct why *why)
{
	const struct link_plan link = {
		.readers = 1, .loads_library = true, .up = on_up, .down = on_down};
	struct objects_plan plan = {.kinds = 1u << KIND_TEAM | 1u << KIND_AGENT,
				    .changed = on_changed,
				    .ready = on_ready};
	enum fail f = link_new(p, &link, &the_link, why);

	(void)arg;
	if (f)
		return f;
	setvbuf(stdout, NULL, _IOLBF, 0);
	plan.commands = link_commands(the_link);
	plan.reads = link_reader(the_link, 0);
	objects = objects_new(p->base, &plan, p->metrics);
	return FAIL_NONE;
}

static void stop(struct process *p, void *arg)
{
	(void)p, (void)arg;
	link_free(the_link);
	objects_free(objects);
}

int main(int argc, char **argv)
{
	const struct process_plan plan = {.name = "objects-driver",
					  .about = "Shows what objects become, for tests.",
					  .start = begin,
					  .stop = stop};

	return process_main(&plan, argc, argv);
}
