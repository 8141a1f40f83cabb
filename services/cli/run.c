/*
 * `ark run`: one run, here and now (SPEC 21.6, 21.24 to 21.26).
 *
 * This file reads the command line and the files and says how it ended; run_here.c starts the
 * suite on a temporary Redis and follows the run.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/files.h"
#include "cli/inputs.h"
#include "cli/out.h"
#include "cli/run_here.h"
#include "cli/run_plan.h"
#include "cli/verbs.h"
#include "kinds/agent.h"

struct run_options {
	struct str team, agent, prompt, mock_file, model;
	struct str_list input;
	int provider; /* enum provider_choice */
	bool mock, watch, dry_run, no_mcp;
	int64_t max_tokens, timeout_ms;
};

enum provider_choice { AUTO, ANTHROPIC, OPENAI, MOCK };
static const char *const provider_names[] = {"auto", "anthropic", "openai", "mock"};

#define ROW(name_, type_, member, help_)                                                       \
	.name = name_, .type = ARG_##type_, .at = ARG_AT_##type_(struct run_options, member),  \
	.help = help_
static const struct arg flags[] = {
	{ROW("team", TEXT, team, "the ArkTeam to run, when the files have several"),
	 .alias = "flow", .value = "NAME"},
	{ROW("agent", TEXT, agent, "run this ArkAgent with --prompt"), .value = "NAME"},
	{ROW("prompt", TEXT, prompt, "task of an agent; or text for a team's input"),
	 .value = "TEXT"},
	{ROW("input", LIST, input, "JSON object, @file, @- or key=value; may be repeated"),
	 .value = "INPUT"},
	{ROW("provider", CHOICE, provider, "auto, anthropic, openai or mock (default: auto)"),
	 .value = "NAME", .choices = "auto anthropic openai mock"},
	{ROW("mock", SWITCH, mock, "the same as --provider mock: no call leaves this machine")},
	{ROW("mock-file", TEXT, mock_file, "script of the mock (JSON); implies --mock"),
	 .value = "FILE"},
	{ROW("model", TEXT, model, "instead of the models in the files"), .value = "NAME"},
	{ROW("watch", SWITCH, watch, "print each step as it goes")},
	{ROW("dry-run", SWITCH, dry_run, "print the plan and an estimate, call nothing")},
	{ROW("no-mcp", SWITCH, no_mcp, "leave MCP tools out")},
	{ROW("max-tokens", NUMBER, max_tokens, "most tokens of the run, input and output"),
	 .value = "N", .least = 1, .most = INT64_C(1000000000000)},
	{.name = "trace", .type = ARG_LATER, .help = "which exports no traces"},
	{ROW("timeout", DURATION, timeout_ms, "give up after this time (exit code 5)"),
	 .value = "DURATION"},
};

/* --- what to run ------------------------------------------------------------------------------ */

static const struct object *first_of(struct cli *c, const struct files *f, enum kind kind)
{
	for (size_t i = 0; i < f->manifest.count; i++)
		if (f->manifest.objects[i].kind == kind) {
			const struct object *o = &f->manifest.objects[i];

			if (files_count(f, kind) > 1)
				cli_note(c, "running the first of %zu: %s %.*s",
					 files_count(f, kind), kind_name(kind),
					 STR_ARG(o->name));
			return o;
		}
	return NULL;
}

static int pick(struct cli *c, const struct files *f, const struct run_options *o,
		const struct object **ret)
{
	enum kind kind = o->agent.len ? KIND_AGENT : KIND_TEAM;
	struct str name = o->agent.len ? o->agent : o->team;

	if (name.len) {
		*ret = files_find(f, kind, c->common.namespace, name);
	} else {
		*ret = first_of(c, f, KIND_TEAM);
		if (!*ret)
			*ret = first_of(c, f, KIND_AGENT);
	}
	if (*ret)
		return EXIT_GOOD;
	if (name.len)
		return cli_fail(c, EXIT_NOT_FOUND, "there is no %s '%.*s' in the files",
				kind_name(kind), STR_ARG(name));
	return cli_fail(c, EXIT_NOT_FOUND, "there is nothing to run: no ArkTeam, no ArkAgent");
}

