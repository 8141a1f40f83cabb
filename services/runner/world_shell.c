#include "runner/world_shell.h"

#include <stdlib.h>

#include "kinds/check.h"
#include "lang/zone.h"
#include "process/clock.h"
#include "stream/keys.h"

enum {
	PLANS_KEPT = 512,   /* more than the teams of a batch */
	FAULTS_KEPT = 4096, /* objects whose checks are remembered */
};

static const struct object *find_object(void *arg, enum kind kind, struct str namespace,
					struct str name)
{
	const struct world_shell *s = arg;

	return objects_get(s->objects, kind, namespace, name);
}

static bool lives(void *arg, struct str namespace, struct str agent)
{
	const struct world_shell *s = arg;

	return workers_live(s->workers, arena_printf(s->arena, "%.*s.%.*s", STR_ARG(namespace),
						     STR_ARG(agent)));
}

/* --- objects that may not be used ----------------------------------------------------------------- */

/* The first error of the object's checks; empty when there is none. */
static struct str first_error(struct world_shell *s, struct arena *a, const struct object *o)
{
	struct findings f = {.arena = a};
	struct check_world world = {.find = find_object, .context = s, .limits = s->limits};
	const struct finding *first;

	check_object(&f, o, &world);
	first = findings_first_error(&f);
	if (!first)
		return STR("");
	return arena_printf(a, "%.*s: %.*s", STR_ARG(first->field), STR_ARG(first->text));
}

/* References may appear or go without a change of the object, so an error is not remembered. */
static struct str fault(void *arg, const struct object *o)
{
	struct world_shell *s = arg;
	struct str key =
		arena_printf(s->arena, "%d/%.*s/%.*s/%.*s", (int)o->kind, STR_ARG(o->namespace),
			     STR_ARG(o->name), STR_ARG(o->resource_version));
	struct str words;

	if (memo_get(s->faults, key))
		return STR("");
	words = first_error(s, s->arena, o);
	if (!words.len)
		memo_put(s->faults, key, xmalloc(1));
	return words;
}

/* --- texts and plans -------------------------------------------------------------------------------- */

static bool text(void *arg, struct str key, struct str *ret_text)
{
	struct world_shell *s = arg;

	if (!bag_text(s->bag, s->arena, key, ret_text))
		return false;
	if (!ret_text->ptr)
		*ret_text = STR(""); /* no longer kept (SPEC 8.14) */
	return true;
}

static const struct plan *compile(struct world_shell *s, struct str key, struct str json,
				  struct why *why)
{
	struct plan *p = memo_get(s->plans, key);

	if (!p && !plan_new(json, s->limits, &p, why))
		memo_put(s->plans, key, p);
	return p;
}

static const struct plan *plan_of(void *arg, struct str json, struct why *why)
{
	struct world_shell *s = arg;

	return compile(s, key_plan(s->arena, json), json, why);
}

static bool plan(void *arg, struct str key, const struct plan **ret, struct why *why)
{
	struct world_shell *s = arg;
	struct str json;

	*ret = memo_get(s->plans, key);
	if (*ret)
		return true;
	if (!bag_text(s->bag, s->arena, key, &json))
		return false;
	if (json.ptr)
		*ret = compile(s, key, json, why);
	else
		why_write(why, "the plan of the run is gone");
	return true;
}

/* --- life ------------------------------------------------------------------------------------------- */

static void free_plan(void *value)
{
	plan_free(value);
}

void world_shell_init(struct world_shell *s, const struct limits *limits)
{
	*s = (struct world_shell){
		.limits = limits,
		.zones = zones_new(NULL),
		.plans = memo_new(PLANS_KEPT, free_plan),
		.faults = memo_new(FAULTS_KEPT, free),
	};
}

void world_shell_release(struct world_shell *s)
{
	zones_free(s->zones);
	memo_free(s->plans);
	memo_free(s->faults);
}

struct world world_shell_for(struct world_shell *s, struct bag *bag, struct arena *a, bool full)
{
	s->bag = bag;
	s->arena = a;
	return (struct world){
		.limits = s->limits,
		.zones = s->zones,
		.full = full,
		.object = find_object,
		.fault = fault,
		.lives = lives,
		.text = text,
		.plan = plan,
		.plan_of = plan_of,
		.arg = s,
	};
}
