/* `ark trigger` and `ark submit`: SPEC 21.9, 21.10, 21.27. */
#include <stdio.h>

#include "base/json.h"
#include "cli/admission.h"
#include "cli/follow.h"
#include "cli/inputs.h"
#include "cli/out.h"
#include "cli/verbs.h"

struct trigger_options {
	struct str team, agent;
	struct str_list input;
	bool wait, watch, stream;
	int64_t timeout_ms;
};

#define ROW(name_, type_, member, help_)                                                       \
	.name = name_, .type = ARG_##type_,                                                    \
	.at = ARG_AT_##type_(struct trigger_options, member), .help = help_
#define FOLLOW_ROWS                                                                            \
	{ROW("agent", TEXT, agent, "a run of this agent"), .value = "NAME"},                   \
		{ROW("input", LIST, input,                                                     \
		     "JSON object, @file, @- or key=value; may be repeated"),                  \
		 .value = "INPUT"},                                                            \
		{ROW("wait", SWITCH, wait, "wait for the end and print the output")},          \
		{ROW("watch", SWITCH, watch, "print each step as it goes, then the output")},  \
		{ROW("stream", SWITCH, stream, "print the texts as models generate them")},    \
	{                                                                                      \
		ROW("timeout", DURATION, timeout_ms,                                           \
		    "stop waiting after this time (exit code 5)"),                             \
			.value = "DURATION"                                                    \
	}
static const struct arg trigger_flags[] = {FOLLOW_ROWS};
static const struct arg submit_flags[] = {
	{ROW("team", TEXT, team, "a run of this team"), .value = "NAME"},
	FOLLOW_ROWS,
};

static void print_name(const struct cli *c, struct str namespace, struct str name)
{
	struct value_builder b;
	struct value v;
	struct arena a = ARENA_INIT;

	if (c->common.output == OUTPUT_TEXT) {
		printf("%.*s\n", STR_ARG(name));
	} else {
		value_map_begin(&b, &a);
		value_map_add(&b, STR("run"), value_str(name));
		value_map_add(&b, STR("namespace"), value_str(namespace));
		v = value_map_done(&b);
		out_value(c, &v);
	}
	fflush(stdout);
	arena_release(&a);
}

/* With --wait stdout is for the output alone. */
static int make(struct cli *c, struct redis_sync *r, struct admission_plan *plan,
		const struct trigger_options *o)
{
	bool follows = o->wait || o->watch || o->stream;
	struct str name;
	int code;

	plan->stream_tokens = o->watch || o->stream;
	code = admission_make(c, r, plan, &name);
	if (code)
		return code;
	if (!follows) {
		print_name(c, plan->namespace, name);
		return EXIT_GOOD;
	}
	cli_note(c, "run %.*s", STR_ARG(name));
	return follow_run(c, r, plan->namespace, name,
			  o->stream  ? FOLLOW_TOKENS
			  : o->watch ? FOLLOW_STEPS
				     : FOLLOW_END,
			  o->timeout_ms);
}

/* Whether it is there, and its object. The runner says the same later; here it costs nothing. */
static int find(struct cli *c, struct redis_sync *r, enum kind kind, struct str namespace,
		struct str name, struct value *ret)
{
	int code = store_object(c, r, kind, namespace, name, ret);

	if (!code && ret->kind == VALUE_NIL)
		return cli_fail(c, EXIT_NOT_FOUND, "there is no %s '%.*s' in namespace %.*s",
				kind_name(kind), STR_ARG(name), STR_ARG(namespace));
	return code;
}

static int trigger_agent(struct cli *c, struct redis_sync *r, const struct trigger_options *o,
			 struct str prompt)
{
	struct admission_plan plan = {
		.namespace = cli_namespace(c), .agent = o->agent, .prompt = prompt};
	struct value object;
	int code = find(c, r, KIND_AGENT, plan.namespace, o->agent, &object);

	return code ? code : make(c, r, &plan, o);
}

