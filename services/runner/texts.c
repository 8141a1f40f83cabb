/* Texts of a run, and what its templates see of them. */
#include "runner/deciding.h"

#include "base/json.h"
#include "kinds/run_input.h"
#include "lang/extract.h"
#include "stream/keys.h"

struct kept_text keep_key(struct str key, struct str text)
{
	return (struct kept_text){.text = text, .key = key, .bytes = (int64_t)text.len};
}

struct kept_text keep_text(struct deciding *d, const char *what, struct str step,
			   struct str text)
{
	struct str owner, name;

	if (text.len <= RUN_INLINE_BYTES)
		return (struct kept_text){.text = text.ptr ? text : STR(""),
					  .bytes = (int64_t)text.len};
	owner = arena_printf(d->a, "%.*s.%.*s", STR_ARG(d->run->namespace),
			     STR_ARG(d->run->name));
	/* The entry makes the key its own: a text never changes under its key. */
	name = arena_printf(d->a, "%s-%.*s-%.*s", what, STR_ARG(step), STR_ARG(d->m->id));
	commit_text(d->c, key_text(d->a, owner, name), d->w->limits->output_retention_ms, text);
	return keep_key(key_text(d->a, owner, name), text);
}

void keep_instead(struct deciding *d, struct kept_text *place, struct kept_text text)
{
	if (place->key.len && !str_eq(place->key, text.key))
		commit_drop(d->c, place->key);
	*place = text;
}

struct str kept(struct deciding *d, const struct kept_text *t)
{
	struct str text = STR("");

	if (t->text.ptr || !t->key.len)
		return t->text;
	if (!d->w->text(d->w->arg, t->key, &text))
		d->missing = true;
	return text;
}

/* --- what templates see (SPEC 4.12) -------------------------------------------------------------- */

static struct value read_input(struct deciding *d)
{
	struct run_input input;
	struct value given;

	if (!d->plan || !kept_is_there(&d->run->input))
		return value_nil;
	if (json_parse(d->a, kept(d, &d->run->input), JSON_STRICT, JSON_MAX_DEPTH, &given,
		       NULL))
		return value_nil; /* not here yet: what we wrote ourselves parses */
	/* It was resolved when the run started, so this cannot fail. */
	if (run_input_resolve(d->a, d->plan->team.inputs, d->plan->team.input_count, &given,
			      &input, NULL))
		return given;
	return input.typed;
}

/* Parsed once in a decision, however many templates ask for it. */
static struct value input_value(struct deciding *d)
{
	if (!d->input) {
		d->input = ARENA_NEW(d->a, struct value);
		*d->input = read_input(d);
	}
	return *d->input;
}

static struct value step_value(struct deciding *d, const struct step_state *s,
			       const struct plan_step *p)
{
	struct value_builder b, none;
	struct str output = kept(d, &s->output);
	struct value text = value_str(output), data;

	text.string.origin = s->name;
	value_map_begin(&none, d->a);
	value_map_begin(&b, d->a);
	value_map_add(&b, STR("output"), text);
	value_map_add(&b, STR("status"), value_str(str_of(step_phase_name(s->phase))));
	if (!p->output_schema || !output.len || !extract_json(d->a, output, &data, NULL))
		data = value_map_done(&none);
	value_map_add(&b, STR("data"), data);
	value_map_begin(&none, d->a);
	value_map_add(&b, STR("artifacts"), value_map_done(&none));
	return value_map_done(&b);
}

static bool is_read(const struct template_steps *reads, struct str name)
{
	for (size_t i = 0; i < reads->count; i++)
		if (str_eq(reads->names[i], name))
			return true;
	return reads->any;
}

struct value run_root(struct deciding *d, const struct plan_template *t, const char *extra,
		      struct str extra_text)
{
	struct value_builder root, steps, run;

	value_map_begin(&steps, d->a);
	for (size_t i = 0; i < d->run->step_count; i++) {
		const struct step_state *s = &d->run->steps[i];

		if (is_read(&t->reads, s->name))
			value_map_add(&steps, s->name, step_value(d, s, plan_step_of(d, s)));
	}
	value_map_begin(&run, d->a);
	value_map_add(&run, STR("name"), value_str(d->run->name));
	value_map_add(&run, STR("namespace"), value_str(d->run->namespace));
	value_map_begin(&root, d->a);
	value_map_add(&root, STR("input"), input_value(d));
	value_map_add(&root, STR("steps"), value_map_done(&steps));
	value_map_add(&root, STR("run"), value_map_done(&run));
	if (extra)
		value_map_add(&root, str_of(extra), value_str(extra_text));
	return value_map_done(&root);
}

enum fail run_render(struct deciding *d, const struct plan_template *t,
		     const struct value *root, bool marks, struct str *ret_text,
		     struct why *why)
{
	const struct template_limits limits = plan_template_limits(d->w->limits);
	struct template_env env = {
		.now_seconds = d->now_ms / 1000,
		.now_nanos = (int32_t)(d->now_ms % 1000) * 1000000,
		.zones = d->w->zones,
		.limits = &limits,
		.envelope_marks = marks,
	};
	AUTO_BUF out = BUF(limits.output_bytes);
	enum fail f = template_run(t->parsed, root, &env, d->a, &out, why);

	if (!f)
		*ret_text = arena_str(d->a, buf_str(&out));
	return f;
}
