#include "reconciler/run_object.h"

#include "base/json.h"

/* --- metadata ------------------------------------------------------------------------------------- */

static void add_owner(struct buf *b, const struct object *o, bool controller)
{
	if (!o || !o->uid.len)
		return;
	json_next(b);
	json_open(b, '{');
	json_member_str(b, "apiVersion", STR(ARK_API_VERSION));
	json_member_str(b, "kind", str_of(kind_name(o->kind)));
	json_member_str(b, "name", o->name);
	json_member_str(b, "uid", o->uid);
	json_member_bool(b, "controller", controller);
	json_close(b, '}');
}

/* SPEC 9.3: the event controls it, or, of a child, the run that started it. */
static void add_owners(struct buf *b, const struct run_object *o)
{
	const struct object *controller = o->parent ? o->parent : o->event;

	json_key(b, "ownerReferences");
	json_open(b, '[');
	add_owner(b, controller, true);
	add_owner(b, o->team, false);
	json_close(b, ']');
}

/* The labels that the run was asked for with. */
static void add_labels(struct buf *b, struct arena *a, const struct run *r)
{
	struct value labels;

	if (!r->labels.len ||
	    json_parse(a, r->labels, JSON_STRICT, JSON_MAX_DEPTH, &labels, NULL) ||
	    !value_is(&labels, VALUE_MAP))
		return;
	json_key(b, "labels");
	json_add_sorted(b, &labels);
}

static void add_annotations(struct buf *b, struct arena *a, const struct run *r)
{
	json_key(b, "annotations");
	json_open(b, '{');
	if (r->stream_tokens)
		json_member_str(b, ARK_LABEL "stream", STR("true"));
	json_member_str_if(b, ARK_LABEL "traceparent", r->trace);
	if (r->depth)
		json_member_str(b, ARK_LABEL "chain-depth",
				arena_printf(a, "%lld", (long long)r->depth));
	json_close(b, '}');
}

static void add_metadata(struct buf *b, struct arena *a, const struct run_object *o)
{
	json_key(b, "metadata");
	json_open(b, '{');
	json_member_str(b, "name", o->run->name);
	json_member_str(b, "namespace", o->run->namespace);
	add_labels(b, a, o->run);
	add_annotations(b, a, o->run);
	add_owners(b, o);
	json_close(b, '}');
}

/* --- spec ------------------------------------------------------------------------------------------- */

/* All that the plan says becomes members of the spec (SPEC 9.1). */
static void add_plan(struct buf *b, struct arena *a, struct str plan)
{
	struct value v;

	if (!plan.len || json_parse(a, plan, JSON_STRICT, JSON_MAX_DEPTH, &v, NULL) ||
	    !value_is(&v, VALUE_MAP))
		return;
	for (size_t i = 0; i < v.map.count; i++) {
		const struct value_entry *e = &v.map.entries[i];

		if (str_is(e->key, "teamRef") || str_is(e->key, "agent") ||
		    str_is(e->key, "prompt") || str_is(e->key, "input"))
			continue;
		json_next(b);
		json_add_str(b, e->key);
		buf_addc(b, ':');
		json_add(b, &e->value);
	}
}

static void add_input(struct buf *b, struct arena *a, struct str input)
{
	struct value v;

	if (input.len && !json_parse(a, input, JSON_STRICT, JSON_MAX_DEPTH, &v, NULL) &&
	    value_is(&v, VALUE_MAP))
		json_member(b, "input", &v);
}

static void add_spec(struct buf *b, struct arena *a, const struct run_object *o)
{
	const struct run *r = o->run;

	json_key(b, "spec");
	json_open(b, '{');
	if (r->agent.len) {
		json_member_str(b, "agent", r->agent);
		json_member_str(b, "prompt", o->input);
		if (r->timeout_seconds)
			json_member_int(b, "timeoutSeconds", r->timeout_seconds);
	} else {
		json_member_str(b, "teamRef", r->team);
		add_input(b, a, o->input);
		add_plan(b, a, o->plan);
	}
	json_close(b, '}');
}

bool run_object_add(struct buf *out, struct arena *a, const struct run_object *o)
{
	AUTO_BUF b = BUF(RUN_OBJECT_MAX_BYTES);

	json_open(&b, '{');
	json_member_str(&b, "apiVersion", STR(ARK_API_VERSION));
	json_member_str(&b, "kind", str_of(kind_name(KIND_RUN)));
	add_metadata(&b, a, o);
	add_spec(&b, a, o);
	json_close(&b, '}');
	buf_add(out, buf_str(&b));
	return !b.full && !out->full;
}