/* Flags that contradict each other, or would have no effect. */
static bool fit(const struct cli *c, const struct run_options *o)
{
	const char *words = NULL;

	if ((o->mock || o->mock_file.len) && o->provider != AUTO && o->provider != MOCK)
		words = "either --mock or another --provider";
	else if (o->agent.len && o->team.len)
		words = "either --team or --agent";
	else if (o->dry_run && (o->watch || o->timeout_ms))
		words = "--dry-run runs nothing: --watch and --timeout have no effect";
	if (words)
		cli_fail(c, EXIT_USAGE, "%s", words);
	return !words;
}

static int read_input(struct cli *c, const struct object *target, const struct run_options *o,
		      struct run_here *here)
{
	struct value input;
	struct team team;
	struct why why;

	if (inputs_read(&c->arena, o->input, &input, &why))
		return cli_fail(c, EXIT_USAGE, "%s", why.text);
	if (target->kind == KIND_AGENT) {
		here->prompt = o->prompt.len ? o->prompt
					     : value_text(value_get(&input, STR("prompt")));
		if (!here->prompt.len)
			return cli_fail(c, EXIT_USAGE, "an agent needs --prompt");
		if (value_count(&input) > (o->prompt.len ? 0 : 1))
			return cli_fail(c, EXIT_USAGE,
					"ArkAgent %.*s takes a prompt and no other input",
					STR_ARG(target->name));
		return EXIT_GOOD;
	}
	if (o->prompt.len) {
		if (team_load(&c->arena, target->spec, &team, &why))
			return cli_fail(c, EXIT_BAD, "%s", why.text);
		input = input_with_text(&c->arena, &input,
					input_for_text(team.inputs, team.input_count),
					o->prompt);
	}
	here->input = json_text(&c->arena, &input);
	return EXIT_GOOD;
}

/* --- checks beyond those of `ark validate` ------------------------------------------------------
 */

/* SPEC 21.24: a prompt that is not there is an error, unless nobody reads it. */
static void judge_prompts(struct manifest_findings *list, bool mock)
{
	for (size_t i = 0; !mock && i < list->count; i++) {
		struct finding *f = &list->items[i].finding;

		if (f->severity == SEVERITY_WARNING &&
		    str_find(f->field, STR("systemPromptRef"), 0) != STR_NONE) {
			f->severity = SEVERITY_ERROR;
			list->errors++;
		}
	}
}

static bool has_key(const struct environment *env, enum provider_choice provider)
{
	if (provider == ANTHROPIC)
		return environment_get(env, "ANTHROPIC_API_KEY").len;
	return environment_get(env, "OPENAI_API_KEY").len ||
	       environment_get(env, "OPENAI_BASE_URL").len;
}

/* SPEC 7.13 */
static enum provider_choice provider_of(const struct agent *agent, enum provider_choice forced)
{
	if (forced != AUTO)
		return forced;
	if (str_is(agent->model, "mock") || str_starts_nocase(agent->model, STR("mock-")))
		return MOCK;
	return str_starts_nocase(agent->model, STR("claude-")) ? ANTHROPIC : OPENAI;
}

static void warn_of_keys(struct cli *c, const struct manifest *all,
			 const struct environment *env, enum provider_choice forced)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct object *o = &all->objects[i];
		enum provider_choice p;
		struct agent agent;

		if (o->kind != KIND_AGENT || agent_load(&c->arena, o->spec, &agent, NULL))
			continue;
		p = provider_of(&agent, forced);
		if (p == MOCK || has_key(env, p) || agent.env_from_count ||
		    agent.api_key.name.len || agent.api_key_ark_secret.len ||
		    agent.external_provider.len)
			continue;
		cli_note(c,
			 "warning: ArkAgent %.*s: there is no %s in the environment, and no "
			 "Secret",
			 STR_ARG(o->name),
			 p == ANTHROPIC ? "ANTHROPIC_API_KEY" : "OPENAI_API_KEY");
	}
}

