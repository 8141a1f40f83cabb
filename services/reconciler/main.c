/*
 * Welcome to ark-reconciler: what the outside world sees of the suite.
 *
 * In local mode the outside world is a local store: the status of each object in the hash
 * `status`, its newest events beside it, and generated tokens as files (SPEC 2.12). Two things
 * make it act: an object that changed (refresh.c), and a fact in `events` (facts.c), a batch of
 * which is answered by one commit. Both write through the record of the object concerned
 * (subject.c), whose version keeps any number of reconcilers apart; so none has to lead. An
 * ArkRun in a file becomes a run (requests.c).
 */
#include <stdlib.h>

#include "process/process.h"
#include "base/memo.h"
#include "reconciler/facts.h"
#include "reconciler/local.h"
#include "reconciler/refresh.h"
#include "reconciler/tokens.h"
#include "runs/run.h"
#include "stream/decider.h"
#include "stream/keys.h"
#include "stream/link.h"

enum { READER_EVENTS, READER_OBJECTS, READERS };
enum { SCAN_COUNT = 256, WARNED_MAX = 8192 };

struct reconciler_settings {
	struct str state_dir;
	struct str trigger_url;
};

struct reconciler {
	struct reconciler_settings settings;
	struct process *process;
	struct link *link;
	struct objects *objects;
	struct decider *decider;
	struct refresh *refresh;
	struct surroundings world;
	struct condition *has_objects, *has_inbox;
	struct memo *warned; /* objects and fields, so that each is told once */
};

#define AT(type, member) SETTING_AT_##type(struct reconciler_settings, member)
static const struct setting rows[] = {
	{.name = "ARK_STATE_DIR",
	 .type = SETTING_STRING,
	 .at = AT(STR, state_dir),
	 .help = "local mode: directory with generated secrets and tokens"},
	{.name = "ARK_TRIGGER_URL",
	 .type = SETTING_STRING,
	 .at = AT(STR, trigger_url),
	 .help = "public base URL of the gateway's triggers, as written to status"},
};

/* --- facts ------------------------------------------------------------------------------------- */

struct subjects {
	struct subject *items;
	size_t count, cap;
};

static struct subject *subject_of(struct subjects *list, struct arena *a, struct str namespace,
				  const struct fact_subject *f)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].kind == f->kind && str_eq(list->items[i].name, f->name) &&
		    str_eq(list->items[i].namespace, namespace))
			return &list->items[i];
	list->items = arena_grow(a, list->items, list->count, &list->cap, sizeof(*list->items));
	list->items[list->count] =
		(struct subject){.kind = f->kind, .namespace = namespace, .name = f->name};
	return &list->items[list->count++];
}

/* When the run was asked for; that never changes, so a state that is not the newest will do. */
static bool run_created(struct decision *d, const struct message *m, int64_t *ret_ms)
{
	const struct bag_state *state;
	struct run run;

	*ret_ms = 0;
	if (!fact_needs_run(m))
		return true;
	state = bag_state(d->bag, d->arena, key_run_state(d->arena, m->namespace, m->run));
	if (!state)
		return false;
	if (state->version && !run_decode(d->arena, state->data, &run, NULL))
		*ret_ms = run.created_ms;
	return true;
}

static void take(struct reconciler *r, struct decision *d, struct subjects *list,
		 const struct message *m)
{
	struct fact_subject of[FACT_SUBJECTS];
	size_t n = fact_subjects(m, of);
	int64_t created_ms;

	if (!run_created(d, m, &created_ms))
		return;
	for (size_t i = 0; i < n; i++) {
		struct subject *s = subject_of(list, d->arena, m->namespace, &of[i]);

		if (!s->touched && !subject_load(s, &r->world, d->arena, d->bag))
			continue;
		s->touched = true;
		fact_take(&s->record, s->kind, m, created_ms);
	}
}

static enum fail decide(void *arg, struct decision *d, struct why *why)
{
	struct reconciler *r = arg;
	struct subjects list = {.count = 0};
	int64_t now_ms = d->messages[d->count - 1].at_ms;

	(void)why;
	for (size_t i = 0; i < d->count; i++)
		take(r, d, &list, &d->messages[i]);
	for (size_t i = 0; i < list.count && !bag_is_missing(d->bag); i++)
		(void)subject_write(&list.items[i], &r->world, d->arena, d->commit, now_ms);
	return FAIL_NONE;
}