/* text.ptr NULL: the input alone. */
static int trigger_team(struct cli *c, struct redis_sync *r, const struct trigger_options *o,
			struct str name, struct str text)
{
	struct admission_plan plan = {.namespace = cli_namespace(c), .team = name};
	struct value input, object;
	struct team team;
	struct why why;
	int code;

	if (inputs_read(&c->arena, o->input, &input, &why))
		return cli_fail(c, EXIT_USAGE, "%s", why.text);
	code = find(c, r, KIND_TEAM, plan.namespace, name, &object);
	if (code)
		return code;
	if (text.ptr) {
		if (team_load(&c->arena, value_get(&object, STR("spec")), &team, &why))
			return cli_fail(c, EXIT_BAD, "ArkTeam %.*s: %s", STR_ARG(name),
					why.text);
		input = input_with_text(&c->arena, &input,
					input_for_text(team.inputs, team.input_count), text);
	}
	plan.input = json_text(&c->arena, &input);
	return make(c, r, &plan, o);
}

/* Flags that would have no effect. */
static bool fit(const struct cli *c, const struct trigger_options *o)
{
	if (o->agent.len && o->input.count)
		cli_fail(c, EXIT_USAGE, "--input is for teams: an agent takes a prompt");
	else if (o->timeout_ms && !o->wait && !o->watch && !o->stream)
		cli_fail(c, EXIT_USAGE,
			 "--timeout ends the waiting of --wait, --watch or --stream");
	else
		return true;
	return false;
}

static int run_trigger(struct cli *c, void *arg)
{
	const struct trigger_options *o = arg;
	struct redis_sync *r;
	int code;

	if (!fit(c, o) || !cli_takes(c, 1, 1))
		return EXIT_USAGE;
	code = redis_at_open(c, &r);
	if (code)
		return code;
	if (o->agent.len)
		code = trigger_agent(c, r, o, c->arguments.items[0]);
	else
		code = trigger_team(c, r, o, c->arguments.items[0], str_n(NULL, 0));
	redis_sync_free(r);
	return code;
}

static int run_submit(struct cli *c, void *arg)
{
	const struct trigger_options *o = arg;
	bool named = o->agent.len || o->team.len;
	struct redis_sync *r;
	int code;

	if (o->agent.len && o->team.len)
		return cli_fail(c, EXIT_USAGE, "either --team or --agent");
	if (!fit(c, o) || !cli_takes(c, named ? 1 : 2, named ? 1 : 2))
		return EXIT_USAGE;
	code = redis_at_open(c, &r);
	if (code)
		return code;
	if (o->agent.len)
		code = trigger_agent(c, r, o, c->arguments.items[0]);
	else
		code = trigger_team(c, r, o, named ? o->team : c->arguments.items[0],
				    c->arguments.items[named ? 0 : 1]);
	redis_sync_free(r);
	return code;
}

const struct verb verb_trigger = {
	.name = "trigger",
	.arguments = "TEAM | --agent AGENT PROMPT",
	.help = "Starts a run of a team or of an agent",
	.details = "Prints the name of the run. With --wait, --watch or --stream it waits for "
		   "the\n"
		   "end: exit code 1 when the run failed, 5 at --timeout (the run goes on).\n\n"
		   "  $ ark trigger blog --input topic=owls --watch\n"
		   "  $ ark trigger --agent writer 'A haiku about owls' --wait\n",
	VERB_FLAGS(trigger_flags),
	.option_bytes = sizeof(struct trigger_options),
	.takes = TAKES_NAMESPACE | TAKES_OUTPUT | TAKES_SUITE,
	.run = run_trigger,
};

const struct verb verb_submit = {
	.name = "submit",
	.arguments = "[--team TEAM | --agent AGENT | TEAM] TEXT",
	.help = "Starts a run from plain text",
	.details = "The text becomes the team's only required input, else the first declared "
		   "input\n"
		   "named prompt, message or task, else `prompt`.\n\n"
		   "  $ ark submit blog 'owls at night' --wait\n",
	VERB_FLAGS(submit_flags),
	.option_bytes = sizeof(struct trigger_options),
	.takes = TAKES_NAMESPACE | TAKES_OUTPUT | TAKES_SUITE,
	.run = run_submit,
};