static int check(struct cli *c, struct files *f, bool mock)
{
	AUTO_BUF text = BUF(OUT_MAX_BYTES);

	files_check(&c->arena, f);
	judge_prompts(&f->findings, mock);
	files_print(f, &text);
	if (f->findings.errors || !c->common.quiet)
		fputs(buf_cstr(&text), stderr);
	return f->findings.errors ? EXIT_BAD : EXIT_GOOD;
}

/* --- all of it -------------------------------------------------------------------------------- */

static int prepare_environment(struct cli *c, const struct run_options *o,
			       enum provider_choice provider, struct environment *env)
{
	struct why why;
	enum fail f;

	environment_init(env, &c->arena, c->env);
	if (provider != AUTO)
		environment_set(env, "AGENT_PROVIDER", str_of(provider_names[provider]));
	if (!o->mock_file.len)
		return EXIT_GOOD;
	f = environment_mock_file(env, o->mock_file, &why);
	if (f)
		return cli_fail(c, f == FAIL_INPUT ? EXIT_BAD : EXIT_NOT_FOUND, "%s", why.text);
	return EXIT_GOOD;
}

static int run(struct cli *c, void *arg)
{
	const struct run_options *o = arg;
	enum provider_choice provider =
		o->mock || o->mock_file.len ? MOCK : (enum provider_choice)o->provider;
	struct run_here here = {
		.cli = c,
		.overrides = {o->model, o->max_tokens, o->no_mcp},
		.timeout_ms = o->timeout_ms,
		.watch = o->watch,
	};
	const struct object *target;
	struct environment env;
	struct manifest all;
	struct files files;
	struct value plan;
	struct why why;
	int code;

	if (!fit(c, o) || !cli_takes(c, 1, FILES_MAX))
		return EXIT_USAGE;
	if (files_read(&c->arena, c->arguments, &files, &why))
		return cli_fail(c, EXIT_NOT_FOUND, "%s", why.text);
	code = check(c, &files, provider == MOCK);
	if (!code)
		code = pick(c, &files, o, &target);
	if (!code)
		code = read_input(c, target, o, &here);
	if (!code)
		code = prepare_environment(c, o, provider, &env);
	if (code)
		return code;
	files = run_copy(&c->arena, &files, &here.overrides);
	target = files_find(&files, target->kind, target->namespace, target->name);
	manifest_expand(&c->arena, &files.manifest, &all);
	if (o->dry_run) {
		if (run_plan_make(&c->arena, &all, target, here.prompt, &plan, &why))
			return cli_fail(c, EXIT_BAD, "%s", why.text);
		run_plan_print(c, &plan);
		return EXIT_GOOD;
	}
	warn_of_keys(c, &all, &env, provider);
	here.files = &files;
	here.all = &all;
	here.target = target;
	here.env = &env;
	return run_here(&here);
}

const struct verb verb_run = {
	.name = "run",
	.arguments = "FILE...",
	.help = "Runs a team or an agent here and now, with a temporary Redis",
	.details =
		"Starts the same daemons as a cluster has, on a Redis of its own that keeps\n"
		"nothing, runs, prints the output and stops them all. Takes the only team of "
		"the\n"
		"files, else the first, else an agent:\n\n"
		"  $ ark run examples/blog.yaml --mock --watch --input topic=owls\n"
		"  $ ark run agents.yaml --agent writer --prompt 'A haiku about owls'\n\n"
		"Keys come from the environment (ANTHROPIC_API_KEY, OPENAI_API_KEY) and from\n"
		"Secrets in the files. Exit code 1: the run failed, or a file is invalid.\n",
	VERB_FLAGS(flags),
	.option_bytes = sizeof(struct run_options),
	.takes = TAKES_NAMESPACE | TAKES_OUTPUT,
	.run = run,
};