/* Of a run that is over nothing more will be asked: its place in the cache is for others. */
static void committed(void *arg, const struct decision *d)
{
	(void)arg;
	for (size_t i = 0; i < d->count; i++) {
		const struct message *m = &d->messages[i];

		if (m->type != MSG_RUN_SUCCEEDED && m->type != MSG_RUN_FAILED)
			continue;
		bag_forget(d->bag, key_run_state(d->arena, m->namespace, m->run));
		bag_forget(d->bag,
			   key_object(d->arena, kind_name(KIND_RUN), m->namespace, m->run));
	}
}

static void inbox_state(void *arg, bool working, struct str reason)
{
	const struct reconciler *r = arg;

	if (working)
		condition_met(r->has_inbox);
	else
		condition_missing(r->has_inbox, reason);
}

/* --- objects ------------------------------------------------------------------------------------ */

static void mark(void *arg, const struct object *o)
{
	const struct reconciler *r = arg;

	refresh_mark(r->refresh, o->kind, o->namespace, o->name);
}

static void mark_all(struct reconciler *r, struct str namespace, bool runs)
{
	for (int k = 1; k < KIND_COUNT; k++)
		if (kind_is_ark((enum kind)k) && (runs || k != KIND_RUN))
			objects_each(r->objects, (enum kind)k, namespace, mark, r);
}

/* SPEC 2.12: what only a cluster can do is told once. */
static void warn_without_effect(struct reconciler *r, const struct object *o)
{
	const char *fields[LOCAL_FIELDS_MAX];
	size_t n = local_without_effect(o, fields);

	for (size_t i = 0; i < n; i++) {
		AUTO_ARENA a = ARENA_INIT;
		struct str key =
			arena_printf(&a, "%s/%.*s/%.*s %s", kind_name(o->kind),
				     STR_ARG(o->namespace), STR_ARG(o->name), fields[i]);

		if (memo_get(r->warned, key))
			continue;
		memo_put(r->warned, key, xmalloc(1));
		log_warn("a field has no effect in local mode",
			 LOG_C("kind", kind_name(o->kind)), LOG_STR("namespace", o->namespace),
			 LOG_STR("name", o->name), LOG_C("field", fields[i]));
	}
}

/* References stay within a namespace (SPEC 1.2), so what is around it may have become right or
 * wrong. Nobody refers to an event or a run. */
static void on_changed(void *arg, const struct object *old, const struct object *now)
{
	struct reconciler *r = arg;
	const struct object *o = now ? now : old;

	if (now)
		warn_without_effect(r, now);
	if (!objects_ready(r->objects))
		return; /* the first copy: on_objects marks all of it */
	if (o->kind != KIND_RUN || !old || !now)
		mark(r, o);
	if (o->kind != KIND_RUN && o->kind != KIND_EVENT)
		mark_all(r, o->namespace, false);
}

/* Statuses of objects that went while nobody was looking. */
static void scan(struct reconciler *r, struct str cursor);

static void on_scanned(void *arg, const struct reply *reply)
{
	struct reconciler *r = arg;
	const struct reply *items;
	struct str cursor, field, kind, namespace, name;
	size_t n;

	if (!link_is_up(r->link) || reply_text(reply_item(reply, 0), &cursor, NULL) ||
	    reply_array(reply_item(reply, 1), 0, SIZE_MAX, &items, &n, NULL))
		return;
	for (size_t i = 0; i + 1 < n; i += 2)
		if (!reply_text(&items[i], &field, NULL) && str_cut(field, '/', &kind, &name) &&
		    str_cut(name, '/', &namespace, &name))
			refresh_mark(r->refresh, kind_by_word(kind), namespace, name);
	if (!str_is(cursor, "0"))
		scan(r, cursor);
}

static void scan(struct reconciler *r, struct str cursor)
{
	AUTO_ARENA a = ARENA_INIT;
	struct command c = command_begin(&a, "HSCAN");

	command_add(&c, key_full(&a, STR(KEY_STATUS)));
	command_add_copy(&c, cursor);
	command_adds(&c, "COUNT");
	command_addi(&c, SCAN_COUNT);
	redis_send(link_commands(r->link), &c, on_scanned, r);
}

static void on_objects(void *arg)
{
	struct reconciler *r = arg;

	condition_met(r->has_objects);
	if (!link_is_up(r->link))
		return;
	mark_all(r, STR(""), true);
	scan(r, STR("0"));
	refresh_up(r->refresh);
	decider_up(r->decider);
}

