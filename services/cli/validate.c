/* `ark validate`: SPEC 21.7, 21.28. */
#include <stdio.h>

#include "base/json.h"
#include "cli/files.h"
#include "cli/out.h"
#include "cli/verbs.h"

struct validate_options {
	struct str team;
};

static const struct arg flags[] = {
	{.name = "team",
	 .alias = "flow",
	 .type = ARG_TEXT,
	 .at = ARG_AT_TEXT(struct validate_options, team),
	 .value = "NAME",
	 .help = "only what concerns this team: the team itself and files that are broken"},
	{.name = "check-agents",
	 .type = ARG_LATER,
	 .help = "which checks references within the files: give those of the agents, too"},
};

/* Keeps the findings of one object and those of documents that are no objects. */
static void keep_only(struct files *f, const struct object *o)
{
	struct manifest_findings *list = &f->findings;
	uint32_t from = o->value->line, to = UINT32_MAX;
	size_t kept = 0;

	for (size_t i = 0; i < f->count; i++)
		if (str_eq(f->documents[i].file, o->file) &&
		    f->documents[i].value.line > from && f->documents[i].value.line < to)
			to = f->documents[i].value.line;
	list->errors = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct manifest_finding *m = &list->items[i];
		bool inside = str_eq(m->file, o->file) && m->finding.line >= from &&
			      m->finding.line < to;

		if (!inside && !str_is(m->finding.field, "document"))
			continue;
		list->errors += m->finding.severity == SEVERITY_ERROR;
		list->items[kept++] = *m;
	}
	list->count = kept;
}

static struct value finding_value(struct arena *a, const struct manifest_finding *m)
{
	struct value_builder b;

	value_map_begin(&b, a);
	value_map_add(&b, STR("file"), value_str(m->file));
	value_map_add(&b, STR("line"), value_int(m->finding.line));
	value_map_add(&b, STR("severity"),
		      value_str(str_of(severity_name(m->finding.severity))));
	value_map_add(&b, STR("field"), value_str(m->finding.field));
	value_map_add(&b, STR("text"), value_str(m->finding.text));
	return value_map_done(&b);
}

static void print_structured(struct cli *c, const struct manifest_findings *list)
{
	struct value *items = ARENA_ARRAY(&c->arena, list->count, struct value);
	struct value_builder b;
	struct value v;

	for (size_t i = 0; i < list->count; i++)
		items[i] = finding_value(&c->arena, &list->items[i]);
	value_map_begin(&b, &c->arena);
	value_map_add(&b, STR("valid"), value_bool(!list->errors));
	value_map_add(&b, STR("findings"), value_list(items, list->count));
	v = value_map_done(&b);
	out_value(c, &v);
}

static int run(struct cli *c, void *arg)
{
	const struct validate_options *o = arg;
	const struct object *team;
	struct files files;
	struct why why;

	if (!cli_takes(c, 1, FILES_MAX))
		return EXIT_USAGE;
	if (files_read(&c->arena, c->arguments, &files, &why))
		return cli_fail(c, EXIT_NOT_FOUND, "%s", why.text);
	if (!files.manifest.count && !files.findings.errors)
		return cli_fail(c, EXIT_NOT_FOUND,
				"there is nothing to validate: no object of "
				"ark, ConfigMap or Secret");
	files_check(&c->arena, &files);
	if (o->team.len) {
		team = files_find(&files, KIND_TEAM, c->common.namespace, o->team);
		if (!team)
			return cli_fail(c, EXIT_NOT_FOUND, "there is no ArkTeam '%.*s'",
					STR_ARG(o->team));
		keep_only(&files, team);
	}
	if (c->common.output != OUTPUT_TEXT) {
		print_structured(c, &files.findings);
	} else {
		AUTO_BUF text = BUF(OUT_MAX_BYTES);

		files_print(&files, &text);
		if (!files.findings.count)
			buf_adds(&text, "OK\n");
		out_raw(buf_str(&text));
	}
	return files.findings.errors ? EXIT_BAD : EXIT_GOOD;
}

const struct verb verb_validate = {
	.name = "validate",
	.arguments = "FILE...",
	.help = "Checks manifests without running anything",
	.details = "Reads files, directories (*.yaml, *.yml, *.json) or - (stdin) and makes "
		   "every\n"
		   "check that the suite makes. Prints OK, or one line for each finding:\n\n"
		   "  $ ark validate team.yaml\n"
		   "  team.yaml:12: error: spec.pipeline[1].dependsOn[0]: there is no step "
		   "'wirte'\n\n"
		   "Warnings alone are exit code 0, errors 1, nothing to check 3.\n",
	VERB_FLAGS(flags),
	.option_bytes = sizeof(struct validate_options),
	.takes = TAKES_NAMESPACE | TAKES_OUTPUT,
	.run = run,
};
