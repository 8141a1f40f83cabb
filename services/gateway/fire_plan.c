/* Check 10 of SPEC 13.6: the runs that a fire makes, or why it cannot (SPEC 12.11 to 12.13). */
#include "gateway/fire.h"

#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "kinds/run_input.h"
#include "kinds/team.h"
#include "lang/rfc3339.h"
#include "lang/template.h"

static bool fail_fire(struct refusal *no, const char *reason)
{
	no->status = 400;
	no->reason = reason;
	no->is_fire_failed = true;
	return false;
}

/* --- .trigger: SPEC 12.13 ----------------------------------------------------------------------------------- */

/* Headers that may hold a secret are not shown. */
static bool is_shown(struct str name)
{
	static const char *const words[] = {"auth", "token", "secret", "key", "signature"};

	if (str_eq_nocase(name, STR("cookie")))
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_find_nocase(name, str_of(words[i]), 0) != STR_NONE)
			return false;
	return true;
}

static struct str lower(struct arena *a, struct str s)
{
	struct str copy = arena_str(a, s);
	char *c = arena_alloc(a, copy.len + 1);

	for (size_t i = 0; i < copy.len; i++)
		c[i] = (char)(copy.ptr[i] >= 'A' && copy.ptr[i] <= 'Z'
				      ? copy.ptr[i] + ('a' - 'A')
				      : copy.ptr[i]);
	return str_n(c, copy.len);
}

static bool is_first(struct http_fields fields, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (str_eq_nocase(fields.items[i].name, fields.items[at].name))
			return false;
	return true;
}

static struct value header_map(const struct fire *f)
{
	struct value_builder b;

	value_map_begin(&b, f->arena);
	for (size_t i = 0; i < f->headers.count; i++) {
		struct str name = f->headers.items[i].name;
		AUTO_BUF joined = BUF(64 << 10), clean = BUF(192 << 10);

		if (!is_shown(name) || !is_first(f->headers, i))
			continue;
		http_fields_join(f->headers, name, &joined);
		utf8_clean(&clean, buf_str(&joined));
		value_map_add(&b, lower(f->arena, name),
			      value_str(arena_str(f->arena, buf_str(&clean))));
	}
	return value_map_done(&b);
}

static struct value trigger_root(const struct fire *f)
{
	static const char *const unset[] = {"slot", "output", "run", "team", "phase"};
	struct value_builder root, trigger, none;
	AUTO_BUF time = BUF(64);

	rfc3339_add(&time, f->now_ms / 1000);
	value_map_begin(&trigger, f->arena);
	value_map_add(&trigger, STR("name"), value_str(f->name));
	value_map_add(&trigger, STR("namespace"), value_str(f->namespace));
	value_map_add(&trigger, STR("type"), value_str(str_of(event_type_name(f->event.type))));
	value_map_add(&trigger, STR("firedAt"), value_str(arena_str(f->arena, buf_str(&time))));
	for (size_t i = 0; i < sizeof(unset) / sizeof(unset[0]); i++)
		value_map_add(&trigger, str_of(unset[i]), value_str(STR("")));
	value_map_add(&trigger, STR("body"), f->body_value);
	value_map_begin(&none, f->arena);
	value_map_add(&trigger, STR("event"), value_map_done(&none));
	value_map_add(&trigger, STR("headers"), header_map(f));
	value_map_begin(&root, f->arena);
	value_map_add(&root, STR("trigger"), value_map_done(&trigger));
	return value_map_done(&root);
}

/* --- templates ------------------------------------------------------------------------------------------------ */

struct rendering {
	struct fire *fire;
	struct value root;
	struct template_limits limits;
	struct template_env env;
};

static void rendering_init(struct rendering *r, struct fire *f)
{
	const struct limits *l = f->world->limits;

	r->fire = f;
	r->root = trigger_root(f);
	r->limits = (struct template_limits){
		.source_bytes = (size_t)l->template_source_bytes,
		.output_bytes = (size_t)l->template_output_bytes,
		.value_bytes = TEMPLATE_VALUE_BYTES,
		.nodes = (unsigned)l->template_nodes,
		.depth = (unsigned)l->template_depth,
	};
	r->env = (struct template_env){
		.now_seconds = f->now_ms / 1000,
		.now_nanos = (int32_t)(f->now_ms % 1000) * 1000000,
		.zones = f->world->zones,
		.limits = &r->limits,
	};
}

static enum fail render_text(struct rendering *r, const struct template *t, struct str *ret,
			     struct why *why)
{
	AUTO_BUF out = BUF(r->limits.output_bytes);
	enum fail f = template_run(t, &r->root, &r->env, r->fire->arena, &out, why);

	if (!f)
		*ret = arena_str(r->fire->arena, buf_str(&out));
	return f;
}

/* SPEC 12.12: *ret is nil when the key stays unset. */
static enum fail render_input(struct rendering *r, struct str source, struct value *ret,
			      struct why *why)
{
	struct arena *a = r->fire->arena;
	struct template *t;
	struct value v;
	struct str text;
	enum fail f = template_parse(a, source, &r->limits, &t, why);

	if (!f && template_is_single_action(t)) {
		f = template_value(t, &r->root, &r->env, a, &v, why);
		if (!f && value_is_nil(&v)) {
			*ret = value_nil;
			return FAIL_NONE;
		}
		if (!f && (v.kind == VALUE_LIST || v.kind == VALUE_MAP)) {
			*ret = value_str(json_text(a, &v));
			return FAIL_NONE;
		}
	}
	if (!f)
		f = render_text(r, t, &text, why);
	if (!f)
		*ret = value_str(text);
	return f;
}

