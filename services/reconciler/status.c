#include "reconciler/status.h"

#include "base/json.h"
#include "base/utf8.h"
#include "lang/rfc3339.h"

enum { STATUS_MAX_BYTES = 256 << 10, MESSAGE_MAX_BYTES = 1024, CONDITIONS_MAX = 16 };

void status_add_time(struct buf *b, const char *key, int64_t ms)
{
	AUTO_BUF text = BUF(40);

	rfc3339_add(&text, ms / 1000);
	json_member_str(b, key, buf_str(&text));
}

/* --- conditions ------------------------------------------------------------------------------- */

static const struct value *old_condition(const struct value *status, const char *type)
{
	const struct value *list = value_get(status, STR("conditions"));

	for (size_t i = 0; i < value_count(list); i++)
		if (str_is(value_text(value_get(value_at(list, i), STR("type"))), type))
			return value_at(list, i);
	return NULL;
}

void status_add_condition(struct buf *b, const struct condition_place *p, const char *type,
			  bool is_true, struct str reason, struct str message)
{
	const struct value *before = old_condition(p->old, type);
	struct str status = is_true ? STR("True") : STR("False");
	struct str since = value_text(value_get(before, STR("lastTransitionTime")));

	json_next(b);
	json_open(b, '{');
	json_member_str(b, "type", str_of(type));
	json_member_str(b, "status", status);
	json_member_str(b, "reason", reason);
	json_member_str(b, "message", utf8_cut(message, MESSAGE_MAX_BYTES));
	if (since.len && str_eq(value_text(value_get(before, STR("status"))), status))
		json_member_str(b, "lastTransitionTime", since);
	else
		status_add_time(b, "lastTransitionTime", p->now_ms);
	json_member_int(b, "observedGeneration", p->generation);
	json_close(b, '}');
}

static void add_condition(struct buf *b, const struct condition_place *p, const char *type,
			  const struct status_ready *c)
{
	status_add_condition(b, p, type, c->is_true, str_of(c->reason), c->message);
}

/* What a missing Secret or ConfigMap is only a warning for in `ark validate`, where it may be
 * elsewhere; here all objects are known. */
static bool is_missing_reference(const struct finding *f)
{
	struct str reason = str_of(f->reason);

	return str_ends(reason, STR("ResolutionError")) || str_is(reason, "SecretNotFound");
}

static const struct finding *first_problem(const struct findings *f)
{
	const struct finding *error = findings_first_error(f);

	for (size_t i = 0; !error && i < f->count; i++)
		if (is_missing_reference(&f->items[i]))
			error = &f->items[i];
	return error;
}

static struct str words_of(struct arena *a, const struct finding *f)
{
	return arena_printf(a, "%.*s: %.*s", STR_ARG(f->field), STR_ARG(f->text));
}

static struct status_ready ready(struct arena *a, const struct findings *found,
				 const struct object *o)
{
	const struct finding *problem = first_problem(found);

	if (problem)
		return (struct status_ready){false, problem->reason, words_of(a, problem)};
	return status_ready_of(a, o);
}

static bool has_reason(const struct condition *c, const char *reason)
{
	for (size_t i = 0; c->reasons[i]; i++)
		if (str_is(str_of(c->reasons[i]), reason))
			return true;
	return false;
}

/* Conditions that exist only while True: a warning of that reason was found (SPEC 3.6). */
static void add_warnings(struct buf *b, struct arena *a, const struct findings *found,
			 const struct object *o, const struct condition_place *p)
{
	const struct kind_info *kind = kind_info(o->kind);

	for (size_t i = 0; i < kind->condition_count; i++) {
		const struct condition *c = &kind->conditions[i];

		if (str_is(str_of(c->type), "Ready"))
			continue;
		for (size_t j = 0; j < found->count; j++) {
			struct status_ready s = {true, found->items[j].reason, {NULL, 0}};

			if (!has_reason(c, found->items[j].reason))
				continue;
			s.message = words_of(a, &found->items[j]);
			add_condition(b, p, c->type, &s);
			break;
		}
	}
}

static void add_failing(struct buf *b, struct arena *a, const struct condition_place *p,
			const struct record *r)
{
	for (size_t i = 0; i < r->dispatch_count; i++) {
		const struct record_dispatch *d = &r->dispatches[i];
		struct status_ready s = {true, "DeadLettered", {NULL, 0}};

		if (d->succeeded)
			continue;
		s.message = arena_printf(a, "channel %lld: %.*s", (long long)d->channel,
					 STR_ARG(d->error));
		add_condition(b, p, "DeliveryFailing", &s);
		return;
	}
}

/* --- the whole status -------------------------------------------------------------------------- */

bool status_render(struct arena *a, const struct object *o, const struct status_world *w,
		   struct record *r)
{
	AUTO_BUF b = BUF(STATUS_MAX_BYTES);
	struct findings found = FINDINGS(a);
	struct value old = value_nil;
	const struct condition_place place = {&old, o->generation, w->now_ms};
	struct status_ready is;
	struct str before = r->status;

	check_object(&found, o, &w->check);
	is = ready(a, &found, o);
	r->was_ready = r->was_ready || is.is_true;
	if (before.len && json_parse(a, before, JSON_STRICT, JSON_MAX_DEPTH, &old, NULL))
		old = value_nil;
	json_open(&b, '{');
	json_member_int(&b, "observedGeneration", o->generation);
	status_add_members(&b, a, o, w, r, is.is_true);
	json_key(&b, "conditions");
	json_open(&b, '[');
	add_condition(&b, &place, "Ready", &is);
	add_warnings(&b, a, &found, o, &place);
	if (o->kind == KIND_NOTIFY)
		add_failing(&b, a, &place, r);
	json_close(&b, ']');
	json_close(&b, '}');
	PROMISE(!b.full); /* every part has its limit */
	if (str_eq(before, buf_str(&b)))
		return false;
	r->status = arena_str(a, buf_str(&b));
	return true;
}