/* A Secret of that name, in the manifests or made before, wins (SPEC 2.12). */
static void on_seen(void *arg, const struct object *o)
{
	const struct reconciler *r = arg;
	AUTO_ARENA a = ARENA_INIT;
	struct str name = token_wanted(&a, o);
	struct why why;
	bool made;

	if (!name.len || !r->settings.state_dir.len ||
	    objects_get(r->objects, KIND_PLAIN_SECRET, o->namespace, name))
		return;
	if (token_make(r->settings.state_dir, o->namespace, name, &made, &why))
		log_error("a token could not be made", LOG_STR("namespace", o->namespace),
			  LOG_STR("secret", name), LOG_WHY(&why));
	else if (made)
		log_info("token made", LOG_STR("namespace", o->namespace),
			 LOG_STR("secret", name));
}

/* --- life --------------------------------------------------------------------------------------- */

static void on_up(void *arg, bool changed)
{
	const struct reconciler *r = arg;

	if (changed)
		decider_forget(r->decider);
	objects_up(r->objects);
}

static void on_down(void *arg)
{
	const struct reconciler *r = arg;

	objects_down(r->objects);
	decider_down(r->decider);
	refresh_down(r->refresh);
}

static void make_loops(struct reconciler *r)
{
	struct process *p = r->process;
	struct redis *commands = link_commands(r->link);
	struct objects_plan objects = {.commands = commands,
				       .reads = link_reader(r->link, READER_OBJECTS),
				       .kinds = (1u << KIND_COUNT) - 2,
				       .changed = on_changed,
				       .ready = on_objects,
				       .arg = r};
	struct refresh_plan refresh = {
		.world = &r->world, .commands = commands, .seen = on_seen, .arg = r};
	struct decider_plan decider = {.stream = STREAM_EVENTS,
				       .group = GROUP_RECONCILER,
				       .me = link_name(r->link),
				       .commands = commands,
				       .reads = link_reader(r->link, READER_EVENTS),
				       .all_at_once = true,
				       .facts = true,
				       .decide = decide,
				       .committed = committed,
				       .state = inbox_state,
				       .arg = r};

	r->objects = objects_new(p->base, &objects, p->metrics);
	r->world = (struct surroundings){.objects = r->objects,
					 .zones = zones_new(NULL),
					 .limits = &p->limits,
					 .system_namespace = p->settings.system_namespace,
					 .trigger_url = r->settings.trigger_url};
	r->refresh = refresh_new(p->base, &refresh, p->metrics);
	r->decider = decider_new(p->base, &decider, p->metrics);
}

static enum fail start(struct process *p, void *arg, struct why *why)
{
	struct reconciler *r = arg;
	struct link_plan link = {.readers = READERS,
				 .loads_library = true,
				 .up = on_up,
				 .down = on_down,
				 .arg = r};
	enum fail f;

	r->process = p;
	r->warned = memo_new(WARNED_MAX, free);
	r->has_objects = process_condition(p, "objects");
	r->has_inbox = process_condition(p, "inbox");
	if (p->settings.mode != MODE_LOCAL)
		return failf(why, FAIL_INPUT,
			     "ARK_MODE: this release writes to a local store; "
			     "set ARK_MODE=local");
	if (!r->settings.state_dir.len)
		log_warn("without ARK_STATE_DIR no token is made");
	f = link_new(p, &link, &r->link, why);
	if (!f)
		make_loops(r);
	return f;
}

static void on_drained(void *arg)
{
	const struct reconciler *r = arg;

	process_drained(r->process);
}

static void drain(struct process *p, void *arg)
{
	struct reconciler *r = arg;

	(void)p;
	refresh_down(r->refresh);
	decider_drain(r->decider, on_drained, r);
}

static void stop(struct process *p, void *arg)
{
	struct reconciler *r = arg;

	(void)p;
	link_free(r->link);
	decider_free(r->decider);
	refresh_free(r->refresh);
	objects_free(r->objects);
	memo_free(r->warned);
	zones_free(r->world.zones);
}

int main(int argc, char **argv)
{
	struct reconciler r = {.process = NULL};
	const struct settings_table tables[] = {
		{.title = "Local store",
		 .rows = rows,
		 .count = sizeof(rows) / sizeof(rows[0]),
		 .into = &r.settings},
	};
	const struct process_plan plan = {
		.name = "ark-reconciler",
		.about = "Writes what the outside world sees: status, events, tokens.",
		.tables = tables,
		.table_count = 1,
		.start = start,
		.drain = drain,
		.stop = stop,
		.arg = &r,
	};

	return process_main(&plan, argc, argv);
}