/* --- targets ----------------------------------------------------------------------------------------------------- */

static bool plan_agent(struct rendering *r, const struct event_target *t, size_t at,
		       struct run_admission *run, struct refusal *no)
{
	struct fire *f = r->fire;
	struct template *parsed;

	if (!f->world->object(f->world->arg, KIND_AGENT, f->namespace, t->agent)) {
		why_write(&no->why, "spec.targets[%zu].agent: there is no ArkAgent '%.*s'", at,
			  STR_ARG(t->agent));
		return fail_fire(no, "AgentNotFound");
	}
	if (template_parse(f->arena, t->prompt, &r->limits, &parsed, &no->why) ||
	    render_text(r, parsed, &run->prompt, &no->why)) {
		why_prepend(&no->why, "template: spec.targets[%zu].prompt", at);
		return fail_fire(no, "InvalidTemplate");
	}
	run->agent = t->agent;
	return true;
}

/* The target's input laid over the team's satisfies what the team declares (SPEC 9.5, 9.6). */
static bool check_input(struct fire *f, const struct object *team, const struct value *input,
			size_t at, struct refusal *no)
{
	struct run_input resolved;
	struct value merged;
	struct team view;

	if (team_load(f->arena, team->spec, &view, &no->why)) {
		why_prepend(&no->why, "spec.targets[%zu].team: ArkTeam '%.*s'", at,
			    STR_ARG(team->name));
		return fail_fire(no, "TeamNotReady");
	}
	merged = value_merge(f->arena, view.input, input);
	if (run_input_resolve(f->arena, view.inputs, view.input_count, &merged, &resolved,
			      &no->why)) {
		why_prepend(&no->why, "spec.targets[%zu]", at);
		return fail_fire(no, "InvalidInput");
	}
	return true;
}

static bool plan_team(struct rendering *r, const struct event_target *t, size_t at,
		      struct run_admission *run, struct refusal *no)
{
	struct fire *f = r->fire;
	const struct object *team =
		f->world->object(f->world->arg, KIND_TEAM, f->namespace, t->team);
	struct value_builder b;
	struct value input, v;

	if (!team) {
		why_write(&no->why, "spec.targets[%zu].team: there is no ArkTeam '%.*s'", at,
			  STR_ARG(t->team));
		return fail_fire(no, "TeamNotFound");
	}
	value_map_begin(&b, f->arena);
	for (size_t i = 0; i < t->input.count; i++) {
		const struct pair *p = &t->input.items[i];

		if (render_input(r, p->text, &v, &no->why)) {
			why_prepend(&no->why, "template: spec.targets[%zu].input.%.*s", at,
				    STR_ARG(p->name));
			return fail_fire(no, "InvalidTemplate");
		}
		if (!value_is_nil(&v))
			value_map_add(&b, p->name, v);
	}
	input = value_map_done(&b);
	run->team = t->team;
	run->input = json_text(f->arena, &input);
	if ((int64_t)run->input.len > f->world->limits->run_input_bytes) {
		why_write(&no->why,
			  "spec.targets[%zu].input: more than %lld bytes "
			  "(run-input-bytes)",
			  at, (long long)f->world->limits->run_input_bytes);
		return fail_fire(no, "InvalidInput");
	}
	return check_input(f, team, &input, at, no);
}

bool fire_plan(struct fire *f, struct refusal *no)
{
	struct rendering r;

	rendering_init(&r, f);
	f->run_count = f->event.target_count;
	f->runs = ARENA_ARRAY(f->arena, f->run_count, struct run_admission);
	for (size_t i = 0; i < f->run_count; i++) {
		const struct event_target *t = &f->event.targets[i];
		struct run_admission *run = &f->runs[i];

		*run = (struct run_admission){
			.namespace = f->namespace,
			.trigger = f->name,
			.by = STR("gateway"),
			.now_ms = f->now_ms,
			.stream_tokens = f->mode == FIRE_SSE, /* SPEC 13.16 */
		};
		if (t->agent.len ? !plan_agent(&r, t, i, run, no)
				 : !plan_team(&r, t, i, run, no))
			return false;
	}
	return true;
}

/* How many targets up to this one have its name (SPEC 9.3). */
static unsigned nth_of_its_name(const struct fire *f, size_t at)
{
	const struct run_admission *r = f->runs;
	unsigned n = 1;

	for (size_t i = 0; i < at; i++)
		if (str_eq(r[i].team, r[at].team) && str_eq(r[i].agent, r[at].agent))
			n++;
	return n;
}

void fire_name_runs(struct fire *f, const unsigned char random[RUN_NAME_RANDOM_BYTES + 16])
{
	char token[2 * 16 + 1];

	hex_text(str_n((const char *)random + RUN_NAME_RANDOM_BYTES, 16), token);
	for (size_t i = 0; i < f->run_count; i++) {
		struct run_admission *r = &f->runs[i];

		r->name = run_name_of_fire(f->arena, f->name, r->team.len ? r->team : r->agent,
					   f->now_ms / 1000, random, nth_of_its_name(f, i));
		r->token = arena_str(f->arena, str_of(token));
	}
}
