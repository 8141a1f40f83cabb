#include "reconciler/subject.h"

#include "stream/keys.h"

static const struct object *find(void *context, enum kind kind, struct str namespace,
				 struct str name)
{
	const struct surroundings *w = context;

	return objects_get(w->objects, kind, namespace, name);
}

bool subject_load(struct subject *s, const struct surroundings *w, struct arena *a,
		  struct bag *bag)
{
	const struct object *o = find((void *)(uintptr_t)w, s->kind, s->namespace, s->name);
	const struct bag_state *state;

	s->key = key_object(a, kind_name(s->kind), s->namespace, s->name);
	state = bag_state(bag, a, s->key);
	if (!state)
		return false;
	s->version = state->version;
	s->record = (struct record){.event_count = 0};
	/* What cannot be read is begun anew. */
	if (state->version && record_decode(a, state->data, &s->record, NULL))
		s->record = (struct record){.event_count = 0};
	if (!o || str_eq(s->record.uid, o->uid))
		return true;
	if (s->record.uid.len)
		s->record = (struct record){.event_count = 0};
	s->record.uid = o->uid;
	s->adopted = true;
	return true;
}

static struct str status_field(const struct subject *s, struct arena *a)
{
	return arena_printf(a, "%s/%.*s/%.*s", kind_name(s->kind), STR_ARG(s->namespace),
			    STR_ARG(s->name));
}

bool subject_write(struct subject *s, const struct surroundings *w, struct arena *a,
		   struct commit *c, int64_t now_ms)
{
	const struct object *o = find((void *)(uintptr_t)w, s->kind, s->namespace, s->name);
	const struct status_world world = {
		.check = {.find = find,
			  .context = (void *)(uintptr_t)w,
			  .system_namespace = w->system_namespace,
			  .zones = w->zones,
			  .now_seconds = now_ms / 1000,
			  .limits = w->limits},
		.trigger_url = w->trigger_url,
		.now_ms = now_ms,
	};
	bool stays = o && s->kind != KIND_RUN;
	bool changed = stays && status_render(a, o, &world, &s->record);

	if (!changed && !s->touched && !(stays && s->adopted))
		return false;
	if (stays && s->adopted && s->version)
		commit_forget(c, s->key, s->version); /* and with it the time it had to live */
	commit_state(c, s->key, s->version, record_encode(a, &s->record));
	if (s->kind == KIND_RUN)
		commit_ttl(c, s->key, w->limits->run_event_retention_ms);
	else if (!stays)
		commit_ttl(c, s->key, SUBJECT_UNSEEN_TTL_MS);
	if (changed)
		commit_set(c, STR(KEY_STATUS), status_field(s, a), s->record.status);
	return true;
}

void subject_remove(const struct subject *s, struct arena *a, struct commit *c)
{
	commit_forget(c, s->key, s->version);
	commit_unset(c, STR(KEY_STATUS), status_field(s, a));
}
